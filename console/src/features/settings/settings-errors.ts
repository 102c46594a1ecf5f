import { settingsPatch } from "../../../../shared/api/contract/settings.ts";
import { cidrLines, isAmountField, patchOf, type Settings, type SettingsDraft } from "./settings-draft.ts";

/** The API speaks of minor units, people don't. */
const AMOUNT_TEXT = "Must be an amount, or be removed";

/** What the API would refuse, by the form's field; amounts by `field.CURRENCY`. Empty where it takes the draft. */
export function errorsOf(draft: SettingsDraft, base: Settings): Record<string, string> {
  const patch = patchOf(draft, base);
  if (Object.keys(patch).length === 0) return {};
  const parsed = settingsPatch.safeParse(patch);
  if (parsed.success) return {};
  const errors: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) {
    const [first, second] = path.map(String);
    if (first === "policy" && second !== undefined) errors[second] ??= `Must be ${message}`;
    else if (isAmountField(first)) errors[`${first}.${second}`] ??= AMOUNT_TEXT;
    else if (first === "allowed_cidrs" && second !== undefined) {
      errors[first] ??= `${cidrLines(draft.allowed_cidrs)[Number(second)]} must be ${message}`;
    } else if (first !== undefined) errors[first] ??= `Must be ${message}`;
  }
  return errors;
}

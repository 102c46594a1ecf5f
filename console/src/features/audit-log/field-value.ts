import { isSupportedCurrency } from "../../../../shared/domain/currencies.ts";

/** One value of a record, as people are shown it. */
export type FieldValue =
  | { readonly kind: "money"; readonly amountMinor: number; readonly currency: string }
  | { readonly kind: "instant"; readonly at: string }
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "text"; readonly text: string };

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const FAMILY_ID = /^(po|ps|eh|tr|je|se)_[0-9A-Z]{26}$/;

/** Fields whose texts are names of a fixed list, in words with underscores. */
const NAMES: ReadonlySet<string> = new Set([
  "status",
  "state",
  "mode",
  "approval",
  "source",
  "triggerEvent",
  "holdReason",
  "path",
  "class",
  "code",
  "kind",
  "fixableBy",
  "entity",
  "role",
  "riskLevel",
]);

const named = (text: string): FieldValue => ({ kind: "text", text });

/**
 * What a stored value says. `name` is the field's; `currency` that of the record around it, undefined where none is known:
 * then an amount is given in minor units.
 */
export function fieldValueOf(value: unknown, name: string, currency: string | undefined): FieldValue {
  if (typeof value === "number") return numberValue(value, name, currency);
  if (typeof value === "boolean") return named(value ? "yes" : "no");
  if (typeof value === "string") {
    if (INSTANT.test(value)) return { kind: "instant", at: value };
    if (FAMILY_ID.test(value)) return { kind: "id", id: value };
    return named(NAMES.has(name) ? value.replaceAll("_", " ") : value);
  }
  if (Array.isArray(value)) return named(value.length === 0 ? "none" : value.map(String).join(", "));
  return named(JSON.stringify(value));
}

function numberValue(value: number, name: string, currency: string | undefined): FieldValue {
  if (isAmount(name) && Number.isSafeInteger(value)) {
    return currency !== undefined && isSupportedCurrency(currency)
      ? { kind: "money", amountMinor: value, currency }
      : named(`${value} minor units`);
  }
  if (name.endsWith("Bp")) return named(`${value / 100} %`);
  if (name.endsWith("Seconds")) return named(spellSeconds(value));
  if (name.endsWith("Hours")) return named(`${value} h`);
  return named(String(value));
}

export function isAmount(name: string): boolean {
  return name.endsWith("Minor");
}

const UNITS = [
  { seconds: 86_400, name: "d" },
  { seconds: 3_600, name: "h" },
  { seconds: 60, name: "min" },
  { seconds: 1, name: "s" },
] as const;

/** `4 d 31 min`, from whole seconds. */
function spellSeconds(seconds: number): string {
  let rest = Math.round(seconds);
  const parts = UNITS.flatMap(({ seconds: size, name }) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

const WORDS: Readonly<Record<string, string>> = {
  allowedCidrs: "Allowed addresses",
  holdbackBp: "Holdback",
  inTransferMinor: "In transfers",
  latenessSeconds: "Late by",
  workflow: "Retries",
};

/** `releaseDate` → `Release date`; units and `Id` are left out, since the value shows them. */
export function fieldLabel(name: string): string {
  const known = WORDS[name];
  if (known !== undefined) return known;
  const bare = name.length > 2 ? name.replace(/(Minor|Bp|Ids?)$/, "") : name;
  const words = bare
    .replaceAll("_", " ")
    .replace(/([a-z0-9])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

import { isDeepStrictEqual } from "node:util";
import { accept, amend, type CommandContext, changeOf, create, type Decision, refuse } from "./decision.ts";
import type { AmountsByCurrency, PayoutPolicy, Settings } from "./model.ts";

type OrNull<Shape> = { readonly [Field in keyof Shape]?: Shape[Field] | null | undefined };

/** What an organization wants to be different; what is not named stays, null gives a value back to the defaults. */
export interface SettingsPatch {
  readonly policy?: OrNull<PayoutPolicy> | undefined;
  readonly highValueMinor?: Readonly<Record<string, number | null>> | undefined;
  readonly approverLimitMinor?: Readonly<Record<string, number | null>> | undefined;
  readonly coolingOffHours?: number | null | undefined;
  readonly allowedCidrs?: readonly string[] | null | undefined;
  readonly workingHours?: NonNullable<Settings["workingHours"]> | null | undefined;
}

export interface SettingsUpdate {
  readonly organizationId: string;
  /** The version that the caller has read; 0 where there were no settings yet. */
  readonly version: number;
  readonly patch: SettingsPatch;
}

/** A patch over what there is, without what is given back. */
function merged<Value>(
  own: Readonly<Record<string, Value>>,
  patch: Readonly<Record<string, Value | null | undefined>>,
): Record<string, Value> {
  const result: Record<string, Value> = { ...own };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else if (value !== undefined) result[field] = value;
  }
  return result;
}

function mergedAmounts(
  own: AmountsByCurrency | undefined,
  patch: Readonly<Record<string, number | null>> | undefined,
): AmountsByCurrency | undefined {
  const amounts = merged(own ?? {}, patch ?? {});
  return Object.keys(amounts).length === 0 ? undefined : amounts;
}

function mergedPolicy(own: Partial<PayoutPolicy>, patch: OrNull<PayoutPolicy>): Partial<PayoutPolicy> {
  return merged<PayoutPolicy[keyof PayoutPolicy]>({ ...own }, { ...patch }) as Partial<PayoutPolicy>;
}

/** An empty list means the same as none. */
function mergedCidrs(
  own: readonly string[] | undefined,
  patch: readonly string[] | null | undefined,
): readonly string[] | undefined {
  if (patch === undefined) return own;
  return patch === null || patch.length === 0 ? undefined : [...new Set(patch)];
}

function merge(own: Settings | undefined, patch: SettingsPatch) {
  const { coolingOffHours, workingHours } = patch;
  return {
    policy: mergedPolicy(own?.policy ?? {}, patch.policy ?? {}),
    highValueMinor: mergedAmounts(own?.highValueMinor, patch.highValueMinor),
    approverLimitMinor: mergedAmounts(own?.approverLimitMinor, patch.approverLimitMinor),
    coolingOffHours: coolingOffHours === undefined ? own?.coolingOffHours : (coolingOffHours ?? undefined),
    allowedCidrs: mergedCidrs(own?.allowedCidrs, patch.allowedCidrs),
    workingHours: workingHours === undefined ? own?.workingHours : (workingHours ?? undefined),
  };
}

function firstSettings(
  organizationId: string,
  { policy, highValueMinor, approverLimitMinor, coolingOffHours, allowedCidrs, workingHours }: ReturnType<typeof merge>,
  context: CommandContext,
): Settings {
  const body = {
    ...{ id: "settings" as const, organizationId, policy },
    ...(highValueMinor === undefined ? {} : { highValueMinor }),
    ...(approverLimitMinor === undefined ? {} : { approverLimitMinor }),
    ...(coolingOffHours === undefined ? {} : { coolingOffHours }),
    ...(allowedCidrs === undefined ? {} : { allowedCidrs }),
    ...(workingHours === undefined ? {} : { workingHours }),
  };
  return create("settings", body, "settings.updated", context);
}

/** Changes an organization's settings; where nothing differs, nothing is written. */
export function updateSettings(
  settings: Settings | undefined,
  { organizationId, version, patch }: SettingsUpdate,
  context: CommandContext,
): Decision<Settings | undefined> {
  const current = settings?.version ?? 0;
  if (current !== version) return refuse("version_mismatch", `the settings are at version ${current}, not ${version}`);
  const next = merge(settings, patch);
  if (isDeepStrictEqual(next, merge(settings, {}))) return accept([], settings);
  const after =
    settings === undefined
      ? firstSettings(organizationId, next, context)
      : amend("settings", settings, next, "settings.updated", context);
  return accept([changeOf("settings", after, settings)], after);
}

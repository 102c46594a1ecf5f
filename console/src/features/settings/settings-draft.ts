import type { Wire } from "../../session/me.ts";

export type Settings = Wire["Settings"];
type Policy = Settings["policy"];

/** A field in which nothing is typed. */
type Typed<Value> = Value | "";
/** `null` gives the value back to the defaults. */
type Own<Value> = Value | null;

/** One row of amounts by currency, minor units. */
export interface AmountRow {
  readonly currency: string;
  readonly amount: Typed<number>;
}

export const amountFields = ["high_value_amounts", "approver_limit_amounts"] as const;
export type AmountField = (typeof amountFields)[number];

export const policyFields = [
  "holdback_percentage",
  "guarantee_days",
  "trigger_event",
  "approval",
  "time_zone",
] as const;

/** The settings as a form has them. */
export interface SettingsDraft extends Readonly<Record<AmountField, readonly AmountRow[]>> {
  readonly holdback_percentage: Own<Typed<number>>;
  readonly guarantee_days: Own<Typed<number>>;
  readonly trigger_event: Own<Policy["trigger_event"]>;
  readonly approval: Own<Policy["approval"]>;
  readonly time_zone: Own<string>;
  readonly cooling_off_hours: Own<Typed<number>>;
  /** `null`: all day. */
  readonly working_hours: { readonly from: Typed<number>; readonly to: Typed<number> } | null;
  /** One range a line, as people paste them. */
  readonly allowed_cidrs: string;
}

export function draftOf({ policy, ...settings }: Settings): SettingsDraft {
  const rows = (amounts: Readonly<Record<string, number>>) =>
    Object.entries(amounts)
      .map(([currency, amount]) => ({ currency, amount }))
      .toSorted((a, b) => a.currency.localeCompare(b.currency));
  return {
    ...policy,
    cooling_off_hours: settings.cooling_off_hours,
    working_hours: workingHoursOf(settings),
    allowed_cidrs: settings.allowed_cidrs.join("\n"),
    high_value_amounts: rows(settings.high_value_amounts),
    approver_limit_amounts: rows(settings.approver_limit_amounts),
  };
}

function workingHoursOf({ working_hours: hours }: Pick<Settings, "working_hours">): SettingsDraft["working_hours"] {
  return hours === null ? null : { from: hours.from, to: hours.to };
}

export function cidrLines(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What the API is asked to change; its values are the draft's as they are, for the API's schema to judge. */
export type SettingsPatch = Readonly<Record<string, unknown>>;

/** What differs between a draft and what it began with; empty where nothing does. */
export function patchOf(draft: SettingsDraft, base: Settings): SettingsPatch {
  const before = draftOf(base);
  const policy = Object.fromEntries(
    policyFields.filter((field) => draft[field] !== before[field]).map((field) => [field, draft[field]]),
  );
  const amounts = amountFields.flatMap((field) => {
    const changed = amountChanges(draft[field], base, field);
    return Object.keys(changed).length === 0 ? [] : [[field, changed] as const];
  });
  const cidrs = cidrLines(draft.allowed_cidrs);
  return {
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
    ...Object.fromEntries(amounts),
    ...(draft.cooling_off_hours === before.cooling_off_hours ? {} : { cooling_off_hours: draft.cooling_off_hours }),
    ...(same(draft.working_hours, before.working_hours) ? {} : { working_hours: draft.working_hours }),
    ...(same(cidrs, base.allowed_cidrs) ? {} : { allowed_cidrs: cidrs.length === 0 ? null : cidrs }),
  };
}

/** A row that is gone gives the organization's own value back; a default that isn't its own has nothing to give. */
function amountChanges(
  rows: readonly AmountRow[],
  base: Settings,
  field: AmountField,
): Record<string, Typed<number> | null> {
  const before = base[field];
  const set = rows.filter(({ currency, amount }) => before[currency] !== amount);
  const gone = Object.keys(before).filter(
    (currency) => isOwn(base, `${field}.${currency}`) && !rows.some((row) => row.currency === currency),
  );
  return Object.fromEntries([
    ...set.map(({ currency, amount }) => [currency, amount] as const),
    ...gone.map((currency) => [currency, null] as const),
  ]);
}

/** Whether the value at a path is the organization's own and not a default. */
export function isOwn({ own }: Settings, path: string): boolean {
  return own.includes(path);
}

/**
 * The draft over newer settings: what the person has changed stays as they have it, everything else is as it is now.
 * Amounts are kept row by row.
 */
export function rebased(draft: SettingsDraft, base: Settings, newer: Settings): SettingsDraft {
  const before = draftOf(base);
  const now = draftOf(newer);
  const kept = Object.entries(draft).filter(
    ([field, value]) => !isAmountField(field) && !same(value, before[field as keyof SettingsDraft]),
  );
  const amounts = amountFields.map((field) => [field, rebasedRows(draft[field], before[field], now[field])] as const);
  return { ...now, ...Object.fromEntries(kept), ...Object.fromEntries(amounts) };
}

export function isAmountField(field: string | undefined): field is AmountField {
  return amountFields.some((one) => one === field);
}

function rebasedRows(rows: readonly AmountRow[], before: readonly AmountRow[], now: readonly AmountRow[]): AmountRow[] {
  const amountIn = (list: readonly AmountRow[], currency: string) =>
    list.find((row) => row.currency === currency)?.amount;
  const currencies = new Set([...now, ...rows].map(({ currency }) => currency));
  return [...currencies].flatMap((currency) => {
    const touched = amountIn(rows, currency) !== amountIn(before, currency);
    const amount = amountIn(touched ? rows : now, currency);
    return amount === undefined ? [] : [{ currency, amount }];
  });
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

import type { CommandContext, Refusal } from "../domain/decision.ts";
import type { Settings } from "../domain/model.ts";
import { formatMoney } from "../domain/money.ts";
import { may } from "./roles.ts";

/** 1,000.00 in the currencies where that is a sum of the same kind as in USD; for any other an organization says it itself. */
export const HIGH_VALUE_DEFAULTS: Readonly<Record<string, number>> = {
  AUD: 100_000,
  CAD: 100_000,
  CHF: 100_000,
  EUR: 100_000,
  GBP: 100_000,
  NZD: 100_000,
  SGD: 100_000,
  USD: 100_000,
};

export const DEFAULT_COOLING_OFF_HOURS = 24;

export type LimitSettings = Pick<Settings, "highValueMinor" | "approverLimitMinor"> | undefined;

/** The amount in minor units from which on it is high value; 0 (always) where nobody has said what is much in a currency. */
export function highValueFrom(settings: LimitSettings, currency: string): number {
  return settings?.highValueMinor?.[currency] ?? HIGH_VALUE_DEFAULTS[currency] ?? 0;
}

export function isHighValue(settings: LimitSettings, amountMinor: number, currency: string): boolean {
  return amountMinor >= highValueFrom(settings, currency);
}

/** True for a decision that a person makes; systems act on rules that people have set. */
export function isPerson({ actor }: CommandContext): boolean {
  return actor.type === "user";
}

/** High value takes a permission of its own and, where the organization has an allow-list, an address that is on it. */
export function highValueRefusal(
  amountMinor: number,
  currency: string,
  settings: LimitSettings,
  context: CommandContext,
): Refusal | undefined {
  if (!isPerson(context) || !isHighValue(settings, amountMinor, currency)) return undefined;
  const what = `${formatMoney(amountMinor, currency)} is high value`;
  if (!may(context.actor.role, "payouts.high_value")) {
    return { code: "permission_required", message: `${what}: payouts.high_value is needed` };
  }
  if (context.addressAllowed === false) {
    return { code: "address_not_allowed", message: `${what}: it can't be done from this address` };
  }
  return undefined;
}

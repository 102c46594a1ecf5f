import { decimalsOf } from "./currencies.ts";

/** Above this no single amount is believed: 10^12 minor units. */
export const MAX_AMOUNT_MINOR = 1_000_000_000_000;
const FULL_BP = 10_000n;

/** True for an integer of minor units that an edge may accept: 1 to `MAX_AMOUNT_MINOR`. */
export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= MAX_AMOUNT_MINOR;
}

function assertMinor(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${what} must be whole minor units, got ${value}`);
}

/** `basisPoints` of an amount, rounded down to whole minor units. */
export function portionOf(amountMinor: number, basisPoints: number): number {
  assertMinor(amountMinor, "amount");
  assertMinor(basisPoints, "basis points");
  return Number((BigInt(amountMinor) * BigInt(basisPoints)) / FULL_BP);
}

/** Splits an amount into what is held and what is not; the rounding remainder goes to the immediate part. */
export function splitHoldback(amountMinor: number, holdbackBp: number): { holdMinor: number; immediateMinor: number } {
  if (holdbackBp > 10_000) throw new RangeError(`holdback of ${holdbackBp} bp is more than the whole`);
  const holdMinor = portionOf(amountMinor, holdbackBp);
  return { holdMinor, immediateMinor: amountMinor - holdMinor };
}

/**
 * Shares of an amount by basis points. Shares that add up to 10,000 give back the whole amount: the minor units lost
 * to rounding go one each to the first shares. Shares that add up to less leave the rest undistributed.
 */
export function distribute(amountMinor: number, sharesBp: readonly number[]): number[] {
  const total = sharesBp.reduce((sum, share) => sum + share, 0);
  if (total > 10_000) throw new RangeError(`shares add up to ${total} bp`);
  const parts = sharesBp.map((share) => portionOf(amountMinor, share));
  if (total < 10_000) return parts;
  let remainder = amountMinor - parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part, index) => {
    const given = remainder > 0 && (sharesBp[index] ?? 0) > 0 ? 1 : 0;
    remainder -= given;
    return part + given;
  });
}

/** `1250.00 USD`, `1250 JPY`: for people, never parsed back. */
export function formatMoney(amountMinor: number, currency: string): string {
  const decimals = decimalsOf(currency);
  const digits = String(Math.abs(amountMinor)).padStart(decimals + 1, "0");
  const sign = amountMinor < 0 ? "-" : "";
  if (decimals === 0) return `${sign}${digits} ${currency}`;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)} ${currency}`;
}

import { decimalsOf } from "../../../shared/domain/currencies.ts";
import classes from "./display.module.css";

/** `1,250.00`, from minor units. */
export function formatAmount(amountMinor: number, currency: string): string {
  const digits = decimalsOf(currency);
  return new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    amountMinor / 10 ** digits,
  );
}

/** `1,250.00 USD`: the code, because a sign stands for several currencies. */
export function formatMoney(amountMinor: number, currency: string): string {
  return `${formatAmount(amountMinor, currency)} ${currency}`;
}

/** Sums per currency, largest number first: `11,600.00 USD and 900.00 EUR`. */
export function formatSums(items: readonly { amountMinor: number; currency: string }[]): string {
  const sums = new Map<string, number>();
  for (const { amountMinor, currency } of items) sums.set(currency, (sums.get(currency) ?? 0) + amountMinor);
  const parts = [...sums].toSorted(([, a], [, b]) => b - a).map(([currency, sum]) => formatMoney(sum, currency));
  return parts.length < 2 ? (parts[0] ?? "nothing") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export function Money({ amountMinor, currency }: { amountMinor: number; currency: string }) {
  return (
    <span className={classes.money}>
      {formatAmount(amountMinor, currency)} <span className={classes.currency}>{currency}</span>
    </span>
  );
}

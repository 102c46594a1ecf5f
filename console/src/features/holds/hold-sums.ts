import { formatSums } from "../../display/money.tsx";
import type { Hold } from "./hold-actions.ts";

/** What several holds still hold, by currency: `11,600.00 USD and 900.00 EUR`. */
export function sumsHeld(holds: readonly Hold[]): string {
  return formatSums(holds.map(({ hold_amount, currency }) => ({ amountMinor: hold_amount, currency })));
}

import { Text } from "@mantine/core";
import { Money } from "../../display/money.tsx";
import { type MoneyPart, moneyParts, type TransferEnd } from "./money-parts.ts";
import classes from "./payout.module.css";
import type { Payout } from "./payout-duties.ts";

const meanings: Partial<Readonly<Record<MoneyPart["id"], string>>> = {
  set_off: "against what the payee owed",
  forfeited: "the payee has lost it",
  failed: "can be sent again",
  unknown: "it may have been paid",
};

/** Where the amount is, as a bar with its parts in words and figures. */
export function MoneyBar({ payout, transfers }: { payout: Payout; transfers: readonly TransferEnd[] }) {
  const { currency, reversed_amount: reversed } = payout;
  const parts = moneyParts(payout, transfers);
  return (
    <div>
      <div className={classes.bar} aria-hidden>
        {parts.map(({ id, amountMinor }) => (
          <div key={id} data-part={id} style={{ flexGrow: amountMinor }} />
        ))}
      </div>
      <ul className={classes.legend}>
        {parts.map(({ id, label, amountMinor }) => (
          <li key={id}>
            <span className={classes.swatch} data-part={id} aria-hidden />
            <span>
              {label}: <Money amountMinor={amountMinor} currency={currency} />
              {meanings[id] !== undefined && <span className={classes.quiet}>, {meanings[id]}</span>}
            </span>
          </li>
        ))}
      </ul>
      {reversed > 0 && (
        <Text size="sm" mt={4}>
          Of what was paid, <Money amountMinor={reversed} currency={currency} /> was taken back.
        </Text>
      )}
    </div>
  );
}

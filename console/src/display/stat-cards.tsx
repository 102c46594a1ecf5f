import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./display.module.css";
import { Money } from "./money.tsx";

export interface Sums {
  readonly count: number;
  readonly by_currency: Readonly<Record<string, { readonly count: number; readonly amount: number }>>;
}

interface StatCardProps {
  readonly title: string;
  /** Undefined while it is on its way. */
  readonly sums: Sums | undefined;
  /** In place of the count, where the money is the figure. */
  readonly figure?: ReactNode;
  readonly note?: ReactNode;
  /** Narrows the table to what the card counts. */
  readonly onClick?: () => void;
  readonly label?: string;
}

/** One figure with its sums by currency; pressed, the list shows what it counts. */
export function StatCard({ title, sums, figure, note, onClick, label }: StatCardProps) {
  const content = (
    <>
      <div className={classes.cardTitle}>{title}</div>
      {sums === undefined ? (
        <Skeleton height={24} width={72} my={6} />
      ) : (
        <div className={classes.cardCount}>{figure ?? sums.count.toLocaleString("en-US")}</div>
      )}
      {sums !== undefined && <SumLine sums={sums} />}
      {note}
    </>
  );
  if (onClick === undefined) return <div className={classes.card}>{content}</div>;
  return (
    <button type="button" className={classes.card} onClick={onClick} title={label}>
      {content}
    </button>
  );
}

function SumLine({ sums }: { sums: Sums }) {
  const rows = Object.entries(sums.by_currency)
    .filter(([, { count }]) => count > 0)
    .toSorted(([, a], [, b]) => b.amount - a.amount);
  return (
    <div className={classes.cardSums}>
      {rows.map(([currency, { amount }]) => (
        <Money key={currency} amountMinor={amount} currency={currency} />
      ))}
    </div>
  );
}

/** A row of figures above a list. */
export function StatCards({ children, label }: { children: ReactNode; label: string }) {
  return (
    <section className={classes.cards} aria-label={label}>
      {children}
    </section>
  );
}

/** Several statuses as one figure. */
export function addSums(parts: readonly (Sums | undefined)[]): Sums {
  const by: Record<string, { count: number; amount: number }> = {};
  let count = 0;
  for (const part of parts) {
    count += part?.count ?? 0;
    for (const [currency, tally] of Object.entries(part?.by_currency ?? {})) {
      const sum = by[currency] ?? { count: 0, amount: 0 };
      by[currency] = { count: sum.count + tally.count, amount: sum.amount + tally.amount };
    }
  }
  return { count, by_currency: by };
}

import type { JournalEntry, Posting } from "./model.ts";

/**
 * The postings of every money-relevant change. Debits are positive, credits negative, and each list sums to zero.
 * `payable` is what may be sent, `held` what is in escrow, `cash` what left through a provider or was paid outside,
 * `receivable` what the payee owes back, `expense` the other side of what was promised.
 */
function balanced(lines: readonly Posting[]): Posting[] {
  const kept = lines.filter((line) => line.amountMinor !== 0);
  const sum = kept.reduce((total, line) => total + line.amountMinor, 0);
  const whole = kept.every((line) => Number.isSafeInteger(line.amountMinor));
  if (!whole || sum !== 0 || kept.length < 2) throw new Error(`unbalanced postings: ${JSON.stringify(lines)}`);
  return kept;
}

export function accrual(immediateMinor: number, holdMinor: number): Posting[] {
  return balanced([
    { account: "expense", amountMinor: immediateMinor + holdMinor },
    { account: "payable", amountMinor: -immediateMinor },
    { account: "held", amountMinor: -holdMinor },
  ]);
}

export function holdRelease(amountMinor: number): Posting[] {
  return balanced([
    { account: "held", amountMinor },
    { account: "payable", amountMinor: -amountMinor },
  ]);
}

export function holdForfeit(amountMinor: number): Posting[] {
  return balanced([
    { account: "held", amountMinor },
    { account: "expense", amountMinor: -amountMinor },
  ]);
}

export function cancellation(payableMinor: number, heldMinor: number): Posting[] {
  return balanced([
    { account: "payable", amountMinor: payableMinor },
    { account: "held", amountMinor: heldMinor },
    { account: "expense", amountMinor: -(payableMinor + heldMinor) },
  ]);
}

export function transferred(amountMinor: number): Posting[] {
  return balanced([
    { account: "payable", amountMinor },
    { account: "cash", amountMinor: -amountMinor },
  ]);
}

/** What a person keeps back of what was payable. */
export function hold(amountMinor: number): Posting[] {
  return balanced([
    { account: "payable", amountMinor },
    { account: "held", amountMinor: -amountMinor },
  ]);
}

/** Paid by other means than a provider's transfer: the organization's cash all the same. */
export function paidOutside(amountMinor: number): Posting[] {
  return balanced([
    { account: "payable", amountMinor },
    { account: "cash", amountMinor: -amountMinor },
  ]);
}

export function setOff(amountMinor: number): Posting[] {
  return balanced([
    { account: "payable", amountMinor },
    { account: "receivable", amountMinor: -amountMinor },
  ]);
}

export function clawback(amountMinor: number): Posting[] {
  return balanced([
    { account: "receivable", amountMinor },
    { account: "expense", amountMinor: -amountMinor },
  ]);
}

/** Money that came back first settles what the payee owed; the rest undoes the expense. */
export function reversal(amountMinor: number, owedMinor: number): Posting[] {
  const settled = Math.min(amountMinor, Math.max(0, owedMinor));
  return balanced([
    { account: "cash", amountMinor },
    { account: "receivable", amountMinor: -settled },
    { account: "expense", amountMinor: -(amountMinor - settled) },
  ]);
}

export function sumsToZero(entry: Pick<JournalEntry, "postings">): boolean {
  return entry.postings.reduce((sum, line) => sum + line.amountMinor, 0) === 0;
}

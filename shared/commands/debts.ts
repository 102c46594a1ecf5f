import type { RecordChange } from "../domain/decision.ts";
import type { OwedCondition } from "../store/store.ts";

/**
 * The debt that a decision's postings settle. It must still be owed at the commit: releases and reversals of one payee
 * may see the same debt, and it is settled only once.
 */
export function debtSettledBy(changes: readonly RecordChange[]): OwedCondition | undefined {
  const entries = changes.flatMap((change) => (change.entity === "journal_entry" ? [change.after] : []));
  const settledMinor = entries
    .flatMap(({ postings }) => postings)
    .reduce((sum, { account, amountMinor }) => (account === "receivable" ? sum - amountMinor : sum), 0);
  const first = entries[0];
  if (first === undefined || settledMinor <= 0) return undefined;
  const { organizationId, payeeId, currency } = first;
  return { organizationId, payeeId, currency, atLeastMinor: settledMinor };
}

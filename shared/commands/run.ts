import type { Decision } from "../domain/decision.ts";
import { CommandContended, VersionConflict } from "../store/errors.ts";
import type { ReceiptPlan, ReceiptWrite } from "../store/receipts.ts";
import type { OwedCondition, Store } from "../store/store.ts";

/** What every command needs from the world; the domain gets its values, never these. */
export interface Surroundings {
  readonly store: Store;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Planned<Value> {
  readonly decision: Decision<Value>;
  readonly owed?: OwedCondition | undefined;
}

const ROUNDS = 10;

function receiptOf<Value>(
  plan: ReceiptPlan | undefined,
  decision: Extract<Decision<Value>, { ok: true }>,
): ReceiptWrite | undefined {
  if (plan === undefined) return undefined;
  const { answerOf, ...receipt } = plan;
  return { ...receipt, answer: answerOf(decision.changes, decision.value) };
}

/**
 * Read, decide, commit; where somebody else was quicker, again from the start. Bounded: after ten lost rounds
 * `CommandContended`, and nothing was written. With a receipt, what the request came to is part of the commit;
 * `ReceiptTaken` where its repetition was quicker.
 */
export async function decideAndCommit<Value>(
  { store, sleep, random }: Surroundings,
  plan: () => Promise<Planned<Value>>,
  receipt?: ReceiptPlan,
): Promise<Decision<Value>> {
  for (let round = 1; ; round += 1) {
    const { decision, owed } = await plan();
    if (!decision.ok || (decision.changes.length === 0 && receipt === undefined)) return decision;
    try {
      await store.commit(decision.changes, { owed, receipt: receiptOf(receipt, decision) });
      return decision;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      if (round === ROUNDS) throw new CommandContended(`lost ${ROUNDS} rounds in a row`, { cause: error });
      await sleep(Math.round(random() * Math.min(500, 10 * 2 ** round)));
    }
  }
}

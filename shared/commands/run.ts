import type { Decision } from "../domain/decision.ts";
import { CommandContended, VersionConflict } from "../store/errors.ts";
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

/**
 * Read, decide, commit; where somebody else was quicker, again from the start. Bounded: after ten lost rounds
 * `CommandContended`, and nothing was written.
 */
export async function decideAndCommit<Value>(
  { store, sleep, random }: Surroundings,
  plan: () => Promise<Planned<Value>>,
): Promise<Decision<Value>> {
  for (let round = 1; ; round += 1) {
    const { decision, owed } = await plan();
    if (!decision.ok || decision.changes.length === 0) return decision;
    try {
      await store.commit(decision.changes, owed);
      return decision;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      if (round === ROUNDS) throw new CommandContended(`lost ${ROUNDS} rounds in a row`, { cause: error });
      await sleep(Math.round(random() * Math.min(500, 10 * 2 ** round)));
    }
  }
}

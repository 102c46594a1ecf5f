import { toInstant } from "../domain/dates.ts";
import type { Actor } from "../domain/model.ts";
import { DUE_SHARDS, duePk, hourBucket, sweepCursorKey } from "../store/keys.ts";
import type { Releases } from "./releases.ts";
import type { Surroundings } from "./run.ts";

const HOUR_MS = 3_600_000;
const PAGE = 100;
/** The scheduler comes first; what it did not do within a minute is healed. */
const GRACE_MS = 60_000;
/** The cursor stays this far behind, so that clocks that differ by minutes can't write into an hour that is closed. */
const CURSOR_LAG_MS = 2 * HOUR_MS;
/** A first sweep looks back this far; records never lie in an hour before they were written. */
const FIRST_LOOK_BACK_MS = 48 * HOUR_MS;
/** Hours of one shard that are looked at side by side while a long gap is being closed. */
const HOURS_AT_ONCE = 16;

export interface SweepOptions extends Surroundings {
  readonly releases: Releases;
  /** Asks for attempts at transfers whose time has come or whose holder died. */
  readonly requestAttempts: (transfers: readonly { organizationId: string; transferId: string }[]) => Promise<void>;
  /** One record that can't be swept must not stop the others. */
  readonly onFailure: (id: string, error: unknown) => void;
}

export interface SweepReport {
  /** Records that the scheduler should have done and the sweep did. */
  readonly healed: number;
  readonly blocked: number;
  readonly transfers: number;
  readonly failures: number;
  /** False: time or pages ran out; the next sweep goes on from there. */
  readonly complete: boolean;
}

interface Candidate {
  readonly organizationId: string;
  readonly entity: string;
  readonly id: string;
}

/** What an index entry names. The key's form is known here and in the store's keys alone. */
function candidateOf(entry: { pk: string; sk: string }): Candidate {
  const [entity = "", id = ""] = entry.sk.split("#");
  return { organizationId: entry.pk.split("#")[0] ?? "", entity, id };
}

/**
 * Finds what is due and was not done, hour by hour from where the last sweep stopped, and runs the very commands that
 * the scheduler's events run. Reads what is due, whatever the number of holds.
 */
export function createSweep(options: SweepOptions) {
  const { store, releases } = options;

  async function heal(candidate: Candidate, actor: Actor): Promise<"healed" | "blocked" | "nothing"> {
    const origin = {
      organizationId: candidate.organizationId,
      actor,
      correlationId: `sweep/${candidate.id}`,
      path: "sweep" as const,
    };
    const decision =
      candidate.entity === "escrow_hold"
        ? await releases.releaseHold({ ...origin, holdId: candidate.id })
        : await releases.fireSchedule({ ...origin, scheduleId: candidate.id });
    if (!decision.ok) return "nothing";
    if (decision.value.kind === "blocked") return "blocked";
    return decision.changes.length === 0 ? "nothing" : "healed";
  }

  return {
    async run(untilMs: () => number): Promise<SweepReport> {
      const actor: Actor = { type: "system", id: "sweep-due" };
      const startedAt = options.now();
      const upTo = `${toInstant(startedAt - GRACE_MS)}~`;
      const report = { healed: 0, blocked: 0, transfers: 0, failures: 0, complete: true };

      /** What the bus doesn't take is still due, and asked for by the next sweep. */
      async function requestAttempts(candidates: readonly Candidate[]): Promise<void> {
        if (candidates.length === 0) return;
        try {
          await options.requestAttempts(
            candidates.map(({ organizationId, id: transferId }) => ({ organizationId, transferId })),
          );
          report.transfers += candidates.length;
        } catch (error) {
          report.failures += candidates.length;
          for (const { id } of candidates) options.onFailure(id, error);
        }
      }

      async function sweepHour(hour: string, shard: number): Promise<"empty" | "busy"> {
        let after: Record<string, unknown> | undefined;
        let seen = 0;
        do {
          if (untilMs() <= 0) {
            report.complete = false;
            return "busy";
          }
          const page = await store.queryIndex("due", duePk(hour, shard), { upTo, limit: PAGE, after });
          after = page.next;
          seen += page.entries.length;
          const candidates = page.entries.map(candidateOf);
          await requestAttempts(candidates.filter(({ entity }) => entity === "transfer"));
          for (const candidate of candidates) {
            if (candidate.entity === "transfer") continue;
            if (untilMs() <= 0) {
              report.complete = false;
              return "busy";
            }
            try {
              const result = await heal(candidate, actor);
              if (result !== "nothing") report[result] += 1;
            } catch (error) {
              report.failures += 1;
              options.onFailure(candidate.id, error);
            }
          }
        } while (after !== undefined);
        return seen === 0 ? "empty" : "busy";
      }

      async function sweepShard(shard: number): Promise<void> {
        const cursorKey = sweepCursorKey(shard);
        const last = Math.floor(startedAt / HOUR_MS) * HOUR_MS;
        const stored = await store.readSweepCursor(cursorKey);
        const first = stored === undefined ? last - FIRST_LOOK_BACK_MS : Date.parse(`${stored}:00:00.000Z`);
        // Only an unbroken run of empty hours is closed: the cursor never passes something that is still due.
        let closed = first;
        let unbroken = true;
        for (let from = first; from <= last && report.complete; from += HOURS_AT_ONCE * HOUR_MS) {
          const hours = Array.from({ length: HOURS_AT_ONCE }, (_, index) => from + index * HOUR_MS).filter(
            (at) => at <= last,
          );
          const results = await Promise.all(hours.map((at) => sweepHour(hourBucket(at), shard)));
          for (const [index, result] of results.entries()) {
            const at = hours[index];
            unbroken &&= result === "empty";
            if (unbroken && at !== undefined && at + HOUR_MS <= startedAt - CURSOR_LAG_MS) closed = at + HOUR_MS;
          }
        }
        if (stored === undefined || closed > first) await store.moveSweepCursor(cursorKey, hourBucket(closed));
      }

      await Promise.all(Array.from({ length: DUE_SHARDS }, (_, shard) => sweepShard(shard)));
      return report;
    },
  };
}

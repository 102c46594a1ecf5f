import type { Actor } from "../domain/model.ts";
import { parseFamilyId, WAIT_SHARDS, type WaitTarget, waitPartition } from "../store/keys.ts";
import { readFamily } from "./records.ts";
import type { Releases } from "./releases.ts";
import type { Surroundings } from "./run.ts";

const PAGE = 100;

export interface ResumeOptions extends Surroundings {
  readonly releases: Releases;
  readonly requestAttempts: (transfers: readonly { organizationId: string; transferId: string }[]) => Promise<void>;
}

export interface ResumeReport {
  readonly released: number;
  readonly attempts: number;
}

/** Takes up what waited for something that has come. What still has an obstacle says so and goes on waiting. */
export function createResume(options: ResumeOptions) {
  const { store, releases } = options;

  async function resumeOne(
    organizationId: string,
    id: string,
    actor: Actor,
  ): Promise<"released" | "attempt" | "nothing"> {
    const entity = parseFamilyId(id)?.entity;
    if (entity === "transfer") return "attempt";
    const origin = { organizationId, actor, correlationId: `resume/${id}`, path: "resume" as const };
    const decision =
      entity === "escrow_hold"
        ? await releases.releaseHold({ ...origin, holdId: id })
        : await releases.fireSchedule({ ...origin, scheduleId: id });
    return decision.ok && decision.value.kind !== "blocked" ? "released" : "nothing";
  }

  async function resumeAll(
    ids: readonly { organizationId: string; id: string }[],
    actor: Actor,
  ): Promise<ResumeReport> {
    const attempts: { organizationId: string; transferId: string }[] = [];
    let released = 0;
    for (const { organizationId, id } of ids) {
      const result = await resumeOne(organizationId, id, actor);
      if (result === "released") released += 1;
      if (result === "attempt") attempts.push({ organizationId, transferId: id });
    }
    if (attempts.length > 0) await options.requestAttempts(attempts);
    return { released, attempts: attempts.length };
  }

  return {
    /** All that waits for one target, page by page and shard by shard. */
    async resumeWaiting(target: WaitTarget): Promise<ResumeReport> {
      const actor: Actor = { type: "system", id: "resume-waiting" };
      const total = { released: 0, attempts: 0 };
      for (let shard = 0; shard < WAIT_SHARDS; shard += 1) {
        let after: Record<string, unknown> | undefined;
        do {
          const page = await store.queryIndex("waits", `${waitPartition(target)}#${shard}`, { limit: PAGE, after });
          after = page.next;
          const ids = page.entries.map(({ indexSk }) => {
            const [organizationId = "", id = ""] = indexSk.split("#");
            return { organizationId, id };
          });
          const report = await resumeAll(ids, actor);
          total.released += report.released;
          total.attempts += report.attempts;
        } while (after !== undefined);
      }
      return total;
    },

    /** What an approved payout has waiting: its due schedules and holds, and transfers whose approval was void. */
    async resumePayout(organizationId: string, payoutId: string): Promise<ResumeReport> {
      const family = await readFamily(store, organizationId, payoutId);
      if (family === undefined) return { released: 0, attempts: 0 };
      const waiting = [...family.schedules, ...family.holds, ...family.transfers].filter(
        (record) => record.blocker !== undefined && record.status !== "failed_terminal",
      );
      return resumeAll(
        waiting.map(({ id }) => ({ organizationId, id })),
        { type: "system", id: "resume-waiting" },
      );
    },
  };
}

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

/** Something could not be taken up; everything else was. Trying again finds only what is left. */
export class ResumeIncomplete extends Error {
  override readonly name = "ResumeIncomplete";
}

interface Waiting {
  readonly organizationId: string;
  readonly id: string;
}

interface Progress {
  seen: number;
  released: number;
  attempts: number;
  readonly failed: { readonly id: string; readonly error: unknown }[];
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

  /** One record that can't be resumed doesn't stop the others. */
  async function resumeAll(waiting: readonly Waiting[], actor: Actor, total: Progress): Promise<void> {
    const attempts: { organizationId: string; transferId: string }[] = [];
    for (const { organizationId, id } of waiting) {
      total.seen += 1;
      try {
        const result = await resumeOne(organizationId, id, actor);
        if (result === "released") total.released += 1;
        if (result === "attempt") attempts.push({ organizationId, transferId: id });
      } catch (error) {
        total.failed.push({ id, error });
      }
    }
    if (attempts.length > 0) await options.requestAttempts(attempts);
    total.attempts += attempts.length;
  }

  function reportOf({ seen, released, attempts, failed }: Progress): ResumeReport {
    if (failed.length === 0) return { released, attempts };
    const [first] = failed;
    throw new ResumeIncomplete(`${failed.length} of ${seen} could not be resumed: ${first?.id}`, {
      cause: first?.error,
    });
  }

  return {
    /** All that waits for one target, page by page and shard by shard. */
    async resumeWaiting(target: WaitTarget): Promise<ResumeReport> {
      const actor: Actor = { type: "system", id: "resume-waiting" };
      const total: Progress = { seen: 0, released: 0, attempts: 0, failed: [] };
      for (let shard = 0; shard < WAIT_SHARDS; shard += 1) {
        let after: Record<string, unknown> | undefined;
        do {
          const page = await store.queryIndex("waits", `${waitPartition(target)}#${shard}`, { limit: PAGE, after });
          after = page.next;
          const ids = page.entries.map(({ indexSk }) => {
            const [organizationId = "", id = ""] = indexSk.split("#");
            return { organizationId, id };
          });
          await resumeAll(ids, actor, total);
        } while (after !== undefined);
      }
      return reportOf(total);
    },

    /** What an approved payout has waiting: its due schedules and holds, and transfers whose approval was void. */
    async resumePayout(organizationId: string, payoutId: string): Promise<ResumeReport> {
      const family = await readFamily(store, organizationId, payoutId);
      if (family === undefined) return { released: 0, attempts: 0 };
      const waiting = [...family.schedules, ...family.holds, ...family.transfers].filter(
        (record) => record.blocker !== undefined && record.status !== "failed_terminal",
      );
      const total: Progress = { seen: 0, released: 0, attempts: 0, failed: [] };
      const ids = waiting.map(({ id }) => ({ organizationId, id }));
      await resumeAll(ids, { type: "system", id: "resume-waiting" }, total);
      return reportOf(total);
    },
  };
}

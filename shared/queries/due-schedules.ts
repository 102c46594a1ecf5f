import { recordsIn } from "../commands/records.ts";
import type { Instant, PayoutSchedule } from "../domain/model.ts";
import { dueAt } from "../domain/release.ts";
import type { Item } from "../store/items.ts";
import type { Key } from "../store/keys.ts";
import { listPartition } from "../store/list-index.ts";
import type { ListReader, PositionKey } from "../store/list-reader.ts";

const PAGE = 100;
/** Pending schedules past their date that one call looks at; more than a page only where blocked ones are among them. */
const MAX_LOOKED_AT = 1_000;
const MAX_COUNTED = 1_000;

const ENTITY_OF_TAG = { ps: "payout_schedule", eh: "escrow_hold" } as const;

export interface DueDeps {
  readonly reader: ListReader;
  readonly getMany: (keys: readonly Key[]) => Promise<readonly Item[]>;
}

export interface DueSchedules {
  /** The longest due first. */
  readonly ids: readonly string[];
  /** There are, or may be, others that are due. */
  readonly more: boolean;
}

/** Positions start with a date: those before the next instant are not after this one. */
function upTo(now: Instant): string {
  return new Date(Date.parse(now) + 1).toISOString();
}

export function createDueQueries({ reader, getMany }: DueDeps) {
  /** Blocked ones that are not to be looked at yet are left to the sweep: they would be in the way of the others. */
  function isDue(schedule: PayoutSchedule, now: Instant): boolean {
    const { status, scheduledDate } = schedule;
    return status === "pending" && scheduledDate !== undefined && dueAt(schedule, scheduledDate) <= now;
  }

  return {
    /** Pending schedules of an organization that are due, at most `limit`. */
    async dueSchedules(organizationId: string, now: Instant, limit: number): Promise<DueSchedules> {
      const partition = listPartition(organizationId, "payout_schedule", "pending");
      const ids: string[] = [];
      let after: PositionKey | undefined;
      for (let looked = 0; looked < MAX_LOOKED_AT; looked += PAGE) {
        const range = { index: "byStatus", partition, to: upTo(now), descending: false } as const;
        const { entries, isEnd } = await reader.index({ ...range, after, limit: PAGE });
        const read = recordsIn("payout_schedule", await getMany(entries.map(({ key }) => key)));
        const byId = new Map(read.map((schedule) => [schedule.id, schedule]));
        for (const { position } of entries) {
          const schedule = byId.get(position.slice(position.indexOf("#") + 1));
          if (schedule === undefined || !isDue(schedule, now)) continue;
          if (ids.length === limit) return { ids, more: true };
          ids.push(schedule.id);
        }
        if (isEnd) return { ids, more: false };
        after = entries.at(-1);
      }
      // Where all of a thousand are blocked, calling again finds the same: what comes after them is the sweep's.
      return { ids, more: ids.length > 0 };
    },

    /** Records of a status that are past their date, counted up to 1,000. */
    async countDue(
      organizationId: string,
      tag: keyof typeof ENTITY_OF_TAG,
      status: string,
      now: Instant,
    ): Promise<{ count: number; capped: boolean }> {
      const partition = listPartition(organizationId, ENTITY_OF_TAG[tag], status);
      const count = await reader.count({ index: "byStatus", partition, to: upTo(now) }, MAX_COUNTED + 1);
      return { count: Math.min(count, MAX_COUNTED), capped: count > MAX_COUNTED };
    },
  };
}

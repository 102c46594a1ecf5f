import { isScoped } from "../../access/roles.ts";
import type { AuditReader } from "../../audit/reader.ts";
import { toInstant } from "../../domain/dates.ts";
import { type PayoutBlocker, readBlockers } from "../../queries/blockers.ts";
import { readTimeline } from "../../queries/timeline.ts";
import type { Store } from "../../store/store.ts";
import type { payoutOperations } from "../contract/payouts.ts";
import { answered, type Handlers, refused } from "../operation.ts";
import { mayUse } from "../scope.ts";

export interface TimelineHandlerDeps {
  readonly store: Store;
  readonly audit: AuditReader;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What happened to a payout, and why it is not paid. */
export function createTimelineHandlers(
  deps: TimelineHandlerDeps,
): Pick<Handlers<typeof payoutOperations>, "getPayoutTimeline" | "getPayoutBlockers"> {
  return {
    async getPayoutTimeline({ caller, params }) {
      const timeline = await readTimeline(deps, caller.organizationId, params.id);
      return timeline === undefined ? refused("not_found", `no payout ${params.id}`) : answered(timeline);
    },

    async getPayoutBlockers({ caller, params }) {
      const around = { settings: caller.settings, now: toInstant(deps.now()) };
      const found = await readBlockers(deps.store, caller.organizationId, params.id, around);
      if (found === undefined || !mayUse(caller, found.payout)) return refused("not_found", `no payout ${params.id}`);
      return answered({ data: found.blockers.map((blocker) => present(blocker, isScoped(caller.role))) });
    },
  };
}

/** Why sending was paused is staff's business. */
function present(blocker: PayoutBlocker, scoped: boolean) {
  const withheld = scoped && blocker.entity === "sending_control";
  return {
    code: blocker.code,
    entity_type: blocker.entity,
    entity_id: blocker.entityId,
    since: blocker.since,
    fixable_by: blocker.fixableBy,
    next_check_at: blocker.nextCheckAt ?? null,
    detail: withheld ? null : (blocker.detail ?? null),
  };
}

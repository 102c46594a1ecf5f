import { toInstant } from "../../domain/dates.ts";
import { readAuditStats, readStats, type StatsSource } from "../../queries/stats.ts";
import type { auditLogOperations } from "../contract/audit-log.ts";
import type { holdOperations } from "../contract/holds.ts";
import type { payoutOperations } from "../contract/payouts.ts";
import type { scheduleOperations } from "../contract/schedules.ts";
import type { transferOperations } from "../contract/transfers.ts";
import { answered, type Handlers } from "../operation.ts";

export interface StatsDeps extends StatsSource {
  /** Epoch milliseconds. */
  readonly now: () => number;
}

type StatsHandlers = Pick<Handlers<typeof payoutOperations>, "getPayoutStats"> &
  Pick<Handlers<typeof scheduleOperations>, "getPayoutScheduleStats"> &
  Pick<Handlers<typeof holdOperations>, "getEscrowHoldStats"> &
  Pick<Handlers<typeof transferOperations>, "getTransferStats"> &
  Pick<Handlers<typeof auditLogOperations>, "getAuditStats">;

/** Figures of the whole organization; each costs the same however many records there are. */
export function createStatsHandlers(deps: StatsDeps): StatsHandlers {
  const statsOf = async (organizationId: string, entity: Parameters<typeof readStats>[2]) =>
    answered({ data: await readStats(deps, organizationId, entity, toInstant(deps.now())) });
  return {
    getPayoutStats: ({ caller }) => statsOf(caller.organizationId, "payout"),
    getPayoutScheduleStats: ({ caller }) => statsOf(caller.organizationId, "payout_schedule"),
    getEscrowHoldStats: ({ caller }) => statsOf(caller.organizationId, "escrow_hold"),
    getTransferStats: ({ caller }) => statsOf(caller.organizationId, "transfer"),
    getAuditStats: async ({ caller }) =>
      answered({ data: await readAuditStats(deps, caller.organizationId, toInstant(deps.now())) }),
  };
}

import type { ListFilters, ListSort } from "../../queries/list-filters.ts";
import type { activityOperations } from "../contract/activity.ts";
import type { holdOperations } from "../contract/holds.ts";
import type { payeeOperations } from "../contract/payees.ts";
import type { payoutOperations } from "../contract/payouts.ts";
import type { roleOperations } from "../contract/roles.ts";
import type { scheduleOperations } from "../contract/schedules.ts";
import type { transferOperations } from "../contract/transfers.ts";
import { answerExport, answerList, type ListAnswerDeps } from "../list-answer.ts";
import type { Handlers } from "../operation.ts";

type ListHandlers = Pick<Handlers<typeof payoutOperations>, "listPayouts" | "exportPayouts"> &
  Pick<Handlers<typeof scheduleOperations>, "listPayoutSchedules" | "exportPayoutSchedules"> &
  Pick<Handlers<typeof holdOperations>, "listEscrowHolds" | "exportEscrowHolds"> &
  Pick<Handlers<typeof transferOperations>, "listTransfers" | "exportTransfers"> &
  Pick<Handlers<typeof payeeOperations>, "listPayees"> &
  Pick<Handlers<typeof roleOperations>, "listRoles"> &
  Pick<Handlers<typeof activityOperations>, "listSecurityEvents">;

/** Filters as they are written in a query string, by whichever list knows them. */
interface QueryFilters {
  readonly status?: readonly string[] | undefined;
  readonly risk_level?: readonly string[] | undefined;
  readonly trigger_event?: readonly string[] | undefined;
  readonly hold_reason?: readonly string[] | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly period?: string | undefined;
  readonly payee_id?: string | undefined;
  readonly subject?: string | undefined;
  readonly company_id?: string | undefined;
  readonly placement_id?: string | undefined;
  readonly payout_id?: string | undefined;
  readonly currency?: string | undefined;
  readonly min_amount?: number | undefined;
  readonly max_amount?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly q?: string | undefined;
  readonly sort?: ListSort | undefined;
}

/** `processed` is what other systems call `completed`. */
function statusesOf(query: QueryFilters): readonly string[] | undefined {
  const named = query.status ?? query.risk_level;
  return named && [...new Set(named.map((status) => (status === "processed" ? "completed" : status)))];
}

function filtersOf(query: QueryFilters): ListFilters {
  const { currency, from, to, q, sort, period } = query;
  return {
    status: statusesOf(query),
    kind: query.trigger_event ?? query.hold_reason ?? query.kind ?? (period === undefined ? undefined : [period]),
    personId: query.payee_id ?? query.subject,
    companyId: query.company_id,
    placementId: query.placement_id,
    payoutId: query.payout_id,
    currency,
    minAmountMinor: query.min_amount,
    maxAmountMinor: query.max_amount,
    from,
    to,
    q,
    sort,
  };
}

/** The lists and exports of every collection that is kept in the main table. */
export function createListHandlers(deps: ListAnswerDeps): ListHandlers {
  return {
    listPayouts: (request) => answerList(deps, request, "payout", filtersOf(request.query)),
    exportPayouts: (request) => answerExport(deps, request, "payout", filtersOf(request.query)),
    listPayoutSchedules: (request) => answerList(deps, request, "payout_schedule", filtersOf(request.query)),
    exportPayoutSchedules: (request) => answerExport(deps, request, "payout_schedule", filtersOf(request.query)),
    listEscrowHolds: (request) => answerList(deps, request, "escrow_hold", filtersOf(request.query)),
    exportEscrowHolds: (request) => answerExport(deps, request, "escrow_hold", filtersOf(request.query)),
    listTransfers: (request) => answerList(deps, request, "transfer", filtersOf(request.query)),
    exportTransfers: (request) => answerExport(deps, request, "transfer", filtersOf(request.query)),
    listPayees: (request) => answerList(deps, request, "payee", filtersOf(request.query)),
    listRoles: (request) => answerList(deps, request, "role_assignment", {}),
    listSecurityEvents: (request) => answerList(deps, request, "security_event", filtersOf(request.query)),
  };
}

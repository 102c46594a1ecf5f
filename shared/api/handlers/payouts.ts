import { type Payouts, readPayout } from "../../commands/payouts.ts";
import type { RecordChange } from "../../domain/decision.ts";
import type { Payout } from "../../domain/model.ts";
import type { ManualPayout } from "../../domain/payout-manual.ts";
import { presentRecord } from "../../events/wire.ts";
import type { Store } from "../../store/store.ts";
import type { payoutOperations } from "../contract/payouts.ts";
import { type ApiRequest, answered, type Handlers, refused } from "../operation.ts";
import { mayUse } from "../scope.ts";

export interface PayoutHandlerDeps {
  readonly store: Store;
  readonly payouts: Payouts;
}

/** Answered from indexes, counters and the audit log, not from the payout itself. */
type ReadElsewhere = "listPayouts" | "exportPayouts" | "getPayoutStats" | "getPayoutTimeline" | "getPayoutBlockers";

const CANCELLED = "cancelled";

function present(payout: Payout) {
  return { data: presentRecord("payout", payout) };
}

const bodyOf = (_changes: readonly RecordChange[], payout: Payout) => present(payout);

/** Notes on an action are the reason of its change, for the audit log and the timeline. */
function reasonOf(notes: string | undefined): { reason?: string } {
  return notes === undefined ? {} : { reason: notes };
}

type CreationBody = ApiRequest<(typeof payoutOperations)["createPayout"]>["body"];

function wishOf(body: CreationBody): Omit<ManualPayout, "organizationId"> {
  const { schedule, hold } = body;
  return {
    payeeId: body.payee_id,
    amountMinor: body.amount,
    currency: body.currency,
    ...(body.company_id === undefined ? {} : { companyId: body.company_id }),
    ...(body.placement_id === undefined ? {} : { placementId: body.placement_id }),
    ...(body.notes === undefined ? {} : { notes: body.notes }),
    schedule: {
      triggerEvent: schedule?.trigger_event ?? "manual",
      ...(schedule?.scheduled_date === undefined ? {} : { scheduledDate: schedule.scheduled_date }),
    },
    ...(hold === undefined
      ? {}
      : {
          hold: {
            amountMinor: hold.amount,
            releaseDate: hold.release_date,
            holdReason: hold.hold_reason,
            ...(hold.reason === undefined ? {} : { reason: hold.reason }),
          },
        }),
  };
}

/** What people do with whole payouts, and one payout as it is. */
export function createPayoutHandlers({
  store,
  payouts,
}: PayoutHandlerDeps): Omit<Handlers<typeof payoutOperations>, ReadElsewhere> {
  return {
    async getPayout({ caller, params: { id } }) {
      const payout = await readPayout(store, caller.organizationId, id);
      if (payout === undefined || !mayUse(caller, payout)) return refused("not_found", `no payout ${id}`);
      return answered(present(payout));
    },

    createPayout: ({ body, act }) => act((origin) => payouts.create({ ...origin, payout: wishOf(body) }), bodyOf),

    async updatePayout({ params: { id }, body, ifMatch, act }) {
      if (ifMatch === undefined) return refused("version_missing");
      const notes = body.notes ?? undefined;
      return act((origin) => payouts.note({ ...origin, payoutId: id, notes, expectedVersion: ifMatch }), bodyOf);
    },

    approvePayout: ({ params: { id }, body: { notes }, act }) =>
      act((origin) => payouts.approve({ ...origin, ...reasonOf(notes), payoutId: id }), bodyOf),

    rejectPayout: ({ params: { id }, body: { reason }, act }) =>
      act((origin) => payouts.reject({ ...origin, payoutId: id, reason }), bodyOf),

    cancelPayout: ({ params: { id }, body: { reason }, act }) =>
      act((origin) => payouts.cancel({ ...origin, payoutId: id, reason }), bodyOf),

    deletePayout: ({ params: { id }, act }) =>
      act((origin) => payouts.cancel({ ...origin, payoutId: id, reason: CANCELLED }), bodyOf),

    markPayoutPaid({ params: { id }, body, act }) {
      const { reference, paid_at: paidAt, notes } = body;
      const payment = { reference, ...(paidAt === undefined ? {} : { paidAt }) };
      return act((origin) => payouts.markPaid({ ...origin, ...reasonOf(notes), payoutId: id, payment }), bodyOf);
    },

    markPayoutFailed: ({ params: { id }, body: { reason }, act }) =>
      act((origin) => payouts.markFailed({ ...origin, payoutId: id, reason }), bodyOf),

    retryPayout: ({ params: { id }, body: { notes }, act }) =>
      act((origin) => payouts.retry({ ...origin, ...reasonOf(notes), payoutId: id }), bodyOf),

    bulkApprovePayouts: ({ body: { ids, notes }, actOnEach }) =>
      actOnEach(ids, (id, origin) => payouts.approve({ ...origin, ...reasonOf(notes), payoutId: id }), bodyOf),

    bulkCancelPayouts: ({ body: { ids, reason }, actOnEach }) =>
      actOnEach(ids, (id, origin) => payouts.cancel({ ...origin, payoutId: id, reason }), bodyOf),
  };
}

import { expect } from "vitest";
import type { payoutOperations } from "../../../shared/api/contract/payouts.ts";
import {
  ABSENT,
  type ApiWorld,
  AT_ONCE,
  HELD,
  HIGH_VALUE,
  type Owed,
  on,
  once,
  WHOLE,
} from "../../support/api-fixtures.ts";
import type { Scenarios } from "../../support/scenarios.ts";

type Decisions = Pick<
  typeof payoutOperations,
  | "approvePayout"
  | "rejectPayout"
  | "cancelPayout"
  | "deletePayout"
  | "markPayoutPaid"
  | "markPayoutFailed"
  | "retryPayout"
  | "bulkApprovePayouts"
  | "bulkCancelPayouts"
>;

const REASON = { reason: "entered twice" };
const PAID = { reference: "SEPA 2026-11-21/0042" };

const ended = (what: "rejected" | "cancelled") => [
  `payout.${what}`,
  "payout_schedule.cancelled",
  "escrow_hold.cancelled",
];

/** A failed payout in more parts than one commit can change. */
const crowdedFailure = once(async (place: ApiWorld) => {
  const { payout } = await place.failed();
  await place.crowd((await place.org.only("transfer")).id);
  return { place, payout };
});

/** Ended with all its parts. */
async function expectEnded(world: ApiWorld, owed: Owed, status: "rejected" | "cancelled"): Promise<void> {
  await world.expectNow("getPayout", owed.payout, { status, cancelled_amount: WHOLE, held_amount: 0 });
  await world.expectNow("getPayoutSchedule", owed.schedule, { status: "cancelled" });
  await world.expectNow("getEscrowHold", owed.hold, { status: "cancelled" });
}

const notCancellable = (operationId: "cancelPayout" | "deletePayout") => ({
  not_found: async (world: ApiWorld) => {
    await world.refused("processor", operationId, "not_found", on(ABSENT.payout, REASON));
  },
  payout_not_cancellable: async (world: ApiWorld) => {
    const { payout } = await world.triggered();
    await world.refused("processor", operationId, "payout_not_cancellable", on(payout, REASON));
  },
  payout_already_cancelled: async (world: ApiWorld) => {
    const { payout } = await world.create();
    await (await world.as("processor")).ok("deletePayout", on(payout));
    await world.refused("processor", operationId, "payout_already_cancelled", on(payout, REASON));
  },
  too_many_children: async (world: ApiWorld) => {
    const { place, payout } = await crowdedFailure(world);
    await place.refused("processor", operationId, "too_many_children", on(payout, REASON));
  },
});

/** Approved, stopped by a person, and not allowed to go on. */
async function stopped(world: ApiWorld, ...options: Parameters<ApiWorld["approved"]>): Promise<string> {
  const { payout } = await world.approved(...options);
  await (await world.as("processor")).ok("markPayoutFailed", on(payout, REASON));
  return payout;
}

/** What people decide about whole payouts. */
export const payoutDecisions: Scenarios<Decisions, ApiWorld> = {
  approvePayout: {
    async ok(world) {
      const { payout } = await world.create();
      const asked = on(payout, { notes: "checked" });
      const { data } = await world.done("manager", "approvePayout", asked, ["payout.approved"]);
      expect(data).toMatchObject({ status: "approved", approved_by: "maya", version: 2 });
      await world.expectNow("getPayout", payout, data);
      expect(world.org.books()).toEqual([]);
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        await world.refused("manager", "approvePayout", "not_found", on(ABSENT.payout));
      },
      async payout_not_approvable(world) {
        const { payout } = await world.approved();
        const other = await world.as("manager", "miro");
        await world.refused(other, "approvePayout", "payout_not_approvable", on(payout));
      },
      async payout_approved_by_creator(world) {
        const { payout } = await world.create({}, await world.as("admin"));
        await world.refused("admin", "approvePayout", "payout_approved_by_creator", on(payout));
      },
      async approved_by_sender(world) {
        const [sent, other] = [await world.approved(), await world.triggered()];
        const sender = await world.as("manager", "nina");
        await sender.ok("triggerPayoutSchedule", on(sent.schedule));
        await world.moveAccount();
        await world.refused(sender, "approvePayout", "approved_by_sender", on(sent.payout));
        // What somebody else sent is theirs to approve again.
        await sender.ok("approvePayout", on(other.payout));
      },
      async approved_already_by_you(world) {
        const { payout } = await world.create({ amount: HIGH_VALUE });
        const { data } = await (await world.as("manager")).ok("approvePayout", on(payout));
        expect(data).toMatchObject({ status: "pending_approval", approval_votes_needed: 2 });
        await world.refused("manager", "approvePayout", "approved_already_by_you", on(payout));
      },
      async approver_limit_exceeded(world) {
        await world.settings({ approver_limit_amounts: { USD: WHOLE } });
        await world.approved();
        const { payout } = await world.create({ amount: 1, hold: undefined });
        await world.refused("manager", "approvePayout", "approver_limit_exceeded", on(payout));
      },
      async address_not_allowed(world) {
        const { payout } = await world.create({ amount: HIGH_VALUE });
        const approver = await world.lockOut();
        await world.refused(approver, "approvePayout", "address_not_allowed", on(payout));
      },
    },
  },
  rejectPayout: {
    async ok(world) {
      const owed = await world.create();
      const { data } = await world.done("manager", "rejectPayout", on(owed.payout, REASON), ended("rejected"));
      expect(data).toMatchObject({ status: "rejected", rejected_reason: REASON.reason });
      await expectEnded(world, owed, "rejected");
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        await world.refused("manager", "rejectPayout", "not_found", on(ABSENT.payout, REASON));
      },
      async payout_not_approvable(world) {
        const { payout } = await world.approved();
        await world.refused("manager", "rejectPayout", "payout_not_approvable", on(payout, REASON));
      },
      async too_many_children(world) {
        const { payout, schedule } = await world.create();
        await world.crowd(schedule);
        await world.refused("manager", "rejectPayout", "too_many_children", on(payout, REASON));
      },
    },
  },
  cancelPayout: {
    async ok(world) {
      const owed = await world.approved();
      const { data } = await world.done("processor", "cancelPayout", on(owed.payout, REASON), ended("cancelled"));
      expect(data).toMatchObject({ status: "cancelled", end_reason: REASON.reason });
      await expectEnded(world, owed, "cancelled");
      await world.org.expectInvariants();
    },
    refusals: notCancellable("cancelPayout"),
  },
  deletePayout: {
    async ok(world) {
      const owed = await world.create();
      await world.done("processor", "deletePayout", on(owed.payout), ended("cancelled"));
      await expectEnded(world, owed, "cancelled");
    },
    refusals: notCancellable("deletePayout"),
  },
  markPayoutPaid: {
    async ok(world) {
      const { payout, schedule, hold } = await world.approved();
      const asked = on(payout, { ...PAID, paid_at: world.inDays(-1) });
      const { data } = await world.done("processor", "markPayoutPaid", asked, [
        "payout.paid_outside",
        "payout_schedule.processed",
      ]);
      expect(data).toMatchObject({
        status: "partially_paid",
        paid_outside_amount: AT_ONCE,
        external_reference: PAID.reference,
      });
      await world.expectNow("getPayoutSchedule", schedule, { status: "completed", transfer_id: null });
      await world.expectNow("getEscrowHold", hold, { status: "active", hold_amount: HELD });
      await world.refused("processor", "triggerPayoutSchedule", "schedule_already_completed", on(schedule));
      expect(world.org.books()).toEqual([]);
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        await world.refused("processor", "markPayoutPaid", "not_found", on(ABSENT.payout, PAID));
      },
      async payout_not_markable(world) {
        const { payout } = await world.create();
        await world.refused("processor", "markPayoutPaid", "payout_not_markable", on(payout, PAID));
        const paid = await world.triggered();
        await world.refused("processor", "markPayoutPaid", "payout_not_markable", on(paid.payout, PAID));
      },
      async transfer_in_flight(world) {
        await world.pauseSending();
        const { payout } = await world.triggered();
        await world.refused("processor", "markPayoutPaid", "transfer_in_flight", on(payout, PAID));
      },
      async date_in_future(world) {
        const { payout } = await world.approved();
        const asked = on(payout, { ...PAID, paid_at: world.inDays(1) });
        expect(await world.refused("processor", "markPayoutPaid", "date_in_future", asked)).toMatchObject({
          field: "paid_at",
        });
      },
      async sent_by_creator(world) {
        const { payout } = await world.approved({}, await world.as("processor"));
        await world.refused("processor", "markPayoutPaid", "sent_by_creator", on(payout, PAID));
      },
      async sent_by_approver(world) {
        const { payout } = await world.approved();
        await world.refused("manager", "markPayoutPaid", "sent_by_approver", on(payout, PAID));
      },
      async address_not_allowed(world) {
        const { payout } = await world.approved({ amount: HIGH_VALUE });
        const sender = await world.lockOut();
        await world.refused(sender, "markPayoutPaid", "address_not_allowed", on(payout, PAID));
      },
      async too_many_children(world) {
        const { place, payout } = await crowdedFailure(world);
        await place.refused("processor", "markPayoutPaid", "too_many_children", on(payout, PAID));
      },
    },
  },
  markPayoutFailed: {
    async ok(world) {
      const { payout, schedule } = await world.approved();
      await world.done("processor", "markPayoutFailed", on(payout, REASON), ["payout.marked_failed"]);
      await world.expectNow("getPayout", payout, { status: "failed", end_reason: REASON.reason });
      await (await world.as("processor")).ok("triggerPayoutSchedule", on(schedule));
      await world.settle();
      await world.expectNow("getPayoutSchedule", schedule, { status: "pending", blocker: { code: "person_required" } });
      expect(world.org.books()).toEqual([]);
    },
    refusals: {
      async not_found(world) {
        await world.refused("processor", "markPayoutFailed", "not_found", on(ABSENT.payout, REASON));
      },
      async payout_not_markable(world) {
        const { payout } = await world.create();
        await world.refused("processor", "markPayoutFailed", "payout_not_markable", on(payout, REASON));
      },
      async transfer_in_flight(world) {
        await world.pauseSending();
        const { payout } = await world.triggered();
        await world.refused("processor", "markPayoutFailed", "transfer_in_flight", on(payout, REASON));
      },
    },
  },
  retryPayout: {
    async ok(world) {
      const { payout, schedule } = await world.failed();
      expect(world.org.books()).toEqual([]);
      world.mend();
      const again = ["payout.retried", "transfer.resumed", "payout_schedule.triggered"];
      await world.done("processor", "retryPayout", on(payout), again);
      await world.expectNow("getPayout", payout, { status: "partially_paid", paid_amount: AT_ONCE, sent_by: ["pete"] });
      await world.expectNow("getPayoutSchedule", schedule, { status: "completed", retry_count: 1 });
      expect(world.org.books()).toMatchObject([{ amountMinor: AT_ONCE, epoch: 2, destination: world.refusedAccount }]);
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        await world.refused("processor", "retryPayout", "not_found", on(ABSENT.payout));
      },
      async payout_not_retryable(world) {
        const { payout } = await world.triggered();
        await world.refused("processor", "retryPayout", "payout_not_retryable", on(payout));
      },
      async blocked(world) {
        const payout = await stopped(world);
        await world.moveAccount();
        const problem = await world.refused("processor", "retryPayout", "blocked", on(payout));
        expect(problem.detail).toContain("destination changed");
      },
      async sent_by_creator(world) {
        const payout = await stopped(world, {}, await world.as("processor", "paul"));
        await world.refused(await world.as("processor", "paul"), "retryPayout", "sent_by_creator", on(payout));
      },
      async sent_by_approver(world) {
        const payout = await stopped(world);
        await world.refused("manager", "retryPayout", "sent_by_approver", on(payout));
      },
      async address_not_allowed(world) {
        const payout = await stopped(world, { amount: HIGH_VALUE });
        const sender = await world.lockOut();
        await world.refused(sender, "retryPayout", "address_not_allowed", on(payout));
      },
      async too_many_children(world) {
        const { place, payout } = await crowdedFailure(world);
        await place.refused("processor", "retryPayout", "too_many_children", on(payout));
      },
    },
  },
  bulkApprovePayouts: {
    async ok(world) {
      const ids = [(await world.create()).payout, (await world.create()).payout];
      const asked = { body: { ids, notes: "November run" } };
      const answer = await world.done("manager", "bulkApprovePayouts", asked, ["payout.approved", "payout.approved"]);
      expect(answer.summary).toEqual({ succeeded: 2, failed: 0 });
      expect(answer.results).toMatchObject(
        ids.map((id) => ({ id, ok: true, result: { data: { id, status: "approved" } } })),
      );
      for (const id of ids)
        await world.expectNow("getPayout", id, { status: "approved", approved_by: "maya", version: 2 });
    },
    refusals: {},
  },
  bulkCancelPayouts: {
    async ok(world) {
      const [open, sent] = [await world.create(), await world.triggered()];
      const ids = [sent.payout, open.payout, ABSENT.payout];
      const answer = await world.done(
        "processor",
        "bulkCancelPayouts",
        { body: { ids, ...REASON } },
        ended("cancelled"),
      );
      expect(answer.summary).toEqual({ succeeded: 1, failed: 2 });
      expect(answer.results).toMatchObject([
        { id: sent.payout, ok: false, problem: { code: "payout_not_cancellable" } },
        { id: open.payout, ok: true },
        { id: ABSENT.payout, ok: false, problem: { code: "not_found" } },
      ]);
      await expectEnded(world, open, "cancelled");
      await world.expectNow("getPayout", sent.payout, { status: "partially_paid" });
    },
    refusals: {},
  },
};

import { expect } from "vitest";
import type { scheduleOperations } from "../../../shared/api/contract/schedules.ts";
import type { Json } from "../../support/api.ts";
import { ABSENT, type ApiWorld, AT_ONCE, HIGH_VALUE, on, parseCsv } from "../../support/api-fixtures.ts";
import { MINUTE_MS } from "../../support/cloud.ts";
import type { Scenarios } from "../../support/scenarios.ts";

const REASON = { reason: "agreed with the payee" };
const TRIGGERED = ["payout_schedule.triggered", "transfer.created"];

async function expectCursorsRefused(
  world: ApiWorld,
  operationId: "listPayoutSchedules" | "exportPayoutSchedules",
): Promise<void> {
  await world.create();
  await world.create();
  const { pagination } = await (await world.as("viewer")).ok("listPayoutSchedules", { query: { limit: 1 } });
  expect(pagination.next_cursor).toEqual(expect.any(String));
  for (const cursor of [pagination.next_cursor, "bm9uc2Vuc2U"]) {
    const query = { cursor, status: "pending" };
    await world.refused("operator", operationId, "invalid_cursor", { query });
  }
}

/** A payout whose schedule has a date of its own, with nothing in the way. */
const dated = (world: ApiWorld, scheduledDate: string) =>
  world.approved({ schedule: { trigger_event: "manual", scheduled_date: scheduledDate } });

export const scheduleScenarios: Scenarios<typeof scheduleOperations, ApiWorld> = {
  listPayoutSchedules: {
    async ok(world) {
      const undated = await world.create();
      const later = await dated(world, world.inDays(9));
      const sooner = await dated(world, world.inDays(3));
      const sent = await world.triggered({ company_id: "company-1" });
      const viewer = await world.as("viewer");
      const list = async (query = {}) => {
        const { data, pagination } = await viewer.ok("listPayoutSchedules", { query });
        return { ids: data.map(({ id }: Json) => id), ...pagination };
      };
      const inOrder = [sent, sooner, later, undated].map(({ schedule }) => schedule);
      expect(await list()).toEqual({ ids: inOrder, limit: 25, next_cursor: null, total: 4 });
      expect(await list({ sort: "-date" })).toMatchObject({ ids: inOrder.toReversed() });
      expect(await list({ status: "pending" })).toMatchObject({ ids: inOrder.slice(1), total: 3 });
      expect(await list({ from: world.inDays(2), to: world.inDays(5) })).toMatchObject({ ids: [sooner.schedule] });
      expect(await list({ payout_id: later.payout })).toMatchObject({ ids: [later.schedule] });
      expect(await list({ company_id: "company-1" })).toMatchObject({ ids: [sent.schedule] });
      expect(await list({ trigger_event: "contract_signed" })).toMatchObject({ ids: [] });
      // The name that other systems have for it.
      const completed = await list({ status: "completed" });
      expect(completed).toMatchObject({ ids: [sent.schedule], total: 1 });
      expect(await list({ status: "processed" })).toEqual(completed);
      expect(await list({ status: ["processed", "completed"] })).toEqual(completed);
    },
    refusals: { invalid_cursor: (world) => expectCursorsRefused(world, "listPayoutSchedules") },
  },
  getPayoutSchedule: {
    async ok(world) {
      const { payout, schedule } = await world.create();
      const own = { id: schedule, payout_id: payout, amount: AT_ONCE, status: "pending", scheduled_date: null };
      await world.expectNow("getPayoutSchedule", schedule, { ...own, trigger_event: "manual", version: 1 });
    },
    refusals: {
      async not_found(world) {
        const { payout, hold } = await world.create();
        for (const id of [ABSENT.schedule, payout, hold])
          await world.refused("viewer", "getPayoutSchedule", "not_found", on(id));
      },
    },
  },
  createPayoutSchedule: {
    async ok(world) {
      const { payout, schedule } = await world.create();
      const date = world.inDays(5);
      const body = { from_schedule_id: schedule, amount: 3_000, trigger_event: "manual", scheduled_date: date };
      const created = ["payout_schedule.created", "payout_schedule.updated"];
      const { data } = await world.done("operator", "createPayoutSchedule", { body }, created);
      expect(data).toMatchObject({ payout_id: payout, amount: 3_000, status: "pending", scheduled_date: date });
      await world.expectNow("getPayoutSchedule", data.id, data);
      await world.expectNow("getPayoutSchedule", schedule, { amount: AT_ONCE - 3_000, version: 2 });
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        const { hold } = await world.create();
        for (const id of [ABSENT.schedule, hold])
          await world.refused("operator", "createPayoutSchedule", "not_found", split(id));
      },
      async schedule_not_changeable(world) {
        const { schedule } = await world.triggered();
        await world.refused("operator", "createPayoutSchedule", "schedule_not_changeable", split(schedule));
      },
      async schedule_amount_exceeded(world) {
        const { schedule } = await world.create();
        const asked = split(schedule, { amount: AT_ONCE });
        const problem = await world.refused("operator", "createPayoutSchedule", "schedule_amount_exceeded", asked);
        expect(problem.field).toBe("amount");
      },
      async date_in_past(world) {
        const { schedule } = await world.create();
        const asked = split(schedule, { scheduled_date: world.inMs(-1) });
        const problem = await world.refused("operator", "createPayoutSchedule", "date_in_past", asked);
        expect(problem.field).toBe("scheduled_date");
      },
      async too_many_children(world) {
        const { schedule } = await world.create();
        const operator = await world.as("operator");
        // The schedule, the hold and the accrual are three parts already.
        for (let part = 4; part <= 25; part += 1) await operator.ok("createPayoutSchedule", split(schedule));
        await world.refused(operator, "createPayoutSchedule", "too_many_children", split(schedule));
      },
    },
  },
  updatePayoutSchedule: {
    async ok(world) {
      const { schedule } = await world.create();
      const date = world.inDays(5);
      const asked = { ...on(schedule, { scheduled_date: date, ...REASON }), version: 1 };
      const { data } = await world.done("operator", "updatePayoutSchedule", asked, ["payout_schedule.updated"]);
      expect(data).toMatchObject({ scheduled_date: date, version: 2 });
      await world.refused("operator", "updatePayoutSchedule", "version_mismatch", asked);
      await world.expectNow("getPayoutSchedule", schedule, data);
      const [line] = (await world.org.audit()).filter(({ action }) => action === "payout_schedule.updated");
      expect(line).toMatchObject({ entity_id: schedule, changed_by: "olga", reason: REASON.reason });
    },
    refusals: {
      async not_found(world) {
        const asked = { ...on(ABSENT.schedule, { scheduled_date: world.inDays(1) }), version: 1 };
        await world.refused("operator", "updatePayoutSchedule", "not_found", asked);
      },
      async schedule_not_changeable(world) {
        const { schedule } = await world.triggered();
        const { version } = await world.expectNow("getPayoutSchedule", schedule, { status: "completed" });
        const asked = { ...on(schedule, { scheduled_date: world.inDays(1) }), version };
        await world.refused("operator", "updatePayoutSchedule", "schedule_not_changeable", asked);
      },
      async date_in_past(world) {
        const { schedule } = await world.create();
        const asked = { ...on(schedule, { scheduled_date: world.inMs(-1) }), version: 1 };
        const problem = await world.refused("operator", "updatePayoutSchedule", "date_in_past", asked);
        expect(problem.field).toBe("scheduled_date");
      },
    },
  },
  cancelPayoutSchedule: {
    async ok(world) {
      const { payout, schedule } = await world.approved();
      const asked = { params: { id: schedule }, query: REASON };
      const { data } = await world.done("processor", "cancelPayoutSchedule", asked, ["payout_schedule.cancelled"]);
      expect(data).toMatchObject({ status: "cancelled", version: 2 });
      await world.expectNow("getPayoutSchedule", schedule, data);
      await world.expectNow("getPayout", payout, { status: "approved", cancelled_amount: AT_ONCE });
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        await world.refused("processor", "cancelPayoutSchedule", "not_found", on(ABSENT.schedule));
      },
      async schedule_not_cancellable(world) {
        const { schedule } = await world.triggered();
        await world.refused("processor", "cancelPayoutSchedule", "schedule_not_cancellable", on(schedule));
      },
    },
  },
  triggerPayoutSchedule: {
    async ok(world) {
      const { payout, schedule } = await world.approved();
      const answer = await world.done("processor", "triggerPayoutSchedule", on(schedule), TRIGGERED);
      expect(answer.data).toMatchObject({ status: "processing", release_path: "manual" });
      expect(answer.sending).toEqual({ outcome: "sent", transfer_id: answer.data.transfer_id });
      await world.expectNow("getPayoutSchedule", schedule, { status: "completed" });
      await world.expectNow("getPayout", payout, { status: "partially_paid", sent_by: ["pete"] });
      expect(world.org.books()).toMatchObject([
        { transferId: answer.sending.transfer_id, amountMinor: AT_ONCE, destination: world.org.account() },
      ]);
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        const { payout } = await world.create();
        for (const id of [ABSENT.schedule, payout])
          await world.refused("processor", "triggerPayoutSchedule", "not_found", on(id));
      },
      async schedule_already_processing(world) {
        await world.pauseSending();
        const { schedule } = await world.triggered();
        await world.refused("processor", "triggerPayoutSchedule", "schedule_already_processing", on(schedule));
      },
      async schedule_already_completed(world) {
        const { schedule } = await world.triggered();
        await world.refused("processor", "triggerPayoutSchedule", "schedule_already_completed", on(schedule));
      },
      async schedule_cancelled(world) {
        const { schedule } = await world.approved();
        await (await world.as("processor")).ok("cancelPayoutSchedule", on(schedule));
        await world.refused("processor", "triggerPayoutSchedule", "schedule_cancelled", on(schedule));
      },
      async sent_by_creator(world) {
        const { schedule } = await world.approved({}, await world.as("processor"));
        await world.refused("processor", "triggerPayoutSchedule", "sent_by_creator", on(schedule));
      },
      async sent_by_approver(world) {
        const { schedule } = await world.approved();
        await world.refused("manager", "triggerPayoutSchedule", "sent_by_approver", on(schedule));
      },
      async address_not_allowed(world) {
        const { schedule } = await world.approved({ amount: HIGH_VALUE });
        await world.refused(await world.lockOut(), "triggerPayoutSchedule", "address_not_allowed", on(schedule));
      },
      async transfer_not_claimable(world) {
        // A transfer that failed for good is known not to have been sent; this one isn't.
        const { schedule } = await world.failed();
        const { id } = await world.org.only("transfer");
        await world.force(id, { epochSentAt: world.inMs(-1) });
        await world.refused("processor", "triggerPayoutSchedule", "transfer_not_claimable", on(schedule));
      },
      async blocked(world) {
        const { schedule } = await world.failed();
        await world.moveAccount("payee-refused");
        const problem = await world.refused("processor", "triggerPayoutSchedule", "blocked", on(schedule));
        expect(problem.detail).toContain("destination changed");
      },
    },
  },
  bulkTriggerPayoutSchedules: {
    async ok(world) {
      const [first, second] = [await world.approved(), await world.approved()];
      const ids = [first.schedule, ABSENT.schedule, second.schedule];
      const answer = await world.done("processor", "bulkTriggerPayoutSchedules", { body: { ids } }, TRIGGERED);
      expect(answer.summary).toEqual({ succeeded: 2, failed: 1 });
      expect(answer.results).toMatchObject([
        { id: first.schedule, ok: true, result: { data: { id: first.schedule }, sending: { outcome: "sent" } } },
        { id: ABSENT.schedule, ok: false, problem: { code: "not_found" } },
        { id: second.schedule, ok: true, result: { data: { id: second.schedule }, sending: { outcome: "sent" } } },
      ]);
      expect(world.org.books().map(({ amountMinor }) => amountMinor)).toEqual([AT_ONCE, AT_ONCE]);
    },
    refusals: {},
  },
  bulkCancelPayoutSchedules: {
    async ok(world) {
      const [open, sent] = [await world.create(), await world.triggered()];
      const asked = { body: { ids: [sent.schedule, open.schedule], ...REASON } };
      const answer = await world.done("processor", "bulkCancelPayoutSchedules", asked, ["payout_schedule.cancelled"]);
      expect(answer.summary).toEqual({ succeeded: 1, failed: 1 });
      expect(answer.results).toMatchObject([
        { id: sent.schedule, ok: false, problem: { code: "schedule_not_cancellable" } },
        { id: open.schedule, ok: true, result: { data: { status: "cancelled" } } },
      ]);
      await world.expectNow("getPayoutSchedule", open.schedule, { status: "cancelled", version: 2 });
      await world.expectNow("getPayoutSchedule", sent.schedule, { status: "completed" });
    },
    refusals: {},
  },
  processDuePayoutSchedules: {
    async ok(world) {
      const date = world.inMs(MINUTE_MS);
      const due = await dated(world, date);
      const ahead = await dated(world, world.inDays(1));
      await world.settle();
      await world.advanceUnnoticed(date);
      // Who approved it may ask for it as well: it is due anyway.
      const answer = await world.done("manager", "processDuePayoutSchedules", { body: {} }, TRIGGERED);
      expect(answer).toMatchObject({ summary: { succeeded: 1, failed: 0 }, more: false });
      expect(answer.results).toMatchObject([{ id: due.schedule, ok: true, result: { sending: { outcome: "sent" } } }]);
      await world.expectNow("getPayoutSchedule", due.schedule, { status: "completed", release_path: "sweep" });
      await world.expectNow("getPayoutSchedule", ahead.schedule, { status: "pending" });
      await world.expectNow("getPayout", due.payout, { sent_by: [] });
      expect(world.org.books()).toMatchObject([{ amountMinor: AT_ONCE }]);
      world.cloud.clearFaults();
    },
    refusals: {},
  },
  getPayoutScheduleStats: {
    async ok(world) {
      await world.triggered();
      await world.approved();
      await world.create({ amount: 500, currency: "EUR", hold: undefined });
      const { data } = await (await world.as("viewer")).ok("getPayoutScheduleStats");
      expect(data).toMatchObject({
        total: 3,
        by_status: {
          pending: {
            count: 2,
            by_currency: { USD: { count: 1, amount: AT_ONCE }, EUR: { count: 1, amount: 500 } },
          },
          completed: { count: 1, by_currency: { USD: { count: 1, amount: AT_ONCE } } },
          failed: { count: 0, by_currency: {} },
        },
        due: { count: 0, capped: false },
        today: { triggered: { count: 1 }, processed: { count: 1 } },
      });
    },
    refusals: {},
  },
  exportPayoutSchedules: {
    async ok(world) {
      const { schedule } = await world.create();
      const sent = await world.triggered();
      const operator = await world.as("operator");
      const listed = await operator.ok("listPayoutSchedules");
      const exported = await operator.ok("exportPayoutSchedules", { query: { format: "json" } });
      expect(exported.data).toEqual(listed.data);
      const { text } = await operator.call("exportPayoutSchedules", { query: { status: "processed" } });
      expect(parseCsv(text)).toMatchObject([{ id: sent.schedule, amount: String(AT_ONCE), status: "completed" }]);
      const pending = await operator.call("exportPayoutSchedules", { query: { status: "pending" } });
      expect(parseCsv(pending.text).map(({ id }) => id)).toEqual([schedule]);
      const taken = (await world.org.all("security_event")).filter(({ kind }) => kind === "data_exported");
      expect(taken.map(({ subject }) => subject)).toEqual(["olga", "olga", "olga"]);
    },
    refusals: { invalid_cursor: (world) => expectCursorsRefused(world, "exportPayoutSchedules") },
  },
};

function split(id: string, more = {}) {
  return { body: { from_schedule_id: id, amount: 100, trigger_event: "manual", ...more } };
}

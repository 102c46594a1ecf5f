import { expect } from "vitest";
import type { holdOperations } from "../../../shared/api/contract/holds.ts";
import type { StaffRole } from "../../../shared/domain/model.ts";
import type { Asked, Json } from "../../support/api.ts";
import { ABSENT, type ApiWorld, AT_ONCE, HELD, HIGH_VALUE, on, parseCsv } from "../../support/api-fixtures.ts";
import { MINUTE_MS } from "../../support/cloud.ts";
import type { Scenarios } from "../../support/scenarios.ts";

const REASON = { reason: "the candidate left" };
const RELEASED = ["escrow_hold.released", "transfer.created"];

type Changing =
  | "updateEscrowHold"
  | "cancelEscrowHold"
  | "releaseEscrowHold"
  | "extendEscrowHold"
  | "forfeitEscrowHold";

/** What is refused of a hold that isn't there or is settled already, however it came to that. */
function settled(role: StaffRole, operationId: Changing, ask: (world: ApiWorld, id: string) => Asked) {
  const after = (settle: Changing, code: "released" | "forfeited" | "cancelled") => async (world: ApiWorld) => {
    const { hold } = await world.approved();
    await (await world.as("admin", "ada")).ok(settle, on(hold, settle === "forfeitEscrowHold" ? REASON : {}));
    const asked = ask(world, hold);
    const { version } = await world.expectNow("getEscrowHold", hold, { status: code });
    const now = asked.version === undefined ? asked : { ...asked, version };
    await world.refused(role, operationId, `hold_already_${code}`, now);
  };
  return {
    async not_found(world: ApiWorld) {
      const { schedule } = await world.create();
      for (const id of [ABSENT.hold, schedule]) await world.refused(role, operationId, "not_found", ask(world, id));
    },
    hold_already_released: after("releaseEscrowHold", "released"),
    hold_already_forfeited: after("forfeitEscrowHold", "forfeited"),
    hold_already_cancelled: after("cancelEscrowHold", "cancelled"),
  };
}

async function expectCursorsRefused(world: ApiWorld, operationId: "listEscrowHolds" | "exportEscrowHolds") {
  await world.create();
  await world.create();
  const { pagination } = await (await world.as("viewer")).ok("listEscrowHolds", { query: { limit: 1 } });
  expect(pagination.next_cursor).toEqual(expect.any(String));
  for (const cursor of [pagination.next_cursor, "bm9uc2Vuc2U"]) {
    await world.refused("operator", operationId, "invalid_cursor", { query: { cursor, status: "active" } });
  }
}

function holdBack(world: ApiWorld, id: string, more = {}): Asked {
  const why = { hold_reason: "dispute", reason: "the start date is disputed" };
  return { body: { from_schedule_id: id, amount: 500, release_date: world.inDays(30), ...why, ...more } };
}

/** To a day after the one on which it would be released. */
const later = (world: ApiWorld) => ({ release_date: world.inDays(120), reason: "the dispute goes on" });

export const holdScenarios: Scenarios<typeof holdOperations, ApiWorld> = {
  listEscrowHolds: {
    async ok(world) {
      const make = (days: number, more = {}) =>
        world.create({ hold: { amount: HELD, release_date: world.inDays(days), hold_reason: "dispute" }, ...more });
      const last = await make(30);
      const first = await make(10, { company_id: "company-1" });
      const gone = await make(20);
      await (await world.as("manager")).ok("cancelEscrowHold", on(gone.hold));
      await world.settle();
      const viewer = await world.as("viewer");
      const list = async (query = {}) => {
        const { data, pagination } = await viewer.ok("listEscrowHolds", { query });
        return { ids: data.map(({ id }: Json) => id), ...pagination };
      };
      const inOrder = [first.hold, gone.hold, last.hold];
      expect(await list()).toEqual({ ids: inOrder, limit: 25, next_cursor: null, total: 3 });
      expect(await list({ sort: "-date" })).toMatchObject({ ids: inOrder.toReversed() });
      expect(await list({ status: "active" })).toMatchObject({ ids: [first.hold, last.hold], total: 2 });
      expect(await list({ status: ["active", "cancelled"] })).toMatchObject({ ids: inOrder, total: 3 });
      expect(await list({ hold_reason: "other" })).toMatchObject({ ids: [] });
      expect(await list({ company_id: "company-1" })).toMatchObject({ ids: [first.hold] });
      expect(await list({ from: world.inDays(15), to: world.inDays(25) })).toMatchObject({ ids: [gone.hold] });
      expect(await list({ q: last.hold })).toMatchObject({ ids: [last.hold] });
      const page = await list({ limit: 2 });
      expect(await list({ limit: 2, cursor: page.next_cursor })).toMatchObject({ ids: [last.hold], next_cursor: null });
    },
    refusals: { invalid_cursor: (world) => expectCursorsRefused(world, "listEscrowHolds") },
  },
  getEscrowHold: {
    async ok(world) {
      const { payout, hold } = await world.approved();
      const own = { payout_id: payout, hold_amount: HELD, original_amount: HELD, hold_reason: "guarantee_period" };
      await world.expectNow("getEscrowHold", hold, { ...own, status: "active", transfer_status: null });
      await world.pauseSending();
      await (await world.as("admin")).ok("releaseEscrowHold", on(hold));
      await world.settle();
      // The decision is made; the money has not moved. Both are to be seen.
      await world.expectNow("getEscrowHold", hold, { status: "released", transfer_status: "pending" });
    },
    refusals: {
      async not_found(world) {
        const { payout, schedule } = await world.create();
        for (const id of [ABSENT.hold, payout, schedule])
          await world.refused("viewer", "getEscrowHold", "not_found", on(id));
      },
    },
  },
  createEscrowHold: {
    async ok(world) {
      const { payout, schedule } = await world.create();
      const created = ["escrow_hold.created", "payout_schedule.updated", "payout.updated"];
      const { data } = await world.done("manager", "createEscrowHold", holdBack(world, schedule), created);
      expect(data).toMatchObject({ payout_id: payout, hold_amount: 500, hold_reason: "dispute", status: "active" });
      await world.expectNow("getEscrowHold", data.id, data);
      await world.expectNow("getPayoutSchedule", schedule, { amount: AT_ONCE - 500 });
      await world.expectNow("getPayout", payout, { held_amount: HELD + 500 });
      const rest = holdBack(world, schedule, { amount: AT_ONCE - 500 });
      await world.done("manager", "createEscrowHold", rest, ["escrow_hold.created", "payout_schedule.cancelled"]);
      await world.expectNow("getPayoutSchedule", schedule, { amount: 0, status: "cancelled" });
      await world.org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        const { hold } = await world.create();
        for (const id of [ABSENT.schedule, hold])
          await world.refused("manager", "createEscrowHold", "not_found", holdBack(world, id));
      },
      async schedule_not_changeable(world) {
        const { schedule } = await world.triggered();
        await world.refused("manager", "createEscrowHold", "schedule_not_changeable", holdBack(world, schedule));
      },
      async schedule_amount_exceeded(world) {
        const { schedule } = await world.create();
        const asked = holdBack(world, schedule, { amount: AT_ONCE + 1 });
        const problem = await world.refused("manager", "createEscrowHold", "schedule_amount_exceeded", asked);
        expect(problem.field).toBe("amount");
      },
      async date_in_past(world) {
        const { schedule } = await world.create();
        const asked = holdBack(world, schedule, { release_date: world.inMs(-1) });
        const problem = await world.refused("manager", "createEscrowHold", "date_in_past", asked);
        expect(problem.field).toBe("release_date");
      },
      async too_many_children(world) {
        const { payout, schedule } = await world.create();
        await world.force(payout, { children: 25 });
        await world.refused("manager", "createEscrowHold", "too_many_children", holdBack(world, schedule));
      },
    },
  },
  updateEscrowHold: {
    async ok(world) {
      const { hold } = await world.create();
      const change = { release_date: world.inDays(10), hold_reason: "verification", reason: "papers are missing" };
      const asked = { ...on(hold, change), version: 1 };
      const { data } = await world.done("manager", "updateEscrowHold", asked, ["escrow_hold.updated"]);
      expect(data).toMatchObject({ ...change, version: 2, hold_amount: HELD });
      await world.refused("manager", "updateEscrowHold", "version_mismatch", asked);
      await world.expectNow("getEscrowHold", hold, data);
    },
    refusals: {
      ...settled("manager", "updateEscrowHold", (_, id) => ({ ...on(id, REASON), version: 1 })),
      async date_in_past(world) {
        const { hold } = await world.create();
        const asked = { ...on(hold, { release_date: world.inMs(-1) }), version: 1 };
        const problem = await world.refused("manager", "updateEscrowHold", "date_in_past", asked);
        expect(problem.field).toBe("release_date");
      },
    },
  },
  cancelEscrowHold: {
    async ok(world) {
      const { payout, hold } = await world.create();
      const asked = { params: { id: hold }, query: REASON };
      const { data } = await world.done("manager", "cancelEscrowHold", asked, ["escrow_hold.cancelled"]);
      expect(data).toMatchObject({ status: "cancelled", reason: REASON.reason, cancelled_at: expect.any(String) });
      await world.expectNow("getEscrowHold", hold, data);
      await world.expectNow("getPayout", payout, { held_amount: 0, cancelled_amount: HELD });
      await world.org.expectInvariants();
    },
    refusals: settled("manager", "cancelEscrowHold", (_, id) => on(id)),
  },
  releaseEscrowHold: {
    async ok(world) {
      const { payout, hold } = await world.approved();
      const sender = await world.as("manager", "nina");
      const asked = on(hold, { notes: "the client confirmed" });
      const { data, sending } = await world.done(sender, "releaseEscrowHold", asked, RELEASED);
      expect(data).toMatchObject({ status: "released", released_by: "nina", release_notes: "the client confirmed" });
      expect(data).toMatchObject({ release_path: "manual", transfer_status: "pending" });
      expect(sending).toEqual({ outcome: "sent", transfer_id: data.transfer_id });
      await world.expectNow("getEscrowHold", hold, { status: "released", transfer_status: "completed" });
      await world.expectNow("getPayout", payout, { held_amount: 0, paid_amount: HELD, sent_by: ["nina"] });
      expect(world.org.books()).toMatchObject([{ transferId: sending.transfer_id, amountMinor: HELD }]);
      await world.org.expectInvariants();
    },
    refusals: {
      ...settled("admin", "releaseEscrowHold", (_, id) => on(id)),
      async hold_amount_exceeded(world) {
        const { hold } = await world.approved();
        const asked = on(hold, { amount: HELD + 1 });
        const problem = await world.refused("admin", "releaseEscrowHold", "hold_amount_exceeded", asked);
        expect(problem.field).toBe("amount");
      },
      async too_many_children(world) {
        const { payout, hold } = await world.approved();
        await world.force(payout, { children: 101 });
        await world.refused("admin", "releaseEscrowHold", "too_many_children", on(hold, { amount: 1 }));
        // All of it makes no more parts than it ends.
        await (await world.as("admin")).ok("releaseEscrowHold", on(hold));
      },
      async sent_by_creator(world) {
        const { hold } = await world.approved({}, await world.as("admin"));
        await world.refused("admin", "releaseEscrowHold", "sent_by_creator", on(hold));
      },
      async sent_by_approver(world) {
        const { hold } = await world.approved();
        await world.refused("manager", "releaseEscrowHold", "sent_by_approver", on(hold));
      },
      async address_not_allowed(world) {
        const { hold } = await world.approved({ amount: HIGH_VALUE });
        await world.refused(await world.lockOut(), "releaseEscrowHold", "address_not_allowed", on(hold));
      },
      async blocked(world) {
        const { hold } = await world.create();
        const problem = await world.refused("admin", "releaseEscrowHold", "blocked", on(hold));
        expect(problem.detail).toContain("approval_pending");
      },
    },
  },
  extendEscrowHold: {
    async ok(world) {
      const { hold } = await world.create();
      const change = later(world);
      const { data } = await world.done("manager", "extendEscrowHold", on(hold, change), ["escrow_hold.updated"]);
      expect(data).toMatchObject({ release_date: change.release_date, status: "active", version: 2 });
      await world.expectNow("getEscrowHold", hold, data);
    },
    refusals: {
      ...settled("manager", "extendEscrowHold", (world, id) => on(id, later(world))),
      async date_in_past(world) {
        const release = world.inMs(MINUTE_MS);
        const { hold } = await world.create({ hold: { amount: HELD, release_date: release, hold_reason: "other" } });
        await world.advance(2 * MINUTE_MS);
        // Overdue, since nobody has approved it: this is after its date and before now.
        const asked = on(hold, { release_date: world.inMs(-MINUTE_MS / 2), reason: "too late" });
        const problem = await world.refused("manager", "extendEscrowHold", "date_in_past", asked);
        expect(problem.field).toBe("release_date");
      },
      async date_not_later(world) {
        const { hold } = await world.create();
        const asked = on(hold, { release_date: world.inDays(89), reason: "sooner" });
        const problem = await world.refused("manager", "extendEscrowHold", "date_not_later", asked);
        expect(problem.field).toBe("release_date");
      },
    },
  },
  forfeitEscrowHold: {
    async ok(world) {
      const { payout, hold } = await world.triggered();
      const { data } = await world.done("admin", "forfeitEscrowHold", on(hold, REASON), ["escrow_hold.forfeited"]);
      expect(data).toMatchObject({ status: "forfeited", reason: REASON.reason });
      await world.expectNow("getEscrowHold", hold, data);
      await world.expectNow("getPayout", payout, { status: "paid", forfeited_amount: HELD, paid_amount: AT_ONCE });
      expect(world.org.books()).toMatchObject([{ amountMinor: AT_ONCE }]);
      await world.org.expectInvariants();
    },
    refusals: settled("admin", "forfeitEscrowHold", (_, id) => on(id, REASON)),
  },
  bulkReleaseEscrowHolds: {
    async ok(world) {
      const sender = await world.as("manager", "nina");
      const [first, own, second] = [await world.approved(), await world.approved({}, sender), await world.approved()];
      const ids = [first, own, second].map(({ hold }) => hold);
      const asked = { body: { ids, notes: "the client confirmed" } };
      const answer = await world.done(sender, "bulkReleaseEscrowHolds", asked, RELEASED);
      expect(answer.summary).toEqual({ succeeded: 2, failed: 1 });
      expect(answer.results).toMatchObject([
        { id: first.hold, ok: true, result: { data: { status: "released" }, sending: { outcome: "sent" } } },
        { id: own.hold, ok: false, problem: { code: "sent_by_creator" } },
        { id: second.hold, ok: true, result: { data: { status: "released" }, sending: { outcome: "sent" } } },
      ]);
      await world.expectNow("getEscrowHold", own.hold, { status: "active", version: 1 });
      expect(world.org.books().map(({ amountMinor }) => amountMinor)).toEqual([HELD, HELD]);
    },
    refusals: {},
  },
  bulkCancelEscrowHolds: {
    async ok(world) {
      const [open, gone] = [await world.create(), await world.create()];
      const manager = await world.as("manager");
      await manager.ok("cancelEscrowHold", on(gone.hold));
      const asked = { body: { ids: [gone.hold, open.hold], ...REASON } };
      const answer = await world.done(manager, "bulkCancelEscrowHolds", asked, ["escrow_hold.cancelled"]);
      expect(answer.summary).toEqual({ succeeded: 1, failed: 1 });
      expect(answer.results).toMatchObject([
        { id: gone.hold, ok: false, problem: { code: "hold_already_cancelled" } },
        { id: open.hold, ok: true, result: { data: { status: "cancelled", reason: REASON.reason } } },
      ]);
      await world.expectNow("getEscrowHold", open.hold, { status: "cancelled", version: 2 });
    },
    refusals: {},
  },
  getEscrowHoldStats: {
    async ok(world) {
      const release = world.inMs(MINUTE_MS);
      await world.create({ hold: { amount: 300, release_date: release, hold_reason: "other" } });
      const { hold } = await world.approved();
      await world.create({ currency: "EUR" });
      await (await world.as("admin")).ok("releaseEscrowHold", on(hold));
      await world.advance(2 * MINUTE_MS);
      const { data } = await (await world.as("viewer")).ok("getEscrowHoldStats");
      expect(data).toMatchObject({
        total: 3,
        by_status: {
          active: { count: 2, by_currency: { USD: { count: 1, amount: 300 }, EUR: { count: 1, amount: HELD } } },
          released: { count: 1, by_currency: { USD: { count: 1, amount: HELD } } },
          forfeited: { count: 0, by_currency: {} },
        },
        due: { count: 1, capped: false },
      });
    },
    refusals: {},
  },
  exportEscrowHolds: {
    async ok(world) {
      const { hold } = await world.create();
      const sent = await world.approved();
      await (await world.as("admin")).ok("releaseEscrowHold", on(sent.hold));
      await world.settle();
      const operator = await world.as("operator");
      const listed = await operator.ok("listEscrowHolds");
      const exported = await operator.ok("exportEscrowHolds", { query: { format: "json" } });
      expect(exported.data).toEqual(listed.data);
      const { text } = await operator.call("exportEscrowHolds", { query: { status: "released" } });
      expect(parseCsv(text)).toMatchObject([
        { id: sent.hold, hold_amount: String(HELD), transfer_status: "completed" },
      ]);
      const active = await operator.call("exportEscrowHolds", { query: { status: "active" } });
      expect(parseCsv(active.text).map(({ id }) => id)).toEqual([hold]);
      const taken = (await world.org.all("security_event")).filter(({ kind }) => kind === "data_exported");
      expect(taken.map(({ subject }) => subject)).toEqual(["olga", "olga", "olga"]);
    },
    refusals: { invalid_cursor: (world) => expectCursorsRefused(world, "exportEscrowHolds") },
  },
};

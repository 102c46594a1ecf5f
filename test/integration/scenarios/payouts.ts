import { expect } from "vitest";
import type { payoutOperations } from "../../../shared/api/contract/payouts.ts";
import type { Json } from "../../support/api.ts";
import { ABSENT, type ApiWorld, AT_ONCE, HELD, HIGH_VALUE, on, parseCsv, WHOLE } from "../../support/api-fixtures.ts";
import type { Scenarios } from "../../support/scenarios.ts";

type Specs = Omit<typeof payoutOperations, keyof typeof import("./payout-decisions.ts").payoutDecisions>;

/** A cursor that is made up, of another filter's list, of another organization's. */
async function expectCursorsRefused(world: ApiWorld, operationId: "listPayouts" | "exportPayouts"): Promise<void> {
  const elsewhere = await world.elsewhere();
  for (const place of [world, elsewhere]) for (const _ of [1, 2]) await place.create();
  const firstPage = async (place: ApiWorld) =>
    (await (await place.as("viewer")).ok("listPayouts", { query: { limit: 1, status: "pending_approval" } }))
      .pagination;
  const cursors = [(await firstPage(world)).next_cursor, (await firstPage(elsewhere)).next_cursor, "bm9uc2Vuc2U"];
  for (const cursor of cursors) {
    expect(cursor).toEqual(expect.any(String));
    await world.refused("operator", operationId, "invalid_cursor", { query: { cursor } });
  }
}

/** Payouts as they are made, noted on and read. */
export const payoutScenarios: Scenarios<Specs, ApiWorld> = {
  listPayouts: {
    async ok(world) {
      const first = await world.create();
      const second = await world.approved({ company_id: "company-1", amount: WHOLE + 1 });
      await world.settle();
      const viewer = await world.as("viewer");
      const list = async (query = {}) => {
        const { data, pagination } = await viewer.ok("listPayouts", { query });
        return { ids: data.map(({ id }: Json) => id), ...pagination };
      };
      const both = [second.payout, first.payout];
      expect(await list()).toEqual({ ids: both, limit: 25, next_cursor: null, total: 2 });
      expect(await list({ sort: "date" })).toMatchObject({ ids: both.toReversed() });
      expect(await list({ status: "approved" })).toMatchObject({ ids: [second.payout], total: 1 });
      expect(await list({ status: ["approved", "pending_approval"] })).toMatchObject({ ids: both, total: 2 });
      expect(await list({ company_id: "company-1" })).toMatchObject({ ids: [second.payout], total: null });
      expect(await list({ q: first.schedule })).toMatchObject({ ids: [] });
      expect(await list({ q: first.payout })).toMatchObject({ ids: [first.payout] });
      expect(await list({ currency: "USD", max_amount: WHOLE })).toMatchObject({ ids: [first.payout] });
      // Amounts of different currencies can't be compared.
      const comparing = { query: { max_amount: WHOLE } };
      expect(await viewer.refused("listPayouts", "invalid_request", comparing)).toMatchObject({ field: "currency" });
      const page = await list({ limit: 1 });
      expect(page).toMatchObject({ ids: [second.payout], next_cursor: expect.any(String) });
      expect(await list({ limit: 1, cursor: page.next_cursor })).toMatchObject({ ids: [first.payout] });
    },
    refusals: { invalid_cursor: (world) => expectCursorsRefused(world, "listPayouts") },
  },
  getPayout: {
    async ok(world) {
      const { payout } = await world.create({ notes: "retainer" });
      const viewer = await world.as("viewer");
      const { data } = await viewer.ok("getPayout", on(payout));
      expect(data).toMatchObject({
        id: payout,
        amount: WHOLE,
        held_amount: HELD,
        notes: "retainer",
        created_by: "olga",
      });
      const again = await viewer.call("getPayout", {
        ...on(payout),
        headers: { "if-none-match": `"${data.version}"` },
      });
      expect(again).toMatchObject({ status: 304, text: "" });
    },
    refusals: {
      async not_found(world) {
        const { schedule } = await world.create();
        for (const id of [ABSENT.payout, schedule, "nonsense"])
          await world.refused("viewer", "getPayout", "not_found", on(id));
      },
    },
  },
  createPayout: {
    async ok(world) {
      const hold = { amount: HELD, release_date: world.inDays(30), hold_reason: "dispute", reason: "not sure yet" };
      const schedule = { trigger_event: "manual", scheduled_date: world.inDays(10) };
      const body = { payee_id: "payee-1", amount: WHOLE, currency: "USD", company_id: "company-1", schedule, hold };
      const created = ["payout.created", "payout_schedule.created", "escrow_hold.created"];
      const { data } = await world.done("operator", "createPayout", { body }, created);
      expect(data).toMatchObject({
        status: "pending_approval",
        source: "manual",
        amount: WHOLE,
        held_amount: HELD,
        version: 1,
      });
      await world.expectNow("getPayout", data.id, data);
      const viewer = await world.as("viewer");
      const query = { payout_id: data.id };
      const [[ownSchedule], [ownHold]] = [
        (await viewer.ok("listPayoutSchedules", { query })).data,
        (await viewer.ok("listEscrowHolds", { query })).data,
      ];
      expect(ownSchedule).toMatchObject({
        amount: AT_ONCE,
        status: "pending",
        scheduled_date: schedule.scheduled_date,
      });
      expect(ownHold).toMatchObject({
        hold_amount: HELD,
        status: "active",
        release_date: hold.release_date,
        reason: hold.reason,
      });
      expect(world.org.books()).toEqual([]);
      await world.org.expectInvariants();
    },
    refusals: {
      async payee_unknown(world) {
        const body = { payee_id: "nobody", amount: WHOLE, currency: "USD" };
        expect(await world.refused("operator", "createPayout", "payee_unknown", { body })).toMatchObject({
          field: "payee_id",
        });
      },
      async fee_exceeded(world) {
        const hold = { amount: WHOLE + 1, release_date: world.inDays(1), hold_reason: "other" };
        const body = { payee_id: "payee-1", amount: WHOLE, currency: "USD", hold };
        expect(await world.refused("operator", "createPayout", "fee_exceeded", { body })).toMatchObject({
          field: "hold.amount",
        });
      },
      async date_in_past(world) {
        const whole = { payee_id: "payee-1", amount: WHOLE, currency: "USD" };
        const hold = { amount: 1, release_date: world.inDays(-1), hold_reason: "other" };
        const bodies = {
          "hold.release_date": { hold },
          "schedule.scheduled_date": { schedule: { scheduled_date: world.inDays(-1) } },
        };
        for (const [field, more] of Object.entries(bodies)) {
          const asked = { body: { ...whole, ...more } };
          expect(await world.refused("operator", "createPayout", "date_in_past", asked)).toMatchObject({ field });
        }
      },
    },
  },
  updatePayout: {
    async ok(world) {
      const { payout } = await world.create({ notes: "retainer" });
      const asked = (version: number, notes: string | null) => ({ ...on(payout, { notes }), version });
      const { data } = await world.done("operator", "updatePayout", asked(1, "retainer for May"), ["payout.updated"]);
      expect(data).toMatchObject({ notes: "retainer for May", version: 2 });
      await world.refused("operator", "updatePayout", "version_mismatch", asked(1, "late"));
      await world.done("operator", "updatePayout", asked(2, null), ["payout.updated"]);
      await world.expectNow("getPayout", payout, { notes: null, version: 3, status: "pending_approval" });
    },
    refusals: {
      async not_found(world) {
        await world.refused("operator", "updatePayout", "not_found", {
          ...on(ABSENT.payout, { notes: "x" }),
          version: 1,
        });
      },
    },
  },
  getPayoutStats: {
    async ok(world) {
      await world.approved();
      await world.triggered();
      await world.create({ amount: 500, currency: "EUR", hold: undefined });
      const { data } = await (await world.as("viewer")).ok("getPayoutStats");
      expect(data).toMatchObject({
        total: 3,
        by_status: {
          pending_approval: { count: 1, by_currency: { EUR: { count: 1, amount: 500 } } },
          approved: { count: 1, by_currency: { USD: { count: 1, amount: WHOLE } } },
          partially_paid: { count: 1, by_currency: { USD: { count: 1, amount: WHOLE } } },
          paid: { count: 0, by_currency: {} },
        },
        today: { created: { count: 3 }, approved: { count: 2 } },
      });
    },
    refusals: {},
  },
  exportPayouts: {
    async ok(world) {
      const { payout } = await world.create({ notes: 'two, "quoted"' });
      await world.approved();
      const operator = await world.as("operator");
      const listed = await operator.ok("listPayouts");
      const exported = await operator.ok("exportPayouts", { query: { format: "json" } });
      expect(exported).toEqual({ data: listed.data, pagination: { limit: 1000, next_cursor: null, total: null } });
      const { text, headers } = await operator.call("exportPayouts", { query: { status: "pending_approval" } });
      expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
      expect(headers.get("x-next-cursor")).toBeNull();
      expect(parseCsv(text)).toMatchObject([{ id: payout, amount: String(WHOLE), notes: 'two, "quoted"' }]);
      const taken = (await world.org.all("security_event")).filter(({ kind }) => kind === "data_exported");
      expect(taken).toMatchObject([{ subject: "olga" }, { subject: "olga" }]);
    },
    refusals: { invalid_cursor: (world) => expectCursorsRefused(world, "exportPayouts") },
  },
  getPayoutTimeline: {
    async ok(world) {
      const { payout, schedule } = await world.triggered();
      const { data, truncated } = await (await world.as("viewer")).ok("getPayoutTimeline", on(payout));
      expect(truncated).toBe(false);
      expect(data.map(({ at }: Json) => at)).toEqual(data.map(({ at }: Json) => at).toSorted());
      const told = data.map(({ action, actor }: Json) => `${action} ${actor}`);
      expect(told.slice(0, 3).toSorted()).toEqual([
        "escrow_hold.created olga",
        "payout.created olga",
        "payout_schedule.created olga",
      ]);
      expect(told).toEqual(expect.arrayContaining(["payout.approved maya", "payout_schedule.triggered pete"]));
      expect(data.findLast(({ entity_id }: Json) => entity_id === schedule)).toMatchObject({
        new_status: "completed",
        amount: AT_ONCE,
      });
    },
    refusals: {
      async not_found(world) {
        const { schedule } = await world.create();
        for (const id of [ABSENT.payout, schedule])
          await world.refused("viewer", "getPayoutTimeline", "not_found", on(id));
      },
    },
  },
  getPayoutBlockers: {
    async ok(world) {
      const { payout, schedule, hold } = await world.create({ amount: HIGH_VALUE });
      const viewer = await world.as("viewer");
      const parts = [
        { code: "trigger_pending", entity_id: schedule, fixable_by: "finance", detail: "manual" },
        { code: "in_escrow", entity_id: hold, fixable_by: "system", next_check_at: expect.any(String) },
      ];
      const missing = (detail: string) => ({
        code: "approval_pending",
        entity_id: payout,
        fixable_by: "approver",
        detail,
      });
      const expectBlockers = async (...blockers: readonly object[]) =>
        expect((await viewer.ok("getPayoutBlockers", on(payout))).data).toMatchObject(blockers);
      await expectBlockers(missing("2 of 2 approvals missing"), ...parts);
      await (await world.as("manager")).ok("approvePayout", on(payout));
      await expectBlockers(missing("1 of 2 approvals missing"), ...parts);
      await (await world.as("manager", "miro")).ok("approvePayout", on(payout));
      await expectBlockers(...parts);
      await (await world.as("processor")).ok("cancelPayout", on(payout, { reason: "entered twice" }));
      expect((await viewer.ok("getPayoutBlockers", on(payout))).data).toEqual([]);
    },
    refusals: {
      async not_found(world) {
        const { schedule } = await world.create();
        for (const id of [ABSENT.payout, schedule])
          await world.refused("viewer", "getPayoutBlockers", "not_found", on(id));
      },
    },
  },
};

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { permissionsOf } from "../../shared/access/roles.ts";
import { meOperations } from "../../shared/api/contract/me.ts";
import { scopedRoles, staffRoles } from "../../shared/domain/model.ts";
import { createTestApi, type Json, type TestApi } from "../support/api.ts";
import { openWorkplace, type Workplace } from "../support/api-effects.ts";
import { HOUR_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { PAYEE, PLACEMENT } from "../support/organization.ts";
import { drive, type Scenarios } from "../support/scenarios.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let api: TestApi;

beforeAll(async () => {
  cloud = await startTestCloud();
  api = createTestApi(cloud);
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
});
afterAll(() => cloud.stop());

const OTHER_PAYEE = "payee-2";
const GUARANTEE_DAYS = 1;

/**
 * Two placements of two companies, whose payees share each equally; of the first one's 1,000.00 everything but the hold
 * has been sent, of the second one's 600.00 nothing.
 */
async function earnings(world: Workplace) {
  const { org } = world;
  await cloud.publish(org.payeeUpserted(), org.payeeUpserted({ payeeId: OTHER_PAYEE }));
  await cloud.settle();
  const payees = [PAYEE, OTHER_PAYEE].map((payee_id) => ({ payee_id, share_bp: 5_000 }));
  const placement = { payees, guarantee_days: GUARANTEE_DAYS };
  await cloud.publish(
    org.activated({ ...placement, policy: { trigger_event: "contract_signed" } }),
    org.activated({ ...placement, ...{ placement_id: "placement-2", company_id: "company-2", fee_amount: 60_000 } }),
  );
  await cloud.settle();
  await cloud.publish(org.placementSaid("contract_signed"));
  await cloud.settle();
  return {
    payee: await world.as("payee", { scopeId: PAYEE }),
    company: await world.as("company", { scopeId: "company-1" }),
  };
}

/** A payout by hand, which waits for approval. */
async function enter(world: Workplace, amount: number, more: object = {}): Promise<string> {
  const body = { payee_id: PAYEE, amount, currency: "USD", ...more };
  return (await world.done(await world.as("operator"), "createPayout", { body })).data.id;
}

const sum = (rows: readonly Json[], field: string) => rows.reduce((total, row) => total + row[field], 0);

async function refuseForeignCursor(world: Workplace, operationId: "listMyPayouts" | "listMyHolds") {
  await cloud.publish(world.org.payeeUpserted());
  await cloud.settle();
  const hold = { amount: 1_000, release_date: "2199-01-01T00:00:00Z", hold_reason: "other" };
  for (const amount of [7_000, 3_000]) await enter(world, amount, { hold });
  const payee = await world.as("payee", { scopeId: PAYEE });
  const query = { limit: 1 };
  const { pagination } = await payee.ok(operationId, { query });
  expect(pagination.next_cursor).toEqual(expect.any(String));
  const carried = { query: { ...query, cursor: pagination.next_cursor } };
  const others = [
    await world.as("payee", { subject: "other", scopeId: OTHER_PAYEE }),
    await openWorkplace(cloud, api).as("payee", { scopeId: PAYEE }),
  ];
  for (const other of others) await world.turnedAway(other, operationId, "invalid_cursor", carried);
}

const scenarios: Scenarios<typeof meOperations, Workplace> = {
  getMe: {
    async ok(world) {
      for (const role of staffRoles) {
        const person = await world.as(role);
        const { data } = await person.ok("getMe");
        const { subject, organizationId: organization_id } = person;
        const own = { subject, organization_id, role, scope_id: null, permissions: permissionsOf(role) };
        expect(data).toEqual({ ...own, platform_operator: false });
      }
      for (const role of scopedRoles) {
        const { data } = await (await world.as(role, { scopeId: "its-own" })).ok("getMe");
        expect(data).toMatchObject({ role, scope_id: "its-own", permissions: [] });
      }
    },
    refusals: {},
  },

  listMyPayouts: {
    async ok(world) {
      const { payee, company } = await earnings(world);
      const own = await payee.ok("listMyPayouts", { query: { sort: "amount", currency: "USD" } });
      expect(own.data).toMatchObject([
        { payee_id: PAYEE, placement_id: "placement-2", amount: 30_000, status: "approved" },
        { payee_id: PAYEE, placement_id: PLACEMENT, amount: 50_000, paid_amount: 40_000, status: "partially_paid" },
      ]);
      const theirs = await company.ok("listMyPayouts");
      expect(theirs.data.map(({ payee_id }: Json) => payee_id).sort()).toEqual([PAYEE, OTHER_PAYEE]);
      expect(new Set(theirs.data.map(({ company_id }: Json) => company_id))).toEqual(new Set(["company-1"]));
      const paid = await payee.ok("listMyPayouts", { query: { status: "partially_paid" } });
      expect(paid.data).toMatchObject([{ placement_id: PLACEMENT }]);
      const [{ id }] = paid.data;
      const others = (await world.org.all("payout")).filter(({ payeeId }) => payeeId === OTHER_PAYEE);
      expect((await payee.ok("getPayout", { params: { id } })).data.id).toBe(id);
      for (const other of others) await payee.refused("getPayout", "not_found", { params: { id: other.id } });
    },
    refusals: { invalid_cursor: (world) => refuseForeignCursor(world, "listMyPayouts") },
  },

  listMyHolds: {
    async ok(world) {
      const { payee, company } = await earnings(world);
      const own = await payee.ok("listMyHolds", { query: { status: "active" } });
      expect(own.data.map(({ hold_amount }: Json) => hold_amount).sort()).toEqual([10_000, 6_000]);
      expect(new Set(own.data.map(({ payee_id }: Json) => payee_id))).toEqual(new Set([PAYEE]));
      const theirs = await company.ok("listMyHolds");
      expect(theirs.data.map(({ placement_id }: Json) => placement_id)).toEqual([PLACEMENT, PLACEMENT]);
      expect((await payee.ok("listMyHolds", { query: { status: "released" } })).data).toEqual([]);
    },
    refusals: { invalid_cursor: (world) => refuseForeignCursor(world, "listMyHolds") },
  },

  getMySummary: {
    async ok(world) {
      const { payee, company } = await earnings(world);
      const { data } = await payee.ok("getMySummary");
      expect(data.currencies).toEqual([
        { currency: "USD", earned: 80_000, held: 16_000, pending: 24_000, paid: 40_000, owed: 0 },
      ]);
      const holds = await payee.ok("listMyHolds", { query: { status: "active" } });
      const { data: theirs } = await company.ok("getMySummary");
      expect(theirs).toMatchObject({
        currencies: [{ currency: "USD", earned: 100_000, held: 20_000, pending: 0, paid: 80_000, owed: 0 }],
        capped: false,
      });
      const dated = data.next_dates.filter(({ entity_type }: Json) => entity_type === "escrow_hold");
      expect(dated.map(({ entity_id, date, amount }: Json) => `${entity_id} ${date} ${amount}`).sort()).toEqual(
        holds.data.map(({ id, release_date, hold_amount }: Json) => `${id} ${release_date} ${hold_amount}`).sort(),
      );
      expect(data.next_dates).toHaveLength(3);
    },
    refusals: {},
  },
};

drive(meOperations, scenarios, async () => openWorkplace(cloud, api));

describe("a payee's summary", () => {
  it("ties out with their payouts and balances, whatever has been paid, forfeited and taken back", async () => {
    const world = openWorkplace(cloud, api);
    const { payee } = await earnings(world);
    const admin = await world.as("admin");
    const waiting = await enter(world, 7_000);
    const rejected = await enter(world, 3_000);
    const unearned = { params: { id: rejected }, body: { reason: "not earned" } };
    await world.done(await world.as("manager"), "rejectPayout", unearned);
    const { data: holds } = await payee.ok("listMyHolds");
    const [hold] = holds.filter(({ placement_id }: Json) => placement_id === PLACEMENT);
    await world.done(admin, "forfeitEscrowHold", { params: { id: hold.id }, body: { reason: "left early" } });
    const { data: sent } = await admin.ok("listTransfers", { query: { payee_id: PAYEE } });
    const taken = { params: { id: sent[0].id }, body: { amount: 15_000, reason: "left early" } };
    await world.done(admin, "reverseTransfer", taken);
    await cloud.advanceTo(Date.parse(hold.release_date) + HOUR_MS);

    const { data } = await payee.ok("getMySummary");
    const { data: payouts } = await payee.ok("listMyPayouts");
    const [summary] = data.currencies;
    expect(summary.paid).toBe(sum(payouts, "paid_amount") - sum(payouts, "reversed_amount"));
    expect(summary.held).toBe(sum(payouts, "held_amount"));
    const lost = ["forfeited_amount", "cancelled_amount", "reversed_amount"];
    expect(summary.earned).toBe(lost.reduce((left, field) => left - sum(payouts, field), sum(payouts, "amount")));
    expect(summary.earned).toBe(summary.held + summary.pending + summary.paid - summary.owed);
    expect(summary).toEqual({ currency: "USD", earned: 62_000, held: 0, pending: 7_000, paid: 55_000, owed: 0 });
    const books = world.org.books().filter(({ destination }) => destination === world.org.account());
    expect(books.reduce((total, { amountMinor, reversedMinor }) => total + amountMinor - reversedMinor, 0)).toBe(
      summary.paid,
    );
    const { data: balances } = await payee.ok("getPayeeBalances", { params: { id: PAYEE } });
    expect(balances).toEqual([{ currency: "USD", payable: 7_000, held: 0, paid: 55_000, owed: 0 }]);
    expect(data.next_dates).toEqual([]);
    expect((await payee.ok("getPayout", { params: { id: waiting } })).data.status).toBe("pending_approval");
  });
});

describe("a payee who owes", () => {
  it("sees what is owed beside what was paid, and how the next payout is set off against it", async () => {
    const world = openWorkplace(cloud, api);
    const { org } = world;
    const payee = await world.as("payee", { scopeId: PAYEE });
    const summary = async () => (await payee.ok("getMySummary")).data.currencies;
    await org.start({ policy: { trigger_event: "contract_signed" } });
    await cloud.publish(org.placementSaid("contract_signed"));
    await cloud.settle();
    await cloud.publish(org.placementSaid("guarantee_failed", { reason: "left in the first month" }));
    await cloud.settle();
    const owing = { currency: "USD", earned: 0, held: 0, pending: 0, paid: 80_000, owed: 80_000 };
    expect(await summary()).toEqual([owing]);

    const next = { placement_id: "placement-2", fee_amount: 90_000 };
    await cloud.publish(org.activated({ ...next, policy: { trigger_event: "contract_signed", holdback_bp: 0 } }));
    await cloud.settle();
    await cloud.publish(org.placementSaid("contract_signed", { placement_id: "placement-2" }));
    await cloud.settle();
    expect(await summary()).toEqual([{ ...owing, earned: 90_000, paid: 90_000, owed: 0 }]);
    expect(org.books().map(({ amountMinor }) => amountMinor)).toEqual([80_000, 10_000]);
    await org.expectInvariants();
  });
});

describe("self-service", () => {
  it("is for payees and companies: staff are told that they have nothing of their own", async () => {
    const world = openWorkplace(cloud, api);
    for (const role of ["viewer", "super_admin"] as const) {
      const person = await world.as(role);
      for (const operationId of ["listMyPayouts", "listMyHolds", "getMySummary"] as const) {
        await world.turnedAway(person, operationId, "permission_required");
      }
    }
  });

  it("shows nothing to a payee who has earned nothing", async () => {
    const world = openWorkplace(cloud, api);
    const payee = await world.as("payee", { scopeId: "new" });
    expect((await payee.ok("getMySummary")).data).toEqual({ currencies: [], capped: false, next_dates: [] });
    expect((await payee.ok("listMyPayouts")).data).toEqual([]);
    expect((await payee.ok("listMyHolds")).data).toEqual([]);
  });

  it("is refused to somebody without a role, and that is on record", async () => {
    const world = openWorkplace(cloud, api);
    const stranger = await api.stranger(world.org.id);
    const problem = await world.turnedAway(stranger, "getMe", "permission_required");
    const { data } = await (await world.as("viewer")).ok("listSecurityEvents", { query: { subject: "stranger" } });
    expect(data).toMatchObject([
      { kind: "action_refused", code: "permission_required", role: null, request_id: problem.request_id },
    ]);
  });
});

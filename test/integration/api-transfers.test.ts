import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { transferOperations } from "../../shared/api/contract/transfers.ts";
import { createTestApi, type TestApi } from "../support/api.ts";
import { openWorkplace, type Workplace } from "../support/api-effects.ts";
import { HOUR_MS, MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { PAYEE } from "../support/organization.ts";
import { allowOnlyOtherAddress } from "../support/other-address.ts";
import { drive, type Scenarios } from "../support/scenarios.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let api: TestApi;

beforeAll(async () => {
  cloud = await startTestCloud();
  api = createTestApi(cloud);
  // Without webhooks nobody but a person or the attempt itself can learn what has become of a transfer.
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false }, webhooks: { enabled: false } });
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

const FEE_MINOR = 50_000;
/** From here on it is high value. */
const HIGH_MINOR = 100_000;
const NOT_THERE = "tr_01JDR2V0Q8Z5Y7X3W1T9S6R400";
const EVIDENCE = "looked it up in the dashboard by the transfer group";

type Transfer = Awaited<ReturnType<typeof sent>>;

/** One transfer of a payout, as it comes out at once. */
async function sent({ org }: Workplace, minor = FEE_MINOR, payee: Parameters<typeof org.send>[1] = {}) {
  await org.send(minor, payee);
  return org.only("transfer");
}

/** One whose call was made and whose answer got lost; the provider has it (`html_502`) or has not (`html_502_before`). */
async function unknown(world: Workplace, fault: "html_502" | "html_502_before", minor = FEE_MINOR): Promise<Transfer> {
  const match = { destination: world.org.account() };
  cloud.local.stripe.control.addFault({ match, fault, count: 1 });
  const transfer = await sent(world, minor);
  expect(transfer.status).toBe("outcome_unknown");
  return transfer;
}

const completed = (transferId: string) => ({
  params: { id: transferId },
  body: { outcome: "completed", provider_transfer_id: "tr_found", evidence: EVIDENCE },
});
const notCreated = (transferId: string) => ({
  params: { id: transferId },
  body: { outcome: "not_created", evidence: EVIDENCE },
});
const reversal = (transferId: string, amount?: number) => ({
  params: { id: transferId },
  body: { reason: "left early", ...(amount === undefined ? {} : { amount }) },
});

async function refuseForeignCursor(world: Workplace, operationId: "listTransfers" | "exportTransfers") {
  const operator = await world.as("operator");
  await world.turnedAway(operator, operationId, "invalid_cursor", { query: { cursor: "bm90LW9uZQ" } });
}

const scenarios: Scenarios<typeof transferOperations, Workplace> = {
  listTransfers: {
    async ok(world) {
      const viewer = await world.as("viewer");
      expect(await viewer.ok("listTransfers")).toEqual({
        data: [],
        pagination: { limit: 25, next_cursor: null, total: 0 },
      });
      const { id, payoutId } = await sent(world);
      const all = await viewer.ok("listTransfers", { query: { status: ["completed", "pending"] } });
      expect(all).toMatchObject({ data: [{ id, amount: FEE_MINOR }], pagination: { total: 1 } });
      for (const query of [{ q: payoutId }, { q: id }, { payee_id: PAYEE }, { payout_id: payoutId }]) {
        expect((await viewer.ok("listTransfers", { query })).data).toMatchObject([{ id }]);
      }
      expect((await viewer.ok("listTransfers", { query: { status: "pending" } })).data).toEqual([]);
    },
    refusals: { invalid_cursor: (world) => refuseForeignCursor(world, "listTransfers") },
  },

  getTransfer: {
    async ok(world) {
      const { id, version, payoutId, providerTransferId } = await sent(world);
      const expected = {
        ...{
          id,
          version,
          payout_id: payoutId,
          payee_id: PAYEE,
          status: "completed",
          amount: FEE_MINOR,
          currency: "USD",
        },
        destination: { provider: "stripe", account: world.org.account() },
        provider_transfer_id: providerTransferId,
        ...{ reversed_amount: 0, reversals: [], settled: null, blocker: null },
      };
      for (const person of [await world.as("viewer"), await world.as("payee", { scopeId: PAYEE })]) {
        expect((await person.ok("getTransfer", { params: { id } })).data).toMatchObject(expected);
      }
    },
    refusals: {
      async not_found(world) {
        const { id, payoutId } = await sent(world);
        const elsewhere = await openWorkplace(cloud, api).as("admin");
        const otherPayee = await world.as("payee", { subject: "payee-2", scopeId: "payee-2" });
        for (const person of [elsewhere, otherPayee]) {
          const { detail } = await world.turnedAway(person, "getTransfer", "not_found", { params: { id } });
          expect(detail).not.toContain(id);
        }
        const viewer = await world.as("viewer");
        for (const wrong of [NOT_THERE, payoutId, "x"]) {
          await world.turnedAway(viewer, "getTransfer", "not_found", { params: { id: wrong } });
        }
      },
    },
  },

  reverseTransfer: {
    async ok(world) {
      const { org } = world;
      const { id } = await sent(world);
      const admin = await world.as("admin");
      const part = await world.done(admin, "reverseTransfer", reversal(id, 20_000));
      expect(part.data).toMatchObject({
        status: "completed",
        reversals: [{ amount: 20_000, reason: "left early", requested_by: admin.subject, status: "requested" }],
      });
      expect(part.lines[0]).toMatchObject({
        ...{ action: "transfer.reversal_requested", changed_by: admin.subject, changed_by_role: "admin" },
        entity_id: id,
      });
      expect(world.told(part.requestId)).toMatchObject([{ detailType: "transfer.reversal_requested" }]);
      expect(org.books()).toMatchObject([{ amountMinor: FEE_MINOR, reversedMinor: 20_000 }]);

      const rest = await world.done(admin, "reverseTransfer", reversal(id));
      expect(rest.data.reversals).toMatchObject([{ status: "completed" }, { amount: 30_000, status: "requested" }]);
      expect(org.books()).toMatchObject([{ reversedMinor: FEE_MINOR }]);
      expect((await admin.ok("getTransfer", { params: { id } })).data).toMatchObject({
        ...{ status: "reversed", reversed_amount: FEE_MINOR },
        reversals: [{ status: "completed" }, { status: "completed" }],
      });
      await org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        const { payoutId } = await sent(world);
        const admin = await world.as("admin");
        for (const id of [NOT_THERE, payoutId]) {
          await world.turnedAway(admin, "reverseTransfer", "not_found", reversal(id));
        }
        const { id } = await world.org.only("transfer");
        const elsewhere = openWorkplace(cloud, api);
        await elsewhere.turnedAway(await elsewhere.as("admin"), "reverseTransfer", "not_found", reversal(id));
        expect(world.org.books()).toMatchObject([{ reversedMinor: 0 }]);
      },
      async transfer_not_reversible(world) {
        const { id, status } = await sent(world, FEE_MINOR, { account: `acct_closed${world.org.id}` });
        expect(status).toBe("awaiting_payee");
        await world.turnedAway(await world.as("admin"), "reverseTransfer", "transfer_not_reversible", reversal(id));
      },
      async reversal_pending(world) {
        const { id } = await sent(world);
        const match = { endpoint: "transfers.createReversal" };
        cloud.local.stripe.control.addFault({ match, fault: "html_502_before", count: 1 });
        const admin = await world.as("admin");
        await world.done(admin, "reverseTransfer", reversal(id, 20_000));
        await world.turnedAway(admin, "reverseTransfer", "reversal_pending", reversal(id, 10_000));
        await cloud.advance(4 * MINUTE_MS);
        expect(world.org.books()).toMatchObject([{ reversedMinor: 20_000 }]);
      },
      async reversal_exceeds_transfer(world) {
        const { id } = await sent(world);
        const admin = await world.as("admin");
        await world.done(admin, "reverseTransfer", reversal(id, 20_000));
        const asked = reversal(id, 30_001);
        const problem = await world.turnedAway(admin, "reverseTransfer", "reversal_exceeds_transfer", asked);
        expect(problem).toMatchObject({ status: 422, field: "amount" });
      },
      async address_not_allowed(world) {
        const { id } = await sent(world, HIGH_MINOR);
        const admin = await world.as("admin");
        await allowOnlyOtherAddress(cloud, world.org.id);
        const spoofed = { ...reversal(id), headers: { "x-forwarded-for": "127.0.0.2", forwarded: "for=127.0.0.2" } };
        await world.turnedAway(admin, "reverseTransfer", "address_not_allowed", spoofed);
        // What isn't high value isn't tied to an address.
        await world.done(admin, "reverseTransfer", reversal(id, HIGH_MINOR - 1));
      },
    },
  },

  settleTransfer: {
    async ok(world) {
      const { org } = world;
      const { id } = await unknown(world, "html_502");
      const admin = await world.as("admin");
      const { data, lines, requestId } = await world.done(admin, "settleTransfer", completed(id));
      expect(data).toMatchObject({
        ...{ status: "completed", provider_transfer_id: "tr_found", blocker: null },
        settled: { outcome: "completed", evidence: EVIDENCE, by: admin.subject },
      });
      const told = lines.find(({ entity_type }) => entity_type === "transfer");
      expect(told).toMatchObject({ old_status: "outcome_unknown", new_status: "completed", changed_by: admin.subject });
      expect(lines.map(({ action }) => action)).toEqual(
        expect.arrayContaining(["payout.paid", "journal_entry.posted"]),
      );
      expect(world.told(requestId).map(({ detailType }) => detailType)).toContain("payout.paid");
      expect(await org.only("payout_schedule")).toMatchObject({ status: "completed" });
      await cloud.advance(HOUR_MS);
      expect(org.books()).toHaveLength(1);
      await org.expectInvariants();
    },
    refusals: {
      async not_found(world) {
        await world.turnedAway(await world.as("admin"), "settleTransfer", "not_found", completed(NOT_THERE));
      },
      async transfer_not_settleable(world) {
        const { id } = await sent(world);
        const admin = await world.as("admin");
        for (const asked of [completed(id), notCreated(id)]) {
          await world.turnedAway(admin, "settleTransfer", "transfer_not_settleable", asked);
        }
      },
      async evidence_contradicts(world) {
        const { id } = await unknown(world, "html_502");
        await world.turnedAway(await world.as("admin"), "settleTransfer", "evidence_contradicts", notCreated(id));
      },
      async address_not_allowed(world) {
        const admin = await world.as("admin");
        await allowOnlyOtherAddress(cloud, world.org.id);
        const { id } = await unknown(world, "html_502", HIGH_MINOR);
        await world.turnedAway(admin, "settleTransfer", "address_not_allowed", completed(id));
      },
    },
  },

  getTransferStats: {
    async ok(world) {
      const viewer = await world.as("viewer");
      await sent(world);
      const { data } = await viewer.ok("getTransferStats");
      const tally = { count: 1, amount: FEE_MINOR };
      expect(data).toMatchObject({ total: 1, by_status: { completed: { count: 1, by_currency: { USD: tally } } } });
      const others = Object.entries<{ count: number }>(data.by_status).filter(([status]) => status !== "completed");
      expect(others.map(([, { count }]) => count)).toEqual(others.map(() => 0));
    },
    refusals: {},
  },

  exportTransfers: {
    async ok(world) {
      const { id } = await sent(world);
      const operator = await world.as("operator");
      const csv = await world.done(operator, "exportTransfers", { query: { status: "completed" } });
      const [header, row, ...others] = csv.text.trimEnd().split("\r\n");
      expect(csv.headers.get("content-type")).toMatch("text/csv");
      expect(header).toMatch(/^id,/);
      expect(row).toMatch(new RegExp(`^${id},`));
      expect([others, csv.headers.get("x-next-cursor")]).toEqual([[], null]);
      expect(csv.lines).toMatchObject([{ action: "security.data_read", changed_by: operator.subject }]);
      expect(world.told(csv.requestId)).toMatchObject([{ detail: { data: { kind: "data_exported" } } }]);

      const { data } = await operator.ok("exportTransfers", { query: { format: "json" } });
      expect(data).toMatchObject([{ id, amount: FEE_MINOR }]);
    },
    refusals: { invalid_cursor: (world) => refuseForeignCursor(world, "exportTransfers") },
  },
};

drive(transferOperations, scenarios, async () => openWorkplace(cloud, api));

describe("a transfer whose outcome is unknown", () => {
  it("settled as not created, it fails and can be sent again, once, under a new key", async () => {
    const world = openWorkplace(cloud, api);
    const { org } = world;
    const { control } = cloud.local.stripe;
    control.addFault({ match: { endpoint: "transfers.list" }, fault: "html_502_before" });
    control.addFault({ match: { destination: org.account() }, fault: "html_502_before" });
    const { id, payoutId } = await sent(world);
    await cloud.advance(2 * HOUR_MS);
    expect(await org.only("transfer")).toMatchObject({ status: "outcome_unknown", epoch: 1 });
    cloud.endFaults();

    const settled = await world.done(await world.as("admin"), "settleTransfer", notCreated(id));
    expect(settled.data).toMatchObject({ status: "failed_terminal", settled: { outcome: "not_created" } });
    expect(settled.actions).toContain("transfer.settled");
    expect((await org.only("payout_schedule")).status).toBe("failed");
    await cloud.advance(2 * HOUR_MS);
    expect(org.books()).toEqual([]);

    await world.done(await world.as("processor"), "retryPayout", { params: { id: payoutId } });
    expect(org.books()).toMatchObject([{ amountMinor: FEE_MINOR, epoch: 2 }]);
    expect((await org.only("payout")).status).toBe("paid");
    await org.expectInvariants();
  });
});

describe("a reversal asked for twice", () => {
  it("with one key is done once, and answered the same", async () => {
    const world = openWorkplace(cloud, api);
    const { id } = await sent(world);
    const admin = await world.as("admin");
    const asked = { ...reversal(id, 20_000), key: "reverse-it" };
    const first = await world.done(admin, "reverseTransfer", asked);
    const again = await world.done(admin, "reverseTransfer", asked);
    expect(again.json).toEqual(first.json);
    expect([again.headers.get("idempotent-replayed"), again.actions]).toEqual(["true", []]);
    const { body: _, ...same } = asked;
    await world.turnedAway(admin, "reverseTransfer", "idempotency_key_reused", { ...same, body: { reason: "other" } });
    expect(world.org.books()).toMatchObject([{ reversedMinor: 20_000 }]);
  });
});

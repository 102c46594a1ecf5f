import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { payeeOperations } from "../../shared/api/contract/payees.ts";
import { createTestApi, type TestApi } from "../support/api.ts";
import { openWorkplace, type Workplace } from "../support/api-effects.ts";
import { DAY_MS, HOUR_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { PAYEE } from "../support/organization.ts";
import { allowOnlyOtherAddress } from "../support/other-address.ts";
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

const open = async () => openWorkplace(cloud, api);
const NUMBER = "DE893704004405";
const BANK = {
  provider: "xendit",
  channel_code: "ID_BCA",
  account_number: NUMBER,
  account_holder_name: "Grace Hopper",
};
const MASKED = { ...BANK, account_number: "**********4405" };
const graceId = "grace";
const about = { params: { id: graceId } };
const nobody = { params: { id: "nobody" } };

/** Grace, who is paid to a bank account. */
async function enterGrace(world: Workplace, more: object = {}) {
  const body = { payee_id: graceId, name: "Grace Hopper", default_currency: "USD", destinations: [BANK], ...more };
  return world.done(await world.as("operator"), "createPayee", { body });
}

/** Another organization's person, and this one's payee who is somebody else. */
async function outsiders(world: Workplace) {
  const elsewhere = openWorkplace(cloud, api);
  return [await elsewhere.as("admin"), await world.as("payee", { subject: "someone", scopeId: "someone" })];
}

const scenarios: Scenarios<typeof payeeOperations, Workplace> = {
  listPayees: {
    async ok(world) {
      await enterGrace(world);
      await enterGrace(world, { payee_id: "ada", name: "Ada Lovelace" });
      const viewer = await world.as("viewer");
      const { data } = await viewer.ok("listPayees", { query: { sort: "date" } });
      expect(data).toMatchObject([
        { id: "grace", destinations: [MASKED] },
        { id: "ada", destinations: [MASKED] },
      ]);
      const first = await viewer.ok("listPayees", { query: { sort: "-date", limit: 1 } });
      const cursor = first.pagination.next_cursor;
      const second = await viewer.ok("listPayees", { query: { sort: "-date", limit: 1, cursor } });
      expect([first.data[0].id, second.data[0].id]).toEqual(["ada", "grace"]);
      expect((await viewer.ok("listPayees", { query: { q: "ada" } })).data).toMatchObject([{ id: "ada" }]);

      const csv = await world.done(await world.as("operator"), "listPayees", { headers: { accept: "text/csv" } });
      expect(csv.text).not.toContain(NUMBER);
      expect(csv.lines).toMatchObject([{ action: "security.data_read", changed_by: "operator-1" }]);
    },
    refusals: {
      async invalid_cursor(world) {
        await enterGrace(world);
        await enterGrace(world, { payee_id: "ada" });
        const viewer = await world.as("viewer");
        const { pagination } = await viewer.ok("listPayees", { query: { sort: "date", limit: 1 } });
        const cursor = pagination.next_cursor;
        const elsewhere = await openWorkplace(cloud, api).as("viewer");
        await world.turnedAway(elsewhere, "listPayees", "invalid_cursor", { query: { sort: "date", cursor } });
        await world.turnedAway(viewer, "listPayees", "invalid_cursor", { query: { sort: "-date", cursor } });
      },
    },
  },

  getPayee: {
    async ok(world) {
      await enterGrace(world, { tier: "gold", country: "ID" });
      const staff = await Promise.all((["viewer", "super_admin"] as const).map((role) => world.as(role)));
      for (const person of [...staff, await world.as("payee", { scopeId: graceId })]) {
        const { headers, json } = await person.call("getPayee", about);
        expect(json.data).toMatchObject({
          id: graceId,
          tier: "gold",
          country: "ID",
          destinations: [MASKED],
          version: 1,
        });
        expect(headers.get("etag")).toBe('"1"');
        const unchanged = await person.call("getPayee", { ...about, headers: { "if-none-match": '"1"' } });
        expect([unchanged.status, unchanged.text]).toEqual([304, ""]);
      }
    },
    refusals: {
      async not_found(world) {
        await enterGrace(world);
        for (const person of await outsiders(world)) await world.turnedAway(person, "getPayee", "not_found", about);
        await world.turnedAway(await world.as("viewer"), "getPayee", "not_found", nobody);
      },
    },
  },

  createPayee: {
    async ok(world) {
      const { data, lines, requestId } = await enterGrace(world, { email: "grace@example.com" });
      expect(data).toMatchObject({
        ...{ id: graceId, version: 1, email: "grace@example.com", verified: false, destinations: [MASKED] },
        destination_usable_from: null,
      });
      expect(lines).toMatchObject([
        { action: "payee.created", entity_id: graceId, changed_by: "operator-1", changed_by_role: "operator" },
      ]);
      expect(world.told(requestId)).toMatchObject([{ detailType: "payee.created" }]);
      const told = JSON.stringify([lines, world.told(requestId)]);
      expect(told).not.toContain(NUMBER);
      expect((await world.org.only("payee")).destinations).toMatchObject([{ accountNumber: NUMBER }]);
    },
    refusals: {
      async payee_exists(world) {
        await enterGrace(world);
        const body = { payee_id: graceId, name: "Another Grace", default_currency: "EUR", destinations: [] };
        const problem = await world.turnedAway(await world.as("operator"), "createPayee", "payee_exists", { body });
        expect(problem.field).toBe("payee_id");
      },
    },
  },

  updatePayee: {
    async ok(world) {
      await enterGrace(world, { email: "grace@example.com", tier: "silver" });
      const operator = await world.as("operator");
      const changed = await world.done(operator, "updatePayee", {
        ...about,
        version: 1,
        body: { tier: "gold", verified: true, email: null },
      });
      expect(changed.data).toMatchObject({
        ...{ version: 2, tier: "gold", verified: true, email: null, name: "Grace Hopper", destinations: [MASKED] },
        destination_changed_at: null,
      });
      expect(changed.lines).toMatchObject([
        { action: "payee.updated", before_state: { tier: "silver" }, after_state: { tier: "gold" } },
      ]);
      expect(world.told(changed.requestId)).toMatchObject([{ detailType: "payee.updated" }]);
      const { email } = await world.org.only("payee");
      expect(email).toBeUndefined();
    },
    refusals: {
      async not_found(world) {
        const asked = { ...nobody, version: 1, body: { tier: "gold" } };
        await world.turnedAway(await world.as("operator"), "updatePayee", "not_found", asked);
      },
    },
  },

  replacePayeeDestinations: {
    async ok(world) {
      await enterGrace(world);
      const destination = { provider: "stripe", account: `acct_new${world.org.id}` };
      const asked = { ...about, version: 1, body: { destinations: [destination] } };
      const changed = await world.done(await world.as("operator"), "replacePayeeDestinations", asked);
      expect(changed.data).toMatchObject({ version: 2, destinations: [destination] });
      const { destination_changed_at: changedAt, destination_usable_from: usableFrom } = changed.data;
      expect(Date.parse(usableFrom) - Date.parse(changedAt)).toBe(DAY_MS);
      expect(changed.lines).toMatchObject([{ action: "payee.updated", changed_by: "operator-1" }]);
      expect(JSON.stringify(changed.lines)).not.toContain(NUMBER);
    },
    refusals: {
      async not_found(world) {
        const asked = { ...nobody, version: 1, body: { destinations: [] } };
        await world.turnedAway(await world.as("operator"), "replacePayeeDestinations", "not_found", asked);
      },
    },
  },

  getPayeeDestinations: {
    async ok(world) {
      await enterGrace(world);
      const processor = await world.as("processor");
      const read = await world.done(processor, "getPayeeDestinations", about);
      expect(read.data).toEqual([BANK]);
      expect(read.lines).toMatchObject([
        { action: "security.data_read", changed_by: processor.subject, changed_by_role: "processor" },
      ]);
      expect(JSON.stringify([read.lines, world.told(read.requestId)])).not.toContain(NUMBER);
      expect(world.told(read.requestId)).toMatchObject([
        { detailType: "security.data_read", detail: { data: { kind: "sensitive_data_read", entity_id: graceId } } },
      ]);
      const query = { kind: "sensitive_data_read", subject: processor.subject };
      const activity = await (await world.as("viewer")).ok("listSecurityEvents", { query });
      expect(activity.data).toMatchObject([{ entity_id: graceId, request_id: read.requestId, risk_level: "low" }]);
    },
    refusals: {
      async not_found(world) {
        await enterGrace(world);
        const elsewhere = await openWorkplace(cloud, api).as("admin");
        await world.turnedAway(elsewhere, "getPayeeDestinations", "not_found", about);
        await world.turnedAway(await world.as("processor"), "getPayeeDestinations", "not_found", nobody);
      },
    },
  },

  getPayeeBalances: {
    async ok(world) {
      const { org } = world;
      await org.start({ policy: { trigger_event: "contract_signed" } });
      const asked = { params: { id: PAYEE } };
      const payee = await world.as("payee", { scopeId: PAYEE });
      const balance = { currency: "USD", payable: 80_000, held: 20_000, paid: 0, owed: 0 };
      expect((await payee.ok("getPayeeBalances", asked)).data).toEqual([balance]);
      await cloud.publish(org.placementSaid("contract_signed"));
      await cloud.settle();
      const sent = { ...balance, payable: 0, paid: 80_000 };
      expect((await (await world.as("viewer")).ok("getPayeeBalances", asked)).data).toEqual([sent]);
      expect(org.books().map(({ amountMinor }) => amountMinor)).toEqual([sent.paid]);
    },
    refusals: {
      async not_found(world) {
        await world.org.start();
        for (const person of await outsiders(world)) {
          await world.turnedAway(person, "getPayeeBalances", "not_found", { params: { id: PAYEE } });
        }
        await world.turnedAway(await world.as("viewer"), "getPayeeBalances", "not_found", nobody);
      },
    },
  },
};

drive(payeeOperations, scenarios, open);

describe("a payee who changes", () => {
  it("is changed by the version that was read, and by no other", async () => {
    const world = await open();
    await enterGrace(world);
    const operator = await world.as("operator");
    const body = { tier: "gold" };
    await world.turnedAway(operator, "updatePayee", "version_missing", { ...about, body });
    await world.turnedAway(operator, "updatePayee", "version_mismatch", { ...about, body, version: 2 });
    const elsewhere = { destinations: [] };
    await world.turnedAway(operator, "replacePayeeDestinations", "version_mismatch", {
      ...about,
      ...{ body: elsewhere, version: 2 },
    });
    const same = await world.done(operator, "updatePayee", { ...about, version: 1, body: { name: "Grace Hopper" } });
    expect([same.data.version, same.lines]).toEqual([1, []]);
  });

  it("has new destinations only from an address that is allowed", async () => {
    const world = await open();
    await enterGrace(world);
    await allowOnlyOtherAddress(cloud, world.org.id);
    const asked = { ...about, version: 1, body: { destinations: [] } };
    await world.turnedAway(await world.as("operator"), "replacePayeeDestinations", "address_not_allowed", asked);
  });

  it("is paid to a new destination after a new approval and its cooling-off", async () => {
    const world = await open();
    const { org } = world;
    await org.start({ policy: { trigger_event: "contract_signed", holdback_bp: 0, approval: "manual" } });
    const { id } = await org.only("payout");
    const manager = await world.as("manager");
    const second = await world.as("manager", { subject: "manager-2" });
    for (const person of [manager, second]) await person.ok("approvePayout", { params: { id } });
    const account = `acct_moved${org.id}`;
    const moved = await world.done(await world.as("operator"), "replacePayeeDestinations", {
      params: { id: PAYEE },
      version: 1,
      body: { destinations: [{ provider: "stripe", account }] },
    });
    await cloud.publish(org.placementSaid("contract_signed"));
    await cloud.settle();
    expect((await manager.ok("getPayout", { params: { id } })).data.approval_state).toBe("void");

    for (const person of [manager, second]) await person.ok("approvePayout", { params: { id } });
    await cloud.advance(DAY_MS - HOUR_MS);
    expect(org.books()).toEqual([]);
    await cloud.advanceTo(Date.parse(moved.data.destination_usable_from) + HOUR_MS / 4);
    expect(org.books()).toMatchObject([{ destination: account, amountMinor: 100_000 }]);
    await org.expectInvariants();
  });
});

describe("a list as CSV", () => {
  it("neutralises what a spreadsheet would take for a formula, and needs the right to export", async () => {
    const world = await open();
    const formula = '=HYPERLINK("https://evil.example","Grace")';
    await enterGrace(world, { name: formula });
    const headers = { accept: "text/csv" };
    const { text } = await (await world.as("operator")).call("listPayees", { headers });
    expect(text).toContain(`"'${formula.replaceAll('"', '""')}"`);
    await world.turnedAway(await world.as("viewer"), "listPayees", "permission_required", { headers });
  });
});

describe("account numbers", () => {
  it("are whole for nobody below processor, and for no payee", async () => {
    const world = await open();
    await enterGrace(world);
    const below = await Promise.all((["viewer", "operator"] as const).map((role) => world.as(role)));
    for (const person of [...below, await world.as("payee", { scopeId: graceId })]) {
      const problem = await world.turnedAway(person, "getPayeeDestinations", "permission_required", about);
      expect(JSON.stringify(problem)).not.toContain(NUMBER);
    }
    const from = new Date(cloud.now() - HOUR_MS).toISOString();
    const exported = await (await world.as("operator")).call("exportAuditEntries", { query: { from } });
    expect(exported.text).toContain("4405");
    expect(exported.text).not.toContain(NUMBER);
  });
});

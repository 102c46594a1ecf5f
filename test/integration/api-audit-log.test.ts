import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditLogOperations } from "../../shared/api/contract/audit-log.ts";
import { verifyAudit } from "../../shared/audit/verify.ts";
import { type Asked, createTestApi, type Json, type Person, type TestApi } from "../support/api.ts";
import { openWorkplace, type Workplace } from "../support/api-effects.ts";
import { startTestCloud, type TestCloud } from "../support/cloud.ts";
import { PAYEE } from "../support/organization.ts";
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

const GARBAGE = { query: { cursor: "bm90LW9uZQ" } };

/** A payout that a person has approved and the system has sent. */
async function paid(world: Workplace) {
  const { org } = world;
  await org.start({ fee_amount: 50_000, policy: { trigger_event: "contract_signed", approval: "manual" } });
  const { id } = await org.only("payout");
  const approval = await world.done(await world.as("manager"), "approvePayout", { params: { id } });
  await cloud.publish(org.placementSaid("contract_signed"));
  await cloud.settle();
  return { id, approval };
}

/** A payee who was changed once: two lines. */
async function changedPayee(world: Workplace) {
  const operator = await world.as("operator");
  const facts = { name: "Grace Hopper", default_currency: "USD", destinations: [] };
  await operator.ok("createPayee", { body: { payee_id: "grace", ...facts } });
  await world.done(operator, "updatePayee", { params: { id: "grace" }, version: 1, body: { tier: "gold" } });
  return { entity_type: "payee", entity_id: "grace" };
}

/** All of a list's pages, in their order. */
async function allPages(person: Person, operationId: "listAuditEntries" | "getAuditChain", asked: Asked) {
  const found: Json[] = [];
  let cursor: string | null = null;
  do {
    const query = { ...asked.query, ...(cursor === null ? {} : { cursor }) };
    const { data, pagination }: Json = await person.ok(operationId, { ...asked, query });
    found.push(...data);
    cursor = pagination.next_cursor;
  } while (cursor !== null);
  return found;
}

/** The answers of as many calls as it takes, one after the other. */
async function exportAll(person: Person): Promise<string> {
  let text = "";
  let cursor: string | null = null;
  do {
    const query: Record<string, string> = cursor === null ? {} : { cursor };
    const answer = await person.call("exportAuditEntries", { query });
    text += answer.text;
    cursor = answer.headers.get("x-next-cursor");
  } while (cursor !== null);
  return text;
}

const idsOf = (lines: readonly Json[]) => lines.map(({ id }) => String(id));
const sorted = (ids: readonly string[]) => [...ids].sort();

const scenarios: Scenarios<typeof auditLogOperations, Workplace> = {
  listAuditEntries: {
    async ok(world) {
      const { id, approval } = await paid(world);
      const viewer = await world.as("viewer");
      await cloud.settle();
      const all = await world.org.audit();
      const family = all.filter((line) => line.payout_id === id || line.entity_id === id);
      const listed = await allPages(viewer, "listAuditEntries", { query: { payout_id: id, limit: 4 } });
      expect(sorted(idsOf(listed))).toEqual(sorted(idsOf(family)));
      const times = listed.map(({ created_at }) => created_at);
      expect(times).toEqual([...times].sort().reverse());
      expect(sorted(idsOf(await allPages(viewer, "listAuditEntries", {})))).toEqual(sorted(idsOf(all)));

      const [entry] = approval.lines.filter(({ entity_type }) => entity_type === "payout");
      const query = { action: "payout.approved", changed_by: "manager-1" };
      expect((await viewer.ok("listAuditEntries", { query })).data).toEqual([entry]);
    },
    refusals: {
      async invalid_cursor(world) {
        const record = await changedPayee(world);
        const viewer = await world.as("viewer");
        await world.turnedAway(viewer, "listAuditEntries", "invalid_cursor", GARBAGE);
        const query = { ...record, limit: 1 };
        const { pagination } = await viewer.ok("listAuditEntries", { query });
        const carried = { query: { ...query, cursor: pagination.next_cursor } };
        const elsewhere = await openWorkplace(cloud, api).as("viewer");
        await world.turnedAway(elsewhere, "listAuditEntries", "invalid_cursor", carried);
      },
    },
  },

  getAuditStats: {
    async ok(world) {
      await paid(world);
      const { data } = await (await world.as("viewer")).ok("getAuditStats");
      const counted = (await world.org.audit()).filter(({ entity_type }) => entity_type in data.by_entity);
      const byEntity = Object.groupBy(counted, ({ entity_type }) => entity_type);
      expect(data.by_entity).toMatchObject(
        Object.fromEntries(Object.entries(byEntity).map(([entity, lines]) => [entity, lines?.length])),
      );
      expect(data.total).toBe(counted.length);
      expect(data.today).toMatchObject({ "payout.approved": 1, "payout.created": 1 });
    },
    refusals: {},
  },

  exportAuditEntries: {
    async ok(world) {
      const { id } = await paid(world);
      const operator = await world.as("operator");
      const lines = await world.done(operator, "exportAuditEntries", { query: { payout_id: id } });
      const family = (await world.org.audit()).filter((line) => line.payout_id === id || line.entity_id === id);
      expect(verifyAudit(lines.text)).toMatchObject({ ok: true, lines: family.length, flagged: 0 });
      expect(lines.headers.get("x-next-cursor")).toBeNull();
      expect(lines.lines).toMatchObject([{ action: "security.data_read", changed_by: operator.subject }]);
      expect(world.told(lines.requestId)).toMatchObject([{ detailType: "security.data_read" }]);

      const json = await operator.ok("exportAuditEntries", { query: { payout_id: id, format: "json" } });
      expect(lines.text).toBe(json.data.map((line: Json) => `${JSON.stringify(line)}\n`).join(""));
      const csv = await operator.call("exportAuditEntries", { query: { payout_id: id, format: "csv" } });
      const [header, ...rows] = csv.text.trimEnd().split("\r\n");
      expect([header?.split(",")[0], rows.length]).toEqual(["id", family.length]);
    },
    refusals: {
      async invalid_cursor(world) {
        await world.turnedAway(await world.as("operator"), "exportAuditEntries", "invalid_cursor", GARBAGE);
      },
    },
  },

  getAuditChain: {
    async ok(world) {
      const { id } = await paid(world);
      const params = { entity_type: "payout", entity_id: id };
      const chain = await allPages(await world.as("viewer"), "getAuditChain", { params, query: { limit: 2 } });
      expect(chain.map(({ metadata }) => metadata.version)).toEqual(chain.map((_, index) => index + 1));
      expect(chain.map(({ prev_hash }) => prev_hash)).toEqual([
        "0".repeat(64),
        ...chain.slice(0, -1).map(({ hash }) => hash),
      ]);
      expect(chain.at(-1)).toMatchObject({ after_state: { version: (await world.org.only("payout")).version } });
    },
    refusals: {
      async not_found(world) {
        const params = await changedPayee(world);
        const elsewhere = await openWorkplace(cloud, api).as("super_admin");
        await world.turnedAway(elsewhere, "getAuditChain", "not_found", { params });
        const wrong = { params: { ...params, entity_type: "escrow_hold" } };
        await world.turnedAway(await world.as("viewer"), "getAuditChain", "not_found", wrong);
      },
      async invalid_cursor(world) {
        const params = await changedPayee(world);
        const viewer = await world.as("viewer");
        await world.turnedAway(viewer, "getAuditChain", "invalid_cursor", { params, ...GARBAGE });
        const { pagination } = await viewer.ok("getAuditChain", { params, query: { limit: 1 } });
        await world.turnedAway(viewer, "getAuditChain", "invalid_cursor", {
          params: { entity_type: "role_assignment", entity_id: "operator-1" },
          query: { cursor: pagination.next_cursor },
        });
      },
    },
  },

  getAuditEntry: {
    async ok(world) {
      const { id, approval } = await paid(world);
      const viewer = await world.as("viewer");
      const [line] = approval.lines.filter(({ entity_type }) => entity_type === "payout");
      expect(line).toMatchObject({
        ...{ action: "payout.approved", old_status: "pending_approval", new_status: "approved" },
        ...{ changed_by: "manager-1", changed_by_type: "user", changed_by_role: "manager" },
      });
      const params = { entity_type: "payout", entity_id: id, version: String(line?.metadata.version) };
      expect((await viewer.ok("getAuditEntry", { params })).data).toEqual(line);
    },
    refusals: {
      async not_found(world) {
        const params = { ...(await changedPayee(world)), version: "1" };
        const elsewhere = await openWorkplace(cloud, api).as("super_admin");
        await world.turnedAway(elsewhere, "getAuditEntry", "not_found", { params });
        const viewer = await world.as("viewer");
        for (const version of ["0", "99", "1~1"]) {
          await world.turnedAway(viewer, "getAuditEntry", "not_found", { params: { ...params, version } });
        }
      },
    },
  },
};

drive(auditLogOperations, scenarios, async () => openWorkplace(cloud, api));

describe("an export of everything", () => {
  it("verifies, holds the refused action and the export before it, and shows a line that was changed", async () => {
    const world = openWorkplace(cloud, api);
    const { id } = await paid(world);
    const operator = await world.as("operator");
    const refused = await operator.refused("cancelPayout", "permission_required", {
      params: { id },
      body: { reason: "by mistake" },
    });
    const before = await world.org.audit();
    const first = await world.done(operator, "exportAuditEntries");
    const text = await exportAll(operator);
    const lines: Json[] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

    expect(verifyAudit(text)).toMatchObject({ ok: true, flagged: 0 });
    expect(idsOf(lines)).toEqual(expect.arrayContaining(idsOf(before)));
    const byRequest = (requestId: string) =>
      lines.filter(({ metadata }) => metadata.correlation_id === requestId).map(({ after_state }) => after_state);
    expect(byRequest(refused.request_id)).toMatchObject([
      { kind: "action_refused", code: "permission_required", operation: "cancelPayout", entityId: id },
    ]);
    expect(byRequest(first.requestId)).toMatchObject([{ kind: "data_exported", operation: "exportAuditEntries" }]);

    const forged = text.replace('"changed_by":"manager-1"', '"changed_by":"manager-2"');
    expect(verifyAudit(forged).firstBad?.problem).toMatch(/it was changed/);
  });
});

describe("the name of a request", () => {
  it("leads from its answer to all that it changed, for those who may read the log", async () => {
    const world = openWorkplace(cloud, api);
    const { id, approval } = await paid(world);
    const chain = await (await world.as("viewer")).ok("getAuditChain", {
      params: { entity_type: "payout", entity_id: id },
    });
    const caused = chain.data.filter(({ metadata }: Json) => metadata.correlation_id === approval.requestId);
    expect(caused).toMatchObject([{ action: "payout.approved" }]);
    const payee = await world.as("payee", { scopeId: PAYEE });
    const params = { entity_type: "payout", entity_id: id };
    await world.turnedAway(payee, "getAuditChain", "permission_required", { params });
  });
});

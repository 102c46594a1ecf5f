import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { LOCAL_TABLE } from "../../local/report.ts";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import { parseRequest } from "../../shared/api/parse.ts";
import { receiptsOf } from "../../shared/api/receipts.ts";
import { auditedEntities } from "../../shared/domain/entities.ts";
import { receiptPut } from "../../shared/store/receipts.ts";
import { type ApiAnswer, createTestApi, type Json, type Person, type TestApi } from "../support/api.ts";
import { MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { type Organization, PAYEE } from "../support/organization.ts";
import { createRawRequests, type RawRequests, severalAtATime } from "../support/raw-requests.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
let cloud: TestCloud;
let api: TestApi;
let raw: RawRequests;
const organizations: Organization[] = [];

/** One of which all is checked at the end. */
function newOrganization(): Organization {
  const org = cloud.organization();
  organizations.push(org);
  return org;
}

beforeAll(async () => {
  cloud = await startTestCloud();
  // Without webhooks nobody but a person or the next attempt learns what has become of a lost answer.
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false }, webhooks: { enabled: false } });
  api = createTestApi(cloud);
  raw = await createRawRequests(cloud);
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

const audited: ReadonlySet<unknown> = new Set(auditedEntities);
const specOf = (operationId: OperationId): OperationSpec => operations[operationId];
const operationsThat = (has: (spec: OperationSpec) => unknown) =>
  (Object.entries(operations) as [OperationId, OperationSpec][]).filter(([, spec]) => has(spec)).map(([id]) => id);

/** Everything but word of what was refused, by what has become of it. */
async function versions(): Promise<readonly string[]> {
  await cloud.settle();
  const records = (await cloud.items()).filter(({ entity }) => audited.has(entity) && entity !== "security_event");
  return records
    .map(({ organizationId, entity, id, version }) => `${organizationId} ${entity} ${id} ${version}`)
    .sort();
}

interface Request {
  readonly params?: Readonly<Record<string, string>>;
  readonly body: object;
}
interface Prepared {
  readonly org: Organization;
  readonly person: Person;
  readonly request: Request;
}

const REASON = { reason: "because" };
const LATER = "2099-01-01T00:00:00.000Z";
type Start = "waits" | "is approved" | "is due" | "was sent" | "is unknown";

interface Scene {
  readonly start: Start;
  readonly first?: (person: Person, org: Organization) => Promise<unknown>;
  readonly request: (org: Organization) => Promise<Request>;
}

const about =
  (entity: "payout" | "payout_schedule" | "escrow_hold" | "transfer", body: object = {}) =>
  async (org: Organization): Promise<Request> => ({ params: { id: (await org.only(entity)).id }, body });
const inBulk =
  (entity: "payout" | "payout_schedule" | "escrow_hold", body: object = {}) =>
  async (org: Organization): Promise<Request> => ({ body: { ids: [(await org.only(entity)).id], ...body } });
const outOfSchedule = (body: object) => async (org: Organization) => ({
  body: { from_schedule_id: (await org.only("payout_schedule")).id, amount: 1_000, ...body },
});
const failFirst = async (person: Person, org: Organization) =>
  person.ok("markPayoutFailed", { params: { id: (await org.only("payout")).id }, body: REASON });

/** A state in which each operation that moves money can do so. */
const scenes: Readonly<Partial<Record<OperationId, Scene>>> = {
  createPayout: { start: "waits", request: async () => ({ body: { payee_id: PAYEE, amount: 500, currency: "USD" } }) },
  approvePayout: { start: "waits", request: about("payout") },
  rejectPayout: { start: "waits", request: about("payout", REASON) },
  cancelPayout: { start: "waits", request: about("payout", REASON) },
  markPayoutPaid: { start: "is approved", request: about("payout", { reference: "SEPA 42" }) },
  retryPayout: { start: "is approved", first: failFirst, request: about("payout") },
  bulkApprovePayouts: { start: "waits", request: inBulk("payout") },
  bulkCancelPayouts: { start: "waits", request: inBulk("payout", REASON) },
  createPayoutSchedule: { start: "is approved", request: outOfSchedule({ trigger_event: "manual" }) },
  triggerPayoutSchedule: { start: "is approved", request: about("payout_schedule") },
  bulkTriggerPayoutSchedules: { start: "is approved", request: inBulk("payout_schedule") },
  bulkCancelPayoutSchedules: { start: "is approved", request: inBulk("payout_schedule", REASON) },
  processDuePayoutSchedules: { start: "is due", request: async () => ({ body: {} }) },
  createEscrowHold: {
    start: "is approved",
    request: outOfSchedule({ hold_reason: "dispute", release_date: LATER, ...REASON }),
  },
  releaseEscrowHold: { start: "is approved", request: about("escrow_hold", { amount: 1_000 }) },
  extendEscrowHold: { start: "is approved", request: about("escrow_hold", { release_date: LATER, ...REASON }) },
  forfeitEscrowHold: { start: "is approved", request: about("escrow_hold", REASON) },
  bulkReleaseEscrowHolds: { start: "is approved", request: inBulk("escrow_hold") },
  bulkCancelEscrowHolds: { start: "is approved", request: inBulk("escrow_hold", REASON) },
  reverseTransfer: { start: "was sent", request: about("transfer", { amount: 1_000, ...REASON }) },
  settleTransfer: {
    start: "is unknown",
    request: about("transfer", { outcome: "completed", provider_transfer_id: "tr_9", evidence: "seen there" }),
  },
  pauseSending: { start: "waits", request: async () => ({ body: REASON }) },
  resumeSending: {
    start: "waits",
    first: (person) => person.ok("pauseSending", { body: REASON }),
    request: async () => ({ body: {} }),
  },
};
/** Those on the platform itself are another organization's, and tried with it (api-monitoring.test.ts). */
const moving = operationsThat(({ movesMoney, operatorsOnly }) => movesMoney && !operatorsOnly).toSorted(
  (a, b) => Number(b === "settleTransfer") - Number(a === "settleTransfer"),
);

function policyOf(start: Start, soon: string): object {
  switch (start) {
    case "waits":
      return { approval: "manual" };
    case "is approved":
      return {};
    case "is due":
      return { trigger_event: "manual", scheduled_date: soon };
    default:
      return { holdback_bp: 0, trigger_event: "contract_signed" };
  }
}
const SIGNED: readonly Start[] = ["was sent", "is unknown"];

describe("an idempotency key", () => {
  const prepared = new Map<OperationId, Prepared>();
  const preparedFor = (operationId: OperationId): Prepared => {
    const found = prepared.get(operationId);
    if (found === undefined) throw new Error(`${operationId} has no scene`);
    return found;
  };

  /** All at once, since what takes long is the waiting for what follows. */
  async function prepare(operationIds: readonly OperationId[]): Promise<void> {
    const all = operationIds.map((operationId) => {
      const scene = scenes[operationId];
      if (scene === undefined) throw new Error(`${operationId} has no scene`);
      return { operationId, scene, org: newOrganization() };
    });
    await cloud.publish(...all.map(({ org }) => org.payeeUpserted()));
    await cloud.settle();
    const soon = new Date(cloud.now() + 3 * MINUTE_MS).toISOString();
    await cloud.publish(...all.map(({ org, scene }) => org.activated({ policy: policyOf(scene.start, soon) })));
    await cloud.settle();
    for (const { org, scene } of all) if (scene.start === "is unknown") loseAnswer(org);
    const signed = all.filter(({ scene }) => SIGNED.includes(scene.start));
    await cloud.publish(...signed.map(({ org }) => org.placementSaid("contract_signed")));
    await cloud.settle();
    // Every retry of a lost answer is over; the look-up comes a quarter of an hour later.
    await cloud.advance(MINUTE_MS);
    if (all.some(({ scene }) => scene.start === "is due")) await passUnnoticed(soon);
    await Promise.all(
      all.map(async ({ operationId, scene, org }) => {
        const person = await api.person(org.id, "super_admin");
        await scene.first?.(person, org);
        prepared.set(operationId, { org, person, request: await scene.request(org) });
      }),
    );
    await cloud.settle();
  }

  /** The provider has acted and nobody hears of it, however often they ask. */
  function loseAnswer(org: Organization): void {
    const match = { destination: org.account() };
    cloud.local.stripe.control.addFault({ match, fault: "html_502", count: 1 });
    cloud.local.stripe.control.addFault({ match, fault: "html_502_before", count: 50 });
  }

  /** The instant comes, and the scheduler says nothing. */
  async function passUnnoticed(instant: string): Promise<void> {
    cloud.local.faults.aws.add({ service: "scheduler", operation: "fire", error: "never" });
    await cloud.advanceTo(instant);
  }

  // What waits for its next attempt comes first.
  beforeAll(() => prepare(moving));

  /** As if the request, or another one with its key, were being worked on by another invocation. */
  async function takeKey(operationId: OperationId, key: string, request: Request, ids: readonly string[]) {
    const { org, person } = preparedFor(operationId);
    const parsed = parseRequest(specOf(operationId), {
      pathParameters: request.params,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request.body),
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusal));
    const asked = { operationId, parsed: parsed.value, requestId: "another-invocation" };
    const caller = { organizationId: org.id, subject: person.subject };
    const receipts = receiptsOf(key, caller, asked, cloud.now());
    for (const taken of [receipts.key(), ...ids.map((id) => receipts.key(id))]) {
      const { TableName, Item } = receiptPut(LOCAL_TABLE, { ...receipts.opening(), key: taken });
      await cloud.document.send(new PutCommand({ TableName, Item }));
    }
  }

  const idsIn = async ({ org, request }: Prepared, operationId: OperationId): Promise<readonly string[]> =>
    operationId === "processDuePayoutSchedules"
      ? [(await org.only("payout_schedule")).id]
      : ((request.body as { ids?: readonly string[] }).ids ?? []);

  /** Of the request, or of the one id that it is about. */
  const codeOf = (json: Json) => json.code ?? json.results?.[0]?.problem?.code;

  /** With the key of a request: about another id, with another body, and another operation. */
  function othersThan(operationId: OperationId, { params, body }: Request): [OperationId, Request][] {
    const elsewhere = operationId === "pauseSending" ? "resumeSending" : "pauseSending";
    const others: [OperationId, Request][] = [[elsewhere, { body: elsewhere === "pauseSending" ? REASON : {} }]];
    if (params !== undefined) others.push([operationId, { params: { id: "po_another" }, body }]);
    if ("reason" in body) others.push([operationId, { ...(params && { params }), body: { ...body, reason: "other" } }]);
    return others;
  }

  describe("of a request that is under way", () => {
    let before: readonly string[];
    beforeAll(async () => {
      before = await versions();
    });

    it.each(moving)("%s is refused", async (operationId) => {
      const ready = preparedFor(operationId);
      await takeKey(operationId, "in-use", ready.request, await idsIn(ready, operationId));
      const inUse = await ready.person.call(operationId, { ...ready.request, key: "in-use" });
      expect(codeOf(inUse.json), inUse.text).toBe("idempotency_key_in_use");
    });

    it("lets nothing be written", async () => expect(await versions()).toEqual(before));
  });

  describe("of a request that is done", () => {
    const answers = new Map<OperationId, ApiAnswer>();
    let after: readonly string[];
    beforeAll(async () => {
      await severalAtATime(moving, async (operationId) => {
        const { person, request } = preparedFor(operationId);
        answers.set(operationId, await person.call(operationId, { ...request, key: "one" }));
      });
      after = await versions();
      // The lost answer may not have been asked for again.
      cloud.clearFaults();
    });

    it.each(moving)("%s gives the same answer again, and to no other request", async (operationId) => {
      const { person, request } = preparedFor(operationId);
      const first = answers.get(operationId);
      expect([first?.status, codeOf(first?.json)], first?.text).toEqual([specOf(operationId).answer.status, undefined]);
      const again = await person.call(operationId, { ...request, key: "one" });
      expect([again.status, again.json]).toEqual([first?.status, first?.json]);
      if (again.status !== 207) expect(again.headers.get("idempotent-replayed")).toBe("true");
      for (const [other, asked] of othersThan(operationId, request)) {
        const reused = await person.call(other, { ...asked, key: "one" });
        expect([reused.status, reused.json.code], reused.text).toEqual([409, "idempotency_key_reused"]);
      }
    });

    it("lets nothing more be written", async () => expect(await versions()).toEqual(after));
  });

  it("belongs to one person: another's with the same text is another key", async () => {
    const org = newOrganization();
    const [sue, sam] = [
      await api.person(org.id, "admin", { subject: "sue" }),
      await api.person(org.id, "admin", { subject: "sam" }),
    ];
    await sue.ok("pauseSending", { body: REASON, key: "k" });
    await sam.refused("pauseSending", "sending_already_paused", { body: REASON, key: "k" });
    const again = await sue.call("pauseSending", { body: REASON, key: "k" });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  });

  it("of a refused request stays free", async () => {
    const org = newOrganization();
    const sue = await api.person(org.id, "admin", { subject: "sue" });
    await sue.refused("resumeSending", "sending_already_open", { body: {}, key: "k" });
    await sue.ok("pauseSending", { body: REASON, key: "k" });
  });
});

describe("a version", () => {
  const conditional = operationsThat((spec) => spec.conditional);
  const requests: Readonly<Partial<Record<OperationId, (org: Organization) => Promise<Request>>>> = {
    updatePayout: about("payout", { notes: "new" }),
    updatePayoutSchedule: about("payout_schedule", { scheduled_date: LATER }),
    updateEscrowHold: about("escrow_hold", { reason: "new" }),
    updatePayee: async () => ({ params: { id: PAYEE }, body: { tier: "gold" } }),
    replacePayeeDestinations: async () => ({ params: { id: PAYEE }, body: { destinations: [] } }),
    changeRole: async () => ({ params: { subject: "olga" }, body: { label: "Olga" } }),
    updateSettings: async () => ({ body: { cooling_off_hours: 48 } }),
  };

  let org: Organization;
  let person: Person;
  beforeAll(async () => {
    org = newOrganization();
    await org.start();
    person = await api.person(org.id, "super_admin");
    await api.person(org.id, "operator", { subject: "olga" });
  });

  it.each(conditional)(
    "%s: another than the present one is refused; of two at once with it one is",
    async (operationId) => {
      const request = await requests[operationId]?.(org);
      if (request === undefined) throw new Error(`${operationId} has no request`);
      const before = await versions();
      for (const version of [7, 999_999_999_999_999])
        await person.refused(operationId, "version_mismatch", { ...request, version });
      expect(await versions()).toEqual(before);

      // The payee is changed by two of the operations.
      const present = { updateSettings: 0, replacePayeeDestinations: 2 } as Readonly<Record<string, number>>;
      const version = present[operationId] ?? 1;
      const both = await Promise.all([1, 2].map(() => person.call(operationId, { ...request, version })));
      expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
      expect(both.find(({ status }) => status === 200)?.headers.get("etag")).toBe(`"${version + 1}"`);
    },
  );
});

describe("an address", () => {
  it("that is not on the allow-list may do nothing that is guarded, whatever it says of itself", async () => {
    const org = newOrganization();
    const sue = await api.person(org.id, "super_admin", { subject: "sue" });
    await sue.ok("updateSettings", { version: 0, body: { allowed_cidrs: ["127.0.0.1/32"] } });
    await cloud.advance(MINUTE_MS);
    const token = await raw.token("sue", org.id);
    const guarded = operationsThat((spec) => spec.guarded && !spec.operatorsOnly);
    expect(guarded.length).toBeGreaterThan(4);
    const before = await versions();
    const claims = { "x-forwarded-for": "127.0.0.1", forwarded: "for=127.0.0.1", "x-real-ip": "127.0.0.1" };
    await severalAtATime(guarded, async (operationId) => {
      const body = specOf(operationId).example as object;
      for (const headers of [{}, claims]) {
        const refused = await raw.send(operationId, token, { body, headers, from: "127.0.0.2" });
        expect([operationId, refused.status, refused.json.code]).toEqual([operationId, 403, "address_not_allowed"]);
      }
      const headers = { "x-forwarded-for": "203.0.113.9" };
      const allowed = await raw.send(operationId, token, { headers, params: { id: "nobody", subject: "nobody" } });
      expect(allowed.json?.code, operationId).not.toBe("address_not_allowed");
    });
    expect(await versions()).toEqual(before);
    const events = (await org.all("security_event")).filter(({ code }) => code === "address_not_allowed");
    expect(events).toHaveLength(guarded.length * 2);
    expect(new Set(events.map(({ sourceIp }) => sourceIp))).toEqual(new Set(["127.0.0.2"]));
  });
});

it("after all of this every organization is sound", async () => {
  await cloud.settle();
  const everything = { items: await cloud.items(), audit: await cloud.audit() };
  expect(organizations.length).toBeGreaterThan(moving.length);
  for (const org of organizations) await org.expectInvariants({ everything });
});

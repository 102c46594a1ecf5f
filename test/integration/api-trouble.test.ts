import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { OperationId } from "../../shared/api/contract/operations.ts";
import { type ApiAnswer, type Asked, createTestApi, type Person, type TestApi } from "../support/api.ts";
import { MINUTE_MS, nameOf, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let api: TestApi;

beforeAll(async () => {
  cloud = await startTestCloud();
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
  api = createTestApi(cloud);
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

const ALWAYS = 1_000;
const READER = nameOf("answer-queries");
const DOER = nameOf("accept-commands");
const REASON = { reason: "because" };

/** One thing to read and one to do, by the function that does it. */
const asks: readonly [string, OperationId, Asked][] = [
  [READER, "listPayouts", {}],
  [DOER, "pauseSending", { body: REASON }],
];

async function opened(): Promise<{ org: Organization; person: Person }> {
  const org = cloud.organization();
  const person = await api.person(org.id, "admin", { subject: "ada" });
  // What was read of roles and settings is forgotten by then.
  await cloud.advance(MINUTE_MS);
  return { org, person };
}

async function recordsOf(org: Organization) {
  await cloud.settle();
  return (await org.items()).filter(({ entity }) => entity !== "security_event");
}

function expectToComeAgain({ status, headers, json }: ApiAnswer, code: string): void {
  expect([status, json.code]).toEqual([503, code]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
}

describe("roles or settings that can't be read let nobody in", () => {
  it.each(asks)("%s: %s", async (functionName, operationId, asked) => {
    for (const what of ["role#ada", "settings"]) {
      const { org, person } = await opened();
      const before = await org.items();
      const match = `${org.id}#${what}`;
      cloud.local.faults.aws.add({
        ...{ service: "dynamodb", operation: "GetItem", functionName, match },
        ...{ effect: "before", count: ALWAYS },
      });
      expectToComeAgain(await person.call(operationId, asked), "access_unavailable");
      await cloud.settle();
      expect(await org.items()).toEqual(before);
      cloud.endFaults();
      await person.ok(operationId, asked);
    }
  });
});

describe("a table that is busy for too long", () => {
  /** All at the same time: what takes long is the waiting between the tries. */
  it("says when to come again, and nothing was written", async () => {
    const crowded = [
      { functionName: READER, operation: "Query", error: "throttle", ask: "listPayouts", role: "admin" },
      { functionName: DOER, operation: "TransactWriteItems", error: "conflict", ask: "pauseSending", role: "admin" },
      // A refusal that can't be written down is none: the caller learns nothing yet.
      { functionName: DOER, operation: "TransactWriteItems", error: "conflict", ask: "pauseSending", role: "viewer" },
    ] as const;
    const scenes = await Promise.all(
      crowded.map(async ({ ask, role, ...rule }) => {
        const org = cloud.organization();
        const person = await api.person(org.id, role);
        await cloud.settle();
        return { org, person, ask, role, rule, before: await recordsOf(org) };
      }),
    );
    for (const { org, rule } of scenes)
      cloud.local.faults.aws.add({ service: "dynamodb", match: org.id, count: ALWAYS, ...rule });
    const asked = { body: REASON, key: "k" };
    const answers = await Promise.all(scenes.map(({ person, ask }) => person.call(ask, asked)));
    for (const answer of answers) expectToComeAgain(answer, "busy");
    cloud.endFaults();
    for (const { org, person, ask, role, before } of scenes) {
      expect(await recordsOf(org)).toEqual(before);
      expect((await person.call(ask, asked)).status).toBe(role === "admin" ? 200 : 403);
    }
  });
});

describe("a table that breaks", () => {
  it.each([
    [READER, "listPayouts", {}, "Query"],
    [DOER, "pauseSending", { body: REASON }, "TransactWriteItems"],
  ] as [string, OperationId, Asked, string][])(
    "%s: %s answers without telling what is inside, and nothing was written",
    async (functionName, operationId, asked, operation) => {
      const { org, person } = await opened();
      const before = await recordsOf(org);
      cloud.local.faults.aws.add({
        ...{ service: "dynamodb", operation, functionName, match: org.id },
        ...{ effect: "before", count: ALWAYS },
      });
      const { status, json } = await person.call(operationId, { ...asked, key: "k" });
      expect([status, json.code, json.detail]).toEqual([500, "internal_error", json.title]);
      expect(await recordsOf(org)).toEqual(before);
      cloud.endFaults();
      await person.ok(operationId, { ...asked, key: "k" });
    },
  );

  it("after a deed was written: the repetition with its key gets the answer that was lost, and acts no second time", async () => {
    const { org, person } = await opened();
    await org.start();
    const { id } = await org.only("escrow_hold");
    const asked = { params: { id }, body: { amount: 5_000 }, key: "k" };
    cloud.local.faults.aws.add({
      ...{ service: "dynamodb", operation: "TransactWriteItems", functionName: DOER, match: org.id },
      ...{ effect: "after", count: ALWAYS },
    });
    expect((await person.call("releaseEscrowHold", asked)).status).toBe(500);
    cloud.endFaults();
    const again = await person.call("releaseEscrowHold", asked);
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
    await cloud.settle();
    expect(await org.only("escrow_hold")).toMatchObject({ amountMinor: 15_000 });
    expect(await org.all("transfer")).toHaveLength(1);
    await org.expectInvariants();
  });
});

describe("a read that matters and can't be written down", () => {
  it.each([
    ["exportPayouts", {}],
    ["exportAuditEntries", {}],
    ["getPayeeDestinations", { params: { id: "payee-1" } }],
    ["listPayouts", { headers: { accept: "text/csv" } }],
  ] as [OperationId, Asked][])("%s is not answered", async (operationId, asked) => {
    const { org, person } = await opened();
    await org.start();
    cloud.local.faults.aws.add({
      ...{
        service: "dynamodb",
        operation: "TransactWriteItems",
        functionName: READER,
        match: `${org.id}#security_event`,
      },
      ...{ effect: "before", count: ALWAYS },
    });
    const { status, text } = await person.call(operationId, asked);
    expect([status, text.includes("payee-1"), text.includes(org.account())]).toEqual([500, false, false]);
    cloud.endFaults();
    await person.ok(operationId, asked);
    expect(await org.all("security_event")).toMatchObject([{ subject: "ada", operation: operationId }]);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { monitoringOperations } from "../../shared/api/contract/monitoring.ts";
import type { OperationId } from "../../shared/api/contract/operations.ts";
import { failureQueueNames } from "../../shared/monitoring/failure-queues.ts";
import { type Asked, createTestApi, type Json, type Person, type TestApi } from "../support/api.ts";
import { openWorkplace, type Workplace } from "../support/api-effects.ts";
import { DAY_MS, MINUTE_MS, nameOf, OPERATOR, SECOND_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { type Organization, PAYEE } from "../support/organization.ts";
import { allowOnlyOtherAddress } from "../support/other-address.ts";
import { drive, type Scenarios } from "../support/scenarios.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let api: TestApi;

beforeAll(async () => {
  cloud = await startTestCloud();
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
  api = createTestApi(cloud);
});
afterEach(async () => {
  cloud.endFaults();
  await cloud.settle();
  for (const { arn } of cloud.local.queues.all()) cloud.local.queues.purge(arn);
});
afterAll(() => cloud.stop());

const open = async () => openWorkplace(cloud, api, cloud.organization(OPERATOR));
const FAILURES = "intake-events-failures";
const REJECTED = "rejected-events";
const FUNCTION = nameOf("operate-platform");
/** What CloudWatch said is remembered for so long. */
const REMEMBERED_MS = 31 * SECOND_MS;
/** Nobody else gets what is being put back for so long. */
const HIDDEN_MS = 61 * SECOND_MS;
const ALWAYS = 1_000;
const inQueue = (queue: string) => ({ query: { queue } });

/** Figures come with the functions' logs, a moment after what they tell of. */
async function figuresOnce(person: Person, ready: (data: Json) => boolean, query = {}): Promise<Json> {
  return vi.waitFor(
    async () => {
      await cloud.advance(REMEMBERED_MS);
      const { data } = await person.ok("getMonitoring", { query });
      expect(ready(data), JSON.stringify({ ...data, series: undefined })).toBe(true);
      return data;
    },
    { timeout: 20_000, interval: 100 },
  );
}

/** Publishes an event at which the intake dies three times over, so that it ends among its failures. */
async function keepAsFailure(org: Organization, entry: ReturnType<Organization["activated"]>, match = org.id) {
  const dying = {
    service: "dynamodb",
    operation: "TransactWriteItems",
    functionName: nameOf("intake-events"),
  } as const;
  cloud.local.faults.aws.add({ ...dying, effect: "kill", at: "before", match, count: 3 });
  await cloud.publish(entry);
  await cloud.settle();
  await cloud.advance(5 * MINUTE_MS);
  cloud.endFaults();
}

async function activationFailed(): Promise<Organization> {
  const org = cloud.organization();
  await cloud.publish(org.payeeUpserted());
  await cloud.settle();
  await keepAsFailure(org, org.activated());
  return org;
}

const malformed = (org: Organization) => ({ ...org.activated({ fee_amount: "much" }) });
/** How often the bus was given the activation: the deployment tells of what it has taken in under its own source. */
const activationsOf = (org: Organization) =>
  cloud.seen.filter(
    ({ source, detailType, detail }) =>
      source === "placements" && detailType === "placement.activated" && detail.organization_id === org.id,
  ).length;

async function lettersIn(queue: string): Promise<Json[]> {
  return (await (await open()).as("processor").then((one) => one.ok("listDeadLetters", inQueue(queue)))).data
    .dead_letters;
}

const monitoring: Scenarios<typeof monitoringOperations, Workplace> = {
  getMonitoring: {
    async ok(world) {
      const org = cloud.organization();
      await org.start({ guarantee_days: 1 });
      await cloud.publish(malformed(org));
      await cloud.settle();
      await cloud.advance(2 * DAY_MS);
      const viewer = await world.as("viewer");
      const week = { hours: 168 };
      const data = await figuresOnce(
        viewer,
        ({ lateness, counts }) => lateness.releases > 0 && counts.rejected_events > 0,
        week,
      );

      const { firing } = await org.only("escrow_hold");
      expect(data.lateness.max_seconds).toBeGreaterThanOrEqual((firing as Json).latenessSeconds);
      expect(data.lateness.p50_seconds).toBeLessThanOrEqual(data.lateness.p99_seconds);
      expect(Date.parse(data.window.to) - Date.parse(data.window.from)).toBeLessThanOrEqual(7 * DAY_MS);
      const { "payouts-local-intake-events": intake } = cloud.local.functions.figures();
      expect(data.functions.find(({ name }: Json) => name === "intake-events")).toMatchObject({
        ...{ resource_name: nameOf("intake-events"), invocations: intake?.invocations, errors: 0, throttles: 0 },
        duration_p99_ms: expect.any(Number),
      });
      expect(data.sweeps.runs).toBeGreaterThan(0);
      expect(cloud.now() - Date.parse(data.sweeps.last_run_at)).toBeLessThan(7 * MINUTE_MS);
      expect(data.queues.map(({ name }: Json) => name)).toEqual(failureQueueNames);
      expect(data.queues[0]).toMatchObject({
        name: REJECTED,
        resource_name: nameOf(REJECTED),
        messages: 1,
        redrivable: true,
      });
      expect(data.queues[0].oldest_age_seconds).toBeGreaterThan(86_400);
      expect(data.queues[1]).toMatchObject({ messages: 0, oldest_age_seconds: null });
      expect(data.series).toMatchObject({ period_seconds: 3_600, points: { length: 168 } });
      const releases = data.series.points.reduce((sum: number, point: Json) => sum + point.releases, 0);
      expect(releases).toBe(data.lateness.releases);

      const hour = await figuresOnce(viewer, () => true, { hours: 1 });
      expect(hour.series).toMatchObject({ period_seconds: 300, points: { length: 12 } });
      expect(hour.lateness).toEqual({ releases: 0, p50_seconds: null, p99_seconds: null, max_seconds: null });
      expect((await viewer.ok("getMonitoring")).data.series.period_seconds).toBe(900);
    },
    refusals: {
      async platform_unavailable(world) {
        const viewer = await world.as("viewer");
        await cloud.advance(REMEMBERED_MS);
        cloud.local.faults.aws.add({ service: "cloudwatch", functionName: FUNCTION, error: "throttle", count: ALWAYS });
        await world.turnedAway(viewer, "getMonitoring", "platform_unavailable");
        cloud.endFaults();
        await viewer.ok("getMonitoring");
      },
    },
  },

  listDeadLetters: {
    async ok(world) {
      const org = await activationFailed();
      const processor = await world.as("processor");
      const first = await world.done(processor, "listDeadLetters", inQueue(FAILURES));
      expect(first.data).toMatchObject({ queue: FAILURES, messages: 1 });
      const [letter] = first.data.dead_letters;
      expect(letter).toMatchObject({
        ...{ receive_count: 1, kind: "failed_invocation", source: "placements", detail_type: "placement.activated" },
        ...{ organization_id: org.id, redrivable: true, not_redrivable_reason: null, body_truncated: false },
        reason: expect.stringContaining("Runtime"),
      });
      expect(JSON.parse(letter.body).requestPayload.detail.organization_id).toBe(org.id);
      expect(cloud.now() - Date.parse(letter.sent_at)).toBeLessThan(10 * MINUTE_MS);
      expect(first.lines).toMatchObject([{ action: "security.data_read", changed_by: processor.subject }]);

      const again = await processor.ok("listDeadLetters", inQueue(FAILURES));
      expect(again.data.dead_letters).toEqual([{ ...letter, receive_count: 2 }]);
      await (await world.as("admin")).ok("redriveDeadLetters", { body: { queue: FAILURES } });
      await cloud.settle();
      expect((await processor.ok("listDeadLetters", inQueue(FAILURES))).data).toMatchObject({
        messages: 0,
        dead_letters: [],
      });
    },
    refusals: {
      async platform_unavailable(world) {
        cloud.local.faults.aws.add({ service: "sqs", functionName: FUNCTION, error: "throttle", count: ALWAYS });
        await world.turnedAway(
          await world.as("processor"),
          "listDeadLetters",
          "platform_unavailable",
          inQueue(REJECTED),
        );
      },
    },
  },

  redriveDeadLetters: {
    async ok(world) {
      const org = await activationFailed();
      const [{ id }] = (await lettersIn(FAILURES)) as [Json];
      const admin = await world.as("admin");
      const asked = { body: { queue: FAILURES, ids: [id] }, key: "redrive-once" };
      const done = await world.done(admin, "redriveDeadLetters", asked);
      const result = { source: "placements", detail_type: "placement.activated", organization_id: org.id };
      expect(done.json).toEqual({ results: [{ id, ok: true, result }], summary: { succeeded: 1, failed: 0 } });
      expect(done.lines).toMatchObject([
        { action: "security.dead_letter_redriven", changed_by: admin.subject, after_state: { entityId: id } },
      ]);
      expect(world.told(done.requestId)).toMatchObject([{ detailType: "security.dead_letter_redriven" }]);
      const events = (await admin.ok("listSecurityEvents", { query: { kind: "dead_letter_redriven", limit: 1 } })).data;
      const detail = `${FAILURES}: placements placement.activated of ${org.id}`;
      expect(events).toMatchObject([{ entity_id: id, operation: "redriveDeadLetters", risk_level: "low", detail }]);
      expect((await org.only("payout")).status).toBe("approved");
      expect(await lettersIn(FAILURES)).toEqual([]);

      expect((await world.done(admin, "redriveDeadLetters", asked)).json).toEqual(done.json);
      const anew = await admin.ok("redriveDeadLetters", { body: asked.body });
      expect(anew).toMatchObject({
        results: [{ id, ok: false, problem: { code: "not_found" } }],
        summary: { failed: 1 },
      });
      expect(activationsOf(org)).toBe(2);
      await org.expectInvariants();
    },
    refusals: {
      async dead_letter_not_redrivable(world) {
        const asked = { body: { queue: "write-audit-failures" } };
        await world.turnedAway(await world.as("admin"), "redriveDeadLetters", "dead_letter_not_redrivable", asked);
      },
      async platform_unavailable(world) {
        cloud.local.faults.aws.add({ service: "sqs", functionName: FUNCTION, error: "internal", count: ALWAYS });
        const asked = { body: { queue: REJECTED } };
        await world.turnedAway(await world.as("admin"), "redriveDeadLetters", "platform_unavailable", asked);
      },
    },
  },
};

drive(monitoringOperations, monitoring, open);

describe("what goes back on the bus", () => {
  it("may be put there twice, and acts once: its removal from the queue failed", async () => {
    const [world, org] = [await open(), await activationFailed()];
    const admin = await world.as("admin");
    const removal = { service: "sqs", operation: "DeleteMessage", functionName: FUNCTION } as const;
    cloud.local.faults.aws.add({ ...removal, effect: "before", count: 3 });
    for (const round of [1, 2]) {
      const { results } = (await world.done(admin, "redriveDeadLetters", { body: { queue: FAILURES } })).json;
      expect(results, `round ${round}`).toMatchObject([{ ok: true, result: { organization_id: org.id } }]);
      await cloud.advance(HIDDEN_MS);
    }
    expect(activationsOf(org)).toBe(3);
    await org.only("payout");
    expect(await lettersIn(FAILURES)).toEqual([]);
    await org.expectInvariants();
  });

  it("keeps its time: an old fact about a payee doesn't overwrite a newer one", async () => {
    const [world, org] = [await open(), cloud.organization()];
    const account = `acct_old${org.id}`;
    await keepAsFailure(org, org.payeeUpserted({ account }), account);
    await cloud.publish(org.payeeUpserted());
    await cloud.settle();
    const { json } = await world.done(await world.as("admin"), "redriveDeadLetters", { body: { queue: FAILURES } });
    expect(json.summary).toEqual({ succeeded: 1, failed: 0 });
    const payee = await org.only("payee");
    expect([payee.id, payee.destinations]).toMatchObject([PAYEE, [{ account: org.account() }]]);
  });

  it("stays in the queue where the bus doesn't take it, and says so of each", async () => {
    const [world, org] = [await open(), cloud.organization()];
    await cloud.publish(malformed(org), malformed(org));
    await cloud.settle();
    const admin = await world.as("admin");
    const bus = { service: "events", operation: "PutEvents", functionName: FUNCTION } as const;
    cloud.local.faults.aws.add({ ...bus, error: "internal", count: ALWAYS });
    const { json } = await world.done(admin, "redriveDeadLetters", { body: { queue: REJECTED } });
    expect(json.results.map(({ problem }: Json) => problem?.code)).toEqual(Array(2).fill("platform_unavailable"));
    expect(json.summary).toEqual({ succeeded: 0, failed: 2 });
    cloud.endFaults();
    expect(await lettersIn(REJECTED)).toHaveLength(2);

    const after = await world.done(admin, "redriveDeadLetters", { body: { queue: REJECTED } });
    expect(after.json.summary).toEqual({ succeeded: 2, failed: 0 });
    expect(activationsOf(org)).toBe(4);
    // It can't be used now either: it comes back with its reason.
    expect(await lettersIn(REJECTED)).toMatchObject(Array(2).fill({ kind: "refused_event", organization_id: org.id }));
  });
});

const everyAsk: readonly [OperationId, Asked][] = [
  ["getMonitoring", {}],
  ["listDeadLetters", inQueue(REJECTED)],
  ["redriveDeadLetters", { body: { queue: REJECTED } }],
];

describe("the platform itself", () => {
  it.each(everyAsk)("is no other organization's, whatever the role: %s", async (operationId, asked) => {
    const elsewhere = openWorkplace(cloud, api);
    for (const role of ["admin", "super_admin"] as const) {
      await elsewhere.turnedAway(await elsewhere.as(role), operationId, "not_operator_organization", asked);
    }
  });

  it("is told of to those who may see it", async () => {
    const [world, elsewhere] = [await open(), openWorkplace(cloud, api)];
    const operates = async (person: Person) => (await person.ok("getMe")).data.platform_operator;
    expect(await operates(await world.as("viewer"))).toBe(true);
    expect(await operates(await world.as("payee", { scopeId: PAYEE }))).toBe(false);
    expect(await operates(await elsewhere.as("super_admin"))).toBe(false);
  });

  it("is for those whose role allows it", async () => {
    const world = await open();
    const payee = await world.as("payee", { scopeId: PAYEE });
    for (const [operationId, asked] of everyAsk)
      await world.turnedAway(payee, operationId, "permission_required", asked);
    await world.turnedAway(await world.as("operator"), "listDeadLetters", "permission_required", inQueue(REJECTED));
    await world.turnedAway(await world.as("manager"), "redriveDeadLetters", "permission_required", everyAsk[2]?.[1]);
  });

  it("takes nothing but a redrive with a key, from an allowed address", async () => {
    const world = await open();
    const admin = await world.as("admin");
    await admin.refused("redriveDeadLetters", "idempotency_key_missing", { body: { queue: REJECTED }, key: null });
    await admin.ok("redriveDeadLetters", { body: { queue: REJECTED }, key: "one" });
    await admin.refused("redriveDeadLetters", "idempotency_key_reused", { body: { queue: FAILURES }, key: "one" });
    // Last: from here on nobody's address is allowed.
    await allowOnlyOtherAddress(cloud, OPERATOR);
    await world.turnedAway(admin, "redriveDeadLetters", "address_not_allowed", { body: { queue: REJECTED } });
    await admin.ok("listDeadLetters", inQueue(REJECTED));
  });
});

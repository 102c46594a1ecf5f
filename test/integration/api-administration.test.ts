import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { activityOperations } from "../../shared/api/contract/activity.ts";
import { operations } from "../../shared/api/contract/operations.ts";
import { sendingOperations } from "../../shared/api/contract/sending.ts";
import { settingsOperations } from "../../shared/api/contract/settings.ts";
import { systemOperations } from "../../shared/api/contract/system.ts";
import { openApiDocument } from "../../shared/api/openapi.ts";
import { createTestApi, type Json, type TestApi } from "../support/api.ts";
import { openWorkplace, type Workplace } from "../support/api-effects.ts";
import { MINUTE_MS, SECOND_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { PLACEMENT } from "../support/organization.ts";
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
/** Settings are relied on for so long. */
const TRUSTED_MS = 30 * SECOND_MS;
/** What is due is found by the sweep within so much time. */
const SWEEP_MS = 10 * MINUTE_MS;
const FEE_MINOR = 50_000;
const pause = { body: { reason: "the amounts look wrong" } };

const settings: Scenarios<typeof settingsOperations, Workplace> = {
  getSettings: {
    async ok(world) {
      const { data } = await (await world.as("viewer")).ok("getSettings");
      expect(data).toMatchObject({
        ...{ organization_id: world.org.id, version: 0, own: [], cooling_off_hours: 24, allowed_cidrs: [] },
        policy: { holdback_percentage: 20, guarantee_days: 90 },
        high_value_amounts: { USD: 100_000 },
      });
    },
    refusals: {},
  },

  updateSettings: {
    async ok(world) {
      const admin = await world.as("admin");
      const changed = await world.done(admin, "updateSettings", {
        version: 0,
        body: { policy: { holdback_percentage: 12.5, approval: "manual" }, approver_limit_amounts: { USD: 70_000 } },
      });
      const own = ["approver_limit_amounts.USD", "policy.approval", "policy.holdback_percentage"];
      expect(changed.data).toMatchObject({
        version: 1,
        own,
        policy: { holdback_percentage: 12.5, guarantee_days: 90 },
      });
      expect(changed.lines).toMatchObject([
        { action: "settings.updated", changed_by: admin.subject, after_state: { policy: { holdbackBp: 1_250 } } },
      ]);
      expect(world.told(changed.requestId)).toMatchObject([{ detailType: "settings.updated" }]);
      expect((await (await world.as("viewer")).ok("getSettings")).data).toEqual(changed.data);

      await world.org.start({ fee_amount: 80_000 });
      const { id, heldMinor } = await world.org.only("payout");
      expect(heldMinor).toBe(10_000);
      const asked = { params: { id } };
      await world.turnedAway(await world.as("manager"), "approvePayout", "approver_limit_exceeded", asked);
      const back = { version: 1, body: { approver_limit_amounts: { USD: null } } };
      expect((await world.done(admin, "updateSettings", back)).data.approver_limit_amounts).toEqual({});
      await world.done(await world.as("manager"), "approvePayout", asked);
    },
    refusals: {},
  },
};

const sending: Scenarios<typeof sendingOperations, Workplace> = {
  getSendingControls: {
    async ok(world) {
      const viewer = await world.as("viewer");
      const one = { status: "open", reason: null, probe_at: null, updated_at: null, updated_by: null };
      const { data } = await viewer.ok("getSendingControls");
      expect(data.map(({ scope, provider }: Json) => `${scope} ${provider}`)).toEqual([
        ...["deployment all", "deployment stripe", "organization all", "organization stripe"],
      ]);
      expect(data.slice(2)).toMatchObject([one, one]);
    },
    refusals: {},
  },

  pauseSending: {
    async ok(world) {
      const processor = await world.as("processor");
      const paused = await world.done(processor, "pauseSending", pause);
      const control = { scope: "organization", provider: "all", status: "paused", reason: pause.body.reason };
      expect(paused.data).toMatchObject({ ...control, updated_by: processor.subject });
      expect(paused.lines).toMatchObject([
        { action: "sending_control.paused", changed_by: processor.subject, reason: pause.body.reason },
      ]);
      expect(world.told(paused.requestId)).toMatchObject([{ detailType: "sending_control.paused" }]);
      const { data } = await (await world.as("viewer")).ok("getSendingControls");
      expect(data[2]).toEqual(paused.data);
      const elsewhere = await openWorkplace(cloud, api).as("viewer");
      expect((await elsewhere.ok("getSendingControls")).data[2].status).toBe("open");

      await world.org.send(FEE_MINOR);
      expect(await world.org.only("transfer")).toMatchObject({
        status: "pending",
        blocker: { code: "sending_paused" },
      });
      expect(world.org.books()).toEqual([]);
    },
    refusals: {
      async sending_already_paused(world) {
        const processor = await world.as("processor");
        await world.done(processor, "pauseSending", pause);
        await world.turnedAway(processor, "pauseSending", "sending_already_paused", pause);
      },
    },
  },

  resumeSending: {
    async ok(world) {
      await world.done(await world.as("processor"), "pauseSending", { body: { ...pause.body, provider: "stripe" } });
      await world.org.send(FEE_MINOR);
      const admin = await world.as("admin");
      const resumed = await world.done(admin, "resumeSending", { body: { provider: "stripe" } });
      expect(resumed.data).toMatchObject({ provider: "stripe", status: "open", updated_by: admin.subject });
      expect(resumed.actions).toContain("sending_control.resumed");
      expect(world.org.books()).toMatchObject([{ amountMinor: FEE_MINOR }]);
      await world.org.expectInvariants();
    },
    refusals: {
      async sending_already_open(world) {
        await world.done(await world.as("processor"), "pauseSending", pause);
        const asked = { body: { provider: "stripe" } };
        await world.turnedAway(await world.as("admin"), "resumeSending", "sending_already_open", asked);
      },
    },
  },
};

const activity: Scenarios<typeof activityOperations, Workplace> = {
  listSecurityEvents: {
    async ok(world) {
      const operator = await world.as("operator");
      const refused = await world.turnedAway(operator, "pauseSending", "permission_required", pause);
      expect(world.told(refused.request_id)).toMatchObject([
        { detailType: "security.action_refused", detail: { actor: { id: operator.subject } } },
      ]);
      const exported = await world.done(operator, "exportPayouts");
      const viewer = await world.as("viewer");
      const events = [
        { kind: "data_exported", risk_level: "info", operation: "exportPayouts", request_id: exported.requestId },
        { kind: "action_refused", risk_level: "low", code: "permission_required", request_id: refused.request_id },
      ];
      const { data } = await viewer.ok("listSecurityEvents", { query: { subject: operator.subject } });
      expect(data).toMatchObject(events.map((event) => ({ ...event, role: "operator", source_ip: "127.0.0.1" })));
      for (const [query, expected] of [
        [{ kind: ["action_refused", "many_failures"] }, [events[1]]],
        [{ risk_level: "info" }, [events[0]]],
        [{ sort: "date" }, [...events].reverse()],
        [{ subject: "nobody" }, []],
      ] as const) {
        const found = await viewer.ok("listSecurityEvents", { query });
        expect(found.data, JSON.stringify(query)).toMatchObject(expected);
        expect(found.data).toHaveLength(expected.length);
      }
    },
    refusals: {
      async invalid_cursor(world) {
        const operator = await world.as("operator");
        for (const _ of [1, 2]) await world.done(operator, "exportPayouts");
        const { pagination } = await operator.ok("listSecurityEvents", { query: { limit: 1 } });
        const cursor = pagination.next_cursor;
        const filtered = { query: { limit: 1, risk_level: "low", cursor } };
        await world.turnedAway(operator, "listSecurityEvents", "invalid_cursor", filtered);
        const elsewhere = await openWorkplace(cloud, api).as("viewer");
        await world.turnedAway(elsewhere, "listSecurityEvents", "invalid_cursor", { query: { limit: 1, cursor } });
      },
    },
  },

  getSecurityEvent: {
    async ok(world) {
      await world.done(await world.as("operator"), "exportPayouts");
      const viewer = await world.as("viewer");
      const [listed] = (await viewer.ok("listSecurityEvents")).data;
      expect((await viewer.ok("getSecurityEvent", { params: { id: listed.id } })).data).toEqual(listed);
    },
    refusals: {
      async not_found(world) {
        await world.done(await world.as("operator"), "exportPayouts");
        const { id } = await world.org.only("security_event");
        const elsewhere = await openWorkplace(cloud, api).as("super_admin");
        await world.turnedAway(elsewhere, "getSecurityEvent", "not_found", { params: { id } });
        const viewer = await world.as("viewer");
        await world.turnedAway(viewer, "getSecurityEvent", "not_found", { params: { id: "se_nothing" } });
      },
    },
  },
};

const system: Scenarios<typeof systemOperations, Workplace> = {
  getHealth: {
    async ok() {
      const answer = await api.send("GET", "/v2/health");
      expect([answer.status, await answer.json()]).toEqual([200, { data: { status: "ok" } }]);
      expect(answer.headers.get("x-request-id")).toMatch(/\S/);
    },
    refusals: {},
  },
  getOpenApi: {
    async ok() {
      const answer = await api.send("GET", "/v2/openapi.json");
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument(operations))));
    },
    refusals: {},
  },
};

drive(settingsOperations, settings, open);
drive(sendingOperations, sending, open);
drive(activityOperations, activity, open);
drive(systemOperations, system, open);

describe("an organization's allow-list", () => {
  it("can't be set without the address of who sets it, and nothing else of the request is done", async () => {
    const world = await open();
    const admin = await world.as("admin");
    const body = { allowed_cidrs: ["203.0.113.0/24"], cooling_off_hours: 0 };
    const problem = await world.turnedAway(admin, "updateSettings", "invalid_request", { version: 0, body });
    expect(problem).toMatchObject({
      status: 400,
      field: "allowed_cidrs",
      detail: expect.stringContaining("127.0.0.1"),
    });
    const own = { version: 0, body: { allowed_cidrs: ["127.0.0.0/8"] } };
    expect((await world.done(admin, "updateSettings", own)).data.allowed_cidrs).toEqual(["127.0.0.0/8"]);
  });

  it("holds within 30 s for settings and resuming; pausing stays possible from anywhere", async () => {
    const world = await open();
    const admin = await world.as("admin");
    await world.done(admin, "pauseSending", { body: { ...pause.body, provider: "stripe" } });
    await allowOnlyOtherAddress(cloud, world.org.id);
    const headers = { "x-forwarded-for": "127.0.0.2" };
    const change = { version: 1, body: { cooling_off_hours: 0 }, headers };
    const { request_id } = await world.turnedAway(admin, "updateSettings", "address_not_allowed", change);
    await world.turnedAway(admin, "resumeSending", "address_not_allowed", { body: { provider: "stripe" }, headers });
    await world.done(admin, "pauseSending", pause);
    const query = { risk_level: "medium", subject: admin.subject };
    const { data } = await admin.ok("listSecurityEvents", { query });
    expect(data).toContainEqual(expect.objectContaining({ code: "address_not_allowed", request_id }));
  });
});

describe("pausing", () => {
  it("of one organization stops only its own transfers, and resuming lets them go, once each", async () => {
    const [paused, other] = [await open(), await open()];
    const processor = await paused.as("processor");
    await paused.done(processor, "pauseSending", pause);
    await Promise.all([paused.org.send(FEE_MINOR), other.org.send(FEE_MINOR)]);
    expect(other.org.books()).toMatchObject([{ amountMinor: FEE_MINOR }]);
    expect(paused.org.books()).toEqual([]);
    const { id } = await paused.org.only("payout");
    const { data: blockers } = await processor.ok("getPayoutBlockers", { params: { id } });
    expect(blockers).toMatchObject([
      { code: "sending_paused", entity_type: "sending_control", fixable_by: "admin", detail: pause.body.reason },
      { code: "sending_paused", entity_type: "transfer" },
    ]);

    await paused.turnedAway(processor, "resumeSending", "permission_required");
    await other.turnedAway(await other.as("admin"), "resumeSending", "sending_already_open");
    await paused.done(await paused.as("admin"), "resumeSending");
    await cloud.advance(TRUSTED_MS);
    expect(paused.org.books()).toMatchObject([{ amountMinor: FEE_MINOR }]);
    expect((await processor.ok("getPayoutBlockers", { params: { id } })).data).toEqual([]);
    for (const { org } of [paused, other]) await org.expectInvariants();
  });

  it("of the whole deployment is seen by everybody, holds whatever an organization resumes, and ends for all", async () => {
    const world = await open();
    const viewer = await world.as("viewer");
    const reason = "an incident at the provider";
    const stop = { control: "all", by: "ops@example.com" };
    await cloud.command({ command: "pause_sending", ...stop, reason });
    try {
      const { data } = await viewer.ok("getSendingControls");
      const deployment = { scope: "deployment", provider: "all", status: "paused", reason, updated_by: null };
      expect(data[0]).toMatchObject(deployment);
      expect(data[2].status).toBe("open");
      expect(JSON.stringify(data)).not.toContain(stop.by);
      await world.turnedAway(await world.as("super_admin"), "resumeSending", "sending_already_open");
      await world.org.send(FEE_MINOR);
      expect(world.org.books()).toEqual([]);
    } finally {
      await cloud.command({ command: "resume_sending", ...stop });
      await cloud.settle();
    }
    expect((await viewer.ok("getSendingControls")).data[0].status).toBe("open");
    expect(world.org.books()).toMatchObject([{ amountMinor: FEE_MINOR }]);
  });
});

describe("a provider that refuses the deployment's credentials", () => {
  it("shows as tripped with the time of the next try, and opens by itself", async () => {
    const world = await open();
    const match = { destination: world.org.account() };
    cloud.local.stripe.control.addFault({ match, fault: "expired_key", count: 1 });
    await world.org.send(FEE_MINOR);
    const viewer = await world.as("viewer");
    const controls = async () => (await viewer.ok("getSendingControls")).data;
    const [, stripe] = await controls();
    expect(stripe).toMatchObject({ scope: "deployment", provider: "stripe", status: "tripped", updated_by: null });
    expect(world.org.books()).toEqual([]);

    await cloud.advanceTo(Date.parse(stripe.probe_at) + SWEEP_MS);
    expect((await controls())[1]).toMatchObject({ status: "open", probe_at: null });
    expect(world.org.books()).toMatchObject([{ amountMinor: FEE_MINOR }]);
  });
});

describe("what people try", () => {
  it("five refusals in ten minutes are flagged, once, on the bus too", async () => {
    const world = await open();
    const viewer = await world.as("viewer");
    for (const _ of [1, 2, 3, 4]) await viewer.refused("pauseSending", "permission_required", pause);
    const flagged = async () => (await viewer.ok("listSecurityEvents", { query: { kind: "many_failures" } })).data;
    expect(await flagged()).toEqual([]);
    for (const _ of [5, 6]) await viewer.refused("pauseSending", "permission_required", pause);
    await cloud.settle();
    const data = await flagged();
    expect(data).toMatchObject([{ subject: viewer.subject, risk_level: "medium", role: "viewer" }]);
    const flags = cloud.seen.filter(
      ({ detailType, detail }) =>
        detailType === "security.suspicious_activity" && detail.organization_id === world.org.id,
    );
    expect(flags).toMatchObject([{ detail: { entity_id: data[0].id } }]);
  });

  it("a look at another organization's placement says what a look at nothing says", async () => {
    const world = await open();
    await world.org.start();
    const { id } = await world.org.only("payout");
    const elsewhere = await openWorkplace(cloud, api).as("super_admin");
    const query = { placement_id: PLACEMENT };
    expect((await elsewhere.ok("listPayouts", { query })).data).toEqual([]);
    const absent = "po_01JDR2V0Q8Z5Y7X3W1T9S6R400";
    const said = [];
    for (const asked of [id, absent]) {
      const { request_id: _, ...problem } = await elsewhere.refused("getPayout", "not_found", {
        params: { id: asked },
      });
      said.push(JSON.stringify(problem).replaceAll(asked, "…"));
    }
    expect(said[0]).toBe(said[1]);
  });
});

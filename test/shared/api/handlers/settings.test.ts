import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { settingsKey } from "../../../../shared/store/keys.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { ORG } from "../../../support/world.ts";
import { ADDRESS, createAccessApi } from "./access-fixture.ts";

let dynamo: TestDynamo;
let api: Awaited<ReturnType<typeof createAccessApi>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  api = await createAccessApi(dynamo);
});

const patch = (version: number, body: object, from = ADDRESS) =>
  api.call("root", "updateSettings", { version, body, from });
const stored = () => api.world.store.get("settings", settingsKey(ORG));

describe("settings", () => {
  it("are the deployment's defaults at version 0 while the organization has decided nothing", async () => {
    const answer = await api.call("root", "getSettings");
    expect(answer).toMatchObject({ status: 200, etag: '"0"' });
    expect(answer.json).toEqual(answer.closed);
    expect(answer.json.data).toEqual({
      organization_id: ORG,
      version: 0,
      policy: {
        holdback_percentage: 20,
        guarantee_days: 90,
        trigger_event: "guarantee_period_end",
        approval: "auto",
        time_zone: "UTC",
      },
      high_value_amounts: expect.objectContaining({ USD: 100_000, EUR: 100_000 }),
      approver_limit_amounts: {},
      cooling_off_hours: 24,
      allowed_cidrs: [],
      working_hours: null,
      own: [],
      updated_at: null,
    });
  });

  it("are the organization's own over them, and say which", async () => {
    const answer = await patch(0, {
      policy: { holdback_percentage: 12.34, approval: "manual" },
      ...{ high_value_amounts: { USD: 500_000, JPY: 0 }, approver_limit_amounts: { USD: 7 }, cooling_off_hours: 0 },
      ...{ allowed_cidrs: ["::ffff:203.0.113.0/120"], working_hours: { from: 7, to: 19 } },
    });
    expect(answer).toMatchObject({ status: 200, etag: '"1"' });
    expect(answer.json).toEqual(answer.closed);
    expect(answer.json.data).toMatchObject({
      policy: { holdback_percentage: 12.34, guarantee_days: 90, approval: "manual" },
      high_value_amounts: { USD: 500_000, EUR: 100_000, JPY: 0 },
      ...{ approver_limit_amounts: { USD: 7 }, cooling_off_hours: 0 },
      ...{ allowed_cidrs: ["203.0.113.0/24"], working_hours: { from: 7, to: 19 } },
    });
    expect(answer.json.data.own).toEqual([
      ...["allowed_cidrs", "approver_limit_amounts.USD", "cooling_off_hours", "high_value_amounts.JPY"],
      ...["high_value_amounts.USD", "policy.approval", "policy.holdback_percentage", "working_hours"],
    ]);
    expect((await api.call("root", "getSettings")).json).toEqual(answer.json);
    expect((await stored())?.policy).toEqual({ holdbackBp: 1_234, approval: "manual" });
  });

  it("go back to the defaults where they are null", async () => {
    await patch(0, { policy: { holdback_percentage: 5 }, high_value_amounts: { USD: 1 }, cooling_off_hours: 1 });
    const body = { policy: { holdback_percentage: null }, high_value_amounts: { USD: null }, cooling_off_hours: null };
    const { data } = (await patch(1, body)).json;
    expect(data).toMatchObject({ policy: { holdback_percentage: 20 }, cooling_off_hours: 24, own: [], version: 2 });
    expect(data.high_value_amounts.USD).toBe(100_000);
  });

  it.each([0.01, 0.07, 0.29, 1.1, 33.33, 99.99, 100])("take a holdback of %d percent exactly", async (percent) => {
    const { json } = await patch(0, { policy: { holdback_percentage: percent } });
    expect(json.data.policy.holdback_percentage).toBe(percent);
  });

  it("are changed at the version that was read only", async () => {
    expect((await patch(1, { cooling_off_hours: 1 })).json.code).toBe("version_mismatch");
    await patch(0, { cooling_off_hours: 1 });
    expect((await patch(0, { cooling_off_hours: 2 })).json.code).toBe("version_mismatch");
    expect((await api.call("root", "updateSettings", { body: { cooling_off_hours: 2 } })).json.code).toBe(
      "version_missing",
    );
    expect((await stored())?.coolingOffHours).toBe(1);
  });

  it.each([
    ["", {}],
    ["currency", { currency: "USD" }],
    ["policy.holdback_percentage", { policy: { holdback_percentage: 12.345 } }],
    ["policy.holdback_percentage", { policy: { holdback_percentage: 100.01 } }],
    ["policy.holdback_bp", { policy: { holdback_bp: 100 } }],
    ["policy.guarantee_days", { policy: { guarantee_days: -1 } }],
    ["policy.time_zone", { policy: { time_zone: "Mars/Base" } }],
    ["high_value_amounts.USD", { high_value_amounts: { USD: 0.5 } }],
    ["high_value_amounts.XTS", { high_value_amounts: { XTS: 5 } }],
    ["approver_limit_amounts.USD", { approver_limit_amounts: { USD: -1 } }],
    ["cooling_off_hours", { cooling_off_hours: 721 }],
    ["allowed_cidrs[1]", { allowed_cidrs: ["203.0.113.0/24", "203.0.113.7/24"] }],
    ["allowed_cidrs[0]", { allowed_cidrs: ["203.0.113.7"] }],
    ["allowed_cidrs", { allowed_cidrs: Array.from({ length: 101 }, () => "203.0.113.0/24") }],
    ["working_hours", { working_hours: { from: 9, to: 9 } }],
    ["working_hours.to", { working_hours: { from: 9, to: 25 } }],
  ])("with something wrong in %j are refused", async (field, body) => {
    const { status, json } = await patch(0, body);
    expect({ status, code: json.code, field: json.field ?? "" }).toEqual({
      ...{ status: 400, code: "invalid_request", field },
    });
    expect(await stored()).toBeUndefined();
  });

  it("are not changed so that whoever changes them is locked out", async () => {
    const refused = await patch(0, { allowed_cidrs: ["198.51.100.0/24"] });
    expect(refused).toMatchObject({ status: 400, json: { code: "invalid_request", field: "allowed_cidrs" } });
    expect(await stored()).toBeUndefined();
    expect((await patch(0, { allowed_cidrs: ["198.51.100.0/24", "203.0.113.7/32"] })).status).toBe(200);
  });

  it("are not changed from an address outside of the allow-list, but can be read", async () => {
    await patch(0, { allowed_cidrs: ["203.0.113.0/24"] });
    api.world.clock.advance(30_000);
    const from = "198.51.100.1";
    expect((await patch(1, { allowed_cidrs: null }, from)).json.code).toBe("address_not_allowed");
    expect((await api.call("root", "getSettings", { from })).status).toBe(200);
    expect((await patch(1, { allowed_cidrs: null })).json.data.allowed_cidrs).toEqual([]);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { operatorCommandSchema } from "../../../shared/commands/operator.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { activated, createTestWorld, ORG, payeeUpserted, type TestWorld } from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo, { policy: { approval: "manual" } });
  await world.take("payee.upserted", payeeUpserted());
  await world.take("placement.activated", activated());
});

const approve = (payoutId: string, by = "bob") =>
  world.run({ command: "approve_payout", organization_id: ORG, payout_id: payoutId, by });

describe("an approval", () => {
  it("names who gave it and pins the destination", async () => {
    await approve((await world.only("payout")).id);
    expect(await world.only("payout")).toMatchObject({
      status: "approved",
      approval: { state: "approved", by: "bob", at: world.clock.iso() },
      destination: { account: "acct_1" },
      change: { action: "payout.approved", actor: { type: "user", id: "bob" }, correlationId: "test" },
    });
  });

  it("by who created the payout is refused", async () => {
    const { id } = await world.only("payout");
    expect(await approve(id, "placements")).toMatchObject({ refusal: { code: "payout_approved_by_creator" } });
    expect((await world.only("payout")).version).toBe(1);
  });

  it("twice is refused", async () => {
    const { id } = await world.only("payout");
    await approve(id);
    expect(await approve(id, "eve")).toMatchObject({ refusal: { code: "payout_not_approvable" } });
  });

  it("of another organization's payout is not found", async () => {
    const { id } = await world.only("payout");
    const command = { command: "approve_payout", organization_id: "other", payout_id: id, by: "bob" } as const;
    expect(await world.run(command)).toMatchObject({ refusal: { code: "not_found" } });
  });
});

describe("a rejection", () => {
  it("ends schedule and hold with the reason, once", async () => {
    const { id } = await world.only("payout");
    const reject = () =>
      world.run({ command: "reject_payout", organization_id: ORG, payout_id: id, by: "bob", reason: "fraud" });
    await reject();
    expect(await world.only("payout")).toMatchObject({
      status: "rejected",
      endReason: "fraud",
      cancelledMinor: 100_000,
    });
    expect((await world.only("escrow_hold")).status).toBe("cancelled");
    expect(await reject()).toMatchObject({ refusal: { code: "payout_not_approvable" } });
    await world.expectSound();
  });

  it("of an approved payout is refused", async () => {
    const { id } = await world.only("payout");
    await approve(id);
    const command = {
      command: "reject_payout",
      organization_id: ORG,
      payout_id: id,
      by: "eve",
      reason: "late",
    } as const;
    expect(await world.run(command)).toMatchObject({ refusal: { code: "payout_not_approvable" } });
  });
});

describe("releases by a person", () => {
  it("take the amount and the notes", async () => {
    await approve((await world.only("payout")).id);
    const { id } = await world.only("escrow_hold");
    await world.run({
      command: "release_hold",
      organization_id: ORG,
      hold_id: id,
      by: "ada",
      amount: 500,
      notes: "part",
    });
    expect(await world.only("escrow_hold")).toMatchObject({
      amountMinor: 19_500,
      releaseNotes: "part",
      releasedBy: "ada",
    });
  });

  it("fire a schedule before its date", async () => {
    await approve((await world.only("payout")).id);
    const { id } = await world.only("payout_schedule");
    await world.run({ command: "trigger_schedule", organization_id: ORG, schedule_id: id, by: "ada" });
    expect(await world.only("payout_schedule")).toMatchObject({ status: "processing", firing: { path: "manual" } });
  });
});

describe("an organization's policy", () => {
  const set = (policy: Record<string, unknown>) =>
    world.run({ command: "set_policy", organization_id: ORG, by: "ada", policy });

  it("is set field by field; what is not named stays", async () => {
    await set({ holdback_bp: 1_000, approval: "manual" });
    await set({ holdback_bp: 1_500, time_zone: "Europe/Berlin", guarantee_days: 30, trigger_event: "manual" });
    expect(await world.only("settings")).toMatchObject({
      version: 2,
      policy: {
        holdbackBp: 1_500,
        approval: "manual",
        timeZone: "Europe/Berlin",
        guaranteeDays: 30,
        triggerEvent: "manual",
      },
    });
  });

  it("set by two at the same time keeps both", async () => {
    await Promise.all([set({ holdback_bp: 1_000 }), set({ guarantee_days: 30 })]);
    expect((await world.only("settings")).policy).toEqual({ holdbackBp: 1_000, guaranteeDays: 30 });
  });
});

describe("a command", () => {
  it.each([
    ["an unknown name", { command: "drop_table" }, "command"],
    [
      "an unknown field",
      { command: "approve_payout", organization_id: ORG, payout_id: "po_1", by: "b", force: true },
      "",
    ],
    ["no person", { command: "approve_payout", organization_id: ORG, payout_id: "po_1" }, "by"],
    [
      "the platform as organization",
      { command: "approve_payout", organization_id: "platform", payout_id: "po_1", by: "b" },
      "organization_id",
    ],
    [
      "a key in the organization",
      { command: "approve_payout", organization_id: "a#b", payout_id: "po_1", by: "b" },
      "organization_id",
    ],
    ["half a cent", { command: "release_hold", organization_id: ORG, hold_id: "eh_1", by: "b", amount: 0.5 }, "amount"],
    [
      "nothing to release",
      { command: "release_hold", organization_id: ORG, hold_id: "eh_1", by: "b", amount: 0 },
      "amount",
    ],
    [
      "a zone that is none",
      { command: "set_policy", organization_id: ORG, by: "b", policy: { time_zone: "Mars/Base" } },
      "policy.time_zone",
    ],
    ["a pause without a reason", { command: "pause_sending", control: "all", by: "b" }, "reason"],
    ["an unknown control", { command: "resume_sending", control: "paypal", by: "b" }, "control"],
  ])("with %s is refused and names the field", (_what, command, field) => {
    const parsed = operatorCommandSchema.safeParse(command);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.path.join(".")).toBe(field);
  });
});

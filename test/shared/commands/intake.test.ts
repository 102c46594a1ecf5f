import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PayoutPolicy } from "../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import {
  ACCOUNT,
  activated,
  createTestWorld,
  HOUR,
  ORG,
  PAYEE,
  payeeUpserted,
  SECOND,
  signalled,
  type TestWorld,
  withoutDestination,
} from "../../support/world.ts";

let dynamo: TestDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const worldWith = (policy: Partial<PayoutPolicy> = {}) => createTestWorld(dynamo, { policy });

async function counts(world: TestWorld) {
  const items = await world.items();
  const count = (entity: string) => items.filter((item) => item.entity === entity).length;
  return { payouts: count("payout"), schedules: count("payout_schedule"), holds: count("escrow_hold") };
}

const TWO_PAYEES = {
  payees: [
    { payee_id: "payee-1", share_bp: 6_000 },
    { payee_id: "payee-2", amount: 30_000 },
  ],
};

describe("an activation", () => {
  it("creates a payout, its schedule and its hold per payee", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    expect(await world.take("placement.activated", activated())).toEqual({ kind: "done" });
    expect(await world.only("payout")).toMatchObject({
      amountMinor: 100_000,
      heldMinor: 20_000,
      status: "approved",
      destination: { provider: "stripe", account: ACCOUNT },
      createdBy: "placements",
    });
    const scheduledDate = "2026-05-31T00:00:00.000Z";
    expect(await world.only("payout_schedule")).toMatchObject({
      amountMinor: 80_000,
      status: "pending",
      scheduledDate,
    });
    expect(await world.only("escrow_hold")).toMatchObject({ amountMinor: 20_000, releaseDate: scheduledDate });
    await world.expectSound();
  });

  it("taken ten times creates one payout, schedule and hold per payee", async () => {
    const world = await worldWith();
    for (let time = 0; time < 10; time += 1) await world.take("placement.activated", activated(TWO_PAYEES));
    expect(await counts(world)).toEqual({ payouts: 2, schedules: 2, holds: 2 });
    expect((await world.only("placement")).version).toBe(1);
    await world.expectSound();
  });

  it("taken ten times at once creates one payout, schedule and hold per payee", async () => {
    const world = await worldWith();
    const taken = Array.from({ length: 10 }, () => world.take("placement.activated", activated(TWO_PAYEES)));
    expect(await Promise.all(taken)).toEqual(Array(10).fill({ kind: "done" }));
    expect(await counts(world)).toEqual({ payouts: 2, schedules: 2, holds: 2 });
    await world.expectSound();
  });

  it("is the same whenever it was sent", async () => {
    const world = await worldWith();
    await world.take("placement.activated", activated());
    const again = await world.take("placement.activated", activated({ occurred_at: "2026-03-02T09:10:00.000Z" }));
    expect(again).toEqual({ kind: "done" });
    expect(await counts(world)).toEqual({ payouts: 1, schedules: 1, holds: 1 });
  });

  it("with other content is refused and changes nothing", async () => {
    const world = await worldWith();
    await world.take("placement.activated", activated());
    const before = await world.items();
    const refused = await world.take("placement.activated", activated({ fee_amount: 100_001 }));
    expect(refused).toMatchObject({
      kind: "refused",
      refusal: { code: "placement_already_active", field: "placement_id" },
    });
    expect(await world.items()).toEqual(before);
  });

  it.each([
    ["payees that get more than the fee", { payees: [{ payee_id: PAYEE, amount: 100_001 }] }, "fee_exceeded", "payees"],
    [
      "a share below one minor unit",
      { fee_amount: 1, payees: [{ payee_id: PAYEE, share_bp: 1 }] },
      "amount_too_small",
      "payees[0].share_bp",
    ],
  ])("with %s is refused and writes nothing", async (_what, more, code, field) => {
    const world = await worldWith();
    expect(await world.take("placement.activated", activated(more))).toMatchObject({ refusal: { code, field } });
    expect(await world.items()).toEqual([]);
  });

  it("of sixteen payees fits into one commit", async () => {
    const world = await worldWith();
    const payees = Array.from({ length: 16 }, (_, index) => ({ payee_id: `payee-${index}`, share_bp: 600 }));
    expect(await world.take("placement.activated", activated({ payees }))).toEqual({ kind: "done" });
    expect(await counts(world)).toEqual({ payouts: 16, schedules: 16, holds: 16 });
    await world.expectSound();
  });

  it("never mixes organizations: the same ids elsewhere are another placement", async () => {
    const world = await worldWith();
    await world.take("placement.activated", activated());
    await world.take("placement.activated", activated({ organization_id: "other", fee_amount: 500 }));
    const payouts = await world.all("payout");
    expect(new Set(payouts.map(({ id }) => id)).size).toBe(2);
    expect(payouts.map(({ organizationId }) => organizationId).toSorted()).toEqual([ORG, "other"]);
  });
});

describe("the policy", () => {
  const setPolicy = (world: TestWorld, policy: Partial<PayoutPolicy>) =>
    world.run({ command: "set_policy", organization_id: ORG, by: "ada", policy });

  it("of the deployment holds where nobody said anything else", async () => {
    const world = await worldWith({ holdbackBp: 1_000, guaranteeDays: 30 });
    await world.take("placement.activated", activated());
    expect((await world.only("payout")).policy).toMatchObject({ holdbackBp: 1_000, guaranteeDays: 30 });
    expect((await world.only("escrow_hold")).releaseDate).toBe("2026-04-01T00:00:00.000Z");
  });

  it("of the organization goes over the deployment's, field by field", async () => {
    const world = await worldWith({ holdbackBp: 1_000, guaranteeDays: 30 });
    await setPolicy(world, { holdbackBp: 5_000, timeZone: "Asia/Tokyo" });
    await world.take("placement.activated", activated());
    expect((await world.only("payout")).policy).toMatchObject({ holdbackBp: 5_000, guaranteeDays: 30 });
    expect((await world.only("escrow_hold")).releaseDate).toBe("2026-03-31T15:00:00.000Z");
  });

  it("of the event goes over both", async () => {
    const world = await worldWith();
    await setPolicy(world, { holdbackBp: 5_000, guaranteeDays: 10, approval: "auto" });
    const policy = { holdback_bp: 0, approval: "manual", trigger_event: "manual" };
    await world.take("placement.activated", activated({ guarantee_days: 5, policy }));
    const payout = await world.only("payout");
    expect(payout).toMatchObject({ heldMinor: 0, status: "pending_approval" });
    expect(payout.policy).toMatchObject({ guaranteeDays: 5, triggerEvent: "manual" });
    expect(await world.all("escrow_hold")).toEqual([]);
    expect((await world.only("payout_schedule")).scheduledDate).toBeUndefined();
  });

  it("of the event may set a date of its own for the schedule", async () => {
    const world = await worldWith();
    await world.take("placement.activated", activated({ policy: { scheduled_date: "2026-04-15T12:00:00+02:00" } }));
    expect((await world.only("payout_schedule")).scheduledDate).toBe("2026-04-15T10:00:00.000Z");
    expect((await world.only("escrow_hold")).releaseDate).toBe("2026-05-31T00:00:00.000Z");
  });

  it("is frozen in a payout: a later change is for later ones", async () => {
    const world = await worldWith();
    await world.take("placement.activated", activated());
    await setPolicy(world, { holdbackBp: 5_000 });
    await world.take("placement.activated", activated());
    expect((await world.only("payout")).policy.holdbackBp).toBe(2_000);
  });
});

describe("a signal", () => {
  const waiting = activated({ policy: { trigger_event: "contract_signed" } });

  it("fires the schedules that wait for it, on the path of an event", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", waiting);
    await world.take("placement.contract_signed", signalled());
    expect(await world.only("payout_schedule")).toMatchObject({
      status: "processing",
      firing: { path: "event", latenessSeconds: 0 },
    });
    expect(await world.only("transfer")).toMatchObject({ amountMinor: 80_000, status: "pending" });
    expect((await world.only("escrow_hold")).status).toBe("active");
    await world.expectSound();
  });

  it("that comes before the activation makes its schedule due at once", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.contract_signed", signalled());
    world.clock.advance(HOUR);
    await world.take("placement.activated", waiting);
    const schedule = await world.only("payout_schedule");
    expect(schedule.scheduledDate).toBe("2026-03-02T09:30:00.000Z");
    world.clock.advance(90 * SECOND);
    await world.sweep.run(() => HOUR);
    expect((await world.only("payout_schedule")).status).toBe("processing");
  });

  it.each(["placement.milestone_reached"] as const)("of another kind, %s, fires nothing", async (kind) => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", waiting);
    await world.take(kind, signalled());
    expect((await world.only("payout_schedule")).status).toBe("pending");
  });

  it("taken again, also at once, fires nothing twice", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", waiting);
    await Promise.all(Array.from({ length: 5 }, () => world.take("placement.contract_signed", signalled())));
    await world.only("transfer");
    await world.expectSound();
  });

  it("for a payee without a destination leaves the schedule due, with the blocker, until there is one", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", withoutDestination());
    await world.take("placement.activated", waiting);
    await world.take("placement.contract_signed", signalled());
    expect(await world.only("payout_schedule")).toMatchObject({
      status: "pending",
      scheduledDate: world.clock.iso(),
      blocker: { code: "destination_missing", fixableBy: "payee" },
    });
    world.clock.advance(SECOND);
    await world.take("payee.upserted", payeeUpserted());
    await world.resume.resumeWaiting({ kind: "payee", organizationId: ORG, payeeId: PAYEE });
    expect(await world.only("payout_schedule")).toMatchObject({ status: "processing", firing: { path: "resume" } });
    await world.expectSound();
  });

  it("for a placement that is over fires nothing, even where its payouts were not ended yet", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", waiting);
    // Killed between the placement's commit and its payouts': calls are read, commit, read again.
    world.faults.arm(4, "before");
    await expect(world.take("placement.cancelled", signalled())).rejects.toThrow("killed");
    world.faults.revive();
    await world.take("placement.contract_signed", signalled());
    expect(await world.all("transfer")).toEqual([]);
    expect((await world.only("placement")).contractSignedAt).toBe(world.clock.iso());
  });
});

describe("the end of a placement", () => {
  it("cancels schedules and holds of what has not moved", async () => {
    const world = await worldWith();
    await world.take("placement.activated", activated(TWO_PAYEES));
    await world.take("placement.cancelled", signalled({ reason: "the candidate withdrew" }));
    for (const payout of await world.all("payout")) {
      expect(payout).toMatchObject({ status: "cancelled", heldMinor: 0, endReason: "the candidate withdrew" });
    }
    expect((await world.all("escrow_hold")).map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
    await world.expectSound();
  });

  it("before the activation leaves nothing payable, and tells of the activation", async () => {
    const world = await worldWith();
    await world.take("placement.cancelled", signalled());
    expect(await world.take("placement.activated", activated())).toEqual({ kind: "done" });
    expect(await counts(world)).toEqual({ payouts: 0, schedules: 0, holds: 0 });
    const placement = await world.only("placement");
    expect(placement).toMatchObject({ status: "cancelled", feeMinor: 100_000, version: 2 });
    expect(placement.change.action).toBe("placement.activation_refused");
  });

  it("taken again changes nothing", async () => {
    const world = await worldWith();
    await world.take("placement.activated", activated());
    await world.take("placement.cancelled", signalled());
    const before = await world.items();
    await world.take("placement.cancelled", signalled());
    await world.take("placement.guarantee_failed", signalled());
    expect(await world.items()).toEqual(before);
  });

  it("by a failed guarantee forfeits the hold and claws back what was paid", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated());
    const schedule = await world.only("payout_schedule");
    await world.fire(schedule.id, "manual");
    await world.attempt(await world.only("transfer"));
    await world.take("placement.guarantee_failed", signalled());
    expect(await world.only("escrow_hold")).toMatchObject({ status: "forfeited" });
    expect(await world.only("payout")).toMatchObject({ paidMinor: 80_000, forfeitedMinor: 20_000, status: "paid" });
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(80_000);
    await world.expectSound();
  });

  it("while money is on its way lets it arrive and claws it back then", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated());
    const schedule = await world.only("payout_schedule");
    await world.fire(schedule.id, "manual");
    world.provider.next({
      acts: true,
      during: async () => void (await world.take("placement.cancelled", signalled())),
    });
    await world.attempt(await world.only("transfer"));
    expect(await world.only("payout")).toMatchObject({ paidMinor: 80_000, cancelledMinor: 20_000 });
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(80_000);
    await world.expectSound();
  });

  it("before anything was sent ends the transfer without a call", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated());
    const schedule = await world.only("payout_schedule");
    await world.fire(schedule.id, "manual");
    await world.take("placement.cancelled", signalled());
    await world.attempt(await world.only("transfer"));
    expect(world.provider.calls).toEqual([]);
    expect(await world.only("transfer")).toMatchObject({ status: "failed_terminal", outcome: { class: "ended" } });
    expect(await world.only("payout")).toMatchObject({ status: "cancelled", cancelledMinor: 100_000 });
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(0);
    await world.expectSound();
  });
});

describe("a payee", () => {
  it("keeps the newest fact, whatever the order of arrival", async () => {
    const world = await worldWith();
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_new"), { time: "2026-03-02T09:20:00Z" });
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_old"), { time: "2026-03-02T09:10:00Z" });
    expect(await world.only("payee")).toMatchObject({ destinations: [{ account: "acct_new" }], version: 1 });
  });
});

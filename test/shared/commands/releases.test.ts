import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import {
  activated,
  createTestWorld,
  DAY,
  HOUR,
  MINUTE,
  ORG,
  PAYEE,
  payeeUpserted,
  SECOND,
  signalled,
  type TestWorld,
  withoutDestination,
} from "../../support/world.ts";

const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
let dynamo: TestDynamo;
let world: TestWorld;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
});

async function activate(more: Record<string, unknown> = {}) {
  await world.take("payee.upserted", payeeUpserted());
  await world.take("placement.activated", activated(more));
  const [hold, schedule] = [await world.only("escrow_hold"), await world.only("payout_schedule")];
  return { hold, schedule };
}

describe("releasing a hold", () => {
  it("on time creates its transfer and records when, by what and how late", async () => {
    const { hold } = await activate();
    world.clock.set("2026-05-31T00:00:42.500Z");
    expect(await world.release(hold.id, "scheduler")).toMatchObject({ ok: true, value: { kind: "sent" } });
    expect(await world.only("escrow_hold")).toMatchObject({
      status: "released",
      releasedBy: "ada",
      firing: { plannedAt: GUARANTEE_END, firedAt: world.clock.iso(), path: "scheduler", latenessSeconds: 42 },
    });
    expect(await world.only("transfer")).toMatchObject({
      amountMinor: 20_000,
      cause: { entity: "escrow_hold", id: hold.id },
    });
    await world.expectSound();
  });

  it.each(["scheduler", "sweep", "resume"] as const)("early by the %s is refused and changes nothing", async (path) => {
    const { hold } = await activate();
    world.clock.set("2026-05-30T23:59:59.999Z");
    const before = await world.items();
    expect(await world.release(hold.id, path)).toMatchObject({ ok: false, refusal: { code: "hold_not_due" } });
    expect(await world.items()).toEqual(before);
  });

  it("early by a person goes through", async () => {
    const { hold } = await activate();
    expect(await world.release(hold.id, "manual", { notes: "goodwill" })).toMatchObject({ ok: true });
    const released = await world.only("escrow_hold");
    expect(released).toMatchObject({ status: "released", releaseNotes: "goodwill", firing: { path: "manual" } });
    expect(released.firing?.plannedAt).toBeUndefined();
    await world.expectSound();
  });

  it("twice releases once and names the state that it is in", async () => {
    const { hold } = await activate();
    world.clock.set(GUARANTEE_END);
    await world.release(hold.id, "scheduler");
    const before = await world.items();
    const again = await world.release(hold.id, "scheduler");
    expect(again).toMatchObject({ ok: false, refusal: { code: "hold_already_released" } });
    expect(await world.items()).toEqual(before);
  });

  it("in parts leaves the rest active, until all is released", async () => {
    const { hold } = await activate();
    await world.release(hold.id, "manual", { amountMinor: 5_000 });
    expect(await world.only("escrow_hold")).toMatchObject({
      status: "active",
      amountMinor: 15_000,
      originalMinor: 20_000,
    });
    world.clock.set(GUARANTEE_END);
    await world.release(hold.id, "scheduler");
    expect((await world.all("transfer")).map(({ amountMinor }) => amountMinor).toSorted()).toEqual([15_000, 5_000]);
    expect((await world.only("escrow_hold")).status).toBe("released");
    await world.expectSound();
  });

  it.each([
    ["more than it holds", 20_001, "hold_amount_exceeded"],
    ["nothing", 0, "amount_too_small"],
    ["a fraction", 0.5, "amount_too_small"],
  ])("of %s is refused with the field", async (_what, amountMinor, code) => {
    const { hold } = await activate();
    expect(await world.release(hold.id, "manual", { amountMinor })).toMatchObject({
      refusal: { code, field: "amount" },
    });
  });

  it("that isn't there, or belongs to somebody else, is not found", async () => {
    const { hold } = await activate();
    expect(await world.release("eh_000000000000000000000000ZZ", "manual")).toMatchObject({
      refusal: { code: "not_found" },
    });
    const foreign = { organizationId: "other", holdId: hold.id, path: "manual" as const };
    const result = await world.releases.releaseHold({
      ...foreign,
      actor: { type: "user", id: "eve" },
      correlationId: "x",
    });
    expect(result).toMatchObject({ refusal: { code: "not_found" } });
  });

  it("under the id of something else is not found", async () => {
    const { schedule } = await activate();
    expect(await world.release(schedule.id, "manual")).toMatchObject({ refusal: { code: "not_found" } });
  });
});

describe("firing a schedule", () => {
  it("on time sends the immediate part", async () => {
    const { schedule } = await activate();
    world.clock.set(GUARANTEE_END);
    await world.fire(schedule.id, "scheduler");
    expect(await world.only("payout_schedule")).toMatchObject({ status: "processing", sentMinor: 80_000 });
    expect(await world.only("payout")).toMatchObject({ status: "processing", inTransferMinor: 80_000 });
    await world.expectSound();
  });

  it("by the clock before its date, or without one, is refused", async () => {
    const { schedule } = await activate();
    expect(await world.fire(schedule.id, "sweep")).toMatchObject({ refusal: { code: "schedule_not_due" } });
    const later = await createTestWorld(dynamo, { policy: { triggerEvent: "manual" } });
    await later.take("payee.upserted", payeeUpserted());
    await later.take("placement.activated", activated());
    const waiting = await later.only("payout_schedule");
    expect(await later.fire(waiting.id, "scheduler")).toMatchObject({ refusal: { code: "schedule_not_due" } });
    expect(await later.fire(waiting.id, "manual")).toMatchObject({ ok: true });
  });

  it.each([
    ["is processing", "schedule_already_processing", async () => undefined],
    [
      "is completed",
      "schedule_already_completed",
      async () => void (await world.attempt(await world.only("transfer"))),
    ],
  ])("that %s is refused by that name", async (_what, code, then) => {
    const { schedule } = await activate();
    await world.fire(schedule.id, "manual");
    await then();
    expect(await world.fire(schedule.id, "manual")).toMatchObject({ ok: false, refusal: { code } });
  });

  it("that is cancelled is refused by that name", async () => {
    const { schedule } = await activate();
    await world.take("placement.cancelled", signalled());
    expect(await world.fire(schedule.id, "manual")).toMatchObject({ refusal: { code: "schedule_cancelled" } });
  });

  it("that failed goes again through its transfer when a person says so, under a new key", async () => {
    const { schedule } = await activate();
    await world.fire(schedule.id, "manual");
    const transfer = await world.only("transfer");
    world.provider.next(behaviours.rejects);
    await world.attempt(transfer);
    expect(await world.only("payout_schedule")).toMatchObject({ status: "failed", failureCode: "amount_too_large" });
    expect(await world.fire(schedule.id, "sweep")).toMatchObject({ refusal: { code: "schedule_not_due" } });
    expect(await world.fire(schedule.id, "manual")).toMatchObject({ value: { kind: "sent", transferId: transfer.id } });
    await world.attempt(transfer, true);
    expect(world.provider.movements).toMatchObject([{ transferId: transfer.id, epoch: 2 }]);
    expect(await world.only("payout_schedule")).toMatchObject({ status: "completed", retryCount: 1 });
    await world.expectSound();
  });
});

describe("what is due and blocked", () => {
  const blockedBy = async () => ({
    hold: (await world.only("escrow_hold")).blocker?.code,
    schedule: (await world.only("payout_schedule")).blocker?.code,
  });

  async function fallDue() {
    const [hold, schedule] = [await world.only("escrow_hold"), await world.only("payout_schedule")];
    world.clock.set(GUARANTEE_END);
    await world.release(hold.id, "scheduler");
    await world.fire(schedule.id, "scheduler");
    expect([(await world.only("escrow_hold")).status, (await world.only("payout_schedule")).status]).toEqual([
      "active",
      "pending",
    ]);
    expect(await world.all("transfer")).toEqual([]);
  }

  async function expectSentBy(path: string) {
    expect(await world.only("escrow_hold")).toMatchObject({
      status: "released",
      firing: { path, plannedAt: GUARANTEE_END },
    });
    expect(await world.only("payout_schedule")).toMatchObject({ status: "processing", firing: { path } });
    expect(await blockedBy()).toEqual({ hold: undefined, schedule: undefined });
    await world.expectSound();
  }

  it("by a missing approval goes on by itself when it is given", async () => {
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated({ policy: { approval: "manual" } }));
    await fallDue();
    expect(await blockedBy()).toEqual({ hold: "approval_pending", schedule: "approval_pending" });
    const payout = await world.only("payout");
    world.clock.advance(MINUTE);
    await world.run({ command: "approve_payout", organization_id: ORG, payout_id: payout.id, by: "bob" });
    expect(await world.resume.resumePayout(ORG, payout.id)).toEqual({ released: 2, attempts: 0 });
    await expectSentBy("resume");
  });

  it("by a missing destination goes on by itself when there is one", async () => {
    await world.take("payee.upserted", withoutDestination());
    await world.take("placement.activated", activated());
    await fallDue();
    expect(await blockedBy()).toEqual({ hold: "destination_missing", schedule: "destination_missing" });
    world.clock.advance(DAY);
    await world.take("payee.upserted", payeeUpserted());
    const report = await world.resume.resumeWaiting({ kind: "payee", organizationId: ORG, payeeId: PAYEE });
    expect(report).toEqual({ released: 2, attempts: 0 });
    await expectSentBy("resume");
    expect((await world.only("escrow_hold")).firing?.latenessSeconds).toBe(86_400);
  });

  it("by a changed destination loses its approval and goes on when it is approved again", async () => {
    await activate();
    world.clock.advance(DAY);
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_2"));
    await fallDue();
    expect(await blockedBy()).toEqual({ hold: "destination_changed", schedule: "approval_void" });
    const payout = await world.only("payout");
    expect(payout).toMatchObject({ status: "pending_approval", approval: { state: "void" } });
    await world.run({ command: "approve_payout", organization_id: ORG, payout_id: payout.id, by: "bob" });
    await world.resume.resumePayout(ORG, payout.id);
    await expectSentBy("resume");
    expect(
      (await world.all("transfer")).every(
        ({ destination }) => "account" in destination && destination.account === "acct_2",
      ),
    ).toBe(true);
  });

  it("is looked at again by the sweep, after an hour at first, then ever more slowly, at least daily", async () => {
    await world.take("payee.upserted", withoutDestination());
    await world.take("placement.activated", activated());
    await fallDue();
    const versions: number[] = [];
    for (let hour = 0; hour < 10; hour += 1) {
      world.clock.advance(HOUR + 2 * SECOND);
      await world.sweepAndAttempt();
      versions.push((await world.only("escrow_hold")).version);
    }
    expect(versions.at(-1)).toBeLessThanOrEqual(6);
    await world.take("payee.upserted", payeeUpserted());
    world.clock.advance(DAY);
    await world.sweepAndAttempt();
    await expectSentByAnyone();
  });

  async function expectSentByAnyone() {
    expect((await world.only("escrow_hold")).status).toBe("released");
    await world.expectSound();
  }

  it("says so to a person who releases it early, and is not due for that", async () => {
    await world.take("payee.upserted", withoutDestination());
    await world.take("placement.activated", activated());
    const { id } = await world.only("escrow_hold");
    expect(await world.release(id, "manual")).toMatchObject({ ok: false, refusal: { code: "blocked" } });
    expect((await world.only("escrow_hold")).version).toBe(1);
    await world.take("payee.upserted", payeeUpserted());
    world.clock.advance(2 * HOUR);
    await world.sweepAndAttempt();
    expect((await world.only("escrow_hold")).status).toBe("active");
  });
});

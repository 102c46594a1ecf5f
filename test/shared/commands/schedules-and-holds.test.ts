import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSchedulesAndHolds } from "../../../shared/commands/schedules-and-holds.ts";
import { createSettingsCommands } from "../../../shared/commands/settings.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { TriggerEvent } from "../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import {
  activated,
  createTestWorld,
  HOUR,
  MINUTE,
  ORG,
  PERSON,
  payeeUpserted,
  signalled,
  type TestWorld,
} from "../../support/world.ts";

const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
/** Hours, not months: a sweep looks at each hour since the one before. */
const LATER = "2026-05-31T03:00:00.000Z";
const MUCH_LATER = "2026-05-31T05:00:00.000Z";
let dynamo: TestDynamo;
let world: TestWorld;
let commands: ReturnType<typeof createSchedulesAndHolds>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  commands = createSchedulesAndHolds({ ...world.surroundings, releases: world.releases });
});

const origin = { organizationId: ORG, actor: PERSON, correlationId: "test", reason: "as agreed" };

async function activate(more: Record<string, unknown> = {}) {
  await world.take("payee.upserted", payeeUpserted());
  await world.take("placement.activated", activated(more));
  return { hold: await world.only("escrow_hold"), schedule: await world.only("payout_schedule") };
}

const split = (scheduleId: string, amountMinor: number, triggerEvent: TriggerEvent = "manual", date?: string) =>
  commands.splitSchedule({
    ...origin,
    scheduleId,
    amountMinor,
    triggerEvent,
    ...(date === undefined ? {} : { scheduledDate: date }),
  });
const holdBack = (scheduleId: string, amountMinor: number) =>
  commands.holdBack({
    ...origin,
    scheduleId,
    amountMinor,
    holdReason: "dispute",
    reason: "disputed",
    releaseDate: LATER,
  });

const codes = (decisions: readonly Decision<unknown>[]) =>
  decisions.map((decision) => (decision.ok ? "won" : decision.refusal.code)).toSorted();

describe("a change of dates", () => {
  it("moves where the sweep looks: nothing goes out at the old date, all at the new one", async () => {
    const { hold, schedule } = await activate();
    await commands.moveSchedule({ ...origin, scheduleId: schedule.id, scheduledDate: LATER, expectedVersion: 1 });
    await commands.extendHold({ ...origin, holdId: hold.id, releaseDate: MUCH_LATER });
    world.clock.set(GUARANTEE_END);
    world.clock.advance(HOUR);
    expect(await world.sweepAndAttempt()).toMatchObject({ healed: 0, complete: true });
    world.clock.set(LATER);
    world.clock.advance(2 * MINUTE);
    expect(await world.sweepAndAttempt()).toMatchObject({ healed: 1 });
    expect(await world.only("payout_schedule")).toMatchObject({ status: "processing", firing: { plannedAt: LATER } });
    world.clock.set(MUCH_LATER);
    world.clock.advance(2 * MINUTE);
    expect(await world.sweepAndAttempt()).toMatchObject({ healed: 1 });
    expect(await world.only("escrow_hold")).toMatchObject({ status: "released", firing: { plannedAt: MUCH_LATER } });
    await world.expectSound();
  });

  it("to an earlier one brings it forward, and a schedule that waited for its trigger gets one", async () => {
    const { schedule } = await activate({ policy: { trigger_event: "milestone_reached" } });
    await commands.moveSchedule({
      ...origin,
      scheduleId: schedule.id,
      scheduledDate: "2026-03-02T11:00:00.000Z",
      expectedVersion: 1,
    });
    world.clock.set("2026-03-02T11:02:00.000Z");
    expect(await world.sweepAndAttempt()).toMatchObject({ healed: 1 });
  });

  it("of what was due and blocked takes it off the list of those that wait", async () => {
    const { hold } = await activate({ policy: { approval: "manual" } });
    world.clock.set(GUARANTEE_END);
    await world.release(hold.id, "scheduler");
    expect((await world.only("escrow_hold")).blocker?.code).toBe("approval_pending");
    await commands.extendHold({ ...origin, holdId: hold.id, releaseDate: LATER });
    expect(await world.only("escrow_hold")).not.toHaveProperty("blocker");
    const item = (await world.items()).find(({ entity }) => entity === "escrow_hold");
    expect(item).not.toHaveProperty("waitPk");
    expect(String(item?.dueSk)).toMatch(new RegExp(`^${LATER}#`));
  });
});

describe("a part that is split off", () => {
  it("is paid at its own date, and the rest at the old one", async () => {
    const { schedule } = await activate();
    await split(schedule.id, 30_000, "manual", LATER);
    world.clock.set(GUARANTEE_END);
    world.clock.advance(2 * MINUTE);
    await world.settle(2);
    expect(world.provider.movements.map(({ amountMinor }) => amountMinor).toSorted()).toEqual([20_000, 50_000]);
    world.clock.set(LATER);
    world.clock.advance(2 * MINUTE);
    await world.settle(2);
    expect(await world.only("payout")).toMatchObject({ status: "paid", paidMinor: 100_000 });
    await world.expectSound();
  });

  it("for an event that has been is due at once", async () => {
    const { schedule } = await activate();
    await world.take("placement.contract_signed", signalled());
    const part = await split(schedule.id, 30_000, "contract_signed");
    expect(part).toMatchObject({ value: { scheduledDate: world.clock.iso(), status: "pending" } });
  });

  it("for an event that comes between the read and the commit is fired all the same", async () => {
    const { schedule } = await activate();
    const commit: typeof world.store.commit = async (changes, conditions) => {
      if (changes.some(({ after }) => after.change.action === "payout_schedule.created")) {
        await world.take("placement.milestone_reached", signalled());
      }
      return world.store.commit(changes, conditions);
    };
    const slow = createSchedulesAndHolds({
      ...world.surroundings,
      store: { ...world.store, commit },
      releases: world.releases,
    });
    const wish = { scheduleId: schedule.id, amountMinor: 30_000, triggerEvent: "milestone_reached" as const };
    const decision = await slow.splitSchedule({ ...origin, ...wish });
    expect(decision).toMatchObject({ ok: true, value: { status: "pending" } });
    const fired = (await world.all("payout_schedule")).find(({ amountMinor }) => amountMinor === 30_000);
    expect(fired).toMatchObject({ status: "processing", firing: { path: "event" } });
    await world.expectSound();
  });

  it("for an event that is still to come waits for it", async () => {
    const { schedule } = await activate();
    await split(schedule.id, 30_000, "milestone_reached");
    await world.take("placement.milestone_reached", signalled());
    expect((await world.only("transfer")).amountMinor).toBe(30_000);
    await world.expectSound();
  });
});

describe("what is ended", () => {
  it("by cancelling a failed schedule is never sent again", async () => {
    const { schedule } = await activate();
    await world.fire(schedule.id, "manual");
    world.provider.next(behaviours.rejects);
    await world.attempt(await world.only("transfer"));
    expect((await commands.cancelSchedule({ ...origin, scheduleId: schedule.id })).ok).toBe(true);
    expect(await world.only("payout_schedule")).toMatchObject({ status: "cancelled" });
    expect(await world.fire(schedule.id, "manual")).toMatchObject({ refusal: { code: "schedule_cancelled" } });
    await world.attempt(await world.only("transfer"), true);
    expect(world.provider.movements).toEqual([]);
    expect(await world.only("payout")).toMatchObject({ cancelledMinor: 80_000, inTransferMinor: 0 });
    await world.expectSound();
  });

  it("part by part ends the payout: paid what was paid, cancelled where nothing was", async () => {
    const { hold, schedule } = await activate();
    await commands.cancelSchedule({ ...origin, scheduleId: schedule.id });
    expect((await world.only("payout")).status).toBe("approved");
    await commands.forfeitHold({ ...origin, holdId: hold.id });
    expect(await world.only("payout")).toMatchObject({
      status: "cancelled",
      cancelledMinor: 80_000,
      forfeitedMinor: 20_000,
    });
    await world.expectSound();
  });

  it("with a payout in as many parts as people can make fits into one commit", async () => {
    const { schedule } = await activate();
    let parts = 0;
    while ((await split(schedule.id, 1_000)).ok) parts += 1;
    expect(parts).toBe(22);
    for (const one of await world.all("payout_schedule")) {
      await world.fire(one.id, "manual");
    }
    for (const transfer of await world.all("transfer")) {
      world.provider.next(behaviours.rejects);
      await world.attempt(transfer);
    }
    expect(await world.take("placement.cancelled", signalled())).toEqual({ kind: "done" });
    expect((await world.only("payout")).status).toBe("cancelled");
    await world.expectSound();
  });
});

describe("at the same time", () => {
  it("two splits of nearly all of a schedule: one wins, the other learns that there is less", async () => {
    const { schedule } = await activate();
    const both = await Promise.all([split(schedule.id, 70_000), split(schedule.id, 70_000)]);
    expect(codes(both)).toEqual(["schedule_amount_exceeded", "won"]);
    await world.expectSound();
  });

  it("splitting, holding back and firing: each unit goes one way", async () => {
    const { schedule } = await activate();
    const all = await Promise.all([
      split(schedule.id, 30_000),
      holdBack(schedule.id, 30_000),
      world.fire(schedule.id, "manual"),
    ]);
    for (const decision of all) if (!decision.ok) expect(decision.refusal.code).toBe("schedule_not_changeable");
    expect(all[2].ok).toBe(true);
    await world.expectSound();
  });

  it("cancelling and releasing a hold: one wins, the other learns which", async () => {
    for (const run of [1, 2, 3, 4]) {
      world = await createTestWorld(dynamo);
      commands = createSchedulesAndHolds({ ...world.surroundings, releases: world.releases });
      const { hold } = await activate();
      const both = await Promise.all(
        run % 2 === 0
          ? [commands.cancelHold({ ...origin, holdId: hold.id }), world.release(hold.id, "manual")]
          : [world.release(hold.id, "manual"), commands.cancelHold({ ...origin, holdId: hold.id })],
      );
      const { status } = await world.only("escrow_hold");
      expect(codes(both)).toEqual([`hold_already_${status}`, "won"]);
      expect(await world.all("transfer")).toHaveLength(status === "released" ? 1 : 0);
      await world.expectSound();
    }
  });

  it("a partial release and a forfeiture: what was released is paid, the rest is forfeited", async () => {
    const { hold } = await activate();
    const [partial, forfeited] = await Promise.all([
      world.release(hold.id, "manual", { amountMinor: 5_000 }),
      commands.forfeitHold({ ...origin, holdId: hold.id }),
    ]);
    expect(forfeited.ok).toBe(true);
    expect((await world.only("payout")).forfeitedMinor).toBe(partial.ok ? 15_000 : 20_000);
    if (!partial.ok) expect(partial.refusal.code).toBe("hold_already_forfeited");
    await world.expectSound();
  });

  it("extending and the scheduler's release: released, or held for longer, never both", async () => {
    const { hold } = await activate();
    world.clock.set(GUARANTEE_END);
    const [extended, released] = await Promise.all([
      commands.extendHold({ ...origin, holdId: hold.id, releaseDate: LATER }),
      world.release(hold.id, "scheduler"),
    ]);
    const after = await world.only("escrow_hold");
    expect([extended.ok, released.ok].filter((won) => won)).toHaveLength(1);
    expect(after).toMatchObject(extended.ok ? { status: "active", releaseDate: LATER } : { status: "released" });
    expect(codes([extended, released])).toEqual([extended.ok ? "hold_not_due" : "hold_already_released", "won"]);
    await world.expectSound();
  });

  it("cancelling a schedule and its placement: cancelled once", async () => {
    const { schedule } = await activate();
    await Promise.all([
      commands.cancelSchedule({ ...origin, scheduleId: schedule.id }),
      world.take("placement.cancelled", signalled()),
    ]);
    expect(await world.only("payout")).toMatchObject({ status: "cancelled", cancelledMinor: 100_000 });
    await world.expectSound();
  });

  it("ten people cancelling, releasing and forfeiting one hold: one of them does", async () => {
    const { hold } = await activate();
    const wishes = Array.from({ length: 10 }, (_, index) =>
      index % 3 === 0
        ? commands.cancelHold({ ...origin, holdId: hold.id })
        : index % 3 === 1
          ? commands.forfeitHold({ ...origin, holdId: hold.id })
          : world.release(hold.id, "manual"),
    );
    expect(codes(await Promise.all<Decision<unknown>>(wishes)).filter((code) => code === "won")).toHaveLength(1);
    await world.expectSound();
  });
});

describe("a person's release", () => {
  it("at the same time as the same person's approval never sends: whichever comes second is refused", async () => {
    const { hold, schedule } = await activate({ policy: { approval: "manual" } });
    const payoutId = (await world.only("payout")).id;
    const [approved, ...sent] = await Promise.all([
      world.run({ command: "approve_payout", organization_id: ORG, payout_id: payoutId, by: PERSON.id }),
      world.release(hold.id, "manual"),
      world.fire(schedule.id, "manual"),
    ]);
    for (const decision of sent) {
      if (decision.ok) expect(decision.value.kind).toBe("blocked");
      else expect(["blocked", "sent_by_approver"]).toContain(decision.refusal.code);
    }
    const again = await world.fire(schedule.id, "manual");
    if (approved.ok) expect(again).toMatchObject({ refusal: { code: "sent_by_approver" } });
    else expect(approved).toMatchObject({ refusal: { code: "approved_by_sender" } });
    const { approval, senders = [] } = await world.only("payout");
    expect(senders.includes(PERSON.id)).toBe(approval.state !== "approved");
    expect(await world.all("transfer")).toEqual([]);
  });

  it("reads the organization's limits; what the clock releases reads nothing more than it needs", async () => {
    const { hold, schedule } = await activate();
    world.clock.set(GUARANTEE_END);
    world.sent.length = 0;
    const clock = { organizationId: ORG, actor: { type: "system", id: "release-due" }, correlationId: "due" } as const;
    await world.releases.releaseHold({ ...clock, holdId: hold.id, path: "scheduler" });
    expect(world.sent).toEqual(["BatchGetCommand", "BatchGetCommand", "TransactWriteCommand"]);
    world.sent.length = 0;
    await world.fire(schedule.id, "manual");
    expect(world.sent.toSorted()).toEqual(["BatchGetCommand", "BatchGetCommand", "GetCommand", "TransactWriteCommand"]);
  });

  it("of high value is measured by the limits as they are now", async () => {
    const { schedule } = await activate({ fee_amount: 200_000 });
    const processor = { organizationId: ORG, actor: { ...PERSON, role: "processor" }, correlationId: "test" };
    const fire = () => world.releases.fireSchedule({ ...processor, scheduleId: schedule.id, path: "manual" });
    expect(await fire()).toMatchObject({ refusal: { code: "permission_required" } });
    const admin = { type: "user", id: "olga", role: "admin" } as const;
    await createSettingsCommands(world.surroundings).updateSettings({
      organizationId: ORG,
      actor: admin,
      correlationId: "test",
      expectedVersion: 0,
      patch: { highValueMinor: { USD: 1_000_000 } },
    });
    expect(await fire()).toMatchObject({ value: { kind: "sent" } });
  });
});

describe("what isn't there", () => {
  const absent = { ...origin, scheduleId: "ps_000000000000000000000000ZZ", holdId: "eh_1" };
  it("is not found by any command", async () => {
    const { schedule } = await activate();
    const foreign = { ...absent, scheduleId: schedule.id, organizationId: "globex" };
    for (const decision of [
      await split(absent.scheduleId, 1),
      await holdBack(absent.scheduleId, 1),
      await commands.cancelSchedule(absent),
      await commands.cancelSchedule(foreign),
      await commands.moveSchedule({ ...absent, scheduledDate: LATER, expectedVersion: 1 }),
      await commands.changeHold({ ...absent, change: {}, expectedVersion: 1 }),
      await commands.extendHold({ ...absent, releaseDate: LATER }),
      await commands.forfeitHold({ ...absent, holdId: schedule.id }),
      await commands.cancelHold(absent),
    ]) {
      expect(decision).toMatchObject({ refusal: { code: "not_found" } });
    }
  });
});

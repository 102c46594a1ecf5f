import { DeleteScheduleCommand, GetScheduleCommand } from "@aws-sdk/client-scheduler";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MINUTE_MS, nameOf, SCHEDULE_GROUP, SECOND_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Enough for everything to lie ahead, few enough for the clock to get there at once. */
const GUARANTEE_DAYS = 2;
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  // Bank payouts of connected accounts play no part here, and each would be a stop of the clock.
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

const start = (org: Organization, more: Record<string, unknown> = {}) =>
  org.start({ guarantee_days: GUARANTEE_DAYS, ...more });

async function dueDate(org: Organization): Promise<number> {
  return Date.parse((await org.only("escrow_hold")).releaseDate);
}

/** Over the date and as long as the sweep may take, a minute at a time, so that lateness shows. */
async function passDueDate(org: Organization, minutes: number): Promise<void> {
  const dueMs = await dueDate(org);
  for (let minute = 0; minute <= minutes; minute += 1) await cloud.advanceTo(dueMs + minute * MINUTE_MS);
}

async function expectReleased(org: Organization, path: string, maximumLatenessSeconds: number): Promise<void> {
  const [hold, schedule] = [await org.only("escrow_hold"), await org.only("payout_schedule")];
  expect(hold.status).toBe("released");
  expect(schedule.status).toBe("completed");
  for (const { firing } of [hold, schedule]) {
    expect(firing).toMatchObject({ path, plannedAt: hold.releaseDate });
    expect(firing?.latenessSeconds).toBeLessThanOrEqual(maximumLatenessSeconds);
  }
  expect(await org.only("payout")).toMatchObject({ status: "paid", paidMinor: 100_000 });
  expect(org.books()).toHaveLength(2);
  await org.expectInvariants();
}

describe("schedule fires", () => {
  it("releases at its instant, on the scheduler's path and at most a minute late", async () => {
    const org = cloud.organization();
    await start(org);
    const dueMs = await dueDate(org);
    await cloud.advanceTo(dueMs - MINUTE_MS);
    expect((await org.only("escrow_hold")).status).toBe("active");

    await cloud.advanceTo(dueMs + SECOND_MS);
    await expectReleased(org, "scheduler", 60);
    expect(org.executions()).toEqual([]);
  });

  it("twice: makes one release", async () => {
    const org = cloud.organization();
    await start(org);
    cloud.local.faults.aws.add({ service: "scheduler", operation: "fire", error: "twice", match: org.id, count: 2 });
    await passDueDate(org, 1);

    await expectReleased(org, "scheduler", 60);
  });

  it("late: is released all the same, and the lateness is on record", async () => {
    const org = cloud.organization();
    await start(org);
    const late = { service: "scheduler", operation: "fire", error: "late", match: org.id, count: 2 };
    cloud.local.faults.aws.add({ ...late, delaySeconds: 50 });
    await passDueDate(org, 1);

    await expectReleased(org, "scheduler", 60);
    expect((await org.only("escrow_hold")).firing?.latenessSeconds).toBeGreaterThanOrEqual(50);
  });

  it("never: the sweep heals within five minutes and one", async () => {
    const org = cloud.organization();
    await start(org);
    cloud.local.faults.aws.add({ service: "scheduler", operation: "fire", error: "never", match: org.id, count: 2 });
    await passDueDate(org, 6);

    await expectReleased(org, "sweep", 360);
  });

  it("not at all, since somebody deleted it by hand: the sweep heals within five minutes and one", async () => {
    const org = cloud.organization();
    await start(org);
    for (const { id } of [await org.only("escrow_hold"), await org.only("payout_schedule")]) {
      await cloud.scheduler.send(new DeleteScheduleCommand({ GroupName: SCHEDULE_GROUP, Name: id }));
    }
    await passDueDate(org, 6);

    await expectReleased(org, "sweep", 360);
  });

  it("goes when its hold is cancelled, and nothing is left in the scheduler", async () => {
    const org = cloud.organization();
    await start(org);
    const { id } = await org.only("escrow_hold");
    const get = () => cloud.scheduler.send(new GetScheduleCommand({ GroupName: SCHEDULE_GROUP, Name: id }));
    expect((await get()).Name).toBe(id);
    await cloud.publish(org.placementSaid("cancelled"));
    await cloud.settle();

    await expect(get()).rejects.toThrow(expect.objectContaining({ name: "ResourceNotFoundException" }));
    await org.expectInvariants();
  });
});

describe("function killed at any line", () => {
  it.each(["before", "after"] as const)("releases once where the function died %s its commit", async (at) => {
    const org = cloud.organization();
    await start(org);
    cloud.local.faults.aws.add({
      ...{ service: "dynamodb", operation: "TransactWriteItems", functionName: nameOf("release-due") },
      ...{ effect: "kill", at, match: org.id, count: 2 },
    });
    await passDueDate(org, 6);

    expect((await org.only("payout")).status).toBe("paid");
    expect(org.books()).toHaveLength(2);
    await org.expectInvariants();
  });

  it("releases what the planner never planned, since it died each time", async () => {
    const org = cloud.organization();
    cloud.local.faults.aws.add({
      ...{ service: "scheduler", operation: "CreateSchedule", effect: "kill", at: "before", match: org.id, count: 50 },
    });
    await start(org);
    await passDueDate(org, 6);

    await expectReleased(org, "sweep", 360);
  });
});

describe("manual release ∥ scheduled release", () => {
  it("lets exactly one win; the others get a clear conflict", async () => {
    const org = cloud.organization();
    await start(org);
    await org.prepare("sven", "maria");
    cloud.local.faults.aws.add({ service: "scheduler", operation: "fire", error: "never", match: org.id, count: 2 });
    await cloud.advanceTo((await dueDate(org)) + SECOND_MS);
    const { id } = await org.only("escrow_hold");
    const fired = {
      Source: "payouts.scheduler",
      DetailType: "escrow_hold.release_due",
      Detail: JSON.stringify({ organization_id: org.id, entity_id: id }),
    };
    const [, ...answers] = await Promise.all([
      cloud.publish(fired, fired),
      org.command("release_hold", { hold_id: id }),
      org.command("release_hold", { hold_id: id, by: "maria" }),
    ]);
    await cloud.settle();

    const hold = await org.only("escrow_hold");
    const won = answers.filter(({ ok }) => ok);
    expect(won).toHaveLength(hold.firing?.path === "manual" ? 1 : 0);
    for (const { error } of answers.filter(({ ok }) => !ok)) expect(error?.code).toBe("hold_already_released");
    expect((await org.story("escrow_hold")).filter((action) => action === "escrow_hold.released")).toHaveLength(1);
    expect((await org.all("transfer")).filter(({ cause }) => cause.id === id)).toHaveLength(1);
    await cloud.advance(6 * MINUTE_MS);
    await org.expectInvariants();
  });
});

describe("cancel ∥ release; partial release ∥ forfeit", () => {
  it.each<["cancelled" | "guarantee_failed", string, number | undefined]>([
    ["cancelled", "hold_already_cancelled", undefined],
    ["guarantee_failed", "hold_already_forfeited", 5_000],
  ])("placement.%s against a person's release: one wins, the other conflicts with it", async (end, code, amount) => {
    const org = cloud.organization();
    await start(org);
    await org.prepare("sven");
    const { id } = await org.only("escrow_hold");
    const [, answer] = await Promise.all([
      cloud.publish(org.placementSaid(end, { reason: "left" })),
      org.command("release_hold", { hold_id: id, ...(amount === undefined ? {} : { amount }) }),
    ]);
    await cloud.settle();

    const hold = await org.only("escrow_hold");
    if (!answer.ok) expect(answer.error?.code).toBe(code);
    expect(hold.status).toBe(answer.ok && amount === undefined ? "released" : code.replace("hold_already_", ""));
    expect((await org.only("payout_schedule")).status).toBe("cancelled");
    await passDueDate(org, 1);
    await org.expectInvariants();
  });

  it("releases a part early by a person and the rest by itself at its date", async () => {
    const org = cloud.organization();
    await start(org);
    const { id } = await org.only("escrow_hold");
    const tooMuch = await org.command("release_hold", { hold_id: id, amount: 20_001 });
    expect(tooMuch.error).toMatchObject({ code: "hold_amount_exceeded", field: "amount" });
    await org.command("release_hold", { hold_id: id, amount: 5_000, notes: "half-way" });
    await cloud.settle();
    expect(await org.only("escrow_hold")).toMatchObject({ status: "active", amountMinor: 15_000 });
    expect((await org.only("transfer")).amountMinor).toBe(5_000);
    await org.expectInvariants();

    await passDueDate(org, 1);
    expect(await org.only("escrow_hold")).toMatchObject({ status: "released", firing: { path: "scheduler" } });
    expect(
      org
        .books()
        .map(({ amountMinor }) => amountMinor)
        .sort(),
    ).toEqual([15_000, 5_000, 80_000]);
    await org.expectInvariants();
  });
});

describe("placement.guarantee_failed", () => {
  it("forfeits the hold, cancels what is pending and leaves nothing to pay", async () => {
    const org = cloud.organization();
    await start(org);
    await cloud.publish(org.placementSaid("guarantee_failed", { reason: "left after a week" }));
    await cloud.settle();
    await passDueDate(org, 1);

    expect((await org.only("escrow_hold")).status).toBe("forfeited");
    expect(await org.only("payout")).toMatchObject({ status: "cancelled", forfeitedMinor: 20_000 });
    expect(org.books()).toEqual([]);
    await org.expectInvariants();
  });

  it("claws back what was paid and sets it off against the payee's next payout", async () => {
    const org = cloud.organization();
    await start(org, { policy: { trigger_event: "contract_signed" } });
    await cloud.publish(org.placementSaid("contract_signed"));
    await cloud.settle();
    expect(org.books().map(({ amountMinor }) => amountMinor)).toEqual([80_000]);
    await cloud.publish(org.placementSaid("guarantee_failed"));
    await cloud.settle();
    expect((await org.only("payout")).clawback).toBeDefined();
    await org.expectInvariants();

    const next = { placement_id: "placement-2", policy: { trigger_event: "contract_signed", holdback_bp: 0 } };
    await cloud.publish(org.activated({ ...next, fee_amount: 150_000 }));
    await cloud.settle();
    await cloud.publish(org.placementSaid("contract_signed", { placement_id: "placement-2" }));
    await cloud.settle();

    const second = (await org.all("payout")).find(({ placementId }) => placementId === "placement-2");
    expect(second).toMatchObject({ status: "paid", paidMinor: 70_000, setOffMinor: 80_000 });
    expect(org.books().map(({ amountMinor }) => amountMinor)).toEqual([80_000, 70_000]);
    await org.expectInvariants();
  });
});

describe("DST change; 29 February; 31st of a month", () => {
  it.each([
    ["Europe/Berlin", "2031-12-01", 90, "2032-02-28T23:00:00.000Z", "29 February in a leap year"],
    ["Europe/Berlin", "2031-03-01", 29, "2031-03-29T23:00:00.000Z", "the day on which the clocks go forward"],
    ["Europe/Berlin", "2031-03-01", 30, "2031-03-30T22:00:00.000Z", "the day after the clocks went forward"],
    ["America/New_York", "2031-11-01", 2, "2031-11-03T05:00:00.000Z", "a day of 25 hours on the way"],
    ["America/Sao_Paulo", "2031-01-31", 28, "2031-02-28T03:00:00.000Z", "from the 31st of a month"],
    ["Asia/Kolkata", "2032-02-29", 365, "2033-02-27T18:30:00.000Z", "from 29 February on"],
  ])(
    "%s: %s and %i days end at %s (%s), in the record and at the scheduler",
    async (zone, startDate, days, instant) => {
      const org = cloud.organization();
      expect(await org.command("set_policy", { policy: { time_zone: zone } })).toMatchObject({ ok: true });
      await org.start({ start_date: startDate, guarantee_days: days });

      const hold = await org.only("escrow_hold");
      expect(hold.releaseDate).toBe(instant);
      expect(hold.dateRule).toEqual({ startDate, days, timeZone: zone });
      const planned = await cloud.scheduler.send(new GetScheduleCommand({ GroupName: SCHEDULE_GROUP, Name: hold.id }));
      expect(planned.ScheduleExpression).toBe(`at(${instant.slice(0, 19)})`);
      expect(planned.ScheduleExpressionTimezone).toBe("UTC");
      await org.expectInvariants();
    },
  );

  it("releases at midnight of the organization's zone", async () => {
    const org = cloud.organization();
    await org.command("set_policy", { policy: { time_zone: "Asia/Kolkata", guarantee_days: 2 } });
    await org.start();
    expect(new Date(await dueDate(org)).toISOString()).toMatch(/T18:30:00/);
    await passDueDate(org, 1);

    await expectReleased(org, "scheduler", 60);
  });
});

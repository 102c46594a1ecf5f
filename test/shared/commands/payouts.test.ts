import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPayouts, type Payouts } from "../../../shared/commands/payouts.ts";
import { createSettingsCommands } from "../../../shared/commands/settings.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Payout, StaffRole } from "../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import {
  activated,
  createTestWorld,
  DAY,
  DEFAULT_POLICY,
  MINUTE,
  ORG,
  PAYEE,
  payeeUpserted,
  type TestWorld,
} from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let payouts: Payouts;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo, { policy: { approval: "manual" } });
  payouts = createPayouts({ ...world.surroundings, defaultPolicy: DEFAULT_POLICY });
  await world.take("payee.upserted", payeeUpserted());
});

function by(person: string, role: StaffRole = "manager") {
  return { organizationId: ORG, actor: { type: "user" as const, id: person, role }, correlationId: "request-1" };
}

const wish = {
  payeeId: PAYEE,
  amountMinor: 50_000,
  currency: "USD",
  schedule: { triggerEvent: "manual" },
} as const;

/** Its ulid starts with the time: one after the other, so that each has its own. */
async function created(amountMinor: number = wish.amountMinor): Promise<Payout> {
  world.clock.advance(1);
  const decision = await payouts.create({ ...by("carl", "operator"), payout: { ...wish, amountMinor } });
  if (!decision.ok) throw new Error(decision.refusal.message);
  return decision.value;
}

/** A placement's payout of 800.00 in its schedule and 200.00 in its hold, approved by two. */
async function approved(): Promise<string> {
  await world.take("placement.activated", activated());
  const { id } = await world.only("payout");
  for (const person of ["maria", "olga"])
    expect((await payouts.approve({ ...by(person), payoutId: id })).ok).toBe(true);
  return id;
}

async function limit(amountMinor: number): Promise<void> {
  const patch = { approverLimitMinor: { USD: amountMinor } };
  const commands = createSettingsCommands(world.surroundings);
  const decision = await commands.updateSettings({ ...by("root", "admin"), expectedVersion: 0, patch });
  expect(decision.ok).toBe(true);
}

function outcomes(decisions: readonly Decision<unknown>[]): string[] {
  return decisions.map((decision) => (decision.ok ? "done" : decision.refusal.code)).sort();
}

describe("a payout's approval", () => {
  it("of high value takes two people, who both stay on record with what they had approved", async () => {
    const { id } = await created(150_000);
    await payouts.approve({ ...by("maria"), payoutId: id });
    expect(await world.only("payout")).toMatchObject({
      status: "pending_approval",
      approval: { votes: [{ by: "maria", role: "manager", approvedMinor: 150_000 }], votesNeeded: 2 },
      change: { action: "payout.vote_recorded", actor: { id: "maria" } },
    });
    await payouts.approve({ ...by("olga"), payoutId: id });
    expect(await world.only("payout")).toMatchObject({ status: "approved", change: { action: "payout.approved" } });
    expect((await world.all("approver_usage")).map((usage) => usage.id).sort()).toEqual(["maria#USD", "olga#USD"]);
    await world.expectSound();
  });

  it("by one person at the same time twice counts once, by two people both", async () => {
    const { id } = await created(150_000);
    const approve = (person: string) => payouts.approve({ ...by(person), payoutId: id });
    expect(outcomes(await Promise.all([approve("maria"), approve("maria")]))).toEqual([
      "approved_already_by_you",
      "done",
    ]);
    const both = await Promise.all([approve("olga"), approve("vera")]);
    expect(outcomes(both)).toEqual(["done", "payout_not_approvable"]);
    expect((await world.only("payout")).approval.votes).toHaveLength(2);
    await world.expectSound();
  });

  it("of two payouts at once never goes beyond the person's limit", async () => {
    await limit(80_000);
    const ids = [(await created()).id, (await created()).id];
    const decisions = await Promise.all(ids.map((payoutId) => payouts.approve({ ...by("maria"), payoutId })));
    expect(outcomes(decisions)).toEqual(["approver_limit_exceeded", "done"]);
    expect(await world.only("approver_usage")).toMatchObject({ quarters: [{ amountMinor: 50_000 }] });
    world.clock.advance(DAY + 900_000);
    const again = await Promise.all(ids.map((payoutId) => payouts.approve({ ...by("maria"), payoutId })));
    expect(outcomes(again)).toEqual(["approved_already_by_you", "done"]);
  });

  it("is not found by the id of a part, of another family or of another organization", async () => {
    const { id } = await created();
    const schedule = await world.only("payout_schedule");
    const other = { ...by("maria"), organizationId: "other" };
    const decisions = [
      await payouts.approve({ ...by("maria"), payoutId: schedule.id }),
      await payouts.approve({ ...by("maria"), payoutId: `${id.slice(0, -1)}1` }),
      await payouts.cancel({ ...by("maria"), payoutId: `${id.slice(0, -1)}1`, reason: "no" }),
      await payouts.cancel({ ...by("maria"), payoutId: schedule.id, reason: "no" }),
      await payouts.approve({ ...other, payoutId: id }),
      await payouts.cancel({ ...other, payoutId: id, reason: "no" }),
    ];
    expect(new Set(outcomes(decisions))).toEqual(new Set(["not_found"]));
    expect((await world.only("payout")).version).toBe(1);
  });

  it("keeps its answer under the request's key, in the same commit", async () => {
    const { id } = await created();
    const key = { pk: `${ORG}#receipt#1`, sk: "receipt" };
    const receipt = {
      key,
      requestHash: "hash",
      attemptId: "attempt",
      expiresAt: 2_000_000_000,
      answerOf: (_changes: unknown, value: unknown) => ({ status: 200, body: JSON.stringify(value) }),
    };
    await payouts.approve({ ...by("maria"), payoutId: id, receipt });
    const stored = await world.store.readReceipt(key);
    expect(JSON.parse(stored?.answer?.body ?? "{}")).toEqual(await world.only("payout"));
  });
});

describe("a payout created by hand", () => {
  it("is approved by another, sent by a third, and paid once", async () => {
    const { id } = await created();
    expect(outcomes([await payouts.approve({ ...by("carl"), payoutId: id })])).toEqual(["payout_approved_by_creator"]);
    await payouts.approve({ ...by("maria"), payoutId: id });
    await world.fire((await world.only("payout_schedule")).id, "manual");
    await world.settle(2);
    expect(await world.only("payout")).toMatchObject({ status: "paid", source: "manual", paidMinor: 50_000 });
    expect(world.provider.movements).toHaveLength(1);
    await world.expectSound();
  });

  it("takes the organization's policy over the deployment's, but for the approval", async () => {
    await world.run({ command: "set_policy", organization_id: ORG, by: "root", policy: { timeZone: "Europe/Berlin" } });
    const { policy } = await created();
    expect(policy).toEqual({ ...DEFAULT_POLICY, timeZone: "Europe/Berlin", approval: "manual" });
  });

  it("for a payee that nobody knows creates nothing", async () => {
    const decision = await payouts.create({ ...by("carl", "operator"), payout: { ...wish, payeeId: "nobody" } });
    expect(outcomes([decision])).toEqual(["payee_unknown"]);
    expect(await world.all("payout")).toEqual([]);
  });

  it("has notes that change only for who has read the latest version", async () => {
    const { id } = await created();
    const note = (notes: string, expectedVersion: number) =>
      payouts.note({ ...by("carl", "operator"), payoutId: id, notes, expectedVersion });
    expect(outcomes(await Promise.all([note("one", 1), note("two", 1)]))).toEqual(["done", "version_mismatch"]);
    expect((await world.only("payout")).version).toBe(2);
  });
});

describe("the end of a payout by a person", () => {
  it("rejected or cancelled ends everything that was open, with the reason", async () => {
    await world.take("placement.activated", activated());
    const { id } = await world.only("payout");
    await payouts.approve({ ...by("maria"), payoutId: id });
    await payouts.reject({ ...by("olga"), payoutId: id, reason: "fraud" });
    expect(await world.only("payout")).toMatchObject({ status: "rejected", approval: { reason: "fraud" } });
    const cancelled = await payouts.cancel({ ...by("sam"), payoutId: id, reason: "twice" });
    expect(outcomes([cancelled])).toEqual(["payout_already_cancelled"]);
    await world.expectSound();
  });

  it("at the same time as a trigger: either it is cancelled or its money goes, never both", async () => {
    const id = await approved();
    const schedule = await world.only("payout_schedule");
    const [cancelled, fired] = await Promise.all([
      payouts.cancel({ ...by("sam", "processor"), payoutId: id, reason: "no" }),
      world.fire(schedule.id, "manual"),
    ]);
    expect([cancelled.ok, fired.ok].filter(Boolean)).toHaveLength(1);
    await world.settle(2);
    expect(world.provider.movements).toHaveLength(fired.ok ? 1 : 0);
    await world.expectSound();
  });

  it("of one whose transfer failed ends the transfer, which nobody can send any more", async () => {
    const id = await approved();
    world.provider.next(behaviours.rejects);
    await world.fire((await world.only("payout_schedule")).id, "manual");
    await world.attempt(await world.only("transfer"));
    expect((await world.only("payout")).status).toBe("failed");
    expect(outcomes([await payouts.cancel({ ...by("sam"), payoutId: id, reason: "no" })])).toEqual(["done"]);
    expect(outcomes([await payouts.retry({ ...by("sam"), payoutId: id })])).toEqual(["payout_not_retryable"]);
    await world.settle(2);
    expect(world.provider.movements).toEqual([]);
    await world.expectSound();
  });
});

describe("what was paid outside", () => {
  const payment = { reference: "bank 42" };

  it("is booked and never sent, while the hold is released as usual", async () => {
    const id = await approved();
    expect(outcomes([await payouts.markPaid({ ...by("maria"), payoutId: id, payment })])).toEqual(["sent_by_approver"]);
    await payouts.markPaid({ ...by("sam", "manager"), payoutId: id, payment });
    const fired = await world.fire((await world.only("payout_schedule")).id, "manual");
    expect(outcomes([fired])).toEqual(["schedule_already_completed"]);
    world.clock.set((await world.only("escrow_hold")).releaseDate);
    await world.settle(3);
    expect(world.provider.movements.map(({ amountMinor }) => amountMinor)).toEqual([20_000]);
    expect(await world.only("payout")).toMatchObject({
      status: "paid",
      paidMinor: 100_000,
      paidOutsideMinor: 80_000,
      externalReference: "bank 42",
    });
    await world.expectSound();
  });

  it("at the same time as a trigger is paid either there or here", async () => {
    const id = await approved();
    const schedule = await world.only("payout_schedule");
    const [marked, fired] = await Promise.all([
      payouts.markPaid({ ...by("sam", "manager"), payoutId: id, payment }),
      world.fire(schedule.id, "manual"),
    ]);
    expect([marked.ok, fired.ok].filter(Boolean)).toHaveLength(1);
    await world.settle(2);
    expect((await world.only("payout")).paidMinor).toBe(80_000);
    await world.expectSound();
  });

  it("ends what had failed: the schedule is completed, the transfer is never sent again", async () => {
    const id = await approved();
    world.provider.next(behaviours.rejects);
    await world.fire((await world.only("payout_schedule")).id, "manual");
    await world.attempt(await world.only("transfer"));
    await payouts.markPaid({ ...by("sam", "manager"), payoutId: id, payment });
    expect(outcomes([await payouts.retry({ ...by("sam"), payoutId: id })])).toEqual(["payout_not_retryable"]);
    expect((await world.only("payout_schedule")).status).toBe("completed");
    expect(world.provider.movements).toEqual([]);
    await world.expectSound();
  });
});

describe("a payout that a person marked as failed", () => {
  it("sends nothing that falls due until it is retried, and then all of it", async () => {
    const id = await approved();
    await payouts.markFailed({ ...by("sam", "manager"), payoutId: id, reason: "bank closed" });
    world.clock.set((await world.only("escrow_hold")).releaseDate);
    world.clock.advance(2 * MINUTE);
    await world.settle(1);
    expect(world.provider.movements).toEqual([]);
    expect((await world.only("escrow_hold")).blocker?.code).toBe("person_required");
    await payouts.retry({ ...by("tess"), payoutId: id });
    await world.resume.resumePayout(ORG, id);
    await world.settle(3);
    expect(await world.only("payout")).toMatchObject({ status: "paid", paidMinor: 100_000 });
    await world.expectSound();
  });
});

describe("a retry", () => {
  it("sends everything that failed again, once", async () => {
    const id = await approved();
    world.provider.next(behaviours.rejects, behaviours.rejects);
    await world.fire((await world.only("payout_schedule")).id, "manual");
    await world.release((await world.only("escrow_hold")).id, "manual");
    for (const transfer of await world.all("transfer")) await world.attempt(transfer);
    expect(await world.only("payout")).toMatchObject({ status: "failed", inTransferMinor: 100_000 });
    const retry = () => payouts.retry({ ...by("tess"), payoutId: id });
    expect(outcomes(await Promise.all([retry(), retry()]))).toEqual(["done", "payout_not_retryable"]);
    expect((await world.only("payout")).status).toBe("processing");
    await world.settle(2);
    expect(await world.only("payout")).toMatchObject({ status: "paid", paidMinor: 100_000 });
    expect(world.provider.movements).toHaveLength(2);
    await world.expectSound();
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { contextOf } from "../../../shared/commands/origin.ts";
import { createProviderEvents } from "../../../shared/commands/provider-events.ts";
import { readFamily } from "../../../shared/commands/records.ts";
import { decideAndCommit } from "../../../shared/commands/run.ts";
import { type Decision, refuse } from "../../../shared/domain/decision.ts";
import { endPayout } from "../../../shared/domain/placement.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import {
  activated,
  createTestWorld,
  ORG,
  PAYEE,
  PERSON,
  payeeUpserted,
  signalled,
  type TestWorld,
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
  world.clock.set(GUARANTEE_END);
  return { hold, schedule };
}

function forfeit(payoutId: string): Promise<Decision> {
  return decideAndCommit(world.surroundings, async () => {
    const family = await readFamily(world.store, ORG, payoutId);
    if (family === undefined) return { decision: refuse("not_found", "no payout") };
    const context = contextOf({ organizationId: ORG, actor: PERSON, correlationId: "test" }, world.clock.now());
    return { decision: endPayout(family, "guarantee_failed", "left", context) };
  });
}

const codes = (decisions: readonly Decision<unknown>[]) =>
  decisions.map((decision) => (decision.ok ? "won" : decision.refusal.code)).toSorted();

describe("at the same time", () => {
  it("a person's and the scheduler's release: one wins, the other learns that it is released", async () => {
    const { hold } = await activate();
    const both = await Promise.all([world.release(hold.id, "manual"), world.release(hold.id, "scheduler")]);
    expect(codes(both)).toEqual(["hold_already_released", "won"]);
    expect((await world.only("transfer")).amountMinor).toBe(20_000);
    await world.expectSound();
  });

  it("ten releases of a hold and ten firings of its schedule: each once", async () => {
    const { hold, schedule } = await activate();
    const all = await Promise.all(
      Array.from({ length: 10 }).flatMap(() => [
        world.release(hold.id, "scheduler"),
        world.fire(schedule.id, "scheduler"),
      ]),
    );
    expect(codes(all).filter((code) => code === "won")).toHaveLength(2);
    expect((await world.all("transfer")).map(({ amountMinor }) => amountMinor).toSorted()).toEqual([20_000, 80_000]);
    await world.expectSound();
  });

  it("a cancellation and a release: what the release took is clawed back or was cancelled before", async () => {
    const { hold } = await activate();
    const [, released] = await Promise.all([
      world.take("placement.cancelled", signalled()),
      world.release(hold.id, "scheduler"),
    ]);
    const after = await world.only("escrow_hold");
    expect(after.status).toBe(released.ok ? "released" : "cancelled");
    if (!released.ok) expect(released.refusal.code).toBe("hold_already_cancelled");
    await world.settle(3);
    expect(world.provider.movements).toEqual([]);
    await world.expectSound();
  });

  it("a partial release and a forfeiture: the parts add up, and a late release learns that it is forfeited", async () => {
    const { hold } = await activate();
    const [partial] = await Promise.all([
      world.release(hold.id, "manual", { amountMinor: 5_000 }),
      forfeit((await world.only("payout")).id),
    ]);
    expect(await world.only("escrow_hold")).toMatchObject({
      status: "forfeited",
      amountMinor: partial.ok ? 15_000 : 20_000,
    });
    expect((await world.only("payout")).forfeitedMinor).toBe(partial.ok ? 15_000 : 20_000);
    expect(await world.release(hold.id, "manual")).toMatchObject({ refusal: { code: "hold_already_forfeited" } });
    await world.expectSound();
  });

  it("two partial releases: together never more than the hold", async () => {
    const { hold } = await activate();
    const parts = await Promise.all(
      [12_000, 12_000].map((amountMinor) => world.release(hold.id, "manual", { amountMinor })),
    );
    expect(codes(parts)).toEqual(["hold_amount_exceeded", "won"]);
    await world.expectSound();
  });

  it("two approvals are recorded once", async () => {
    await activate({ policy: { approval: "manual" } });
    const payout_id = (await world.only("payout")).id;
    const approve = (by: string) => world.run({ command: "approve_payout", organization_id: ORG, payout_id, by });
    expect(codes(await Promise.all([approve("bob"), approve("eve")]))).toEqual(["payout_not_approvable", "won"]);
    expect((await world.only("payout")).version).toBe(2);
  });
});

describe("a debt", () => {
  /** `payee-1` owes 80 000 from a placement whose guarantee failed. */
  async function owe() {
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated({ placement_id: "failed" }));
    await world.fire((await world.only("payout_schedule")).id, "manual");
    await world.attempt(await world.only("transfer"));
    await world.take("placement.guarantee_failed", signalled({ placement_id: "failed" }));
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(80_000);
  }

  const pendingOf = async (placementId: string) => {
    const schedule = (await world.all("payout_schedule")).find((one) => one.placementId === placementId);
    if (schedule === undefined) throw new Error(`no schedule of ${placementId}`);
    return schedule;
  };

  it("is set off against the next payout, and only the rest is sent", async () => {
    await owe();
    await world.take("placement.activated", activated({ placement_id: "next", fee_amount: 200_000 }));
    const schedule = await pendingOf("next");
    await world.fire(schedule.id, "manual");
    expect(await pendingOf("next")).toMatchObject({ status: "processing", amountMinor: 160_000, sentMinor: 80_000 });
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(0);
    await world.settle(2);
    expect(world.provider.movements.map(({ amountMinor }) => amountMinor)).toEqual([80_000, 80_000]);
    await world.expectSound();
  });

  it("as large as the payout settles it without a transfer", async () => {
    await owe();
    await world.take("placement.activated", activated({ placement_id: "next", fee_amount: 100_000 }));
    expect(await world.fire((await pendingOf("next")).id, "manual")).toMatchObject({ value: { kind: "set_off" } });
    expect(await pendingOf("next")).toMatchObject({ status: "completed", sentMinor: 0 });
    expect(await world.all("transfer")).toHaveLength(1);
    await world.expectSound();
  });

  it("is set off only once by two releases at the same time", async () => {
    await owe();
    await world.take("placement.activated", activated({ placement_id: "a", fee_amount: 200_000 }));
    await world.take("placement.activated", activated({ placement_id: "b", fee_amount: 200_000 }));
    const [a, b] = [await pendingOf("a"), await pendingOf("b")];
    expect(codes(await Promise.all([world.fire(a.id, "manual"), world.fire(b.id, "manual")]))).toEqual(["won", "won"]);
    const sent = [(await pendingOf("a")).sentMinor, (await pendingOf("b")).sentMinor];
    expect(sent.toSorted()).toEqual([160_000, 80_000]);
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(0);
    await world.expectSound();
  });

  it("is settled only once by a release and a reversal at the same time", async () => {
    await owe();
    await world.take("placement.activated", activated({ placement_id: "next", fee_amount: 200_000 }));
    const schedule = await pendingOf("next");
    const [movement] = world.provider.movements;
    if (movement === undefined) throw new Error("nothing was sent");
    movement.reversedMinor = 80_000;
    await world.receive("evt_reversed", "transfer.reversed", movement.providerTransferId);
    // The release commits between the reversal's read and its commit.
    let fired: Promise<unknown> | undefined;
    const commit: typeof world.store.commit = async (changes, owed) => {
      if (changes.some(({ entity }) => entity === "journal_entry")) fired ??= world.fire(schedule.id, "manual");
      await fired;
      return world.store.commit(changes, owed);
    };
    const slow = createProviderEvents({
      ...world.surroundings,
      store: { ...world.store, commit },
      gateway: world.provider.gateway,
      announce: async () => undefined,
    });
    await slow.apply("stripe", "evt_reversed");
    expect(await pendingOf("next")).toMatchObject({ sentMinor: 80_000 });
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(0);
    await world.expectSound();
  });
});

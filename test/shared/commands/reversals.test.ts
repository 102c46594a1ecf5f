import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createReversals } from "../../../shared/commands/reversals.ts";
import { createTransfers } from "../../../shared/commands/transfers.ts";
import type { Transfer } from "../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours, type Movement, refusal, SILENCE } from "../../support/recording-gateway.ts";
import {
  createPendingTransfer,
  createTestWorld,
  DAY,
  HOUR,
  MINUTE,
  ORG,
  PAYEE,
  signalled,
  type TestWorld,
} from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
/** 80,000 that have arrived. */
let transfer: Transfer;
let reversals: ReturnType<typeof createReversals>;
let alerts: string[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  alerts = [];
  reversals = createReversals({
    ...world.surroundings,
    gateway: world.provider.gateway,
    alert: (message) => void alerts.push(message),
  });
  transfer = await createPendingTransfer(world);
  await world.attempt(transfer);
});

const ADMIN = { type: "user", id: "ann", role: "admin" } as const;

function ask(amountMinor?: number, more: { transferId?: string; organizationId?: string } = {}) {
  const { requestReversal } = createTransfers(world.surroundings);
  return requestReversal({
    organizationId: ORG,
    transferId: transfer.id,
    actor: ADMIN,
    correlationId: "request-1",
    amountMinor,
    reason: "left early",
    ...more,
  });
}

function reverse() {
  const actor = { type: "system", id: "reverse-transfer" } as const;
  return reversals.reverse({ organizationId: ORG, transferId: transfer.id, actor, correlationId: "test" });
}

/** The sweep asks the bus for what is due; whoever does reversals hears it too. */
async function sweepAndReverse() {
  await world.sweep.run(() => MINUTE);
  const results = [];
  for (const request of world.takeRequests()) {
    expect(await world.attempt(request)).toMatchObject({ outcome: "done", reason: "transfer_finished" });
    results.push(await reverse());
  }
  return results;
}

async function webhook(id: string) {
  await world.receive(id, "transfer.reversed", "tr_1");
  return world.providerEvents.apply("stripe", id);
}

const movement = (): Movement => {
  const [first] = world.provider.movements;
  if (first === undefined) throw new Error("nothing moved");
  return first;
};
const reversalCalls = () => world.provider.calls.filter((call) => call.startsWith("reversal:"));
const reversalEntries = async () => (await world.all("journal_entry")).filter(({ kind }) => kind === "reversal");

describe("a reversal", () => {
  it("takes the money back at the provider, once, and posts it", async () => {
    expect(await ask(30_000)).toMatchObject({ ok: true });
    expect(movement().reversedMinor).toBe(0);
    expect(await reverse()).toEqual({ outcome: "completed" });
    expect(await reverse()).toEqual({ outcome: "nothing", reason: "transfer_not_reversible" });
    expect(reversalCalls()).toEqual([`reversal:${transfer.id}-r1:1`]);
    expect(movement().reversedMinor).toBe(30_000);
    expect(await world.only("transfer")).toMatchObject({
      status: "completed",
      reversedMinor: 30_000,
      reversals: [{ status: "completed", providerReversalId: `trr_${transfer.id}-r1`, requestedBy: "ann" }],
    });
    await world.expectSound();
  });

  it.each([
    ["before", async () => void (await webhook("evt_1")), async () => undefined],
    ["after", async () => undefined, async () => void (await webhook("evt_1"))],
  ])("that the webhook tells of %s our own answer is posted once", async (_name, before, after) => {
    await ask(30_000);
    world.provider.nextReversal({ acts: true });
    const { gateway } = world.provider;
    const createReversal = gateway.createReversal.bind(gateway);
    gateway.createReversal = async (order) => {
      const answer = await createReversal(order);
      await before();
      return answer;
    };
    expect(await reverse()).toEqual({ outcome: "completed" });
    await after();
    expect(await world.only("transfer")).toMatchObject({ reversedMinor: 30_000, reversals: [{ status: "completed" }] });
    expect(await reversalEntries()).toHaveLength(1);
    await world.expectSound();
  });

  it("asked for by two people at once is one, and the other is told", async () => {
    const decisions = await Promise.all([ask(50_000), ask(50_000)]);
    expect(decisions.map((decision) => (decision.ok ? "accepted" : decision.refusal.code)).sort()).toEqual([
      "accepted",
      "reversal_pending",
    ]);
    await Promise.all([reverse(), reverse(), reverse()]);
    expect(movement().reversedMinor).toBe(50_000);
    expect(await reversalEntries()).toHaveLength(1);
    await world.expectSound();
  });

  it("beside one that was made by hand at the provider: both are posted, neither twice", async () => {
    await ask(30_000);
    movement().reversedMinor = 10_000;
    await webhook("evt_hand");
    expect(await reverse()).toEqual({ outcome: "completed" });
    await webhook("evt_ours");
    expect(await world.only("transfer")).toMatchObject({ reversedMinor: 40_000 });
    await world.expectSound();
  });

  it("settles what the payee owes, once, also beside the webhook", async () => {
    await world.take("placement.guarantee_failed", signalled());
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(80_000);
    await ask();
    await reverse();
    await webhook("evt_1");
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(0);
    expect(await world.only("transfer")).toMatchObject({ status: "reversed", reversedMinor: 80_000 });
    await world.expectSound();
  });

  it("that the provider refuses has failed and says why; another can be asked for", async () => {
    await ask(30_000);
    world.provider.nextReversal({ acts: false, answer: refusal(400, "balance_insufficient"), stored: true });
    expect(await reverse()).toEqual({ outcome: "failed" });
    const failed = await world.only("transfer");
    expect(failed).toMatchObject({
      reversedMinor: 0,
      reversals: [{ status: "failed", failureCode: "balance_insufficient" }],
      change: { action: "transfer.reversal_failed" },
    });
    expect(await ask(30_000)).toMatchObject({ ok: true });
    expect(await reverse()).toEqual({ outcome: "completed" });
    expect(reversalCalls()).toEqual([`reversal:${transfer.id}-r1:1`, `reversal:${transfer.id}-r2:1`]);
    await world.expectSound();
  });

  it("of a transfer that isn't there, or is another organization's, is refused", async () => {
    for (const more of [{ transferId: transfer.payoutId }, { transferId: "tr_guess" }, { organizationId: "other" }]) {
      expect(await ask(1, more)).toMatchObject({ ok: false, refusal: { code: "not_found" } });
    }
  });
});

describe("a reversal whose answer is not heard", () => {
  it.each([
    ["timed out after acting", { acts: true, answer: SILENCE }],
    ["timed out before acting", { acts: false, answer: SILENCE }],
    ["was throttled", behaviours.throttles],
    ["found our key expired", behaviours.refusesTheKey],
    ["met itself", behaviours.saysKeyInUse],
  ])("that %s goes again under the same key", async (_name, behaviour) => {
    await ask(30_000);
    world.provider.nextReversal(behaviour);
    await expect(reverse()).rejects.toMatchObject({ name: "ReversalUnsettled" });
    expect(await world.only("transfer")).toMatchObject({ reversedMinor: 0, reversals: [{ status: "requested" }] });
    expect(await reverse()).toEqual({ outcome: "completed" });
    expect(new Set(reversalCalls()).size).toBe(1);
    expect(movement().reversedMinor).toBe(30_000);
    await world.expectSound();
  });

  it("is not forgotten: where nobody was told, the sweep finds it", async () => {
    await ask(30_000);
    expect(await sweepAndReverse()).toEqual([]);
    world.clock.advance(12 * MINUTE);
    expect(await sweepAndReverse()).toEqual([{ outcome: "completed" }]);
    world.clock.advance(DAY);
    expect(await sweepAndReverse()).toEqual([]);
    await world.expectSound();
  });

  it("that was killed between the answer and the record is taken up, and done once", async () => {
    await ask(30_000);
    const commit = world.store.commit.bind(world.store);
    const dying = {
      ...world.store,
      commit: (...given: Parameters<typeof commit>) =>
        movement().reversedMinor > 0 ? Promise.reject(new Error("killed")) : commit(...given),
    };
    const killed = createReversals({
      ...world.surroundings,
      store: dying,
      gateway: world.provider.gateway,
      alert: () => undefined,
    });
    const actor = { type: "system", id: "reverse-transfer" } as const;
    const command = { organizationId: ORG, transferId: transfer.id, actor, correlationId: "test" };
    await expect(killed.reverse(command)).rejects.toThrow("killed");
    world.clock.advance(12 * MINUTE);
    expect(await sweepAndReverse()).toEqual([{ outcome: "completed" }]);
    expect(movement().reversedMinor).toBe(30_000);
    await world.expectSound();
  });

  it.each([
    ["was done", true, "completed", 30_000],
    ["was not done", false, "failed", 0],
  ] as const)(
    "for a day, and %s: the provider's total tells, and it is not sent again",
    async (_n, acts, outcome, minor) => {
      await ask(30_000);
      world.provider.nextReversal({ acts, answer: SILENCE });
      await expect(reverse()).rejects.toMatchObject({ name: "ReversalUnsettled" });
      world.clock.advance(DAY + HOUR);
      expect(await sweepAndReverse()).toEqual([{ outcome: "waiting" }]);
      world.clock.advance(17 * MINUTE);
      world.provider.setReachable(false);
      await expect(sweepAndReverse()).rejects.toMatchObject({ name: "ReversalUnsettled" });
      world.provider.setReachable(true);
      expect(await sweepAndReverse()).toEqual([{ outcome }]);
      expect(reversalCalls()).toHaveLength(1);
      expect(await world.only("transfer")).toMatchObject({ reversedMinor: minor, reversals: [{ status: outcome }] });
      expect(movement().reversedMinor).toBe(minor);
      await world.expectSound();
    },
  );

  it.each([
    ["a stored failure is replayed", { acts: false, answer: { ...refusal(500, undefined, "api_error", true) } }],
    ["the key has other parameters", behaviours.saysOtherParameters],
    ["a refusal comes that proves nothing", behaviours.rejects],
  ])("and %s: the total tells, after a pause", async (_name, second) => {
    await ask(30_000);
    world.provider.nextReversal({ acts: true, answer: SILENCE }, second);
    await expect(reverse()).rejects.toMatchObject({ name: "ReversalUnsettled" });
    expect(await reverse()).toEqual({ outcome: "waiting" });
    expect(await reverse()).toEqual({ outcome: "nothing", reason: "transfer_not_due" });
    world.clock.advance(17 * MINUTE);
    expect(await sweepAndReverse()).toEqual([{ outcome: "completed" }]);
    expect(reversalCalls()).toHaveLength(2);
    expect(alerts).toHaveLength(second === behaviours.saysOtherParameters ? 1 : 0);
    await world.expectSound();
  });
});

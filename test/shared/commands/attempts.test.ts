import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAttempts } from "../../../shared/commands/attempts.ts";
import type { Transfer } from "../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { type Behaviour, behaviours } from "../../support/recording-gateway.ts";
import {
  createPendingTransfer,
  createTestWorld,
  DAY,
  HOUR,
  MINUTE,
  ORG,
  PAYEE,
  payeeUpserted,
  type TestWorld,
} from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let transfer: Transfer;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  transfer = await createPendingTransfer(world);
});

const now = () => world.only("transfer");
/** Attempts until it is finished, each when it is due. */
async function finish(rounds = 20) {
  for (let round = 0; round < rounds; round += 1) {
    const { nextAttemptAt, status } = await now();
    if (["completed", "failed_terminal"].includes(status)) return;
    if (nextAttemptAt !== undefined && nextAttemptAt > world.clock.iso()) world.clock.set(nextAttemptAt);
    await world.attempt(transfer);
  }
}

describe("what the provider's answer makes of a transfer", () => {
  it.each<[string, Behaviour, Record<string, unknown>, Record<string, unknown>]>([
    [
      "accepted",
      { acts: true },
      { status: "completed", epoch: 1, attempts: 1 },
      { outcome: "done", status: "completed" },
    ],
    [
      "no answer",
      behaviours.timesOutBeforeActing,
      { status: "outcome_unknown", epoch: 1, unknowns: 1 },
      { outcome: "retry" },
    ],
    ["a server error", behaviours.breaks, { status: "outcome_unknown", epoch: 1, unknowns: 1 }, { outcome: "retry" }],
    ["key in use", behaviours.saysKeyInUse, { status: "outcome_unknown", epoch: 1 }, { outcome: "retry" }],
    ["throttled", behaviours.throttles, { status: "retryable", epoch: 1, attempts: 1 }, { outcome: "retry" }],
    [
      "no funds",
      behaviours.refusesForFunds,
      { status: "awaiting_funds", epoch: 2, attempts: 0, blocker: { code: "insufficient_funds" } },
      { outcome: "done" },
    ],
    [
      "closed account",
      behaviours.refusesThePayee,
      { status: "awaiting_payee", epoch: 2, blocker: { code: "payee_action_required" } },
      { outcome: "done" },
    ],
    [
      "rejected",
      behaviours.rejects,
      { status: "failed_terminal", epoch: 2, blocker: { code: "person_required" } },
      { outcome: "done" },
    ],
    [
      "unknown code",
      behaviours.refusesForNoKnownReason,
      { status: "failed_terminal", outcome: { code: "brand_new_code" } },
      { outcome: "done" },
    ],
    [
      "other parameters",
      behaviours.saysOtherParameters,
      { status: "outcome_unknown", epoch: 1, lookUpOnly: true },
      { outcome: "retry" },
    ],
    [
      "bad credentials",
      behaviours.refusesTheKey,
      { status: "pending", epoch: 1, attempts: 0, blocker: { code: "provider_circuit_open" } },
      { outcome: "done" },
    ],
  ])("%s", async (_name, behaviour, expected, result) => {
    world.provider.next(behaviour);
    expect(await world.attempt(transfer)).toMatchObject(result);
    expect(await now()).toMatchObject(expected);
    expect((await now()).lease).toBeUndefined();
    await world.expectSound();
  });

  it.each([
    ["an unknown code", behaviours.refusesForNoKnownReason, 1],
    ["another call's parameters", behaviours.saysOtherParameters, 1],
    ["refused credentials", behaviours.refusesTheKey, 1],
    ["a rejected amount", behaviours.rejects, 0],
    ["silence", behaviours.timesOutBeforeActing, 0],
  ])("%s alerts somebody where a person can help only now", async (_name, behaviour, alerts) => {
    world.provider.next(behaviour);
    await world.attempt(transfer);
    expect(world.alerts).toHaveLength(alerts);
  });
});

describe("an unknown outcome", () => {
  it("is asked again under the same key: what was created is found, not created again", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await finish();
    expect(world.provider.calls).toEqual([`transfer:${transfer.id}:1`, `transfer:${transfer.id}:1`]);
    expect(world.provider.movements).toHaveLength(1);
    await world.expectSound();
  });

  it("that stays unknown is looked up, and sent under a new key only after an empty look-up that is old enough", async () => {
    const { timesOutBeforeActing: silent } = behaviours;
    world.provider.next(silent, silent, silent);
    await finish();
    const key = `transfer:${transfer.id}`;
    expect(world.provider.calls).toEqual([`${key}:1`, `${key}:1`, `${key}:1`, `look_up:${transfer.id}`, `${key}:2`]);
    expect(world.provider.movements).toMatchObject([{ epoch: 2 }]);
    await world.expectSound();
  });

  it("that a look-up finds is completed without another call", async () => {
    const { timesOutBeforeActing: silent, timesOutAfterActing: deaf } = behaviours;
    world.provider.next(deaf, silent, silent);
    await finish();
    expect(world.provider.calls.at(-1)).toBe(`look_up:${transfer.id}`);
    expect(await now()).toMatchObject({ status: "completed", providerTransferId: "tr_1", epoch: 1 });
  });

  it("whose error is stored under the key is looked up instead of asked for ever", async () => {
    world.provider.next({ ...behaviours.breaks, acts: true });
    await finish();
    expect(world.provider.calls).toEqual([
      `transfer:${transfer.id}:1`,
      `transfer:${transfer.id}:1`,
      `look_up:${transfer.id}`,
    ]);
    expect(world.provider.movements).toHaveLength(1);
    await world.expectSound();
  });

  it("is not settled by a later refusal that says nothing about the earlier call", async () => {
    world.provider.next(behaviours.timesOutAfterActing, { ...behaviours.rejects, stored: false });
    await finish();
    expect(await now()).toMatchObject({ status: "completed", epoch: 1 });
    expect(world.provider.movements).toHaveLength(1);
  });

  it("older than 23 h is only looked up: the provider may have forgotten the key", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(transfer);
    world.clock.advance(25 * HOUR);
    await finish();
    expect(world.provider.calls).toEqual([`transfer:${transfer.id}:1`, `look_up:${transfer.id}`]);
    expect(world.provider.movements).toHaveLength(1);
    await world.expectSound();
  });

  it("whose look-up fails is looked up again, more slowly, for as long as it takes", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(transfer);
    world.provider.setReachable(false);
    world.clock.advance(25 * HOUR);
    await finish(6);
    expect((await now()).status).toBe("outcome_unknown");
    world.provider.setReachable(true);
    await finish();
    expect((await now()).status).toBe("completed");
    expect(world.provider.movements).toHaveLength(1);
  });

  it("with two movements at the provider is for a person, and nothing more is sent", async () => {
    world.provider.createByHand({ ...transfer, transferId: transfer.id });
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(transfer);
    world.clock.advance(25 * HOUR);
    await world.attempt(transfer);
    expect(await now()).toMatchObject({
      status: "outcome_unknown",
      lookUpOnly: true,
      blocker: { code: "person_required" },
    });
    expect(world.alerts).toEqual(["the provider holds 2 transfers for this one"]);
  });
});

describe("a claim", () => {
  it("is taken by one of ten attempts at once; nothing is sent twice", async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => world.attempt(transfer)));
    expect(world.provider.calls).toHaveLength(1);
    expect(results.filter(({ status }) => status === "completed").length).toBeGreaterThanOrEqual(1);
    expect((await now()).attempts).toBe(1);
    await world.expectSound();
  });

  it("held by another is waited out: the workflow comes again when the lease is over", async () => {
    let other: unknown;
    const meanwhile = async () => {
      other = await world.attempt(transfer);
    };
    world.provider.next({ acts: true, during: meanwhile });
    await world.attempt(transfer);
    expect(other).toEqual({ outcome: "retry", status: "processing", next_attempt_at: "2026-03-02T09:32:00.000Z" });
    expect(world.provider.calls).toHaveLength(1);
  });

  it("whose holder died is taken over when the lease is over, under the same key", async () => {
    world.provider.next({ acts: true, during: () => Promise.reject(new Error("killed")) });
    await expect(world.attempt(transfer)).rejects.toThrow("killed");
    world.clock.advance(2 * MINUTE - 1);
    expect(await world.attempt(transfer)).toMatchObject({ outcome: "retry" });
    world.clock.advance(1);
    expect(await world.attempt(transfer)).toMatchObject({ status: "completed" });
    expect(world.provider.calls).toEqual([`transfer:${transfer.id}:1`, `transfer:${transfer.id}:1`]);
  });

  it("that was lost meanwhile decides nothing any more: a late refusal opens no new key beside another's call", async () => {
    const slow = async () => {
      world.clock.advance(3 * MINUTE);
      world.provider.next(behaviours.timesOutAfterActing);
      await world.attempt(transfer);
    };
    world.provider.next({ ...behaviours.refusesForFunds, stored: false, during: slow });
    expect(await world.attempt(transfer)).toMatchObject({ outcome: "retry", status: "outcome_unknown" });
    expect(await now()).toMatchObject({ status: "outcome_unknown", epoch: 1 });
    await finish();
    expect(world.provider.movements).toHaveLength(1);
    await world.expectSound();
  });

  it("that was lost meanwhile still tells of money that moved", async () => {
    const slow = async () => {
      world.clock.advance(3 * MINUTE);
      world.provider.next(behaviours.timesOutBeforeActing);
      await world.attempt(transfer);
    };
    world.provider.next({ acts: true, during: slow });
    expect(await world.attempt(transfer)).toMatchObject({ outcome: "done", status: "completed" });
    await world.expectSound();
  });

  it("is refused before its date, with the date for the workflow, unless what it waited for has come", async () => {
    world.provider.next(behaviours.throttles);
    await world.attempt(transfer);
    const { nextAttemptAt } = await now();
    expect(await world.attempt(transfer)).toEqual({
      outcome: "retry",
      next_attempt_at: nextAttemptAt,
      status: "retryable",
    });
    expect(await world.attempt(transfer, true)).toMatchObject({ status: "completed" });
  });

  it("of a finished transfer is done at once", async () => {
    await world.attempt(transfer);
    expect(await world.attempt(transfer)).toEqual({
      outcome: "done",
      status: "completed",
      reason: "transfer_finished",
    });
    expect(world.provider.calls).toHaveLength(1);
  });

  it("of a transfer that isn't there, or is another organization's, is an error", async () => {
    await expect(world.attempt({ ...transfer, id: "tr_000000000000000000000000ZZ" })).rejects.toMatchObject({
      name: "TransferMissing",
    });
    await expect(world.attempt({ ...transfer, organizationId: "other" })).rejects.toMatchObject({
      name: "TransferMissing",
    });
    await expect(world.attempt({ ...transfer, id: "guess" })).rejects.toMatchObject({ name: "TransferMissing" });
  });
});

describe("the rate limit", () => {
  it("takes a place for sending and for looking up, and none for what is not due", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(transfer);
    await world.attempt(transfer);
    world.clock.advance(DAY);
    await world.attempt(transfer);
    await world.attempt(transfer);
    expect(world.paced).toEqual(["send", "look_up"]);
  });

  it("that is full claims nothing and sends nothing", async () => {
    const crowded = createAttempts({
      ...world.surroundings,
      gateway: world.provider.gateway,
      pace: async () => false,
      newId: () => "lease",
      alert: () => undefined,
      observe: () => undefined,
    });
    const command = {
      organizationId: ORG,
      transferId: transfer.id,
      actor: { type: "system", id: "t" } as const,
      correlationId: "t",
    };
    await expect(crowded.attempt(command)).rejects.toMatchObject({ name: "SendingSaturated" });
    expect(await now()).toEqual(transfer);
    expect(world.provider.calls).toEqual([]);
  });
});

describe("waiting", () => {
  it("for funds goes on under a new key when there are funds", async () => {
    world.provider.next(behaviours.refusesForFunds);
    await world.attempt(transfer);
    await world.resume.resumeWaiting({ kind: "funds", provider: "stripe" });
    expect(world.takeRequests()).toEqual([{ id: transfer.id, organizationId: ORG, resumed: true }]);
    await world.attempt(transfer, true);
    expect(world.provider.calls).toEqual([`transfer:${transfer.id}:1`, `transfer:${transfer.id}:2`]);
    expect(await now()).toMatchObject({ status: "completed", attempts: 1 });
    await world.expectSound();
  });

  it("for the payee's account goes on when the provider reports a change", async () => {
    world.provider.next(behaviours.refusesThePayee);
    await world.attempt(transfer);
    await world.resume.resumeWaiting({ kind: "account", provider: "stripe", account: "acct_1" });
    expect(world.takeRequests()).toHaveLength(1);
    await world.attempt(transfer, true);
    expect((await now()).status).toBe("completed");
  });

  it("also goes on by the slow timer, if the news got lost", async () => {
    world.provider.next(behaviours.refusesForFunds);
    await world.attempt(transfer);
    world.clock.advance(HOUR + MINUTE);
    await world.sweepAndAttempt();
    expect((await now()).status).toBe("completed");
  });

  it("a destination that changed before the first call is not sent to until it is approved", async () => {
    world.clock.advance(MINUTE);
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_2"));
    await world.attempt(transfer);
    expect(await now()).toMatchObject({ status: "awaiting_payee", blocker: { code: "destination_changed" } });
    const payout = await world.only("payout");
    expect(payout.approval.state).toBe("void");
    expect(world.provider.calls).toEqual([]);
    await world.run({ command: "approve_payout", organization_id: ORG, payout_id: payout.id, by: "bob" });
    await world.resume.resumePayout(ORG, payout.id);
    for (const { resumed, ...request } of world.takeRequests()) await world.attempt(request, resumed);
    // Approved, but new: it is used when the cooling-off is over, and not a moment before.
    expect(await now()).toMatchObject({ status: "awaiting_payee", blocker: { code: "destination_cooling_off" } });
    expect((await now()).nextAttemptAt).toBe((await world.only("payee")).destinationUsableFrom);
    world.clock.advance(DAY - 2 * MINUTE);
    await world.sweepAndAttempt();
    expect(world.provider.calls).toEqual([]);
    world.clock.advance(4 * MINUTE);
    await world.sweepAndAttempt();
    expect(world.provider.movements).toMatchObject([{ destination: "acct_2" }]);
    await world.expectSound();
  });

  it("a destination that changed after a call is frozen while the outcome is unknown", async () => {
    world.provider.next(behaviours.timesOutBeforeActing);
    await world.attempt(transfer);
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_2"), { time: "2026-03-02T09:31:00Z" });
    await finish();
    expect(world.provider.movements).toMatchObject([{ destination: "acct_1", epoch: 1 }]);
    await world.expectSound();
  });
});

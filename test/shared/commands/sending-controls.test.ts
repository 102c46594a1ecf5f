import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Transfer } from "../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import { activated, createTestWorld, HOUR, MINUTE, payeeUpserted, type TestWorld } from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let transfers: Transfer[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  await world.take("payee.upserted", payeeUpserted());
  for (const placement of ["a", "b", "c"])
    await world.take("placement.activated", activated({ placement_id: placement }));
  for (const { id } of await world.all("payout_schedule")) await world.fire(id, "manual");
  transfers = await world.all("transfer");
});

function nth(index: number): Transfer {
  const transfer = transfers[index];
  if (transfer === undefined) throw new Error(`no transfer ${index}`);
  return transfer;
}

const stateOf = async (index: number) => {
  const found = (await world.all("transfer")).find(({ id }) => id === nth(index).id);
  if (found === undefined) throw new Error(`no transfer ${index}`);
  return found;
};
const pause = (control: "all" | "stripe") =>
  world.run({ command: "pause_sending", control, by: "ada", reason: "audit" });
const resume = (control: "all" | "stripe") => world.run({ command: "resume_sending", control, by: "bob" });

describe("paused sending", () => {
  it.each(["all", "stripe"] as const)(
    "of %s sends nothing, says so, and goes on when it is resumed",
    async (control) => {
      await pause(control);
      expect(await world.attempt(nth(0))).toMatchObject({ outcome: "done", status: "pending" });
      expect(await stateOf(0)).toMatchObject({
        status: "pending",
        blocker: { code: "sending_paused", detail: control },
        attempts: 0,
      });
      expect(world.provider.calls).toEqual([]);
      await resume(control);
      await world.resume.resumeWaiting({ kind: "sending", control });
      for (const { resumed, ...request } of world.takeRequests()) await world.attempt(request, resumed);
      expect((await stateOf(0)).status).toBe("completed");
      await world.expectSound();
    },
  );

  it("by both holds until both are resumed", async () => {
    await pause("all");
    await pause("stripe");
    await world.attempt(nth(0));
    for (const control of ["all", "stripe"] as const) {
      expect(world.provider.calls).toEqual([]);
      await resume(control);
      await world.resume.resumeWaiting({ kind: "sending", control });
      for (const { resumed, ...request } of world.takeRequests()) await world.attempt(request, resumed);
    }
    await world.resume.resumeWaiting({ kind: "sending", control: "all" });
    for (const { resumed, ...request } of world.takeRequests()) await world.attempt(request, resumed);
    expect((await stateOf(0)).status).toBe("completed");
  });

  it("goes on by the sweep, if the news got lost", async () => {
    await pause("all");
    await world.attempt(nth(0));
    await resume("all");
    world.clock.advance(HOUR + 2 * MINUTE);
    await world.sweepAndAttempt();
    expect((await stateOf(0)).status).toBe("completed");
  });

  it("keeps an unknown outcome unknown, and doesn't stop its look-up", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(nth(0));
    await pause("all");
    world.clock.advance(MINUTE);
    await world.attempt(nth(0));
    expect(await stateOf(0)).toMatchObject({
      status: "outcome_unknown",
      epoch: 1,
      blocker: { code: "sending_paused" },
    });
    world.clock.advance(25 * HOUR);
    await world.attempt(nth(0));
    expect(await stateOf(0)).toMatchObject({ status: "completed", epoch: 1 });
  });

  it("twice, and resuming what is open, changes nothing", async () => {
    expect(await resume("all")).toMatchObject({ refusal: { code: "sending_already_open" } });
    await pause("all");
    expect(await pause("all")).toMatchObject({ refusal: { code: "sending_already_paused" } });
    expect(await world.only("sending_control")).toMatchObject({ status: "paused", reason: "audit", version: 1 });
  });
});

describe("the circuit", () => {
  const trip = async () => {
    world.provider.next(behaviours.refusesTheKey);
    await world.attempt(nth(0));
    expect(await world.only("sending_control")).toMatchObject({ id: "stripe", status: "tripped" });
  };

  it("opens when our credentials are refused: nobody else sends", async () => {
    await trip();
    expect(await world.attempt(nth(1))).toMatchObject({ outcome: "done" });
    expect(await stateOf(1)).toMatchObject({
      status: "pending",
      blocker: { code: "provider_circuit_open" },
      attempts: 0,
    });
    expect(world.provider.calls).toHaveLength(1);
  });

  it("opens once for refusals at the same time", async () => {
    world.provider.next(behaviours.refusesTheKey, behaviours.refusesTheKey);
    await Promise.all([world.attempt(nth(0)), world.attempt(nth(1))]);
    expect((await world.only("sending_control")).status).toBe("tripped");
    await world.expectSound();
  });

  it("lets one probe through per interval, also of several at once", async () => {
    await trip();
    world.clock.advance(15 * MINUTE);
    world.provider.next(behaviours.refusesTheKey, behaviours.refusesTheKey, behaviours.refusesTheKey);
    await Promise.all(transfers.map((transfer) => world.attempt(transfer, true)));
    expect(world.provider.calls).toHaveLength(2);
    await Promise.all(transfers.map((transfer) => world.attempt(transfer, true)));
    expect(world.provider.calls).toHaveLength(2);
    await world.expectSound();
  });

  it("closes when a probe succeeds, and what waited goes on", async () => {
    await trip();
    await world.attempt(nth(1));
    await world.attempt(nth(2));
    world.clock.advance(15 * MINUTE);
    await world.attempt(nth(0), true);
    expect(await world.only("sending_control")).toMatchObject({ status: "open" });
    await world.resume.resumeWaiting({ kind: "sending", control: "stripe" });
    for (const { resumed, ...request } of world.takeRequests()) await world.attempt(request, resumed);
    expect((await world.all("transfer")).map(({ status }) => status)).toEqual(Array(3).fill("completed"));
    await world.expectSound();
  });

  it.each([
    ["no funds", behaviours.refusesForFunds],
    ["a closed account", behaviours.refusesThePayee],
  ])("closes also when the probe meets %s: the credentials are good again", async (_what, behaviour) => {
    await trip();
    world.clock.advance(15 * MINUTE);
    world.provider.next(behaviour);
    await world.attempt(nth(0), true);
    expect(await world.only("sending_control")).toMatchObject({ status: "open" });
  });

  it.each([
    ["silence", behaviours.timesOutBeforeActing],
    ["throttling", behaviours.throttles],
  ])("stays open when the probe meets %s", async (_what, behaviour) => {
    await trip();
    world.clock.advance(15 * MINUTE);
    world.provider.next(behaviour);
    await world.attempt(nth(0), true);
    expect(await world.only("sending_control")).toMatchObject({ status: "tripped" });
  });

  it("is closed by the next probe when closing it was lost", async () => {
    await trip();
    world.clock.advance(15 * MINUTE);
    // Killed when the outcome is on record and the circuit still open.
    world.faults.arm(10, "before");
    await world.attempt(nth(0), true).catch(() => undefined);
    world.faults.revive();
    await world.settle(10);
    expect((await world.all("transfer")).map(({ status }) => status)).toEqual(Array(3).fill("completed"));
    expect((await world.only("sending_control")).status).toBe("open");
    await world.expectSound();
  });

  it("that a person paused stays paused", async () => {
    await pause("stripe");
    await resume("stripe");
    world.provider.next({ ...behaviours.refusesTheKey, during: async () => void (await pause("stripe")) });
    await world.attempt(nth(0));
    expect((await world.only("sending_control")).status).toBe("paused");
    await resume("stripe");
    expect((await world.only("sending_control")).status).toBe("open");
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSweep } from "../../../shared/commands/sweep.ts";
import { DUE_SHARDS, dueShard, sweepCursorKey } from "../../../shared/store/keys.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import {
  activated,
  createPendingTransfer,
  createTestWorld,
  DAY,
  HOUR,
  MINUTE,
  payeeUpserted,
  SECOND,
  type TestWorld,
  withoutDestination,
} from "../../support/world.ts";

const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
const PLENTY = () => MINUTE;
let dynamo: TestDynamo;
let world: TestWorld;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
});

async function activate(count = 1) {
  await world.take("payee.upserted", payeeUpserted());
  for (let index = 0; index < count; index += 1) {
    await world.take("placement.activated", activated({ placement_id: `placement-${index}` }));
  }
}

/** The earliest hour that any shard's sweep still looks into. */
async function cursors(): Promise<(string | undefined)[]> {
  return Promise.all(
    Array.from({ length: DUE_SHARDS }, (_, shard) => world.store.readSweepCursor(sweepCursorKey(shard))),
  );
}

describe("the sweep", () => {
  it("heals holds and schedules that nothing else fired, on its own path", async () => {
    await activate(3);
    world.clock.set("2026-05-31T00:06:00.000Z");
    expect(await world.sweep.run(PLENTY)).toEqual({ healed: 6, blocked: 0, transfers: 0, failures: 0, complete: true });
    for (const hold of await world.all("escrow_hold")) {
      expect(hold).toMatchObject({
        status: "released",
        firing: { path: "sweep", plannedAt: GUARANTEE_END, latenessSeconds: 360 },
      });
    }
    await world.expectSound("healed", { now: world.clock.iso() });
  });

  it("leaves the first minute to the scheduler, and nothing to heal is nothing healed", async () => {
    await activate();
    world.clock.set("2026-05-31T00:00:59.000Z");
    expect(await world.sweep.run(PLENTY)).toMatchObject({ healed: 0, complete: true });
    world.clock.advance(2 * SECOND);
    expect(await world.sweep.run(PLENTY)).toMatchObject({ healed: 2 });
    expect(await world.sweep.run(PLENTY)).toMatchObject({ healed: 0, transfers: 0 });
  });

  it("does once what two sweeps find at the same time", async () => {
    await activate(3);
    world.clock.set("2026-05-31T00:06:00.000Z");
    const reports = await Promise.all([world.sweep.run(PLENTY), world.sweep.run(PLENTY)]);
    expect(reports.reduce((sum, { healed }) => sum + healed, 0)).toBe(6);
    expect(await world.all("transfer")).toHaveLength(6);
    await world.expectSound();
  });

  it("asks for attempts at transfers whose first one never came", async () => {
    const transfer = await createPendingTransfer(world);
    world.clock.advance(9 * MINUTE);
    expect(await world.sweep.run(PLENTY)).toMatchObject({ transfers: 0 });
    world.clock.advance(3 * MINUTE);
    expect(await world.sweep.run(PLENTY)).toMatchObject({ transfers: 1 });
    expect(world.takeRequests()).toEqual([{ id: transfer.id, organizationId: "acme", resumed: false }]);
  });

  it("asks for attempts at transfers whose holder died", async () => {
    const transfer = await createPendingTransfer(world);
    world.provider.next({ acts: true, during: () => Promise.reject(new Error("killed")) });
    await world.attempt(transfer).catch(() => undefined);
    world.clock.advance(12 * MINUTE);
    await world.sweepAndAttempt();
    expect((await world.only("transfer")).status).toBe("completed");
    expect(world.provider.movements).toHaveLength(1);
  });

  it("asks for attempts at retries whose workflow was lost", async () => {
    const transfer = await createPendingTransfer(world);
    world.provider.next(behaviours.throttles);
    await world.attempt(transfer);
    world.clock.advance(12 * MINUTE);
    await world.sweepAndAttempt();
    expect((await world.only("transfer")).status).toBe("completed");
  });

  it("counts what is blocked, and lets it wait until it is looked at again", async () => {
    await world.take("payee.upserted", withoutDestination());
    await world.take("placement.activated", activated());
    world.clock.set("2026-05-31T00:06:00.000Z");
    expect(await world.sweep.run(PLENTY)).toMatchObject({ healed: 0, blocked: 2 });
    world.clock.advance(30 * MINUTE);
    expect(await world.sweep.run(PLENTY)).toMatchObject({ blocked: 0 });
    world.clock.advance(32 * MINUTE);
    expect(await world.sweep.run(PLENTY)).toMatchObject({ blocked: 2 });
  });

  it("finds the rest of a hold whose date has passed long ago", async () => {
    await world.take("payee.upserted", withoutDestination());
    await world.take("placement.activated", activated());
    world.clock.set("2026-05-31T00:06:00.000Z");
    await world.sweep.run(PLENTY);
    for (let day = 0; day < 5; day += 1) {
      world.clock.advance(DAY);
      await world.sweep.run(PLENTY);
      await world.sweep.run(PLENTY);
    }
    await world.take("payee.upserted", payeeUpserted());
    const { id } = await world.only("escrow_hold");
    await world.release(id, "manual", { amountMinor: 5_000 });
    world.clock.advance(6 * MINUTE);
    await world.sweep.run(PLENTY);
    expect(await world.only("escrow_hold")).toMatchObject({ status: "released", firing: { path: "sweep" } });
    await world.expectSound("the rest", { now: world.clock.iso() });
  });

  it("is not stopped by a record that can't be swept", async () => {
    await activate(3);
    world.clock.set("2026-05-31T00:06:00.000Z");
    const poison = (await world.all("escrow_hold"))[0]?.id;
    const releases = {
      ...world.releases,
      releaseHold: (command: Parameters<typeof world.releases.releaseHold>[0]) =>
        command.holdId === poison ? Promise.reject(new Error("poison")) : world.releases.releaseHold(command),
    };
    const failures: string[] = [];
    const sweep = createSweep({
      ...world.surroundings,
      releases,
      requestAttempts: async () => undefined,
      onFailure: (id) => void failures.push(id),
    });
    expect(await sweep.run(PLENTY)).toMatchObject({ healed: 5, failures: 1, complete: true });
    expect(failures).toEqual([poison]);
  });

  it("is not stopped by a bus that takes no requests: they are asked for again", async () => {
    const transfer = await createPendingTransfer(world);
    await world.take("placement.activated", activated({ placement_id: "other", start_date: "2025-01-01" }));
    world.clock.advance(12 * MINUTE);
    const failures: string[] = [];
    const sweep = createSweep({
      ...world.surroundings,
      releases: world.releases,
      requestAttempts: () => Promise.reject(new Error("down")),
      onFailure: (id) => void failures.push(id),
    });
    expect(await sweep.run(PLENTY)).toMatchObject({ healed: 2, failures: 1 });
    expect(failures).toEqual([transfer.id]);
    await world.sweep.run(PLENTY);
    expect(world.takeRequests().map(({ id }) => id)).toContain(transfer.id);
  });
});

describe("the time limit", () => {
  it("stops the sweep between two records; the next one goes on", async () => {
    await activate(6);
    world.clock.set("2026-05-31T00:06:00.000Z");
    let releases = 0;
    const counted = {
      ...world.releases,
      releaseHold: (command: Parameters<typeof world.releases.releaseHold>[0]) => {
        releases += 1;
        return world.releases.releaseHold(command);
      },
      fireSchedule: (command: Parameters<typeof world.releases.fireSchedule>[0]) => {
        releases += 1;
        return world.releases.fireSchedule(command);
      },
    };
    const sweep = createSweep({
      ...world.surroundings,
      releases: counted,
      requestAttempts: async () => undefined,
      onFailure: () => undefined,
    });
    const first = await sweep.run(() => (releases === 0 ? MINUTE : 0));
    expect(first.complete).toBe(false);
    expect(first.healed).toBeLessThanOrEqual(DUE_SHARDS);
    const second = await world.sweep.run(PLENTY);
    expect(first.healed + second.healed).toBe(12);
    expect(second.complete).toBe(true);
    await world.expectSound("both", { now: world.clock.iso() });
  });

  it("reached at once reads no due work, releases nothing and closes no hour", async () => {
    await activate();
    await world.sweep.run(PLENTY);
    const before = await cursors();
    world.clock.set("2026-05-31T00:06:00.000Z");
    expect(await world.sweep.run(() => 0)).toMatchObject({ healed: 0, complete: false });
    expect(await cursors()).toEqual(before);
  });
});

describe("the cursor", () => {
  it("passes empty hours that are closed, and stays two hours behind", async () => {
    await world.sweep.run(PLENTY);
    expect(await cursors()).toEqual(Array(DUE_SHARDS).fill("2026-03-02T07"));
    world.clock.advance(10 * HOUR);
    await world.sweep.run(PLENTY);
    expect(await cursors()).toEqual(Array(DUE_SHARDS).fill("2026-03-02T17"));
  });

  it("doesn't pass an hour in which something is still due", async () => {
    const transfer = await createPendingTransfer(world);
    world.clock.advance(20 * HOUR);
    await world.sweep.run(PLENTY);
    const stuck = (await cursors())[dueShard(transfer.id)];
    expect(stuck).toBe("2026-03-02T09");
    await world.sweepAndAttempt();
    await world.sweep.run(PLENTY);
    expect((await cursors())[dueShard(transfer.id)]).toBe("2026-03-03T03");
  });

  it("after a gap of 90 days finds what fell due in it, and closes it", { timeout: 60_000 }, async () => {
    await activate(2);
    await world.sweep.run(PLENTY);
    world.clock.advance(90 * DAY + HOUR);
    expect(await world.sweep.run(PLENTY)).toMatchObject({ healed: 4, complete: true });
    await world.sweep.run(PLENTY);
    world.sent.length = 0;
    expect(await world.sweep.run(PLENTY)).toMatchObject({ healed: 0, complete: true });
    expect(world.sent.filter((name) => name === "QueryCommand").length).toBeLessThanOrEqual(DUE_SHARDS * 4);
  });
});

describe("what a sweep reads", () => {
  it("grows with what is due, not with the number of holds", async () => {
    const cost = async () => {
      world.sent.length = 0;
      await world.sweep.run(PLENTY);
      return world.sent.length;
    };
    await world.sweep.run(PLENTY);
    const empty = await cost();
    await activate(12);
    expect(await cost()).toBe(empty);
    expect(empty).toBeLessThanOrEqual(DUE_SHARDS * 5);
  });

  it("is never a scan, whatever the commands", async () => {
    await createPendingTransfer(world);
    world.clock.advance(2 * HOUR);
    await world.settle(2);
    await world.resume.resumeWaiting({ kind: "funds", provider: "stripe" });
    expect(new Set(world.sent)).toEqual(
      new Set(["GetCommand", "BatchGetCommand", "QueryCommand", "TransactWriteCommand", "UpdateCommand"]),
    );
  });
});

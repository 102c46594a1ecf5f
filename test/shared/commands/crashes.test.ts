import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InboundType } from "../../../shared/events/inbound.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { sweepCrashes } from "../../support/faults.ts";
import { type Behaviour, behaviours } from "../../support/recording-gateway.ts";
import {
  activated,
  createPendingTransfer,
  createTestWorld,
  HOUR,
  MINUTE,
  ORG,
  payeeUpserted,
  signalled,
  type TestWorld,
} from "../../support/world.ts";

const CRASH_TIMEOUT_MS = 60_000;
const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
let dynamo: TestDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const TWO_PAYEES = {
  payees: [
    { payee_id: "payee-1", share_bp: 6_000 },
    { payee_id: "payee-2", share_bp: 4_000 },
  ],
};
const SIGNING = { ...TWO_PAYEES, policy: { trigger_event: "contract_signed" } };

/** Two payees; with `activation`, also their placement. */
async function prepared(activation?: Record<string, unknown>): Promise<TestWorld> {
  const world = await createTestWorld(dynamo);
  for (const payee of ["payee-1", "payee-2"])
    await world.take("payee.upserted", payeeUpserted(payee, `acct_${payee.at(-1)}`));
  if (activation !== undefined) await world.take("placement.activated", activated(activation));
  return world;
}

describe("killed at any call to the outside, then delivered again", { timeout: CRASH_TIMEOUT_MS }, () => {
  it.each<
    [InboundType, Record<string, unknown>, Record<string, unknown> | undefined, (world: TestWorld) => Promise<void>]
  >([
    [
      "placement.activated",
      activated(TWO_PAYEES),
      undefined,
      async (world) => {
        expect((await world.all("payout")).map(({ amountMinor }) => amountMinor).toSorted()).toEqual([40_000, 60_000]);
      },
    ],
    [
      "placement.cancelled",
      signalled(),
      TWO_PAYEES,
      async (world) => {
        expect((await world.all("payout")).map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
      },
    ],
    [
      "placement.guarantee_failed",
      signalled(),
      TWO_PAYEES,
      async (world) => {
        expect((await world.all("escrow_hold")).map(({ status }) => status)).toEqual(["forfeited", "forfeited"]);
      },
    ],
    [
      "placement.contract_signed",
      signalled(),
      SIGNING,
      async (world) => {
        expect((await world.all("transfer")).map(({ amountMinor }) => amountMinor).toSorted()).toEqual([
          32_000, 48_000,
        ]);
      },
    ],
    [
      "payee.upserted",
      payeeUpserted("payee-3", "acct_3"),
      undefined,
      async (world) => {
        expect(await world.all("payee")).toHaveLength(3);
      },
    ],
  ])("%s is whole", async (type, detail, activation, expectWhole) => {
    const calls = await sweepCrashes({
      prepare: () => prepared(activation),
      run: (world) => world.take(type, detail, { eventId: "same" }),
      check: async (world, where) => {
        await world.expectSound(`${where}, at once`);
        world.clock.advance(MINUTE);
        await world.take(type, detail, { eventId: "same", time: "2026-03-02T09:30:00Z" });
        await expectWhole(world);
        await world.expectSound(where);
      },
    });
    expect(calls).toBeGreaterThanOrEqual(2);
  });

  it("what falls due is released once and paid once", async () => {
    await sweepCrashes({
      prepare: async () => {
        const world = await createTestWorld(dynamo);
        await world.take("payee.upserted", payeeUpserted());
        await world.take("placement.activated", activated());
        world.clock.set(GUARANTEE_END);
        return world;
      },
      run: async (world) => {
        await world.release((await world.only("escrow_hold")).id, "scheduler");
        await world.fire((await world.only("payout_schedule")).id, "scheduler");
      },
      check: async (world, where) => {
        await world.expectSound(`${where}, at once`);
        await world.release((await world.only("escrow_hold")).id, "scheduler");
        world.clock.advance(2 * MINUTE);
        await world.settle(4);
        expect(world.provider.movements.map(({ amountMinor }) => amountMinor).toSorted()).toEqual([20_000, 80_000]);
        expect((await world.only("payout")).status).toBe("paid");
        await world.expectSound(where, { now: world.clock.iso() });
      },
    });
  });

  it.each<[string, readonly Behaviour[]]>([
    ["accepts", []],
    ["acts and is not heard", [behaviours.timesOutAfterActing]],
    ["has no funds at first", [behaviours.refusesForFunds]],
    ["breaks after acting, and repeats that", [{ ...behaviours.breaks, acts: true }]],
    ["refuses the key at first", [behaviours.refusesTheKey]],
    ["throttles at first", [behaviours.throttles]],
  ])("a transfer is made once, where the provider %s", async (_what, script) => {
    const calls = await sweepCrashes({
      prepare: async () => {
        const world = await createTestWorld(dynamo);
        return Object.assign(world, { transfer: await createPendingTransfer(world) });
      },
      run: (world) => {
        world.provider.next(...script);
        return world.attempt(world.transfer);
      },
      check: async (world, where) => {
        await world.settle(12);
        expect(world.provider.movements, where).toHaveLength(1);
        expect(await world.only("payout"), where).toMatchObject({ paidMinor: 80_000, inTransferMinor: 0 });
        await world.expectSound(where);
      },
    });
    expect(calls).toBeGreaterThanOrEqual(7);
  });

  it("a transfer is made once, where it is killed again and again", async () => {
    for (let at = 1; at <= 9; at += 1) {
      const world = await createTestWorld(dynamo);
      const transfer = await createPendingTransfer(world);
      for (const moment of ["after", "before", "after"] as const) {
        world.faults.arm(at, moment);
        await world.attempt(transfer).catch(() => undefined);
        world.faults.revive();
        world.clock.advance(3 * MINUTE);
      }
      await world.settle(20);
      expect(world.provider.movements, `call ${at}`).toHaveLength(1);
      await world.expectSound(`call ${at}`);
    }
  });

  it("a transfer is made once, where it is taken up again only when its key is forgotten", async () => {
    await sweepCrashes({
      prepare: async () => {
        const world = await createTestWorld(dynamo);
        return Object.assign(world, { transfer: await createPendingTransfer(world) });
      },
      run: (world) => world.attempt(world.transfer),
      check: async (world, where) => {
        world.clock.advance(30 * HOUR);
        await world.settle(12);
        expect(world.provider.movements, where).toHaveLength(1);
        await world.expectSound(where);
      },
    });
  });

  it.each([
    ["transfer.created", 0],
    ["transfer.reversed", 50_000],
  ])("%s is applied once", async (type, reversedMinor) => {
    await sweepCrashes({
      prepare: async () => {
        const world = await createTestWorld(dynamo);
        const transfer = await createPendingTransfer(world);
        world.provider.next(behaviours.timesOutAfterActing);
        await world.attempt(transfer);
        const [movement] = world.provider.movements;
        if (movement !== undefined) movement.reversedMinor = reversedMinor;
        return world;
      },
      run: async (world) => {
        await world.receive("evt_1", type, "tr_1");
        await world.providerEvents.apply("stripe", "evt_1");
      },
      check: async (world, where) => {
        await world.expectSound(`${where}, at once`);
        await world.receive("evt_1", type, "tr_1");
        await world.providerEvents.apply("stripe", "evt_1");
        expect(await world.only("transfer"), where).toMatchObject({ status: "completed", reversedMinor });
        expect(await world.only("provider_event"), where).toMatchObject({ status: "applied", version: 2 });
        await world.expectSound(where);
      },
    });
  });

  it("news about funds are announced at least once", async () => {
    await sweepCrashes({
      prepare: () => createTestWorld(dynamo),
      run: async (world) => {
        await world.receive("evt_1", "balance.available", "balance");
        await world.providerEvents.apply("stripe", "evt_1");
      },
      check: async (world, where) => {
        await world.receive("evt_1", "balance.available", "balance");
        await world.providerEvents.apply("stripe", "evt_1");
        expect(world.bus.length, where).toBeGreaterThanOrEqual(1);
      },
    });
  });

  it("an approval frees what waited for it", async () => {
    await sweepCrashes({
      prepare: async () => {
        const world = await createTestWorld(dynamo);
        await world.take("payee.upserted", payeeUpserted());
        await world.take("placement.activated", activated({ policy: { approval: "manual" } }));
        world.clock.set(GUARANTEE_END);
        await world.release((await world.only("escrow_hold")).id, "scheduler");
        await world.run({
          command: "approve_payout",
          organization_id: ORG,
          payout_id: (await world.only("payout")).id,
          by: "bob",
        });
        return Object.assign(world, { payout: await world.only("payout") });
      },
      run: (world) => world.resume.resumePayout(ORG, world.payout.id),
      check: async (world, where) => {
        await world.resume.resumePayout(ORG, world.payout.id);
        expect((await world.only("escrow_hold")).status, where).toBe("released");
        await world.expectSound(where);
      },
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InboundType } from "../../../shared/events/inbound.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { activated, createTestWorld, MINUTE, ORG, payeeUpserted, signalled } from "../../support/world.ts";

let dynamo: TestDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

type Sent = readonly [InboundType, Record<string, unknown>];
const PAYEE: Sent = ["payee.upserted", payeeUpserted()];
const ACTIVATED: Sent = ["placement.activated", activated({ policy: { trigger_event: "contract_signed" } })];
const SIGNED: Sent = ["placement.contract_signed", signalled()];
const CANCELLED: Sent = ["placement.cancelled", signalled({ reason: "off" })];

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((head, index) => permutations(list.toSpliced(index, 1)).map((rest) => [head, ...rest]));
}

const titled = (list: readonly Sent[]) =>
  permutations(list).map((order) => [order.map(([type]) => type.replace("placement.", "")).join(", "), order] as const);

describe("whatever the order of a placement's events", () => {
  it.each(titled([PAYEE, ACTIVATED, SIGNED]))("what was earned is paid once: %s", async (_order, events) => {
    const world = await createTestWorld(dynamo);
    for (const event of events) {
      await world.take(...event);
      world.clock.advance(MINUTE);
    }
    await world.settle(8);
    expect(world.provider.movements).toMatchObject([{ amountMinor: 80_000, destination: "acct_1" }]);
    expect(await world.only("payout")).toMatchObject({
      status: "partially_paid",
      paidMinor: 80_000,
      heldMinor: 20_000,
    });
    await world.expectSound();
  });

  it.each(titled([PAYEE, ACTIVATED, SIGNED, CANCELLED]))(
    "what was cancelled is never paid: %s",
    async (_order, events) => {
      const world = await createTestWorld(dynamo);
      for (const event of events) {
        await world.take(...event);
        world.clock.advance(MINUTE);
      }
      await world.settle(4);
      expect(world.provider.movements).toEqual([]);
      expect(await world.store.owedMinor(ORG, "payee-1", "USD")).toBe(0);
      const wasActive = events.indexOf(ACTIVATED) < events.indexOf(CANCELLED);
      expect((await world.all("payout")).map(({ status }) => status)).toEqual(wasActive ? ["cancelled"] : []);
      expect(await world.only("placement")).toMatchObject({ status: "cancelled", feeMinor: 100_000 });
      await world.expectSound();
    },
  );

  it.each(titled([ACTIVATED, SIGNED, CANCELLED]))("also at the same time: %s", async (_order, events) => {
    const world = await createTestWorld(dynamo);
    await world.take(...PAYEE);
    await Promise.all(events.map((event) => world.take(...event)));
    await world.settle(4);
    expect(world.provider.movements).toEqual([]);
    expect((await world.all("escrow_hold")).every(({ status }) => status === "cancelled")).toBe(true);
    await world.expectSound();
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPace } from "../../../shared/commands/pace.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { createTestWorld, type TestWorld } from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let slept: number[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  slept = [];
});

const paceOf = (requestsPerSecond: number) =>
  createPace({
    ...world.surroundings,
    provider: "stripe",
    requestsPerSecond,
    sleep: async (ms) => {
      slept.push(ms);
    },
  });

describe("the shared rate limit", () => {
  it("lets as many through in a second as it allows, without a wait", async () => {
    const take = paceOf(3);
    expect(await Promise.all([take("send"), take("send"), take("send")])).toEqual([true, true, true]);
    expect(slept).toEqual([]);
  });

  it("makes the next ones wait for the seconds that follow, to their start", async () => {
    const take = paceOf(1);
    world.clock.advance(250);
    for (let call = 0; call < 3; call += 1) await take("send");
    expect(slept).toEqual([750, 1_750]);
  });

  it("is shared by all functions", async () => {
    expect(await paceOf(1)("send")).toBe(true);
    await paceOf(1)("send");
    expect(slept).toEqual([1_000]);
  });

  it("says no where nine seconds are full, and the time of no place is used", async () => {
    const take = paceOf(1);
    for (let call = 0; call < 9; call += 1) expect(await take("send")).toBe(true);
    slept.length = 0;
    expect(await take("send")).toBe(false);
    expect(slept).toEqual([]);
  });

  it("counts each endpoint by itself", async () => {
    const take = paceOf(1);
    await take("send");
    await take("look_up");
    expect(slept).toEqual([]);
  });
});

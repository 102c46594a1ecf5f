import { beforeAll, describe, expect, it } from "vitest";
import {
  againstFewest,
  type Cost,
  costOfAPayout,
  differences,
  readGolden,
  unitRatios,
} from "../../bench/cost-of-a-payout.ts";

const START_AND_LIVE_MS = 60_000;

describe("one payout's life, from its event to the applied webhook", () => {
  let cost: Cost;
  beforeAll(async () => {
    cost = await costOfAPayout();
  }, START_AND_LIVE_MS);

  it("costs what the golden file says; `npm run bench -- --only p5 --update-golden` writes it anew", () => {
    expect(differences(readGolden(), cost.counts)).toEqual([]);
  });

  it("takes at most 1.25 times the fewest units that the design allows", () => {
    expect(unitRatios(againstFewest(readGolden())).units).toBeLessThanOrEqual(1.25);
    expect(unitRatios(againstFewest(cost.counts)).units).toBeLessThanOrEqual(1.25);
  });

  it("takes no workflow transition when nothing fails", () => {
    expect(cost.counts.others.workflowTransitions).toBe(0);
  });

  it("is told once by each change, and audited line by line", () => {
    const told = Object.entries(cost.counts.events).filter(([name]) => name.startsWith("payouts "));
    expect(told.map(([, count]) => count)).toEqual(told.map(() => 1));
    // Three journal entries are audited and not told.
    expect(cost.counts.calls["write-audit dynamodb:ExecuteStatement"]).toBe(told.length + 3);
  });
});

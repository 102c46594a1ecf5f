import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS, nameOf, startTestCloud, type TestCloud } from "../support/cloud.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

/** A placement from the event to the money, all of it held for a day, with time enough for every retry. */
async function liveThrough(): Promise<void> {
  const org = cloud.organization();
  await org.start({ guarantee_days: 1, policy: { holdback_bp: 10_000 } });
  await cloud.advance(5 * MINUTE_MS);
  await cloud.advance(DAY_MS + 15 * MINUTE_MS);
  await cloud.advance(2 * HOUR_MS);
  const payout = await org.only("payout");
  expect(payout).toMatchObject({ status: "paid", paidMinor: payout.amountMinor, inTransferMinor: 0 });
  expect(await org.only("escrow_hold")).toMatchObject({ status: "released" });
  expect(org.books()).toHaveLength(1);
  await org.expectInvariants();
}

/** Every call of one path, or the first few where each record means the same calls again. */
const paths = [
  { name: "intake-events", service: "dynamodb", calls: 20 },
  { name: "plan-schedules", service: "scheduler", calls: 20 },
  { name: "release-due", service: "dynamodb", calls: 20 },
  { name: "attempt-transfer", service: "dynamodb", calls: 20 },
  { name: "receive-stripe-webhook", service: "dynamodb", calls: 20 },
  { name: "apply-provider-event", service: "dynamodb", calls: 20 },
  { name: "relay-changes", service: "dynamodb", calls: 3 },
  { name: "relay-changes", service: "events", calls: 3 },
  { name: "write-audit", service: "dynamodb", calls: 3 },
] as const;

it.each(paths.flatMap((path) => [{ ...path, at: "before" } as const, { ...path, at: "after" } as const]))(
  "function killed at any line: $name dies at each call to $service, $at the effect, and the next run finishes the work",
  async ({ name, service, calls, at }) => {
    let deaths = 0;
    for (let skip = 0; skip < calls; skip += 1) {
      cloud.local.faults.aws.add({ service, functionName: nameOf(name), effect: "kill", at, skip, count: 1 });
      await liveThrough();
      const reached = cloud.local.faults.aws.list().some(({ injected }) => injected > 0);
      cloud.clearFaults();
      if (!reached) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(0);
    if (calls === 20) expect(deaths).toBeLessThan(calls);
  },
);

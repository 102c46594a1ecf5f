import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { MINUTE_MS, nameOf, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

/** 1,000.00 USD that have arrived, of which a person wants some back. */
async function sentAndAsked(amountMinor?: number): Promise<Organization> {
  const org = cloud.organization();
  await org.send(100_000);
  const { id } = await org.only("transfer");
  const amount = amountMinor === undefined ? {} : { amount: amountMinor };
  const asked = await org.command("reverse_transfer", { transfer_id: id, reason: "left early", ...amount });
  expect(asked).toMatchObject({ ok: true, result: { reversals: [{ status: "requested" }] } });
  return org;
}

async function expectReversed(org: Organization, reversedMinor: number): Promise<void> {
  expect(org.books()).toMatchObject([{ reversedMinor }]);
  expect(await org.only("transfer")).toMatchObject({ reversedMinor, reversals: [{ status: "completed" }] });
  expect((await org.all("journal_entry")).filter(({ kind }) => kind === "reversal")).toHaveLength(1);
  await org.expectInvariants();
}

it("a reversal is done at the provider as soon as it is asked for, and told once, whatever its webhook says", async () => {
  const org = await sentAndAsked(30_000);
  await cloud.settle();
  await expectReversed(org, 30_000);
  expect((await org.story("transfer")).slice(-3)).toEqual(
    expect.arrayContaining(["transfer.reversal_requested", "transfer.reversed"]),
  );
});

it("an answer that got lost on the way: the invocation's retry uses the same key, and the money comes back once", async () => {
  cloud.local.stripe.control.addFault({
    match: { endpoint: "transfers.createReversal" },
    fault: "html_502",
    count: 1,
  });
  const org = await sentAndAsked();
  await cloud.settle();
  await cloud.advance(4 * MINUTE_MS);
  await expectReversed(org, 100_000);
});

it("a function that dies at each of its tries: the sweep takes the reversal up", async () => {
  const dying = { service: "dynamodb", operation: "TransactWriteItems", functionName: nameOf("reverse-transfer") };
  cloud.local.faults.aws.add({ ...dying, effect: "kill", at: "before", count: 3 });
  const org = await sentAndAsked(20_000);
  await cloud.settle();
  await cloud.advance(5 * MINUTE_MS);
  expect(org.books()).toMatchObject([{ reversedMinor: 0 }]);
  await cloud.advance(15 * MINUTE_MS);
  await expectReversed(org, 20_000);
  expect(await cloud.queued("reverse-transfer-failures")).toHaveLength(1);
});

it("a payee's account without funds: it has failed and says why, and nothing is posted", async () => {
  const refusing = { match: { endpoint: "transfers.createReversal" }, fault: "insufficient_funds", count: 1 } as const;
  cloud.local.stripe.control.addFault(refusing);
  const org = await sentAndAsked(30_000);
  await cloud.settle();
  expect(await org.only("transfer")).toMatchObject({
    status: "completed",
    reversedMinor: 0,
    reversals: [{ status: "failed", failureCode: "balance_insufficient" }],
  });
  expect((await org.story("transfer")).at(-1)).toBe("transfer.reversal_failed");
  await org.expectInvariants();
});

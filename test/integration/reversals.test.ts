import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { LOCAL_TABLE } from "../../local/report.ts";
import { createTransfers } from "../../shared/commands/transfers.ts";
import { createStore } from "../../shared/store/store.ts";
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
  const world = { now: cloud.now, random: () => 0.5, sleep: async () => undefined };
  const store = createStore({ client: cloud.document, tableName: LOCAL_TABLE });
  const { requestReversal } = createTransfers({ store, ...world });
  const decision = await requestReversal({
    organizationId: org.id,
    transferId: id,
    actor: { type: "user", id: "ann", role: "admin" },
    correlationId: "request-1",
    amountMinor,
    reason: "left early",
  });
  expect(decision.ok).toBe(true);
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

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { HOUR_MS, MINUTE_MS, nameOf, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterEach(() => {
  cloud.endFaults();
  cloud.local.stripe.control.updateSettings({
    payouts: { enabled: false },
    webhooks: { enabled: false },
    listLagMs: 0,
  });
});
afterAll(() => cloud.stop());

type Fault = Parameters<TestCloud["local"]["stripe"]["control"]["addFault"]>[0]["fault"];
const stripe = () => cloud.local.stripe.control;
const fail = (org: Organization, fault: Fault, count?: number) =>
  stripe().addFault({ match: { destination: org.account() }, fault, ...(count === undefined ? {} : { count }) });

/** All the time that retries, look-ups and proofs may take. */
const PATIENCE_MS = 2 * HOUR_MS;

async function expectSentOnce(org: Organization, more: Record<string, unknown> = {}): Promise<void> {
  const transfer = await org.only("transfer");
  expect(transfer).toMatchObject({ status: "completed", ...more });
  expect(org.books()).toHaveLength(1);
  expect((await org.only("payout")).status).toBe("paid");
  await org.expectInvariants();
}

describe("a transfer that nothing stands in the way of", () => {
  it("is sent at once, counted once, and costs no execution of the retry workflow", async () => {
    const org = cloud.organization();
    await org.send(125_000);

    await expectSentOnce(org, { attempts: 1, epoch: 1 });
    expect(org.executions()).toEqual([]);
  });
});

describe("insufficient funds", () => {
  it("waits without using up attempts, and goes on by itself when the balance is there", async () => {
    stripe().updateSettings({ webhooks: { enabled: true } });
    const org = cloud.organization();
    stripe().setBalance({ currency: "eur", amount: 10 });
    await org.start({ currency: "EUR", policy: { holdback_bp: 0, trigger_event: "contract_signed" } });
    await cloud.publish(org.placementSaid("contract_signed"));
    await cloud.settle();
    expect(await org.only("transfer")).toMatchObject({
      status: "awaiting_funds",
      blocker: { code: "insufficient_funds", fixableBy: "finance" },
      attempts: 0,
    });
    await cloud.advance(3 * HOUR_MS);
    expect((await org.only("transfer")).status).toBe("awaiting_funds");
    stripe().topUp({ currency: "eur", amount: 1_000_000 });
    await cloud.settle();

    await expectSentOnce(org, { attempts: 1 });
    expect(org.executions()).toEqual([]);
  });
});

describe("expired key", () => {
  it.each(["expired", "restricted"] as const)(
    "%s: the circuit opens, others wait, a probe closes it and all go on",
    async (status) => {
      const [first, second] = [cloud.organization(), cloud.organization()];
      stripe().setApiKey("sk_test_simulated", status);
      await first.send(100_000);
      await second.send(100_000);
      const calls = () =>
        stripe()
          .books()
          .requests.reduce((sum, { count }) => sum + count, 0);
      const before = calls();
      await cloud.advance(10 * MINUTE_MS);
      expect(calls()).toBe(before);
      for (const org of [first, second]) {
        expect(await org.only("transfer")).toMatchObject({
          status: "pending",
          attempts: 0,
          blocker: { code: "provider_circuit_open", fixableBy: "admin" },
        });
      }
      // One probe per interval, and none that counts.
      await cloud.advance(10 * MINUTE_MS);
      expect(calls() - before).toBe(1);
      stripe().setApiKey("sk_test_simulated", "active");
      await cloud.advance(30 * MINUTE_MS);

      await expectSentOnce(first, { attempts: 1 });
      await expectSentOnce(second, { attempts: 1 });
      const control = (await cloud.items()).find(({ entity }) => entity === "sending_control");
      expect(control?.status).toBe("open");
    },
  );
});

describe("paused sending", () => {
  it("lets nothing out, says so, and goes on by itself when it is resumed", async () => {
    const org = cloud.organization();
    await cloud.command({ command: "pause_sending", control: "all", by: "adam", reason: "month end" });
    await org.send(100_000);
    await cloud.advance(2 * HOUR_MS);
    expect(await org.only("transfer")).toMatchObject({ status: "pending", blocker: { code: "sending_paused" } });
    expect(org.books()).toEqual([]);
    await org.expectInvariants();
    await cloud.command({ command: "resume_sending", control: "all", by: "adam" });
    await cloud.settle();

    await expectSentOnce(org, { attempts: 1 });
  });
});

describe("key older than 24 h with unknown outcome", () => {
  const pause = () => cloud.command({ command: "pause_sending", control: "stripe", by: "adam", reason: "test" });
  const resume = () => cloud.command({ command: "resume_sending", control: "stripe", by: "adam" });
  const sent = (org: Organization) =>
    cloud.seen.filter(
      ({ detailType, detail }) => detailType === "transfer.attempted" && detail.organization_id === org.id,
    );

  it("is looked up first and found: no call is made again", async () => {
    const org = cloud.organization();
    // Twice, because the SDK repeats a broken connection on its own.
    fail(org, "timeout", 2);
    await org.send(100_000);
    await pause();
    await cloud.advance(23 * HOUR_MS + 30 * MINUTE_MS);
    const creates = stripe().books().creates;
    await cloud.advance(26 * HOUR_MS);

    await expectSentOnce(org, { epoch: 1 });
    expect(stripe().books().creates).toEqual(creates);
    await resume();
    await cloud.settle();
    expect(sent(org).length).toBeGreaterThan(1);
  });

  it("is looked up first and not found: sent again under a new key, once", async () => {
    const org = cloud.organization();
    fail(org, "timeout_before", 2);
    await org.send(100_000);
    await pause();
    await cloud.advance(50 * HOUR_MS);
    expect(org.books()).toEqual([]);
    await resume();
    await cloud.settle();
    await cloud.advance(PATIENCE_MS);

    await expectSentOnce(org, { epoch: 2 });
  });
});

describe("idempotency_error: an earlier call under the key had other parameters", () => {
  it("is never sent again and waits for a person", async () => {
    const org = cloud.organization();
    await cloud.command({ command: "pause_sending", control: "stripe", by: "adam", reason: "test" });
    await org.send(100_000);
    const { id } = await org.only("transfer");
    await fetch(`${cloud.local.endpoints.stripe}/v1/transfers`, {
      method: "POST",
      headers: {
        authorization: "Bearer sk_test_simulated",
        "content-type": "application/x-www-form-urlencoded",
        "idempotency-key": `transfer:${id}:1`,
      },
      body: new URLSearchParams({ amount: "1", currency: "usd", destination: `acct_else${org.id}` }),
    });
    await cloud.command({ command: "resume_sending", control: "stripe", by: "adam" });
    await cloud.settle();
    await cloud.advance(48 * HOUR_MS);

    expect(await org.only("transfer")).toMatchObject({
      status: "outcome_unknown",
      lookUpOnly: true,
      blocker: { code: "person_required" },
    });
    expect(org.books()).toEqual([]);
    await org.expectInvariants();
  });
});

describe("crash after the provider accepted, before the commit; function killed at any line", () => {
  // Of the function's transactions the first is the claim, the second the outcome.
  it.each([
    ["before the claim", { at: "before" as const, skip: 0 }],
    ["after the claim, before the provider is called", { at: "after" as const, skip: 0 }],
    ["after the provider accepted, before the commit", { at: "before" as const, skip: 1 }],
    ["after the commit", { at: "after" as const, skip: 1 }],
  ])("killed %s: exactly one transfer in the books", async (_when, { at, skip }) => {
    const org = cloud.organization();
    cloud.local.faults.aws.add({
      ...{ service: "dynamodb", operation: "TransactWriteItems", functionName: nameOf("attempt-transfer") },
      ...{ effect: "kill", match: org.id, at, skip },
    });
    await org.send(100_000);
    await cloud.advance(30 * MINUTE_MS);

    await expectSentOnce(org, { epoch: 1 });
  });

  it("killed at each of its first four tries: the sweep goes on until it is sent, once", async () => {
    const org = cloud.organization();
    cloud.local.faults.aws.add({
      ...{ service: "dynamodb", operation: "TransactWriteItems", functionName: nameOf("attempt-transfer") },
      ...{ effect: "kill", match: org.id, at: "before", count: 4 },
    });
    await org.send(100_000);
    for (let round = 0; round < 3; round += 1) await cloud.advance(10 * MINUTE_MS);

    await expectSentOnce(org);
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MAGIC_ACCOUNT_PREFIXES } from "../../local/stripe/accounts.ts";
import { MAGIC_AMOUNTS } from "../../local/stripe/faults.ts";
import type { Transfer } from "../../shared/domain/model.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

/** The rows of the provider's answers, side by side: each in an organization of its own, all on one movement of the clock. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

type Fault = Parameters<TestCloud["local"]["stripe"]["control"]["addFault"]>[0]["fault"];
const FEE_MINOR = 100_000;
/** All the time that retries, look-ups and proofs may take. */
const PATIENCE_MS = 2 * HOUR_MS;
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  // Without webhooks nobody but the attempt itself can learn what has become of a transfer.
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false }, webhooks: { enabled: false } });
});
afterAll(() => cloud.stop());

const fail = (org: Organization, fault: Fault, count: number) =>
  cloud.local.stripe.control.addFault({ match: { destination: org.account() }, fault, count });

async function expectSentOnce(org: Organization, more: Record<string, unknown> = {}): Promise<void> {
  expect(await org.only("transfer")).toMatchObject({ status: "completed", ...more });
  expect(org.books()).toHaveLength(1);
  expect((await org.only("payout")).status).toBe("paid");
}

/** Beside the magic amounts: faults that come oftener than those, or so often that the same key is no longer tried. */
const PASSING: readonly (readonly [fault: Fault, times: number, epoch: number])[] = [
  ["timeout", 2, 1],
  ["timeout_before", 2, 1],
  ["500_before", 1, 2],
  ["500_before", 3, 4],
  ["html_502", 5, 1],
  ["html_502_before", 5, 2],
];

/** Amounts whose fault never ends have tests of their own. */
const ENDLESS = new Set<Fault>(["500_before", "insufficient_funds", "expired_key", "restricted_key"]);
const AMOUNTS = MAGIC_AMOUNTS.filter(({ fault }) => !ENDLESS.has(fault));
/** Over once the transfer is made, or mended by the SDK, which repeats a broken connection once. */
const UNNOTICED = new Set<Fault>(["payout_failed", "payout_paid_then_failed", "timeout", "timeout_before"]);
const REFUSED = new Map<Fault, "awaiting_payee" | "failed_terminal">([
  ["account_closed", "awaiting_payee"],
  ["no_account", "awaiting_payee"],
  ["transfers_not_allowed", "awaiting_payee"],
  ["account_invalid", "awaiting_payee"],
  ["not_allowed_on_standard_account", "awaiting_payee"],
  ["country_unsupported", "awaiting_payee"],
  ["insufficient_capabilities_for_transfer", "awaiting_payee"],
  ["livemode_mismatch", "failed_terminal"],
  ["resource_missing", "failed_terminal"],
  ["amount_too_small", "failed_terminal"],
  ["amount_too_large", "failed_terminal"],
]);

describe("provider time-out, reset, HTML 502, 500, 429, 409", () => {
  const passing = PASSING.map((row) => ({ row, title: `${row[0]}, ${row[1]} times` }));
  const organizations = new Map<string, Organization>();
  let early: Pick<Transfer, "status" | "epoch">;
  const of = (title: string) => {
    const org = organizations.get(title);
    if (org === undefined) throw new Error(`nothing was sent for ${title}`);
    return org;
  };

  beforeAll(async () => {
    for (const { title } of passing) organizations.set(title, cloud.organization());
    for (const { title, row } of passing) fail(of(title), row[0], row[1]);
    for (const { amount } of AMOUNTS) organizations.set(String(amount), cloud.organization());
    await Promise.all([
      ...passing.map(({ title }) => of(title).send(FEE_MINOR)),
      ...AMOUNTS.map(({ amount }) => of(String(amount)).send(amount)),
    ]);
    await cloud.advance(10 * MINUTE_MS);
    early = await of("500_before, 1 times").only("transfer");
    await cloud.advance(PATIENCE_MS);
  });

  it.each(passing)("$title: one transfer in the end, its retries visible in one execution", async ({ title, row }) => {
    const org = of(title);
    await expectSentOnce(org, { epoch: row[2] });
    expect(await org.story("transfer")).toContain("transfer.retry_scheduled");
    expect(org.executions()).toMatchObject([{ status: "SUCCEEDED" }]);
  });

  it("500 stored under the key: no new key before the wait for lists is over", () => {
    expect(early).toMatchObject({ status: "outcome_unknown", epoch: 1 });
  });

  it.each(AMOUNTS)("magic amount $amount ($fault)", async ({ amount, fault }) => {
    const org = of(String(amount));
    const refused = REFUSED.get(fault);
    if (refused === undefined) {
      await expectSentOnce(org, { amountMinor: amount, epoch: 1 });
      expect(org.executions()).toMatchObject(UNNOTICED.has(fault) ? [] : [{ status: "SUCCEEDED" }]);
      return;
    }
    const transfer = await org.only("transfer");
    expect(transfer).toMatchObject({ status: refused, outcome: { code: fault } });
    const isFinal = refused === "failed_terminal";
    expect(transfer.blocker?.code).toBe(isFinal ? "person_required" : "payee_action_required");
    expect((await org.only("payout_schedule")).status).toBe(isFinal ? "failed" : "processing");
    expect(org.books()).toEqual([]);
  });

  it("keeps every invariant in each of them", async () => {
    const everything = { items: await cloud.items(), audit: await cloud.audit() };
    for (const org of organizations.values()) await org.expectInvariants({ everything });
  });

  it("lost answers while the provider's list lags: the empty list proves nothing", async () => {
    const org = cloud.organization();
    cloud.local.stripe.control.updateSettings({ listLagMs: 10 * MINUTE_MS });
    fail(org, "html_502", 3);
    await org.send(FEE_MINOR);
    await cloud.advance(PATIENCE_MS);

    await expectSentOnce(org, { epoch: 1 });
    await org.expectInvariants();
    cloud.endFaults();
  });
});

describe("closed or restricted account", () => {
  const rows = Object.entries(MAGIC_ACCOUNT_PREFIXES);
  const organizations = new Map<string, Organization>();
  const accountOf = (prefix: string) => `${prefix}${organizations.get(prefix)?.id}`;

  beforeAll(async () => {
    cloud.local.stripe.control.updateSettings({ webhooks: { enabled: true } });
    for (const [prefix] of rows) organizations.set(prefix, cloud.organization());
    await Promise.all([...organizations].map(([prefix, org]) => org.send(FEE_MINOR, { account: accountOf(prefix) })));
  });

  it.each(rows)("%s… (%s): nothing is sent until the account is mended", async (prefix, problem) => {
    const org = organizations.get(prefix);
    if (org === undefined) throw new Error(`nothing was sent to ${prefix}`);
    const transfer = await org.only("transfer");
    expect(transfer.status).toBe(REFUSED.get(problem));
    expect(transfer.outcome?.code).toBe(problem);
    expect(org.books()).toEqual([]);

    cloud.local.stripe.control.setAccount(accountOf(prefix), { problem: null });
    await cloud.settle();
    if (transfer.status === "failed_terminal") {
      // Somebody has to say so: this was no trouble of the payee's.
      const { id } = await org.only("payout_schedule");
      expect(await org.command("trigger_schedule", { schedule_id: id })).toMatchObject({ ok: true });
      await cloud.settle();
    }
    await expectSentOnce(org, { epoch: 2 });
  });

  it("keeps every invariant in each of them", async () => {
    const everything = { items: await cloud.items(), audit: await cloud.audit() };
    for (const org of organizations.values()) await org.expectInvariants({ everything });
  });

  it("goes on by itself when the payee names another account, after a new approval", async () => {
    const org = cloud.organization();
    await org.send(FEE_MINOR, { account: `acct_closed${org.id}` });
    await cloud.publish(org.payeeUpserted());
    await cloud.settle();
    expect(await org.only("transfer")).toMatchObject({ blocker: { code: "destination_changed" } });
    const { id } = await org.only("payout");
    await org.command("approve_payout", { payout_id: id });
    await cloud.settle();
    expect(await org.only("transfer")).toMatchObject({ blocker: { code: "destination_cooling_off" } });
    expect(org.books()).toEqual([]);

    await cloud.advance(DAY_MS + 10 * MINUTE_MS);
    await expectSentOnce(org, { destination: { provider: "stripe", account: org.account() } });
    await org.expectInvariants();
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { DAY_MS, MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { type Organization, PAYEE } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

/** Everything falls due at once, with nothing but the approval, or what a test puts there, in the way. */
const AT_ONCE = { policy: { trigger_event: "contract_signed", holdback_bp: 0 } };
const BY_A_PERSON = { policy: { ...AT_ONCE.policy, approval: "manual" } };

async function sign(org: Organization): Promise<void> {
  await cloud.publish(org.placementSaid("contract_signed"));
  await cloud.settle();
}

async function approve(org: Organization, by = "olga") {
  const { id } = await org.only("payout");
  const answer = await org.command("approve_payout", { payout_id: id, by });
  await cloud.settle();
  return answer;
}

async function moveAccount(org: Organization, account: string): Promise<void> {
  await cloud.publish(org.payeeUpserted({ account }));
  await cloud.settle();
}

/** Approved again, a destination that is new is used when its cooling-off is over. */
async function expectCoolingOff(org: Organization, entity: "payout_schedule" | "transfer"): Promise<void> {
  const { destinationUsableFrom } = await org.only("payee");
  expect((await org.only(entity)).blocker).toMatchObject({
    code: "destination_cooling_off",
    nextCheckAt: destinationUsableFrom,
  });
  await cloud.advance(DAY_MS - MINUTE_MS);
  expect(org.books()).toEqual([]);
  await cloud.advance(10 * MINUTE_MS);
}

async function expectPaidTo(org: Organization, account: string): Promise<void> {
  expect(org.books()).toMatchObject([{ destination: account, amountMinor: 100_000 }]);
  expect((await org.only("payout")).status).toBe("paid");
  await org.expectInvariants();
}

describe("due while the payout waits for approval", () => {
  it("says so among the blockers, and goes by itself after the approval", async () => {
    const org = cloud.organization();
    await org.start(BY_A_PERSON);
    await sign(org);
    expect(await org.only("payout_schedule")).toMatchObject({
      status: "pending",
      blocker: { code: "approval_pending", fixableBy: "approver" },
    });
    expect(await org.all("transfer")).toEqual([]);
    await org.expectInvariants();

    expect(await approve(org)).toMatchObject({ ok: true });
    expect((await org.only("payout_schedule")).firing?.path).toBe("resume");
    await expectPaidTo(org, org.account());
  });

  it("ends with the payout when it is rejected", async () => {
    const org = cloud.organization();
    await org.start(BY_A_PERSON);
    await sign(org);
    const { id } = await org.only("payout");
    expect(await org.command("reject_payout", { payout_id: id, reason: "not earned" })).toMatchObject({ ok: true });
    await cloud.settle();

    expect((await org.only("payout_schedule")).status).toBe("cancelled");
    expect((await approve(org)).error?.code).toBe("payout_not_approvable");
    expect(org.books()).toEqual([]);
    await org.expectInvariants();
  });
});

describe("two approvers at once; the creator approves", () => {
  it("records one of two approvals at the same time, and refuses the other", async () => {
    const org = cloud.organization();
    await org.start(BY_A_PERSON);
    const { id } = await org.only("payout");
    await org.prepare("olga", "maria");
    const answers = await Promise.all(
      ["olga", "maria"].map((by) => org.command("approve_payout", { payout_id: id, by })),
    );
    await cloud.settle();

    expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(answers.find(({ ok }) => !ok)?.error?.code).toBe("payout_not_approvable");
    expect((await org.story("payout")).filter((action) => action === "payout.approved")).toHaveLength(1);
    await org.expectInvariants();
  });

  it("refuses the approval of who created the payout", async () => {
    const org = cloud.organization();
    await org.start(BY_A_PERSON);
    const { createdBy, approval } = await org.only("payout");

    expect((await approve(org, createdBy)).error?.code).toBe("payout_approved_by_creator");
    expect((await org.only("payout")).approval).toEqual(approval);
  });
});

describe("destination changed between approval and sending", () => {
  it("before it falls due: is not sent, the approval is void, says why, and goes on after a new approval", async () => {
    const org = cloud.organization();
    await org.start(AT_ONCE);
    await moveAccount(org, `acct_moved${org.id}`);
    await sign(org);
    expect((await org.only("payout_schedule")).blocker).toMatchObject({ code: "destination_changed" });
    expect((await org.only("payout")).approval).toMatchObject({ state: "void", reason: expect.any(String) });
    expect(org.books()).toEqual([]);
    await org.expectInvariants();

    expect(await approve(org)).toMatchObject({ ok: true });
    await expectCoolingOff(org, "payout_schedule");
    await expectPaidTo(org, `acct_moved${org.id}`);
  });

  it("after its transfer was made: is not sent, the approval is void, and goes on after a new approval", async () => {
    const org = cloud.organization();
    await org.start(AT_ONCE);
    await cloud.command({ command: "pause_sending", control: "stripe", by: "adam", reason: "test" });
    await sign(org);
    expect(await org.only("transfer")).toMatchObject({ status: "pending", blocker: { code: "sending_paused" } });
    await moveAccount(org, `acct_moved${org.id}`);
    await cloud.command({ command: "resume_sending", control: "stripe", by: "adam" });
    await cloud.settle();
    expect(await org.only("transfer")).toMatchObject({
      status: "awaiting_payee",
      blocker: { code: "destination_changed" },
    });
    expect((await org.only("payout")).approval.state).toBe("void");
    expect(org.books()).toEqual([]);
    await org.expectInvariants();

    expect(await approve(org)).toMatchObject({ ok: true });
    await expectCoolingOff(org, "transfer");
    await expectPaidTo(org, `acct_moved${org.id}`);
  });

  it("after a call that may have arrived: amount and destination stay those of the call", async () => {
    const org = cloud.organization();
    await org.start(AT_ONCE);
    const { control } = cloud.local.stripe;
    control.addFault({ match: { destination: org.account() }, fault: "html_502_before", count: 1 });
    await sign(org);
    expect((await org.only("transfer")).status).toBe("outcome_unknown");
    await moveAccount(org, `acct_moved${org.id}`);
    await cloud.advance(MINUTE_MS);

    await expectPaidTo(org, org.account());
  });
});

describe("payee unknown at the activation", () => {
  it("waits for them when it is due, and goes by itself when they come", async () => {
    const org = cloud.organization();
    await cloud.publish(org.activated(AT_ONCE));
    await cloud.settle();
    await sign(org);
    expect((await org.only("payout_schedule")).blocker).toMatchObject({
      code: "destination_missing",
      fixableBy: "payee",
    });
    await cloud.publish(org.payeeUpserted());
    await cloud.settle();

    await expectPaidTo(org, org.account());
  });

  it("waits for a destination that can be paid, and goes by itself when the payee has one", async () => {
    const org = cloud.organization();
    await org.start(AT_ONCE, { account: null });
    await sign(org);
    expect((await org.only("payout_schedule")).blocker?.code).toBe("destination_missing");
    await moveAccount(org, org.account(PAYEE));

    await expectPaidTo(org, org.account());
  });
});

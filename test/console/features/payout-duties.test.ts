import { describe, expect, it } from "vitest";
import {
  type ApprovalRules,
  approvalBarred,
  approversOf,
  awaitsApproval,
  payableOf,
  rejectionBarred,
  sendingBarred,
  votesMissing,
} from "../../../console/src/features/payouts/payout-duties.ts";
import { samplePayout } from "./sample-payout.ts";

const at = "2026-11-21T12:00:00.000Z";

const vote = (by: string) => ({ by, role: "manager", at, approved_amount: 250_000, limit_amount: null });
const person: Parameters<typeof approvalBarred>[1] = {
  subject: "maya",
  role: "manager",
  permissions: ["payouts.view", "payouts.approve", "payouts.high_value", "payouts.process"],
};
const rules: ApprovalRules = { highValueFrom: { USD: 100_000, EUR: 100_000 }, limits: { USD: 500_000 }, used: {} };

describe("who may approve a payout", () => {
  it("anybody with the permission who has no other part in it", () => {
    expect(approvalBarred(samplePayout(), person, rules)).toBeUndefined();
  });

  it.each([
    ["its creator", samplePayout({ created_by: "maya" }), /You created it/],
    ["who has sent money of it", samplePayout({ sent_by: ["maya"] }), /You have sent/],
    ["who has approved it", samplePayout({ approval_votes: [vote("maya")] }), /one more person/],
    ["anybody once it is approved", samplePayout({ approval_state: "approved", status: "approved" }), /doesn’t wait/],
    ["anybody once it has ended", samplePayout({ status: "cancelled" }), /doesn’t wait/],
  ])("not %s", (_who, payout, reason) => {
    expect(approvalBarred(payout, person, rules)).toMatch(reason);
  });

  it("not a role without the permission, which is told whom to ask", () => {
    const processor = { subject: "pete", role: "processor" as const, permissions: ["payouts.process" as const] };
    expect(approvalBarred(samplePayout(), processor, rules)).toMatch(/processor.*manager or above/);
  });

  it("high value only with its own permission", () => {
    const low = { ...person, permissions: ["payouts.approve" as const] };
    expect(approvalBarred(samplePayout(), low, rules)).toMatch(/^High value/);
    expect(approvalBarred(samplePayout({ amount: 99_999 }), low, rules)).toBeUndefined();
    // Nobody has said what is much in yen.
    expect(approvalBarred(samplePayout({ amount: 1, currency: "JPY" }), low, rules)).toMatch(/^High value/);
  });

  it("up to what is left of the limit of 24 hours, in the limit's currency", () => {
    const spent = { ...rules, used: { USD: 250_000 } };
    expect(approvalBarred(samplePayout({ amount: 250_000 }), person, spent)).toBeUndefined();
    expect(approvalBarred(samplePayout({ amount: 250_001 }), person, spent)).toMatch(/limit/);
    expect(approvalBarred(samplePayout({ amount: 900_000, currency: "EUR" }), person, spent)).toBeUndefined();
  });
});

describe("what waits for approval", () => {
  it("is what nobody has approved yet and what was approved otherwise", () => {
    expect(awaitsApproval(samplePayout())).toBe(true);
    expect(awaitsApproval(samplePayout({ status: "partially_paid", approval_state: "void" }))).toBe(true);
    expect(awaitsApproval(samplePayout({ status: "approved", approval_state: "approved" }))).toBe(false);
    expect(awaitsApproval(samplePayout({ status: "rejected", approval_state: "rejected" }))).toBe(false);
    expect(awaitsApproval(samplePayout({ status: "paid", approval_state: "void" }))).toBe(false);
  });

  it("takes two people where it is high value", () => {
    expect(votesMissing(samplePayout(), rules)).toBe(2);
    expect(votesMissing(samplePayout({ approval_votes: [vote("maya")] }), rules)).toBe(1);
    expect(votesMissing(samplePayout({ amount: 99_999 }), rules)).toBe(1);
    expect(votesMissing(samplePayout({ approval_votes_needed: 2 }), undefined)).toBe(2);
  });

  it("can be rejected until money moves", () => {
    expect(rejectionBarred(samplePayout())).toBeUndefined();
    expect(rejectionBarred(samplePayout({ in_transfer_amount: 1 }))).toMatch(/moved/);
    expect(rejectionBarred(samplePayout({ status: "approved", approval_state: "approved" }))).toMatch(/doesn’t wait/);
  });
});

describe("who may send", () => {
  it("nobody who created or approved the payout", () => {
    expect(sendingBarred(samplePayout({ created_by: "maya" }), person, rules)).toMatch(/created/);
    expect(sendingBarred(samplePayout({ approval_votes: [vote("maya")] }), person, rules)).toMatch(/approved/);
    expect(sendingBarred(samplePayout({ approved_by: "maya" }), person, rules)).toMatch(/approved/);
    expect(sendingBarred(samplePayout({ approved_by: "miro" }), person, rules)).toBeUndefined();
  });

  it("names each approver once", () => {
    expect(approversOf(samplePayout({ approval_votes: [vote("maya"), vote("miro")], approved_by: "miro" }))).toEqual([
      "maya",
      "miro",
    ]);
  });
});

describe("what is payable", () => {
  it("is the amount without what has another place", () => {
    const payout = samplePayout({
      paid_amount: 100_000,
      in_transfer_amount: 20_000,
      set_off_amount: 5_000,
      forfeited_amount: 4_000,
      cancelled_amount: 1_000,
    });
    expect(payableOf(payout)).toBe(70_000);
  });
});

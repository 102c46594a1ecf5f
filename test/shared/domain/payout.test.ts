import { describe, expect, it } from "vitest";
import { amend } from "../../../shared/domain/decision.ts";
import type { Approval, Payout, PayoutStatus } from "../../../shared/domain/model.ts";
import { approvePayout, FamilyDraft, rejectPayout, sameDestination } from "../../../shared/domain/payout.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  activeFamily,
  contextAt,
  firedFamily,
  onlyAfter,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const family = activeFamily({ approval: "manual" });
const approver = contextAt(START, "approver");
const creator = contextAt(START, family.payout.createdBy);
const NO_PARTS = { schedules: [], holds: [], transfers: [] };

function payoutIn(status: PayoutStatus, state: Approval["state"]): Payout {
  return amend("payout", family.payout, { status, approval: { mode: "manual", state } }, "payout.updated", approver);
}

describe("approval and rejection, by status and state of the approval", () => {
  it.each([
    ["pending_approval", "pending", "approved", "rejected"],
    ["pending_approval", "void", "approved", "rejected"],
    ["approved", "approved", "payout_not_approvable", "payout_not_approvable"],
    ["processing", "approved", "payout_not_approvable", "payout_not_approvable"],
    ["processing", "void", "processing", "payout_not_approvable"],
    ["partially_paid", "void", "partially_paid", "payout_not_approvable"],
    ["paid", "approved", "payout_not_approvable", "payout_not_approvable"],
    ["failed", "void", "failed", "payout_not_approvable"],
    ["rejected", "rejected", "payout_not_approvable", "payout_not_approvable"],
    ["cancelled", "pending", "payout_not_approvable", "payout_not_approvable"],
    ["cancelled", "void", "payout_not_approvable", "payout_not_approvable"],
  ] as const)("%s (%s): approve → %s, reject → %s", (status, state, approved, rejected) => {
    const payout = payoutIn(status, state);
    const approval = approvePayout(payout, ACCOUNT_A, approver);
    expect(approval.ok ? onlyAfter("payout", approval.changes).status : approval.refusal.code).toBe(approved);
    const rejection = rejectPayout({ ...NO_PARTS, payout, schedules: [family.schedule] }, "no", approver);
    expect(rejection.ok ? onlyAfter("payout", rejection.changes).status : rejection.refusal.code).toBe(rejected);
  });
});

describe("approval", () => {
  it("is refused to the payout's creator, whatever the state", () => {
    for (const state of ["pending", "void"] as const) {
      const decision = approvePayout(payoutIn("pending_approval", state), ACCOUNT_A, creator);
      expect(verdictOn(decision)).toBe("payout_approved_by_creator");
    }
  });

  it("records who and when, and pins the destination as it is now", () => {
    const { changes } = accepted(approvePayout(payoutIn("pending_approval", "void"), ACCOUNT_B, approver));
    expect(onlyAfter("payout", changes)).toMatchObject({
      status: "approved",
      destination: ACCOUNT_B,
      approval: { state: "approved", by: "approver", at: START },
    });
    expect(onlyAfter("payout", changes).approval.reason).toBeUndefined();
  });

  it("without a destination approves and leaves the pinned one, so that another one voids it", () => {
    const { changes } = accepted(approvePayout(payoutIn("pending_approval", "pending"), undefined, approver));
    expect(onlyAfter("payout", changes).destination).toEqual(ACCOUNT_A);
  });

  it("that stands is given again once the destination is another one; else nothing could send a failed transfer", () => {
    const approved = payoutIn("failed", "approved");
    expect(verdictOn(approvePayout(approved, ACCOUNT_A, approver))).toBe("payout_not_approvable");
    expect(verdictOn(approvePayout(approved, undefined, approver))).toBe("payout_not_approvable");
    const again = accepted(approvePayout(approved, ACCOUNT_B, approver));
    expect(onlyAfter("payout", again.changes).destination).toEqual(ACCOUNT_B);
  });
});

describe("rejection", () => {
  it("ends schedule and hold with the payout, with one cancellation of all that was promised", () => {
    const parts = { ...NO_PARTS, ...family, schedules: [family.schedule], holds: [family.hold] };
    const { changes } = accepted(rejectPayout(parts, "not earned", approver));
    expect(onlyAfter("payout", changes)).toMatchObject({
      status: "rejected",
      endReason: "not earned",
      heldMinor: 0,
      cancelledMinor: 100_000,
      approval: { state: "rejected", by: "approver", reason: "not earned" },
    });
    expect(onlyAfter("payout_schedule", changes).status).toBe("cancelled");
    expect(onlyAfter("escrow_hold", changes)).toMatchObject({ status: "cancelled", cancelledAt: START });
    expect(onlyAfter("journal_entry", changes).postings).toEqual([
      { account: "payable", amountMinor: 80_000 },
      { account: "held", amountMinor: 20_000 },
      { account: "expense", amountMinor: -100_000 },
    ]);
  });

  it("is refused once money may have moved", () => {
    const { payout, schedule, hold, transfer } = firedFamily();
    const waiting: Payout = { ...payout, status: "pending_approval", approval: { mode: "manual", state: "void" } };
    const parts = { payout: waiting, schedules: [schedule], holds: [hold], transfers: [transfer] };
    expect(verdictOn(rejectPayout(parts, "no", approver))).toBe("payout_not_approvable");
  });
});

describe("a family's draft", () => {
  it("changes the payout once, first, however many parts change", () => {
    const draft = new FamilyDraft(family.payout, approver);
    draft.update({ heldMinor: 1 });
    draft.update({ heldMinor: 2, notes: "two" });
    const ids = [draft.nextId("tr"), draft.nextId("je")];
    const [first, ...rest] = draft.finish();
    expect(rest).toEqual([]);
    expect(first?.after).toMatchObject({
      version: 2,
      heldMinor: 2,
      notes: "two",
      children: family.payout.children + 2,
    });
    expect(new Set(ids.map((id) => id.slice(3))).size).toBe(2);
  });

  it("removes a field given as undefined, also from what later steps see", () => {
    const draft = new FamilyDraft(family.payout, approver);
    draft.update({ destination: undefined });
    expect("destination" in draft.payout).toBe(false);
    expect("destination" in (draft.finish()[0]?.after ?? {})).toBe(false);
  });
});

describe("sameDestination", () => {
  const bank = { provider: "xendit", channelCode: "ID_BCA", accountNumber: "1", accountHolderName: "Pat" } as const;
  it.each([
    [undefined, undefined, true],
    [ACCOUNT_A, undefined, false],
    [undefined, ACCOUNT_A, false],
    [ACCOUNT_A, { ...ACCOUNT_A }, true],
    [ACCOUNT_A, ACCOUNT_B, false],
    [ACCOUNT_A, bank, false],
    [bank, ACCOUNT_A, false],
    [bank, { ...bank }, true],
    [bank, { ...bank, channelCode: "ID_BNI" }, false],
    [bank, { ...bank, accountNumber: "2" }, false],
    [bank, { ...bank, accountHolderName: "Sam" }, false],
  ] as const)("%j and %j: %s", (a, b, same) => expect(sameDestination(a, b)).toBe(same));
});

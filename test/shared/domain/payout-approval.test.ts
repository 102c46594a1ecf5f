import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LimitSettings } from "../../../shared/access/limits.ts";
import { addMs } from "../../../shared/domain/dates.ts";
import { amend, type CommandContext } from "../../../shared/domain/decision.ts";
import type {
  Approval,
  ApproverUsage,
  Destination,
  Payout,
  PayoutStatus,
  StaffRole,
} from "../../../shared/domain/model.ts";
import { type ApprovalSurroundings, approvePayout, rejectPayout } from "../../../shared/domain/payout-approval.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  activeFamily,
  afterStart,
  contextAt,
  DAY_MS,
  firedFamily,
  MINUTE_MS,
  onlyAfter,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const family = activeFamily({ approval: "manual" });
const NO_PARTS = { schedules: [], holds: [], transfers: [] };
/** The payout's 1,000.00 USD are less than high value. */
const ORDINARY = { highValueMinor: { USD: 100_001 } };
const HIGH_VALUE = { highValueMinor: { USD: 100_000 } };

const by = (person: string, role: StaffRole = "manager", now = START) => contextAt(now, person, role);
const maria = by("maria");
const olga = by("olga");
const creator = by(family.payout.createdBy);

function around(more: Partial<ApprovalSurroundings> = {}): ApprovalSurroundings {
  return { destination: ACCOUNT_A, settings: ORDINARY, usage: undefined, ...more };
}

function payoutIn(status: PayoutStatus, state: Approval["state"], more: Partial<Payout> = {}): Payout {
  const patch = { status, approval: { mode: "manual" as const, state }, ...more };
  return amend("payout", family.payout, patch, "payout.updated", maria);
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
    ["paid", "void", "payout_not_approvable", "payout_not_approvable"],
    ["failed", "void", "failed", "payout_not_approvable"],
    ["rejected", "rejected", "payout_not_approvable", "payout_not_approvable"],
    ["cancelled", "pending", "payout_not_approvable", "payout_not_approvable"],
    ["cancelled", "void", "payout_not_approvable", "payout_not_approvable"],
  ] as const)("%s (%s): approve → %s, reject → %s", (status, state, approved, rejected) => {
    const payout = payoutIn(status, state);
    const approval = approvePayout(payout, around(), maria);
    expect(approval.ok ? approval.value.status : approval.refusal.code).toBe(approved);
    const rejection = rejectPayout({ ...NO_PARTS, payout, schedules: [family.schedule] }, "no", maria);
    expect(rejection.ok ? rejection.value.status : rejection.refusal.code).toBe(rejected);
  });
});

describe("approval", () => {
  it("is refused to whoever sent money of the payout, whatever the state", () => {
    for (const state of ["pending", "void"] as const) {
      const sent = payoutIn("processing", state, { senders: ["nils", "maria"] });
      expect(verdictOn(approvePayout(sent, around(), maria))).toBe("approved_by_sender");
      expect(verdictOn(approvePayout(sent, around(), olga))).not.toBe("approved_by_sender");
    }
  });

  it("is refused to the payout's creator, whatever the state", () => {
    for (const state of ["pending", "void"] as const) {
      const decision = approvePayout(payoutIn("pending_approval", state), around(), creator);
      expect(verdictOn(decision)).toBe("payout_approved_by_creator");
    }
  });

  it("records who and when, and pins the destination as it is now", () => {
    const payout = payoutIn("pending_approval", "void");
    const { changes, value } = accepted(approvePayout(payout, around({ destination: ACCOUNT_B }), maria));
    expect(onlyAfter("payout", changes)).toBe(value);
    expect(value).toMatchObject({
      status: "approved",
      destination: ACCOUNT_B,
      approval: { state: "approved", by: "maria", at: START, votesNeeded: 1 },
      change: { action: "payout.approved" },
    });
    expect(value.approval.votes).toEqual([{ by: "maria", role: "manager", at: START, approvedMinor: 100_000 }]);
    expect(value.approval.reason).toBeUndefined();
  });

  it("without a destination approves and leaves the pinned one, so that another one voids it", () => {
    const decision = approvePayout(payoutIn("pending_approval", "pending"), around({ destination: undefined }), maria);
    expect(accepted(decision).value.destination).toEqual(ACCOUNT_A);
  });

  it("that was given without a destination is given again once there is one", () => {
    const { destination: _none, ...without } = payoutIn("pending_approval", "pending");
    const blind = accepted(approvePayout(without, around({ destination: undefined }), maria)).value;
    expect(blind.destination).toBeUndefined();
    expect(verdictOn(approvePayout(blind, around({ destination: undefined }), contextAt(START, "ines")))).toBe(
      "payout_not_approvable",
    );
    const again = accepted(approvePayout(blind, around({ destination: ACCOUNT_A }), contextAt(START, "ines"))).value;
    expect(again).toMatchObject({ destination: ACCOUNT_A, approval: { state: "approved", by: "ines" } });
  });

  it("that stands is given again once the destination is another one; else nothing could send a failed transfer", () => {
    const approved = payoutIn("failed", "approved");
    expect(verdictOn(approvePayout(approved, around(), maria))).toBe("payout_not_approvable");
    expect(verdictOn(approvePayout(approved, around({ destination: undefined }), maria))).toBe("payout_not_approvable");
    const again = accepted(approvePayout(approved, around({ destination: ACCOUNT_B }), maria));
    expect(again.value.destination).toEqual(ACCOUNT_B);
  });

  it("by the same person twice has a refusal of its own, also when it stands already", () => {
    const once = accepted(approvePayout(payoutIn("pending_approval", "pending"), around(), maria)).value;
    expect(verdictOn(approvePayout(once, around(), maria))).toBe("approved_already_by_you");
    expect(verdictOn(approvePayout(once, around(), olga))).toBe("payout_not_approvable");
  });
});

describe("high value", () => {
  const pending = payoutIn("pending_approval", "pending");
  const vote = (payout: Payout, context: CommandContext, destination: Destination | undefined = ACCOUNT_A) =>
    approvePayout(payout, around({ settings: HIGH_VALUE, destination }), context);
  const first = accepted(vote(pending, maria));

  it("waits for a second person, and says who was the first", () => {
    expect(first.value).toMatchObject({
      status: "pending_approval",
      approval: { state: "pending", votes: [{ by: "maria" }], votesNeeded: 2 },
      change: { action: "payout.vote_recorded" },
    });
    expect(first.value.approval.by).toBeUndefined();
  });

  it("is approved by the second, not by the first again and not by the creator", () => {
    expect(verdictOn(vote(first.value, maria))).toBe("approved_already_by_you");
    expect(verdictOn(vote(first.value, creator))).toBe("payout_approved_by_creator");
    expect(accepted(vote(first.value, olga)).value).toMatchObject({
      status: "approved",
      approval: { state: "approved", by: "olga", votes: [{ by: "maria" }, { by: "olga" }] },
      change: { action: "payout.approved" },
    });
  });

  it("takes the permission, and an address on the allow-list", () => {
    expect(verdictOn(vote(pending, by("pat", "processor")))).toBe("permission_required");
    expect(verdictOn(vote(pending, { ...maria, addressAllowed: false }))).toBe("address_not_allowed");
  });

  it("drops earlier votes that were for another destination: the next one is the first", () => {
    const moved = accepted(vote(first.value, olga, ACCOUNT_B)).value;
    expect(moved).toMatchObject({ status: "pending_approval", destination: ACCOUNT_B, approval: { state: "pending" } });
    expect(moved.approval.votes?.map((one) => one.by)).toEqual(["olga"]);
    expect(accepted(vote(moved, maria, ACCOUNT_B)).value.status).toBe("approved");
  });

  it("drops a vote that was given before there was any destination", () => {
    const { destination: _none, ...without } = pending;
    const blind = accepted(approvePayout(without, around({ settings: HIGH_VALUE, destination: undefined }), maria));
    const seen = accepted(vote(blind.value, olga)).value;
    expect(seen.approval).toMatchObject({ state: "pending", votes: [{ by: "olga" }] });
  });

  it("keeps no vote of an approval that is void", () => {
    const voided: Payout = { ...first.value, approval: { ...first.value.approval, state: "void" } };
    const again = accepted(vote(voided, olga)).value;
    expect(again.approval).toMatchObject({ state: "pending", votes: [{ by: "olga" }] });
  });

  it("that was approved for another destination waits again after the first new vote: nothing may go there yet", () => {
    const approved = accepted(vote(first.value, olga)).value;
    const changed = accepted(vote(approved, maria, ACCOUNT_B)).value;
    expect(changed).toMatchObject({ status: "pending_approval", approval: { state: "pending" } });
    const processing = accepted(vote({ ...approved, status: "processing" }, maria, ACCOUNT_B)).value;
    expect(processing).toMatchObject({ status: "processing", approval: { state: "pending" } });
  });

  it("is measured by the settings at the last vote", () => {
    expect(accepted(approvePayout(first.value, around(), olga)).value.approval).toMatchObject({
      state: "approved",
      votesNeeded: 1,
    });
  });
});

describe("what one person may approve in 24 hours", () => {
  const pending = payoutIn("pending_approval", "pending");
  const limited = { ...ORDINARY, approverLimitMinor: { USD: 250_000 } };
  const approveAt = (ms: number, usage: ApproverUsage | undefined, settings: LimitSettings = limited) =>
    approvePayout(pending, around({ settings, usage }), by("maria", "manager", afterStart(ms)));

  it("is counted in the same commit, also where no limit is set", () => {
    const { changes } = accepted(approveAt(MINUTE_MS, undefined, ORDINARY));
    expect(onlyAfter("approver_usage", changes)).toMatchObject({
      id: "maria#USD",
      organizationId: "acme",
      quarters: [{ from: START, amountMinor: 100_000 }],
      change: { action: "approver_usage.updated" },
    });
  });

  it("is refused beyond the limit, which says what is left; the vote carries limit and sum", () => {
    const first = onlyAfter("approver_usage", accepted(approveAt(0, undefined)).changes);
    const { changes, value } = accepted(approveAt(MINUTE_MS, first));
    expect(value.approval.votes?.[0]).toMatchObject({ approvedMinor: 200_000, limitMinor: 250_000 });
    const second = onlyAfter("approver_usage", changes);
    expect(second).toMatchObject({ version: 2, quarters: [{ from: START, amountMinor: 200_000 }] });
    expect(approveAt(2 * MINUTE_MS, second)).toMatchObject({
      refusal: {
        code: "approver_limit_exceeded",
        message: "maria may approve 2500.00 USD in 24 hours and has 500.00 USD left, not 1000.00 USD",
      },
    });
  });

  it.each([
    ["at the start of its quarter, 24 h later", DAY_MS, "approver_limit_exceeded"],
    ["a millisecond before the quarter is wholly older", DAY_MS + 15 * MINUTE_MS - 1, "approver_limit_exceeded"],
    ["once all of the quarter is older than 24 h", DAY_MS + 15 * MINUTE_MS, "accepted"],
  ] as const)("is free again %s: %s", (_when, ms, verdict) => {
    const full = onlyAfter("approver_usage", accepted(approveAt(0, undefined)).changes);
    const settings = { ...ORDINARY, approverLimitMinor: { USD: 100_000 } };
    const decision = approveAt(ms, full, settings);
    expect(verdictOn(decision)).toBe(verdict);
    if (decision.ok) expect(onlyAfter("approver_usage", decision.changes).quarters).toHaveLength(1);
  });

  it("is never more than the limit in any 24 h, whatever is approved when", () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 8 * 60 * MINUTE_MS }), amountMinor: fc.nat(200_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
        let now = START;
        let usage: ApproverUsage | undefined;
        const approved: { at: number; amountMinor: number }[] = [];
        for (const { waitMs, amountMinor } of steps) {
          now = addMs(now, waitMs);
          const payout = { ...pending, amountMinor };
          const settings = { highValueMinor: { USD: 1_000_000 }, approverLimitMinor: { USD: 250_000 } };
          const decision = approvePayout(payout, around({ settings, usage }), by("maria", "manager", now));
          if (!decision.ok) continue;
          usage = onlyAfter("approver_usage", decision.changes);
          approved.push({ at: Date.parse(now), amountMinor });
        }
        for (const { at } of approved) {
          const recent = approved.filter((one) => one.at <= at && one.at > at - DAY_MS);
          expect(recent.reduce((sum, one) => sum + one.amountMinor, 0)).toBeLessThanOrEqual(250_000);
        }
        expect(usage?.quarters.length ?? 0).toBeLessThanOrEqual(97);
      }),
    );
  });
});

describe("rejection", () => {
  const parts = { ...NO_PARTS, ...family, schedules: [family.schedule], holds: [family.hold] };

  it("ends schedule and hold with the payout, with one cancellation of all that was promised", () => {
    const { changes } = accepted(rejectPayout(parts, "not earned", maria));
    expect(onlyAfter("payout", changes)).toMatchObject({
      status: "rejected",
      endReason: "not earned",
      heldMinor: 0,
      cancelledMinor: 100_000,
      approval: { state: "rejected", by: "maria", reason: "not earned" },
    });
    expect(onlyAfter("payout_schedule", changes).status).toBe("cancelled");
    expect(onlyAfter("escrow_hold", changes)).toMatchObject({ status: "cancelled", cancelledAt: START });
    expect(onlyAfter("journal_entry", changes).postings).toEqual([
      { account: "payable", amountMinor: 80_000 },
      { account: "held", amountMinor: 20_000 },
      { account: "expense", amountMinor: -100_000 },
    ]);
  });

  it("is open to the creator, and after the first of two votes", () => {
    const settings = HIGH_VALUE;
    const { value } = accepted(approvePayout(family.payout, around({ settings }), maria));
    expect(verdictOn(rejectPayout({ ...parts, payout: value }, "mine", creator))).toBe("accepted");
  });

  it("is refused once money may have moved", () => {
    const { payout, schedule, hold, transfer } = firedFamily();
    const waiting: Payout = { ...payout, status: "pending_approval", approval: { mode: "manual", state: "void" } };
    const moved = { payout: waiting, schedules: [schedule], holds: [hold], transfers: [transfer] };
    expect(verdictOn(rejectPayout(moved, "no", maria))).toBe("payout_not_approvable");
  });
});

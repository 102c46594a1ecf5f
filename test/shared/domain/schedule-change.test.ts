import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMs } from "../../../shared/domain/dates.ts";
import { amend, create } from "../../../shared/domain/decision.ts";
import { sumsToZero } from "../../../shared/domain/journal.ts";
import type { PayoutSchedule, Placement, ScheduleStatus, Transfer } from "../../../shared/domain/model.ts";
import {
  cancelSchedule,
  moveSchedule,
  type ScheduleSplit,
  splitSchedule,
} from "../../../shared/domain/schedule-change.ts";
import {
  accepted,
  activeFamily,
  afterOf,
  contextAt,
  DAY_MS,
  firedFamily,
  GUARANTEE_END,
  ORGANIZATION,
  onlyAfter,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const { payout, schedule } = activeFamily();
const undated = activeFamily({ triggerEvent: "milestone_reached" });
const LATER = addMs(START, DAY_MS);
const context = contextAt(START, "rita");
const statuses: readonly ScheduleStatus[] = ["pending", "processing", "completed", "failed", "cancelled"];

function inStatus(status: ScheduleStatus): PayoutSchedule {
  return amend("payout_schedule", schedule, { status }, "payout_schedule.updated", contextAt(START));
}

function split(more: Partial<ScheduleSplit> = {}, placement?: Placement, of = payout) {
  return splitSchedule({ schedule, amountMinor: 30_000, triggerEvent: "manual", ...more }, of, placement, context);
}

describe("splitting a schedule", () => {
  it("takes the amount out of it into a pending one of the same payout, and posts nothing", () => {
    const { changes, value } = accepted(split({ scheduledDate: LATER }));
    expect(value).toMatchObject({
      payoutId: payout.id,
      payeeId: payout.payeeId,
      placementId: payout.placementId,
      companyId: payout.companyId,
      status: "pending",
      triggerEvent: "manual",
      scheduledDate: LATER,
      guaranteeCompletionDate: GUARANTEE_END,
      amountMinor: 30_000,
      change: { action: "payout_schedule.created" },
    });
    expect(afterOf("payout_schedule", changes)).toMatchObject([
      { id: schedule.id, amountMinor: 50_000, change: { action: "payout_schedule.updated" } },
      { id: value.id, version: 1 },
    ]);
    expect(onlyAfter("payout", changes)).toMatchObject({ status: payout.status, children: payout.children + 1 });
    expect(afterOf("journal_entry", changes)).toEqual([]);
  });

  it("conserves what is promised, and leaves at least one minor unit", () => {
    fc.assert(
      fc.property(fc.integer({ min: -2, max: schedule.amountMinor + 2 }), (amountMinor) => {
        const decision = split({ amountMinor });
        if (amountMinor < 1 || amountMinor >= schedule.amountMinor) {
          expect(verdictOn(decision)).toBe(amountMinor < 1 ? "amount_too_small" : "schedule_amount_exceeded");
          return;
        }
        const parts = afterOf("payout_schedule", accepted(decision).changes).map((part) => part.amountMinor);
        expect(parts).toEqual([schedule.amountMinor - amountMinor, amountMinor]);
      }),
    );
  });

  it.each(statuses)("that is %s goes only while it is pending", (status) => {
    const verdict = status === "pending" ? "accepted" : "schedule_not_changeable";
    expect(verdictOn(split({ schedule: inStatus(status) }))).toBe(verdict);
  });

  it.each([
    ["past", addMs(START, -1), "date_in_past"],
    ["present", START, "date_in_past"],
    ["future", addMs(START, 1), "accepted"],
  ])("with a date in the %s", (_when, scheduledDate, verdict) => {
    expect(verdictOn(split({ scheduledDate }))).toBe(verdict);
  });

  it.each([
    [24, "accepted"],
    [25, "too_many_children"],
  ])("in a payout with %d children: %s", (children, verdict) => {
    expect(verdictOn(split({}, undefined, { ...payout, children }))).toBe(verdict);
  });

  const signals = { contractSignedAt: START, milestoneReachedAt: START };
  const ids = { organizationId: ORGANIZATION, id: "placement-1", payoutIds: [payout.id] };
  const placement = create("placement", { ...ids, ...signals, status: "active" }, "placement.updated", context);
  it.each([
    ["manual", undefined, undefined],
    ["manual", placement, undefined],
    ["contract_signed", undefined, undefined],
    ["contract_signed", placement, START],
    ["milestone_reached", undefined, undefined],
    ["milestone_reached", placement, START],
    ["guarantee_period_end", undefined, GUARANTEE_END],
  ] as const)("for %s without a date, is due when what it waits for has been", (triggerEvent, known, due) => {
    expect(accepted(split({ triggerEvent }, known)).value.scheduledDate).toBe(due);
  });

  it("for the end of a guarantee that is over, is due now", () => {
    const now = addMs(GUARANTEE_END, DAY_MS);
    const late = { schedule, amountMinor: 1, triggerEvent: "guarantee_period_end" } as const;
    expect(accepted(splitSchedule(late, payout, undefined, contextAt(now))).value.scheduledDate).toBe(now);
  });
});

describe("moving a schedule", () => {
  it("gives it the new date, also where it waited for its trigger", () => {
    for (const one of [schedule, undated.schedule]) {
      const { changes, value } = accepted(moveSchedule(one, LATER, context));
      expect(changes).toHaveLength(1);
      expect(value).toMatchObject({ scheduledDate: LATER, triggerEvent: one.triggerEvent, version: 2 });
    }
  });

  it("takes away the blocker of one that was due", () => {
    const blocker = { code: "approval_pending", since: START, fixableBy: "approver", nextCheckAt: LATER } as const;
    const due: PayoutSchedule = { ...schedule, scheduledDate: START, blocker };
    expect(accepted(moveSchedule(due, LATER, context)).value).not.toHaveProperty("blocker");
  });

  it("to where it is changes nothing", () => {
    expect(accepted(moveSchedule(schedule, GUARANTEE_END, context))).toMatchObject({ changes: [], value: schedule });
  });

  it.each(statuses)("that is %s goes only while it is pending", (status) => {
    const verdict = status === "pending" ? "accepted" : "schedule_not_changeable";
    expect(verdictOn(moveSchedule(inStatus(status), LATER, context))).toBe(verdict);
  });

  it.each([START, addMs(START, -1)])("to %s, which is not in the future, is refused", (date) => {
    expect(verdictOn(moveSchedule(schedule, date, context))).toBe("date_in_past");
  });
});

describe("cancelling a schedule", () => {
  it("that is pending ends it with its reason, and its amount is no longer promised", () => {
    const reasoned = { ...context, reason: "entered twice" };
    const { changes, value } = accepted(cancelSchedule(schedule, { payout }, reasoned));
    expect(value).toMatchObject({ status: "cancelled", failureReason: "entered twice", amountMinor: 80_000 });
    expect(onlyAfter("payout", changes)).toMatchObject({ cancelledMinor: 80_000, status: "approved" });
    const entry = onlyAfter("journal_entry", changes);
    expect(entry).toMatchObject({ kind: "cancellation", cause: { id: schedule.id, version: 2 } });
    expect(sumsToZero(entry)).toBe(true);
  });

  it("that was all there was cancels the payout", () => {
    const bare = { ...payout, amountMinor: 80_000, heldMinor: 0 };
    const { changes } = accepted(cancelSchedule(schedule, { payout: bare }, context));
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "cancelled", cancelledMinor: 80_000 });
  });

  it("that was the rest of a paid payout makes it paid, now", () => {
    const bare = {
      ...payout,
      amountMinor: 100_000,
      heldMinor: 0,
      paidMinor: 20_000,
      status: "partially_paid" as const,
    };
    const { changes } = accepted(cancelSchedule(schedule, { payout: bare }, contextAt(LATER)));
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "paid", paidAt: LATER });
  });

  const fired = firedFamily();
  const failed: PayoutSchedule = {
    ...fired.schedule,
    status: "failed",
    failureCode: "x",
    failureReason: "no such account",
  };
  const failedTransfer: Transfer = { ...fired.transfer, status: "failed_terminal" };
  const around = { payout: { ...fired.payout, status: "failed" as const }, transfer: failedTransfer };

  it("that has failed ends its transfer for good, and keeps why it failed", () => {
    const { changes, value } = accepted(cancelSchedule(failed, around, context));
    expect(value).toMatchObject({ status: "cancelled", failureReason: "no such account" });
    expect(onlyAfter("transfer", changes)).toMatchObject({ status: "failed_terminal", outcome: { class: "ended" } });
    expect(onlyAfter("payout", changes)).toMatchObject({
      cancelledMinor: 80_000,
      inTransferMinor: 0,
      status: "failed",
    });
  });

  it("of which a debt has taken part cancels only what was still to be sent", () => {
    const transfer = { ...failedTransfer, amountMinor: 50_000 };
    const owing = { ...around.payout, inTransferMinor: 50_000, setOffMinor: 30_000, status: "partially_paid" as const };
    const { changes } = accepted(cancelSchedule(failed, { payout: owing, transfer }, context));
    expect(onlyAfter("payout", changes)).toMatchObject({
      cancelledMinor: 50_000,
      setOffMinor: 30_000,
      inTransferMinor: 0,
    });
  });

  it.each<[string, PayoutSchedule, Transfer | undefined]>([
    ["processing", fired.schedule, fired.transfer],
    ["completed", inStatus("completed"), undefined],
    ["cancelled", inStatus("cancelled"), undefined],
    ["failed, its transfer sent again", failed, fired.transfer],
    ["failed, its transfer not readable", failed, undefined],
    ["failed, its transfer ended", failed, { ...failedTransfer, outcome: { class: "ended", code: "x", at: START } }],
  ])("that is %s is refused", (_what, one, transfer) => {
    expect(verdictOn(cancelSchedule(one, { payout: around.payout, transfer }, context))).toBe(
      "schedule_not_cancellable",
    );
  });
});

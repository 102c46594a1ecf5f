import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMs } from "../../../shared/domain/dates.ts";
import { amend } from "../../../shared/domain/decision.ts";
import { changeHold, endHold, extendHold, type HoldBack, holdBack } from "../../../shared/domain/hold-change.ts";
import { sumsToZero } from "../../../shared/domain/journal.ts";
import type { EscrowHold, HoldStatus, PayoutSchedule } from "../../../shared/domain/model.ts";
import {
  accepted,
  activeFamily,
  contextAt,
  DAY_MS,
  GUARANTEE_END,
  onlyAfter,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const { payout, schedule, hold } = activeFamily();
const LATER = addMs(START, DAY_MS);
const context = contextAt(START, "maria");
const reasoned = { ...context, reason: "left" };

function inStatus(status: HoldStatus): EscrowHold {
  return amend("escrow_hold", hold, { status }, "escrow_hold.updated", contextAt(START));
}

function back(more: Partial<HoldBack> = {}, of = payout) {
  const wish = {
    schedule,
    amountMinor: 30_000,
    holdReason: "dispute",
    reason: "disputed",
    releaseDate: LATER,
  } as const;
  return holdBack({ ...wish, ...more }, of, context);
}

describe("holding back", () => {
  it("puts part of a schedule into escrow: from payable to held", () => {
    const { changes, value } = accepted(back());
    expect(value).toMatchObject({
      payoutId: payout.id,
      placementId: payout.placementId,
      companyId: payout.companyId,
      amountMinor: 30_000,
      originalMinor: 30_000,
      holdReason: "dispute",
      reason: "disputed",
      holdDate: START,
      releaseDate: LATER,
      status: "active",
      version: 1,
    });
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({ amountMinor: 50_000, status: "pending" });
    expect(onlyAfter("payout", changes)).toMatchObject({ heldMinor: 50_000, cancelledMinor: 0, status: payout.status });
    expect(onlyAfter("journal_entry", changes)).toMatchObject({
      kind: "hold",
      cause: { entity: "escrow_hold", id: value.id, version: 1 },
      postings: [
        { account: "payable", amountMinor: 30_000 },
        { account: "held", amountMinor: -30_000 },
      ],
    });
  });

  it("of all of a schedule leaves a cancelled one with nothing in it, and nothing is cancelled of the payout", () => {
    const { changes, value } = accepted(back({ amountMinor: 80_000 }));
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({
      amountMinor: 0,
      status: "cancelled",
      failureReason: `held back as ${value.id}`,
      change: { action: "payout_schedule.cancelled" },
    });
    expect(onlyAfter("payout", changes)).toMatchObject({ heldMinor: 100_000, cancelledMinor: 0, status: "approved" });
  });

  it("conserves what is promised", () => {
    fc.assert(
      fc.property(fc.integer({ min: -2, max: schedule.amountMinor + 2 }), (amountMinor) => {
        const decision = back({ amountMinor });
        if (amountMinor < 1 || amountMinor > schedule.amountMinor) {
          expect(verdictOn(decision)).toBe(amountMinor < 1 ? "amount_too_small" : "schedule_amount_exceeded");
          return;
        }
        const { changes, value } = accepted(decision);
        expect(onlyAfter("payout_schedule", changes).amountMinor + value.amountMinor).toBe(schedule.amountMinor);
        expect(sumsToZero(onlyAfter("journal_entry", changes))).toBe(true);
      }),
    );
  });

  it.each([
    [
      "from a schedule that fires",
      { schedule: { ...schedule, status: "processing" } as PayoutSchedule },
      "schedule_not_changeable",
    ],
    ["until now", { releaseDate: START }, "date_in_past"],
    ["until a moment from now", { releaseDate: addMs(START, 1) }, "accepted"],
  ] as const)("%s: %s", (_what, more, verdict) => {
    expect(verdictOn(back(more))).toBe(verdict);
  });

  it("in a payout of too many parts is refused", () => {
    expect(verdictOn(back({}, { ...payout, children: 25 }))).toBe("too_many_children");
  });
});

describe("changing a hold", () => {
  const blocker = { code: "approval_pending", since: START, fixableBy: "approver", nextCheckAt: LATER } as const;
  const due: EscrowHold = { ...hold, releaseDate: START, blocker };

  it("moves its date to any that is still to come, earlier or later; the rule that gave the old one goes", () => {
    for (const releaseDate of [LATER, addMs(GUARANTEE_END, DAY_MS)]) {
      const { changes, value } = accepted(changeHold(hold, { releaseDate }, context));
      expect(changes).toHaveLength(1);
      expect(value).toMatchObject({ releaseDate, change: { action: "escrow_hold.updated" } });
      expect(value).not.toHaveProperty("dateRule");
    }
  });

  it("that was due and blocked, to a later date, makes it neither", () => {
    expect(accepted(changeHold(due, { releaseDate: LATER }, context)).value).not.toHaveProperty("blocker");
  });

  it("in its reasons alone leaves date and blocker as they are", () => {
    const change = { holdReason: "verification", reason: "papers" } as const;
    expect(accepted(changeHold(due, change, context)).value).toMatchObject({ ...change, releaseDate: START, blocker });
  });

  it("to what it is changes nothing", () => {
    const same = { releaseDate: hold.releaseDate, holdReason: hold.holdReason };
    expect(accepted(changeHold(hold, same, context))).toMatchObject({ changes: [], value: hold });
  });

  it.each([START, addMs(START, -1)])("to %s, which is not in the future, is refused", (releaseDate) => {
    expect(verdictOn(changeHold(hold, { releaseDate }, context))).toBe("date_in_past");
  });
});

describe("extending a hold", () => {
  it.each([
    [addMs(GUARANTEE_END, 1), "accepted"],
    [GUARANTEE_END, "date_not_later"],
    [LATER, "date_not_later"],
  ])("to %s: %s", (date, verdict) => {
    expect(verdictOn(extendHold(hold, date, context))).toBe(verdict);
  });

  it("that is overdue needs a date in the future, not only a later one", () => {
    const now = addMs(GUARANTEE_END, DAY_MS);
    expect(verdictOn(extendHold(hold, addMs(GUARANTEE_END, 1), contextAt(now)))).toBe("date_in_past");
  });
});

describe("ending a hold", () => {
  it.each([
    ["forfeited", "hold_forfeit", { forfeitedMinor: 20_000, cancelledMinor: 0 }],
    ["cancelled", "cancellation", { forfeitedMinor: 0, cancelledMinor: 20_000 }],
  ] as const)("%s takes what it holds out of the promise", (end, kind, sums) => {
    const { changes, value } = accepted(endHold(hold, end, payout, reasoned));
    expect(value).toMatchObject({ status: end, reason: "left", cancelledAt: START, amountMinor: 20_000 });
    expect(onlyAfter("payout", changes)).toMatchObject({ ...sums, heldMinor: 0, status: "approved" });
    const entry = onlyAfter("journal_entry", changes);
    expect(entry).toMatchObject({ kind, cause: { id: hold.id, version: 2 } });
    expect(sumsToZero(entry)).toBe(true);
  });

  it("of which part is released ends only the rest", () => {
    const rest = { ...hold, amountMinor: 5_000 };
    const { changes } = accepted(endHold(rest, "forfeited", { ...payout, heldMinor: 5_000 }, context));
    expect(onlyAfter("payout", changes)).toMatchObject({ forfeitedMinor: 5_000, heldMinor: 0 });
  });

  it.each([
    [0, "cancelled"],
    [80_000, "paid"],
  ])("as the last of a payout of which %d were paid makes it %s", (paidMinor, status) => {
    const last = { ...payout, amountMinor: 20_000 + paidMinor, paidMinor };
    const { changes } = accepted(endHold(hold, "cancelled", last, context));
    expect(onlyAfter("payout", changes).status).toBe(status);
  });

  it("keeps the payout's status while something of it is left", () => {
    const failed = { ...payout, inTransferMinor: 80_000, status: "failed" as const };
    expect(onlyAfter("payout", accepted(endHold(hold, "cancelled", failed, context)).changes).status).toBe("failed");
  });
});

describe("a hold that is settled", () => {
  it.each(["released", "forfeited", "cancelled"] as const)("can't be changed when it is %s", (status) => {
    const settled = inStatus(status);
    const code = `hold_already_${status}`;
    expect(verdictOn(changeHold(settled, { reason: "x" }, context))).toBe(code);
    expect(verdictOn(extendHold(settled, addMs(GUARANTEE_END, 1), context))).toBe(code);
    expect(verdictOn(endHold(settled, "forfeited", payout, context))).toBe(code);
    expect(verdictOn(endHold(settled, "cancelled", payout, context))).toBe(code);
  });
});

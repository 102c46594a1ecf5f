import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../shared/domain/decision.ts";
import type {
  Approval,
  EscrowHold,
  Payout,
  PayoutSchedule,
  PayoutStatus,
  Transfer,
} from "../../../shared/domain/model.ts";
import type { Family } from "../../../shared/domain/payout.ts";
import { cancelPayout, markFailed, markPaid, retryPayout } from "../../../shared/domain/payout-end.ts";
import { fireSchedule, releaseHold } from "../../../shared/domain/release.ts";
import { retryTransfer } from "../../../shared/domain/transfer-correction.ts";
import { completeTransfer, recordVerdict } from "../../../shared/domain/transfer-outcome.ts";
import {
  ACCOUNT_B,
  accepted,
  activeFamily,
  afterOf,
  afterStart,
  blockerCode,
  claimedAt,
  contextAt,
  DAY_MS,
  firedFamily,
  HOUR_MS,
  onlyAfter,
  PAYEE,
  payeeWith,
  START,
  surroundingsOf,
  verdictOn,
} from "../../support/domain-records.ts";
import { refused } from "../../support/domain-transfer-model.ts";

const NOW = afterStart(DAY_MS);
const sam = contextAt(NOW, "sam", "manager");
const maria = contextAt(NOW, "maria", "manager");
const VOID: Approval = { mode: "auto", state: "void" };
const SETTINGS = { highValueMinor: { USD: 100_000 } };

function familyOf(parts: {
  payout: Payout;
  schedule?: PayoutSchedule;
  hold?: EscrowHold;
  transfer?: Transfer;
}): Family & { transfers: readonly Transfer[] } {
  const list = <T>(part: T | undefined) => (part === undefined ? [] : [part]);
  const { payout, schedule, hold, transfer } = parts;
  return { payout, schedules: list(schedule), holds: list(hold), transfers: list(transfer) };
}

const open = activeFamily();
const fired = firedFamily();
const failure = accepted(
  recordVerdict(claimedAt(fired, START), refused("rejected", true), { ...fired, random: 0 }, contextAt(START)),
).changes;
const failedParts = {
  payout: onlyAfter("payout", failure),
  schedule: onlyAfter("payout_schedule", failure),
  transfer: onlyAfter("transfer", failure),
  hold: fired.hold,
};
const failed = familyOf(failedParts);
const completion = accepted(
  completeTransfer(claimedAt(fired, START), "tr_x", { ...fired, random: 0 }, contextAt(START)),
).changes;
const partlyPaid = familyOf({
  payout: onlyAfter("payout", completion),
  schedule: onlyAfter("payout_schedule", completion),
  transfer: onlyAfter("transfer", completion),
  hold: fired.hold,
});
const inFlight = familyOf(fired);

const statuses: readonly PayoutStatus[] = [
  "pending_approval",
  "approved",
  "processing",
  "partially_paid",
  "paid",
  "rejected",
  "failed",
  "cancelled",
];

function inStatus(status: PayoutStatus): Family & { transfers: readonly Transfer[] } {
  return familyOf({ ...open, payout: { ...open.payout, status } });
}

function postingsOf(changes: Parameters<typeof afterOf>[1]) {
  return afterOf("journal_entry", changes).map(({ kind, postings }) => [
    kind,
    Object.fromEntries(postings.map((line) => [line.account, line.amountMinor])),
  ]);
}

describe("cancelling a payout", () => {
  it.each(statuses)("that is %s: only one that has ended already is refused while nothing has moved", (status) => {
    const ended = status === "rejected" || status === "cancelled";
    const expected = ended ? "payout_already_cancelled" : "accepted";
    expect(verdictOn(cancelPayout(inStatus(status), "no", sam))).toBe(expected);
  });

  it("ends what is open, with one cancellation and the reason", () => {
    const { changes, value } = accepted(cancelPayout(familyOf(open), "entered twice", sam));
    expect(value).toMatchObject({
      status: "cancelled",
      endReason: "entered twice",
      heldMinor: 0,
      cancelledMinor: 100_000,
      change: { action: "payout.cancelled" },
    });
    expect(onlyAfter("payout_schedule", changes).status).toBe("cancelled");
    expect(onlyAfter("escrow_hold", changes).status).toBe("cancelled");
    expect(postingsOf(changes)).toEqual([["cancellation", { payable: 80_000, held: 20_000, expense: -100_000 }]]);
  });

  it("whose only transfer has failed ends the transfer for good", () => {
    const { changes, value } = accepted(cancelPayout(failed, "no account", sam));
    expect(value).toMatchObject({ status: "cancelled", inTransferMinor: 0, cancelledMinor: 100_000 });
    const ended = onlyAfter("transfer", changes);
    expect(ended.outcome).toMatchObject({ class: "ended" });
    const retried = retryTransfer(ended, undefined, surroundingsOf(value), sam);
    expect(verdictOn(retried)).toBe("transfer_not_claimable");
  });

  it.each([
    ["is in flight", inFlight],
    ["has arrived", partlyPaid],
    ["was set off", familyOf({ ...open, payout: { ...open.payout, setOffMinor: 1 } })],
    [
      "is in flight beside a failed transfer",
      familyOf({ ...failedParts, payout: { ...failed.payout, inTransferMinor: 80_001 } }),
    ],
  ])("is refused once money %s", (_what, family) => {
    expect(verdictOn(cancelPayout(family, "no", sam))).toBe("payout_not_cancellable");
  });
});

describe("marking as paid outside", () => {
  const payment = { reference: "bank 42" };
  const mark = (family: Family, more: { paidAt?: string } = {}, context: CommandContext = sam) =>
    markPaid(family, { ...payment, ...more }, SETTINGS, context);

  it("completes the schedule and books it, and leaves the hold in escrow", () => {
    const { changes, value } = accepted(mark(familyOf(open), { paidAt: START }));
    expect(value).toMatchObject({
      status: "partially_paid",
      paidMinor: 80_000,
      paidOutsideMinor: 80_000,
      heldMinor: 20_000,
      externalReference: "bank 42",
      change: { action: "payout.paid_outside" },
    });
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({
      status: "completed",
      processedAt: START,
      change: { action: "payout_schedule.processed" },
    });
    expect(afterOf("escrow_hold", changes)).toEqual([]);
    expect(postingsOf(changes)).toEqual([["paid_outside", { payable: 80_000, cash: -80_000 }]]);
    const released = releaseHold({ hold: open.hold, path: "manual" }, surroundingsOf(value), contextAt(NOW, "tess"));
    expect(accepted(released).value.kind).toBe("sent");
  });

  it("of the last part makes the payout paid, at the time of the payment", () => {
    const payout: Payout = { ...open.payout, amountMinor: 80_000, heldMinor: 0 };
    const { value } = accepted(mark(familyOf({ payout, schedule: open.schedule }), { paidAt: START }));
    expect(value).toMatchObject({ status: "paid", paidAt: START, change: { action: "payout.paid" } });
  });

  it("after a transfer is paid when the later of the two was", () => {
    const completedAt = afterStart(HOUR_MS);
    const payout: Payout = { ...partlyPaid.payout, heldMinor: 0 };
    const schedule: PayoutSchedule = { ...open.schedule, amountMinor: 20_000, status: "pending" };
    const transfers = partlyPaid.transfers.map((transfer) => ({ ...transfer, completedAt }));
    const { value } = accepted(mark({ payout, schedules: [schedule], holds: [], transfers }, { paidAt: START }));
    expect(value).toMatchObject({ status: "paid", paidMinor: 100_000, paidOutsideMinor: 20_000, paidAt: completedAt });
  });

  it("ends failed transfers for good and completes their schedules", () => {
    const { changes, value } = accepted(mark(failed));
    expect(value).toMatchObject({ status: "partially_paid", inTransferMinor: 0, paidMinor: 80_000 });
    const ended = onlyAfter("transfer", changes);
    expect(ended).toMatchObject({
      status: "failed_terminal",
      outcome: { class: "ended", code: "paid_outside", message: "paid outside: bank 42" },
    });
    const schedule = onlyAfter("payout_schedule", changes);
    expect(schedule).toMatchObject({ status: "completed", processedAt: NOW });
    expect(schedule.failureCode).toBeUndefined();
    expect(verdictOn(retryTransfer(ended, schedule, surroundingsOf(value), sam))).toBe("transfer_not_claimable");
    expect(verdictOn(fireSchedule({ schedule, path: "manual" }, surroundingsOf(value), sam))).toBe(
      "schedule_already_completed",
    );
  });

  it("goes on from what was marked as failed", () => {
    const marked = accepted(markFailed(familyOf(open), "bank closed", sam)).value;
    const { value } = accepted(mark(familyOf({ ...open, payout: marked })));
    expect(value.status).toBe("partially_paid");
    expect([value.markedFailed, value.endReason]).toEqual([undefined, undefined]);
  });

  it.each([
    ["anything is in flight", inFlight, "transfer_in_flight"],
    ["the approval is void", familyOf({ ...open, payout: { ...open.payout, approval: VOID } }), "payout_not_markable"],
    [
      "it waits for approval",
      familyOf({ ...open, payout: { ...open.payout, approval: { mode: "manual", state: "pending" } } }),
      "payout_not_markable",
    ],
    ["only a hold is left", familyOf({ payout: partlyPaid.payout, hold: open.hold }), "payout_not_markable"],
  ] as const)("is refused while %s: %s", (_what, family, code) => {
    expect(verdictOn(mark(family))).toBe(code);
  });

  it("is refused for a time that is to come, and accepted for now", () => {
    expect(mark(familyOf(open), { paidAt: afterStart(DAY_MS + 1) })).toMatchObject({
      refusal: { code: "date_in_future", field: "paid_at" },
    });
    expect(verdictOn(mark(familyOf(open), { paidAt: NOW }))).toBe("accepted");
  });

  it.each([
    ["who created it", contextAt(NOW, "placements", "admin"), "sent_by_creator"],
    ["who approved it", contextAt(NOW, "policy", "admin"), "sent_by_approver"],
  ])("is refused to %s", (_who, context, code) => {
    expect(verdictOn(mark(familyOf(open), {}, context))).toBe(code);
  });

  it("of high value takes the permission for it", () => {
    const settings = { highValueMinor: { USD: 100_000 } };
    const processor = contextAt(NOW, "sam", "processor");
    expect(verdictOn(markPaid(familyOf(open), payment, settings, processor))).toBe("permission_required");
    expect(verdictOn(markPaid(familyOf(open), payment, settings, maria))).toBe("accepted");
  });
});

describe("marking as failed", () => {
  it.each(statuses)("that is %s", (status) => {
    const can = status === "approved" || status === "processing";
    expect(verdictOn(markFailed(inStatus(status), "stop", sam))).toBe(can ? "accepted" : "payout_not_markable");
  });

  it("keeps who and why, and stops what falls due until it is retried", () => {
    const { value } = accepted(markFailed(familyOf(open), "bank closed", sam));
    expect(value).toMatchObject({
      status: "failed",
      markedFailed: { reason: "bank closed", by: "sam", at: NOW },
      endReason: "bank closed",
      change: { action: "payout.marked_failed" },
    });
    const due = contextAt(open.hold.releaseDate);
    const held = accepted(releaseHold({ hold: open.hold, path: "sweep" }, surroundingsOf(value), due));
    expect(blockerCode(onlyAfter("escrow_hold", held.changes))).toBe("person_required");
    const again = accepted(
      retryPayout(familyOf({ ...open, payout: value }), { payee: PAYEE, settings: SETTINGS }, maria),
    ).value;
    expect(again).toMatchObject({ status: "approved", change: { action: "payout.retried" } });
    expect([again.markedFailed, again.endReason]).toEqual([undefined, undefined]);
    const sent = accepted(releaseHold({ hold: open.hold, path: "sweep" }, surroundingsOf(again), due));
    expect(sent.value.kind).toBe("sent");
  });

  it("is refused while a transfer is in flight, also one that was not sent yet", () => {
    expect(inFlight.transfers[0]?.status).toBe("pending");
    expect(verdictOn(markFailed(inFlight, "stop", sam))).toBe("transfer_in_flight");
  });
});

describe("retrying a payout", () => {
  const retry = (family: Family, payee = PAYEE, context: CommandContext = sam) =>
    retryPayout(family, { payee, settings: SETTINGS }, context);

  it("sends the failed transfer again with its schedule, in one commit", () => {
    const { changes, value } = accepted(retry(failed));
    expect(value).toMatchObject({
      status: "processing",
      inTransferMinor: 80_000,
      change: { action: "payout.retried" },
    });
    expect(onlyAfter("transfer", changes)).toMatchObject({ status: "pending", epoch: 2, attempts: 0 });
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({ status: "processing", retryCount: 1 });
  });

  it("of a partly paid payout sends what failed and leaves the rest", () => {
    const second: Transfer = { ...failedParts.transfer, id: `${failedParts.transfer.id.slice(0, -1)}Z` };
    const payout: Payout = { ...partlyPaid.payout, inTransferMinor: 80_000 };
    const family = { ...partlyPaid, payout, transfers: [...partlyPaid.transfers, second] };
    const { changes, value } = accepted(retry(family));
    expect(value.status).toBe("partially_paid");
    expect(onlyAfter("transfer", changes).id).toBe(second.id);
  });

  it.each([
    ["nothing has failed", familyOf(open)],
    ["it is in flight", inFlight],
    [
      "it was cancelled",
      familyOf({
        payout: accepted(cancelPayout(failed, "no", sam)).value,
        transfer: onlyAfter("transfer", accepted(cancelPayout(failed, "no", sam)).changes),
      }),
    ],
  ])("is refused where %s", (_what, family) => {
    expect(verdictOn(retry(family))).toBe("payout_not_retryable");
  });

  it.each([
    ["a void approval", { ...failed.payout, approval: VOID }, PAYEE],
    ["another destination", failed.payout, payeeWith([ACCOUNT_B])],
    ["no destination", failed.payout, payeeWith([])],
  ])("is refused with %s in the way", (_name, payout, payee) => {
    expect(verdictOn(retry({ ...failed, payout }, payee))).toBe("blocked");
  });

  it.each([
    ["who created it", contextAt(NOW, "placements", "admin"), "sent_by_creator"],
    ["who approved it", contextAt(NOW, "policy", "admin"), "sent_by_approver"],
  ])("is refused to %s", (_who, context, code) => {
    expect(verdictOn(retry(failed, PAYEE, context))).toBe(code);
  });

  it("of more than fits one commit is refused, and its transfers can go one by one", () => {
    const transfers = Array.from({ length: 98 }, () => failedParts.transfer);
    expect(verdictOn(retry({ ...failed, transfers, schedules: [] }, PAYEE, maria))).toBe("too_many_children");
  });
});

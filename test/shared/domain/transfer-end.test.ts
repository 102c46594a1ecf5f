import { describe, expect, it } from "vitest";
import { closeCircuit } from "../../../shared/domain/circuit.ts";
import type { Payout, Transfer, TransferStatus } from "../../../shared/domain/model.ts";
import { endPayout } from "../../../shared/domain/placement.ts";
import { recordReversal, retryTransfer } from "../../../shared/domain/transfer-correction.ts";
import { completeTransfer, recordVerdict } from "../../../shared/domain/transfer-outcome.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  activeFamily,
  afterOf,
  afterStart,
  claimedAt,
  contextAt,
  controlOf,
  DAY_MS,
  firedFamily,
  onlyAfter,
  payeeWith,
  START,
  surroundingsOf,
  verdictOn,
} from "../../support/domain-records.ts";
import { refused } from "../../support/domain-transfer-model.ts";

const NOW = afterStart(DAY_MS);
const context = contextAt(NOW);
const sending = firedFamily();
const claimed = claimedAt(sending, START);

const completion = accepted(completeTransfer(claimed, "tr_x", { ...sending, random: 0 }, contextAt(START))).changes;
const paid = { payout: onlyAfter("payout", completion), transfer: onlyAfter("transfer", completion) };
const failure = accepted(
  recordVerdict(claimed, refused("rejected", true), { ...sending, random: 0 }, contextAt(START)),
).changes;
const failed = {
  payout: onlyAfter("payout", failure),
  transfer: onlyAfter("transfer", failure),
  schedule: onlyAfter("payout_schedule", failure),
};

function endOf(payout: Payout, parts: Partial<Parameters<typeof endPayout>[0]>, end: "cancelled" | "guarantee_failed") {
  return endPayout({ payout, schedules: [], holds: [], transfers: [], ...parts }, end, "left", context);
}

function postingsOf(changes: Parameters<typeof afterOf>[1]) {
  return Object.fromEntries(
    afterOf("journal_entry", changes).map(({ kind, postings }) => [
      kind,
      Object.fromEntries(postings.map((line) => [line.account, line.amountMinor])),
    ]),
  );
}

describe("completion", () => {
  it("moves transfer, schedule, payout and journal together", () => {
    expect(completion.map((change) => change.entity)).toEqual([
      "payout",
      "transfer",
      "journal_entry",
      "payout_schedule",
    ]);
    expect(paid.payout).toMatchObject({ status: "partially_paid", paidMinor: 80_000, inTransferMinor: 0 });
    expect(paid.payout.paidAt).toBeUndefined();
    expect(onlyAfter("payout_schedule", completion)).toMatchObject({ status: "completed", processedAt: START });
  });

  it("of the last part makes the payout paid, and since when", () => {
    const around = { ...sending, payout: { ...sending.payout, heldMinor: 0, forfeitedMinor: 20_000 }, random: 0 };
    const { changes } = accepted(completeTransfer(claimed, "tr_x", around, context));
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "paid", paidAt: NOW });
    expect(onlyAfter("payout", changes).change.action).toBe("payout.paid");
  });

  it("after the guarantee failed is owed back at once", () => {
    const around = { ...sending, payout: { ...sending.payout, clawback: { reason: "left", at: START } }, random: 0 };
    const { changes } = accepted(completeTransfer(claimed, "tr_x", around, context));
    expect(postingsOf(changes).clawback).toEqual({ receivable: 80_000, expense: -80_000 });
  });

  it.each(["completed", "reversed", "failed_terminal"] as const)("is refused to one that is %s", (status) => {
    const decision = completeTransfer({ ...claimed, status }, "tr_y", { ...sending, random: 0 }, context);
    expect(verdictOn(decision)).toBe("transfer_finished");
  });
});

describe("a failed transfer", () => {
  it("fails its schedule and payout, keeps its money in transfer, and is sent again under a new key", () => {
    expect(failed.payout).toMatchObject({ status: "failed", inTransferMinor: 80_000 });
    expect(failed.schedule).toMatchObject({ status: "failed", failureCode: "rejected" });
    const again = accepted(
      retryTransfer(failed.transfer, failed.schedule, surroundingsOf(failed.payout), context),
    ).changes;
    expect(onlyAfter("transfer", again)).toMatchObject({ status: "pending", epoch: 2, attempts: 0, unknowns: 0 });
    expect(onlyAfter("payout", again).status).toBe("processing");
    const schedule = onlyAfter("payout_schedule", again);
    expect(schedule).toMatchObject({ status: "processing", retryCount: 1, lastRetryAt: NOW });
    expect([schedule.failureCode, schedule.failureReason]).toEqual([undefined, undefined]);
  });

  it.each<[TransferStatus, string]>([
    ["pending", "transfer_not_claimable"],
    ["processing", "transfer_not_claimable"],
    ["retryable", "transfer_not_claimable"],
    ["outcome_unknown", "transfer_not_claimable"],
    ["awaiting_funds", "transfer_not_claimable"],
    ["awaiting_payee", "transfer_not_claimable"],
    ["completed", "transfer_not_claimable"],
    ["reversed", "transfer_not_claimable"],
    ["failed_terminal", "accepted"],
  ])("alone can be retried by a person: %s → %s", (status, verdict) => {
    const transfer: Transfer = { ...failed.transfer, status };
    expect(verdictOn(retryTransfer(transfer, undefined, surroundingsOf(failed.payout), context))).toBe(verdict);
  });

  it.each([
    ["a void approval", surroundingsOf({ ...failed.payout, approval: { mode: "auto", state: "void" } })],
    ["another destination", surroundingsOf(failed.payout, { payee: payeeWith([ACCOUNT_B]) })],
    ["no destination", surroundingsOf(failed.payout, { payee: payeeWith([]) })],
  ])("is not retried with %s", (_name, around) => {
    expect(verdictOn(retryTransfer(failed.transfer, failed.schedule, around, context))).toBe("blocked");
  });

  it("goes to the destination approved since", () => {
    const around = surroundingsOf({ ...failed.payout, destination: ACCOUNT_B }, { payee: payeeWith([ACCOUNT_B]) });
    const { value } = accepted(retryTransfer(failed.transfer, failed.schedule, around, context));
    expect(value.destination).toEqual(ACCOUNT_B);
    expect(failed.transfer.destination).toEqual(ACCOUNT_A);
  });

  it("whose payout is over ends with it, whatever had caused it, and is never sent again", () => {
    const parts = { schedules: [failed.schedule], transfers: [failed.transfer], holds: [sending.hold] };
    const { changes } = accepted(endOf(failed.payout, parts, "guarantee_failed"));
    const ended = onlyAfter("transfer", changes);
    expect(ended).toMatchObject({ status: "failed_terminal", outcome: { class: "ended" } });
    expect(onlyAfter("payout", changes)).toMatchObject({
      status: "cancelled",
      inTransferMinor: 0,
      cancelledMinor: 80_000,
    });
    expect(postingsOf(changes).cancellation).toEqual({ payable: 80_000, expense: -80_000 });
    const again = retryTransfer(ended, undefined, surroundingsOf(onlyAfter("payout", changes)), context);
    expect(verdictOn(again)).toBe("transfer_not_claimable");
  });

  it("that fails only after the payout's end is over at once: nothing waits for a person", () => {
    const payout = { ...sending.payout, heldMinor: 0, forfeitedMinor: 20_000, clawback: { reason: "left", at: START } };
    const around = { ...sending, payout, random: 0 };
    const { changes } = accepted(recordVerdict(claimed, refused("rejected", true), around, context));
    expect(onlyAfter("transfer", changes)).toMatchObject({ outcome: { class: "ended" }, epoch: 2 });
    expect(onlyAfter("payout_schedule", changes).status).toBe("cancelled");
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "cancelled", inTransferMinor: 0 });
  });
});

describe("the end of a payout", () => {
  const { payout, schedule, hold } = activeFamily();
  it.each([
    ["cancelled", "cancelled", { cancellation: { payable: 80_000, held: 20_000, expense: -100_000 } }],
    [
      "guarantee_failed",
      "forfeited",
      {
        cancellation: { payable: 80_000, expense: -80_000 },
        hold_forfeit: { held: 20_000, expense: -20_000 },
      },
    ],
  ] as const)("%s before anything moved: the hold is %s", (end, holdStatus, postings) => {
    const { changes } = accepted(endOf(payout, { schedules: [schedule], holds: [hold] }, end));
    expect(onlyAfter("escrow_hold", changes).status).toBe(holdStatus);
    expect(onlyAfter("payout_schedule", changes).status).toBe("cancelled");
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "cancelled", heldMinor: 0 });
    expect(onlyAfter("payout", changes).clawback).toBeUndefined();
    expect(postingsOf(changes)).toEqual(postings);
    expect(accepted(endOf(onlyAfter("payout", changes), {}, end)).changes).toEqual([]);
  });

  it("after a payment: what the payee has and what was set off is owed back, what came back isn't", () => {
    const moved = { ...paid.payout, setOffMinor: 5_000, amountMinor: 105_000, reversedMinor: 30_000 };
    const { changes } = accepted(endOf(moved, { holds: [sending.hold] }, "guarantee_failed"));
    expect(postingsOf(changes).clawback).toEqual({ receivable: 55_000, expense: -55_000 });
    expect(onlyAfter("payout", changes).clawback).toEqual({ reason: "left", at: NOW });
    expect(accepted(endOf(onlyAfter("payout", changes), {}, "guarantee_failed")).changes).toEqual([]);
  });

  it("leaves a transfer in flight to its own outcome", () => {
    const parts = { schedules: [sending.schedule], holds: [sending.hold], transfers: [claimed] };
    const { changes } = accepted(endOf(sending.payout, parts, "cancelled"));
    expect(afterOf("transfer", changes)).toEqual([]);
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "processing", inTransferMinor: 80_000 });
  });
});

describe("reversals", () => {
  const owed = { ...paid.payout, clawback: { reason: "left", at: START } };
  it.each([
    ["part", 30_000, "completed", 30_000],
    ["the whole", 80_000, "reversed", 80_000],
  ])("%s", (_name, total, status, reversedMinor) => {
    const { changes } = accepted(recordReversal(paid.transfer, total, 0, paid.payout, context));
    expect(onlyAfter("transfer", changes)).toMatchObject({ status, reversedMinor });
    expect(onlyAfter("payout", changes).reversedMinor).toBe(reversedMinor);
  });

  it("are totals: the same or an older report changes nothing, a later one posts the difference", () => {
    const first = accepted(recordReversal(paid.transfer, 30_000, 0, paid.payout, context)).changes;
    const { transfer, payout } = { transfer: onlyAfter("transfer", first), payout: onlyAfter("payout", first) };
    for (const total of [30_000, 10_000, 0]) {
      expect(accepted(recordReversal(transfer, total, 0, payout, context)).changes).toEqual([]);
    }
    const later = accepted(recordReversal(transfer, 80_000, 0, payout, context)).changes;
    expect(postingsOf(later).reversal).toEqual({ cash: 50_000, expense: -50_000 });
  });

  it("settle what a clawback made owed; without one they correct this payout and settle no other debt", () => {
    const settled = accepted(recordReversal(paid.transfer, 30_000, 80_000, owed, context)).changes;
    expect(postingsOf(settled).reversal).toEqual({ cash: 30_000, receivable: -30_000 });
    const corrected = accepted(recordReversal(paid.transfer, 30_000, 80_000, paid.payout, context)).changes;
    expect(postingsOf(corrected).reversal).toEqual({ cash: 30_000, expense: -30_000 });
  });

  it.each(["pending", "processing", "outcome_unknown", "failed_terminal"] as const)(
    "of one that is %s are refused: nothing moved",
    (status) => {
      const decision = recordReversal({ ...claimed, status }, 1, 0, sending.payout, context);
      expect(verdictOn(decision)).toBe("reversal_exceeds_transfer");
    },
  );

  it("of more than was moved are refused", () => {
    expect(verdictOn(recordReversal(paid.transfer, 80_001, 0, paid.payout, context))).toBe("reversal_exceeds_transfer");
  });
});

describe("closing the circuit", () => {
  it.each([
    ["open", "sending_already_open"],
    ["paused", "sending_already_open"],
    ["tripped", "accepted"],
  ] as const)("%s: %s", (status, verdict) => {
    const decision = closeCircuit(controlOf(status, NOW), context);
    expect(verdictOn(decision)).toBe(verdict);
    if (decision.ok) expect(onlyAfter("sending_control", decision.changes)).toMatchObject({ status: "open" });
  });
});

import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../shared/domain/decision.ts";
import type { Transfer, TransferStatus } from "../../../shared/domain/model.ts";
import { retryTransfer } from "../../../shared/domain/transfer-correction.ts";
import { recordVerdict } from "../../../shared/domain/transfer-outcome.ts";
import { type Finding, settleTransfer } from "../../../shared/domain/transfer-settlement.ts";
import {
  accepted,
  afterOf,
  afterStart,
  claimedAt,
  contextAt,
  firedFamily,
  MINUTE_MS,
  onlyAfter,
  START,
  surroundingsOf,
  verdictOn,
} from "../../support/domain-records.ts";

const sending = firedFamily();
const claimed = claimedAt(sending, START);
const silence = { kind: "unknown", class: "unknown", code: "timeout", message: "no answer", replayed: false } as const;
/** Sent at the start, and nothing heard. */
const unknown = onlyAfter(
  "transfer",
  accepted(recordVerdict(claimed, silence, { ...sending, random: 0 }, contextAt(START))).changes,
);
const PROVEN = afterStart(15 * MINUTE_MS);

function person(now: string, role = "admin", addressAllowed = true): CommandContext {
  return { now, actor: { type: "user", id: "ann", role }, correlationId: "test", addressAllowed };
}

const MOVED: Finding = { outcome: "completed", providerTransferId: "tr_x", evidence: "seen in the dashboard" };
const NOTHING: Finding = { outcome: "not_created", evidence: "no such transfer group" };

function settle(transfer: Transfer, finding: Finding, context = person(PROVEN), around: Partial<typeof sending> = {}) {
  return settleTransfer(transfer, finding, { ...sending, ...around }, undefined, context);
}

describe("an unknown outcome that a person settles", () => {
  it("as completed is booked like any other, and says who knew it from where", () => {
    const { changes, value } = accepted(settle(unknown, MOVED, person(START)));
    expect(value).toMatchObject({
      status: "completed",
      providerTransferId: "tr_x",
      settled: { outcome: "completed", evidence: "seen in the dashboard", by: "ann", at: START },
      change: { action: "transfer.completed", actor: { id: "ann" } },
    });
    expect(onlyAfter("transfer", changes)).toEqual(value);
    expect(onlyAfter("journal_entry", changes).kind).toBe("transfer");
    expect(onlyAfter("payout", changes)).toMatchObject({ paidMinor: 80_000, inTransferMinor: 0 });
    expect(onlyAfter("payout_schedule", changes).status).toBe("completed");
  });

  it("as not created fails under a new key, and can be sent again", () => {
    const { changes, value } = accepted(settle(unknown, NOTHING));
    expect(value).toMatchObject({
      status: "failed_terminal",
      epoch: 2,
      unknowns: 0,
      outcome: { code: "settled_not_created", message: "no such transfer group" },
      settled: { outcome: "not_created", by: "ann" },
      change: { action: "transfer.settled" },
    });
    expect([value.epochSentAt, value.lastSentAt, value.nextAttemptAt]).toEqual([undefined, undefined, undefined]);
    expect(onlyAfter("transfer", changes)).toEqual(value);
    const payout = onlyAfter("payout", changes);
    const schedule = onlyAfter("payout_schedule", changes);
    expect([payout.status, payout.inTransferMinor, schedule.status]).toEqual(["failed", 80_000, "failed"]);
    expect(afterOf("journal_entry", changes)).toEqual([]);
    const again = retryTransfer(value, schedule, surroundingsOf(payout), contextAt(PROVEN));
    expect(accepted(again).value).toMatchObject({ status: "pending", epoch: 2 });
  });

  it("as not created, when the payout has ended meanwhile, ends it", () => {
    const ended = { ...sending.payout, clawback: { reason: "left", at: START } };
    const { changes, value } = accepted(settle(unknown, NOTHING, person(PROVEN), { payout: ended }));
    expect(value).toMatchObject({
      status: "failed_terminal",
      outcome: { class: "ended" },
      change: { action: "transfer.settled" },
    });
    expect(onlyAfter("journal_entry", changes).kind).toBe("cancellation");
  });

  it.each<TransferStatus>([
    "pending",
    "processing",
    "retryable",
    "awaiting_funds",
    "awaiting_payee",
    "failed_terminal",
    "completed",
    "reversed",
  ])("must be one: %s is not", (status) => {
    for (const finding of [MOVED, NOTHING]) {
      expect(verdictOn(settle({ ...unknown, status }, finding))).toBe("transfer_not_settleable");
    }
  });

  it.each([
    ["held by an attempt", afterStart(15 * MINUTE_MS + 1), "transfer_not_settleable"],
    ["whose holder is gone", PROVEN, "accepted"],
  ])("%s: %s", (_name, until, verdict) => {
    expect(verdictOn(settle({ ...unknown, lease: { id: "other", until } }, MOVED))).toBe(verdict);
  });

  it.each([
    ["a moment before the lists can be trusted", afterStart(15 * MINUTE_MS - 1), "evidence_contradicts"],
    ["from then on", PROVEN, "accepted"],
  ])("as not created, %s: %s", (_name, now, verdict) => {
    expect(verdictOn(settle(unknown, NOTHING, person(now)))).toBe(verdict);
  });

  it.each([
    ["an operator", person(PROVEN, "operator"), "permission_required"],
    ["an admin from elsewhere", person(PROVEN, "admin", false), "address_not_allowed"],
    ["an admin", person(PROVEN), "accepted"],
  ])("of high value by %s: %s", (_name, context, verdict) => {
    const settings = { highValueMinor: { USD: 80_000 } };
    expect(verdictOn(settleTransfer(unknown, MOVED, sending, settings, context))).toBe(verdict);
  });
});

import { describe, expect, it } from "vitest";
import type { Payee, SendingControl, Transfer } from "../../../shared/domain/model.ts";
import { claimTransfer, isFinished } from "../../../shared/domain/transfer.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  afterOf,
  afterStart,
  blockerCode,
  claimedAt,
  contextAt,
  controlOf,
  firedFamily,
  HOUR_MS,
  MINUTE_MS,
  onlyAfter,
  PAYEE,
  payeeWith,
  START,
} from "../../support/domain-records.ts";

const sending = firedFamily();
const fresh = sending.transfer;
const NOW = afterStart(MINUTE_MS);

function like(patch: Partial<Transfer>): Transfer {
  return { ...fresh, attempts: 1, lastAttemptAt: START, nextAttemptAt: afterStart(HOUR_MS), ...patch };
}

/** A call may have been sent under the current key. */
const sent = { epochSentAt: START, lastSentAt: START } as const;
const lease = (until: string) => ({ lease: { id: "other", until } });

function claim(
  transfer: Transfer,
  now: string,
  { controls = [], payee = PAYEE, payout = sending.payout, resumed = false } = {} as {
    controls?: SendingControl[];
    payee?: Payee | undefined;
    payout?: typeof sending.payout;
    resumed?: boolean;
  },
) {
  const around = { payout, payee, schedule: sending.schedule, controls };
  return claimTransfer(transfer, around, { leaseId: "mine", resumed }, contextAt(now));
}

function resultOf(decision: ReturnType<typeof claim>): string {
  if (!decision.ok) return decision.refusal.code;
  const { value } = decision;
  return value.kind === "claimed" ? value.mode : `${value.kind} ${value.transfer.status}`;
}

describe("a claim, by what the transfer is", () => {
  it.each<[string, Transfer, string, string, string]>([
    ["fresh, long before its next date", fresh, START, "send", "send"],
    ["retryable, not due", like({ status: "retryable" }), NOW, "transfer_not_due", "send"],
    ["retryable, on its instant", like({ status: "retryable" }), afterStart(HOUR_MS), "send", "send"],
    ["unknown, not due", like({ status: "outcome_unknown", ...sent }), NOW, "transfer_not_due", "send"],
    ["unknown, due, key alive", like({ status: "outcome_unknown", ...sent }), afterStart(22 * HOUR_MS), "send", "send"],
    [
      "unknown, key about to expire",
      like({ status: "outcome_unknown", ...sent }),
      afterStart(23 * HOUR_MS),
      "look_up",
      "look_up",
    ],
    [
      "unknown, look-up only",
      like({ status: "outcome_unknown", ...sent, lookUpOnly: true }),
      afterStart(HOUR_MS),
      "look_up",
      "look_up",
    ],
    ["awaiting funds, not due", like({ status: "awaiting_funds" }), NOW, "transfer_not_due", "send"],
    ["awaiting the payee, not due", like({ status: "awaiting_payee" }), NOW, "transfer_not_due", "send"],
    ["pending after an attempt, not due", like({ status: "pending" }), NOW, "transfer_not_due", "send"],
    [
      "leased",
      like({ status: "processing", ...sent, ...lease(afterStart(2 * MINUTE_MS)) }),
      NOW,
      "transfer_leased",
      "transfer_leased",
    ],
    ["lease over on the instant", like({ status: "processing", ...sent, ...lease(NOW) }), NOW, "send", "send"],
    [
      "lease over, key old",
      like({ status: "processing", ...sent, ...lease(NOW) }),
      afterStart(24 * HOUR_MS),
      "look_up",
      "look_up",
    ],
    ["completed", like({ status: "completed" }), afterStart(HOUR_MS), "transfer_finished", "transfer_finished"],
    ["reversed", like({ status: "reversed" }), afterStart(HOUR_MS), "transfer_finished", "transfer_finished"],
    ["failed", like({ status: "failed_terminal" }), afterStart(HOUR_MS), "transfer_finished", "transfer_finished"],
  ])("%s", (_name, transfer, now, expected, whenResumed) => {
    expect(resultOf(claim(transfer, now))).toBe(expected);
    expect(resultOf(claim(transfer, now, { resumed: true }))).toBe(whenResumed);
  });
});

describe("a claim's record", () => {
  it("holds the lease for two minutes, the intent before the call, and one attempt more", () => {
    const claimed = claimedAt(sending, NOW);
    expect(claimed).toMatchObject({
      status: "processing",
      attempts: 1,
      unknowns: 0,
      epoch: 1,
      epochSentAt: NOW,
      lastSentAt: NOW,
      lastAttemptAt: NOW,
      lease: { until: afterStart(3 * MINUTE_MS) },
    });
  });

  it("keeps since when the key is in use, and moves the latest call", () => {
    const again = claimedAt({ ...sending, transfer: like({ status: "retryable", ...sent }) }, afterStart(HOUR_MS));
    expect(again).toMatchObject({ epochSentAt: START, lastSentAt: afterStart(HOUR_MS) });
  });

  it("a look-up is no call: the latest call stays what it was", () => {
    const looked = claimedAt(
      { ...sending, transfer: like({ status: "outcome_unknown", ...sent, lookUpOnly: true }) },
      NOW,
    );
    expect(looked).toMatchObject({ epochSentAt: START, lastSentAt: START, lastAttemptAt: NOW });
  });

  it("a holder that died is one unknown outcome more and no attempt", () => {
    const dead = like({ status: "processing", ...sent, ...lease(NOW) });
    expect(claimedAt({ ...sending, transfer: dead }, NOW)).toMatchObject({ unknowns: 1, attempts: 1 });
  });
});

describe("sending that is stopped", () => {
  const stops: readonly [string, SendingControl[], string, string][] = [
    ["paused here", [controlOf("paused")], NOW, "sending_paused"],
    ["paused for all", [controlOf("open"), controlOf("paused", undefined, "all")], NOW, "sending_paused"],
    ["tripped, before its probe", [controlOf("tripped", afterStart(HOUR_MS))], NOW, "provider_circuit_open"],
    ["tripped, without a probe", [controlOf("tripped")], NOW, "provider_circuit_open"],
  ];
  it.each(stops)("%s blocks a fresh transfer, which stays pending and says why", (_name, controls, now, code) => {
    const decision = claim(fresh, now, { controls });
    expect(resultOf(decision)).toBe("blocked pending");
    const transfer = onlyAfter("transfer", accepted(decision).changes);
    expect(blockerCode(transfer)).toBe(code);
    expect(transfer).toMatchObject({ attempts: 0, nextAttemptAt: expect.any(String) });
    expect(transfer.epochSentAt).toBeUndefined();
  });

  it.each(stops)(
    "%s leaves a transfer that may have been sent unknown, its key in use",
    (_name, controls, _now, code) => {
      const transfer = like({ status: "outcome_unknown", unknowns: 1, ...sent });
      const decision = claim(transfer, NOW, { controls, resumed: true });
      expect(resultOf(decision)).toBe("blocked outcome_unknown");
      expect(onlyAfter("transfer", accepted(decision).changes)).toMatchObject({
        ...sent,
        unknowns: 1,
        epoch: 1,
        blocker: { code },
      });
    },
  );

  it("does not forget that a holder died: its call is unknown when sending goes on", () => {
    const dead = like({ status: "processing", ...sent, ...lease(NOW) });
    const { changes } = accepted(claim(dead, NOW, { controls: [controlOf("paused")] }));
    expect(onlyAfter("transfer", changes)).toMatchObject({ status: "outcome_unknown", unknowns: 1 });
    expect(onlyAfter("transfer", changes).lease).toBeUndefined();
  });

  it("lets one probe through from its instant on, and open sending lets all", () => {
    expect(resultOf(claim(fresh, NOW, { controls: [controlOf("tripped", NOW)] }))).toBe("send");
    expect(resultOf(claim(fresh, NOW, { controls: [controlOf("open")] }))).toBe("send");
  });

  it("does not stop look-ups: they move nothing", () => {
    const transfer = like({ status: "outcome_unknown", ...sent, lookUpOnly: true });
    expect(resultOf(claim(transfer, afterStart(HOUR_MS), { controls: [controlOf("paused")] }))).toBe("look_up");
  });
});

describe("before anything was sent", () => {
  const voided = { ...sending.payout, approval: { mode: "auto", state: "void" } } as const;

  it("a changed destination is not sent to: the approval is void, the transfer waits", () => {
    const decision = claim(fresh, NOW, { payee: payeeWith([ACCOUNT_B]) });
    expect(resultOf(decision)).toBe("blocked awaiting_payee");
    const { changes } = accepted(decision);
    expect(blockerCode(onlyAfter("transfer", changes))).toBe("destination_changed");
    expect(onlyAfter("payout", changes).approval).toMatchObject({ state: "void" });
  });

  it.each([
    ["a destination that is gone", payeeWith([]), sending.payout, "destination_missing"],
    ["an approval that is void", PAYEE, voided, "approval_void"],
    ["both changed and void", payeeWith([ACCOUNT_B]), voided, "destination_changed"],
  ] as const)("%s blocks and leaves the payout as it is", (_name, payee, payout, code) => {
    const { changes } = accepted(claim(fresh, NOW, { payee, payout }));
    expect(blockerCode(onlyAfter("transfer", changes))).toBe(code);
    expect(afterOf("payout", changes)).toEqual([]);
  });

  it("an approval that becomes void loses the votes for it", () => {
    const vote = { by: "ann", role: "manager", at: START, approvedMinor: 100_000 };
    const payout = { ...sending.payout, approval: { ...sending.payout.approval, votes: [vote], votesNeeded: 1 } };
    const { changes } = accepted(claim(fresh, NOW, { payout, payee: payeeWith([ACCOUNT_B]) }));
    const { approval } = onlyAfter("payout", changes);
    expect(approval).toMatchObject({ state: "void", votesNeeded: 1 });
    expect("votes" in approval).toBe(false);
  });

  it("approved again, it goes to the destination approved now", () => {
    const payout = { ...sending.payout, destination: ACCOUNT_B };
    const { changes } = accepted(claim(fresh, NOW, { payout, payee: payeeWith([ACCOUNT_B]) }));
    expect(onlyAfter("transfer", changes).destination).toEqual(ACCOUNT_B);
  });

  it("a clawback ends it: money, schedule and payout in one decision, and no key was used", () => {
    const payout = { ...sending.payout, heldMinor: 0, forfeitedMinor: 20_000, clawback: { reason: "left", at: NOW } };
    const decision = claim(fresh, NOW, { payout, controls: [controlOf("paused")] });
    expect(resultOf(decision)).toBe("ended failed_terminal");
    const { changes } = accepted(decision);
    expect(onlyAfter("transfer", changes)).toMatchObject({ outcome: { class: "ended", code: "payout_ended" } });
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({ status: "cancelled", failureReason: "left" });
    expect(onlyAfter("payout", changes)).toMatchObject({
      status: "cancelled",
      inTransferMinor: 0,
      cancelledMinor: 80_000,
    });
    expect(onlyAfter("journal_entry", changes).kind).toBe("cancellation");
  });
});

describe("a destination that is cooling off", () => {
  const USABLE_FROM = afterStart(24 * HOUR_MS);
  const cooling = { ...PAYEE, destinationUsableFrom: USABLE_FROM };

  it("is not sent to: the transfer waits for exactly its end, and the approval stands", () => {
    const decision = claim(fresh, NOW, { payee: cooling });
    expect(resultOf(decision)).toBe("blocked awaiting_payee");
    const { changes } = accepted(decision);
    expect(onlyAfter("transfer", changes)).toMatchObject({
      nextAttemptAt: USABLE_FROM,
      blocker: { code: "destination_cooling_off", fixableBy: "system", since: NOW, nextCheckAt: USABLE_FROM },
    });
    expect(onlyAfter("transfer", changes).epochSentAt).toBeUndefined();
    expect(afterOf("payout", changes)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ["a moment before its end", afterStart(24 * HOUR_MS - 1), "blocked awaiting_payee"],
    ["on its end", USABLE_FROM, "send"],
  ])("%s: %s", (_name, now, expected) => {
    expect(resultOf(claim(fresh, now, { payee: cooling }))).toBe(expected);
  });

  it("asked for again meanwhile, nothing changes; a new end moves its date", () => {
    const waiting = onlyAfter("transfer", accepted(claim(fresh, NOW, { payee: cooling })).changes);
    const again = (payee: Payee) => accepted(claim(waiting, afterStart(HOUR_MS), { payee, resumed: true }));
    expect(again(cooling)).toMatchObject({ changes: [], value: { kind: "blocked", transfer: waiting } });
    const longer = afterStart(48 * HOUR_MS);
    expect(again({ ...PAYEE, destinationUsableFrom: longer }).value.transfer).toMatchObject({
      nextAttemptAt: longer,
      blocker: { since: NOW, nextCheckAt: longer },
    });
  });

  it("says first what needs a person", () => {
    const payee = { ...payeeWith([ACCOUNT_B]), destinationUsableFrom: USABLE_FROM };
    expect(blockerCode(onlyAfter("transfer", accepted(claim(fresh, NOW, { payee })).changes))).toBe(
      "destination_changed",
    );
  });
});

describe("once a call may have been sent", () => {
  it.each([
    ["a changed destination", { payee: payeeWith([ACCOUNT_B]) }],
    ["a destination that is cooling off", { payee: { ...PAYEE, destinationUsableFrom: afterStart(48 * HOUR_MS) } }],
    ["a void approval", { payout: { ...sending.payout, approval: { mode: "auto" as const, state: "void" as const } } }],
    ["a clawback", { payout: { ...sending.payout, clawback: { reason: "left", at: NOW } } }],
  ])("%s changes nothing: the same key goes to the same destination", (_name, surroundings) => {
    const transfer = like({ status: "outcome_unknown", unknowns: 1, ...sent });
    const { value } = accepted(claim(transfer, afterStart(HOUR_MS), surroundings));
    expect(value).toMatchObject({ kind: "claimed", mode: "send", transfer: { destination: ACCOUNT_A, epoch: 1 } });
  });
});

describe("isFinished", () => {
  it.each([
    ["pending", false],
    ["processing", false],
    ["retryable", false],
    ["outcome_unknown", false],
    ["awaiting_funds", false],
    ["awaiting_payee", false],
    ["failed_terminal", true],
    ["completed", true],
    ["reversed", true],
  ] as const)("%s: %s", (status, finished) => expect(isFinished(like({ status }))).toBe(finished));
});

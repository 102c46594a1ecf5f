import { strict as assert } from "node:assert";
import fc from "fast-check";
import { addMs } from "../../shared/domain/dates.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Instant, SendingControl } from "../../shared/domain/model.ts";
import { claimTransfer, isFinished } from "../../shared/domain/transfer.ts";
import { recordVerdict, type Verdict } from "../../shared/domain/transfer-outcome.ts";
import {
  afterOf,
  contextAt,
  controlOf,
  firedFamily,
  HOUR_MS,
  MINUTE_MS,
  PAYEE,
  SECOND_MS,
  type Sending,
  START,
} from "./domain-records.ts";

const PROOF_MS = 15 * MINUTE_MS;

type Refused = Extract<Verdict, { kind: "refused" }>;

export function refused(refusedBy: Refused["class"], settlesKey: boolean): Refused {
  return { kind: "refused", class: refusedBy, code: refusedBy, message: refusedBy, settlesKey };
}

export function unknown(answer: "unknown" | "in_progress" | "mismatch", replayed = false): Verdict {
  return { kind: "unknown", class: answer, code: answer, message: answer, replayed };
}

/** Answers to a call, consistent with nothing: a provider that says whatever harms most. */
const sendVerdicts: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({
    kind: fc.constant("refused" as const),
    class: fc.constantFrom("throttled", "funds", "payee", "rejected", "configuration", "unrecognised"),
    code: fc.constant("code"),
    message: fc.constant("message"),
    settlesKey: fc.boolean(),
  }),
  fc
    .tuple(fc.constantFrom("unknown" as const, "in_progress" as const, "mismatch" as const), fc.boolean())
    .map(([answer, replayed]) => unknown(answer, replayed)),
  { weight: 3, arbitrary: fc.constant(unknown("unknown")) },
);
const lookUpVerdicts: fc.Arbitrary<Verdict> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Verdict>({ kind: "not_found" }) },
  fc.constant<Verdict>({ kind: "look_up_failed", code: "timeout", message: "no answer" }),
  fc.constant<Verdict>({ kind: "found", providerTransferId: "tr_1", matches: false, count: 1 }),
  fc.constant<Verdict>({ kind: "found", providerTransferId: "tr_1", matches: true, count: 2 }),
);

export type TransferStep =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "claim"; readonly resumed: boolean }
  | { readonly kind: "answer"; readonly back: number; readonly sent: Verdict; readonly found: Verdict }
  | { readonly kind: "control"; readonly status: SendingControl["status"] };

const waits = fc.constantFrom(
  SECOND_MS,
  MINUTE_MS,
  121 * SECOND_MS,
  6 * MINUTE_MS,
  14 * MINUTE_MS,
  PROOF_MS,
  16 * MINUTE_MS,
  HOUR_MS,
  22 * HOUR_MS,
  25 * HOUR_MS,
);

export const transferSteps: fc.Arbitrary<TransferStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: waits }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("claim" as const), resumed: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      back: fc.constantFrom(0, 0, 0, 1, 2),
      sent: sendVerdicts,
      found: lookUpVerdicts,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("control" as const),
      status: fc.constantFrom("open" as const, "open" as const, "paused" as const, "tripped" as const),
    }),
  },
);

interface Attempt {
  readonly leaseId: string;
  readonly epoch: number;
  readonly mode: "send" | "look_up";
  readonly claimedAt: Instant;
}

/**
 * One transfer under any sequence of claims, answers, losses and overtaking, beside what an observer knows: which calls
 * under the current key have an outcome that nobody learned. It fails as soon as a new key becomes reachable unproven.
 */
export class TransferModel {
  #sending: Sending = firedFamily();
  #now: Instant = START;
  #control: SendingControl = controlOf("open");
  readonly #attempts: Attempt[] = [];
  /** Calls under the current epoch whose outcome is not known, by lease. */
  readonly #openCalls = new Set<string>();
  #lastSentAt: Instant | undefined;
  #mismatched = false;
  readonly sentEpochs = new Set<number>();

  get transfer() {
    return this.#sending.transfer;
  }

  run(step: TransferStep): void {
    switch (step.kind) {
      case "wait":
        this.#now = addMs(this.#now, step.ms);
        break;
      case "control":
        this.#control = controlOf(step.status);
        break;
      case "claim":
        this.#claim(step.resumed);
        break;
      case "answer": {
        const attempt = this.#attempts.at(-1 - step.back);
        if (attempt !== undefined) this.#answer(attempt, attempt.mode === "send" ? step.sent : step.found);
        break;
      }
    }
  }

  #apply(decision: Decision<unknown>): void {
    if (!decision.ok) return;
    const { payout, schedule, transfer } = this.#sending;
    this.#sending = {
      payout: afterOf("payout", decision.changes)[0] ?? payout,
      schedule: afterOf("payout_schedule", decision.changes)[0] ?? schedule,
      transfer: afterOf("transfer", decision.changes)[0] ?? transfer,
    };
  }

  #claim(resumed: boolean): void {
    const leaseId = `lease-${this.#attempts.length}`;
    const before = this.transfer;
    const around = { ...this.#sending, payee: PAYEE, controls: [this.#control] };
    const decision = claimTransfer(before, around, { leaseId, resumed }, contextAt(this.#now));
    this.#apply(decision);
    assert.equal(this.transfer.epoch, before.epoch, "a claim moved the epoch");
    if (!decision.ok || decision.value.kind !== "claimed") return;
    const { mode, transfer } = decision.value;
    this.#attempts.push({ leaseId, epoch: transfer.epoch, mode, claimedAt: this.#now });
    if (mode === "look_up") return;
    assert.ok(!this.#mismatched, "sent again after a mismatch");
    this.#openCalls.add(leaseId);
    this.#lastSentAt = this.#now;
    this.sentEpochs.add(transfer.epoch);
  }

  #answer(attempt: Attempt, verdict: Verdict): void {
    const before = this.transfer;
    const around = { ...this.#sending, control: this.#control, random: 0.5, attempt };
    const decision = recordVerdict(before, verdict, around, contextAt(this.#now));
    if (!decision.ok) return;
    assert.ok(!isFinished(before), "a finished transfer changed");
    this.#apply(decision);
    const { epoch } = this.transfer;
    const mismatch = verdict.kind === "unknown" && verdict.class === "mismatch";
    if (mismatch || (verdict.kind === "found" && !verdict.matches)) this.#mismatched = true;
    if (verdict.kind === "refused") this.#openCalls.delete(attempt.leaseId);
    if (verdict.kind === "refused" && verdict.settlesKey) this.#openCalls.clear();
    if (epoch === before.epoch) return;
    assert.equal(epoch, before.epoch + 1);
    this.#assertProven(attempt, verdict);
    this.#openCalls.clear();
    this.#lastSentAt = undefined;
  }

  #assertProven(attempt: Attempt, verdict: Verdict): void {
    assert.ok(!this.#mismatched, "a new epoch after a mismatch");
    assert.equal(attempt.epoch, this.transfer.epoch - 1, "an answer about an earlier epoch moved this one");
    if (verdict.kind === "refused") {
      assert.equal(this.#openCalls.size, 0, `a new epoch by ${verdict.class} with calls of unknown outcome`);
      return;
    }
    assert.equal(verdict.kind, "not_found");
    const askedAfterMs = Date.parse(attempt.claimedAt) - Date.parse(this.#lastSentAt ?? attempt.claimedAt);
    assert.ok(askedAfterMs >= PROOF_MS, `an empty list ${askedAfterMs} ms after the last call taken as proof`);
  }
}

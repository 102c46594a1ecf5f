import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../shared/domain/decision.ts";
import type { JournalEntry, Payout, Transfer, TransferStatus } from "../../../shared/domain/model.ts";
import { recordReversal } from "../../../shared/domain/transfer-correction.ts";
import { completeTransfer } from "../../../shared/domain/transfer-outcome.ts";
import {
  claimReversal,
  type ReversalClaim,
  type ReversalOutcome,
  recordReversalOutcome,
  requestReversal,
} from "../../../shared/domain/transfer-reversal.ts";
import {
  accepted,
  afterOf,
  afterStart,
  claimedAt,
  contextAt,
  DAY_MS,
  firedFamily,
  HOUR_MS,
  MINUTE_MS,
  onlyAfter,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const sending = firedFamily();
const completion = accepted(
  completeTransfer(claimedAt(sending, START), "tr_x", { ...sending, random: 0 }, contextAt(START)),
).changes;
/** 80,000 that has arrived. */
const paid: Transfer = onlyAfter("transfer", completion);
const payout: Payout = onlyAfter("payout", completion);

function person(now: string, role = "admin", addressAllowed = true): CommandContext {
  return { now, actor: { type: "user", id: "ann", role }, correlationId: "test", addressAllowed };
}
const system = (now: string) => ({ ...contextAt(now), actor: { type: "system", id: "reverse-transfer" } as const });

const ask = (transfer: Transfer, amountMinor?: number, context = person(START)) =>
  requestReversal(transfer, { amountMinor, reason: "left early" }, undefined, context);

function requested(amountMinor?: number, transfer = paid): Transfer {
  return accepted(ask(transfer, amountMinor)).value;
}

function sentAt(now: string, transfer = requested(30_000)): Transfer {
  const { value } = accepted(claimReversal(transfer, system(now)));
  if (value.kind !== "send") throw new Error(`not sent but ${value.kind}`);
  return value.transfer;
}

function settle(transfer: Transfer, outcome: ReversalOutcome, reversalId = `${paid.id}-r1`, owedMinor = 0) {
  return recordReversalOutcome(transfer, reversalId, outcome, { payout, owedMinor }, system(afterStart(MINUTE_MS)));
}

const ACCEPTED = { kind: "accepted", providerReversalId: "trr_1" } as const;

describe("a reversal is asked for", () => {
  it("in part: the transfer says so under an event of its own, nothing moves, and the sweep will look", () => {
    const { changes, value } = accepted(ask(paid, 30_000));
    expect(changes.map(({ entity }) => entity)).toEqual(["transfer"]);
    expect(value).toMatchObject({ status: "completed", reversedMinor: 0, nextAttemptAt: afterStart(10 * MINUTE_MS) });
    expect(value.change.action).toBe("transfer.reversal_requested");
    expect(value.reversals).toEqual([
      {
        id: `${paid.id}-r1`,
        amountMinor: 30_000,
        reason: "left early",
        requestedBy: "ann",
        requestedAt: START,
        status: "requested",
        reversedBeforeMinor: 0,
      },
    ]);
  });

  it("without an amount: of all that has not been taken back", () => {
    expect(requested(undefined, { ...paid, reversedMinor: 50_000 }).reversals).toMatchObject([
      { amountMinor: 30_000, reversedBeforeMinor: 50_000 },
    ]);
  });

  it.each<TransferStatus>([
    "pending",
    "processing",
    "retryable",
    "outcome_unknown",
    "awaiting_funds",
    "awaiting_payee",
    "failed_terminal",
    "reversed",
  ])("of one that is %s it is refused", (status) => {
    expect(verdictOn(ask({ ...paid, status }))).toBe("transfer_not_reversible");
  });

  it.each([
    ["all", 0, 80_000, "accepted"],
    ["more than there was", 0, 80_001, "reversal_exceeds_transfer"],
    ["all that is left", 50_000, 30_000, "accepted"],
    ["more than is left", 50_000, 30_001, "reversal_exceeds_transfer"],
  ])("for %s", (_name, reversedMinor, amountMinor, verdict) => {
    expect(verdictOn(ask({ ...paid, reversedMinor }, amountMinor))).toBe(verdict);
  });

  it("one at a time, the next under an id of its own", () => {
    const first = requested(30_000);
    expect(verdictOn(ask(first, 1))).toBe("reversal_pending");
    const done = accepted(settle(sentAt(START, first), ACCEPTED)).value;
    expect(requested(1, done).reversals?.map(({ id }) => id)).toEqual([`${paid.id}-r1`, `${paid.id}-r2`]);
  });

  it.each([
    ["an operator", person(START, "operator"), "permission_required"],
    ["an admin from elsewhere", person(START, "admin", false), "address_not_allowed"],
    ["an admin", person(START), "accepted"],
  ])("for high value by %s: %s", (_name, context, verdict) => {
    const decision = requestReversal(paid, { reason: "x" }, { highValueMinor: { USD: 80_000 } }, context);
    expect(verdictOn(decision)).toBe(verdict);
  });
});

describe("a reversal is taken up", () => {
  it("with the intent on record before the call, and who comes later knows that there was one", () => {
    const first = accepted(claimReversal(requested(30_000), system(afterStart(MINUTE_MS))));
    expect(first.value).toMatchObject({ kind: "send", first: true, providerTransferId: "tr_x" });
    const transfer = onlyAfter("transfer", first.changes);
    expect(transfer.reversals).toMatchObject([{ sentAt: afterStart(MINUTE_MS), status: "requested" }]);
    expect(transfer.nextAttemptAt).toBe(afterStart(11 * MINUTE_MS));
    const second = accepted(claimReversal(transfer, system(afterStart(2 * MINUTE_MS)))).value;
    expect(second).toMatchObject({ kind: "send", first: false, reversal: { sentAt: afterStart(MINUTE_MS) } });
  });

  it("ever more slowly, hourly at the least", () => {
    const nextAfter = (ms: number) => {
      const { nextAttemptAt = "" } = onlyAfter(
        "transfer",
        accepted(claimReversal(sentAt(START), system(afterStart(ms)))).changes,
      );
      return Date.parse(nextAttemptAt) - Date.parse(START) - ms;
    };
    expect([MINUTE_MS, 20 * MINUTE_MS, 5 * HOUR_MS].map(nextAfter)).toEqual([10 * MINUTE_MS, 20 * MINUTE_MS, HOUR_MS]);
  });

  it("never again under a key that the provider may have forgotten: its total is looked up after a pause", () => {
    const sent = sentAt(START);
    expect(accepted(claimReversal(sent, system(afterStart(23 * HOUR_MS - 1)))).value.kind).toBe("send");
    const late = accepted(claimReversal(sent, system(afterStart(23 * HOUR_MS))));
    expect(late.value.kind).toBe("waiting");
    const transfer = onlyAfter("transfer", late.changes);
    const from = afterStart(23 * HOUR_MS + 15 * MINUTE_MS);
    expect(transfer).toMatchObject({ nextAttemptAt: from, reversals: [{ lookUpFrom: from }] });
    const early = claimReversal(transfer, system(afterStart(23 * HOUR_MS + 15 * MINUTE_MS - 1)));
    expect(verdictOn(early)).toBe("transfer_not_due");
    expect(accepted(claimReversal(transfer, system(from)))).toMatchObject({ changes: [], value: { kind: "look_up" } });
  });

  it("only where one is under way", () => {
    expect(verdictOn(claimReversal(paid, system(START)))).toBe("transfer_not_reversible");
    const done = accepted(settle(sentAt(START), ACCEPTED)).value;
    expect(verdictOn(claimReversal(done, system(START)))).toBe("transfer_not_reversible");
  });

  it("also where a webhook has told of all of it already", () => {
    const told = accepted(recordReversal(sentAt(START, requested()), 80_000, 0, payout, system(START))).value;
    expect(told.status).toBe("reversed");
    expect(accepted(claimReversal(told, system(START))).value.kind).toBe("send");
  });
});

describe("what a reversal came to", () => {
  it("accepted in part: reversal, transfer, payout and journal in one decision", () => {
    const { changes, value } = accepted(settle(sentAt(START), ACCEPTED));
    expect(changes.map(({ entity }) => entity)).toEqual(["payout", "transfer", "journal_entry"]);
    expect(value).toMatchObject({
      status: "completed",
      reversedMinor: 30_000,
      reversals: [{ status: "completed", providerReversalId: "trr_1" }],
      change: { action: "transfer.reversed" },
    });
    expect(value.nextAttemptAt).toBeUndefined();
    expect(onlyAfter("payout", changes).reversedMinor).toBe(30_000);
    expect(onlyAfter("journal_entry", changes).postings).toEqual([
      { account: "cash", amountMinor: 30_000 },
      { account: "expense", amountMinor: -30_000 },
    ]);
  });

  it("accepted for the whole: the transfer is reversed", () => {
    expect(accepted(settle(sentAt(START, requested()), ACCEPTED)).value).toMatchObject({
      status: "reversed",
      reversedMinor: 80_000,
    });
  });

  it("settles what the payee owes for a payout that was clawed back", () => {
    const owed = { ...payout, clawback: { reason: "left", at: START } };
    const around = { payout: owed, owedMinor: 80_000 };
    const { changes } = accepted(
      recordReversalOutcome(sentAt(START), `${paid.id}-r1`, ACCEPTED, around, system(START)),
    );
    expect(onlyAfter("journal_entry", changes).postings).toEqual([
      { account: "cash", amountMinor: 30_000 },
      { account: "receivable", amountMinor: -30_000 },
    ]);
  });

  it("accepted after the webhook told of it: nothing is posted again", () => {
    const told = accepted(recordReversal(sentAt(START), 30_000, 0, payout, system(START))).value;
    const { changes, value } = accepted(settle(told, ACCEPTED));
    expect(changes.map(({ entity }) => entity)).toEqual(["transfer"]);
    expect(value).toMatchObject({ reversedMinor: 30_000, reversals: [{ status: "completed" }] });
    expect(value.change.action).toBe("transfer.updated");
  });

  it("accepted before the webhook tells of it: that one changes nothing", () => {
    const done = accepted(settle(sentAt(START), ACCEPTED)).value;
    expect(accepted(recordReversal(done, 30_000, 0, payout, system(START))).changes).toEqual([]);
  });

  it("refused: it failed and says why, and nothing is posted", () => {
    const refusal = { kind: "refused", code: "balance_insufficient", message: "the account is empty" } as const;
    const { changes, value } = accepted(settle(sentAt(START), refusal));
    expect(changes).toHaveLength(1);
    expect(value).toMatchObject({
      status: "completed",
      reversedMinor: 0,
      reversals: [{ status: "failed", failureCode: "balance_insufficient", failureReason: "the account is empty" }],
      change: { action: "transfer.reversal_failed" },
    });
    expect(value.nextAttemptAt).toBeUndefined();
    expect(verdictOn(ask(value, 30_000))).toBe("accepted");
  });

  it("unclear: it is never sent again, and is looked up after 15 minutes", () => {
    const { value } = accepted(settle(sentAt(START), { kind: "unclear" }));
    const from = afterStart(16 * MINUTE_MS);
    expect(value).toMatchObject({ nextAttemptAt: from, reversals: [{ status: "requested", lookUpFrom: from }] });
  });

  it.each([
    ["as much as it would make", 30_000, "completed", 30_000],
    ["more, since others took back as well", 40_000, "completed", 40_000],
    ["less", 29_999, "failed", 0],
    ["nothing", 0, "failed", 0],
  ])("looked up, the provider has taken back %s", (_name, reversedTotalMinor, status, reversedMinor) => {
    const { value } = accepted(settle(sentAt(START), { kind: "looked_up", reversedTotalMinor }));
    expect(value).toMatchObject({ reversedMinor, reversals: [{ status }] });
  });

  it("counts once: a second answer, or one to another reversal, changes nothing", () => {
    const done = accepted(settle(sentAt(START), ACCEPTED)).value;
    expect(verdictOn(settle(done, ACCEPTED))).toBe("attempt_superseded");
    expect(verdictOn(settle(sentAt(START), ACCEPTED, `${paid.id}-r2`))).toBe("attempt_superseded");
  });
});

type Step =
  | { readonly kind: "ask"; readonly amountMinor: number }
  | { readonly kind: "call"; readonly fate: "heard" | "lost" | "never_arrived" | "refused" | "not_recorded" }
  | { readonly kind: "webhook" }
  | { readonly kind: "by_hand"; readonly amountMinor: number }
  | { readonly kind: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("ask" as const), amountMinor: fc.constantFrom(1, 20_000, 50_000, 80_000) }),
  fc.record({
    kind: fc.constant("call" as const),
    fate: fc.constantFrom("heard" as const, "lost", "never_arrived", "refused", "not_recorded"),
  }),
  fc.constant({ kind: "webhook" as const }),
  fc.record({ kind: fc.constant("by_hand" as const), amountMinor: fc.constantFrom(1, 20_000) }),
  fc.record({
    kind: fc.constant("wait" as const),
    ms: fc.constantFrom(MINUTE_MS, 16 * MINUTE_MS, 22 * HOUR_MS, 25 * HOUR_MS),
  }),
);

/** One transfer, the decisions applied in memory, and a provider that forgets its keys after a day. */
class Story {
  transfer = paid;
  payout = payout;
  readonly entries: JournalEntry[] = [];
  /** What the provider has taken back, by the reversal that it was for. */
  readonly taken = new Map<string, number>();
  byHandMinor = 0;
  nowMs = Date.parse(START);
  readonly #keys = new Map<string, number>();

  get now() {
    return new Date(this.nowMs).toISOString();
  }

  get takenMinor() {
    return [...this.taken.values()].reduce((sum, amount) => sum + amount, this.byHandMinor);
  }

  #apply(decision: ReturnType<typeof ask>): boolean {
    if (!decision.ok) return false;
    for (const transfer of afterOf("transfer", decision.changes)) this.transfer = transfer;
    for (const changed of afterOf("payout", decision.changes)) this.payout = changed;
    this.entries.push(...afterOf("journal_entry", decision.changes));
    return true;
  }

  webhook(): void {
    this.#apply(recordReversal(this.transfer, this.takenMinor, 0, this.payout, system(this.now)));
  }

  /** What the provider does and what is heard of it. */
  #answer(
    claimed: Extract<ReversalClaim, { kind: "send" }>,
    fate: Extract<Step, { kind: "call" }>["fate"],
  ): ReversalOutcome | undefined {
    const { id, amountMinor } = claimed.reversal;
    if (fate === "never_arrived") return undefined;
    const storedAt = this.#keys.get(id);
    const isStored = storedAt !== undefined && this.nowMs - storedAt < DAY_MS;
    const refuses = fate === "refused" || this.takenMinor + amountMinor > paid.amountMinor;
    if (!isStored && refuses) {
      return claimed.first ? { kind: "refused", code: "no", message: "no" } : { kind: "unclear" };
    }
    if (!isStored) {
      this.#keys.set(id, this.nowMs);
      this.taken.set(id, (this.taken.get(id) ?? 0) + amountMinor);
    }
    return fate === "lost" ? undefined : { kind: "accepted", providerReversalId: `trr_${id}` };
  }

  /** One run of the function that does reversals, killed or not. */
  call(fate: Extract<Step, { kind: "call" }>["fate"]): void {
    const claim = claimReversal(this.transfer, system(this.now));
    if (!claim.ok) return;
    for (const transfer of afterOf("transfer", claim.changes)) this.transfer = transfer;
    const { value } = claim;
    if (value.kind === "waiting") return;
    const outcome: ReversalOutcome | undefined =
      value.kind === "look_up" ? { kind: "looked_up", reversedTotalMinor: this.takenMinor } : this.#answer(value, fate);
    if (outcome === undefined || fate === "not_recorded") return;
    const around = { payout: this.payout, owedMinor: 0 };
    this.#apply(recordReversalOutcome(this.transfer, value.reversal.id, outcome, around, system(this.now)));
  }

  run(one: Step): void {
    switch (one.kind) {
      case "ask":
        this.#apply(ask(this.transfer, one.amountMinor, person(this.now)));
        break;
      case "call":
        this.call(one.fate);
        break;
      case "webhook":
        this.webhook();
        break;
      case "by_hand":
        this.byHandMinor += Math.min(one.amountMinor, paid.amountMinor - this.takenMinor);
        break;
      case "wait":
        this.nowMs += one.ms;
        break;
    }
    this.check();
  }

  check(): void {
    const reversals = this.transfer.reversals ?? [];
    for (const [id, amountMinor] of this.taken) {
      expect(amountMinor, `${id} is taken back once`).toBe(reversals.find((one) => one.id === id)?.amountMinor);
    }
    expect(this.transfer.reversedMinor).toBeLessThanOrEqual(this.takenMinor);
    const cash = this.entries.flatMap(({ postings }) => postings).filter(({ account }) => account === "cash");
    const postedMinor = cash.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    expect([postedMinor, this.payout.reversedMinor]).toEqual([this.transfer.reversedMinor, postedMinor]);
    const open = reversals.filter(({ status }) => status === "requested");
    expect(open.length).toBeLessThanOrEqual(1);
    // A due entry for as long as one is under way: it can't be forgotten.
    expect(this.transfer.nextAttemptAt !== undefined).toBe(open.length === 1);
  }
}

describe("reversals, whatever happens in whatever order", () => {
  it("are taken back once each, posted once, and settled in the end", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
        const story = new Story();
        for (const one of steps) story.run(one);
        for (let day = 0; day < 3; day += 1) {
          story.run({ kind: "wait", ms: 25 * HOUR_MS });
          story.run({ kind: "call", fate: "heard" });
        }
        story.webhook();
        expect(story.transfer.reversals?.filter(({ status }) => status === "requested") ?? []).toEqual([]);
        expect(story.transfer.reversedMinor).toBe(story.takenMinor);
      }),
      { numRuns: 500 },
    );
  });
});

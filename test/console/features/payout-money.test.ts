import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  balancesOf,
  isBalanced,
  type JournalEntry,
  journalEntryOf,
} from "../../../console/src/features/payouts/journal-entries.ts";
import { failedMinor, moneyParts, type TransferEnd } from "../../../console/src/features/payouts/money-parts.ts";
import { samplePayout } from "./sample-payout.ts";

const at = "2026-11-21T12:00:00.000Z";
const payout = samplePayout({ amount: 100, held_amount: 0 });

const transfer = (status: string, amount: number, outcome?: string): TransferEnd => ({
  status,
  amount,
  outcome: outcome === undefined ? null : { class: outcome },
});

const amounts = (parts: ReturnType<typeof moneyParts>) =>
  Object.fromEntries(parts.map(({ id, amountMinor }) => [id, amountMinor]));

describe("where a payout's money is", () => {
  const minor = fc.nat({ max: 1_000_000 });

  it("sums to its amount, whatever has become of it and however far behind the transfers are", () => {
    fc.assert(
      fc.property(
        fc.array(minor, { minLength: 8, maxLength: 8 }),
        fc.array(fc.tuple(fc.constantFrom("completed", "processing", "failed_terminal", "outcome_unknown"), minor), {
          maxLength: 4,
        }),
        (
          [paid = 0, outside = 0, moving = 0, payable = 0, held = 0, setOff = 0, forfeited = 0, cancelled = 0],
          ends,
        ) => {
          const amount = paid + outside + moving + payable + held + setOff + forfeited + cancelled;
          const parts = moneyParts(
            {
              ...payout,
              amount,
              paid_amount: paid + outside,
              paid_outside_amount: outside,
              in_transfer_amount: moving,
              held_amount: held,
              set_off_amount: setOff,
              forfeited_amount: forfeited,
              cancelled_amount: cancelled,
            },
            ends.map(([status, minorOf]) => transfer(status, minorOf)),
          );
          expect(parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(amount);
          expect(parts.every(({ amountMinor }) => amountMinor > 0)).toBe(true);
        },
      ),
    );
  });

  it("tells what failed and what may have arrived from what is on its way", () => {
    const parts = moneyParts({ ...payout, in_transfer_amount: 100 }, [
      transfer("failed_terminal", 30),
      transfer("outcome_unknown", 20),
      transfer("processing", 50),
    ]);
    expect(amounts(parts)).toEqual({ moving: 50, failed: 30, unknown: 20 });
  });

  it("doesn't count a transfer that its payout's end has ended", () => {
    expect(failedMinor([transfer("failed_terminal", 30, "ended"), transfer("failed_terminal", 5, "refused")])).toBe(5);
  });
});

const entry = (postings: JournalEntry["postings"]): JournalEntry => ({
  id: "je_1",
  at,
  kind: "accrual",
  postings,
  causeId: payout.id,
  actor: "olga",
  actorType: "user",
});

describe("the journal", () => {
  it("leaves on each account what all entries together post", () => {
    const entries = [
      entry([
        { account: "expense", amountMinor: 100 },
        { account: "payable", amountMinor: -80 },
        { account: "held", amountMinor: -20 },
      ]),
      entry([
        { account: "held", amountMinor: 20 },
        { account: "payable", amountMinor: -20 },
      ]),
    ];
    expect(balancesOf(entries)).toEqual([
      { account: "expense", amountMinor: 100 },
      { account: "payable", amountMinor: -100 },
      { account: "held", amountMinor: 0 },
    ]);
    expect(entries.every(({ postings }) => isBalanced(postings))).toBe(true);
    expect(isBalanced([{ account: "cash", amountMinor: 1 }])).toBe(false);
  });

  const line = {
    id: "acme/journal_entry/je_1/1",
    organization_id: "acme",
    entity_type: "journal_entry" as const,
    entity_id: "je_1",
    payout_id: payout.id,
    action: "journal_entry.posted",
    old_status: null,
    new_status: null,
    changed_by: "release-due",
    changed_by_type: "system" as const,
    changed_by_role: null,
    reason: null,
    before_state: null,
    after_state: {
      kind: "transfer",
      postings: [
        { account: "payable", amountMinor: 100 },
        { account: "cash", amountMinor: -100 },
      ],
      cause: { entity: "transfer", id: "tr_1", version: 3 },
    } as Record<string, unknown>,
    metadata: { event_id: "e", correlation_id: null, version: 1 },
    created_at: at,
    prev_hash: "0",
    hash: "1",
  };

  it("is read from the audit log's lines", () => {
    expect(journalEntryOf(line)).toEqual({
      id: "je_1",
      at,
      kind: "transfer",
      postings: line.after_state.postings,
      causeId: "tr_1",
      actor: "release-due",
      actorType: "system",
    });
  });

  it("is refused where a line isn't a posting, so that none goes missing unseen", () => {
    expect(() => journalEntryOf({ ...line, after_state: { ...line.after_state, postings: [{ account: 1 }] } })).toThrow(
      /no journal entry/,
    );
    expect(() => journalEntryOf({ ...line, after_state: null })).toThrow(/no journal entry/);
  });
});

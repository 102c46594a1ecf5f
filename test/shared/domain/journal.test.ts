import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as journal from "../../../shared/domain/journal.ts";
import type { LedgerAccount, Posting } from "../../../shared/domain/model.ts";
import { MAX_AMOUNT_MINOR } from "../../../shared/domain/money.ts";

const positive = fc.integer({ min: 1, max: MAX_AMOUNT_MINOR });
const pairs = fc
  .tuple(fc.integer({ min: 0, max: MAX_AMOUNT_MINOR }), fc.integer({ min: 0, max: MAX_AMOUNT_MINOR }))
  .filter(([a, b]) => a + b > 0);
const debts = fc.integer({ min: -MAX_AMOUNT_MINOR, max: MAX_AMOUNT_MINOR });

const CONSTRUCTORS: Readonly<Record<string, fc.Arbitrary<Posting[]>>> = {
  accrual: pairs.map(([immediate, hold]) => journal.accrual(immediate, hold)),
  holdRelease: positive.map(journal.holdRelease),
  holdForfeit: positive.map(journal.holdForfeit),
  cancellation: pairs.map(([payable, held]) => journal.cancellation(payable, held)),
  transferred: positive.map(journal.transferred),
  hold: positive.map(journal.hold),
  paidOutside: positive.map(journal.paidOutside),
  setOff: positive.map(journal.setOff),
  clawback: positive.map(journal.clawback),
  reversal: fc.tuple(positive, debts).map(([amount, owed]) => journal.reversal(amount, owed)),
};

function amountOn(postings: readonly Posting[], account: LedgerAccount): number {
  return postings.filter((line) => line.account === account).reduce((sum, line) => sum + line.amountMinor, 0);
}

describe.each(Object.entries(CONSTRUCTORS))("%s", (_name, entries) => {
  it("sums to zero, with at least two lines, none of them zero, whole and one per account", () => {
    fc.assert(
      fc.property(entries, (postings) => {
        expect(journal.sumsToZero({ postings })).toBe(true);
        expect(postings.length).toBeGreaterThanOrEqual(2);
        expect(new Set(postings.map((line) => line.account)).size).toBe(postings.length);
        for (const { amountMinor } of postings) {
          expect(Number.isSafeInteger(amountMinor)).toBe(true);
          expect(amountMinor).not.toBe(0);
        }
      }),
    );
  });
});

describe("directions (debit positive, credit negative)", () => {
  it.each([
    ["a promise is owed and held", journal.accrual(80, 20), { expense: 100, payable: -80, held: -20 }],
    ["a promise without a hold", journal.accrual(100, 0), { expense: 100, payable: -100 }],
    ["a release moves held to payable", journal.holdRelease(20), { held: 20, payable: -20 }],
    ["what is kept back moves the other way", journal.hold(20), { payable: 20, held: -20 }],
    ["what was paid outside is no longer owed", journal.paidOutside(80), { payable: 80, cash: -80 }],
    ["a forfeit undoes the expense", journal.holdForfeit(20), { held: 20, expense: -20 }],
    ["a cancellation undoes both", journal.cancellation(80, 20), { payable: 80, held: 20, expense: -100 }],
    ["a transfer pays what is payable", journal.transferred(80), { payable: 80, cash: -80 }],
    ["a set-off pays with a debt", journal.setOff(30), { payable: 30, receivable: -30 }],
    ["a clawback is owed back", journal.clawback(80), { receivable: 80, expense: -80 }],
    ["a reversal settles the debt", journal.reversal(80, 100), { cash: 80, receivable: -80 }],
    ["a reversal beyond the debt", journal.reversal(80, 30), { cash: 80, receivable: -30, expense: -50 }],
    ["a reversal without a debt", journal.reversal(80, 0), { cash: 80, expense: -80 }],
    ["a negative debt settles nothing", journal.reversal(80, -5), { cash: 80, expense: -80 }],
  ])("%s", (_name, postings, expected) => {
    expect(Object.fromEntries(postings.map((line) => [line.account, line.amountMinor]))).toEqual(expected);
  });

  it("a reversal never settles more than is owed or than came back", () => {
    fc.assert(
      fc.property(positive, debts, (amount, owed) => {
        const settled = Math.abs(amountOn(journal.reversal(amount, owed), "receivable"));
        expect(settled).toBe(Math.max(0, Math.min(amount, owed)));
      }),
    );
  });
});

describe("refuses what is no entry", () => {
  it.each([
    ["nothing accrued", () => journal.accrual(0, 0)],
    ["nothing released", () => journal.holdRelease(0)],
    ["nothing cancelled", () => journal.cancellation(0, 0)],
    ["nothing transferred", () => journal.transferred(0)],
    ["no number", () => journal.transferred(Number.NaN)],
    ["an infinite amount", () => journal.accrual(Number.POSITIVE_INFINITY, 1)],
    ["fractions", () => journal.transferred(0.5)],
    ["an amount beyond exact sums", () => journal.accrual(2 ** 53, 1)],
  ])("%s", (_name, build) => expect(build).toThrow(/unbalanced/));

  it("an entry with one line changed no longer sums to zero", () => {
    fc.assert(
      fc.property(pairs, positive, ([immediate, hold], extra) => {
        const [first, ...rest] = journal.accrual(immediate, hold);
        const amountMinor = (first?.amountMinor ?? 0) + extra;
        expect(journal.sumsToZero({ postings: [{ account: "expense", amountMinor }, ...rest] })).toBe(false);
      }),
    );
  });
});

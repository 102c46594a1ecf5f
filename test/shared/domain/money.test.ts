import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  distribute,
  formatMoney,
  isAmount,
  MAX_AMOUNT_MINOR,
  portionOf,
  splitHoldback,
} from "../../../shared/domain/money.ts";

const amounts = fc.integer({ min: 0, max: MAX_AMOUNT_MINOR });
const basisPoints = fc.integer({ min: 0, max: 10_000 });
/** Shares that add up to 10,000, cut at random points. */
const wholeShares = fc.array(basisPoints, { maxLength: 15 }).map((cuts) => {
  const points = [0, ...cuts.toSorted((a, b) => a - b), 10_000];
  return points.slice(1).map((point, index) => point - (points[index] ?? 0));
});

function sum(parts: readonly number[]): number {
  return parts.reduce((total, part) => total + part, 0);
}

describe("isAmount", () => {
  it.each([1, 99, MAX_AMOUNT_MINOR])("%d is an amount", (value) => expect(isAmount(value)).toBe(true));
  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_AMOUNT_MINOR + 1])("%d is none", (value) =>
    expect(isAmount(value)).toBe(false),
  );
});

describe("portionOf", () => {
  it("is the exact quotient, rounded down, even where the product leaves the safe integers", () => {
    fc.assert(
      fc.property(amounts, basisPoints, (amount, bp) => {
        const portion = portionOf(amount, bp);
        const product = BigInt(amount) * BigInt(bp);
        expect(BigInt(portion) * 10_000n <= product).toBe(true);
        expect((BigInt(portion) + 1n) * 10_000n > product).toBe(true);
      }),
    );
  });

  it.each([
    [-1, 100],
    [1.5, 100],
    [100, -1],
    [100, 0.5],
    [Number.NaN, 1],
  ])("refuses %d at %d bp", (amount, bp) => expect(() => portionOf(amount, bp)).toThrow(RangeError));
});

describe("splitHoldback", () => {
  it("hold and immediate part add up to the whole, neither negative, the remainder in the immediate part", () => {
    fc.assert(
      fc.property(amounts, basisPoints, (amount, bp) => {
        const { holdMinor, immediateMinor } = splitHoldback(amount, bp);
        expect(holdMinor + immediateMinor).toBe(amount);
        expect(Math.min(holdMinor, immediateMinor)).toBeGreaterThanOrEqual(0);
        expect(holdMinor).toBe(portionOf(amount, bp));
      }),
    );
  });

  it.each([
    [125_000, 2_000, 25_000, 100_000],
    [1, 2_000, 0, 1],
    [1, 10_000, 1, 0],
    [999, 2_000, 199, 800],
    [100, 0, 0, 100],
  ])("of %d at %d bp holds %d and pays %d at once", (amount, bp, holdMinor, immediateMinor) => {
    expect(splitHoldback(amount, bp)).toEqual({ holdMinor, immediateMinor });
  });

  it("refuses more than the whole", () => expect(() => splitHoldback(100, 10_001)).toThrow(RangeError));
});

describe("distribute", () => {
  it("shares of 10,000 bp give back the whole amount", () => {
    fc.assert(
      fc.property(amounts, wholeShares, (amount, shares) => {
        expect(sum(distribute(amount, shares))).toBe(amount);
      }),
    );
  });

  it("no share differs from its exact portion by more than one minor unit; a share of nothing gets nothing", () => {
    fc.assert(
      fc.property(amounts, wholeShares, (amount, shares) => {
        distribute(amount, shares).forEach((part, index) => {
          const share = shares[index] ?? 0;
          const exact = portionOf(amount, share);
          expect(part - exact === 0 || part - exact === 1).toBe(true);
          if (share === 0) expect(part).toBe(0);
        });
      }),
    );
  });

  it("shares of less than the whole leave the rest undistributed", () => {
    fc.assert(
      fc.property(amounts, fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 16 }), (amount, shares) => {
        expect(distribute(amount, shares)).toEqual(shares.map((share) => portionOf(amount, share)));
        expect(sum(distribute(amount, shares))).toBeLessThanOrEqual(amount);
      }),
    );
  });

  it("the minor units lost to rounding go to the first shares", () => {
    expect(distribute(100, [3_333, 3_333, 3_334])).toEqual([34, 33, 33]);
    expect(distribute(1, [0, 5_000, 5_000])).toEqual([0, 1, 0]);
  });

  it.each([[[10_001]], [[5_000, 5_001]], [[-1, 10_001]], [[0.5, 9_999.5]]])("refuses shares of %j", (shares) => {
    expect(() => distribute(100, shares)).toThrow(RangeError);
  });
});

describe("formatMoney", () => {
  it.each([
    [125_000, "USD", "1250.00 USD"],
    [5, "USD", "0.05 USD"],
    [0, "USD", "0.00 USD"],
    [-5, "USD", "-0.05 USD"],
    [-125_000, "EUR", "-1250.00 EUR"],
    [1_250, "JPY", "1250 JPY"],
    [-1, "JPY", "-1 JPY"],
    [1, "KWD", "0.001 KWD"],
    [1_234_567, "KWD", "1234.567 KWD"],
  ])("%d %s reads %s", (amount, currency, text) => expect(formatMoney(amount, currency)).toBe(text));
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { supportedCurrencies } from "../../../../shared/domain/currencies.ts";
import { fromStripeAmount, toStripeAmount } from "../../../../shared/providers/stripe/amounts.ts";

describe("toStripeAmount", () => {
  it.each([
    [125_000, "USD", 125_000, "usd"],
    [1, "EUR", 1, "eur"],
    [500, "JPY", 500, "jpy"],
    [7, "VND", 7, "vnd"],
    [5_120, "KWD", 5_120, "kwd"],
    [10, "BHD", 10, "bhd"],
    [5, "ISK", 500, "isk"],
    [5, "UGX", 500, "ugx"],
    [1_045, "HUF", 1_045, "huf"],
    [80_045, "TWD", 80_045, "twd"],
    [100_000, "IDR", 100_000, "idr"],
  ])("%i minor units of %s are %i %s on the wire", (amountMinor, currency, amount, wireCurrency) => {
    expect(toStripeAmount(amountMinor, currency)).toEqual({ ok: true, amount, currency: wireCurrency });
  });

  it.each([
    [5_124, "KWD", "amount_increment"],
    [1, "TND", "amount_increment"],
    [0, "USD", "amount_not_positive"],
    [-1, "USD", "amount_not_positive"],
    [1.5, "USD", "amount_not_positive"],
    [Number.NaN, "USD", "amount_not_positive"],
    [Number.MAX_SAFE_INTEGER + 1, "USD", "amount_not_positive"],
    [Number.MAX_SAFE_INTEGER, "ISK", "amount_too_large"],
    [100, "usd", "unsupported_currency"],
    [100, "XTS", "unsupported_currency"],
    [100, "MGA", "unsupported_currency"],
    [100, "constructor", "unsupported_currency"],
  ])("refuses %s %s: %s", (amountMinor, currency, reason) => {
    expect(toStripeAmount(amountMinor, currency)).toMatchObject({ ok: false, reason });
  });

  it("knows the wire unit of every currency that the domain supports", () => {
    const unknown = supportedCurrencies().filter((code) => !toStripeAmount(1_000, code).ok);
    expect(unknown).toEqual([]);
  });

  it("is undone exactly by fromStripeAmount, or was refused", () => {
    const amounts = fc.integer({ min: 1, max: 1_000_000_000_000 });
    fc.assert(
      fc.property(amounts, fc.constantFrom(...supportedCurrencies()), (amountMinor, currency) => {
        const wire = toStripeAmount(amountMinor, currency);
        if (wire.ok) expect(fromStripeAmount(wire.amount, wire.currency)).toEqual({ amountMinor, currency });
      }),
    );
  });
});

describe("fromStripeAmount", () => {
  it.each([
    [550, "isk"],
    [100, "xts"],
    [1.5, "usd"],
  ])("does not round or guess %s %s", (amount, currency) => {
    expect(fromStripeAmount(amount, currency)).toBeUndefined();
  });
});

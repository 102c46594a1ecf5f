import { describe, expect, it } from "vitest";
import { decimalsOf, isSupportedCurrency, supportedCurrencies } from "../../../shared/domain/currencies.ts";

describe("currencies", () => {
  it.each([
    ["USD", 2],
    ["EUR", 2],
    ["JPY", 0],
    ["KRW", 0],
    ["VND", 0],
    ["ISK", 0],
    ["UGX", 0],
    ["HUF", 2],
    ["TWD", 2],
    ["IDR", 2],
    ["KWD", 3],
    ["BHD", 3],
    ["TND", 3],
  ])("%s has the decimals of ISO 4217: %d", (currency, decimals) => {
    expect(decimalsOf(currency)).toBe(decimals);
  });

  it("every supported currency is three capital letters, listed once, with 0, 2 or 3 decimals", () => {
    const codes = supportedCurrencies();
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) {
      expect(code).toMatch(/^[A-Z]{3}$/);
      expect([0, 2, 3]).toContain(decimalsOf(code));
    }
  });

  it("decimals agree with the platform's own table, where ISO 4217 and usage don't differ", () => {
    // Intl follows usage (CLDR), which drops the decimals of these.
    const usage = new Set(["COP", "CRC", "HUF", "IDR", "PKR", "RSD", "TWD", "UYU", "KZT", "CZK"]);
    for (const code of supportedCurrencies().filter((each) => !usage.has(each))) {
      const format = new Intl.NumberFormat("en", { style: "currency", currency: code });
      expect([code, format.resolvedOptions().maximumFractionDigits]).toEqual([code, decimalsOf(code)]);
    }
  });

  it.each(["usd", "", "XXX", "USDT", "toString", "constructor", "__proto__"])("%j is no currency", (code) => {
    expect(isSupportedCurrency(code)).toBe(false);
    expect(() => decimalsOf(code)).toThrow(RangeError);
  });
});

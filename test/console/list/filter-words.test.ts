import { describe, expect, it } from "vitest";
import { describeFilter, keysOf, type WordedFilter } from "../../../console/src/list/filter-words.ts";

const status: WordedFilter = {
  kind: "choice",
  key: "status",
  label: "Status",
  options: ["Pending", "Failed", "Completed"].map((label) => ({ value: label.toLowerCase(), label })),
};
const dates: WordedFilter = { kind: "dates", key: "dates", label: "Scheduled" };
const amount: WordedFilter = { kind: "amount", key: "amount", label: "Amount" };

describe("what a filter says it is set to", () => {
  it("says nothing while it isn't set", () => {
    for (const filter of [status, dates, amount]) expect(describeFilter(filter, { q: "x" })).toBeUndefined();
  });

  it("names choices, and how many more there are", () => {
    expect(describeFilter(status, { status: "pending,failed" })).toBe("Pending, Failed");
    expect(describeFilter(status, { status: "pending,failed,completed" })).toBe("Pending, Failed and 1 more");
  });

  it("shows a choice that it doesn't know as it was typed", () => {
    expect(describeFilter(status, { status: "nonsense" })).toBe("nonsense");
  });

  it("writes amounts in the currency's own decimals", () => {
    expect(describeFilter(amount, { currency: "USD", min_amount: "125000" })).toBe("at least 1,250.00 USD");
    expect(describeFilter(amount, { currency: "JPY", max_amount: "125000" })).toBe("at most 125,000 JPY");
    expect(describeFilter(amount, { currency: "KWD", min_amount: "1", max_amount: "2000" })).toBe("0.001 to 2.000 KWD");
    expect(describeFilter(amount, { currency: "EUR" })).toBe("EUR");
  });

  it("writes days, one of them alone where it is the only one", () => {
    const noon = "2026-11-21T12:00:00.000Z";
    expect(describeFilter(dates, { from: noon, to: noon })).toBe("21 Nov 2026");
    expect(describeFilter(dates, { to: noon })).toBe("until 21 Nov 2026");
    expect(describeFilter(dates, { from: "soon" })).toBe("from soon");
  });

  it("knows which keys it sets", () => {
    expect(keysOf(status)).toEqual(["status"]);
    expect(keysOf(dates)).toEqual(["from", "to"]);
    expect(keysOf(amount)).toEqual(["currency", "min_amount", "max_amount"]);
  });
});

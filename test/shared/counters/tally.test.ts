import { describe, expect, test } from "vitest";
import { decodeMark, encodeMark, isLater } from "../../../shared/counters/marks.ts";
import { addMove, countsOf, type Deltas, recount, standingOf } from "../../../shared/counters/tally.ts";
import { itemOf, minimal } from "../events/records.ts";

test("records are counted by status and currency, with their amounts; payees and placements by number only", () => {
  const items = (["payout", "escrow_hold", "payee", "placement", "journal_entry"] as const).map((entity) =>
    itemOf(entity, minimal[entity] as never),
  );
  expect(recount([...items, { entity: "counted" }, {}])).toEqual({
    payout: { approved: { USD: { count: 1, amountMinor: 125_000 } } },
    escrow_hold: { active: { USD: { count: 1, amountMinor: 25_000 } } },
    payee: { verified: { XXX: { count: 1, amountMinor: 0 } } },
    placement: { announced: { XXX: { count: 1, amountMinor: 0 } } },
  });
});

test("a move takes a record from one place to the other, and nothing is left where nobody is", () => {
  const deltas: Deltas = new Map();
  const active = { status: "active", currency: "USD", amountMinor: 500 };
  addMove(deltas, "escrow_hold", undefined, active);
  addMove(deltas, "escrow_hold", active, { ...active, amountMinor: 200 });
  addMove(deltas, "escrow_hold", { ...active, amountMinor: 200 }, { ...active, status: "released", amountMinor: 0 });
  expect(countsOf(deltas)).toEqual({ escrow_hold: { released: { USD: { count: 1, amountMinor: 0 } } } });
});

test("a mangled record is counted somewhere", () => {
  expect(standingOf("payout", { status: "a.b", currency: 7, amountMinor: "x" })).toEqual({
    status: "unknown",
    currency: "XXX",
    amountMinor: 0,
  });
});

describe("a mark", () => {
  const standing = { status: "approved", currency: "USD", amountMinor: 125_000 };

  test.each([
    [{ version: 4, standing }, "4:approved:USD:125000"],
    [{ version: 4 }, "4x"],
  ])("%j", (mark, text) => {
    expect(encodeMark(mark)).toBe(text);
    expect(decodeMark(text)).toEqual(mark);
  });

  test("of a removed record is later than that of its last version, and no other of one version is", () => {
    expect(isLater({ version: 4 }, { version: 4, standing })).toBe(true);
    expect(isLater({ version: 4, standing }, { version: 4 })).toBe(false);
    expect(isLater({ version: 4, standing }, { version: 4, standing })).toBe(false);
    expect(isLater({ version: 1, standing }, undefined)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import {
  countOf,
  daysEarly,
  describeLateness,
  dueState,
  formatDue,
  OVERDUE_AFTER_MS,
} from "../../../../console/src/features/parts/due-state.ts";

const at = "2026-11-21T00:00:00.000Z";
const atMs = Date.parse(at);

describe("what is due", () => {
  it("isn't before its date, is at it, and is overdue once the sweep should have had it", () => {
    expect(dueState(at, atMs - 1)).toBeUndefined();
    expect(dueState(at, atMs)).toBe("due_now");
    expect(dueState(at, atMs + OVERDUE_AFTER_MS)).toBe("due_now");
    expect(dueState(at, atMs + OVERDUE_AFTER_MS + 1)).toBe("overdue");
  });

  it("is counted up to what the API counts", () => {
    expect(formatDue({ count: 10, capped: false })).toBe("10");
    expect(formatDue({ count: 1000, capped: true })).toBe("1,000+");
  });
});

describe("how early and how late", () => {
  it("counts days that have begun, and none once it is due", () => {
    expect(daysEarly(at, atMs - 1)).toBe(1);
    expect(daysEarly(at, atMs - 7 * 86_400_000)).toBe(7);
    // The clock that it is told by has whole minutes.
    expect(daysEarly(at, atMs - 60 * 86_400_000 - 59_999)).toBe(60);
    expect(daysEarly(at, atMs)).toBe(0);
    expect(daysEarly(at, atMs + 86_400_000)).toBe(0);
  });

  it("is on time within a minute, then in the largest whole unit", () => {
    expect(describeLateness(0)).toBe("on time");
    expect(describeLateness(59)).toBe("on time");
    expect(describeLateness(60)).toBe("1 minute late");
    expect(describeLateness(7_199)).toBe("1 hour late");
    expect(describeLateness(13_653_034)).toBe("158 days late");
  });

  it("says one in the singular", () => {
    expect([countOf(0, "hold"), countOf(1, "hold"), countOf(1_200, "hold")]).toEqual([
      "0 holds",
      "1 hold",
      "1,200 holds",
    ]);
  });
});

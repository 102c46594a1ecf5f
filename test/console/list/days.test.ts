import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dayOf, endOfDay, laterDay, startOfDay } from "../../../console/src/list/days.ts";

describe.each(["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Auckland"])("days in %s", (zone) => {
  const before = process.env.TZ;
  beforeEach(() => {
    process.env.TZ = zone;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });

  it("begin and end within themselves", () => {
    expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone);
    for (const day of ["2026-03-08", "2026-04-05", "2026-11-01", "2027-01-01"]) {
      const [start, end] = [Date.parse(startOfDay(day)), Date.parse(endOfDay(day))];
      expect([dayOf(start), dayOf(end), dayOf(start - 1), dayOf(end + 1)]).toEqual([
        day,
        day,
        laterDay(day, -1),
        laterDay(day, 1),
      ]);
    }
  });

  it("are counted in calendar days, whatever the clocks do", () => {
    expect(laterDay("2026-03-07", 2)).toBe("2026-03-09");
    expect(laterDay("2026-10-31", 2)).toBe("2026-11-02");
    expect(laterDay("2026-12-31", 1)).toBe("2027-01-01");
    expect(laterDay("2026-12-31", 0)).toBe("2026-12-31");
  });
});

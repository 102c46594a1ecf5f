import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import {
  addMs,
  endOfDays,
  isCalendarDate,
  isTimeZone,
  latenessSeconds,
  laterOf,
  toInstant,
} from "../../../shared/domain/dates.ts";

/** The calendar date of an instant in a zone, by another part of the library than the code under test uses. */
function dateIn(instant: string, timeZone: string): string {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "Australia/Lord_Howe",
  "Africa/Cairo",
];
const startDates = fc
  .integer({ min: 0, max: 25_000 })
  .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
const rules = fc.record({
  startDate: startDates,
  days: fc.integer({ min: 0, max: 3_650 }),
  timeZone: fc.constantFrom(...ZONES),
});

describe("endOfDays", () => {
  it.each([
    ["winter to summer time", "2026-01-05", 90, "Europe/Berlin", "2026-04-04T22:00:00.000Z"],
    ["summer to winter time", "2026-09-01", 90, "Europe/Berlin", "2026-11-29T23:00:00.000Z"],
    ["the day of 23 hours counts as one", "2026-03-29", 1, "Europe/Berlin", "2026-03-29T22:00:00.000Z"],
    ["the day of 25 hours counts as one", "2026-10-25", 1, "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
    ["29 February is counted in a leap year", "2028-02-28", 2, "UTC", "2028-03-01T00:00:00.000Z"],
    ["no 29 February in another year", "2026-02-28", 1, "UTC", "2026-03-01T00:00:00.000Z"],
    ["from 29 February", "2028-02-29", 365, "UTC", "2029-02-28T00:00:00.000Z"],
    ["no 29 February in 2100", "2100-02-28", 1, "UTC", "2100-03-01T00:00:00.000Z"],
    ["from the 31st", "2026-01-31", 30, "UTC", "2026-03-02T00:00:00.000Z"],
    ["over the end of a year", "2026-12-31", 1, "UTC", "2027-01-01T00:00:00.000Z"],
    ["no days at all: the start of the day", "2026-06-01", 0, "America/New_York", "2026-06-01T04:00:00.000Z"],
    ["no midnight in Sao Paulo", "2018-11-03", 1, "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"],
    ["midnight twice in Sao Paulo: the first", "2018-02-17", 1, "America/Sao_Paulo", "2018-02-18T03:00:00.000Z"],
    ["no midnight in Beirut", "2022-03-26", 1, "Asia/Beirut", "2022-03-26T22:00:00.000Z"],
    ["no midnight in Cairo", "2026-04-23", 1, "Africa/Cairo", "2026-04-23T22:00:00.000Z"],
    ["a day that Samoa left out", "2011-12-29", 1, "Pacific/Apia", "2011-12-30T10:00:00.000Z"],
    ["a zone of quarter hours", "2026-01-01", 1, "Asia/Kathmandu", "2026-01-01T18:15:00.000Z"],
  ])("%s", (_name, startDate, days, timeZone, instant) => {
    expect(endOfDays({ startDate, days, timeZone })).toBe(instant);
  });

  it("falls on the date that the calendar gives, in the rule's zone, and never before it began", () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const end = endOfDays(rule);
        const date = new Date(Date.parse(`${rule.startDate}T00:00:00Z`) + rule.days * 86_400_000)
          .toISOString()
          .slice(0, 10);
        const skipped = rule.timeZone === "Pacific/Apia" && date === "2011-12-30";
        const kiritimati = rule.timeZone === "Pacific/Kiritimati" && (date === "1994-12-31" || date === "1995-01-01");
        fc.pre(!skipped && !kiritimati);
        expect(dateIn(end, rule.timeZone)).toBe(date);
        expect(dateIn(addMs(end, -1), rule.timeZone) < date).toBe(true);
      }),
    );
  });

  it("one day more is never earlier, and one day is 22 to 26 hours", () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const stepMs = Date.parse(endOfDays({ ...rule, days: rule.days + 1 })) - Date.parse(endOfDays(rule));
        // The Line Islands and Samoa each left out a whole day.
        const leftOut = rule.timeZone === "Pacific/Apia" || rule.timeZone === "Pacific/Kiritimati";
        expect(stepMs).toBeGreaterThanOrEqual(leftOut ? 0 : 22 * 3_600_000);
        expect(stepMs).toBeLessThanOrEqual(26 * 3_600_000);
      }),
    );
  });

  it("is a whole second in the one format that sorts as text", () => {
    fc.assert(
      fc.property(rules, (rule) => {
        expect(endOfDays(rule)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
      }),
    );
  });
});

describe("instants", () => {
  it("are written with milliseconds, so that text order is time order", () => {
    const times = fc.integer({ min: 0, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(toInstant(a) < toInstant(b)).toBe(a < b);
        expect(laterOf(toInstant(a), toInstant(b))).toBe(toInstant(Math.max(a, b)));
        expect(Date.parse(toInstant(a))).toBe(a);
      }),
    );
  });

  it("adding takes and gives whole seconds or milliseconds alike", () => {
    expect(addMs("2026-01-05T09:00:00Z", 1_000)).toBe("2026-01-05T09:00:01.000Z");
    expect(addMs("2026-01-05T10:00:00+01:00", 1)).toBe("2026-01-05T09:00:00.001Z");
  });

  it("that can't be read are refused, not passed on", () => {
    expect(() => addMs("yesterday", 1)).toThrow(RangeError);
    expect(() => toInstant(Number.NaN)).toThrow(RangeError);
  });
});

describe("isCalendarDate", () => {
  it.each(["2026-01-31", "2028-02-29", "2026-12-31"])("%s is one", (text) => expect(isCalendarDate(text)).toBe(true));
  it.each(["2026-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "26-01-01"])(
    "%s is none",
    (text) => expect(isCalendarDate(text)).toBe(false),
  );
  it.each(["", "2026-01-01T00:00:00Z", " 2026-01-01", "2026-1-1", "2026-01-01\n"])("%j is none", (text) => {
    expect(isCalendarDate(text)).toBe(false);
  });
});

describe("isTimeZone", () => {
  it.each(ZONES)("%s is one", (zone) => expect(isTimeZone(zone)).toBe(true));
  it.each(["", "Europe/Atlantis", "Berlin", "CET1"])("%j is none", (zone) => expect(isTimeZone(zone)).toBe(false));
});

describe("latenessSeconds", () => {
  it.each([
    [undefined, "2026-01-05T09:00:00.000Z", 0],
    ["2026-01-05T09:00:00.000Z", "2026-01-05T09:00:00.999Z", 0],
    ["2026-01-05T09:00:00.000Z", "2026-01-05T09:00:01.000Z", 1],
    ["2026-01-05T09:00:00.000Z", "2026-01-05T08:00:00.000Z", 0],
    ["2026-01-05T09:00:00.000Z", "2026-01-06T09:00:00.000Z", 86_400],
  ])("planned %s, fired %s: %d", (planned, fired, seconds) => expect(latenessSeconds(planned, fired)).toBe(seconds));
});

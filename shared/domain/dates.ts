import { addDays, create, toZonedDateTime } from "temporal-polyfill/fns/PlainDate";
import type { DateRule, Instant } from "./model.ts";

/** Milliseconds always, so that instants sort as text. */
export function toInstant(epochMs: number): Instant {
  return new Date(epochMs).toISOString();
}

export function addMs(instant: Instant, ms: number): Instant {
  return toInstant(Date.parse(instant) + ms);
}

export function laterOf(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

export function isTimeZone(name: string): boolean {
  // The first formatter of a process takes some 10 ms: not for a zone that every runtime has.
  if (name === "UTC") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}

/**
 * The instant at which `days` whole calendar days from the start of `startDate` are over in the zone. Days of 23 or 25
 * hours count as one; where midnight does not exist that day, the first instant after it.
 */
export function endOfDays(rule: DateRule): Instant {
  const [year = 0, month = 0, day = 0] = rule.startDate.split("-").map(Number);
  const end = addDays(create(year, month, day), rule.days);
  return toInstant(toZonedDateTime(end, rule.timeZone).epochMilliseconds);
}

/** Whole seconds from planned to fired, never negative. */
export function latenessSeconds(plannedAt: Instant | undefined, firedAt: Instant): number {
  if (plannedAt === undefined) return 0;
  return Math.max(0, Math.floor((Date.parse(firedAt) - Date.parse(plannedAt)) / 1000));
}

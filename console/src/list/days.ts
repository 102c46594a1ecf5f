/** Days as people pick them (`2027-03-01`), in the browser's time zone: the one that instants are shown in. */

const DAY_MS = 86_400_000;

/** The day of an instant, epoch milliseconds. */
export function dayOf(instantMs: number): string {
  const date = new Date(instantMs);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The day so many days later; a day may have 23 or 25 hours. */
export function laterDay(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T12:00:00`) + days * DAY_MS);
}

/** The instant at which a day begins, ISO 8601. */
export function startOfDay(day: string): string {
  return new Date(`${day}T00:00:00`).toISOString();
}

/** The last millisecond of a day, ISO 8601. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59.999`).toISOString();
}

/** Dates of the demo data: counted from the day on which it was first asked for, in UTC. */
const DAY_MS = 86_400_000;

/** A calendar day so many days from the day of an instant; before it where they are negative. */
export function dayFrom(todayMs: number, days: number): string {
  return new Date(todayMs + days * DAY_MS).toISOString().slice(0, 10);
}

/** The end of that day. */
export function endOfDayFrom(todayMs: number, days: number): string {
  return `${dayFrom(todayMs, days + 1)}T00:00:00.000Z`;
}

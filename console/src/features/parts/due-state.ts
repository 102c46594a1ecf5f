/** Longer than the sweep needs: later than this something is in the way. */
export const OVERDUE_AFTER_MS = 10 * 60_000;

/** How something that waits for its date stands by the server's clock; undefined before that date. */
export function dueState(at: string, nowMs: number): "due_now" | "overdue" | undefined {
  const lateMs = nowMs - Date.parse(at);
  if (lateMs < 0) return undefined;
  return lateMs > OVERDUE_AFTER_MS ? "overdue" : "due_now";
}

const steps = [
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

/** `on time`, `3 minutes late`: a release within a minute of its instant is on time. */
export function describeLateness(seconds: number): string {
  const step = steps.find((one) => seconds >= one.seconds);
  if (step === undefined) return "on time";
  return `${countOf(Math.floor(seconds / step.seconds), step.unit)} late`;
}

/** The server's clock is told in whole minutes: up to one of them isn't another day. */
const MINUTE_MS = 60_000;

/** Calendar days by which an instant is before a date, rounded up; 0 where it isn't. */
export function daysEarly(at: string, nowMs: number): number {
  const earlyMs = Date.parse(at) - nowMs;
  return earlyMs <= 0 ? 0 : Math.max(1, Math.ceil((earlyMs - MINUTE_MS) / 86_400_000));
}

/** `1 day`, `3 days`. */
export function countOf(count: number, one: string): string {
  return `${count.toLocaleString("en-US")} ${one}${count === 1 ? "" : "s"}`;
}

/** What is due now, as the API counts it. */
export interface Due {
  readonly count: number;
  /** There are more than are counted. */
  readonly capped: boolean;
}

/** `1,000+`: the API counts no further. */
export function formatDue({ count, capped }: Due): string {
  return `${count.toLocaleString("en-US")}${capped ? "+" : ""}`;
}

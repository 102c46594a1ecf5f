import { Tooltip } from "@mantine/core";
import { useServerMinute } from "../api/server-clock.ts";

const dateParts = { day: "2-digit", month: "short", year: "numeric" } as const;
const dateFormat = new Intl.DateTimeFormat("en-GB", dateParts);
const momentFormat = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const exactFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const DAY_MS = 86_400_000;
const steps = [
  { unit: "year", ms: 365 * DAY_MS },
  { unit: "month", ms: 30 * DAY_MS },
  { unit: "day", ms: DAY_MS },
  { unit: "hour", ms: 3_600_000 },
  { unit: "minute", ms: 60_000 },
] as const;

/** `21 Nov 2026`, in the browser's time zone or another. */
export function formatDate(instant: string, timeZone?: string): string {
  const format = timeZone === undefined ? dateFormat : new Intl.DateTimeFormat("en-GB", { ...dateParts, timeZone });
  return format.format(new Date(instant));
}

/** `21 Nov 2026, 14:05`, in the browser's time zone. */
export function formatMoment(instant: string): string {
  return momentFormat.format(new Date(instant));
}

/** `in 3 days`, `2 hours ago`, by the server's clock. */
export function formatDistance(instant: string, nowMs: number): string {
  const distance = Date.parse(instant) - nowMs;
  const step = steps.find(({ ms }) => Math.abs(distance) >= ms);
  return step === undefined ? "just now" : relativeFormat.format(Math.round(distance / step.ms), step.unit);
}

interface InstantProps {
  readonly at: string | null | undefined;
  readonly empty?: string;
  /** The day alone, or with the time. */
  readonly only?: "date";
  /** Of a day that follows from a rule: elsewhere it may be the day before. */
  readonly zone?: string;
}

/** A point in time: short in the line, whole (and in UTC) when it is pointed at. */
export function Instant({ at, empty = "–", only, zone }: InstantProps) {
  if (at === null || at === undefined) return <span>{empty}</span>;
  return (
    <time dateTime={at} title={`${exactFormat.format(new Date(at))}\n${at}`}>
      {only === "date" ? formatDate(at, zone) : formatMoment(at)}
    </time>
  );
}

/** How far away it is, kept current. */
export function Distance({ at }: { at: string }) {
  const nowMs = useServerMinute();
  return (
    <Tooltip label={formatMoment(at)}>
      <time dateTime={at}>{formatDistance(at, nowMs)}</time>
    </Tooltip>
  );
}

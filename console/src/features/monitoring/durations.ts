const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

const steps = [
  { above: 2 * DAY, whole: DAY, name: "d", part: HOUR, partName: "h" },
  { above: HOUR, whole: HOUR, name: "h", part: MINUTE, partName: "min" },
  { above: MINUTE, whole: MINUTE, name: "min", part: 1, partName: "s" },
] as const;

/** `0.4 s`, `12 s`, `6 min 10 s`, `3 h 5 min`, `4 d 2 h`. */
export function formatSeconds(seconds: number): string {
  const step = steps.find(({ above, part }) => Math.round(seconds / part) * part >= above);
  if (step === undefined) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const parts = Math.round(seconds / step.part);
  const perWhole = step.whole / step.part;
  const rest = parts % perWhole;
  return `${Math.floor(parts / perWhole)} ${step.name}${rest === 0 ? "" : ` ${rest} ${step.partName}`}`;
}

/** `84 ms`, `1.2 s`. */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : formatSeconds(milliseconds / 1_000);
}

/** A measure that there may be none of. */
export function measured(value: number | null, format: (value: number) => string): string {
  return value === null ? "–" : format(value);
}

export interface CronFields {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  /** Undefined where the field is `?`, since the other day field decides. */
  readonly daysOfMonth: ReadonlySet<number> | undefined;
  readonly lastDayOfMonth: boolean;
  readonly months: ReadonlySet<number>;
  /** 1 is Sunday, as AWS counts. */
  readonly daysOfWeek: ReadonlySet<number> | undefined;
  readonly years: ReadonlySet<number>;
}

const monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Reads AWS's six fields (minutes hours day-of-month month day-of-week year), without `W` and `#`. */
export function parseCron(text: string): CronFields | undefined {
  const fields = text.trim().split(/\s+/);
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", year = ""] = fields;
  // Exactly one of the two day fields must be a question mark.
  if (fields.length !== 6 || (dayOfMonth === "?") === (dayOfWeek === "?")) return undefined;
  const isLast = dayOfMonth === "L";
  const minutes = numbers(minute, 0, 59);
  const hours = numbers(hour, 0, 23);
  const months = numbers(month, 1, 12, monthNames);
  const years = numbers(year, 1970, 2199);
  const daysOfMonth = dayOfMonth === "?" || isLast ? undefined : numbers(dayOfMonth, 1, 31);
  const daysOfWeek = dayOfWeek === "?" ? undefined : numbers(dayOfWeek, 1, 7, dayNames);
  if (minutes === undefined || hours === undefined || months === undefined || years === undefined) return undefined;
  if (daysOfMonth === undefined && daysOfWeek === undefined && !isLast) return undefined;
  return { minutes, hours, daysOfMonth, lastDayOfMonth: isLast, months, daysOfWeek, years };
}

function numbers(field: string, least: number, most: number, names: readonly string[] = []): Set<number> | undefined {
  const result = new Set<number>();
  const toNumber = (text: string) => {
    const named = names.indexOf(text.toUpperCase());
    return named >= 0 ? named + least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  for (const part of field.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [from = "", to] = range === "*" ? [String(least), String(most)] : range.split("-");
    const first = toNumber(from);
    const last = to === undefined ? (part.includes("/") ? most : first) : toNumber(to);
    const every = toNumber(step);
    if (!(first >= least && last <= most && first <= last && every >= 1)) return undefined;
    for (let value = first; value <= last; value += every) result.add(value);
  }
  return result;
}

/** The first minute after `afterMs` that the fields name; undefined when no day does within the years given. */
export function nextCronInstant(fields: CronFields, afterMs: number): number | undefined {
  const lastYear = Math.max(...fields.years);
  const start = new Date(Math.floor(afterMs / 60_000) * 60_000 + 60_000);
  const day = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()));
  for (; day.getUTCFullYear() <= lastYear; day.setUTCDate(day.getUTCDate() + 1)) {
    if (!dayMatches(fields, day)) continue;
    for (const hour of sorted(fields.hours)) {
      for (const minute of sorted(fields.minutes)) {
        const instant = day.getTime() + (hour * 60 + minute) * 60_000;
        if (instant >= start.getTime()) return instant;
      }
    }
  }
  return undefined;
}

function dayMatches(fields: CronFields, day: Date): boolean {
  if (!fields.years.has(day.getUTCFullYear()) || !fields.months.has(day.getUTCMonth() + 1)) return false;
  if (fields.lastDayOfMonth) return new Date(day.getTime() + 86_400_000).getUTCDate() === 1;
  if (fields.daysOfMonth !== undefined) return fields.daysOfMonth.has(day.getUTCDate());
  return fields.daysOfWeek?.has(day.getUTCDay() + 1) ?? false;
}

function sorted(values: ReadonlySet<number>): number[] {
  return [...values].sort((a, b) => a - b);
}

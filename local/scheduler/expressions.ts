import { nextCronInstant, parseCron } from "./cron.ts";

export type ScheduleExpression =
  | { readonly kind: "at"; readonly atMs: number }
  | { readonly kind: "rate"; readonly everyMs: number }
  | { readonly kind: "cron"; readonly fields: ReturnType<typeof parseCron> };

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Reads `at(…)`, `rate(…)` or `cron(…)`, all in UTC. Gives undefined when it is none of them. */
export function parseScheduleExpression(expression: string): ScheduleExpression | undefined {
  const match = /^(at|rate|cron)\((.*)\)$/.exec(expression.trim());
  const [, kind, content = ""] = match ?? [];
  if (kind === "at") {
    if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(content)) return undefined;
    const atMs = Date.parse(`${content}Z`);
    // A day that doesn't exist (30 February) would roll over.
    if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 19) !== content) return undefined;
    return { kind, atMs };
  }
  if (kind === "rate") {
    const [, count, unit = "", plural] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(content) ?? [];
    const length = unitMs[unit];
    // AWS wants the unit to agree with the number.
    if (length === undefined || (count === "1") !== (plural === "")) return undefined;
    return { kind, everyMs: Number(count) * length };
  }
  if (kind === "cron") {
    const fields = parseCron(content);
    return fields === undefined ? undefined : { kind, fields };
  }
  return undefined;
}

/** The first instant after `afterMs`; undefined when there is none any more. A rate counts from `afterMs`. */
export function nextInstant(expression: ScheduleExpression, afterMs: number): number | undefined {
  switch (expression.kind) {
    case "at":
      return expression.atMs > afterMs ? expression.atMs : undefined;
    case "rate":
      return afterMs + expression.everyMs;
    case "cron":
      return expression.fields && nextCronInstant(expression.fields, afterMs);
  }
}

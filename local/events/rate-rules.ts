/** `rate(…)` rules as recurring timers of the clock. */
import type { HostContext } from "../contracts.ts";
import type { RuleModel } from "../template/model.ts";

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Throws when the expression is not `rate(n unit)`: `cron(…)` is not emulated. */
export function rateMs(expression: string): number {
  const found = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  const ms = Number(found?.[1]) * (UNIT_MS[found?.[2] ?? ""] ?? Number.NaN);
  if (!(ms > 0)) throw new Error(`the schedule expression ${expression} is not emulated: use rate(…)`);
  return ms;
}

/** Starts ticking; gives what ends it. The first tick comes one interval after the start, as on AWS. */
export function scheduleRates(options: {
  readonly context: HostContext;
  readonly rules: readonly RuleModel[];
  readonly fire: (rule: RuleModel) => void;
}): () => void {
  const { clock } = options.context;
  const keys: string[] = [];
  for (const rule of options.rules) {
    if (rule.scheduleExpression === undefined) continue;
    const everyMs = rateMs(rule.scheduleExpression);
    const key = `rate-rule/${rule.arn}`;
    keys.push(key);
    const arm = (): void =>
      clock.setTimer(
        key,
        clock.now() + everyMs,
        () => {
          options.fire(rule);
          arm();
        },
        { recurring: true },
      );
    arm();
  }
  return () => {
    for (const key of keys) clock.clearTimer(key);
  };
}

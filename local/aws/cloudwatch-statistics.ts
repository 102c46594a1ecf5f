import type { Minutes, Weighted } from "./cloudwatch-store.ts";

/** What a period's values come to. */
export type Statistic = (values: readonly Weighted[]) => number;

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;

const named: Readonly<Record<string, Statistic>> = {
  SampleCount: countOf,
  Sum: sumOf,
  Average: (values) => sumOf(values) / countOf(values),
  Minimum: (values) => Math.min(...values.map(({ value }) => value)),
  Maximum: (values) => Math.max(...values.map(({ value }) => value)),
};

/** By CloudWatch's name of it, also `p99` and `p99.9`; undefined for the kinds that are not emulated. */
export function statisticOf(name: string): Statistic | undefined {
  const percent = PERCENTILE.exec(name)?.[1];
  return percent === undefined ? named[name] : (values) => percentileOf(values, Number(percent));
}

function countOf(values: readonly Weighted[]): number {
  return values.reduce((sum, { count }) => sum + count, 0);
}

function sumOf(values: readonly Weighted[]): number {
  return values.reduce((sum, { value, count }) => sum + value * count, 0);
}

/** The smallest value that so many percent of the values don't exceed: always one that was measured. */
function percentileOf(values: readonly Weighted[], percent: number): number {
  const rank = Math.max(1, Math.ceil((countOf(values) * percent) / 100));
  let passed = 0;
  for (const { value, count } of values.toSorted((a, b) => a.value - b.value)) {
    passed += count;
    if (passed >= rank) return value;
  }
  return Number.NaN;
}

export interface Datapoint {
  /** Start of the period, epoch milliseconds. */
  readonly atMs: number;
  readonly value: number;
}

/** One value for each period in which anything was measured; periods begin at `fromMs`. Oldest first. */
export function datapointsOf(
  minutes: Minutes,
  { fromMs, periodMs, statistic }: { fromMs: number; periodMs: number; statistic: Statistic },
): readonly Datapoint[] {
  const periods = Map.groupBy(minutes, ([minuteMs]) => fromMs + Math.floor((minuteMs - fromMs) / periodMs) * periodMs);
  return [...periods].map(([atMs, some]) => ({ atMs, value: statistic(some.flatMap(([, values]) => values)) }));
}

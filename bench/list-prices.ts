/**
 * List prices in US dollars, region us-east-1, without free tiers and discounts. Source: the pricing pages of Amazon
 * DynamoDB (on-demand, standard class), AWS Lambda (arm64), Amazon EventBridge (bus and Scheduler) and AWS Step Functions
 * (Standard) as of 2026. Check them before relying on a sum.
 */
import { type Counts, sum, total } from "./payout-life.ts";

const PER_MILLION = {
  writeUnits: 0.625,
  readUnits: 0.125,
  customEvents: 1,
  scheduleInvocations: 1,
  workflowTransitions: 25,
  functionRequests: 0.2,
} as const;
const PER_GB_SECOND = 0.0000133334;

/**
 * Billed milliseconds per invocation can't be measured on one machine, so these are assumptions: what waits for the
 * provider, and everything else.
 */
const ASSUMED_MS: Readonly<Record<string, number>> = { "attempt-transfer": 500, "apply-provider-event": 300 };
const ASSUMED_MS_OTHERS = 50;

export interface PriceLine {
  readonly what: string;
  readonly amount: number;
  /** US dollars for a million payouts. */
  readonly perMillionPayouts: number;
}

/** What a million lives like the counted one cost. Stream reads by Lambda cost nothing; storage, logs and backups aren't in it. */
export function priced(counts: Counts, memoryMb: ReadonlyMap<string, number>): PriceLine[] {
  const line = (what: string, amount: number, perMillion: number) => ({
    what,
    amount,
    perMillionPayouts: amount * perMillion,
  });
  const invocations = Object.entries(counts.invocations);
  const gigabyteSeconds = sum(
    invocations,
    ([name, count]) => (count * (ASSUMED_MS[name] ?? ASSUMED_MS_OTHERS) * (memoryMb.get(name) ?? 0)) / (1024 * 1000),
  );
  return [
    line("DynamoDB write units", total(counts.writeUnits), PER_MILLION.writeUnits),
    line("DynamoDB read units", total(counts.readUnits), PER_MILLION.readUnits),
    line("EventBridge events", total(counts.events), PER_MILLION.customEvents),
    line("Scheduler invocations", counts.others.schedulesFired, PER_MILLION.scheduleInvocations),
    line("Step Functions transitions", counts.others.workflowTransitions, PER_MILLION.workflowTransitions),
    line("Lambda requests", total(counts.invocations), PER_MILLION.functionRequests),
    line("Lambda GB-seconds (durations assumed)", gigabyteSeconds, PER_GB_SECOND * 1_000_000),
  ];
}

import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { StoreBusy } from "./errors.ts";

const ATTEMPTS = 8;
const BASE_MS = 20;
const CAP_MS = 1_500;

const BUSY_ERRORS = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "TransactionInProgressException",
  "InternalServerError",
  "TransactionConflictException",
]);
const BUSY_REASONS = new Set(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]);

/** True where DynamoDB says "not now" and nothing was written. Condition failures are never busy. */
export function isBusy(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code ?? "None");
    return codes.some((code) => BUSY_REASONS.has(code)) && !codes.includes("ConditionalCheckFailed");
  }
  return error instanceof Error && BUSY_ERRORS.has(error.name);
}

export interface RetrySettings {
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
}

/** Conflicts and throttling again, a bounded number of times with full jitter; then `StoreBusy`. Everything else as it is. */
export async function retryWhileBusy<T>(work: () => Promise<T>, { sleep, random }: RetrySettings): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const stepMs = Math.min(CAP_MS, BASE_MS * 2 ** attempt);
      if (attempt === ATTEMPTS)
        throw new StoreBusy(`the table is busy after ${ATTEMPTS} tries`, stepMs, { cause: error });
      await sleep(Math.round(random() * stepMs));
    }
  }
}

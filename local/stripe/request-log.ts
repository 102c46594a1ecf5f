import type { DatabaseSync } from "node:sqlite";
import { many } from "./stripe-database.ts";

/**
 * `executed`: execution began (whatever its answer was); `replayed`: the answer stored under the key; `refused`: turned away
 * before execution (validation, authentication, limits, faults).
 */
export type RequestOutcome = "executed" | "replayed" | "refused";

export interface RequestCount {
  readonly endpoint: string;
  /** What the caller got; 0 if it got no answer. */
  readonly status: number;
  readonly outcome: RequestOutcome;
  readonly count: number;
}

export interface RequestLog {
  add(entry: Omit<RequestCount, "count">): void;
  counts(): readonly RequestCount[];
}

export function createRequestLog(db: DatabaseSync): RequestLog {
  const add = db.prepare(
    "INSERT INTO stripe_requests (endpoint, status, outcome, count) VALUES (?, ?, ?, 1) ON CONFLICT (endpoint, status, outcome) DO UPDATE SET count = count + 1",
  );
  const select = db.prepare(
    "SELECT endpoint, status, outcome, count FROM stripe_requests ORDER BY endpoint, status, outcome",
  );
  return {
    add: ({ endpoint, status, outcome }) => void add.run(endpoint, status, outcome),
    counts: () => many<RequestCount>(select.all()),
  };
}

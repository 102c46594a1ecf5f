import type { InvokeResult } from "../contracts.ts";
import type { StreamRecord } from "./stream-reader.ts";

export type BatchAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "failed" }
  | { readonly kind: "throttled" }
  /** Position in the batch of the first record that was not handled. */
  | { readonly kind: "failed-from"; readonly position: number };

/** What the function's answer says of its batch; an answer that names a record not in the batch fails all of it. */
export function readBatchAnswer(
  result: InvokeResult,
  batch: readonly StreamRecord[],
  reportsItemFailures: boolean,
): BatchAnswer {
  if (result.statusCode === 429) return { kind: "throttled" };
  if (result.statusCode !== 200 || result.functionError !== undefined) return { kind: "failed" };
  if (!reportsItemFailures) return { kind: "done" };
  const answer = JSON.parse(result.payload) as { batchItemFailures?: { itemIdentifier?: unknown }[] | null } | null;
  const failures = answer?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return { kind: "failed" };
  if (failures.length === 0) return { kind: "done" };
  const positions = failures.map(({ itemIdentifier }) =>
    batch.findIndex((record) => String(record.sequence) === itemIdentifier),
  );
  if (positions.includes(-1)) return { kind: "failed" };
  return { kind: "failed-from", position: Math.min(...positions) };
}

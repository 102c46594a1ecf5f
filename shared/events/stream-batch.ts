import type { DynamoDBBatchResponse, DynamoDBRecord } from "aws-lambda";
import { logger } from "../runtime/logger.ts";
import { readChange, type StreamChange } from "./stream-change.ts";

export interface ReadBatch {
  /** The readable changes with their place in the batch. */
  readonly changes: readonly { readonly index: number; readonly change: StreamChange }[];
  /** The first record that can't be read. */
  readonly poisonAt?: number;
}

export function readBatch(records: readonly DynamoDBRecord[]): ReadBatch {
  const changes: { index: number; change: StreamChange }[] = [];
  let poisonAt: number | undefined;
  for (const [index, record] of records.entries()) {
    try {
      changes.push({ index, change: readChange(record) });
    } catch (error) {
      logger.error("stream record can't be read", error as Error);
      poisonAt ??= index;
    }
  }
  return { changes, ...(poisonAt !== undefined && { poisonAt }) };
}

/**
 * The answer of a stream function. Lambda delivers everything from the lowest failed sequence number on again; a
 * record that tells no number fails the whole batch.
 */
export function failFrom(records: readonly DynamoDBRecord[], index: number | undefined): DynamoDBBatchResponse {
  if (index === undefined) return { batchItemFailures: [] };
  return { batchItemFailures: [{ itemIdentifier: records[index]?.dynamodb?.SequenceNumber ?? "" }] };
}

/** The lower of two places; undefined is none. */
export function earlierOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

import type { RecordChange } from "../domain/decision.ts";
import type { Key } from "./keys.ts";

/** The answer that a request got, as it is given again to its repetition. */
export interface StoredAnswer {
  readonly status: number;
  /** JSON text; absent where the answer has no body. */
  readonly body?: string;
}

/**
 * A request's idempotency key as an item of its commit: a repetition finds the answer instead of acting again, and of
 * two at once only one commits.
 */
export interface ReceiptPlan {
  readonly key: Key;
  /** Of what was asked; the same key with another request is refused. */
  readonly requestHash: string;
  /** Of this invocation, which may write its own receipt again when it decides again. */
  readonly attemptId: string;
  /** Seconds since the epoch after which the table may forget it. */
  readonly expiresAt: number;
  readonly answerOf: (changes: readonly RecordChange[], value: unknown) => StoredAnswer;
}

export interface Receipt {
  readonly requestHash: string;
  /** Absent while several commits of one request are under way. */
  readonly answer?: StoredAnswer;
}

/** Another request has used this key in the meantime; nothing was written. */
export class ReceiptTaken extends Error {
  override readonly name = "ReceiptTaken";
}

/** A receipt in a commit: the plan with the answer worked out. */
export interface ReceiptWrite extends Omit<ReceiptPlan, "answerOf"> {
  readonly answer?: StoredAnswer;
}

/** The transaction's item; a receipt is never overwritten but by the invocation that wrote it. */
export function receiptPut(tableName: string, receipt: ReceiptWrite) {
  const { key, requestHash, attemptId, expiresAt, answer } = receipt;
  return {
    TableName: tableName,
    Item: { ...key, entity: "receipt", requestHash, attemptId, expiresAt, ...(answer === undefined ? {} : { answer }) },
    ConditionExpression: "attribute_not_exists(pk) OR attemptId = :attemptId",
    ExpressionAttributeValues: { ":attemptId": attemptId },
  };
}

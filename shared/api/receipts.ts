import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { receiptKey } from "../store/keys.ts";
import type { ReceiptPlan, ReceiptWrite, StoredAnswer } from "../store/receipts.ts";
import type { Caller } from "./operation.ts";
import type { ParsedRequest } from "./parse.ts";

/** Longer than any client goes on repeating a request. */
const KEPT_SECONDS = 7 * 24 * 3600;

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The receipts of one request: the key belongs to the caller, so that two people's keys can't meet. */
export interface RequestReceipts {
  /** Of the whole request, or of one of the ids that it is about. */
  plan(answerOf: ReceiptPlan["answerOf"], part?: string): ReceiptPlan;
  /** Says what was asked, without an answer yet: a bulk request has one per id. */
  opening(): ReceiptWrite;
  key(part?: string): ReceiptPlan["key"];
  readonly requestHash: string;
}

export function receiptsOf(
  idempotencyKey: string,
  caller: Pick<Caller, "organizationId" | "subject">,
  request: { readonly operationId: string; readonly parsed: ParsedRequest; readonly requestId: string },
  nowMs: number,
): RequestReceipts {
  const { operationId, parsed, requestId } = request;
  const requestHash = sha256(canonicalize({ operationId, ...JSON.parse(JSON.stringify(parsed)) }) ?? "");
  const key = (part?: string) =>
    receiptKey(caller.organizationId, sha256(JSON.stringify([caller.subject, idempotencyKey, part ?? null])));
  const common = { requestHash, attemptId: requestId, expiresAt: Math.floor(nowMs / 1000) + KEPT_SECONDS };
  return {
    requestHash,
    key,
    plan: (answerOf, part) => ({ ...common, key: key(part), answerOf }),
    opening: () => ({ ...common, key: key() }),
  };
}

export function storedAnswer(status: number, body: object): StoredAnswer {
  return { status, body: JSON.stringify(body) };
}

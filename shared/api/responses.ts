import { createHash } from "node:crypto";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { StoredAnswer } from "../store/receipts.ts";
import { type ProblemFacts, problemOf } from "./problem.ts";

export type Response = APIGatewayProxyStructuredResultV2;

const JSON_TYPE = "application/json";

/** What every answer carries: nothing of an API about money is kept by caches, and each request can be found again. */
function headersOf(requestId: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { "cache-control": "no-store", "x-request-id": requestId, ...more };
}

export function problemResponse(
  facts: ProblemFacts,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const problem = problemOf(facts, requestId);
  return {
    statusCode: problem.status,
    headers: headersOf(requestId, { "content-type": "application/problem+json", ...headers }),
    body: JSON.stringify(problem),
  };
}

export function replayedResponse(answer: StoredAnswer, requestId: string): Response {
  return {
    statusCode: answer.status,
    headers: headersOf(requestId, { "content-type": JSON_TYPE, "idempotent-replayed": "true" }),
    body: answer.body ?? "",
  };
}

export interface Success {
  readonly status: number;
  readonly body: object | string;
  readonly contentType?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly isRead: boolean;
}

/**
 * A resource's ETag is its version, with the status of the transfer that is shown beside it where there is one: that
 * changes on its own. A list's is made of its content. An unchanged read is a 304 without a body.
 */
export function successResponse(success: Success, requestId: string): Response {
  const body = typeof success.body === "string" ? success.body : JSON.stringify(success.body);
  const state = stateIn(success.body);
  const etag =
    state !== undefined
      ? `"${state}"`
      : success.isRead
        ? `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
        : undefined;
  const headers = headersOf(requestId, { ...(etag === undefined ? {} : { etag }), ...success.headers });
  if (success.isRead && etag !== undefined && matches(success.ifNoneMatch, etag)) return { statusCode: 304, headers };
  return {
    statusCode: success.status,
    headers: { ...headers, "content-type": success.contentType ?? JSON_TYPE },
    body,
  };
}

function stateIn(body: object | string): string | undefined {
  if (typeof body === "string" || !("data" in body)) return undefined;
  const { data } = body;
  if (typeof data !== "object" || data === null || !("version" in data)) return undefined;
  if (typeof data.version !== "number") return undefined;
  const beside =
    "transfer_status" in data && typeof data.transfer_status === "string" ? `.${data.transfer_status}` : "";
  return `${data.version}${beside}`;
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag.replace(/^W\//, ""));
}

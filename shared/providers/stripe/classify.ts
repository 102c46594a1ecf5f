import type { AnswerMeaning, NotAccepted, Trouble } from "../gateway.ts";
import { type AnswerRow, type Observation, rowFor } from "./answers.ts";

const MAX_MESSAGE_LENGTH = 500;
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * What something thrown by the SDK means: pure, total, never throws. Without a readable HTTP answer it is `unknown`.
 * The SDK leaves `statusCode` undefined for every answer whose body is not JSON, an HTML 502 among them.
 */
export function classifyStripeError(thrown: unknown): NotAccepted {
  const seen = observe(thrown);
  return notAccepted(rowFor(seen), {
    code: seen.code ?? codeWithoutCode(thrown, seen),
    message: textOf(read(thrown, "message")) ?? "no message",
    ...(seen.status === undefined ? {} : { httpStatus: seen.status }),
    ...optional("requestId", textOf(read(thrown, "requestId"))),
    ...optional("retryAfterMs", retryAfterMs(headerOf(thrown, "retry-after"))),
    replayed: seen.replayed,
  });
}

export type TroubleFacts = Omit<Trouble, "class" | "meaning">;

/** An answer by a row of the table. */
export function notAccepted(row: AnswerRow, facts: TroubleFacts): NotAccepted {
  return {
    kind: row.moneyMoved === "no" ? "refused" : "unknown",
    class: row.class,
    ...facts,
    message: forPeople(facts.message),
    meaning: meaningOf(row),
  };
}

function meaningOf({ name: _name, match: _match, class: _class, ...meaning }: AnswerRow): AnswerMeaning {
  return meaning;
}

function observe(thrown: unknown): Observation {
  const raw = read(thrown, "raw");
  const status = isConnectionError(thrown) ? undefined : statusOf(read(thrown, "statusCode"));
  return {
    ...optional("status", status),
    ...optional("code", textOf(read(thrown, "code")) ?? textOf(read(raw, "code"))),
    ...optional("type", textOf(read(thrown, "rawType")) ?? textOf(read(raw, "type"))),
    namesParameter: textOf(read(thrown, "param")) !== undefined,
    replayed: headerOf(thrown, "idempotent-replayed") === "true",
  };
}

function isConnectionError(thrown: unknown): boolean {
  return read(thrown, "type") === "StripeConnectionError";
}

function statusOf(value: unknown): number | undefined {
  const isHttpStatus = typeof value === "number" && Number.isInteger(value) && value >= 100 && value <= 599;
  return isHttpStatus ? value : undefined;
}

function codeWithoutCode(thrown: unknown, seen: Observation): string {
  if (seen.status !== undefined) return seen.type === "idempotency_error" ? seen.type : `http_${seen.status}`;
  if (isConnectionError(thrown))
    return read(read(thrown, "detail"), "code") === "ETIMEDOUT" ? "timeout" : "connection_error";
  return read(thrown, "type") === "StripeAPIError" ? "unreadable_answer" : "no_answer";
}

/** Seconds, as Stripe sends them; a date is not read, because a classifier has no clock. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return undefined;
  return Math.min(Number(header) * 1000, MAX_RETRY_AFTER_MS);
}

function headerOf(thrown: unknown, name: string): string | undefined {
  const headers = read(thrown, "headers") ?? read(read(thrown, "raw"), "headers");
  return textOf(read(headers, name));
}

/** Stripe masks keys in its messages; this holds even if one day it does not. */
function forPeople(message: string): string {
  return message.replaceAll(/\b(sk|rk|pk|whsec)_[A-Za-z0-9_*]+/g, "$1_…").slice(0, MAX_MESSAGE_LENGTH);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A property of anything; a getter that throws counts as absent. */
function read(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [K in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [K in Name]?: Value });
}

import type { z } from "zod";
import type { Authorizer, Principal, RequestContext } from "../iam/authorizer.ts";
import type { FaultRule } from "./faults.ts";

export type ServiceName =
  | "cloudwatch"
  | "dynamodb"
  | "dynamodbstreams"
  | "events"
  | "lambda"
  | "scheduler"
  | "secretsmanager"
  | "sqs"
  | "states"
  | "sts";

/** One call of an AWS API, whatever its protocol. */
export interface AwsCall {
  readonly service: ServiceName;
  readonly operation: string;
  readonly principal: Principal;
  readonly accessKeyId: string | undefined;
  readonly body: string;
  /** REST services only: parts of the path, and the query. */
  readonly pathParts: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** A fault that the service itself carries out. */
  readonly fault?: FaultRule | undefined;
}

export interface AwsReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the call was about, where the service says so: the meter counts the call there. */
  readonly about?: { readonly resource: string; readonly index?: string };
}

export type AwsService = (call: AwsCall) => AwsReply | Promise<AwsReply>;

/** An error as a service of AWS gives it: `code` is what the SDK makes a class of. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { status?: number; details?: Record<string, unknown> } = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.details = options.details ?? {};
  }
}

export function json(value: unknown, status = 200): AwsReply {
  return { status, body: JSON.stringify(value) };
}

/** Throws AccessDeniedException, in AWS's words, unless the caller may do it. */
export function requireAccess(
  authorizer: Authorizer,
  call: Pick<AwsCall, "principal" | "service">,
  access: { readonly action: string; readonly resource: string; readonly context?: RequestContext },
): void {
  const decision = authorizer.authorize({ principal: call.principal, ...access });
  if (decision.allowed) return;
  const isRest = call.service === "lambda" || call.service === "scheduler";
  const code = call.service === "sqs" ? "AccessDenied" : "AccessDeniedException";
  throw new AwsError(code, decision.message, { status: isRest || call.service === "sqs" ? 403 : 400 });
}

export function notSupported(call: Pick<AwsCall, "service" | "operation">): AwsError {
  return new AwsError(
    "UnknownOperationException",
    `the local cloud doesn't answer ${call.service}:${call.operation}; it answers what the template's functions use`,
  );
}

/** The body of a JSON call, checked. Throws the service's validation error with the member's name. */
export function parseInput<T extends z.ZodType>(call: AwsCall, schema: T): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(call.body === "" ? "{}" : call.body);
  } catch {
    throw new AwsError("SerializationException", "The body isn't JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const member = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : issue?.path.join(".");
  throw new AwsError("ValidationException", `${member}: ${issue?.message ?? "not valid"}`);
}

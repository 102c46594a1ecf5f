/** The error object of Stripe's API reference, section "Errors". */
export interface ErrorBody {
  readonly type: "invalid_request_error" | "api_error" | "idempotency_error" | "card_error";
  readonly code?: string;
  readonly message: string;
  readonly param?: string;
}

export interface RefusalOptions {
  /** Execution had begun, so the answer is kept under the idempotency key. Validation, auth and 429 come before it. */
  readonly executionBegan?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is not 2xx. Thrown inside a handler, it undoes the handler's writes. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;
  readonly body: ErrorBody;
  readonly executionBegan: boolean;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: ErrorBody, options: RefusalOptions = {}) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.executionBegan = options.executionBegan ?? false;
    this.headers = options.headers ?? {};
  }
}

/** 400 before execution: nothing is stored under the idempotency key. */
export function invalidParam(param: string, message: string, code?: string): ApiRefusal {
  return new ApiRefusal(400, {
    type: "invalid_request_error",
    message,
    param,
    ...(code === undefined ? {} : { code }),
  });
}

/** 400 after execution began: replayed for as long as the idempotency key lives. */
export function refusedInExecution(body: Omit<ErrorBody, "type">, status = 400): ApiRefusal {
  return new ApiRefusal(status, { type: "invalid_request_error", ...body }, { executionBegan: true });
}

/** A reading of something that does not exist; in a request for it by id Stripe answers 404. */
export function missingResource(kind: string, id: string): ApiRefusal {
  return refusedInExecution({ code: "resource_missing", message: `No such ${kind}: '${id}'`, param: "id" }, 404);
}

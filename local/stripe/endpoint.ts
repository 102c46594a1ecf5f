import type { Fault } from "./faults.ts";
import type { FormParams } from "./form-body.ts";

/** One authenticated request, as an endpoint sees it. */
export interface EndpointCall {
  /** The variable parts of the path. */
  readonly ids: readonly string[];
  readonly params: FormParams;
  /** `Stripe-Account`, if the request is on behalf of a connected account. */
  readonly account: string | undefined;
  readonly maskedKey: string;
  readonly requestId: string;
  readonly idempotencyKey: string | undefined;
  /** A fault that changes the outcome of the execution. */
  readonly fault: Fault | undefined;
}

export interface Endpoint {
  /** As the SDK calls it: `transfers.create`. */
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  /** Gives the body of the 200, or throws an `ApiRefusal`; runs inside a transaction. */
  readonly execute: (call: EndpointCall) => unknown;
}

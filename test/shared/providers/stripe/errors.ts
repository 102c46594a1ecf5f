import Stripe from "stripe";

export interface WireError {
  readonly statusCode: number;
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the SDK throws for an HTTP answer with Stripe's error object. */
export function stripeError({ type = "invalid_request_error", message = "refused", ...rest }: WireError): Error {
  // The SDK's types leave out that its own sender adds the headers and the status to the raw error.
  const raw = { type, message, headers: {}, requestId: "req_1", ...rest };
  return Stripe.errors.generateV1Error(raw as unknown as Parameters<typeof Stripe.errors.generateV1Error>[0]);
}

import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { classifyStripeError } from "../../../../shared/providers/stripe/classify.ts";
import { stripeError } from "./errors.ts";

const replay = { "idempotent-replayed": "true" };

describe("classifyStripeError", () => {
  it("says that a stored refusal was repeated, and still takes it as proof that nothing was created", () => {
    const answer = classifyStripeError(stripeError({ statusCode: 400, code: "balance_insufficient", headers: replay }));
    expect(answer).toMatchObject({
      kind: "refused",
      class: "funds",
      replayed: true,
      meaning: { moneyMoved: "no", settlesKey: true, newEpoch: "yes" },
    });
  });

  it("keeps what support and people need: code, message, status, request id", () => {
    const answer = classifyStripeError(
      stripeError({ statusCode: 400, code: "amount_too_small", message: "At least 1" }),
    );
    expect(answer).toMatchObject({
      code: "amount_too_small",
      message: "At least 1",
      httpStatus: 400,
      requestId: "req_1",
      replayed: false,
    });
  });

  it.each([
    ["2", 2_000],
    ["0", 0],
    ["999999999", 3_600_000],
    ["soon", undefined],
    ["-1", undefined],
    ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
  ])("reads retry-after %s as %s ms", (header, expected) => {
    const answer = classifyStripeError(stripeError({ statusCode: 429, headers: { "retry-after": header } }));
    expect(answer.retryAfterMs).toBe(expected);
  });

  it.each([
    [new Stripe.errors.StripeConnectionError({ detail: { code: "ETIMEDOUT" } } as never), "timeout"],
    [new Stripe.errors.StripeConnectionError({ detail: { code: "ECONNRESET" } } as never), "connection_error"],
    [new Stripe.errors.StripeAPIError({ message: "Invalid JSON" } as never), "unreadable_answer"],
    [new Error("bug"), "no_answer"],
    [stripeError({ statusCode: 404 }), "http_404"],
    [stripeError({ statusCode: 400, type: "idempotency_error" }), "idempotency_error"],
  ])("gives a code where Stripe gave none (%#)", (thrown, code) => {
    expect(classifyStripeError(thrown).code).toBe(code);
  });

  it("does not believe the status of an error that says the connection failed", () => {
    const answer = classifyStripeError({ type: "StripeConnectionError", statusCode: 400, code: "amount_too_small" });
    expect(answer).toMatchObject({ kind: "unknown", class: "unknown" });
  });

  it("shows no key, and bounds the message", () => {
    const message = `Invalid API Key provided: sk_live_abc123DEF ${"x".repeat(1_000)}`;
    const answer = classifyStripeError(stripeError({ statusCode: 401, message }));
    expect(answer.message).toContain("sk_…");
    expect(answer.message).not.toContain("abc123DEF");
    expect(answer.message).toHaveLength(500);
  });

  it("survives an error whose properties throw", () => {
    const hostile = new Proxy(new Error("x"), {
      get: () => {
        throw new Error("no");
      },
    });
    expect(classifyStripeError(hostile)).toMatchObject({ kind: "unknown", message: "no message" });
  });
});

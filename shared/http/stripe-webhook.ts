import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from "aws-lambda";
import type { ReceivedEvent } from "../commands/provider-events.ts";
import { toInstant } from "../domain/dates.ts";
import { type StripeEvent, verifyStripeWebhook, type WebhookRefusal } from "../providers/stripe/webhook.ts";
import { logger } from "../runtime/logger.ts";

export interface WebhookHandlerOptions {
  readonly now: () => number;
  /** Stores the event once; false where it was there already. */
  readonly store: (event: ReceivedEvent) => Promise<boolean>;
  /** The signing secret and, during a rotation, the previous one. */
  readonly signingSecrets: () => Promise<readonly string[]>;
}

const REFUSALS: Readonly<Record<WebhookRefusal, { status: number; text: string }>> = {
  missing_signature: { status: 400, text: "the Stripe-Signature header is missing" },
  bad_signature: { status: 400, text: "the signature does not match the body" },
  too_old: { status: 400, text: "the signature is too old" },
  from_the_future: { status: 400, text: "the signature is from the future" },
  malformed: { status: 400, text: "the body is not an event of Stripe's" },
  too_large: { status: 413, text: "the body is too large" },
};

function answer(statusCode: number, body: Record<string, unknown>): LambdaFunctionURLResult {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** An event's object, or the account it is about where the object has no id of its own. */
function receivedOf(event: StripeEvent): ReceivedEvent {
  const { object } = event.data;
  const account = event.account ?? (object.object === "account" ? object.id : undefined);
  return {
    provider: "stripe",
    id: event.id,
    type: event.type,
    objectId: object.id ?? object.object,
    createdAt: toInstant(event.created * 1000),
    ...(account === undefined ? {} : { account }),
  };
}

/**
 * Stripe's webhook: verified over the raw body, stored once, answered at once; what follows from it happens from the
 * stream. Nothing is written for what is refused. 2xx also for duplicates, so that Stripe stops sending them.
 */
export function createWebhookHandler({ now, store, signingSecrets }: WebhookHandlerOptions) {
  return async (event: LambdaFunctionURLEvent): Promise<LambdaFunctionURLResult> => {
    if (event.requestContext.http.method !== "POST") return answer(405, { error: "only POST" });
    const rawBody = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
    const verdict = verifyStripeWebhook({
      rawBody,
      signatureHeader: event.headers["stripe-signature"],
      secrets: await signingSecrets(),
      nowMs: now(),
    });
    if (!verdict.ok) {
      const { status, text } = REFUSALS[verdict.reason];
      logger.warn("webhook refused", { reason: verdict.reason, sourceIp: event.requestContext.http.sourceIp });
      return answer(status, { error: text, code: verdict.reason });
    }
    const first = await store(receivedOf(verdict.event));
    return answer(200, { received: verdict.event.id, duplicate: !first });
  };
}

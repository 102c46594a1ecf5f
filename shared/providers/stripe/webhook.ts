import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod";

/** Larger bodies are refused unread. Stripe's events are a few KiB. */
export const MAX_WEBHOOK_BYTES = 256 * 1024;
const MAX_HEADER_LENGTH = 4096;

/**
 * What is relied on of an event; the rest of the object is kept as it came and not trusted: who acts fetches the
 * object again. Some objects have no id (`balance.available`). Source: Stripe API reference, "The Event object".
 */
const stripeEventSchema = z.object({
  id: z.string().min(1).max(255),
  object: z.literal("event"),
  type: z.string().min(1).max(255),
  /** Seconds since 1970. */
  created: z.int().nonnegative(),
  /** The connected account that the event is about. */
  account: z.string().min(1).max(255).optional(),
  livemode: z.boolean(),
  api_version: z.string().nullable(),
  data: z.object({
    object: z.looseObject({ id: z.string().min(1).max(255).optional(), object: z.string().min(1) }),
  }),
});
export type StripeEvent = z.infer<typeof stripeEventSchema>;

export interface WebhookRequest {
  /** The body as it came over the wire, base64 of the gateway undone; never parsed and written again. */
  readonly rawBody: Buffer | string;
  /** The header `stripe-signature`. */
  readonly signatureHeader: string | undefined;
  /** The endpoint's signing secrets: during a rotation the new and the previous one. */
  readonly secrets: readonly string[];
  readonly nowMs: number;
  readonly toleranceSeconds?: number;
}

export type WebhookRefusal =
  | "missing_signature"
  | "bad_signature"
  | "too_old"
  | "from_the_future"
  | "malformed"
  | "too_large";

export type WebhookVerdict =
  | { readonly ok: true; readonly event: StripeEvent }
  | { readonly ok: false; readonly reason: WebhookRefusal };

/**
 * Checks that Stripe sent this body, now. The content is parsed only once the signature holds, and time is judged only
 * then, so a forger learns nothing about either. Unlike the SDK's helper it refuses timestamps from the future and
 * signs the bytes, not their decoding. Throws on an empty or blank list of secrets, which would accept anybody.
 * Source: Stripe docs, page "Receive Stripe events in your webhook endpoint", "Verify webhook signatures manually".
 */
export function verifyStripeWebhook(request: WebhookRequest): WebhookVerdict {
  const { signatureHeader, secrets, nowMs, toleranceSeconds = 300 } = request;
  if (secrets.length === 0 || secrets.some((secret) => secret.trim() === "")) {
    throw new Error("a webhook needs at least one signing secret, and no blank one");
  }
  const body = Buffer.from(request.rawBody);
  if (body.length > MAX_WEBHOOK_BYTES) return refused("too_large");
  if (signatureHeader === undefined || signatureHeader.trim() === "") return refused("missing_signature");
  const header = parseHeader(signatureHeader);
  if (header === undefined) return refused("malformed");
  if (header.signatures.length === 0) return refused("missing_signature");
  if (!isSigned(body, header, secrets)) return refused("bad_signature");

  const ageSeconds = Math.floor(nowMs / 1000) - Number(header.timestamp);
  if (ageSeconds > toleranceSeconds) return refused("too_old");
  if (-ageSeconds > toleranceSeconds) return refused("from_the_future");
  return parseEvent(body);
}

interface SignatureHeader {
  /** The digits as sent: they are part of what is signed. */
  readonly timestamp: string;
  /** Of scheme v1; Stripe sends one per secret that is active. */
  readonly signatures: readonly Buffer[];
}

/** Undefined without exactly one timestamp. What is not a v1 signature of the right length is left out. */
function parseHeader(header: string): SignatureHeader | undefined {
  if (header.length > MAX_HEADER_LENGTH) return undefined;
  const parts = header.split(",").map((part) => part.trim());
  const timestamps = parts.filter((part) => part.startsWith("t=")).map((part) => part.slice(2));
  const [timestamp] = timestamps;
  if (timestamp === undefined || timestamps.length > 1 || !/^\d{1,12}$/.test(timestamp)) return undefined;
  const signatures = parts
    .filter((part) => /^v1=[0-9a-f]{64}$/.test(part))
    .map((part) => Buffer.from(part.slice(3), "hex"));
  return { timestamp, signatures };
}

/** Compares every pair, whether or not one has matched, each in constant time. */
function isSigned(body: Buffer, header: SignatureHeader, secrets: readonly string[]): boolean {
  let matches = 0;
  for (const secret of secrets) {
    const expected = createHmac("sha256", secret).update(`${header.timestamp}.`).update(body).digest();
    for (const signature of header.signatures) matches += timingSafeEqual(expected, signature) ? 1 : 0;
  }
  return matches > 0;
}

function parseEvent(body: Buffer): WebhookVerdict {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch {
    return refused("malformed");
  }
  const parsed = stripeEventSchema.safeParse(json);
  return parsed.success ? { ok: true, event: parsed.data } : refused("malformed");
}

function refused(reason: WebhookRefusal): WebhookVerdict {
  return { ok: false, reason };
}

import { createHmac } from "node:crypto";

export interface SignatureInput {
  /** The exact bytes of the body, as text. */
  readonly payload: string;
  /** Newest first; while a secret is being rolled the previous one signs too. */
  readonly secrets: readonly string[];
  readonly timestampS: number;
}

/** The `Stripe-Signature` header: HMAC-SHA256 over `<timestamp>.<payload>`, one `v1` for each secret. */
export function signWebhook({ payload, secrets, timestampS }: SignatureInput): string {
  const signatures = secrets.map(
    (secret) => `v1=${createHmac("sha256", secret).update(`${timestampS}.${payload}`).digest("hex")}`,
  );
  return [`t=${timestampS}`, ...signatures].join(",");
}

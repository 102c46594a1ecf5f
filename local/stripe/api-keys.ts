import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { ApiRefusal } from "./api-refusal.ts";
import { one } from "./stripe-database.ts";

export const apiKeyStatusSchema = z.enum(["active", "expired", "restricted"]);
/** `restricted` lacks every permission that this simulation knows of. */
export type ApiKeyStatus = z.infer<typeof apiKeyStatusSchema>;

/** Known from the first start on. */
export const DEFAULT_API_KEYS: Readonly<Record<string, ApiKeyStatus>> = {
  sk_test_simulated: "active",
  sk_test_simulatedExpired: "expired",
  rk_test_simulatedRestricted: "restricted",
};

const VISIBLE_TAIL = 4;

export interface ApiKeys {
  /** Refuses with 401 or 403; otherwise gives the key as Stripe shows it in messages. */
  check(authorization: string | undefined): { readonly maskedKey: string };
  set(key: string, status: ApiKeyStatus): void;
}

export function createApiKeys(db: DatabaseSync, initial: Readonly<Record<string, ApiKeyStatus>>): ApiKeys {
  const select = db.prepare("SELECT status FROM stripe_api_keys WHERE key = ?");
  const add = db.prepare("INSERT OR IGNORE INTO stripe_api_keys VALUES (?, ?)");
  const save = db.prepare("INSERT OR REPLACE INTO stripe_api_keys VALUES (?, ?)");
  // A key that expired before a restart stays expired.
  for (const [key, status] of Object.entries(initial)) add.run(key, status);

  return {
    check(authorization) {
      const key = bearerOrBasic(authorization);
      if (key === undefined) throw unauthorized("You did not provide an API key.");
      const maskedKey = mask(key);
      const status = one<{ status: ApiKeyStatus }>(select.get(key))?.status;
      if (status === undefined) throw unauthorized(`Invalid API Key provided: ${maskedKey}`);
      if (status === "expired") throw expiredKey(maskedKey);
      if (status === "restricted") throw restrictedKey(maskedKey);
      return { maskedKey };
    },
    set: (key, status) => void save.run(key, status),
  };
}

export function expiredKey(maskedKey: string): ApiRefusal {
  return unauthorized(`Expired API Key provided: ${maskedKey}`, "api_key_expired");
}

export function restrictedKey(maskedKey: string): ApiRefusal {
  const message = `The provided key '${maskedKey}' does not have the required permissions for this endpoint.`;
  return new ApiRefusal(403, { type: "invalid_request_error", message });
}

function unauthorized(message: string, code?: string): ApiRefusal {
  return new ApiRefusal(401, { type: "invalid_request_error", message, ...(code === undefined ? {} : { code }) });
}

function bearerOrBasic(authorization: string | undefined): string | undefined {
  const [scheme, credentials] = (authorization ?? "").split(" ");
  if (credentials === undefined || credentials === "") return undefined;
  if (scheme?.toLowerCase() === "bearer") return credentials;
  if (scheme?.toLowerCase() === "basic") return Buffer.from(credentials, "base64").toString().split(":")[0];
  return undefined;
}

function mask(key: string): string {
  const prefix = /^(sk|rk|pk)_(test|live)_/.exec(key)?.[0] ?? "";
  return `${prefix}${"*".repeat(8)}${key.slice(prefix.length).slice(-VISIBLE_TAIL)}`;
}

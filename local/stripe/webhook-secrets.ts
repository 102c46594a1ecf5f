import type { DatabaseSync } from "node:sqlite";
import { newId, one } from "./stripe-database.ts";

export interface RollSecretOptions {
  /** The target's `id`, or its URL if it has none. */
  readonly target: string;
  readonly secret?: string | undefined;
  /** How long the previous secret signs too; Stripe allows up to 24 h. */
  readonly keepPreviousMs?: number | undefined;
}

export interface WebhookSecrets {
  /** The secrets that sign now, newest first. */
  signing(target: string, configured: string): readonly string[];
  roll(options: RollSecretOptions, configured: string): { readonly secret: string };
}

const DAY_MS = 86_400_000;

export function createWebhookSecrets(db: DatabaseSync, nowMs: () => number): WebhookSecrets {
  const select = db.prepare("SELECT secret, previous, previous_until_ms FROM stripe_webhook_secrets WHERE target = ?");
  const save = db.prepare("INSERT OR REPLACE INTO stripe_webhook_secrets VALUES (?, ?, ?, ?)");
  const rolled = (target: string) =>
    one<{ secret: string; previous: string; previous_until_ms: number }>(select.get(target));

  return {
    signing(target, configured) {
      const roll = rolled(target);
      if (roll === undefined) return [configured];
      return nowMs() < roll.previous_until_ms ? [roll.secret, roll.previous] : [roll.secret];
    },
    roll({ target, secret = newId("whsec"), keepPreviousMs = DAY_MS }, configured) {
      const previous = rolled(target)?.secret ?? configured;
      save.run(target, secret, previous, nowMs() + Math.min(keepPreviousMs, DAY_MS));
      return { secret };
    },
  };
}

import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { one } from "./stripe-database.ts";

const DAY_MS = 86_400_000;
const count = z.int().min(0);

/** Every switch with its default. `…RealMs` is waited for in real time; every other duration is on the virtual clock. */
const settingsSchema = z.strictObject({
  /** Per endpoint; 25 is what Stripe allows in a sandbox. */
  rateLimit: z.strictObject({ enabled: z.boolean(), perSecond: z.int().min(1) }),
  /** Any well-formed account id exists; off: only those that `setAccount` made. */
  createAccountsOnUse: z.boolean(),
  /** What a currency holds that was never set, in minor units. */
  defaultBalance: count,
  maxAmount: z.int().min(1),
  /** A new transfer is not in lists for so long. */
  listLagMs: count,
  latencyRealMs: count,
  /** After a hang of this length the connection is cut. */
  hangRealMs: count,
  /** Stripe refuses a reversal for which the connected account has no funds left. */
  reversalsNeedBalance: z.boolean(),
  webhooks: z.strictObject({
    /** Off: events are recorded and never delivered. */
    enabled: z.boolean(),
    delayMs: count,
    /** Further deliveries of the same event. */
    duplicates: z.int().min(0).max(20),
    /** Each delivery is put off by a random part of this, and what is due together goes out shuffled. */
    disorderWindowMs: count,
    /** The first attempt is made before the API call gets its answer. */
    beforeAnswer: z.boolean(),
    timeoutRealMs: z.int().min(1),
    concurrency: z.int().min(1).max(64),
  }),
  payouts: z.strictObject({ enabled: z.boolean(), delayMs: count }),
});

export type StripeSettings = z.infer<typeof settingsSchema>;

const shape = settingsSchema.shape;

/** A change names only what changes, also inside a group. */
export const settingsPatchSchema = settingsSchema
  .extend({
    rateLimit: shape.rateLimit.partial(),
    webhooks: shape.webhooks.partial(),
    payouts: shape.payouts.partial(),
  })
  .partial();

export type StripeSettingsPatch = z.infer<typeof settingsPatchSchema>;

const DEFAULTS: StripeSettings = {
  rateLimit: { enabled: true, perSecond: 25 },
  createAccountsOnUse: true,
  defaultBalance: 1_000_000_000_000,
  maxAmount: 999_999_999_999,
  listLagMs: 0,
  latencyRealMs: 0,
  hangRealMs: 120_000,
  reversalsNeedBalance: true,
  webhooks: {
    enabled: true,
    delayMs: 0,
    duplicates: 0,
    disorderWindowMs: 0,
    beforeAnswer: false,
    timeoutRealMs: 20_000,
    concurrency: 4,
  },
  payouts: { enabled: true, delayMs: 2 * DAY_MS },
};

export interface SettingsStore {
  current(): StripeSettings;
  update(patch: StripeSettingsPatch): StripeSettings;
}

/** Keeps the switches in the database, so that a restart behaves as before it. */
export function createSettings(db: DatabaseSync): SettingsStore {
  const stored = one<{ settings: string }>(db.prepare("SELECT settings FROM stripe_settings WHERE id = 1").get());
  let settings =
    stored === undefined ? DEFAULTS : merge(DEFAULTS, settingsPatchSchema.parse(JSON.parse(stored.settings)));
  const save = db.prepare(
    "INSERT INTO stripe_settings VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET settings = excluded.settings",
  );

  return {
    current: () => settings,
    update(patch) {
      settings = settingsSchema.parse(merge(settings, settingsPatchSchema.parse(patch)));
      save.run(JSON.stringify(settings));
      return settings;
    },
  };
}

function merge(base: StripeSettings, patch: StripeSettingsPatch): StripeSettings {
  return settingsSchema.parse({
    ...base,
    ...patch,
    rateLimit: { ...base.rateLimit, ...patch.rateLimit },
    webhooks: { ...base.webhooks, ...patch.webhooks },
    payouts: { ...base.payouts, ...patch.payouts },
  });
}

import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { many, one } from "./stripe-database.ts";

/** Every fault by the moment at which it strikes. */
const FAULTS = {
  /** Nothing happens and nothing is stored; the same key may be tried again. */
  beforeExecution: [
    "timeout_before",
    "reset_before",
    "html_502_before",
    "500_unstored",
    "429",
    "lock_timeout",
    "409",
    "expired_key",
    "restricted_key",
  ],
  /**
   * Execution begins and ends in an answer that the idempotency key keeps; only `500_after` has had its effect. The two about
   * amounts are validation, which no key keeps.
   */
  inExecution: [
    "500_before",
    "500_after",
    "insufficient_funds",
    "amount_too_small",
    "amount_too_large",
    "account_invalid",
    "resource_missing",
    "no_account",
    "account_closed",
    "transfers_not_allowed",
    "insufficient_capabilities_for_transfer",
    "not_allowed_on_standard_account",
    "country_unsupported",
    "livemode_mismatch",
  ],
  /** The effect takes place, the true answer is stored, and the caller does not get it. */
  afterExecution: ["timeout", "reset_after", "html_502"],
  /** Runs late; meanwhile the same key gets 409. */
  slow: ["slow"],
  /** The transfer succeeds; the connected account's payout does not. */
  payout: ["payout_failed", "payout_paid_then_failed"],
} as const;

type Moment = keyof typeof FAULTS;
export type FaultAt<M extends Moment> = (typeof FAULTS)[M][number];
export type Fault = FaultAt<Moment>;

const FAULT_NAMES = Object.values(FAULTS).flat() as readonly Fault[] as readonly [Fault, ...Fault[]];

export interface MagicAmount {
  readonly amount: number;
  readonly fault: Fault;
  /** Strikes so often for one idempotency key, then no more; without it always. */
  readonly timesPerKey?: number;
}

/**
 * Amounts in minor units that mean a fault, all between 4,040,101 and 4,040,500. The SDK tries a reset connection again
 * on its own, hence two times for resets.
 */
export const MAGIC_AMOUNTS: readonly MagicAmount[] = [
  { amount: 4_040_101, fault: "timeout", timesPerKey: 1 },
  { amount: 4_040_102, fault: "timeout_before", timesPerKey: 1 },
  { amount: 4_040_103, fault: "reset_after", timesPerKey: 2 },
  { amount: 4_040_104, fault: "reset_before", timesPerKey: 2 },
  { amount: 4_040_105, fault: "html_502", timesPerKey: 1 },
  { amount: 4_040_106, fault: "html_502_before", timesPerKey: 1 },
  { amount: 4_040_201, fault: "insufficient_funds" },
  { amount: 4_040_202, fault: "account_closed" },
  { amount: 4_040_203, fault: "no_account" },
  { amount: 4_040_204, fault: "transfers_not_allowed" },
  { amount: 4_040_205, fault: "account_invalid" },
  { amount: 4_040_206, fault: "not_allowed_on_standard_account" },
  { amount: 4_040_207, fault: "country_unsupported" },
  { amount: 4_040_208, fault: "insufficient_capabilities_for_transfer" },
  { amount: 4_040_209, fault: "livemode_mismatch" },
  { amount: 4_040_210, fault: "resource_missing" },
  { amount: 4_040_211, fault: "amount_too_small" },
  { amount: 4_040_212, fault: "amount_too_large" },
  { amount: 4_040_301, fault: "payout_failed" },
  { amount: 4_040_302, fault: "payout_paid_then_failed" },
  { amount: 4_040_401, fault: "expired_key" },
  { amount: 4_040_403, fault: "restricted_key" },
  { amount: 4_040_409, fault: "409", timesPerKey: 2 },
  { amount: 4_040_428, fault: "lock_timeout", timesPerKey: 2 },
  { amount: 4_040_429, fault: "429", timesPerKey: 2 },
  { amount: 4_040_498, fault: "500_unstored", timesPerKey: 2 },
  { amount: 4_040_499, fault: "500_before" },
  { amount: 4_040_500, fault: "500_after" },
];

export const faultRuleSchema = z.strictObject({
  match: z
    .strictObject({
      /** `transfers.create` unless told; `*` for every endpoint. */
      endpoint: z.string().optional(),
      destination: z.string().optional(),
      amount: z.int().optional(),
      transferGroup: z.string().optional(),
      idempotencyKey: z.string().optional(),
    })
    .default({}),
  fault: z.enum(FAULT_NAMES),
  /** Strikes so many matching requests; without it until cleared. */
  count: z.int().min(1).optional(),
  /** Lets so many matching requests pass first. */
  skip: z.int().min(0).default(0),
  /** For `slow`. */
  delayRealMs: z.int().min(0).default(200),
});

export type FaultRule = z.input<typeof faultRuleSchema>;
type CompleteRule = z.output<typeof faultRuleSchema>;

/** What a rule can be matched with. */
interface RequestFacts {
  readonly endpoint: string;
  readonly destination: string | undefined;
  readonly amount: number | undefined;
  readonly transferGroup: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** A stored answer will be given: what only an execution can meet is left for the next one. */
  readonly replay: boolean;
}

export interface FaultStore {
  add(rule: FaultRule): number;
  clear(): void;
  list(): readonly (CompleteRule & { readonly id: number; readonly remaining: number | null })[];
  /** The fault for this request, if any; uses up one of its times. */
  take(facts: RequestFacts): { readonly fault: Fault; readonly delayRealMs: number } | undefined;
}

interface FaultRow {
  readonly seq: number;
  readonly rule: string;
  readonly skip: number;
  readonly remaining: number | null;
}

export function createFaults(db: DatabaseSync): FaultStore {
  const insert = db.prepare("INSERT INTO stripe_faults (rule, skip, remaining) VALUES (?, ?, ?)");
  const select = db.prepare("SELECT seq, rule, skip, remaining FROM stripe_faults ORDER BY seq");
  const passOver = db.prepare("UPDATE stripe_faults SET skip = skip - 1 WHERE seq = ?");
  const useUp = db.prepare("UPDATE stripe_faults SET remaining = remaining - 1 WHERE seq = ?");
  const removeUsed = db.prepare("DELETE FROM stripe_faults WHERE remaining = 0");
  const removeAll = db.prepare("DELETE FROM stripe_faults");
  const selectHits = db.prepare("SELECT hits FROM stripe_magic_hits WHERE key = ?");
  const addHit = db.prepare(
    "INSERT INTO stripe_magic_hits VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET hits = hits + 1",
  );

  const parsed = () =>
    many<FaultRow>(select.all()).map((row) => ({ ...row, parsed: faultRuleSchema.parse(JSON.parse(row.rule)) }));

  function takeRule(facts: RequestFacts): ReturnType<FaultStore["take"]> {
    for (const row of parsed()) {
      if (!matches(row.parsed, facts) || !canStrike(row.parsed.fault, facts)) continue;
      if (row.skip > 0) {
        passOver.run(row.seq);
        continue;
      }
      useUp.run(row.seq);
      removeUsed.run();
      return { fault: row.parsed.fault, delayRealMs: row.parsed.delayRealMs };
    }
    return undefined;
  }

  function takeMagic(facts: RequestFacts): ReturnType<FaultStore["take"]> {
    if (facts.endpoint !== "transfers.create") return undefined;
    const magic = MAGIC_AMOUNTS.find((candidate) => candidate.amount === facts.amount);
    if (magic === undefined || !canStrike(magic.fault, facts)) return undefined;
    if (magic.timesPerKey !== undefined) {
      const key = `${magic.amount} ${facts.idempotencyKey ?? facts.destination ?? ""}`;
      const hits = one<{ hits: number }>(selectHits.get(key))?.hits ?? 0;
      if (hits >= magic.timesPerKey) return undefined;
      addHit.run(key);
    }
    return { fault: magic.fault, delayRealMs: 0 };
  }

  return {
    add(rule) {
      const complete = faultRuleSchema.parse(rule);
      return Number(insert.run(JSON.stringify(complete), complete.skip, complete.count ?? null).lastInsertRowid);
    },
    clear: () => void removeAll.run(),
    list: () => parsed().map((row) => ({ ...row.parsed, id: row.seq, skip: row.skip, remaining: row.remaining })),
    take: (facts) => takeRule(facts) ?? takeMagic(facts),
  };
}

export function isFaultAt<M extends Moment>(moment: M, fault: Fault | undefined): fault is FaultAt<M> {
  return fault !== undefined && (FAULTS[moment] as readonly Fault[]).includes(fault);
}

function canStrike(fault: Fault, facts: RequestFacts): boolean {
  return !facts.replay || isFaultAt("beforeExecution", fault) || isFaultAt("afterExecution", fault);
}

function matches(rule: CompleteRule, facts: RequestFacts): boolean {
  const { endpoint = "transfers.create", destination, amount, transferGroup, idempotencyKey } = rule.match;
  return (
    (endpoint === "*" || endpoint === facts.endpoint) &&
    (destination === undefined || destination === facts.destination) &&
    (amount === undefined || amount === facts.amount) &&
    (transferGroup === undefined || transferGroup === facts.transferGroup) &&
    (idempotencyKey === undefined || idempotencyKey === facts.idempotencyKey)
  );
}

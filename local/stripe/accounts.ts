import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { type ApiRefusal, refusedInExecution } from "./api-refusal.ts";
import { one } from "./stripe-database.ts";

export const ACCOUNT_PROBLEMS = [
  "account_invalid",
  "resource_missing",
  "no_account",
  "account_closed",
  "transfers_not_allowed",
  "insufficient_capabilities_for_transfer",
  "not_allowed_on_standard_account",
  "country_unsupported",
  "livemode_mismatch",
] as const;

/** Why a transfer to an account is refused; the same as the error code. */
export type AccountProblem = (typeof ACCOUNT_PROBLEMS)[number];

const PAYOUT_OUTCOMES = ["paid", "failed", "paid_then_failed"] as const;
export type PayoutOutcome = (typeof PAYOUT_OUTCOMES)[number];

/** An account whose id starts so has this problem until `setAccount` says otherwise. */
export const MAGIC_ACCOUNT_PREFIXES: Readonly<Record<string, AccountProblem>> = {
  acct_invalid: "account_invalid",
  acct_missing: "resource_missing",
  acct_noaccount: "no_account",
  acct_closed: "account_closed",
  acct_restricted: "transfers_not_allowed",
  acct_nocapability: "insufficient_capabilities_for_transfer",
  acct_standard: "not_allowed_on_standard_account",
  acct_country: "country_unsupported",
  acct_livemode: "livemode_mismatch",
};

/** Transfers to such an account succeed; its payout to the bank does not. */
export const MAGIC_PAYOUT_PREFIXES: Readonly<Record<string, PayoutOutcome>> = {
  acct_payoutfails: "failed",
  acct_payoutreturns: "paid_then_failed",
};

const ACCOUNT_ID = /^acct_[A-Za-z0-9]+$/;

export const accountChangeSchema = z.strictObject({
  problem: z.enum(ACCOUNT_PROBLEMS).nullable().optional(),
  payoutsEnabled: z.boolean().optional(),
  payoutOutcome: z.enum(PAYOUT_OUTCOMES).optional(),
});

/** `problem: null` clears one, also one that the id's prefix gave. */
export type AccountChange = z.infer<typeof accountChangeSchema>;

export interface AccountRow {
  readonly id: string;
  readonly problem: AccountProblem | null;
  readonly payouts_enabled: 0 | 1;
  readonly payout_outcome: PayoutOutcome;
  readonly created_ms: number;
}

export interface AccountStore {
  /** The account, made on first use where the settings allow it. */
  find(id: string): AccountRow | undefined;
  /** For a request about or on behalf of an account: 403 as Stripe answers, whether it exists or not. */
  accessible(id: string, maskedKey: string): AccountRow;
  /** For a transfer: refused in execution, with the account's problem. */
  payable(id: string, maskedKey: string): AccountRow;
  change(id: string, change: AccountChange): { readonly before: AccountRow; readonly after: AccountRow };
}

export function createAccounts(db: DatabaseSync, nowMs: () => number, createOnUse: () => boolean): AccountStore {
  const select = db.prepare(
    "SELECT id, problem, payouts_enabled, payout_outcome, created_ms FROM stripe_accounts WHERE id = ?",
  );
  const save = db.prepare(
    "INSERT OR REPLACE INTO stripe_accounts (id, problem, payouts_enabled, payout_outcome, created_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const write = (row: AccountRow): AccountRow => {
    save.run(row.id, row.problem, row.payouts_enabled, row.payout_outcome, row.created_ms);
    return row;
  };

  function find(id: string): AccountRow | undefined {
    if (!ACCOUNT_ID.test(id)) return undefined;
    const stored = one<AccountRow>(select.get(id));
    if (stored !== undefined) return stored;
    return createOnUse() ? write(firstState(id, nowMs())) : undefined;
  }

  return {
    find,
    accessible(id, maskedKey) {
      const account = find(id);
      if (account === undefined || hidden(account)) throw noAccess(id, maskedKey);
      return account;
    },
    payable(id, maskedKey) {
      const account = find(id);
      if (account === undefined) throw transferRefusal("resource_missing", id, maskedKey);
      if (account.problem !== null) throw transferRefusal(account.problem, id, maskedKey);
      return account;
    },
    change(id, change) {
      if (!ACCOUNT_ID.test(id)) throw new RangeError(`Not an account id: ${id}`);
      const before = find(id) ?? firstState(id, nowMs());
      const after = write({
        ...before,
        problem: change.problem === undefined ? before.problem : change.problem,
        payouts_enabled: change.payoutsEnabled === undefined ? before.payouts_enabled : change.payoutsEnabled ? 1 : 0,
        payout_outcome: change.payoutOutcome ?? before.payout_outcome,
      });
      return { before, after };
    },
  };
}

/** The answer to a transfer to an account with this problem; stored under the idempotency key. */
export function transferRefusal(problem: AccountProblem, id: string, maskedKey: string): ApiRefusal {
  switch (problem) {
    case "account_invalid":
      return noAccess(id, maskedKey);
    case "resource_missing":
      return refusedInExecution({ code: problem, message: `No such destination: '${id}'`, param: "destination" });
    case "insufficient_capabilities_for_transfer":
      return refusedInExecution({
        code: problem,
        message:
          "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments",
      });
    default:
      return refusedInExecution({ code: problem, message: REFUSAL_MESSAGES[problem], param: "destination" });
  }
}

/** Inactive while the account has a problem of its own; a closed bank account leaves it active. */
export function transfersActive(account: AccountRow): boolean {
  return account.problem === null || account.problem === "no_account" || account.problem === "account_closed";
}

const REFUSAL_MESSAGES = {
  no_account: "The bank account of the destination could not be located.",
  account_closed: "The bank account of the destination has been closed.",
  transfers_not_allowed: "The requested transfer cannot be created: transfers to this account are not allowed.",
  not_allowed_on_standard_account: "Transfers and payouts on behalf of a Standard connected account are not allowed.",
  country_unsupported: "Your platform attempted to transfer to an account in a country that is not supported.",
  livemode_mismatch: "The destination exists in live mode, but a test mode key was used to make this request.",
} as const;

function noAccess(id: string, maskedKey: string): ApiRefusal {
  const message = `The provided key '${maskedKey}' does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`;
  return refusedInExecution({ code: "account_invalid", message }, 403);
}

function hidden(account: AccountRow): boolean {
  return account.problem === "account_invalid" || account.problem === "resource_missing";
}

function firstState(id: string, createdMs: number): AccountRow {
  return {
    id,
    problem: byPrefix(MAGIC_ACCOUNT_PREFIXES, id) ?? null,
    payouts_enabled: 1,
    payout_outcome: byPrefix(MAGIC_PAYOUT_PREFIXES, id) ?? "paid",
    created_ms: createdMs,
  };
}

function byPrefix<Value>(prefixes: Readonly<Record<string, Value>>, id: string): Value | undefined {
  return Object.entries(prefixes).find(([prefix]) => id.startsWith(prefix))?.[1];
}

import { type AccountRow, transfersActive } from "./accounts.ts";

export type Metadata = Readonly<Record<string, string>>;

export interface TransferRow {
  readonly seq: number;
  readonly id: string;
  readonly amount: number;
  readonly amount_reversed: number;
  readonly currency: string;
  readonly destination: string;
  readonly transfer_group: string | null;
  readonly description: string | null;
  readonly source_type: string;
  readonly metadata: string;
  readonly balance_transaction: string;
  readonly destination_payment: string;
  readonly created_ms: number;
}

export interface ReversalRow {
  readonly seq: number;
  readonly id: string;
  readonly transfer: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: string;
  readonly balance_transaction: string;
  readonly created_ms: number;
}

/** `scheduled` is ours: on the wire it is `pending`. */
type PayoutStatus = "scheduled" | "paid" | "failed" | "canceled";

export interface PayoutRow {
  readonly seq: number;
  readonly id: string;
  readonly account: string;
  readonly transfer: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: PayoutStatus;
  readonly outcome: string | null;
  readonly failure_code: string | null;
  readonly created_ms: number;
  readonly arrival_ms: number;
}

const EMBEDDED_REVERSALS = 10;

export function secondsOf(ms: number): number {
  return Math.floor(ms / 1_000);
}

export function listObject(url: string, data: readonly unknown[], hasMore: boolean) {
  return { object: "list", data, has_more: hasMore, url };
}

/** `reversals` newest first, as many as there are; the object embeds ten. */
export function transferObject(row: TransferRow, reversals: readonly ReversalRow[]) {
  const embedded = reversals.slice(0, EMBEDDED_REVERSALS).map(reversalObject);
  return {
    id: row.id,
    object: "transfer",
    amount: row.amount,
    amount_reversed: row.amount_reversed,
    balance_transaction: row.balance_transaction,
    created: secondsOf(row.created_ms),
    currency: row.currency,
    description: row.description,
    destination: row.destination,
    destination_payment: row.destination_payment,
    livemode: false,
    metadata: JSON.parse(row.metadata) as Metadata,
    reversals: listObject(`/v1/transfers/${row.id}/reversals`, embedded, reversals.length > EMBEDDED_REVERSALS),
    reversed: row.amount_reversed === row.amount,
    source_transaction: null,
    source_type: row.source_type,
    transfer_group: row.transfer_group,
  };
}

export function reversalObject(row: ReversalRow) {
  return {
    id: row.id,
    object: "transfer_reversal",
    amount: row.amount,
    balance_transaction: row.balance_transaction,
    created: secondsOf(row.created_ms),
    currency: row.currency,
    destination_payment_refund: null,
    metadata: JSON.parse(row.metadata) as Metadata,
    source_refund: null,
    transfer: row.transfer,
  };
}

export function payoutObject(row: PayoutRow) {
  return {
    id: row.id,
    object: "payout",
    amount: row.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: secondsOf(row.arrival_ms),
    automatic: true,
    balance_transaction: `txn_${row.id.slice("po_".length)}`,
    created: secondsOf(row.created_ms),
    currency: row.currency,
    description: "STRIPE PAYOUT",
    destination: `ba_${row.account.slice("acct_".length)}`,
    failure_balance_transaction: row.status === "failed" ? `txn_failed${row.id.slice("po_".length)}` : null,
    failure_code: row.failure_code,
    failure_message: row.failure_code === null ? null : "The bank account has been closed.",
    livemode: false,
    metadata: {},
    method: "standard",
    original_payout: null,
    payout_method: null,
    reconciliation_status: row.status === "paid" ? "completed" : "in_progress",
    reversed_by: null,
    source_type: "card",
    statement_descriptor: null,
    status: row.status === "scheduled" ? "pending" : row.status,
    trace_id: null,
    type: "bank_account",
  };
}

export function balanceObject(balances: readonly { readonly currency: string; readonly amount: number }[]) {
  return {
    object: "balance",
    available: balances.map(({ amount, currency }) => ({ amount, currency, source_types: { card: amount } })),
    connect_reserved: balances.map(({ currency }) => ({ amount: 0, currency })),
    livemode: false,
    pending: balances.map(({ currency }) => ({ amount: 0, currency, source_types: { card: 0 } })),
  };
}

export function accountObject(row: AccountRow) {
  const active = transfersActive(row);
  return {
    id: row.id,
    object: "account",
    business_type: null,
    capabilities: { card_payments: "active", transfers: active ? "active" : "inactive" },
    charges_enabled: true,
    controller: { type: "application" },
    country: "US",
    created: secondsOf(row.created_ms),
    default_currency: "usd",
    details_submitted: true,
    email: null,
    external_accounts: listObject(`/v1/accounts/${row.id}/external_accounts`, [], false),
    future_requirements: requirementsObject(null),
    metadata: {},
    payouts_enabled: row.payouts_enabled === 1,
    requirements: requirementsObject(active ? null : "requirements.past_due"),
    settings: {
      payouts: {
        debit_negative_balances: true,
        schedule: { delay_days: 2, interval: "daily" },
        statement_descriptor: null,
      },
    },
    tos_acceptance: { date: null, ip: null, user_agent: null },
    type: row.problem === "not_allowed_on_standard_account" ? "standard" : "express",
  };
}

export function transfersCapabilityObject(row: AccountRow) {
  const active = transfersActive(row);
  return {
    id: "transfers",
    object: "capability",
    account: row.id,
    future_requirements: requirementsObject(null),
    requested: true,
    requested_at: secondsOf(row.created_ms),
    requirements: requirementsObject(active ? null : "requirements.past_due"),
    status: active ? "active" : "inactive",
  };
}

function requirementsObject(disabledReason: string | null) {
  const due = disabledReason === null ? [] : ["individual.verification.document"];
  return {
    alternatives: [],
    current_deadline: null,
    currently_due: due,
    disabled_reason: disabledReason,
    errors: [],
    eventually_due: due,
    past_due: due,
    pending_verification: [],
  };
}

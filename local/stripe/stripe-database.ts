import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS stripe_transfers (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, amount_reversed INTEGER NOT NULL DEFAULT 0,
  currency TEXT NOT NULL, destination TEXT NOT NULL, transfer_group TEXT, description TEXT, source_type TEXT NOT NULL,
  metadata TEXT NOT NULL, balance_transaction TEXT NOT NULL, destination_payment TEXT NOT NULL, created_ms INTEGER NOT NULL,
  idempotency_key TEXT);
CREATE INDEX IF NOT EXISTS stripe_transfers_group ON stripe_transfers (transfer_group);
CREATE INDEX IF NOT EXISTS stripe_transfers_destination ON stripe_transfers (destination);
CREATE TABLE IF NOT EXISTS stripe_reversals (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, transfer TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
  metadata TEXT NOT NULL, balance_transaction TEXT NOT NULL, created_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS stripe_reversals_transfer ON stripe_reversals (transfer);
CREATE TABLE IF NOT EXISTS stripe_balances (
  account TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (account, currency)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stripe_accounts (
  id TEXT PRIMARY KEY, problem TEXT, payouts_enabled INTEGER NOT NULL, payout_outcome TEXT NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stripe_payouts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, transfer TEXT NOT NULL, amount INTEGER NOT NULL,
  currency TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT, failure_code TEXT, created_ms INTEGER NOT NULL, arrival_ms INTEGER NOT NULL,
  due_ms INTEGER);
CREATE INDEX IF NOT EXISTS stripe_payouts_due ON stripe_payouts (due_ms);
CREATE TABLE IF NOT EXISTS stripe_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, account TEXT, created_ms INTEGER NOT NULL,
  body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stripe_deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, target TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  first_ms INTEGER NOT NULL, due_ms INTEGER, status TEXT NOT NULL, last_answer TEXT);
CREATE INDEX IF NOT EXISTS stripe_deliveries_due ON stripe_deliveries (due_ms);
CREATE INDEX IF NOT EXISTS stripe_deliveries_event ON stripe_deliveries (event_id);
CREATE TABLE IF NOT EXISTS stripe_idempotency (
  account TEXT NOT NULL, key TEXT NOT NULL, endpoint TEXT NOT NULL, path TEXT NOT NULL, fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL, body TEXT NOT NULL, headers TEXT NOT NULL, request_id TEXT NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS stripe_idempotency_age ON stripe_idempotency (created_ms);
CREATE TABLE IF NOT EXISTS stripe_faults (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, skip INTEGER NOT NULL, remaining INTEGER);
CREATE TABLE IF NOT EXISTS stripe_magic_hits (key TEXT PRIMARY KEY, hits INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stripe_api_keys (key TEXT PRIMARY KEY, status TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stripe_webhook_secrets (
  target TEXT PRIMARY KEY, secret TEXT NOT NULL, previous TEXT NOT NULL, previous_until_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stripe_requests (
  endpoint TEXT NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (endpoint, status, outcome)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stripe_settings (id INTEGER PRIMARY KEY CHECK (id = 1), settings TEXT NOT NULL);
`;

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 24;

/** Makes the tables when they are not there yet. */
export function createTables(db: DatabaseSync): void {
  db.exec(SCHEMA);
}

/** An identifier in Stripe's form: `tr_` and 24 letters and digits. */
export function newId(prefix: string): string {
  const letters = [...randomBytes(ID_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return `${prefix}_${letters.join("")}`;
}

/** The one place where a row gets its type: the column list of the statement must match it. */
export function one<Row>(value: unknown): Row | undefined {
  return value as Row | undefined;
}

/** As `one`, for all rows. */
export function many<Row>(values: readonly unknown[]): readonly Row[] {
  return values as readonly Row[];
}

import type { HostContext } from "../contracts.ts";
import { inTransaction } from "../database.ts";
import type { AccountStore, PayoutOutcome } from "./accounts.ts";
import type { Balances } from "./balances.ts";
import type { StripeSettings } from "./settings.ts";
import { many, newId, one } from "./stripe-database.ts";
import { type PayoutRow, payoutObject } from "./stripe-objects.ts";
import type { EventLog } from "./webhook-events.ts";

export interface ConnectedPayouts {
  /** In the caller's transaction. The outcome is the account's unless given. */
  schedule(transfer: {
    readonly id: string;
    readonly destination: string;
    readonly amount: number;
    readonly currency: string;
    readonly outcome?: PayoutOutcome | undefined;
  }): void;
  /** A reversal takes its amount from a payout that has not been made yet; in the caller's transaction. */
  reduce(transferId: string, amount: number): void;
  /** Sets the clock for the next one; to be called after the transaction and when the host starts. */
  arm(): void;
  pending(): number;
  stop(): void;
}

interface DueRow extends PayoutRow {
  readonly due_ms: number;
}

const TIMER = "stripe:payouts";
const DAY_MS = 86_400_000;
/** A paid payout can come back from the bank within five business days. */
const RETURN_AFTER_MS = 3 * DAY_MS;
const COLUMNS =
  "seq, id, account, transfer, amount, currency, status, outcome, failure_code, created_ms, arrival_ms, due_ms";

/** The automatic payouts of connected accounts: one for each transfer, `delayMs` later. */
export function createConnectedPayouts(deps: {
  readonly context: HostContext;
  readonly settings: () => StripeSettings;
  readonly accounts: AccountStore;
  readonly balances: Balances;
  readonly events: EventLog;
  readonly afterCommit: () => void;
}): ConnectedPayouts {
  const { context, settings, accounts, balances, events, afterCommit } = deps;
  const { db, clock } = context;
  const insert = db.prepare(
    "INSERT INTO stripe_payouts (id, account, transfer, amount, currency, status, outcome, created_ms, arrival_ms, due_ms) VALUES (?, ?, ?, ?, ?, 'scheduled', ?, ?, ?, ?)",
  );
  const selectDue = db.prepare(`SELECT ${COLUMNS} FROM stripe_payouts WHERE due_ms <= ? ORDER BY due_ms, seq LIMIT 1`);
  const selectNext = db.prepare("SELECT min(due_ms) AS next FROM stripe_payouts");
  const countDue = db.prepare("SELECT count(*) AS due FROM stripe_payouts WHERE due_ms <= ?");
  const update = db.prepare("UPDATE stripe_payouts SET status = ?, failure_code = ?, due_ms = ? WHERE seq = ?");
  const postpone = db.prepare("UPDATE stripe_payouts SET due_ms = ?, arrival_ms = ? WHERE seq = ?");
  const reduce = db.prepare(
    "UPDATE stripe_payouts SET amount = amount - ? WHERE transfer = ? AND status = 'scheduled'",
  );
  const cancelEmpty = db.prepare(
    "UPDATE stripe_payouts SET status = 'canceled', due_ms = NULL WHERE transfer = ? AND status = 'scheduled' AND amount <= 0",
  );

  function settle(row: DueRow): void {
    const account = accounts.find(row.account);
    if (account?.payouts_enabled !== 1) {
      postpone.run(clock.now() + DAY_MS, clock.now() + DAY_MS, row.seq);
      return;
    }
    const outcome = row.outcome ?? account.payout_outcome;
    if (row.status === "paid" || outcome === "failed") {
      // The funds of a returned payout are back at the connected account.
      if (row.status === "paid") balances.add(row.account, row.currency, row.amount);
      change(row, { status: "failed", failureCode: "account_closed", dueMs: null });
      return;
    }
    balances.add(row.account, row.currency, -row.amount);
    const dueMs = outcome === "paid_then_failed" ? clock.now() + RETURN_AFTER_MS : null;
    change(row, { status: "paid", failureCode: null, dueMs });
  }

  function change(
    row: DueRow,
    to: { status: "paid" | "failed"; failureCode: string | null; dueMs: number | null },
  ): void {
    update.run(to.status, to.failureCode, to.dueMs, row.seq);
    const object = payoutObject({ ...row, status: to.status, failure_code: to.failureCode });
    events.emit({ type: `payout.${to.status}`, object, account: row.account });
  }

  function settleDue(): void {
    for (;;) {
      const row = one<DueRow>(selectDue.get(clock.now()));
      if (row === undefined) break;
      inTransaction(db, () => settle(row));
    }
    arm();
    afterCommit();
  }

  function arm(): void {
    const next = one<{ next: number | null }>(selectNext.get())?.next ?? undefined;
    if (next === undefined) clock.clearTimer(TIMER);
    else clock.setTimer(TIMER, next, settleDue);
  }

  return {
    schedule({ id, destination, amount, currency, outcome }) {
      const { enabled, delayMs } = settings().payouts;
      if (!enabled) return;
      const now = clock.now();
      insert.run(newId("po"), destination, id, amount, currency, outcome ?? null, now, now + delayMs, now + delayMs);
    },
    reduce(transferId, amount) {
      reduce.run(amount, transferId);
      cancelEmpty.run(transferId);
    },
    arm,
    pending: () => one<{ due: number }>(countDue.get(clock.now()))?.due ?? 0,
    stop: () => clock.clearTimer(TIMER),
  };
}

/** A connected account's payouts, newest first. */
export function readPayouts(db: HostContext["db"]): (account: string) => readonly PayoutRow[] {
  const select = db.prepare(`SELECT ${COLUMNS} FROM stripe_payouts WHERE account = ? ORDER BY seq DESC`);
  return (account) => many<PayoutRow>(select.all(account));
}

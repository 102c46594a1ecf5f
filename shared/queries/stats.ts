import type { ActionTallies } from "../counters/actions.ts";
import type { Counts, LineCounts, Tally } from "../counters/tally.ts";
import type { Instant, RecordTypes } from "../domain/model.ts";

type StatsEntity = "payout" | "payout_schedule" | "escrow_hold" | "transfer";
type StatusOf<E extends StatsEntity> = RecordTypes[E]["status"];
type DueTag = "ps" | "eh";

/** Where the figures come from: counters, and a count of due records that stops at a bound. */
export interface StatsSource {
  readonly counts: (organizationId: string) => Promise<Counts>;
  readonly lineCounts: (organizationId: string) => Promise<LineCounts>;
  /** What happened on a UTC day, `2026-11-21`. */
  readonly actions: (organizationId: string, day: string) => Promise<ActionTallies>;
  readonly countDue: (
    organizationId: string,
    tag: DueTag,
    status: "pending" | "active",
    now: Instant,
  ) => Promise<{ readonly count: number; readonly capped: boolean }>;
}

const STATUSES: { readonly [E in StatsEntity]: { readonly [S in StatusOf<E>]: true } } = {
  payout: {
    pending_approval: true,
    approved: true,
    processing: true,
    partially_paid: true,
    paid: true,
    rejected: true,
    failed: true,
    cancelled: true,
  },
  payout_schedule: { pending: true, processing: true, completed: true, failed: true, cancelled: true },
  escrow_hold: { active: true, released: true, forfeited: true, cancelled: true },
  transfer: {
    pending: true,
    processing: true,
    retryable: true,
    outcome_unknown: true,
    awaiting_funds: true,
    awaiting_payee: true,
    failed_terminal: true,
    completed: true,
    reversed: true,
  },
};

const TODAYS: Readonly<Record<StatsEntity, readonly string[]>> = {
  payout: ["created", "approved", "paid"],
  payout_schedule: ["triggered", "processed", "failed"],
  escrow_hold: ["released", "partially_released", "forfeited", "cancelled"],
  transfer: ["completed", "failed"],
};

const DUE: Partial<Readonly<Record<StatsEntity, { readonly tag: DueTag; readonly status: "pending" | "active" }>>> = {
  payout_schedule: { tag: "ps", status: "pending" },
  escrow_hold: { tag: "eh", status: "active" },
};

interface WireTally {
  readonly count: number;
  readonly amount: number;
}

interface WireGroup {
  readonly count: number;
  readonly by_currency: Readonly<Record<string, WireTally>>;
}

export interface WireStats {
  readonly total: number;
  readonly by_status: Readonly<Record<string, WireGroup>>;
  readonly due?: { readonly count: number; readonly capped: boolean };
  readonly today: Readonly<Record<string, WireGroup>>;
}

/** An organization's figures about one kind of record, in their wire form. A record is in exactly one status and currency. */
export async function readStats(
  source: StatsSource,
  organizationId: string,
  entity: StatsEntity,
  now: Instant,
): Promise<WireStats> {
  const due = DUE[entity];
  const [counts, actions, dueNow] = await Promise.all([
    source.counts(organizationId),
    source.actions(organizationId, now.slice(0, 10)),
    due === undefined ? undefined : source.countDue(organizationId, due.tag, due.status, now),
  ]);
  const byStatus = Object.keys(STATUSES[entity]).map((status) => [status, groupOf(counts[entity]?.[status])] as const);
  return {
    total: byStatus.reduce((sum, [, { count }]) => sum + count, 0),
    by_status: Object.fromEntries(byStatus),
    ...(dueNow === undefined ? {} : { due: { count: dueNow.count, capped: dueNow.capped } }),
    today: Object.fromEntries(TODAYS[entity].map((name) => [name, groupOf(actions[`${entity}.${name}`])])),
  };
}

function groupOf(tallies: Readonly<Record<string, Tally>> = {}): WireGroup {
  const present = Object.entries(tallies).filter(([, { count, amountMinor }]) => count !== 0 || amountMinor !== 0);
  return {
    count: present.reduce((sum, [, { count }]) => sum + count, 0),
    by_currency: Object.fromEntries(
      present.map(([currency, { count, amountMinor }]) => [currency, { count, amount: amountMinor }]),
    ),
  };
}

export interface WireAuditStats {
  readonly total: number;
  readonly by_entity: LineCounts;
  readonly today: Readonly<Record<string, number>>;
}

/** How many audit lines there are, by kind of record, and today's by action. */
export async function readAuditStats(
  source: StatsSource,
  organizationId: string,
  now: Instant,
): Promise<WireAuditStats> {
  const [lines, actions] = await Promise.all([
    source.lineCounts(organizationId),
    source.actions(organizationId, now.slice(0, 10)),
  ]);
  return {
    total: Object.values(lines).reduce((sum, count) => sum + count, 0),
    by_entity: lines,
    today: Object.fromEntries(Object.entries(actions).map(([action, tallies]) => [action, groupOf(tallies).count])),
  };
}

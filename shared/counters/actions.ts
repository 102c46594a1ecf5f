import type { AuditLine } from "../audit/chain.ts";
import { eventTypesByEntity } from "../events/event-types.ts";
import type { Image, StreamChange } from "../events/stream-change.ts";
import { bump, currencyOf, type Deltas, NO_CURRENCY, type Tally } from "./tally.ts";

/** Actions whose amounts are counted as well, by currency; of all others only the number is. */
const MONEY_ACTIONS: ReadonlySet<string> = new Set([
  "payout.created",
  "payout.approved",
  "payout.paid",
  "payout_schedule.triggered",
  "payout_schedule.processed",
  "payout_schedule.failed",
  "escrow_hold.released",
  "escrow_hold.partially_released",
  "escrow_hold.forfeited",
  "escrow_hold.cancelled",
  "transfer.completed",
  "transfer.failed",
]);

/** A hand that makes up a stamp can't make up counters. */
const KNOWN_ACTIONS: ReadonlySet<string> = new Set<string>(Object.values(eventTypesByEntity).flat());

/** By action and currency; `XXX` where no amount is counted. */
export type ActionTallies = Readonly<Record<string, Readonly<Record<string, Tally>>>>;

/** One thing that happened, as a day counts it. */
export interface Happening {
  /** UTC, `2026-11-21`. */
  readonly day: string;
  readonly action: string;
  readonly currency: string;
  /** The record's amount; of a partial release what was released. 0 where amounts aren't counted. */
  readonly amountMinor: number;
}

interface Told {
  readonly action: string;
  readonly at: string;
  readonly before: Image | undefined;
  readonly after: Image | undefined;
}

/** What a change counts as; nothing where no command made it. */
export function happeningOf({ stamp, before, after }: StreamChange): Happening | undefined {
  return stamp === undefined ? undefined : happening({ action: stamp.action, at: stamp.at, before, after });
}

function happening({ action, at, before, after }: Told): Happening | undefined {
  if (!KNOWN_ACTIONS.has(action)) return undefined;
  const day = at.slice(0, 10);
  if (!MONEY_ACTIONS.has(action)) return { day, action, currency: NO_CURRENCY, amountMinor: 0 };
  const left = amountIn(after);
  const amountMinor = action === "escrow_hold.partially_released" ? amountIn(before) - left : left;
  return { day, action, currency: currencyOf(after ?? {}), amountMinor };
}

function amountIn(image: Image | undefined): number {
  const amount = image?.amountMinor;
  return typeof amount === "number" && Number.isSafeInteger(amount) ? amount : 0;
}

/** Adds to a day's sums: `n.escrow_hold.released.USD` is a number of changes, `a.…` what they moved. */
export function addHappening(deltas: Deltas, { action, currency, amountMinor }: Happening): void {
  bump(deltas, `n.${action}.${currency}`, 1);
  bump(deltas, `a.${action}.${currency}`, amountMinor);
}

export function actionsOf(sums: Deltas): ActionTallies {
  const tallies: Record<string, Record<string, Tally>> = {};
  for (const [name, value] of sums) {
    const [, kind, action = "", currency = ""] = /^([na])\.(.+)\.([A-Z]{3})$/.exec(name) ?? [];
    if (kind === undefined) continue;
    const byCurrency = tallies[action] ?? {};
    const tally = byCurrency[currency] ?? { count: 0, amountMinor: 0 };
    tallies[action] = byCurrency;
    byCurrency[currency] = kind === "n" ? { ...tally, count: value } : { ...tally, amountMinor: value };
  }
  return tallies;
}

/** What each day's counters of these lines' organization must say, by day. Lines that no command made are skipped. */
export function recountActions(lines: Iterable<AuditLine>): Readonly<Record<string, ActionTallies>> {
  const days = new Map<string, Deltas>();
  for (const { action, created_at: at, before_state, after_state, metadata } of lines) {
    if (metadata.problem !== undefined) continue;
    const happened = happening({ action, at, before: before_state ?? undefined, after: after_state ?? undefined });
    if (happened === undefined) continue;
    const sums = days.get(happened.day) ?? new Map<string, number>();
    days.set(happened.day, sums);
    addHappening(sums, happened);
  }
  return Object.fromEntries([...days].map(([day, sums]) => [day, actionsOf(sums)]));
}

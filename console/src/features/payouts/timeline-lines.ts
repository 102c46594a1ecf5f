import type { Wire } from "../../session/me.ts";
import { describeLateness } from "../parts/due-state.ts";
import type { JournalEntry, Posting } from "./journal-entries.ts";

export type TimelineKind = "payout" | "schedule" | "hold" | "transfer" | "journal";

export const timelineKinds: readonly TimelineKind[] = ["payout", "schedule", "hold", "transfer", "journal"];

/** One thing that happened. */
export interface TimelineLine {
  readonly id: string;
  readonly at: string;
  readonly kind: TimelineKind;
  readonly title: string;
  /** Of the record that it happened to. */
  readonly entityId: string;
  /** Minor units; undefined where the line is about no amount of its own. */
  readonly amountMinor?: number;
  readonly oldStatus?: string;
  readonly newStatus?: string;
  readonly actor: string;
  readonly actorType: string;
  readonly actorRole?: string;
  readonly reason?: string;
  readonly detail?: string;
  /** Of a posting to the ledger. */
  readonly postings?: readonly Posting[];
}

const kinds: Readonly<Record<string, TimelineKind>> = {
  payout: "payout",
  payout_schedule: "schedule",
  escrow_hold: "hold",
  transfer: "transfer",
};

/** Where the action's own name doesn't say it well. */
const titles: Readonly<Record<string, string>> = {
  "payout.updated": "Payout changed",
  "payout.approved": "Payout approved",
  "payout.vote_recorded": "Approved, one more person needed",
  "payout.processing": "Payout on its way",
  "payout.partially_paid": "Payout partly paid",
  "payout.paid_outside": "Paid outside of the providers",
  "payout.marked_failed": "Payout stopped by a person",
  "payout_schedule.updated": "Schedule changed",
  "escrow_hold.updated": "Hold changed",
  "escrow_hold.partially_released": "Hold released in part",
  "escrow_hold.release_failed": "Hold due, something in the way",
  "transfer.attempted": "Transfer handed to the provider",
  "transfer.retry_scheduled": "Transfer to be tried again",
  "transfer.resumed": "Transfer sent again",
  "transfer.updated": "Transfer changed",
  "transfer.settled": "Outcome of the transfer settled by a person",
  "transfer.reversal_requested": "Reversal of the transfer asked for",
  "transfer.reversal_failed": "Reversal of the transfer failed",
  "transfer.paid_out": "Paid out to the payee’s bank",
};

/** A payout's own amount is the same in each of its lines: it is told where it matters. */
const aboutTheAmount: ReadonlySet<string> = new Set(["payout.created", "payout.approved", "payout.paid"]);

const LATE = /(\d+) s late/;

/** `scheduler, 866549 s late` as people say it. */
function detailOf(detail: string): string {
  return detail.replace(LATE, (_text, seconds: string) => describeLateness(Number(seconds)));
}

function titleOf(action: string, kind: TimelineKind): string {
  const known = titles[action];
  if (known !== undefined) return known;
  const verb = action.slice(action.indexOf(".") + 1).replaceAll("_", " ");
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${verb}`;
}

/** Everything that happened to a payout, its parts and its ledger, newest first. */
export function timelineLines(
  entries: readonly Wire["PayoutTimelineEntry"][],
  journal: readonly JournalEntry[],
): readonly TimelineLine[] {
  const lines = [...entries.map(lineOf), ...journal.map(journalLineOf)];
  // The sort is stable: what happened in one commit keeps its order, then all is turned round.
  return lines.toSorted((a, b) => (a.at === b.at ? 0 : a.at < b.at ? -1 : 1)).reverse();
}

function lineOf(entry: Wire["PayoutTimelineEntry"]): TimelineLine {
  const { at, action, entity_type, entity_id, version, amount, old_status, new_status, actor_role, reason, detail } =
    entry;
  const kind = kinds[entity_type] ?? "payout";
  const tellsAmount = amount !== null && (kind !== "payout" || aboutTheAmount.has(action));
  return {
    id: `${entity_id} ${version} ${action}`,
    at,
    kind,
    title: titleOf(action, kind),
    entityId: entity_id,
    actor: entry.actor,
    actorType: entry.actor_type,
    ...(tellsAmount ? { amountMinor: amount } : {}),
    ...(new_status !== null && new_status !== old_status ? { newStatus: new_status } : {}),
    ...(old_status !== null && new_status !== old_status ? { oldStatus: old_status } : {}),
    ...(actor_role === null ? {} : { actorRole: actor_role }),
    ...(reason === null ? {} : { reason }),
    ...(detail === null ? {} : { detail: detailOf(detail) }),
  };
}

function journalLineOf({ id, at, kind, postings, causeId, actor, actorType }: JournalEntry): TimelineLine {
  return {
    id,
    at,
    kind: "journal",
    title: `Posted: ${kind.replaceAll("_", " ")}`,
    entityId: causeId,
    actor,
    actorType,
    postings,
  };
}

export interface TimelineDay {
  readonly day: string;
  readonly lines: readonly TimelineLine[];
}

/** Lines of one day together, in the order they come; `dayOf` names an instant's day. */
export function byDay(lines: readonly TimelineLine[], dayOf: (instant: string) => string): readonly TimelineDay[] {
  const days = new Map<string, TimelineLine[]>();
  for (const line of lines) {
    const day = dayOf(line.at);
    const known = days.get(day);
    if (known === undefined) days.set(day, [line]);
    else known.push(line);
  }
  return [...days].map(([day, ofDay]) => ({ day, lines: ofDay }));
}

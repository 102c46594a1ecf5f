import type { LimitSettings } from "../access/limits.ts";
import { addMs, latenessSeconds, laterOf } from "./dates.ts";
import {
  accept,
  amend,
  type CommandContext,
  changeOf,
  type Decision,
  type RecordChange,
  type Refusal,
  refuse,
} from "./decision.ts";
import { sendingRefusal } from "./duties.ts";
import * as journal from "./journal.ts";
import type {
  Blocker,
  BlockerCode,
  Destination,
  EscrowHold,
  Firing,
  Instant,
  Payee,
  Payout,
  PayoutSchedule,
  ReleasePath,
} from "./model.ts";
import { FamilyDraft, sameDestination } from "./payout.ts";
import { sendOut } from "./send-out.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Nothing is released in part from a payout with more children. A payout that ends changes each of its open parts in one
 * commit, which has room for 100 records: a part makes at least two children and changes one record.
 */
const MAX_CHILDREN_BEFORE_PARTS = 100;

/** The payee's destination that money goes to: the first at a provider that can send. */
export function currentDestination(payee: Payee | undefined): Destination | undefined {
  return payee?.destinations.find((destination) => destination.provider === "stripe");
}

/** When a blocked record is looked at again: after an hour at first, then ever more slowly, daily at the most. */
export function nextCheck(since: Instant, now: Instant): Instant {
  const waited = Date.parse(now) - Date.parse(since);
  return addMs(now, Math.min(DAY_MS, Math.max(HOUR_MS, waited)));
}

const FIXABLE_BY: Readonly<Record<BlockerCode, Blocker["fixableBy"]>> = {
  approval_pending: "approver",
  approval_void: "approver",
  destination_missing: "payee",
  destination_changed: "approver",
  destination_cooling_off: "system",
  payee_action_required: "payee",
  insufficient_funds: "finance",
  provider_circuit_open: "admin",
  sending_paused: "admin",
  outcome_unknown: "system",
  person_required: "admin",
};

/** The blocker as it stands now; one that was there before keeps its start. */
export function blockerOf(code: BlockerCode, previous: Blocker | undefined, now: Instant, detail?: string): Blocker {
  const since = previous?.code === code ? previous.since : now;
  return {
    code,
    since,
    fixableBy: FIXABLE_BY[code],
    nextCheckAt: nextCheck(since, now),
    ...(detail === undefined ? {} : { detail }),
  };
}

export interface ReleaseSurroundings {
  readonly payout: Payout;
  readonly payee?: Payee | undefined;
  /** What the payee owes in the payout's currency, minor units; at most this is set off. */
  readonly owedMinor: number;
  /** The organization's limits, for what a person asks for. */
  readonly settings?: LimitSettings;
}

export interface Obstacle {
  readonly code: BlockerCode;
  readonly detail?: string;
  /** What was approved is no longer what would be sent. */
  readonly voidsApproval?: boolean;
  /** The instant at which it is gone by itself. */
  readonly until?: Instant;
}

/** What keeps money of a payout from being sent now; the first in the order in which people can do something about it. */
export function obstacleTo(
  { payout, payee }: Pick<ReleaseSurroundings, "payout" | "payee">,
  now: Instant,
): Obstacle | undefined {
  if (payout.markedFailed !== undefined) return { code: "person_required", detail: "the payout was marked as failed" };
  if (payout.approval.state === "void") return { code: "approval_void", detail: "what was approved has changed" };
  if (payout.approval.state !== "approved") return { code: "approval_pending" };
  const destination = currentDestination(payee);
  if (destination === undefined) {
    return { code: "destination_missing", detail: `payee ${payout.payeeId} has no destination that can be paid` };
  }
  // What people approved without a destination was no approval of the first one that somebody enters.
  const approvedByPeople = payout.approval.mode === "manual";
  if (payout.destination === undefined ? approvedByPeople : !sameDestination(payout.destination, destination)) {
    return {
      code: "destination_changed",
      detail: `the payee's destination ${payout.destination === undefined ? "was entered" : "changed"} after the approval`,
      voidsApproval: true,
    };
  }
  const usableFrom = payee?.destinationUsableFrom;
  if (usableFrom !== undefined && now < usableFrom) {
    const detail = `the payee's destination changed and is not used before ${usableFrom}`;
    return { code: "destination_cooling_off", detail, until: usableFrom };
  }
  return undefined;
}

/** The blocker that an obstacle makes; one that is gone by itself is looked at again at that very instant. */
function blockerFor(found: Obstacle, previous: Blocker | undefined, now: Instant): Blocker {
  const blocker = blockerOf(found.code, previous, now, found.detail);
  return found.until === undefined ? blocker : { ...blocker, nextCheckAt: found.until };
}

/** True where the record already says so and isn't to be looked at yet: nothing would change but its version. */
function stillBlocked(found: Obstacle, blocker: Blocker | undefined, now: Instant): blocker is Blocker {
  if (found.voidsApproval === true || blocker?.code !== found.code) return false;
  return blocker.nextCheckAt !== undefined && now < blocker.nextCheckAt;
}

function firingOf(plannedAt: Instant | undefined, path: ReleasePath, now: Instant): Firing {
  return {
    firedAt: now,
    path,
    latenessSeconds: latenessSeconds(plannedAt, now),
    ...(plannedAt === undefined ? {} : { plannedAt }),
  };
}

/** What a release came to: money on its way, all of it set off, or waiting for somebody. */
export type ReleaseOutcome =
  | { readonly kind: "sent"; readonly transferId: string }
  | { readonly kind: "set_off" }
  | { readonly kind: "blocked"; readonly blocker: Blocker };

/** With the record that was released as it stands now, also where nothing changed. */
export type ReleaseResult<Released> = ReleaseOutcome & { readonly record: Released };

function outcomeOf(transferId: string | undefined): ReleaseOutcome {
  return transferId === undefined ? { kind: "set_off" } : { kind: "sent", transferId };
}

function voidApproval(draft: FamilyDraft, detail: string | undefined): void {
  const { payout } = draft;
  // Who approved what has changed since is asked again.
  const { votes: _votes, ...approval } = payout.approval;
  draft.update({
    approval: { ...approval, state: "void", ...(detail === undefined ? {} : { reason: detail }) },
    ...(payout.status === "approved" ? { status: "pending_approval" as const } : {}),
  });
}

/** It stays due and says what is in the way; an approval of what has changed since is void from now on. */
function staysDue<Released>(
  draft: FamilyDraft,
  found: Obstacle,
  change: RecordChange,
  blocked: { readonly blocker: Blocker; readonly record: Released },
): Decision<ReleaseResult<Released>> {
  const value = { kind: "blocked", ...blocked } as const;
  if (found.voidsApproval === true) voidApproval(draft, found.detail);
  if (!draft.hasChanged) return accept([change], value);
  draft.add(change);
  return accept(draft.finish(), value);
}

/** Only what a person releases has a sender: the rest is due by its date or its event, whoever asks for it. */
function senderRefusal(
  path: ReleasePath,
  { payout, settings }: ReleaseSurroundings,
  context: CommandContext,
): Refusal | undefined {
  return path === "manual" ? sendingRefusal(payout, settings, context) : undefined;
}

/** Refused unless the hold is still active. */
export function holdRefusal(hold: EscrowHold): Refusal | undefined {
  if (hold.status === "active") return undefined;
  const code = `hold_already_${hold.status}` as const;
  return { code, message: `hold ${hold.id} is already ${hold.status}` };
}

export interface HoldRelease {
  readonly hold: EscrowHold;
  readonly path: ReleasePath;
  /** Part of the hold in minor units; absent: all of it. Only a person releases a part. */
  readonly amountMinor?: number;
  readonly notes?: string;
}

/**
 * Releases a hold, whole or in part: the hold, its transfer, the payout and the journal in one decision.
 * Before its date only a person's release (`manual`) goes through, or is refused where something is in the way. From its
 * date on a hold with an obstacle stays active and due, and carries the blocker. Refused to a person who created or
 * approved the payout, or who may not send as much.
 */
export function releaseHold(
  release: HoldRelease,
  surroundings: ReleaseSurroundings,
  context: CommandContext,
): Decision<ReleaseResult<EscrowHold>> {
  const { hold, path } = release;
  const refused = holdRefusal(hold);
  if (refused !== undefined) return { ok: false, refusal: refused };
  const amountMinor = release.amountMinor ?? hold.amountMinor;
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 1) {
    return refuse(
      "amount_too_small",
      `the released amount must be at least 1 minor unit, not ${amountMinor}`,
      "amount",
    );
  }
  if (amountMinor > hold.amountMinor) {
    return refuse("hold_amount_exceeded", `hold ${hold.id} holds ${hold.amountMinor}, not ${amountMinor}`, "amount");
  }
  if (path !== "manual" && context.now < hold.releaseDate) {
    return refuse("hold_not_due", `hold ${hold.id} is to be released at ${hold.releaseDate}, now is ${context.now}`);
  }
  const barred = senderRefusal(path, surroundings, context);
  if (barred !== undefined) return { ok: false, refusal: barred };
  const draft = new FamilyDraft(surroundings.payout, context);
  const obstacle = obstacleTo(surroundings, context.now);
  const destination = currentDestination(surroundings.payee);
  if (obstacle !== undefined || destination === undefined) {
    const found = obstacle ?? { code: "destination_missing" as const };
    if (context.now < hold.releaseDate) {
      return refuse("blocked", `hold ${hold.id} can't be released early: ${found.detail ?? found.code}`);
    }
    if (stillBlocked(found, hold.blocker, context.now)) {
      return accept([], { kind: "blocked", blocker: hold.blocker, record: hold });
    }
    const blocker = blockerFor(found, hold.blocker, context.now);
    const after = amend("escrow_hold", hold, { blocker }, "escrow_hold.release_failed", context);
    return staysDue(draft, found, changeOf("escrow_hold", after, hold), { blocker, record: after });
  }
  const rest = hold.amountMinor - amountMinor;
  if (rest > 0 && surroundings.payout.children > MAX_CHILDREN_BEFORE_PARTS) {
    return refuse("too_many_children", `payout ${hold.payoutId} is in too many parts already`, "amount");
  }
  const version = hold.version + 1;
  draft.post("hold_release", journal.holdRelease(amountMinor), { entity: "escrow_hold", id: hold.id, version });
  draft.update({ heldMinor: surroundings.payout.heldMinor - amountMinor });
  const { owedMinor } = surroundings;
  const cause = { entity: "escrow_hold", id: hold.id } as const;
  if (path === "manual") draft.noteSender();
  const { transferId } = sendOut(draft, { cause, causeVersion: version, amountMinor, owedMinor, destination }, context);
  const after = amend(
    "escrow_hold",
    hold,
    {
      amountMinor: rest === 0 ? hold.amountMinor : rest,
      status: rest === 0 ? "released" : "active",
      firing: firingOf(path === "manual" ? undefined : hold.releaseDate, path, context.now),
      releasedAt: context.now,
      releasedBy: context.actor.id,
      releaseNotes: release.notes,
      transferId,
      blocker: undefined,
    },
    rest === 0 ? "escrow_hold.released" : "escrow_hold.partially_released",
    context,
  );
  draft.add(changeOf("escrow_hold", after, hold));
  return accept(draft.finish(), { ...outcomeOf(transferId), record: after });
}

function scheduleRefusal(schedule: PayoutSchedule): Refusal | undefined {
  switch (schedule.status) {
    case "pending":
      return undefined;
    case "failed":
      return { code: "schedule_not_due", message: `schedule ${schedule.id} failed; its transfer has to be retried` };
    case "processing":
      return { code: "schedule_already_processing", message: `schedule ${schedule.id} is already processing` };
    case "completed":
      return { code: "schedule_already_completed", message: `schedule ${schedule.id} is already completed` };
    case "cancelled":
      return { code: "schedule_cancelled", message: `schedule ${schedule.id} is cancelled` };
  }
}

export interface ScheduleFiring {
  readonly schedule: PayoutSchedule;
  readonly path: ReleasePath;
}

/**
 * Fires a payout schedule: schedule, transfer and payout in one decision. By the clock only from its date on; by its
 * event or a person at any time, unless that person created or approved the payout or may not send as much. A failed one
 * goes again through its transfer (`retryTransfer`).
 */
export function fireSchedule(
  firing: ScheduleFiring,
  surroundings: ReleaseSurroundings,
  context: CommandContext,
): Decision<ReleaseResult<PayoutSchedule>> {
  const { schedule, path } = firing;
  const refused = scheduleRefusal(schedule);
  if (refused !== undefined) return { ok: false, refusal: refused };
  const byClock = path !== "manual" && path !== "event";
  if (byClock && (schedule.scheduledDate === undefined || context.now < schedule.scheduledDate)) {
    const when = schedule.scheduledDate ?? `its trigger ${schedule.triggerEvent}`;
    return refuse("schedule_not_due", `schedule ${schedule.id} waits for ${when}, now is ${context.now}`);
  }
  const barred = senderRefusal(path, surroundings, context);
  if (barred !== undefined) return { ok: false, refusal: barred };
  // Fired by its event or a person while blocked, it stays due from now on and goes by itself; one that was due already
  // keeps its date.
  const { scheduledDate } = schedule;
  const wasDue = scheduledDate !== undefined && scheduledDate <= context.now;
  const dueFrom = wasDue ? scheduledDate : context.now;
  const draft = new FamilyDraft(surroundings.payout, context);
  const obstacle = obstacleTo(surroundings, context.now);
  const destination = currentDestination(surroundings.payee);
  if (obstacle !== undefined || destination === undefined) {
    const found = obstacle ?? { code: "destination_missing" as const };
    if (wasDue && stillBlocked(found, schedule.blocker, context.now)) {
      return accept([], { kind: "blocked", blocker: schedule.blocker, record: schedule });
    }
    const blocker = blockerFor(found, schedule.blocker, context.now);
    const blocked = { blocker, scheduledDate: dueFrom };
    // It goes by itself later, and yet because of this person, who can't be the one to approve it.
    if (path === "manual" && !wasDue) draft.noteSender();
    const after = amend("payout_schedule", schedule, blocked, "payout_schedule.updated", context);
    return staysDue(draft, found, changeOf("payout_schedule", after, schedule), { blocker, record: after });
  }
  const { amountMinor } = schedule;
  const { owedMinor } = surroundings;
  const cause = { entity: "payout_schedule", id: schedule.id } as const;
  if (path === "manual") draft.noteSender();
  const { transferId, sentMinor } = sendOut(
    draft,
    { cause, causeVersion: schedule.version + 1, amountMinor, owedMinor, destination },
    context,
  );
  const planned = schedule.scheduledDate === undefined || path === "manual" ? undefined : schedule.scheduledDate;
  const done = transferId === undefined;
  const after = amend(
    "payout_schedule",
    schedule,
    {
      status: done ? "completed" : "processing",
      scheduledDate: schedule.scheduledDate ?? context.now,
      firing: firingOf(planned, path, context.now),
      transferId,
      processedAt: done ? context.now : undefined,
      sentMinor,
      blocker: undefined,
    },
    done ? "payout_schedule.processed" : "payout_schedule.triggered",
    context,
  );
  draft.add(changeOf("payout_schedule", after, schedule));
  return accept(draft.finish(), { ...outcomeOf(transferId), record: after });
}

/** Brings a hold's or a schedule's next look forward to now; nothing changes where it isn't blocked. */
export function dueAt(record: { readonly blocker?: Blocker }, date: Instant): Instant {
  return record.blocker?.nextCheckAt === undefined ? date : laterOf(date, record.blocker.nextCheckAt);
}

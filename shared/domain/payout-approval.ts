import { highValueRefusal, isHighValue, type LimitSettings } from "../access/limits.ts";
import { addMs } from "./dates.ts";
import {
  amend,
  type CommandContext,
  changeOf,
  create,
  type Decision,
  type RecordChange,
  type Refusal,
  refuse,
} from "./decision.ts";
import { approversOf } from "./duties.ts";
import { cancellation } from "./journal.ts";
import type { ApprovalVote, ApproverUsage, Destination, Instant, Payout } from "./model.ts";
import { formatMoney } from "./money.ts";
import { endOpenParts, type Family, FamilyDraft, moneyHasMoved, sameDestination } from "./payout.ts";

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

/** People that it takes to approve an amount. */
export function approversNeeded(settings: LimitSettings, amountMinor: number, currency: string): number {
  return isHighValue(settings, amountMinor, currency) ? 2 : 1;
}

export interface ApprovalSurroundings {
  /** The payee's, as it is now. */
  readonly destination: Destination | undefined;
  readonly settings: LimitSettings;
  /** What this person approved lately in the payout's currency. */
  readonly usage: ApproverUsage | undefined;
}

/** A quarter of an hour counts until all of it is older than 24 h. */
function quartersThatCount(usage: ApproverUsage | undefined, now: Instant): ApproverUsage["quarters"] {
  const from = addMs(now, -DAY_MS - QUARTER_MS);
  return (usage?.quarters ?? []).filter((quarter) => quarter.from > from);
}

/** What a person approved in the 24 h up to now, minor units; at most a quarter of an hour too much of the past. */
function approvedLatelyMinor(usage: ApproverUsage | undefined, now: Instant): number {
  return quartersThatCount(usage, now).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** The approver's record with this payout added. A vote that is later void stays counted: it can't free a limit. */
function usageChange(payout: Payout, usage: ApproverUsage | undefined, context: CommandContext): RecordChange {
  const { now, actor } = context;
  const from = addMs(now, -(Date.parse(now) % QUARTER_MS));
  const amounts = new Map(quartersThatCount(usage, now).map((quarter) => [quarter.from, quarter.amountMinor]));
  amounts.set(from, (amounts.get(from) ?? 0) + payout.amountMinor);
  const quarters = [...amounts]
    .map(([start, amountMinor]) => ({ from: start, amountMinor }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  if (usage !== undefined) {
    const after = amend("approver_usage", usage, { quarters }, "approver_usage.updated", context);
    return changeOf("approver_usage", after, usage);
  }
  const body = { id: `${actor.id}#${payout.currency}`, organizationId: payout.organizationId, quarters };
  return changeOf("approver_usage", create("approver_usage", body, "approver_usage.updated", context));
}

/** Votes that count with the next one: given for what stands now, to the destination as it is now. */
function standingVotes({ approval, destination }: Payout, current: Destination | undefined): readonly ApprovalVote[] {
  if (approval.state !== "pending") return [];
  const changed = current !== undefined && !sameDestination(destination, current);
  return changed ? [] : (approval.votes ?? []);
}

const ENDED = new Set<Payout["status"]>(["rejected", "cancelled", "paid"]);

function approvalRefusal(
  payout: Payout,
  votes: readonly ApprovalVote[],
  { destination, settings }: ApprovalSurroundings,
  context: CommandContext,
): Refusal | undefined {
  const { id, status, approval } = payout;
  const person = context.actor.id;
  const { destination: approved } = payout;
  // Approved by people without a destination, it stands for none.
  const changed =
    destination !== undefined &&
    (approved === undefined ? approval.mode === "manual" : !sameDestination(approved, destination));
  const stands = approval.state === "approved" && !changed;
  if (ENDED.has(status) || (stands && !approversOf(payout).includes(person))) {
    return {
      code: "payout_not_approvable",
      message: `payout ${id} is ${status}, its approval ${approval.state}`,
    };
  }
  if (person === payout.createdBy) {
    return { code: "payout_approved_by_creator", message: `${person} created payout ${id} and can't approve it` };
  }
  if (payout.senders?.includes(person)) {
    return { code: "approved_by_sender", message: `${person} sent money of payout ${id} and can't approve it` };
  }
  if (stands || votes.some(({ by }) => by === person)) {
    return { code: "approved_already_by_you", message: `${person} has approved payout ${id} already` };
  }
  return highValueRefusal(payout.amountMinor, payout.currency, settings, context);
}

/**
 * One person's approval. High value takes two people, anything else one; a payout is approved with the last of them and
 * waits until then. The destination as it is now becomes the one approved; votes for another one, or for what is void,
 * don't count any more. Refused for the payout's creator, for whoever sent money of it, to the same person twice, beyond the person's limit of 24 h,
 * and where there is nothing to approve.
 */
export function approvePayout(payout: Payout, around: ApprovalSurroundings, context: CommandContext): Decision<Payout> {
  const { destination, settings, usage } = around;
  const { currency, amountMinor, approval, status } = payout;
  const standing = standingVotes(payout, destination);
  const refusal = approvalRefusal(payout, standing, around, context);
  if (refusal !== undefined) return { ok: false, refusal };
  const { actor, now } = context;
  const usedMinor = approvedLatelyMinor(usage, now);
  const limitMinor = settings?.approverLimitMinor?.[currency];
  if (limitMinor !== undefined && usedMinor + amountMinor > limitMinor) {
    const limit = formatMoney(limitMinor, currency);
    const left = formatMoney(Math.max(0, limitMinor - usedMinor), currency);
    return refuse(
      "approver_limit_exceeded",
      `${actor.id} may approve ${limit} in 24 hours and has ${left} left, not ${formatMoney(amountMinor, currency)}`,
    );
  }
  const vote: ApprovalVote = {
    by: actor.id,
    role: actor.role ?? "none",
    at: now,
    approvedMinor: usedMinor + amountMinor,
    ...(limitMinor === undefined ? {} : { limitMinor }),
  };
  const votes = [...standing, vote];
  const votesNeeded = approversNeeded(settings, amountMinor, currency);
  const enough = votes.length >= votesNeeded;
  const draft = new FamilyDraft(payout, context);
  draft.update({
    approval: {
      mode: approval.mode,
      ...(enough ? { state: "approved", by: actor.id, at: now } : { state: "pending" }),
      votes,
      votesNeeded,
    },
    ...(enough && status === "pending_approval" ? { status: "approved" as const } : {}),
    // Approved once, for another destination: until the last vote for this one nothing may go to it.
    ...(!enough && status === "approved" ? { status: "pending_approval" as const } : {}),
    ...(destination === undefined ? {} : { destination }),
  });
  draft.add(usageChange(payout, usage, context));
  return draft.decide(enough ? "payout.approved" : "payout.vote_recorded");
}

/** Rejects a payout that waits for approval, by anybody who may, and ends its schedules and holds in the same commit. */
export function rejectPayout(family: Family, reason: string, context: CommandContext): Decision<Payout> {
  const { payout } = family;
  if (payout.status !== "pending_approval" || moneyHasMoved(payout)) {
    return refuse("payout_not_approvable", `payout ${payout.id} is ${payout.status} and can't be rejected`);
  }
  const draft = new FamilyDraft(payout, context);
  const ended = endOpenParts(draft, family, "cancelled", reason, context);
  const cause = { entity: "payout", id: payout.id, version: payout.version + 1 };
  if (ended.payableMinor + ended.heldMinor > 0) {
    draft.post("cancellation", cancellation(ended.payableMinor, ended.heldMinor), cause);
  }
  draft.update({
    status: "rejected",
    endReason: reason,
    approval: { mode: payout.approval.mode, state: "rejected", by: context.actor.id, at: context.now, reason },
  });
  return draft.decide("payout.rejected");
}

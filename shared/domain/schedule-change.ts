import { laterOf } from "./dates.ts";
import {
  accept,
  amend,
  type CommandContext,
  changeOf,
  create,
  type Decision,
  type Refusal,
  refuse,
} from "./decision.ts";
import * as journal from "./journal.ts";
import type { Instant, Payout, PayoutSchedule, PayoutStatus, Placement, Transfer, TriggerEvent } from "./model.ts";
import { endedTransfer, FamilyDraft, remainingMinor, statusOfAmounts } from "./payout.ts";
import { canBeResent } from "./transfer-correction.ts";

/**
 * Nothing is split off in a payout with more children. A payout that ends changes each of its open parts in one commit,
 * which has room for 100 records: a schedule is one child, and two records when it has failed with its transfer.
 */
const MAX_CHILDREN_BEFORE_SPLIT = 24;

/** Where all of a payout has ended its status follows from its amounts; otherwise it stays what it is. */
export function statusAfterEnding(payout: Payout): PayoutStatus {
  return remainingMinor(payout) === 0 ? statusOfAmounts(payout) : payout.status;
}

export function dateRefusal(date: Instant, now: Instant, field: string): Refusal | undefined {
  if (date > now) return undefined;
  return { code: "date_in_past", message: `${date} is not in the future, now is ${now}`, field };
}

function changeRefusal(schedule: PayoutSchedule): Refusal | undefined {
  if (schedule.status === "pending") return undefined;
  return { code: "schedule_not_changeable", message: `schedule ${schedule.id} is ${schedule.status}` };
}

/** What keeps `amountMinor` from being taken out of a schedule that must keep `keptMinor`. */
export function takingRefusal(
  schedule: PayoutSchedule,
  payout: Payout,
  { amountMinor, keptMinor }: { readonly amountMinor: number; readonly keptMinor: number },
): Refusal | undefined {
  const unchangeable = changeRefusal(schedule);
  if (unchangeable !== undefined) return unchangeable;
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 1) {
    const message = `at least 1 minor unit is taken, not ${amountMinor}`;
    return { code: "amount_too_small", message, field: "amount" };
  }
  if (amountMinor > schedule.amountMinor - keptMinor) {
    const message = `schedule ${schedule.id} has ${schedule.amountMinor}, of which ${keptMinor} must stay`;
    return { code: "schedule_amount_exceeded", message, field: "amount" };
  }
  if (payout.children > MAX_CHILDREN_BEFORE_SPLIT) {
    return { code: "too_many_children", message: `payout ${payout.id} is in too many parts already` };
  }
  return undefined;
}

export interface ScheduleSplit {
  readonly schedule: PayoutSchedule;
  /** What goes into the new schedule, in minor units; at least one stays. */
  readonly amountMinor: number;
  readonly triggerEvent: TriggerEvent;
  readonly scheduledDate?: Instant;
}

/** When the new schedule is due; one whose event has been is due now. */
function dateOfSplit(split: ScheduleSplit, placement: Placement | undefined, now: Instant): Instant | undefined {
  if (split.scheduledDate !== undefined) return split.scheduledDate;
  const { guaranteeCompletionDate } = split.schedule;
  switch (split.triggerEvent) {
    case "guarantee_period_end":
      return guaranteeCompletionDate === undefined ? undefined : laterOf(guaranteeCompletionDate, now);
    case "contract_signed":
      return placement?.contractSignedAt === undefined ? undefined : now;
    case "milestone_reached":
      return placement?.milestoneReachedAt === undefined ? undefined : now;
    case "manual":
      return undefined;
  }
}

/** Takes part of a pending schedule out into one of its own. What is promised and what is payable stay the same. */
export function splitSchedule(
  split: ScheduleSplit,
  payout: Payout,
  placement: Placement | undefined,
  context: CommandContext,
): Decision<PayoutSchedule> {
  const { schedule, amountMinor, triggerEvent } = split;
  const refused =
    takingRefusal(schedule, payout, { amountMinor, keptMinor: 1 }) ??
    (split.scheduledDate === undefined ? undefined : dateRefusal(split.scheduledDate, context.now, "scheduled_date"));
  if (refused !== undefined) return { ok: false, refusal: refused };
  const draft = new FamilyDraft(payout, context);
  const scheduledDate = dateOfSplit(split, placement, context.now);
  const { organizationId, payoutId, payeeId, placementId, companyId, currency } = schedule;
  const { guaranteeCompletionDate, dateRule } = schedule;
  const part = create(
    "payout_schedule",
    {
      id: draft.nextId("ps"),
      organizationId,
      payoutId,
      payeeId,
      ...(placementId === undefined ? {} : { placementId }),
      ...(companyId === undefined ? {} : { companyId }),
      ...(guaranteeCompletionDate === undefined ? {} : { guaranteeCompletionDate }),
      ...(dateRule === undefined ? {} : { dateRule }),
      ...(scheduledDate === undefined ? {} : { scheduledDate }),
      triggerEvent,
      amountMinor,
      currency,
      status: "pending",
      retryCount: 0,
    },
    "payout_schedule.created",
    context,
  );
  const rest = { amountMinor: schedule.amountMinor - amountMinor };
  const after = amend("payout_schedule", schedule, rest, "payout_schedule.updated", context);
  draft.add(changeOf("payout_schedule", after, schedule));
  draft.add(changeOf("payout_schedule", part));
  return accept(draft.finish(), part);
}

/** Gives a pending schedule another date; one that was due and blocked is not due any more. */
export function moveSchedule(
  schedule: PayoutSchedule,
  scheduledDate: Instant,
  context: CommandContext,
): Decision<PayoutSchedule> {
  const refused = changeRefusal(schedule) ?? dateRefusal(scheduledDate, context.now, "scheduled_date");
  if (refused !== undefined) return { ok: false, refusal: refused };
  if (schedule.scheduledDate === scheduledDate) return accept([], schedule);
  const patch = { scheduledDate, blocker: undefined };
  const after = amend("payout_schedule", schedule, patch, "payout_schedule.updated", context);
  return accept([changeOf("payout_schedule", after, schedule)], after);
}

/**
 * Ends a schedule that is pending, or that failed with its transfer, which then is never sent again. What it was still to
 * pay is no longer promised; what was set off stays settled.
 */
export function cancelSchedule(
  schedule: PayoutSchedule,
  around: { readonly payout: Payout; readonly transfer?: Transfer | undefined },
  context: CommandContext,
): Decision<PayoutSchedule> {
  const { payout, transfer } = around;
  const failed = schedule.status === "failed" && transfer !== undefined && canBeResent(transfer);
  if (schedule.status !== "pending" && !failed) {
    return refuse("schedule_not_cancellable", `schedule ${schedule.id} is ${schedule.status}`);
  }
  const draft = new FamilyDraft(payout, context);
  const reason = context.reason ?? "cancelled by a person";
  const endedMinor = failed ? transfer.amountMinor : schedule.amountMinor;
  if (failed) {
    draft.add(changeOf("transfer", endedTransfer(transfer, reason, context), transfer));
    draft.update({ inTransferMinor: payout.inTransferMinor - endedMinor });
  }
  const after = amend(
    "payout_schedule",
    schedule,
    { status: "cancelled", blocker: undefined, failureReason: schedule.failureReason ?? reason },
    "payout_schedule.cancelled",
    context,
  );
  draft.add(changeOf("payout_schedule", after, schedule));
  const cause = { entity: "payout_schedule", id: schedule.id, version: after.version };
  draft.post("cancellation", journal.cancellation(endedMinor, 0), cause);
  draft.update({ cancelledMinor: payout.cancelledMinor + endedMinor });
  draft.update({ status: statusAfterEnding(draft.payout) });
  return accept(draft.finish(), after);
}

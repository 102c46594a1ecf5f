import { accept, amend, type CommandContext, changeOf, create, type Decision, refuse } from "./decision.ts";
import * as journal from "./journal.ts";
import type { EscrowHold, HoldReason, Instant, Payout, PayoutSchedule } from "./model.ts";
import { FamilyDraft } from "./payout.ts";
import { holdRefusal } from "./release.ts";
import { dateRefusal, statusAfterEnding, takingRefusal } from "./schedule-change.ts";

export interface HoldBack {
  readonly schedule: PayoutSchedule;
  /** What is held back, in minor units; at most all that the schedule has. */
  readonly amountMinor: number;
  readonly holdReason: HoldReason;
  readonly reason: string;
  readonly releaseDate: Instant;
}

/**
 * Puts part or all of a pending schedule into escrow. A schedule of which nothing is left is cancelled with an amount of
 * zero: what it stood for is in the hold and still promised.
 */
export function holdBack(held: HoldBack, payout: Payout, context: CommandContext): Decision<EscrowHold> {
  const { schedule, amountMinor, holdReason, reason, releaseDate } = held;
  const refused =
    takingRefusal(schedule, payout, { amountMinor, keptMinor: 0 }) ??
    dateRefusal(releaseDate, context.now, "release_date");
  if (refused !== undefined) return { ok: false, refusal: refused };
  const draft = new FamilyDraft(payout, context);
  const { organizationId, payoutId, payeeId, placementId, companyId, currency } = schedule;
  const hold = create(
    "escrow_hold",
    {
      id: draft.nextId("eh"),
      organizationId,
      payoutId,
      payeeId,
      ...(placementId === undefined ? {} : { placementId }),
      ...(companyId === undefined ? {} : { companyId }),
      amountMinor,
      originalMinor: amountMinor,
      currency,
      holdReason,
      reason,
      holdDate: context.now,
      releaseDate,
      status: "active",
    },
    "escrow_hold.created",
    context,
  );
  const restMinor = schedule.amountMinor - amountMinor;
  const after =
    restMinor > 0
      ? amend("payout_schedule", schedule, { amountMinor: restMinor }, "payout_schedule.updated", context)
      : amend(
          "payout_schedule",
          schedule,
          { amountMinor: 0, status: "cancelled", blocker: undefined, failureReason: `held back as ${hold.id}` },
          "payout_schedule.cancelled",
          context,
        );
  draft.add(changeOf("payout_schedule", after, schedule));
  draft.add(changeOf("escrow_hold", hold));
  draft.post("hold", journal.hold(amountMinor), { entity: "escrow_hold", id: hold.id, version: hold.version });
  draft.update({ heldMinor: payout.heldMinor + amountMinor });
  return accept(draft.finish(), hold);
}

export interface HoldChange {
  readonly releaseDate?: Instant;
  readonly holdReason?: HoldReason;
  readonly reason?: string;
}

/** Changes until when an active hold lasts, or why. With another date it isn't due any more, and nothing is in its way. */
export function changeHold(hold: EscrowHold, change: HoldChange, context: CommandContext): Decision<EscrowHold> {
  const { releaseDate = hold.releaseDate, holdReason = hold.holdReason, reason = hold.reason } = change;
  const moved = releaseDate !== hold.releaseDate;
  const refused =
    holdRefusal(hold) ??
    (change.releaseDate === undefined ? undefined : dateRefusal(releaseDate, context.now, "release_date"));
  if (refused !== undefined) return { ok: false, refusal: refused };
  if (!moved && holdReason === hold.holdReason && reason === hold.reason) return accept([], hold);
  const after = amend(
    "escrow_hold",
    hold,
    { releaseDate, holdReason, reason, ...(moved ? { blocker: undefined, dateRule: undefined } : {}) },
    "escrow_hold.updated",
    context,
  );
  return accept([changeOf("escrow_hold", after, hold)], after);
}

/** Holds back for longer than until now. */
export function extendHold(hold: EscrowHold, releaseDate: Instant, context: CommandContext): Decision<EscrowHold> {
  const settled = holdRefusal(hold);
  if (settled !== undefined) return { ok: false, refusal: settled };
  if (releaseDate <= hold.releaseDate) {
    const message = `hold ${hold.id} lasts until ${hold.releaseDate} already, which is not before ${releaseDate}`;
    return refuse("date_not_later", message, "release_date");
  }
  return changeHold(hold, { releaseDate }, context);
}

/** Ends what a hold still holds: forfeited, the payee has lost it; cancelled, it is no longer promised. */
export function endHold(
  hold: EscrowHold,
  end: "forfeited" | "cancelled",
  payout: Payout,
  context: CommandContext,
): Decision<EscrowHold> {
  const refused = holdRefusal(hold);
  if (refused !== undefined) return { ok: false, refusal: refused };
  const { amountMinor } = hold;
  const draft = new FamilyDraft(payout, context);
  const { reason = hold.reason } = context;
  const after = amend(
    "escrow_hold",
    hold,
    { status: end, reason, blocker: undefined, cancelledAt: context.now },
    `escrow_hold.${end}`,
    context,
  );
  draft.add(changeOf("escrow_hold", after, hold));
  const cause = { entity: "escrow_hold", id: hold.id, version: after.version };
  draft.update({ heldMinor: payout.heldMinor - amountMinor });
  if (end === "forfeited") {
    draft.post("hold_forfeit", journal.holdForfeit(amountMinor), cause);
    draft.update({ forfeitedMinor: payout.forfeitedMinor + amountMinor });
  } else {
    draft.post("cancellation", journal.cancellation(0, amountMinor), cause);
    draft.update({ cancelledMinor: payout.cancelledMinor + amountMinor });
  }
  draft.update({ status: statusAfterEnding(draft.payout) });
  return accept(draft.finish(), after);
}

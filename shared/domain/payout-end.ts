import type { LimitSettings } from "../access/limits.ts";
import { laterOf } from "./dates.ts";
import { amend, type CommandContext, changeOf, type Decision, type Refusal, refuse } from "./decision.ts";
import { sendingRefusal } from "./duties.ts";
import * as journal from "./journal.ts";
import type { Instant, Payee, Payout, Transfer } from "./model.ts";
import { awaitsRetry, endedTransfer, endOpenParts, type Family, FamilyDraft, statusOfAmounts } from "./payout.ts";
import { currentDestination, obstacleTo } from "./release.ts";
import { isFinished } from "./transfer.ts";
import { canBeResent, resendTransfer } from "./transfer-correction.ts";

const UNMARKED = { markedFailed: undefined, endReason: undefined };

function sumMinor(records: readonly { readonly amountMinor: number }[]): number {
  return records.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

function inFlightRefusal({ payout, transfers }: Family): Refusal | undefined {
  const open = transfers.find((transfer) => !isFinished(transfer));
  if (open === undefined) return undefined;
  return { code: "transfer_in_flight", message: `transfer ${open.id} of payout ${payout.id} is ${open.status}` };
}

/** Cancels a payout of which nothing has moved or may have: what is open ends, what failed is never sent again. */
export function cancelPayout(family: Family, reason: string, context: CommandContext): Decision<Payout> {
  const { payout, transfers } = family;
  if (payout.status === "cancelled" || payout.status === "rejected") {
    return refuse("payout_already_cancelled", `payout ${payout.id} is ${payout.status}`);
  }
  const failedMinor = sumMinor(transfers.filter(awaitsRetry));
  if (payout.paidMinor > 0 || payout.setOffMinor > 0 || payout.inTransferMinor > failedMinor) {
    return refuse("payout_not_cancellable", `payout ${payout.id} is ${payout.status}: money has moved or may have`);
  }
  const draft = new FamilyDraft(payout, context);
  const ended = endOpenParts(draft, family, "cancelled", reason, context);
  if (ended.payableMinor + ended.heldMinor > 0) {
    const cause = { entity: "payout", id: payout.id, version: payout.version + 1 };
    draft.post("cancellation", journal.cancellation(ended.payableMinor, ended.heldMinor), cause);
  }
  draft.update({ status: "cancelled", endReason: reason });
  return draft.decide("payout.cancelled");
}

export interface OutsidePayment {
  /** The bank's, or whatever finds the payment again. */
  readonly reference: string;
  /** When it was paid; absent: now. */
  readonly paidAt?: Instant;
}

function markableRefusal(payout: Payout): Refusal | undefined {
  const { id, status, approval } = payout;
  if (approval.state !== "approved") {
    return { code: "payout_not_markable", message: `payout ${id} is ${status}, its approval ${approval.state}` };
  }
  return undefined;
}

/** Within a draft: what could still be sent counts as paid and never is. Gives how much that was, minor units. */
function settleOutside(
  draft: FamilyDraft,
  family: Family,
  { reference, paidAt }: Required<OutsidePayment>,
  context: CommandContext,
): { payableMinor: number; failedMinor: number } {
  const open = family.schedules.filter(({ status }) => status === "pending" || status === "failed");
  const failed = family.transfers.filter(awaitsRetry);
  for (const schedule of open) {
    const patch = { status: "completed", processedAt: paidAt, blocker: undefined } as const;
    const cleared = { failureCode: undefined, failureReason: undefined };
    const after = amend("payout_schedule", schedule, { ...patch, ...cleared }, "payout_schedule.processed", context);
    draft.add(changeOf("payout_schedule", after, schedule));
  }
  for (const transfer of failed) {
    const message = `paid outside: ${reference}`;
    const outcome = { class: "ended", code: "paid_outside", message, at: context.now };
    draft.add(changeOf("transfer", endedTransfer(transfer, message, context, { outcome }), transfer));
  }
  // What a failed schedule stood for is with its transfer.
  const failedMinor = sumMinor(failed);
  return { payableMinor: sumMinor(open.filter(({ status }) => status === "pending")) + failedMinor, failedMinor };
}

/** When a payout became wholly paid: by the outside payment, or by a transfer that came after it. */
function lastPaidAt(transfers: readonly Transfer[], paidAt: Instant): Instant {
  return transfers.reduce((latest, { completedAt }) => laterOf(latest, completedAt ?? latest), paidAt);
}

/**
 * A person has paid what is payable by other means. Schedules are completed, failed transfers over for good; what is in
 * escrow stays there. Refused while anything is in flight, without an approval that stands, and to whoever created or
 * approved the payout.
 */
export function markPaid(
  family: Family,
  payment: OutsidePayment,
  settings: LimitSettings,
  context: CommandContext,
): Decision<Payout> {
  const { payout } = family;
  const { reference, paidAt = context.now } = payment;
  const refusal = markableRefusal(payout) ?? inFlightRefusal(family);
  if (refusal !== undefined) return { ok: false, refusal };
  if (paidAt > context.now) return refuse("date_in_future", `${paidAt} is after ${context.now}`, "paid_at");
  const draft = new FamilyDraft(payout, context);
  draft.noteSender();
  const { payableMinor, failedMinor } = settleOutside(draft, family, { reference, paidAt }, context);
  if (payableMinor === 0) {
    return refuse("payout_not_markable", `payout ${payout.id} is ${payout.status}, nothing of it is payable`);
  }
  const forbidden = sendingRefusal(payout, settings, context);
  if (forbidden !== undefined) return { ok: false, refusal: forbidden };
  const cause = { entity: "payout", id: payout.id, version: payout.version + 1 };
  draft.post("paid_outside", journal.paidOutside(payableMinor), cause);
  draft.update({
    paidMinor: payout.paidMinor + payableMinor,
    paidOutsideMinor: (payout.paidOutsideMinor ?? 0) + payableMinor,
    inTransferMinor: payout.inTransferMinor - failedMinor,
    externalReference: reference,
    ...(payout.markedFailed === undefined ? {} : UNMARKED),
  });
  draft.update({ status: statusOfAmounts(draft.payout) });
  const wholly = draft.payout.status === "paid";
  if (wholly) draft.update({ paidAt: lastPaidAt(family.transfers, paidAt) });
  return draft.decide(wholly ? "payout.paid" : "payout.paid_outside");
}

/** A person stops an approved payout: nothing of it is sent until it is retried. Refused while anything is in flight. */
export function markFailed(family: Family, reason: string, context: CommandContext): Decision<Payout> {
  const { payout } = family;
  if (payout.status !== "approved" && payout.status !== "processing") {
    return refuse("payout_not_markable", `payout ${payout.id} is ${payout.status} and can't be marked as failed`);
  }
  const refusal = inFlightRefusal(family);
  if (refusal !== undefined) return { ok: false, refusal };
  const draft = new FamilyDraft(payout, context);
  const { now, actor } = context;
  draft.update({ status: "failed", endReason: reason, markedFailed: { reason, by: actor.id, at: now } });
  return draft.decide("payout.marked_failed");
}

export interface RetrySurroundings {
  readonly payee: Payee | undefined;
  readonly settings: LimitSettings;
}

/**
 * Sends every failed transfer of a payout again, in one commit; one that was only marked as failed is approved again.
 * Refused where nothing failed, where something is in the way, and to whoever created or approved the payout.
 */
export function retryPayout(
  family: Family,
  { payee, settings }: RetrySurroundings,
  context: CommandContext,
): Decision<Payout> {
  const { payout } = family;
  const failed = family.transfers.filter(canBeResent);
  const stopped = payout.status === "failed" || payout.markedFailed !== undefined;
  if (failed.length === 0 && !stopped) {
    return refuse("payout_not_retryable", `payout ${payout.id} is ${payout.status}, nothing of it has failed`);
  }
  const forbidden = sendingRefusal(payout, settings, context);
  if (forbidden !== undefined) return { ok: false, refusal: forbidden };
  const draft = new FamilyDraft(payout, context);
  if (payout.status === "failed") draft.update({ status: "approved" });
  if (payout.markedFailed !== undefined) draft.update(UNMARKED);
  const obstacle = obstacleTo({ payout: draft.payout, payee }, context.now);
  const destination = currentDestination(payee);
  if (obstacle !== undefined || destination === undefined) {
    const why = obstacle?.detail ?? obstacle?.code ?? "no destination";
    return refuse("blocked", `payout ${payout.id} can't be retried: ${why}`);
  }
  for (const transfer of failed) {
    const schedule = family.schedules.find(({ id }) => id === transfer.cause.id);
    resendTransfer(draft, { transfer, schedule }, destination, context);
  }
  draft.update({ status: statusOfAmounts(draft.payout) });
  return draft.decide("payout.retried");
}

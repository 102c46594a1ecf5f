import { addMs } from "./dates.ts";
import {
  accept,
  amend,
  type CommandContext,
  changeOf,
  type Decision,
  type Patch,
  type RecordChange,
  refuse,
} from "./decision.ts";
import * as journal from "./journal.ts";
import type { Blocker, Instant, Payee, Payout, PayoutSchedule, SendingControl, Transfer } from "./model.ts";
import { endedTransfer, FamilyDraft, sameDestination, statusOfAmounts } from "./payout.ts";
import { blockerOf, currentDestination } from "./release.ts";
import { controlInTheWay, controlName } from "./sending-control.ts";

/** Longer than a call with its time-out and the commits around it. */
const LEASE_MS = 120_000;
/** Stripe keeps a key at least 24 h; an hour is left for clocks and queues. After that only a look-up is safe. */
export const KEY_SAFE_MS = 23 * 3_600_000;

export function isFinished(transfer: Transfer): boolean {
  return transfer.status === "completed" || transfer.status === "reversed" || transfer.status === "failed_terminal";
}

/** True as long as a call under the current key may have been sent: amount, currency and destination are frozen. */
export function mayHaveBeenSent(transfer: Transfer): boolean {
  return transfer.epochSentAt !== undefined;
}

/** Same key again is the stronger probe while the provider still keeps it; then a look-up is the only safe one. */
function modeOf(transfer: Transfer, now: Instant): "send" | "look_up" {
  if (transfer.lookUpOnly === true) return "look_up";
  if (transfer.epochSentAt === undefined) return "send";
  return Date.parse(now) - Date.parse(transfer.epochSentAt) < KEY_SAFE_MS ? "send" : "look_up";
}

export interface ClaimSurroundings {
  readonly payout: Payout;
  readonly payee?: Payee | undefined;
  readonly schedule?: PayoutSchedule | undefined;
  /** For the provider and for all, the deployment's and the organization's; absent ones are open. */
  readonly controls: readonly SendingControl[];
}

export type Claim =
  | { readonly kind: "claimed"; readonly mode: "send" | "look_up"; readonly transfer: Transfer }
  /** Nothing may be sent now; the transfer says why and goes on by itself. */
  | { readonly kind: "blocked"; readonly transfer: Transfer }
  /** The payout ended before anything was sent. */
  | { readonly kind: "ended"; readonly transfer: Transfer };

function leaseHolds(transfer: Transfer, now: Instant): boolean {
  return transfer.status === "processing" && transfer.lease !== undefined && transfer.lease.until > now;
}

export interface ClaimOptions {
  readonly leaseId: string;
  /** An event said that what it waited for has come: its own next date doesn't matter. */
  readonly resumed?: boolean;
}

/**
 * Claims a transfer for one attempt: one holder at a time, counted once. Refused while another holds it, before its
 * next date, and when it is finished. The intent (key in use since when) is on record before the provider is called.
 */
export function claimTransfer(
  transfer: Transfer,
  around: ClaimSurroundings,
  options: ClaimOptions,
  context: CommandContext,
): Decision<Claim> {
  const { now } = context;
  if (isFinished(transfer)) return refuse("transfer_finished", `transfer ${transfer.id} is ${transfer.status}`);
  if (leaseHolds(transfer, now)) {
    return refuse("transfer_leased", `transfer ${transfer.id} is being attempted until ${transfer.lease?.until}`);
  }
  // A fresh transfer may go at once; its next date is only there for the sweep.
  const fresh = transfer.status === "pending" && transfer.attempts === 0;
  const expired = transfer.status === "processing";
  if (
    !fresh &&
    !expired &&
    options.resumed !== true &&
    transfer.nextAttemptAt !== undefined &&
    now < transfer.nextAttemptAt
  ) {
    return refuse(
      "transfer_not_due",
      `transfer ${transfer.id} is next due at ${transfer.nextAttemptAt}, now is ${now}`,
    );
  }
  const frozen = mayHaveBeenSent(transfer);
  if (!frozen && around.payout.clawback !== undefined) {
    const ended = endUnsent(transfer, around, {}, context);
    return accept(ended.changes, { kind: "ended", transfer: ended.transfer });
  }
  // A holder that died counts as a call whose outcome is unknown.
  const unknowns = expired ? transfer.unknowns + 1 : transfer.unknowns;
  const mode = modeOf(transfer, now);
  const control = mode === "send" ? controlInTheWay(around.controls, now) : undefined;
  if (control !== undefined) {
    const code = control.status === "paused" ? "sending_paused" : "provider_circuit_open";
    const blocker = blockerOf(code, transfer.blocker, now, controlName(control));
    const nextAttemptAt = control.probeAt ?? blocker.nextCheckAt;
    const after = amend(
      "transfer",
      transfer,
      {
        status: frozen ? "outcome_unknown" : "pending",
        unknowns,
        blocker,
        lease: undefined,
        nextAttemptAt,
        workflow: undefined,
      },
      "transfer.updated",
      context,
    );
    return accept([changeOf("transfer", after, transfer)], { kind: "blocked", transfer: after });
  }
  if (!frozen) {
    const blocked = destinationBlock(transfer, around, context);
    if (blocked !== undefined) return blocked;
  }
  const after = amend(
    "transfer",
    transfer,
    {
      status: "processing",
      attempts: expired ? transfer.attempts : transfer.attempts + 1,
      // Whoever waited for the dead holder may be gone too: the next retry asks for a workflow again.
      ...(expired ? { workflow: undefined } : {}),
      lease: { id: options.leaseId, until: addMs(now, LEASE_MS) },
      lastAttemptAt: now,
      blocker: undefined,
      ...(frozen ? {} : { destination: around.payout.destination ?? transfer.destination }),
      ...(mode === "send" ? { epochSentAt: transfer.epochSentAt ?? now, lastSentAt: now } : {}),
      unknowns,
    },
    "transfer.attempted",
    context,
  );
  return accept([changeOf("transfer", after, transfer)], { kind: "claimed", mode, transfer: after });
}

/** Before anything was sent: the destination must be the approved one and usable, and the approval must stand. */
function destinationBlock(
  transfer: Transfer,
  around: ClaimSurroundings,
  context: CommandContext,
): Decision<Claim> | undefined {
  const { payout, payee } = around;
  const current = currentDestination(payee);
  const changed = !sameDestination(payout.destination, current);
  if (!changed && payout.approval.state === "approved") return coolingOffBlock(transfer, payee, context);
  const code = current === undefined ? "destination_missing" : changed ? "destination_changed" : "approval_void";
  const blocker = blockerOf(code, transfer.blocker, context.now, "the destination is no longer the approved one");
  const after = awaitingPayee(transfer, blocker, context);
  const change = changeOf("transfer", after, transfer);
  if (payout.approval.state !== "approved" || current === undefined) {
    return accept([change], { kind: "blocked", transfer: after });
  }
  const draft = new FamilyDraft(payout, context);
  // What was approved is gone, and with it everybody's vote for it.
  const { votes: _votes, ...approval } = payout.approval;
  draft.update({ approval: { ...approval, state: "void", reason: "the payee's destination changed" } });
  draft.add(change);
  return accept(draft.finish(), { kind: "blocked", transfer: after });
}

/** A destination that has just changed is not used yet; the transfer goes on at the very end of the cooling-off. */
function coolingOffBlock(
  transfer: Transfer,
  payee: Payee | undefined,
  context: CommandContext,
): Decision<Claim> | undefined {
  const usableFrom = payee?.destinationUsableFrom;
  if (usableFrom === undefined || usableFrom <= context.now) return undefined;
  const known = transfer.status === "awaiting_payee" && transfer.blocker?.code === "destination_cooling_off";
  if (known && transfer.nextAttemptAt === usableFrom) return accept([], { kind: "blocked", transfer });
  const detail = "the payee's destination has just changed";
  const blocker = blockerOf("destination_cooling_off", transfer.blocker, context.now, detail);
  const after = awaitingPayee(transfer, { ...blocker, nextCheckAt: usableFrom }, context);
  return accept([changeOf("transfer", after, transfer)], { kind: "blocked", transfer: after });
}

function awaitingPayee(transfer: Transfer, blocker: Blocker, context: CommandContext): Transfer {
  return amend(
    "transfer",
    transfer,
    { status: "awaiting_payee", blocker, lease: undefined, nextAttemptAt: blocker.nextCheckAt, workflow: undefined },
    "transfer.updated",
    context,
  );
}

/** Nothing was created and the payout is over: the transfer ends, its money goes back to where it came from. */
export function endUnsent(
  transfer: Transfer,
  around: Pick<ClaimSurroundings, "payout" | "schedule">,
  proof: Patch<"transfer">,
  context: CommandContext,
): { changes: readonly RecordChange[]; transfer: Transfer } {
  const { payout, schedule } = around;
  const message = payout.clawback?.reason ?? "the payout ended";
  const after = endedTransfer(transfer, message, context, proof);
  const draft = new FamilyDraft(payout, context);
  draft.add(changeOf("transfer", after, transfer));
  draft.post("cancellation", journal.cancellation(transfer.amountMinor, 0), {
    entity: "transfer",
    id: transfer.id,
    version: after.version,
  });
  draft.update({
    inTransferMinor: payout.inTransferMinor - transfer.amountMinor,
    cancelledMinor: payout.cancelledMinor + transfer.amountMinor,
  });
  draft.update({ status: statusOfAmounts(draft.payout) });
  if (schedule?.status === "processing") {
    const ended = amend(
      "payout_schedule",
      schedule,
      { status: "cancelled", failureCode: "payout_ended", failureReason: message },
      "payout_schedule.cancelled",
      context,
    );
    draft.add(changeOf("payout_schedule", ended, schedule));
  }
  return { changes: draft.finish(), transfer: after };
}

import { highValueRefusal, type LimitSettings } from "../access/limits.ts";
import { addMs } from "./dates.ts";
import { accept, amend, type CommandContext, changeOf, type Decision, type Patch, refuse } from "./decision.ts";
import type { Payout, Reversal, Transfer } from "./model.ts";
import { KEY_SAFE_MS } from "./transfer.ts";
import { recordReversal } from "./transfer-correction.ts";
import { LOOK_UP_PROOF_MS } from "./transfer-outcome.ts";

/** A reversal whose call has not come by then is picked up by the sweep; after each call at least as long again. */
const SHORTEST_WAIT_MS = 10 * 60_000;
const LONGEST_WAIT_MS = 3_600_000;

export interface ReversalRequest {
  /** Minor units; absent: all that has not been taken back. */
  readonly amountMinor?: number | undefined;
  readonly reason: string;
}

/** A person wants a completed transfer back, whole or in part. Nothing moves yet; one reversal is under way at a time. */
export function requestReversal(
  transfer: Transfer,
  request: ReversalRequest,
  settings: LimitSettings,
  context: CommandContext,
): Decision<Transfer> {
  const { id, status, currency, reversedMinor, reversals = [] } = transfer;
  const pending = pendingReversal(transfer);
  if (pending !== undefined) return refuse("reversal_pending", `reversal ${pending.id} of transfer ${id} is under way`);
  if (status !== "completed" || transfer.providerTransferId === undefined) {
    return refuse("transfer_not_reversible", `transfer ${id} is ${status}; only one that is completed can be reversed`);
  }
  const leftMinor = transfer.amountMinor - reversedMinor;
  const amountMinor = request.amountMinor ?? leftMinor;
  if (amountMinor > leftMinor) {
    const message = `${leftMinor} of transfer ${id} can still be reversed, not ${amountMinor}`;
    return refuse("reversal_exceeds_transfer", message, "amount");
  }
  const refused = highValueRefusal(amountMinor, currency, settings, context);
  if (refused !== undefined) return { ok: false, refusal: refused };
  const reversal: Reversal = {
    id: `${id}-r${reversals.length + 1}`,
    amountMinor,
    reason: request.reason,
    requestedBy: context.actor.id,
    requestedAt: context.now,
    status: "requested",
    reversedBeforeMinor: reversedMinor,
  };
  const patch = { reversals: [...reversals, reversal], nextAttemptAt: addMs(context.now, SHORTEST_WAIT_MS) };
  const after = amend("transfer", transfer, patch, "transfer.reversal_requested", context);
  return accept([changeOf("transfer", after, transfer)], after);
}

export type ReversalClaim =
  /** `first`: no call was made under its key before. */
  | {
      readonly kind: "send";
      readonly transfer: Transfer;
      readonly reversal: Reversal;
      readonly providerTransferId: string;
      readonly first: boolean;
    }
  | { readonly kind: "look_up"; readonly reversal: Reversal; readonly providerTransferId: string }
  /** Its key may be forgotten soon: what it came to is looked up after a pause. */
  | { readonly kind: "waiting" };

/**
 * Puts the intent on record before the provider is called. Several callers at once do no harm: they share one key. Refused
 * where no reversal is under way and before a look-up can prove anything.
 */
export function claimReversal(transfer: Transfer, context: CommandContext): Decision<ReversalClaim> {
  const { now } = context;
  const reversal = pendingReversal(transfer);
  const { providerTransferId } = transfer;
  if (reversal === undefined || providerTransferId === undefined) {
    return refuse("transfer_not_reversible", `no reversal of transfer ${transfer.id} is under way`);
  }
  const { sentAt, lookUpFrom } = reversal;
  if (lookUpFrom !== undefined) {
    if (now < lookUpFrom)
      return refuse("transfer_not_due", `reversal ${reversal.id} is looked up from ${lookUpFrom} on`);
    return accept([], { kind: "look_up", reversal, providerTransferId });
  }
  const sinceMs = sentAt === undefined ? 0 : Date.parse(now) - Date.parse(sentAt);
  if (sinceMs >= KEY_SAFE_MS) {
    const after = lookedUpLater(transfer, reversal, context);
    return accept([changeOf("transfer", after, transfer)], { kind: "waiting" });
  }
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, sinceMs));
  const claimed = { ...reversal, sentAt: sentAt ?? now };
  const patch = { reversals: withReversal(transfer, claimed), nextAttemptAt: addMs(now, waitMs) };
  const after = amend("transfer", transfer, patch, "transfer.updated", context);
  return accept([changeOf("transfer", after, transfer)], {
    kind: "send",
    transfer: after,
    reversal: claimed,
    providerTransferId,
    first: sentAt === undefined,
  });
}

export type ReversalOutcome =
  | { readonly kind: "accepted"; readonly providerReversalId: string }
  /** Nothing was taken back under its key, by this call or an earlier one. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  /** The same call will never say more than now: the provider's total has to tell. */
  | { readonly kind: "unclear" }
  /** The provider's total, long enough after the last call. */
  | { readonly kind: "looked_up"; readonly reversedTotalMinor: number };

export interface ReversalSurroundings {
  readonly payout: Payout;
  /** What the payee owes in the transfer's currency, minor units. */
  readonly owedMinor: number;
}

/**
 * What a reversal came to. Completed, the provider's total is at least what it was before and this amount: what a webhook
 * has told of it already is not posted again, whichever came first.
 */
export function recordReversalOutcome(
  transfer: Transfer,
  reversalId: string,
  outcome: ReversalOutcome,
  around: ReversalSurroundings,
  context: CommandContext,
): Decision<Transfer> {
  const reversal = pendingReversal(transfer);
  if (reversal?.id !== reversalId) return refuse("attempt_superseded", `reversal ${reversalId} is settled already`);
  const doneTotalMinor = reversal.reversedBeforeMinor + reversal.amountMinor;
  switch (outcome.kind) {
    case "accepted": {
      const done: Reversal = { ...reversal, status: "completed", providerReversalId: outcome.providerReversalId };
      return complete(transfer, done, doneTotalMinor, around, context);
    }
    case "refused":
      return fail(transfer, reversal, outcome, context);
    case "unclear": {
      const after = lookedUpLater(transfer, reversal, context);
      return accept([changeOf("transfer", after, transfer)], after);
    }
    case "looked_up": {
      const { reversedTotalMinor } = outcome;
      if (reversedTotalMinor >= doneTotalMinor) {
        return complete(transfer, { ...reversal, status: "completed" }, reversedTotalMinor, around, context);
      }
      const message = `the provider has taken back ${reversedTotalMinor} in all, not ${doneTotalMinor}`;
      return fail(transfer, reversal, { code: "not_reversed", message }, context);
    }
  }
}

function pendingReversal({ reversals = [] }: Transfer): Reversal | undefined {
  return reversals.find(({ status }) => status === "requested");
}

function withReversal({ reversals = [] }: Transfer, changed: Reversal): readonly Reversal[] {
  return reversals.map((reversal) => (reversal.id === changed.id ? changed : reversal));
}

/** No call follows any more, and after a while none can be under way. */
function lookedUpLater(transfer: Transfer, reversal: Reversal, context: CommandContext): Transfer {
  const lookUpFrom = addMs(context.now, LOOK_UP_PROOF_MS);
  const patch = { reversals: withReversal(transfer, { ...reversal, lookUpFrom }), nextAttemptAt: lookUpFrom };
  return amend("transfer", transfer, patch, "transfer.updated", context);
}

function complete(
  transfer: Transfer,
  done: Reversal,
  reversedTotalMinor: number,
  { payout, owedMinor }: ReversalSurroundings,
  context: CommandContext,
): Decision<Transfer> {
  const patch: Patch<"transfer"> = { reversals: withReversal(transfer, done), nextAttemptAt: undefined };
  const posted = recordReversal(transfer, reversedTotalMinor, owedMinor, payout, context, patch);
  if (!posted.ok || posted.changes.length > 0) return posted;
  const after = amend("transfer", transfer, patch, "transfer.updated", context);
  return accept([changeOf("transfer", after, transfer)], after);
}

function fail(
  transfer: Transfer,
  reversal: Reversal,
  { code, message }: { readonly code: string; readonly message: string },
  context: CommandContext,
): Decision<Transfer> {
  const failed: Reversal = { ...reversal, status: "failed", failureCode: code, failureReason: message };
  const patch = { reversals: withReversal(transfer, failed), nextAttemptAt: undefined };
  const after = amend("transfer", transfer, patch, "transfer.reversal_failed", context);
  return accept([changeOf("transfer", after, transfer)], after);
}

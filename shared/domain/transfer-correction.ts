import { addMs } from "./dates.ts";
import { accept, amend, type CommandContext, changeOf, type Decision, type Patch, refuse } from "./decision.ts";
import { sendingRefusal } from "./duties.ts";
import * as journal from "./journal.ts";
import type { Destination, Payout, PayoutSchedule, Transfer } from "./model.ts";
import { FamilyDraft } from "./payout.ts";
import { currentDestination, obstacleTo, type ReleaseSurroundings } from "./release.ts";
import { FIRST_ATTEMPT_GRACE_MS } from "./send-out.ts";
import { mayHaveBeenSent } from "./transfer.ts";

/** True for a transfer that failed, of which the provider has nothing, and whose payout has not ended it. */
export function canBeResent(transfer: Transfer): boolean {
  return transfer.status === "failed_terminal" && !mayHaveBeenSent(transfer) && transfer.outcome?.class !== "ended";
}

/** Within a draft: the transfer goes again under a new key, to the destination as approved now, counted anew. */
export function resendTransfer(
  draft: FamilyDraft,
  { transfer, schedule }: { readonly transfer: Transfer; readonly schedule: PayoutSchedule | undefined },
  destination: Destination,
  context: CommandContext,
): Transfer {
  const after = amend(
    "transfer",
    transfer,
    {
      status: "pending",
      attempts: 0,
      destination,
      provider: destination.provider,
      blocker: undefined,
      nextAttemptAt: addMs(context.now, FIRST_ATTEMPT_GRACE_MS),
    },
    "transfer.resumed",
    context,
  );
  draft.add(changeOf("transfer", after, transfer));
  draft.noteSender();
  if (schedule?.status !== "failed") return after;
  const again = amend(
    "payout_schedule",
    schedule,
    {
      status: "processing",
      retryCount: schedule.retryCount + 1,
      lastRetryAt: context.now,
      failureCode: undefined,
      failureReason: undefined,
    },
    "payout_schedule.triggered",
    context,
  );
  draft.add(changeOf("payout_schedule", again, schedule));
  return after;
}

/**
 * A person sends a failed transfer again; a payout that had failed with it goes on. Refused where something is in the
 * way, and to whoever created or approved the payout.
 */
export function retryTransfer(
  transfer: Transfer,
  schedule: PayoutSchedule | undefined,
  surroundings: ReleaseSurroundings,
  context: CommandContext,
): Decision<Transfer> {
  if (!canBeResent(transfer)) {
    return refuse("transfer_not_claimable", `transfer ${transfer.id} is ${transfer.status} and can't be retried`);
  }
  const { payout, settings } = surroundings;
  const barred = sendingRefusal(payout, settings, context);
  if (barred !== undefined) return { ok: false, refusal: barred };
  const obstacle = obstacleTo(surroundings, context.now);
  const destination = currentDestination(surroundings.payee);
  if (obstacle !== undefined || destination === undefined) {
    return refuse(
      "blocked",
      `transfer ${transfer.id} can't be retried: ${obstacle?.detail ?? obstacle?.code ?? "no destination"}`,
    );
  }
  const draft = new FamilyDraft(payout, context);
  const after = resendTransfer(draft, { transfer, schedule }, destination, context);
  if (payout.status === "failed") draft.update({ status: "processing" });
  return accept(draft.finish(), after);
}

/**
 * What the provider reports as taken back in total; the difference to what is on record is posted, together with what
 * `more` there is to say of the transfer. Without a difference nothing changes.
 */
export function recordReversal(
  transfer: Transfer,
  reversedTotalMinor: number,
  owedMinor: number,
  payout: Payout,
  context: CommandContext,
  more: Patch<"transfer"> = {},
): Decision<Transfer> {
  const moved = transfer.status === "completed" || transfer.status === "reversed";
  const movedMinor = moved ? transfer.amountMinor : 0;
  if (reversedTotalMinor > movedMinor) {
    return refuse(
      "reversal_exceeds_transfer",
      `transfer ${transfer.id} is ${transfer.status} and moved ${movedMinor}, not ${reversedTotalMinor}`,
    );
  }
  const deltaMinor = reversedTotalMinor - transfer.reversedMinor;
  // Reports come in any order and repeatedly; the total only grows.
  if (deltaMinor <= 0) return accept([], transfer);
  const after = amend(
    "transfer",
    transfer,
    {
      ...more,
      reversedMinor: reversedTotalMinor,
      status: reversedTotalMinor === transfer.amountMinor ? "reversed" : transfer.status,
    },
    "transfer.reversed",
    context,
  );
  const draft = new FamilyDraft(payout, context);
  draft.add(changeOf("transfer", after, transfer));
  // Without a clawback nothing of this payout is owed: what comes back corrects it and settles no other debt.
  draft.post("reversal", journal.reversal(deltaMinor, payout.clawback === undefined ? 0 : owedMinor), {
    entity: "transfer",
    id: transfer.id,
    version: after.version,
  });
  draft.update({ reversedMinor: payout.reversedMinor + deltaMinor });
  return accept(draft.finish(), after);
}

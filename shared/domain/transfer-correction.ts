import { addMs } from "./dates.ts";
import { accept, amend, type CommandContext, changeOf, type Decision, refuse } from "./decision.ts";
import * as journal from "./journal.ts";
import type { Payout, PayoutSchedule, Transfer } from "./model.ts";
import { FamilyDraft } from "./payout.ts";
import { currentDestination, obstacleTo, type ReleaseSurroundings } from "./release.ts";
import { mayHaveBeenSent } from "./transfer.ts";

/** A person sends a failed transfer again: a new key, to the destination as approved now, counted anew. */
export function retryTransfer(
  transfer: Transfer,
  schedule: PayoutSchedule | undefined,
  surroundings: ReleaseSurroundings,
  context: CommandContext,
): Decision<Transfer> {
  if (transfer.status !== "failed_terminal" || mayHaveBeenSent(transfer) || transfer.outcome?.class === "ended") {
    return refuse("transfer_not_claimable", `transfer ${transfer.id} is ${transfer.status} and can't be retried`);
  }
  const obstacle = obstacleTo(surroundings);
  const destination = currentDestination(surroundings.payee);
  if (obstacle !== undefined || destination === undefined) {
    return refuse(
      "blocked",
      `transfer ${transfer.id} can't be retried: ${obstacle?.detail ?? obstacle?.code ?? "no destination"}`,
    );
  }
  const after = amend(
    "transfer",
    transfer,
    {
      status: "pending",
      attempts: 0,
      destination,
      provider: destination.provider,
      blocker: undefined,
      nextAttemptAt: addMs(context.now, 600_000),
    },
    "transfer.resumed",
    context,
  );
  const draft = new FamilyDraft(surroundings.payout, context);
  draft.add(changeOf("transfer", after, transfer));
  if (draft.payout.status === "failed") draft.update({ status: "processing" });
  if (schedule?.status === "failed") {
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
  }
  return accept(draft.finish(), after);
}

/** What the provider reports as taken back in total; the difference to what is on record is posted. */
export function recordReversal(
  transfer: Transfer,
  reversedTotalMinor: number,
  owedMinor: number,
  payout: Payout,
  context: CommandContext,
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

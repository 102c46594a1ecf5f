import { addMs } from "./dates.ts";
import { type CommandContext, changeOf, create } from "./decision.ts";
import * as journal from "./journal.ts";
import type { Destination, Transfer } from "./model.ts";
import { type FamilyDraft, statusOfAmounts } from "./payout.ts";

/** A transfer whose first attempt has not come by then is picked up by the sweep. */
export const FIRST_ATTEMPT_GRACE_MS = 10 * 60_000;

export interface SendingOut {
  readonly cause: Transfer["cause"];
  readonly causeVersion: number;
  /** What leaves the schedule or the hold, in minor units. */
  readonly amountMinor: number;
  /** What the payee owes in the payout's currency; at most this is set off. */
  readonly owedMinor: number;
  readonly destination: Destination;
}

/** Creates the transfer of a release inside the draft, after setting off what the payee owes. */
export function sendOut(
  draft: FamilyDraft,
  { cause, causeVersion, amountMinor, owedMinor, destination }: SendingOut,
  context: CommandContext,
): { transferId?: string; sentMinor: number } {
  const { payout } = draft;
  const setOffMinor = Math.min(amountMinor, Math.max(0, owedMinor));
  const sentMinor = amountMinor - setOffMinor;
  if (setOffMinor > 0) {
    draft.post("set_off", journal.setOff(setOffMinor), { ...cause, version: causeVersion });
  }
  draft.update({
    destination,
    setOffMinor: payout.setOffMinor + setOffMinor,
    inTransferMinor: payout.inTransferMinor + sentMinor,
  });
  draft.update({ status: statusOfAmounts(draft.payout) });
  if (sentMinor === 0) return { sentMinor };
  const transferId = draft.nextId("tr");
  const transfer = create(
    "transfer",
    {
      id: transferId,
      organizationId: payout.organizationId,
      payoutId: payout.id,
      payeeId: payout.payeeId,
      ...(payout.placementId === undefined ? {} : { placementId: payout.placementId }),
      ...(payout.companyId === undefined ? {} : { companyId: payout.companyId }),
      cause,
      provider: destination.provider,
      destination,
      amountMinor: sentMinor,
      currency: payout.currency,
      status: "pending",
      epoch: 1,
      attempts: 0,
      unknowns: 0,
      nextAttemptAt: addMs(context.now, FIRST_ATTEMPT_GRACE_MS),
      reversedMinor: 0,
    },
    "transfer.created",
    context,
  );
  draft.add(changeOf("transfer", transfer));
  return { transferId, sentMinor };
}

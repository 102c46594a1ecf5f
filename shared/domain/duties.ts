import { highValueRefusal, isPerson, type LimitSettings } from "../access/limits.ts";
import type { CommandContext, Refusal } from "./decision.ts";
import type { Payout } from "./model.ts";

/** Everybody who approved what stands now. */
export function approversOf({ approval }: Payout): readonly string[] {
  const voters = (approval.votes ?? []).map(({ by }) => by);
  return approval.by === undefined || voters.includes(approval.by) ? voters : [...voters, approval.by];
}

/**
 * Creator, approver and sender are three people, whatever their roles. Sending is releasing, triggering, retrying and
 * marking as paid. What the clock or an event sends has no sender.
 */
export function senderRefusal(payout: Payout, context: CommandContext): Refusal | undefined {
  if (!isPerson(context)) return undefined;
  const { id } = context.actor;
  if (id === payout.createdBy) {
    return { code: "sent_by_creator", message: `${id} created payout ${payout.id} and can't send it` };
  }
  if (approversOf(payout).includes(id)) {
    return { code: "sent_by_approver", message: `${id} approved payout ${payout.id} and can't send it` };
  }
  return undefined;
}

/**
 * What keeps a person from sending of a payout: other duties, or high value without the right to it. The whole payout is
 * measured, so that nobody gets below the threshold by parts.
 */
export function sendingRefusal(payout: Payout, settings: LimitSettings, context: CommandContext): Refusal | undefined {
  return senderRefusal(payout, context) ?? highValueRefusal(payout.amountMinor, payout.currency, settings, context);
}

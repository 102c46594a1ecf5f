import type { Wire } from "../../session/me.ts";

export type Transfer = Wire["Transfer"];

export const transferStatuses = [
  "pending",
  "processing",
  "retryable",
  "outcome_unknown",
  "awaiting_funds",
  "awaiting_payee",
  "failed_terminal",
  "completed",
  "reversed",
] as const satisfies readonly Transfer["status"][];

interface Meaning {
  readonly means: string;
  /** What the system does by itself, or whose turn it is. */
  readonly next: string;
}

const meanings: Readonly<Record<Transfer["status"], Meaning>> = {
  pending: {
    means: "Nothing has been sent to the provider yet.",
    next: "It is sent within seconds. Where something is in the way, it goes on by itself once that is gone.",
  },
  processing: {
    means: "The provider is being asked to make the transfer.",
    next: "Its answer decides. Where none comes, the same key is used again: the provider pays a key once.",
  },
  retryable: {
    means: "The money has not moved: the provider was busy, or a look-up has proved that nothing was created.",
    next: "It is sent again by itself.",
  },
  outcome_unknown: {
    means: "The provider didn’t say whether the money has moved.",
    next:
      "The provider is asked again under the same key, which can’t pay twice; when the key is 23 hours old, the transfer is " +
      "only looked up. There is no new key before it is proved that nothing was created. An admin who has looked at the " +
      "provider’s own records can settle it.",
  },
  awaiting_funds: {
    means: "The platform’s balance at the provider is short. The money has not moved.",
    next: "It is sent when the balance is topped up, and tried from time to time. Waiting uses up no attempt.",
  },
  awaiting_payee: {
    means: "The payee’s account can’t be paid now. The money has not moved.",
    next: "It is sent when the account can take it, and looked at from time to time. Waiting uses up no attempt.",
  },
  failed_terminal: {
    means: "The money has not moved.",
    next: "Nothing happens by itself. Once the cause is gone, somebody retries the payout or triggers its schedule again.",
  },
  completed: {
    means: "The provider has made the transfer: the money is on the payee’s account there.",
    next: "Nothing. It can be reversed, whole or in part.",
  },
  reversed: {
    means: "All of the money was taken back.",
    next: "Nothing. What is owed all the same takes a new payout.",
  },
};

/** True for a transfer whose payout ended before anything was sent: it is over, not to be sent again. */
export function hasEnded({ status, outcome }: Transfer): boolean {
  return status === "failed_terminal" && outcome?.class === "ended";
}

/** What a transfer's status says about the money, and what comes next. */
export function meaningOf(transfer: Transfer): Meaning {
  if (hasEnded(transfer)) {
    return { means: "The payout ended before anything was sent.", next: "Nothing: it is never sent." };
  }
  if (pendingReversal(transfer) !== undefined) {
    return { ...meanings[transfer.status], next: "A reversal is under way; its outcome is shown below." };
  }
  return meanings[transfer.status];
}

/** The reversal that is under way; there is one at a time. */
export function pendingReversal({ reversals }: Transfer): Transfer["reversals"][number] | undefined {
  return reversals.find(({ status }) => status === "requested");
}

const outcomeClasses: Readonly<Record<string, string>> = {
  accepted: "made",
  throttled: "the provider is busy",
  funds: "the platform’s balance is short",
  payee: "the payee’s account can’t be paid",
  rejected: "refused",
  configuration: "the platform’s credentials are refused",
  unrecognised: "an answer that nobody has met before",
  unknown: "no clear answer",
  in_progress: "an earlier call is still running",
  mismatch: "the provider’s record differs from this one",
  look_up: "looked up",
  ended: "the payout ended",
};

/** The class of a provider's answer in words. */
export function describeOutcomeClass(name: string): string {
  return outcomeClasses[name] ?? name;
}

/** Where the transfer comes from, and the page that shows it. */
export function causeOf({ cause_entity_type: type, cause_entity_id: id }: Transfer) {
  return type === "payout_schedule"
    ? ({ name: "Schedule", to: "/payout-schedules", search: { open: id } } as const)
    : ({ name: "Hold", to: "/escrow-holds", search: { open: id } } as const);
}

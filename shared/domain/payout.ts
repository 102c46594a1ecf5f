import type { ChangeAction } from "../events/event-types.ts";
import {
  accept,
  amend,
  type CommandContext,
  changeOf,
  create,
  type Decision,
  type Patch,
  type RecordChange,
  refuse,
} from "./decision.ts";
import { type ChildPrefix, childId, familyOf } from "./ids.ts";
import type {
  Destination,
  EscrowHold,
  JournalEntry,
  Payout,
  PayoutSchedule,
  PayoutStatus,
  Posting,
  Transfer,
} from "./model.ts";

/** What is promised and neither paid, set off, forfeited nor cancelled. */
export function remainingMinor(payout: Payout): number {
  return payout.amountMinor - payout.paidMinor - payout.setOffMinor - payout.forfeitedMinor - payout.cancelledMinor;
}

/** True once a provider may have been asked to move money of this payout, or its promise was set off. */
export function moneyHasMoved(payout: Payout): boolean {
  return payout.paidMinor > 0 || payout.setOffMinor > 0 || payout.inTransferMinor > 0;
}

/** The status that the amounts imply; approval states stay as they are until money moves. */
export function statusOfAmounts(payout: Payout): PayoutStatus {
  const settled = payout.paidMinor + payout.setOffMinor;
  if (remainingMinor(payout) === 0) return settled > 0 ? "paid" : "cancelled";
  if (settled > 0) return "partially_paid";
  if (payout.inTransferMinor > 0) return "processing";
  return payout.status;
}

export function sameDestination(a: Destination | undefined, b: Destination | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.provider === "stripe") return b.provider === "stripe" && a.account === b.account;
  return (
    b.provider === "xendit" &&
    a.channelCode === b.channelCode &&
    a.accountNumber === b.accountNumber &&
    a.accountHolderName === b.accountHolderName
  );
}

const STATUS_ACTIONS: Readonly<Record<PayoutStatus, ChangeAction>> = {
  pending_approval: "payout.updated",
  approved: "payout.approved",
  processing: "payout.processing",
  partially_paid: "payout.partially_paid",
  paid: "payout.paid",
  rejected: "payout.rejected",
  failed: "payout.failed",
  cancelled: "payout.cancelled",
};

/** A transaction's 100 items, less the balance and the receipt of the request. */
const MAX_COMMIT_RECORDS = 98;

/**
 * One commit's worth of changes to a payout's family. The payout itself changes exactly once, at the end, so that it
 * stays one version and one event however many of its children change.
 */
export class FamilyDraft {
  readonly #before: Payout;
  readonly #context: CommandContext;
  readonly #changes: RecordChange[] = [];
  #patch: Patch<"payout"> = {};
  #children: number;
  #current: Payout;

  constructor(payout: Payout, context: CommandContext) {
    this.#before = payout;
    this.#current = payout;
    this.#context = context;
    this.#children = payout.children;
  }

  get payout(): Payout {
    return this.#current;
  }

  /** True once there is something new to say of the payout itself. */
  get hasChanged(): boolean {
    return Object.keys(this.#patch).length > 0;
  }

  nextId(prefix: ChildPrefix): string {
    this.#children += 1;
    return childId(prefix, familyOf(this.#before.id), this.#children);
  }

  /** Adds a child's change; the child may change once per commit. */
  add(change: RecordChange): void {
    this.#changes.push(change);
  }

  update(patch: Patch<"payout">): void {
    this.#patch = { ...this.#patch, ...patch };
    const merged: Record<string, unknown> = { ...this.#before, ...this.#patch };
    for (const [field, value] of Object.entries(merged)) if (value === undefined) delete merged[field];
    this.#current = merged as unknown as Payout;
  }

  /** Notes the person who sends. What the clock or an event sends has no sender. */
  noteSender(): void {
    const { actor } = this.#context;
    const senders = this.#current.senders ?? [];
    if (actor.type === "user" && !senders.includes(actor.id)) this.update({ senders: [...senders, actor.id] });
  }

  /** Posts a balanced journal entry caused by the record that this commit changes. */
  post(kind: JournalEntry["kind"], postings: Posting[], cause: JournalEntry["cause"]): void {
    const { organizationId, payeeId, currency, id } = this.#before;
    const entry = create(
      "journal_entry",
      { id: this.nextId("je"), organizationId, payoutId: id, payeeId, currency, kind, postings, cause },
      "journal_entry.posted",
      this.#context,
    );
    this.#changes.push(changeOf("journal_entry", entry));
  }

  /** Closes the draft: the payout's next version comes first. `action` wins over the one that the status implies. */
  finish(action?: ChangeAction): RecordChange[] {
    const status = this.#current.status;
    const implied = status === this.#before.status ? "payout.updated" : STATUS_ACTIONS[status];
    const paidAt = status === "paid" && this.#before.status !== "paid" ? { paidAt: this.#context.now } : {};
    const after = amend(
      "payout",
      this.#before,
      { ...paidAt, ...this.#patch, children: this.#children },
      action ?? implied,
      this.#context,
    );
    this.#current = after;
    return [changeOf("payout", after, this.#before), ...this.#changes];
  }

  /** Closes the draft as a decision about the payout; refused where it touches more records than one commit can hold. */
  decide(action?: ChangeAction): Decision<Payout> {
    const changes = this.finish(action);
    if (changes.length <= MAX_COMMIT_RECORDS) return accept(changes, this.#current);
    return refuse("too_many_children", `payout ${this.#before.id} is in too many parts to change them all at once`);
  }
}

/** Live records of one payout. */
export interface Family {
  readonly payout: Payout;
  readonly schedules: readonly PayoutSchedule[];
  readonly holds: readonly EscrowHold[];
  readonly transfers: readonly Transfer[];
}

/** A transfer that its payout's end has ended: nothing moved, and it is never sent again. */
export function endedTransfer(
  transfer: Transfer,
  message: string,
  context: CommandContext,
  proof: Patch<"transfer"> = {},
): Transfer {
  return amend(
    "transfer",
    transfer,
    {
      status: "failed_terminal",
      lease: undefined,
      nextAttemptAt: undefined,
      workflow: undefined,
      blocker: undefined,
      outcome: { class: "ended", code: "payout_ended", message, at: context.now },
      ...proof,
    },
    "transfer.failed",
    context,
  );
}

/** True for a transfer that failed and that a person could still send again. */
export function awaitsRetry(transfer: Transfer): boolean {
  return transfer.status === "failed_terminal" && transfer.outcome?.class !== "ended";
}

/**
 * Ends pending schedules, active holds and transfers that have failed. Gives what was ended, in minor units; the
 * postings are the caller's.
 */
export function endOpenParts(
  draft: FamilyDraft,
  family: Family,
  holdsEnd: "cancelled" | "forfeited",
  reason: string,
  context: CommandContext,
): { payableMinor: number; heldMinor: number } {
  const payout = draft.payout;
  let payableMinor = 0;
  let heldMinor = 0;
  for (const schedule of family.schedules) {
    if (schedule.status !== "pending" && schedule.status !== "failed") continue;
    // What a failed one stood for is with its transfer.
    if (schedule.status === "pending") payableMinor += schedule.amountMinor;
    const after = amend(
      "payout_schedule",
      schedule,
      { status: "cancelled", blocker: undefined, failureReason: schedule.failureReason ?? reason },
      "payout_schedule.cancelled",
      context,
    );
    draft.add(changeOf("payout_schedule", after, schedule));
  }
  let failedMinor = 0;
  for (const transfer of family.transfers.filter(awaitsRetry)) {
    failedMinor += transfer.amountMinor;
    draft.add(changeOf("transfer", endedTransfer(transfer, reason, context), transfer));
  }
  payableMinor += failedMinor;
  for (const hold of family.holds) {
    if (hold.status !== "active") continue;
    heldMinor += hold.amountMinor;
    const after = amend(
      "escrow_hold",
      hold,
      { status: holdsEnd, reason, blocker: undefined, cancelledAt: context.now },
      `escrow_hold.${holdsEnd}`,
      context,
    );
    draft.add(changeOf("escrow_hold", after, hold));
  }
  const forfeited = holdsEnd === "forfeited" ? heldMinor : 0;
  draft.update({
    heldMinor: payout.heldMinor - heldMinor,
    inTransferMinor: payout.inTransferMinor - failedMinor,
    forfeitedMinor: payout.forfeitedMinor + forfeited,
    cancelledMinor: payout.cancelledMinor + payableMinor + heldMinor - forfeited,
  });
  return { payableMinor, heldMinor };
}

import type { LimitSettings } from "../access/limits.ts";
import {
  accept,
  amend,
  type CommandContext,
  changeOf,
  create,
  type Decision,
  type RecordChange,
  refuse,
} from "./decision.ts";
import { childId, payoutIdOf } from "./ids.ts";
import { accrual } from "./journal.ts";
import type { EscrowHold, Instant, Payee, Payout, PayoutPolicy, TriggerEvent } from "./model.ts";
import { approversNeeded } from "./payout-approval.ts";
import { currentDestination } from "./release.ts";

/** A payout as a person asks for it; amounts in minor units. */
export interface ManualPayout {
  readonly organizationId: string;
  readonly payeeId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly companyId?: string;
  readonly placementId?: string;
  readonly notes?: string;
  readonly schedule: {
    readonly triggerEvent: TriggerEvent;
    /** Absent: it waits until a person triggers it. */
    readonly scheduledDate?: Instant;
  };
  readonly hold?: {
    readonly amountMinor: number;
    readonly releaseDate: Instant;
    readonly holdReason: EscrowHold["holdReason"];
    readonly reason?: string;
  };
}

export interface ManualSurroundings {
  /** Of a fresh id; the payout and its parts take theirs from it. */
  readonly family: string;
  readonly payee: Payee | undefined;
  readonly settings: LimitSettings;
  /** The deployment's policy with the organization's own over it. */
  readonly policy: PayoutPolicy;
}

/**
 * A payout that follows from nothing but a person's decision, with its schedule, hold and accrual. It always waits for
 * another person's approval. Refused for an unknown payee, dates that are not to come, and a hold of more than the whole.
 */
export function createManualPayout(
  wish: ManualPayout,
  around: ManualSurroundings,
  context: CommandContext,
): Decision<Payout> {
  const { organizationId, payeeId, amountMinor, currency, companyId, placementId, schedule, hold } = wish;
  const { family, payee, settings, policy } = around;
  const { now } = context;
  if (payee === undefined) return refuse("payee_unknown", `there is no payee ${payeeId}`, "payee_id");
  if (schedule.scheduledDate !== undefined && schedule.scheduledDate <= now) {
    return refuse("date_in_past", `${schedule.scheduledDate} is not after ${now}`, "schedule.scheduled_date");
  }
  if (hold !== undefined && hold.releaseDate <= now) {
    return refuse("date_in_past", `${hold.releaseDate} is not after ${now}`, "hold.release_date");
  }
  const heldMinor = hold?.amountMinor ?? 0;
  if (heldMinor > amountMinor) {
    return refuse("fee_exceeded", `the hold of ${heldMinor} is more than the whole of ${amountMinor}`, "hold.amount");
  }
  const payoutId = payoutIdOf(family);
  const belonging = {
    ...(companyId === undefined ? {} : { companyId }),
    ...(placementId === undefined ? {} : { placementId }),
  };
  const common = { organizationId, payoutId, payeeId, currency, ...belonging };
  const parts: RecordChange[] = [];
  if (amountMinor > heldMinor) {
    const body = {
      ...common,
      ...schedule,
      id: childId("ps", family, parts.length + 1),
      amountMinor: amountMinor - heldMinor,
      status: "pending" as const,
      retryCount: 0,
    };
    parts.push(changeOf("payout_schedule", create("payout_schedule", body, "payout_schedule.created", context)));
  }
  if (hold !== undefined) {
    const body = {
      ...common,
      ...hold,
      id: childId("eh", family, parts.length + 1),
      originalMinor: heldMinor,
      holdDate: now,
      status: "active" as const,
    };
    parts.push(changeOf("escrow_hold", create("escrow_hold", body, "escrow_hold.created", context)));
  }
  const entry = {
    id: childId("je", family, parts.length + 1),
    organizationId,
    payoutId,
    payeeId,
    currency,
    kind: "accrual" as const,
    postings: accrual(amountMinor - heldMinor, heldMinor),
    cause: { entity: "payout", id: payoutId, version: 1 },
  };
  parts.push(changeOf("journal_entry", create("journal_entry", entry, "journal_entry.posted", context)));
  const destination = currentDestination(payee);
  const payout = create(
    "payout",
    {
      id: payoutId,
      organizationId,
      payeeId,
      ...belonging,
      source: "manual",
      currency,
      amountMinor,
      heldMinor,
      paidMinor: 0,
      inTransferMinor: 0,
      setOffMinor: 0,
      forfeitedMinor: 0,
      cancelledMinor: 0,
      reversedMinor: 0,
      status: "pending_approval",
      approval: {
        mode: "manual",
        state: "pending",
        votesNeeded: approversNeeded(settings, amountMinor, currency),
      },
      policy: { ...policy, approval: "manual" },
      children: parts.length,
      createdBy: context.actor.id,
      ...(destination === undefined ? {} : { destination }),
      ...(wish.notes === undefined ? {} : { notes: wish.notes }),
    },
    "payout.created",
    context,
  );
  return accept([changeOf("payout", payout), ...parts], payout);
}

/** Changes what people have noted on a payout, or removes it; refused where it has changed since it was read. */
export function notePayout(
  payout: Payout,
  wish: { readonly notes: string | undefined; readonly expectedVersion: number },
  context: CommandContext,
): Decision<Payout> {
  const { notes, expectedVersion } = wish;
  if (payout.version !== expectedVersion) {
    return refuse("version_mismatch", `payout ${payout.id} is at version ${payout.version}, not ${expectedVersion}`);
  }
  const after = amend("payout", payout, { notes }, "payout.updated", context);
  return accept([changeOf("payout", after, payout)], after);
}

import type { LimitSettings } from "../access/limits.ts";
import { endOfDays, toInstant } from "./dates.ts";
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
import { childId, familyOfCause, payoutIdOf } from "./ids.ts";
import * as journal from "./journal.ts";
import type { CalendarDate, Instant, Payee, PayoutPolicy, Placement, TriggerEvent } from "./model.ts";
import { distribute, splitHoldback } from "./money.ts";
import { endOpenParts, type Family, FamilyDraft, moneyHasMoved, statusOfAmounts } from "./payout.ts";
import { approversNeeded } from "./payout-approval.ts";
import { currentDestination } from "./release.ts";

/** One commit holds a placement with at most this many payees (DynamoDB: 100 items in a transaction). */
export const MAX_PAYEES = 16;

export interface PayeeShare {
  readonly payeeId: string;
  /** Either basis points of the fee or an amount in minor units. */
  readonly shareBp?: number;
  readonly amountMinor?: number;
}

export interface Activation {
  readonly organizationId: string;
  readonly placementId: string;
  readonly companyId: string;
  readonly currency: string;
  readonly feeMinor: number;
  readonly startDate: CalendarDate;
  readonly payees: readonly PayeeShare[];
  /** The organization's policy with the event's own wishes applied. */
  readonly policy: PayoutPolicy;
  /** What is high value; it takes more people to approve it. */
  readonly limits?: LimitSettings;
  /** A date of its own for the schedules, instead of the trigger's. */
  readonly scheduledDate?: Instant;
  /** Identifies the content, so that the same event is recognised and another one isn't mixed in. */
  readonly contentHash: string;
}

/** Each payee's amount in the order given; refused where the parts are more than the fee or nothing is left for one. */
export function amountsOf(activation: Pick<Activation, "feeMinor" | "payees">): Decision<readonly number[]> {
  const { feeMinor, payees } = activation;
  const shares = payees.map((payee) => payee.shareBp ?? 0);
  const totalBp = shares.reduce((sum, share) => sum + share, 0);
  if (totalBp > 10_000) return refuse("fee_exceeded", `the shares add up to ${totalBp} bp, more than 10000`, "payees");
  const portions = distribute(feeMinor, shares);
  const amounts = payees.map((payee, index) => payee.amountMinor ?? portions[index] ?? 0);
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  if (total > feeMinor)
    return refuse("fee_exceeded", `the payees get ${total}, more than the fee of ${feeMinor}`, "payees");
  const empty = amounts.findIndex((amount) => amount < 1);
  if (empty >= 0) {
    return refuse("amount_too_small", "the share comes to less than one minor unit", `payees[${empty}].share_bp`);
  }
  return accept([], amounts);
}

/** When the schedules of an activation are due; undefined while they wait for an event or a person. */
function scheduledDateOf(
  activation: Activation,
  guaranteeEnd: Instant,
  placement: Placement | undefined,
): Instant | undefined {
  if (activation.scheduledDate !== undefined) return toInstant(Date.parse(activation.scheduledDate));
  const signals: Readonly<Record<TriggerEvent, Instant | undefined>> = {
    guarantee_period_end: guaranteeEnd,
    contract_signed: placement?.contractSignedAt,
    milestone_reached: placement?.milestoneReachedAt,
    manual: undefined,
  };
  return signals[activation.policy.triggerEvent];
}

/** One payee's payout with its schedule, hold and accrual. Their ids follow from the placement and the payee. */
function payoutChanges(
  activation: Activation,
  share: { payeeId: string; amountMinor: number; payee: Payee | undefined },
  placement: Placement | undefined,
  context: CommandContext,
): RecordChange[] {
  const { organizationId, placementId, companyId, currency, policy } = activation;
  const family = familyOfCause("placement", organizationId, placementId, share.payeeId);
  const payoutId = payoutIdOf(family);
  const { holdMinor, immediateMinor } = splitHoldback(share.amountMinor, policy.holdbackBp);
  const dateRule = { startDate: activation.startDate, days: policy.guaranteeDays, timeZone: policy.timeZone };
  const guaranteeEnd = endOfDays(dateRule);
  const scheduledDate = scheduledDateOf(activation, guaranteeEnd, placement);
  const destination = currentDestination(share.payee);
  const common = { organizationId, payoutId, payeeId: share.payeeId, placementId, companyId, currency };
  const changes: RecordChange[] = [];
  let children = 0;
  const nextOrdinal = () => {
    children += 1;
    return children;
  };
  if (immediateMinor > 0) {
    const schedule = create(
      "payout_schedule",
      {
        ...common,
        id: childId("ps", family, nextOrdinal()),
        triggerEvent: policy.triggerEvent,
        guaranteeCompletionDate: guaranteeEnd,
        dateRule,
        amountMinor: immediateMinor,
        status: "pending",
        retryCount: 0,
        ...(scheduledDate === undefined ? {} : { scheduledDate }),
      },
      "payout_schedule.created",
      context,
    );
    changes.push(changeOf("payout_schedule", schedule));
  }
  if (holdMinor > 0) {
    const hold = create(
      "escrow_hold",
      {
        ...common,
        id: childId("eh", family, nextOrdinal()),
        amountMinor: holdMinor,
        originalMinor: holdMinor,
        holdbackBp: policy.holdbackBp,
        holdReason: "guarantee_period",
        holdDate: context.now,
        releaseDate: guaranteeEnd,
        dateRule,
        status: "active",
      },
      "escrow_hold.created",
      context,
    );
    changes.push(changeOf("escrow_hold", hold));
  }
  const entry = create(
    "journal_entry",
    {
      id: childId("je", family, nextOrdinal()),
      organizationId,
      payoutId,
      payeeId: share.payeeId,
      currency,
      kind: "accrual",
      postings: journal.accrual(immediateMinor, holdMinor),
      cause: { entity: "payout", id: payoutId, version: 1 },
    },
    "journal_entry.posted",
    context,
  );
  changes.push(changeOf("journal_entry", entry));
  const automatic = policy.approval === "auto";
  const payout = create(
    "payout",
    {
      id: payoutId,
      organizationId,
      payeeId: share.payeeId,
      companyId,
      placementId,
      source: "placement",
      currency,
      amountMinor: share.amountMinor,
      heldMinor: holdMinor,
      paidMinor: 0,
      inTransferMinor: 0,
      setOffMinor: 0,
      forfeitedMinor: 0,
      cancelledMinor: 0,
      reversedMinor: 0,
      status: automatic ? "approved" : "pending_approval",
      approval: automatic
        ? { mode: "auto", state: "approved", by: "policy", at: context.now }
        : {
            mode: "manual",
            state: "pending",
            votesNeeded: approversNeeded(activation.limits, share.amountMinor, currency),
          },
      policy,
      children,
      createdBy: context.actor.id,
      ...(destination === undefined ? {} : { destination }),
    },
    "payout.created",
    context,
  );
  return [changeOf("payout", payout), ...changes];
}

/**
 * A placement becomes payable: per payee a payout, its schedule and its hold, all in one commit. The same activation
 * again changes nothing; after a cancellation it is recorded and creates nothing payable.
 */
export function activatePlacement(
  activation: Activation,
  placement: Placement | undefined,
  payees: ReadonlyMap<string, Payee>,
  context: CommandContext,
): Decision<readonly string[]> {
  if (placement?.activationHash !== undefined) {
    if (placement.activationHash === activation.contentHash) return accept([], placement.payoutIds);
    const ended = placement.endedAt !== undefined;
    const message = `placement ${placement.id} is already ${ended ? placement.status : "active"} with other content`;
    return refuse(ended ? "placement_ended" : "placement_already_active", message, "placement_id");
  }
  const facts = {
    companyId: activation.companyId,
    currency: activation.currency,
    feeMinor: activation.feeMinor,
    startDate: activation.startDate,
    activationHash: activation.contentHash,
  };
  if (placement?.status === "cancelled" || placement?.status === "guarantee_failed") {
    const refused = amend("placement", placement, facts, "placement.activation_refused", context);
    return accept([changeOf("placement", refused, placement)], []);
  }
  if (activation.payees.length > MAX_PAYEES) {
    return refuse("too_many_children", `a placement has at most ${MAX_PAYEES} payees`, "payees");
  }
  const amounts = amountsOf(activation);
  if (!amounts.ok) return amounts;
  const perPayee = activation.payees.map((share, index) =>
    payoutChanges(
      activation,
      { payeeId: share.payeeId, amountMinor: amounts.value[index] ?? 0, payee: payees.get(share.payeeId) },
      placement,
      context,
    ),
  );
  const payoutIds = activation.payees.map((share) =>
    payoutIdOf(familyOfCause("placement", activation.organizationId, activation.placementId, share.payeeId)),
  );
  const body = {
    id: activation.placementId,
    organizationId: activation.organizationId,
    status: "active" as const,
    payoutIds,
    ...facts,
  };
  const change =
    placement === undefined
      ? changeOf("placement", create("placement", body, "placement.activated", context))
      : changeOf("placement", amend("placement", placement, body, "placement.activated", context), placement);
  return accept([change, ...perPayee.flat()], payoutIds);
}

export type Signal = "contract_signed" | "milestone_reached";

/** Notes that a placement's contract was signed or its milestone reached, whether or not it is active yet. Once is enough. */
export function signalPlacement(
  signal: Signal,
  ids: { organizationId: string; placementId: string },
  placement: Placement | undefined,
  context: CommandContext,
): Decision {
  const field = signal === "contract_signed" ? "contractSignedAt" : "milestoneReachedAt";
  if (placement === undefined) {
    const announced = create(
      "placement",
      {
        id: ids.placementId,
        organizationId: ids.organizationId,
        status: "announced",
        payoutIds: [],
        [field]: context.now,
      },
      "placement.announced",
      context,
    );
    return accept([changeOf("placement", announced)], undefined);
  }
  if (placement[field] !== undefined) return accept([], undefined);
  const after = amend("placement", placement, { [field]: context.now }, "placement.updated", context);
  return accept([changeOf("placement", after, placement)], undefined);
}

export type PlacementEnd = "cancelled" | "guarantee_failed";

/** A placement is over, even before it was activated. The first end stays; repeating it changes nothing. */
export function endPlacement(
  end: PlacementEnd,
  ids: { organizationId: string; placementId: string },
  placement: Placement | undefined,
  context: CommandContext,
): Decision {
  const facts = {
    status: end,
    endedAt: context.now,
    ...(context.reason === undefined ? {} : { endReason: context.reason }),
  };
  if (placement === undefined) {
    const ended = create(
      "placement",
      { id: ids.placementId, organizationId: ids.organizationId, payoutIds: [], ...facts },
      `placement.${end}`,
      context,
    );
    return accept([changeOf("placement", ended)], undefined);
  }
  if (placement.endedAt !== undefined) return accept([], undefined);
  const after = amend("placement", placement, facts, `placement.${end}`, context);
  return accept([changeOf("placement", after, placement)], undefined);
}

/**
 * Ends one payout of an ended placement: pending schedules are cancelled, holds cancelled or (guarantee failed)
 * forfeited, and what was already paid is owed back by the payee. What is in flight is followed by the transfer itself.
 */
export function endPayout(family: Family, end: PlacementEnd, reason: string, context: CommandContext): Decision {
  const { payout } = family;
  if (payout.clawback !== undefined || payout.status === "cancelled" || payout.status === "rejected") {
    return accept([], undefined);
  }
  const draft = new FamilyDraft(payout, context);
  const moved = moneyHasMoved(payout);
  const ended = endOpenParts(draft, family, end === "cancelled" ? "cancelled" : "forfeited", reason, context);
  const cause = { entity: "payout", id: payout.id, version: payout.version + 1 };
  const forfeitedMinor = end === "cancelled" ? 0 : ended.heldMinor;
  const cancelledHeldMinor = ended.heldMinor - forfeitedMinor;
  if (ended.payableMinor + cancelledHeldMinor > 0) {
    draft.post("cancellation", journal.cancellation(ended.payableMinor, cancelledHeldMinor), cause);
  }
  if (forfeitedMinor > 0) draft.post("hold_forfeit", journal.holdForfeit(forfeitedMinor), cause);
  // What came back by a reversal is no longer with the payee; what was set off had been earned and is owed again.
  const owedMinor = payout.paidMinor + payout.setOffMinor - payout.reversedMinor;
  if (owedMinor > 0) draft.post("clawback", journal.clawback(owedMinor), cause);
  draft.update({ endReason: reason, ...(moved ? { clawback: { reason, at: context.now } } : {}) });
  draft.update({ status: statusOfAmounts(draft.payout) });
  return accept(draft.finish(), undefined);
}

import type {
  Blocker,
  DateRule,
  Destination,
  EntityName,
  Firing,
  PayoutPolicy,
  RecordTypes,
  Reversal,
  TransferStatus,
  Versioned,
} from "../domain/model.ts";
import type { WireTypes } from "./wire-schemas.ts";

/** What a record alone doesn't know. */
export interface Joined {
  readonly transferStatus?: TransferStatus;
}

/**
 * The one mapping of records to their wire form, for the API and for events. Amounts stay minor units; a holdback is
 * given in percent (2,000 bp → 20); a Xendit account number shows its last four characters only.
 */
export function presentRecord<E extends EntityName>(
  entity: E,
  record: RecordTypes[E],
  joined: Joined = {},
): WireTypes[E] {
  return presenters[entity](record, joined);
}

/** All but the last four characters, or everything where there are no more than four. */
export function maskAccount(accountNumber: string): string {
  const shown = accountNumber.length > 4 ? accountNumber.slice(-4) : "";
  return "*".repeat(accountNumber.length - shown.length) + shown;
}

const presenters: { [E in EntityName]: (record: RecordTypes[E], joined: Joined) => WireTypes[E] } = {
  payout: (payout) => ({
    id: payout.id,
    payee_id: payout.payeeId,
    company_id: payout.companyId ?? null,
    placement_id: payout.placementId ?? null,
    source: payout.source,
    period: payout.period ?? null,
    amount: payout.amountMinor,
    held_amount: payout.heldMinor,
    paid_amount: payout.paidMinor,
    in_transfer_amount: payout.inTransferMinor,
    set_off_amount: payout.setOffMinor,
    forfeited_amount: payout.forfeitedMinor,
    cancelled_amount: payout.cancelledMinor,
    reversed_amount: payout.reversedMinor,
    paid_outside_amount: payout.paidOutsideMinor ?? 0,
    external_reference: payout.externalReference ?? null,
    currency: payout.currency,
    status: payout.status,
    approval_mode: payout.approval.mode,
    approval_state: payout.approval.state,
    ...approvalOf(payout.approval),
    policy: policyOf(payout.policy),
    destination: payout.destination === undefined ? null : destinationOf(payout.destination),
    notes: payout.notes ?? null,
    created_by: payout.createdBy,
    sent_by: [...(payout.senders ?? [])],
    paid_at: payout.paidAt ?? null,
    end_reason: payout.endReason ?? null,
    clawback: payout.clawback === undefined ? null : { reason: payout.clawback.reason, at: payout.clawback.at },
    ...versionedOf(payout),
  }),
  payout_schedule: (schedule) => ({
    ...familyMemberOf(schedule),
    trigger_event: schedule.triggerEvent,
    scheduled_date: schedule.scheduledDate ?? null,
    guarantee_completion_date: schedule.guaranteeCompletionDate ?? null,
    date_rule: dateRuleOf(schedule.dateRule),
    amount: schedule.amountMinor,
    currency: schedule.currency,
    status: schedule.status,
    ...firingOf(schedule.firing),
    transfer_id: schedule.transferId ?? null,
    processed_at: schedule.processedAt ?? null,
    retry_count: schedule.retryCount,
    last_retry_at: schedule.lastRetryAt ?? null,
    failure_code: schedule.failureCode ?? null,
    failure_reason: schedule.failureReason ?? null,
    blocker: blockerOf(schedule.blocker),
    ...versionedOf(schedule),
  }),
  escrow_hold: (hold, { transferStatus }) => ({
    ...familyMemberOf(hold),
    hold_amount: hold.amountMinor,
    original_amount: hold.originalMinor,
    currency: hold.currency,
    holdback_percentage: hold.holdbackBp === undefined ? null : percentOf(hold.holdbackBp),
    hold_reason: hold.holdReason,
    reason: hold.reason ?? null,
    hold_date: hold.holdDate,
    release_date: hold.releaseDate,
    date_rule: dateRuleOf(hold.dateRule),
    status: hold.status,
    ...firingOf(hold.firing),
    released_at: hold.releasedAt ?? null,
    released_by: hold.releasedBy ?? null,
    release_notes: hold.releaseNotes ?? null,
    cancelled_at: hold.cancelledAt ?? null,
    transfer_id: hold.transferId ?? null,
    transfer_status: transferStatus ?? null,
    blocker: blockerOf(hold.blocker),
    ...versionedOf(hold),
  }),
  transfer: (transfer) => ({
    ...familyMemberOf(transfer),
    cause_entity_type: transfer.cause.entity,
    cause_entity_id: transfer.cause.id,
    provider: transfer.provider,
    destination: destinationOf(transfer.destination),
    amount: transfer.amountMinor,
    currency: transfer.currency,
    status: transfer.status,
    epoch: transfer.epoch,
    attempts: transfer.attempts,
    unknowns: transfer.unknowns,
    last_attempt_at: transfer.lastAttemptAt ?? null,
    next_attempt_at: transfer.nextAttemptAt ?? null,
    outcome: outcomeOf(transfer.outcome),
    provider_transfer_id: transfer.providerTransferId ?? null,
    completed_at: transfer.completedAt ?? null,
    reversed_amount: transfer.reversedMinor,
    reversals: (transfer.reversals ?? []).map(reversalOf),
    settled: transfer.settled === undefined ? null : { ...transfer.settled },
    paid_out_at: transfer.paidOutAt ?? null,
    blocker: blockerOf(transfer.blocker),
    ...versionedOf(transfer),
  }),
  payee: (payee) => ({
    id: payee.id,
    name: payee.name,
    email: payee.email ?? null,
    country: payee.country ?? null,
    default_currency: payee.defaultCurrency,
    tier: payee.tier ?? null,
    payout_frequency: payee.payoutFrequency ?? null,
    minimum_payout: payee.minimumPayoutMinor ?? null,
    verified: payee.verified,
    destinations: payee.destinations.map(destinationOf),
    destination_changed_at: payee.destinationChangedAt ?? null,
    destination_usable_from: payee.destinationUsableFrom ?? null,
    ...versionedOf(payee),
  }),
  placement: (placement) => ({
    id: placement.id,
    status: placement.status,
    company_id: placement.companyId ?? null,
    currency: placement.currency ?? null,
    fee_amount: placement.feeMinor ?? null,
    start_date: placement.startDate ?? null,
    payout_ids: [...placement.payoutIds],
    contract_signed_at: placement.contractSignedAt ?? null,
    milestone_reached_at: placement.milestoneReachedAt ?? null,
    ended_at: placement.endedAt ?? null,
    end_reason: placement.endReason ?? null,
    ...versionedOf(placement),
  }),
  journal_entry: (entry) => ({
    id: entry.id,
    payout_id: entry.payoutId,
    payee_id: entry.payeeId,
    currency: entry.currency,
    kind: entry.kind,
    postings: entry.postings.map(({ account, amountMinor }) => ({ account, amount: amountMinor })),
    cause_entity_type: entry.cause.entity,
    cause_entity_id: entry.cause.id,
    cause_version: entry.cause.version,
    ...versionedOf(entry),
  }),
  sending_control: (control) => ({
    id: control.id,
    status: control.status,
    reason: control.reason ?? null,
    probe_at: control.probeAt ?? null,
    ...versionedOf(control),
  }),
  provider_event: (event) => ({
    id: event.id,
    provider: event.provider,
    type: event.type,
    object_id: event.objectId,
    account: event.account ?? null,
    provider_created_at: event.providerCreatedAt,
    status: event.status,
    note: event.note ?? null,
    ...versionedOf(event),
  }),
  settings: (settings) => ({
    id: settings.id,
    policy: policyOf(settings.policy),
    high_value_amounts: { ...settings.highValueMinor },
    approver_limit_amounts: { ...settings.approverLimitMinor },
    cooling_off_hours: settings.coolingOffHours ?? null,
    allowed_cidrs: [...(settings.allowedCidrs ?? [])],
    working_hours: settings.workingHours === undefined ? null : { ...settings.workingHours },
    ...versionedOf(settings),
  }),
  role_assignment: (assignment) => ({
    id: assignment.id,
    role: assignment.role,
    scope_id: assignment.scopeId ?? null,
    status: assignment.status,
    granted_by: assignment.grantedBy,
    label: assignment.label ?? null,
    ...versionedOf(assignment),
  }),
  role_roster: (roster) => ({ id: roster.id, super_admins: [...roster.superAdmins], ...versionedOf(roster) }),
  approver_usage: (usage) => ({
    id: usage.id,
    quarters: usage.quarters.map(({ from, amountMinor }) => ({ from, amount: amountMinor })),
    ...versionedOf(usage),
  }),
  security_event: (event) => ({
    id: event.id,
    kind: event.kind,
    risk_level: event.riskLevel,
    subject: event.subject,
    role: event.role ?? null,
    source_ip: event.sourceIp ?? null,
    operation: event.operation ?? null,
    code: event.code ?? null,
    entity_id: event.entityId ?? null,
    detail: event.detail,
    request_id: event.requestId,
    ...versionedOf(event),
  }),
};

function versionedOf(record: Versioned) {
  return {
    organization_id: record.organizationId,
    version: record.version,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}

function familyMemberOf(record: RecordTypes["payout_schedule" | "escrow_hold" | "transfer"]) {
  return {
    id: record.id,
    payout_id: record.payoutId,
    payee_id: record.payeeId,
    placement_id: record.placementId ?? null,
    company_id: record.companyId ?? null,
  };
}

function reversalOf(reversal: Reversal) {
  return {
    id: reversal.id,
    amount: reversal.amountMinor,
    reason: reversal.reason,
    requested_by: reversal.requestedBy,
    requested_at: reversal.requestedAt,
    status: reversal.status,
    failure_code: reversal.failureCode ?? null,
    failure_reason: reversal.failureReason ?? null,
    provider_reversal_id: reversal.providerReversalId ?? null,
  };
}

function approvalOf({ state, by, at, reason, votes = [], votesNeeded }: RecordTypes["payout"]["approval"]) {
  return {
    approved_by: state === "approved" ? (by ?? null) : null,
    approved_at: state === "approved" ? (at ?? null) : null,
    approval_votes: votes.map((vote) => ({
      by: vote.by,
      role: vote.role,
      at: vote.at,
      approved_amount: vote.approvedMinor,
      limit_amount: vote.limitMinor ?? null,
    })),
    approval_votes_needed: votesNeeded ?? 1,
    rejected_reason: state === "rejected" ? (reason ?? null) : null,
  };
}

type WirePolicy = WireTypes["payout"]["policy"];

export function policyOf(policy: PayoutPolicy): WirePolicy;
export function policyOf(policy: Partial<PayoutPolicy>): WireTypes["settings"]["policy"];
export function policyOf({ holdbackBp, guaranteeDays, triggerEvent, approval, timeZone }: Partial<PayoutPolicy>) {
  return {
    ...(holdbackBp !== undefined && { holdback_percentage: percentOf(holdbackBp) }),
    ...(guaranteeDays !== undefined && { guarantee_days: guaranteeDays }),
    ...(triggerEvent !== undefined && { trigger_event: triggerEvent }),
    ...(approval !== undefined && { approval }),
    ...(timeZone !== undefined && { time_zone: timeZone }),
  };
}

function percentOf(basisPoints: number): number {
  return basisPoints / 100;
}

function destinationOf(destination: Destination): WireTypes["transfer"]["destination"] {
  if (destination.provider === "stripe") return { provider: "stripe", account: destination.account };
  return {
    provider: "xendit",
    channel_code: destination.channelCode,
    account_number: maskAccount(destination.accountNumber),
    account_holder_name: destination.accountHolderName,
  };
}

function dateRuleOf(rule: DateRule | undefined) {
  return rule === undefined ? null : { start_date: rule.startDate, days: rule.days, time_zone: rule.timeZone };
}

function firingOf(firing: Firing | undefined) {
  return {
    planned_at: firing?.plannedAt ?? null,
    fired_at: firing?.firedAt ?? null,
    release_path: firing?.path ?? null,
    lateness_seconds: firing?.latenessSeconds ?? null,
  };
}

function outcomeOf(outcome: RecordTypes["transfer"]["outcome"]) {
  if (outcome === undefined) return null;
  return { class: outcome.class, code: outcome.code, message: outcome.message ?? null, at: outcome.at };
}

function blockerOf(blocker: Blocker | undefined) {
  if (blocker === undefined) return null;
  return {
    code: blocker.code,
    since: blocker.since,
    fixable_by: blocker.fixableBy,
    next_check_at: blocker.nextCheckAt ?? null,
    detail: blocker.detail ?? null,
  };
}

import type { EntityName } from "../domain/model.ts";

/** Every event that leaves, by the record that it tells about. A change's `action` is the type of its event. */
export const eventTypesByEntity = {
  payout: [
    "payout.created",
    "payout.updated",
    "payout.approved",
    "payout.rejected",
    "payout.processing",
    "payout.partially_paid",
    "payout.paid",
    "payout.failed",
    "payout.cancelled",
    "payout.vote_recorded",
    "payout.paid_outside",
    "payout.marked_failed",
    "payout.retried",
  ],
  payout_schedule: [
    "payout_schedule.created",
    "payout_schedule.updated",
    "payout_schedule.triggered",
    "payout_schedule.processed",
    "payout_schedule.failed",
    "payout_schedule.cancelled",
  ],
  escrow_hold: [
    "escrow_hold.created",
    "escrow_hold.updated",
    "escrow_hold.released",
    "escrow_hold.partially_released",
    "escrow_hold.forfeited",
    "escrow_hold.cancelled",
    "escrow_hold.release_failed",
  ],
  transfer: [
    "transfer.created",
    "transfer.attempted",
    "transfer.retry_scheduled",
    "transfer.resumed",
    "transfer.updated",
    "transfer.completed",
    "transfer.failed",
    "transfer.reversal_requested",
    "transfer.reversal_failed",
    "transfer.settled",
    "transfer.reversed",
    "transfer.paid_out",
  ],
  payee: ["payee.created", "payee.updated"],
  placement: [
    "placement.announced",
    "placement.activated",
    "placement.updated",
    "placement.guarantee_failed",
    "placement.cancelled",
    "placement.activation_refused",
  ],
  sending_control: [
    "sending_control.created",
    "sending_control.paused",
    "sending_control.resumed",
    "sending_control.tripped",
    "sending_control.probed",
  ],
  provider_event: [
    "provider_event.received",
    "provider_event.applied",
    "provider_event.unmatched",
    "provider_event.ignored",
  ],
  settings: ["settings.updated"],
  role_assignment: ["role_assignment.granted", "role_assignment.changed", "role_assignment.revoked"],
  security_event: [
    "security.action_refused",
    "security.data_read",
    "security.dead_letter_redriven",
    "security.suspicious_activity",
  ],
} as const satisfies Partial<Record<EntityName, readonly string[]>>;

/** Records whose changes are told; postings are told by the change that caused them. */
export type RelayedEntity = keyof typeof eventTypesByEntity;

export const OUT_OF_BAND_CHANGE = "security.out_of_band_change";

export type RecordEventType = (typeof eventTypesByEntity)[RelayedEntity][number];
/** What a provider reported about itself or about an account: those who wait for it look again. No record changes. */
export type AnnouncementType = "provider_funds.available" | "payee_account.updated";
/** What EventBridge Scheduler and the sweeps put on the bus: something is due. */
export type SchedulerEventType = "escrow_hold.release_due" | "payout_schedule.due" | "transfer.attempt_due";
/** Everything with source `payouts`. */
export type EventType = RecordEventType | AnnouncementType | typeof OUT_OF_BAND_CHANGE;
/** Names of changes that only the audit log tells. */
export const silentActions = ["journal_entry.posted", "role_roster.updated", "approver_usage.updated"] as const;
/** What the audit log calls a change that no command made. */
export const FLAGGED_ACTION = "out_of_band_change";
/** What a change stamp's `action` may be: an event's type, or the name of a change that only the audit log tells. */
export type ChangeAction = RecordEventType | (typeof silentActions)[number];

export const EVENT_SOURCE = "payouts";
export const SCHEDULER_SOURCE = "payouts.scheduler";

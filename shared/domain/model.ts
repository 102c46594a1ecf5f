/**
 * The records of the system, as the domain sees them. Amounts are integers of minor units of the record's `currency`
 * (ISO 4217); instants are UTC in ISO 8601 with milliseconds. Names follow docs/data-model.md.
 */

/** UTC instant, `2026-11-21T09:00:00.000Z`. */
export type Instant = string;
/** Calendar date without a zone, `2026-11-21`. */
export type CalendarDate = string;

export interface Actor {
  readonly type: "user" | "system" | "provider";
  /** A person's subject, or the name of the function or provider that acted. */
  readonly id: string;
  readonly role?: string;
}

/** Written into each changed record by the commit that changes it: state and event are one write. */
export interface ChangeStamp {
  readonly eventId: string;
  /** The domain event's type, `escrow_hold.released`. */
  readonly action: string;
  readonly actor: Actor;
  readonly reason?: string;
  readonly correlationId: string;
  readonly at: Instant;
}

/** What every record carries. `version` starts at 1 and grows by exactly one with each change. */
export interface Versioned {
  readonly organizationId: string;
  readonly version: number;
  readonly change: ChangeStamp;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export type Provider = "stripe" | "xendit";

export type Destination =
  | { readonly provider: "stripe"; readonly account: string }
  | {
      readonly provider: "xendit";
      readonly channelCode: string;
      readonly accountNumber: string;
      readonly accountHolderName: string;
    };

export type TriggerEvent = "guarantee_period_end" | "milestone_reached" | "contract_signed" | "manual";
export type ApprovalMode = "auto" | "manual";

/** How a placement's money is split and timed. Frozen in the payout when it is created. */
export interface PayoutPolicy {
  /** Basis points of the payout that are held back, 0 to 10,000. */
  readonly holdbackBp: number;
  /** Calendar days in `timeZone`, counted from the start date. */
  readonly guaranteeDays: number;
  readonly triggerEvent: TriggerEvent;
  readonly approval: ApprovalMode;
  /** IANA name, `Europe/Berlin`. */
  readonly timeZone: string;
}

/** Why something that is due can't go on, and who can change that. */
export type BlockerCode =
  | "approval_pending"
  | "approval_void"
  | "destination_missing"
  | "destination_changed"
  | "destination_cooling_off"
  | "payee_action_required"
  | "insufficient_funds"
  | "provider_circuit_open"
  | "sending_paused"
  | "outcome_unknown"
  | "person_required";

export interface Blocker {
  readonly code: BlockerCode;
  readonly since: Instant;
  readonly fixableBy: "approver" | "payee" | "finance" | "admin" | "system";
  /** When the system looks again by itself. */
  readonly nextCheckAt?: Instant;
  readonly detail?: string;
}

export type PayoutStatus =
  | "pending_approval"
  | "approved"
  | "processing"
  | "partially_paid"
  | "paid"
  | "rejected"
  | "failed"
  | "cancelled";

/** One person's approval, with the limit that it was measured against. */
export interface ApprovalVote {
  readonly by: string;
  readonly role: string;
  readonly at: Instant;
  /** What this person has approved in the currency in the 24 h up to now, this payout included. */
  readonly approvedMinor: number;
  /** The most that this person may approve in 24 h; absent where no limit was set. */
  readonly limitMinor?: number;
}

export interface Approval {
  readonly mode: ApprovalMode;
  /** `void`: given once, but what was approved has changed since. */
  readonly state: "pending" | "approved" | "rejected" | "void";
  /** Who decided: the last approver, who rejected, or `policy`. */
  readonly by?: string;
  readonly at?: Instant;
  readonly reason?: string;
  /** People who have approved what stands now; an approval that is void has none. */
  readonly votes?: readonly ApprovalVote[];
  /** People that it takes; 2 at or above the high-value threshold. */
  readonly votesNeeded?: number;
}

export interface Payout extends Versioned {
  readonly id: string;
  readonly payeeId: string;
  readonly companyId?: string;
  readonly placementId?: string;
  readonly source: "placement" | "commission" | "settlement" | "manual";
  readonly period?: string;
  readonly currency: string;
  /** What was promised. amount = open schedules + held + in transfers + paid + set off + forfeited + cancelled. */
  readonly amountMinor: number;
  /** Still in active holds. */
  readonly heldMinor: number;
  /** Completed at the provider or paid outside, reversals not subtracted. */
  readonly paidMinor: number;
  /** In transfers that are not completed; a failed one's amount stays here until it is retried or the payout ends. */
  readonly inTransferMinor: number;
  /** Set off against what the payee owed. */
  readonly setOffMinor: number;
  readonly forfeitedMinor: number;
  readonly cancelledMinor: number;
  readonly reversedMinor: number;
  /** The part of `paidMinor` that was paid outside of the providers; absent: nothing. */
  readonly paidOutsideMinor?: number;
  /** The bank's or the person's reference of what was paid outside. */
  readonly externalReference?: string;
  readonly status: PayoutStatus;
  readonly approval: Approval;
  readonly policy: PayoutPolicy;
  /** Pinned when first known; a later change of the payee's voids the approval. */
  readonly destination?: Destination;
  /** Ordinals handed out to children; a child's id is the family plus its ordinal. */
  readonly children: number;
  readonly createdBy: string;
  /** People who released, triggered, retried or marked as paid any of it; none of them approves it. Absent: nobody yet. */
  readonly senders?: readonly string[];
  readonly notes?: string;
  readonly paidAt?: Instant;
  readonly endReason?: string;
  /** A person marked it as failed: nothing more is sent until a person retries it, which removes this. */
  readonly markedFailed?: { readonly reason: string; readonly by: string; readonly at: Instant };
  /** The guarantee failed: what still arrives at the payee is owed back. */
  readonly clawback?: { readonly reason: string; readonly at: Instant };
}

export type ReleasePath = "scheduler" | "sweep" | "manual" | "event" | "resume";

/** When, how late and by what path something that was due was done. */
export interface Firing {
  readonly plannedAt?: Instant;
  readonly firedAt: Instant;
  readonly path: ReleasePath;
  /** firedAt − plannedAt in whole seconds, never negative; 0 where nothing was planned. */
  readonly latenessSeconds: number;
}

/** The rule that gave an instant, kept beside it. */
export interface DateRule {
  readonly startDate: CalendarDate;
  readonly days: number;
  readonly timeZone: string;
}

export type ScheduleStatus = "pending" | "processing" | "completed" | "failed" | "cancelled";

export interface PayoutSchedule extends Versioned {
  readonly id: string;
  readonly payoutId: string;
  readonly payeeId: string;
  readonly placementId?: string;
  readonly companyId?: string;
  readonly triggerEvent: TriggerEvent;
  /** Absent while the schedule waits for its trigger. */
  readonly scheduledDate?: Instant;
  readonly guaranteeCompletionDate?: Instant;
  readonly dateRule?: DateRule;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: ScheduleStatus;
  readonly firing?: Firing;
  readonly transferId?: string;
  readonly processedAt?: Instant;
  /** What its transfer carries: the amount less what was set off. */
  readonly sentMinor?: number;
  readonly retryCount: number;
  readonly lastRetryAt?: Instant;
  readonly failureCode?: string;
  readonly failureReason?: string;
  readonly blocker?: Blocker;
}

export type HoldStatus = "active" | "released" | "forfeited" | "cancelled";
export type HoldReason = "guarantee_period" | "dispute" | "verification" | "other";

export interface EscrowHold extends Versioned {
  readonly id: string;
  readonly payoutId: string;
  readonly payeeId: string;
  readonly placementId?: string;
  readonly companyId?: string;
  /** Still held; partial releases lower it. */
  readonly amountMinor: number;
  readonly originalMinor: number;
  readonly currency: string;
  readonly holdbackBp?: number;
  readonly holdReason: HoldReason;
  readonly reason?: string;
  readonly holdDate: Instant;
  readonly releaseDate: Instant;
  readonly dateRule?: DateRule;
  readonly status: HoldStatus;
  readonly firing?: Firing;
  readonly releasedAt?: Instant;
  readonly releasedBy?: string;
  readonly releaseNotes?: string;
  readonly cancelledAt?: Instant;
  /** The transfer of the latest release. */
  readonly transferId?: string;
  readonly blocker?: Blocker;
}

export type TransferStatus =
  | "pending"
  | "processing"
  | "retryable"
  | "outcome_unknown"
  | "awaiting_funds"
  | "awaiting_payee"
  | "failed_terminal"
  | "completed"
  | "reversed";

/** What the last answer (or silence) of the provider meant. */
export interface AttemptOutcome {
  readonly class: string;
  readonly code: string;
  readonly message?: string;
  readonly at: Instant;
}

/** Money that a person wants back from a payee's account. */
export interface Reversal {
  /** `<transfer id>-r<n>`, from 1. */
  readonly id: string;
  readonly amountMinor: number;
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestedAt: Instant;
  readonly status: "requested" | "completed" | "failed";
  /** What had been taken back in total when it was requested; the provider's total tells whether this one was done. */
  readonly reversedBeforeMinor: number;
  /** When the first call under its key was about to be sent; the key protects for 24 h from then. */
  readonly sentAt?: Instant;
  /** Its key says nothing more: it is never sent again, and from then on the provider's total proves what it came to. */
  readonly lookUpFrom?: Instant;
  readonly failureCode?: string;
  readonly failureReason?: string;
  readonly providerReversalId?: string;
}

/** How a person settled an outcome that the provider wouldn't tell. */
export interface Settlement {
  readonly outcome: "completed" | "not_created";
  readonly evidence: string;
  readonly by: string;
  readonly at: Instant;
}

export interface Transfer extends Versioned {
  readonly id: string;
  readonly payoutId: string;
  readonly payeeId: string;
  readonly placementId?: string;
  readonly companyId?: string;
  readonly cause: { readonly entity: "payout_schedule" | "escrow_hold"; readonly id: string };
  readonly provider: Provider;
  /** Frozen together with amount and currency as long as a call under this epoch's key may have been sent. */
  readonly destination: Destination;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: TransferStatus;
  /** The idempotency key is `transfer:<id>:<epoch>`. Moves on only with proof that nothing was created. */
  readonly epoch: number;
  /** When the first call under this epoch's key was about to be sent; the key protects for 24 h from then. */
  readonly epochSentAt?: Instant;
  /** The latest call under this epoch's key; a look-up proves nothing until it is old enough. */
  readonly lastSentAt?: Instant;
  /** Only a look-up may follow: sending again could create a second transfer, or replay a stored failure for ever. */
  readonly lookUpOnly?: boolean;
  /** Calls that count against the limit of attempts. */
  readonly attempts: number;
  /** Calls whose outcome stayed unknown, in this epoch. */
  readonly unknowns: number;
  readonly lease?: { readonly id: string; readonly until: Instant };
  readonly lastAttemptAt?: Instant;
  readonly nextAttemptAt?: Instant;
  readonly outcome?: AttemptOutcome;
  readonly providerTransferId?: string;
  readonly completedAt?: Instant;
  readonly reversedMinor: number;
  /** Oldest first; at most one is `requested`. */
  readonly reversals?: readonly Reversal[];
  readonly settled?: Settlement;
  /** The payee's bank payout was reported. */
  readonly paidOutAt?: Instant;
  /** A retry workflow has been asked for; it ends when the transfer stops being retryable. */
  readonly workflow?: "requested";
  readonly blocker?: Blocker;
}

export interface Payee extends Versioned {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly country?: string;
  readonly defaultCurrency: string;
  readonly tier?: string;
  readonly payoutFrequency?: string;
  readonly minimumPayoutMinor?: number;
  readonly verified: boolean;
  readonly destinations: readonly Destination[];
  readonly destinationChangedAt?: Instant;
  /** Nothing is sent to the destinations before: the cooling-off after a change. Absent: they can be used. */
  readonly destinationUsableFrom?: Instant;
  /** Stripe accounts that were the payee's before, newest first; transfers may still wait for one of them. */
  readonly formerAccounts?: readonly string[];
  /** When the source said so; an older event changes nothing. */
  readonly sourceTime: Instant;
}

export type PlacementStatus = "announced" | "active" | "guarantee_failed" | "cancelled";

/** What the bus has told about a placement, in whatever order it came. */
export interface Placement extends Versioned {
  readonly id: string;
  readonly status: PlacementStatus;
  readonly companyId?: string;
  readonly currency?: string;
  readonly feeMinor?: number;
  readonly startDate?: CalendarDate;
  /** Hash of the activation's content: a second, different activation is refused and not mixed in. */
  readonly activationHash?: string;
  readonly payoutIds: readonly string[];
  readonly contractSignedAt?: Instant;
  readonly milestoneReachedAt?: Instant;
  readonly endedAt?: Instant;
  readonly endReason?: string;
}

/** The accounts of the ledger. Amounts are signed: debits positive, credits negative; an entry sums to zero. */
export type LedgerAccount = "expense" | "payable" | "held" | "cash" | "receivable";

export interface Posting {
  readonly account: LedgerAccount;
  readonly amountMinor: number;
}

export interface JournalEntry extends Versioned {
  readonly id: string;
  readonly payoutId: string;
  readonly payeeId: string;
  readonly currency: string;
  readonly kind:
    | "accrual"
    | "hold_release"
    | "hold_forfeit"
    | "cancellation"
    | "transfer"
    | "reversal"
    | "clawback"
    | "set_off"
    | "hold"
    | "paid_outside";
  readonly postings: readonly Posting[];
  /** The record whose change posted this entry. */
  readonly cause: { readonly entity: string; readonly id: string; readonly version: number };
}

/** Sums of a payee's postings in one currency; derived, equal to the journal at every commit. */
export interface Balance {
  readonly organizationId: string;
  readonly payeeId: string;
  readonly currency: string;
  readonly expenseMinor: number;
  readonly payableMinor: number;
  readonly heldMinor: number;
  readonly cashMinor: number;
  readonly receivableMinor: number;
}

/** One provider's sending, or everybody's (`all`): a set of the deployment's (organization `platform`), and one of each organization. */
export interface SendingControl extends Versioned {
  readonly id: Provider | "all";
  readonly status: "open" | "paused" | "tripped";
  readonly reason?: string;
  /** While tripped: one attempt may probe from then on. */
  readonly probeAt?: Instant;
}

/** A verified webhook, stored once, applied from the stream. */
export interface ProviderEvent extends Versioned {
  readonly id: string;
  readonly provider: Provider;
  readonly type: string;
  readonly objectId: string;
  /** The connected account that the event is about, if any. */
  readonly account?: string;
  readonly providerCreatedAt: Instant;
  readonly status: "received" | "applied" | "ignored" | "unmatched";
  readonly note?: string;
}

/** Minor units by currency. */
export type AmountsByCurrency = Readonly<Record<string, number>>;

/** What an organization decided for itself; what is absent comes from the deployment's defaults. */
export interface Settings extends Versioned {
  readonly id: "settings";
  readonly policy: Partial<PayoutPolicy>;
  /** From this amount on a payout is high value. A currency without an entry takes shared/access/limits.ts's default. */
  readonly highValueMinor?: AmountsByCurrency;
  /** The most that one person may approve in any 24 h. A currency without an entry has no limit. */
  readonly approverLimitMinor?: AmountsByCurrency;
  /** Hours for which a changed destination is not used, 0 to 720. */
  readonly coolingOffHours?: number;
  /** Source addresses from which high-value actions, configuration and roles are allowed; empty or absent: all. */
  readonly allowedCidrs?: readonly string[];
  /** Hours of the day (in the policy's time zone) in which people usually act: from ≤ hour < to. Absent: all day. */
  readonly workingHours?: { readonly from: number; readonly to: number };
}

/** Staff roles, lowest first: each may do what those before it may. */
export const staffRoles = ["viewer", "operator", "processor", "manager", "admin", "super_admin"] as const;
export type StaffRole = (typeof staffRoles)[number];
/** Roles outside of the ladder, which see what is theirs. */
export const scopedRoles = ["payee", "company"] as const;
export type ScopedRole = (typeof scopedRoles)[number];
export type Role = StaffRole | ScopedRole;

/** What one person may do in one organization. Its id is the subject of the person's token. */
export interface RoleAssignment extends Versioned {
  readonly id: string;
  readonly role: Role;
  /** Of a scoped role: the payee or the company that the person is. */
  readonly scopeId?: string;
  readonly status: "active" | "revoked";
  readonly grantedBy: string;
  /** For people: a name or an e-mail address. */
  readonly label?: string;
}

/** Who can't all be removed. Changes together with the assignments of super_admins, so that the last one stays. */
export interface RoleRoster extends Versioned {
  readonly id: "roster";
  readonly superAdmins: readonly string[];
}

/** What one person approved lately in one currency. Its id is `<subject>#<currency>`. */
export interface ApproverUsage extends Versioned {
  readonly id: string;
  /** Amounts by the quarter of an hour in which they were approved, oldest first; none is older than 24 h and a quarter. */
  readonly quarters: readonly { readonly from: Instant; readonly amountMinor: number }[];
}

export type RiskLevel = "info" | "low" | "medium" | "high" | "critical";

/** Something that a person did, or tried, that others may want to look at. Written once. */
export interface SecurityEvent extends Versioned {
  /** `se_` and a ULID. */
  readonly id: string;
  readonly kind:
    | "action_refused"
    | "data_exported"
    | "sensitive_data_read"
    | "dead_letter_redriven"
    | "unusual_frequency"
    | "unusual_hours"
    | "new_address"
    | "many_failures"
    | "destination_changed_before_payout";
  readonly riskLevel: RiskLevel;
  /** The person's subject. */
  readonly subject: string;
  readonly role?: string;
  readonly sourceIp?: string;
  /** The API's operation, `releaseEscrowHold`. */
  readonly operation?: string;
  /** The problem's code where something was refused. */
  readonly code?: string;
  readonly entityId?: string;
  /** For people. */
  readonly detail: string;
  readonly requestId: string;
}

/** Every record that the audit and the events cover, by the name in its `entity` attribute. */
export interface RecordTypes {
  payout: Payout;
  payout_schedule: PayoutSchedule;
  escrow_hold: EscrowHold;
  transfer: Transfer;
  payee: Payee;
  placement: Placement;
  journal_entry: JournalEntry;
  sending_control: SendingControl;
  provider_event: ProviderEvent;
  settings: Settings;
  role_assignment: RoleAssignment;
  role_roster: RoleRoster;
  approver_usage: ApproverUsage;
  security_event: SecurityEvent;
}
export type EntityName = keyof RecordTypes;

/** A record with its entity name, as it is stored and streamed. */
export type AnyRecord = { [E in EntityName]: { readonly entity: E } & RecordTypes[E] }[EntityName];

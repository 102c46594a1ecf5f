import * as z from "zod";
import { type EntityName, scopedRoles, staffRoles } from "../domain/model.ts";

/**
 * The wire form of every record: what the API answers and what events carry. Every field is always there, null where
 * there is nothing to say. Objects are open: consumers ignore fields that they don't know.
 */
const instant = z.string().meta({ format: "date-time" });
const id = z.string();
const text = z.string();
const minor = z.int().meta({ description: "minor units of the record's currency" });
const count = z.int().min(0);
const currency = z.string().length(3);
const amounts = z.record(z.string(), minor).meta({ description: "minor units by currency" });

const trigger = z.enum(["guarantee_period_end", "milestone_reached", "contract_signed", "manual"]);
const provider = z.enum(["stripe", "xendit"]);

const destination = z.discriminatedUnion("provider", [
  z.object({ provider: z.literal("stripe"), account: text }),
  z.object({
    provider: z.literal("xendit"),
    channel_code: text,
    account_number: text.meta({ description: "all but the last four characters masked" }),
    account_holder_name: text,
  }),
]);

const dateRule = z.object({ start_date: z.string().meta({ format: "date" }), days: count, time_zone: text });
const policy = z.object({
  holdback_percentage: z.number(),
  guarantee_days: count,
  trigger_event: trigger,
  approval: z.enum(["auto", "manual"]),
  time_zone: text,
});
const blocker = z.object({
  code: text,
  since: instant,
  fixable_by: text,
  next_check_at: instant.nullable(),
  detail: text.nullable(),
});
const firing = {
  planned_at: instant.nullable(),
  fired_at: instant.nullable(),
  release_path: z.enum(["scheduler", "sweep", "manual", "event", "resume"]).nullable(),
  lateness_seconds: count.nullable(),
};
const versioned = { organization_id: id, version: z.int().min(1), created_at: instant, updated_at: instant };
const familyMember = {
  id,
  payout_id: id,
  payee_id: id,
  placement_id: id.nullable(),
  company_id: id.nullable(),
};

export const wireSchemas = {
  payout: z.object({
    id,
    payee_id: id,
    company_id: id.nullable(),
    placement_id: id.nullable(),
    source: z.enum(["placement", "commission", "settlement", "manual"]),
    period: text.nullable(),
    amount: minor,
    held_amount: minor,
    paid_amount: minor,
    in_transfer_amount: minor,
    set_off_amount: minor,
    forfeited_amount: minor,
    cancelled_amount: minor,
    reversed_amount: minor,
    paid_outside_amount: minor,
    external_reference: text.nullable(),
    currency,
    status: z.enum([
      "pending_approval",
      "approved",
      "processing",
      "partially_paid",
      "paid",
      "rejected",
      "failed",
      "cancelled",
    ]),
    approval_mode: z.enum(["auto", "manual"]),
    approval_state: z.enum(["pending", "approved", "rejected", "void"]),
    approved_by: text.nullable(),
    approved_at: instant.nullable(),
    approval_votes: z.array(
      z.object({ by: text, role: text, at: instant, approved_amount: minor, limit_amount: minor.nullable() }),
    ),
    approval_votes_needed: count.meta({ description: "people that it takes: 2 for high value" }),
    rejected_reason: text.nullable(),
    policy,
    destination: destination.nullable(),
    notes: text.nullable(),
    created_by: text,
    sent_by: z.array(text).meta({ description: "people who released, triggered, retried or marked as paid" }),
    paid_at: instant.nullable(),
    end_reason: text.nullable(),
    clawback: z.object({ reason: text, at: instant }).nullable(),
    ...versioned,
  }),
  payout_schedule: z.object({
    ...familyMember,
    trigger_event: trigger,
    scheduled_date: instant.nullable(),
    guarantee_completion_date: instant.nullable(),
    date_rule: dateRule.nullable(),
    amount: minor,
    currency,
    status: z.enum(["pending", "processing", "completed", "failed", "cancelled"]),
    ...firing,
    transfer_id: id.nullable(),
    processed_at: instant.nullable(),
    retry_count: count,
    last_retry_at: instant.nullable(),
    failure_code: text.nullable(),
    failure_reason: text.nullable(),
    blocker: blocker.nullable(),
    ...versioned,
  }),
  escrow_hold: z.object({
    ...familyMember,
    hold_amount: minor,
    original_amount: minor,
    currency,
    holdback_percentage: z
      .number()
      .nullable()
      .meta({ description: "percent with up to two decimals: 2,000 basis points are 20" }),
    hold_reason: z.enum(["guarantee_period", "dispute", "verification", "other"]),
    reason: text.nullable(),
    hold_date: instant,
    release_date: instant,
    date_rule: dateRule.nullable(),
    status: z.enum(["active", "released", "forfeited", "cancelled"]),
    ...firing,
    released_at: instant.nullable(),
    released_by: text.nullable(),
    release_notes: text.nullable(),
    cancelled_at: instant.nullable(),
    transfer_id: id.nullable(),
    transfer_status: text.nullable().meta({ description: "from the transfer; null in events" }),
    blocker: blocker.nullable(),
    ...versioned,
  }),
  transfer: z.object({
    ...familyMember,
    cause_entity_type: z.enum(["payout_schedule", "escrow_hold"]),
    cause_entity_id: id,
    provider,
    destination,
    amount: minor,
    currency,
    status: z.enum([
      "pending",
      "processing",
      "retryable",
      "outcome_unknown",
      "awaiting_funds",
      "awaiting_payee",
      "failed_terminal",
      "completed",
      "reversed",
    ]),
    epoch: count,
    attempts: count,
    unknowns: count,
    last_attempt_at: instant.nullable(),
    next_attempt_at: instant.nullable(),
    outcome: z.object({ class: text, code: text, message: text.nullable(), at: instant }).nullable(),
    provider_transfer_id: text.nullable(),
    completed_at: instant.nullable(),
    reversed_amount: minor,
    reversals: z.array(
      z.object({
        id,
        amount: minor,
        reason: text,
        requested_by: text,
        requested_at: instant,
        status: z.enum(["requested", "completed", "failed"]),
        failure_code: text.nullable(),
        failure_reason: text.nullable(),
        provider_reversal_id: text.nullable(),
      }),
    ),
    settled: z
      .object({ outcome: z.enum(["completed", "not_created"]), evidence: text, by: text, at: instant })
      .nullable(),
    paid_out_at: instant.nullable(),
    blocker: blocker.nullable(),
    ...versioned,
  }),
  payee: z.object({
    id,
    name: text,
    email: text.nullable(),
    country: text.nullable(),
    default_currency: currency,
    tier: text.nullable(),
    payout_frequency: text.nullable(),
    minimum_payout: minor.nullable(),
    verified: z.boolean(),
    destinations: z.array(destination),
    destination_changed_at: instant.nullable(),
    destination_usable_from: instant.nullable(),
    ...versioned,
  }),
  placement: z.object({
    id,
    status: z.enum(["announced", "active", "guarantee_failed", "cancelled"]),
    company_id: id.nullable(),
    currency: currency.nullable(),
    fee_amount: minor.nullable(),
    start_date: z.string().meta({ format: "date" }).nullable(),
    payout_ids: z.array(id),
    contract_signed_at: instant.nullable(),
    milestone_reached_at: instant.nullable(),
    ended_at: instant.nullable(),
    end_reason: text.nullable(),
    ...versioned,
  }),
  journal_entry: z.object({
    id,
    payout_id: id,
    payee_id: id,
    currency,
    kind: text,
    postings: z.array(z.object({ account: text, amount: minor })),
    cause_entity_type: text,
    cause_entity_id: id,
    cause_version: z.int().min(1),
    ...versioned,
  }),
  sending_control: z.object({
    id: z.enum(["stripe", "xendit", "all"]),
    status: z.enum(["open", "paused", "tripped"]),
    reason: text.nullable(),
    probe_at: instant.nullable(),
    ...versioned,
  }),
  provider_event: z.object({
    id,
    provider,
    type: text,
    object_id: id,
    account: text.nullable(),
    provider_created_at: instant,
    status: z.enum(["received", "applied", "ignored", "unmatched"]),
    note: text.nullable(),
    ...versioned,
  }),
  settings: z.object({
    id: z.literal("settings"),
    policy: policy.partial(),
    high_value_amounts: amounts,
    approver_limit_amounts: amounts,
    cooling_off_hours: count.nullable(),
    allowed_cidrs: z.array(text),
    working_hours: z.object({ from: count, to: count }).nullable(),
    ...versioned,
  }),
  role_assignment: z.object({
    id: id.meta({ description: "the subject of the person's token" }),
    role: z.enum([...staffRoles, ...scopedRoles]),
    scope_id: id.nullable().meta({ description: "of a scoped role: the payee or the company" }),
    status: z.enum(["active", "revoked"]),
    granted_by: text,
    label: text.nullable(),
    ...versioned,
  }),
  role_roster: z.object({ id: z.literal("roster"), super_admins: z.array(text), ...versioned }),
  approver_usage: z.object({
    id,
    quarters: z.array(z.object({ from: instant, amount: minor })),
    ...versioned,
  }),
  security_event: z.object({
    id,
    kind: text,
    risk_level: z.enum(["info", "low", "medium", "high", "critical"]),
    subject: text,
    role: text.nullable(),
    source_ip: text.nullable(),
    operation: text.nullable(),
    code: text.nullable(),
    entity_id: id.nullable(),
    detail: text,
    request_id: text,
    ...versioned,
  }),
} as const satisfies Record<EntityName, z.ZodObject>;

export type WireTypes = { [E in EntityName]: z.infer<(typeof wireSchemas)[E]> };

import * as z from "zod";
import { wireSchemas } from "../../events/wire-schemas.ts";
import {
  amount,
  bulkIds,
  currency,
  externalId,
  idParams,
  instant,
  moneyFilters,
  notes,
  reason,
  several,
  text,
  triggers,
} from "../fields.ts";
import { bulk, operation, page, single } from "../operation.ts";
import { statsSchema } from "../stats-schema.ts";

const tag = "Payouts";
const payout = wireSchemas.payout.meta({ id: "Payout" });
const at = z.string().meta({ format: "date-time" });

const statusNames = [
  "pending_approval",
  "approved",
  "processing",
  "partially_paid",
  "paid",
  "rejected",
  "failed",
  "cancelled",
] as const;
const holdReasons = ["guarantee_period", "dispute", "verification", "other"] as const;

export const payoutFilters = z.strictObject({
  ...moneyFilters,
  status: several(statusNames).optional(),
  period: text(32).optional().meta({ description: "2026-W48 or 2026-11" }),
});

/** One line of a payout's history, whichever of its records changed. */
const timelineEntry = z
  .object({
    at,
    entity_type: z.string(),
    entity_id: z.string(),
    version: z.int().min(1),
    action: z.string(),
    actor_type: z.enum(["user", "system", "provider"]),
    actor: z.string(),
    actor_role: z.string().nullable(),
    reason: z.string().nullable(),
    old_status: z.string().nullable(),
    new_status: z.string().nullable(),
    amount: z.int().nullable().meta({ description: "minor units of the payout's currency" }),
    detail: z.string().nullable(),
  })
  .meta({ id: "PayoutTimelineEntry" });

/** What keeps a part of a payout from being paid, and who can change that. */
const payoutBlocker = z
  .object({
    code: z.string(),
    entity_type: z.string(),
    entity_id: z.string(),
    since: at,
    fixable_by: z.string(),
    next_check_at: at.nullable().meta({ description: "when the system looks again by itself" }),
    detail: z.string().nullable(),
  })
  .meta({ id: "PayoutBlocker" });

const examplePayoutId = "po_01JDR2V0Q8Z5Y7X3W1T9S6R400";

export const payoutOperations = {
  listPayouts: operation({
    method: "GET",
    path: "/v2/payouts",
    tag,
    summary: "List payouts, by when they were created",
    access: "payouts.view",
    scoped: ["payee", "company"],
    query: payoutFilters,
    answer: { status: 200, schema: page(payout), csv: true },
    refusals: ["invalid_cursor"],
  }),
  getPayout: operation({
    method: "GET",
    path: "/v2/payouts/{id}",
    tag,
    summary: "Get one payout",
    access: "payouts.view",
    scoped: ["payee", "company"],
    params: idParams,
    answer: { status: 200, schema: single(payout) },
    refusals: ["not_found"],
  }),
  createPayout: operation({
    method: "POST",
    path: "/v2/payouts",
    tag,
    summary: "Create a payout by hand",
    description:
      "It always waits for approval by somebody else. What is not held is paid by one schedule: at scheduled_date, " +
      "or when a person triggers it. A hold of the whole amount leaves no schedule.",
    access: "payouts.create",
    body: z.strictObject({
      payee_id: externalId,
      amount,
      currency,
      company_id: externalId.optional(),
      placement_id: externalId.optional(),
      notes: notes.optional(),
      schedule: z
        .strictObject({
          trigger_event: z.enum(triggers, { error: `one of ${triggers.join(", ")}` }).default("manual"),
          scheduled_date: instant.optional(),
        })
        .optional(),
      hold: z
        .strictObject({
          amount,
          release_date: instant,
          hold_reason: z.enum(holdReasons, { error: `one of ${holdReasons.join(", ")}` }),
          reason: reason.optional(),
        })
        .optional(),
    }),
    answer: { status: 201, schema: single(payout) },
    refusals: ["payee_unknown", "fee_exceeded", "date_in_past"],
    movesMoney: true,
    example: {
      payee_id: "rec_7",
      amount: 125_000,
      currency: "USD",
      notes: "bonus for the second quarter",
      schedule: { scheduled_date: "2027-03-01T09:00:00Z" },
      hold: { amount: 25_000, release_date: "2027-06-01T00:00:00Z", hold_reason: "verification" },
    },
  }),
  updatePayout: operation({
    method: "PATCH",
    path: "/v2/payouts/{id}",
    tag,
    summary: "Change a payout's notes",
    access: "payouts.create",
    params: idParams,
    body: z.strictObject({ notes: notes.nullable().meta({ description: "null removes them" }) }),
    answer: { status: 200, schema: single(payout) },
    refusals: ["not_found"],
    conditional: true,
    example: { notes: "agreed with the payee by phone" },
  }),
  approvePayout: operation({
    method: "POST",
    path: "/v2/payouts/{id}/approve",
    tag,
    summary: "Approve a payout",
    description:
      "High value takes two people: after the first one it still waits, see approval_votes and approval_votes_needed. " +
      "What is approved includes the payee's destination as it is now.",
    access: "payouts.approve",
    params: idParams,
    body: z.strictObject({ notes: notes.optional() }),
    answer: { status: 200, schema: single(payout) },
    refusals: [
      "not_found",
      "payout_not_approvable",
      "payout_approved_by_creator",
      "approved_by_sender",
      "approved_already_by_you",
      "approver_limit_exceeded",
      "address_not_allowed",
    ],
    movesMoney: true,
    example: { notes: "checked against the invoice" },
  }),
  rejectPayout: operation({
    method: "POST",
    path: "/v2/payouts/{id}/reject",
    tag,
    summary: "Reject a payout that waits for approval",
    description: "Its schedules and holds end with it.",
    access: "payouts.approve",
    params: idParams,
    body: z.strictObject({ reason }),
    answer: { status: 200, schema: single(payout) },
    refusals: ["not_found", "payout_not_approvable", "too_many_children"],
    movesMoney: true,
    example: { reason: "the placement is not ours" },
  }),
  cancelPayout: operation({
    method: "POST",
    path: "/v2/payouts/{id}/cancel",
    tag,
    summary: "Cancel a payout of which no money has moved",
    access: "payouts.cancel",
    params: idParams,
    body: z.strictObject({ reason }),
    answer: { status: 200, schema: single(payout) },
    refusals: ["not_found", "payout_not_cancellable", "payout_already_cancelled", "too_many_children"],
    movesMoney: true,
    example: { reason: "entered twice" },
  }),
  deletePayout: operation({
    method: "DELETE",
    path: "/v2/payouts/{id}",
    tag,
    summary: "Cancel a payout, without a reason of its own",
    description: "Nothing is removed: the payout and its history stay.",
    access: "payouts.cancel",
    params: idParams,
    answer: { status: 200, schema: single(payout) },
    refusals: ["not_found", "payout_not_cancellable", "payout_already_cancelled", "too_many_children"],
  }),
  markPayoutPaid: operation({
    method: "POST",
    path: "/v2/payouts/{id}/mark-paid",
    tag,
    summary: "Record that what is payable was paid outside of the providers",
    description:
      "Pending and failed schedules and failed transfers count as paid and are never sent. What is in escrow stays there.",
    access: "payouts.process",
    params: idParams,
    body: z.strictObject({
      reference: text(128).meta({ description: "the bank's reference of the payment" }),
      paid_at: instant.optional(),
      notes: notes.optional(),
    }),
    answer: { status: 200, schema: single(payout) },
    refusals: [
      "not_found",
      "payout_not_markable",
      "transfer_in_flight",
      "date_in_future",
      "sent_by_creator",
      "sent_by_approver",
      "address_not_allowed",
      "too_many_children",
    ],
    movesMoney: true,
    example: { reference: "SEPA 2026-11-21/0042", paid_at: "2026-11-21T10:00:00Z" },
  }),
  markPayoutFailed: operation({
    method: "POST",
    path: "/v2/payouts/{id}/mark-failed",
    tag,
    summary: "Stop a payout until a person retries it",
    access: "payouts.process",
    params: idParams,
    body: z.strictObject({ reason }),
    answer: { status: 200, schema: single(payout) },
    refusals: ["not_found", "payout_not_markable", "transfer_in_flight"],
    example: { reason: "the payee's bank has closed the account" },
  }),
  retryPayout: operation({
    method: "POST",
    path: "/v2/payouts/{id}/retry",
    tag,
    summary: "Send again what failed",
    description: "Each failed transfer goes again under a new key; a payout that was marked as failed goes on.",
    access: "payouts.process",
    params: idParams,
    body: z.strictObject({ notes: notes.optional() }),
    answer: { status: 200, schema: single(payout) },
    refusals: [
      "not_found",
      "payout_not_retryable",
      "blocked",
      "sent_by_creator",
      "sent_by_approver",
      "address_not_allowed",
      "too_many_children",
    ],
    movesMoney: true,
    example: { notes: "the account works again" },
  }),
  bulkApprovePayouts: operation({
    method: "POST",
    path: "/v2/payouts/bulk-approve",
    tag,
    summary: "Approve up to 100 payouts",
    access: "payouts.approve",
    body: z.strictObject({ ids: bulkIds, notes: notes.optional() }),
    answer: { status: 207, schema: bulk(single(payout)) },
    movesMoney: true,
    example: { ids: [examplePayoutId], notes: "November run" },
  }),
  bulkCancelPayouts: operation({
    method: "POST",
    path: "/v2/payouts/bulk-cancel",
    tag,
    summary: "Cancel up to 100 payouts",
    access: "payouts.cancel",
    body: z.strictObject({ ids: bulkIds, reason }),
    answer: { status: 207, schema: bulk(single(payout)) },
    movesMoney: true,
    example: { ids: [examplePayoutId], reason: "entered twice" },
  }),
  getPayoutStats: operation({
    method: "GET",
    path: "/v2/payouts/stats",
    tag,
    summary: "Numbers and sums of payouts by status and currency",
    access: "payouts.view",
    answer: { status: 200, schema: single(statsSchema(statusNames)) },
  }),
  exportPayouts: operation({
    method: "GET",
    path: "/v2/payouts/export",
    tag,
    summary: "Export payouts, up to 1,000 rows a call",
    description: "The header x-next-cursor carries on; it is absent at the end.",
    access: "payouts.export",
    recorded: "data_exported",
    query: payoutFilters
      .omit({ limit: true })
      .extend({ format: z.enum(["csv", "json"], { error: "csv or json" }).default("csv") }),
    answer: { status: 200, schema: page(payout), csv: true },
    refusals: ["invalid_cursor"],
  }),
  getPayoutTimeline: operation({
    method: "GET",
    path: "/v2/payouts/{id}/timeline",
    tag,
    summary: "Everything that happened to a payout and its parts, oldest first",
    access: "audit.view",
    params: idParams,
    answer: {
      status: 200,
      schema: z.object({
        data: z.array(timelineEntry),
        truncated: z.boolean().meta({ description: "there are more than 1,000; the audit log has them all" }),
      }),
    },
    refusals: ["not_found"],
  }),
  getPayoutBlockers: operation({
    method: "GET",
    path: "/v2/payouts/{id}/blockers",
    tag,
    summary: "Why it is not paid: what is in the way, and who can change that",
    access: "payouts.view",
    scoped: ["payee"],
    params: idParams,
    answer: { status: 200, schema: z.object({ data: z.array(payoutBlocker) }) },
    refusals: ["not_found"],
  }),
} as const;

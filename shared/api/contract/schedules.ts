import * as z from "zod";
import { wireSchemas } from "../../events/wire-schemas.ts";
import { amount, bulkIds, id, idParams, instant, moneyFilters, notes, reason, several, triggers } from "../fields.ts";
import { bulk, operation, page, single } from "../operation.ts";
import { statsSchema } from "../stats-schema.ts";

const tag = "Payout schedules";
const schedule = wireSchemas.payout_schedule.meta({ id: "PayoutSchedule" });

/** `processed` is what other systems call `completed`. */
const statusNames = ["pending", "processing", "completed", "processed", "failed", "cancelled"] as const;

export const scheduleFilters = z.strictObject({
  ...moneyFilters,
  status: several(statusNames).optional(),
  trigger_event: several(triggers).optional(),
});

/** What firing came to: money on its way, all of it set off against a debt, or waiting for somebody. */
export const sendingSchema = z.object({
  outcome: z.enum(["sent", "set_off", "blocked"]),
  transfer_id: z.string().nullable(),
});

export const scheduleOperations = {
  listPayoutSchedules: operation({
    method: "GET",
    path: "/v2/payout-schedules",
    tag,
    summary: "List payout schedules, by scheduled date",
    access: "payouts.view",
    scoped: ["payee", "company"],
    query: scheduleFilters,
    answer: { status: 200, schema: page(schedule), csv: true },
    refusals: ["invalid_cursor"],
  }),
  getPayoutSchedule: operation({
    method: "GET",
    path: "/v2/payout-schedules/{id}",
    tag,
    summary: "Get one payout schedule",
    access: "payouts.view",
    scoped: ["payee", "company"],
    params: idParams,
    answer: { status: 200, schema: single(schedule) },
    refusals: ["not_found"],
  }),
  createPayoutSchedule: operation({
    method: "POST",
    path: "/v2/payout-schedules",
    tag,
    summary: "Split part of a pending schedule off into a new one",
    description:
      "What is promised stays the same: the amount is taken out of the schedule that is named, which keeps at least one minor unit. Without a date the new one waits for its trigger; the end of the guarantee is a date.",
    access: "payouts.create",
    body: z.strictObject({
      from_schedule_id: id,
      amount,
      trigger_event: z.enum(triggers, { error: `one of ${triggers.join(", ")}` }),
      scheduled_date: instant.optional(),
    }),
    answer: { status: 201, schema: single(schedule) },
    refusals: ["not_found", "schedule_not_changeable", "schedule_amount_exceeded", "date_in_past", "too_many_children"],
    movesMoney: true,
    example: {
      from_schedule_id: "ps_01JDR2V0Q8Z5Y7X3W1T9S6R401",
      amount: 50_000,
      trigger_event: "manual",
    },
  }),
  updatePayoutSchedule: operation({
    method: "PATCH",
    path: "/v2/payout-schedules/{id}",
    tag,
    summary: "Change when a pending schedule is paid",
    access: "payouts.create",
    params: idParams,
    body: z.strictObject({ scheduled_date: instant, reason: reason.optional() }),
    answer: { status: 200, schema: single(schedule) },
    refusals: ["not_found", "schedule_not_changeable", "date_in_past"],
    conditional: true,
    example: { scheduled_date: "2027-03-01T09:00:00Z", reason: "agreed with the payee" },
  }),
  cancelPayoutSchedule: operation({
    method: "DELETE",
    path: "/v2/payout-schedules/{id}",
    tag,
    summary: "Cancel a payout schedule",
    description:
      "Pending or failed. Nothing is removed: the schedule and its history stay, what was still to be paid of it is no longer promised.",
    access: "payouts.cancel",
    params: idParams,
    query: z.strictObject({ reason: reason.optional() }),
    answer: { status: 200, schema: single(schedule) },
    refusals: ["not_found", "schedule_not_cancellable"],
  }),
  triggerPayoutSchedule: operation({
    method: "POST",
    path: "/v2/payout-schedules/{id}/trigger",
    tag,
    summary: "Pay a schedule now, or send a failed one again",
    access: "payouts.process",
    params: idParams,
    body: z.strictObject({ notes: notes.optional() }),
    answer: { status: 200, schema: single(schedule).extend({ sending: sendingSchema }) },
    refusals: [
      "not_found",
      "schedule_already_processing",
      "schedule_already_completed",
      "schedule_cancelled",
      "sent_by_creator",
      "sent_by_approver",
      "address_not_allowed",
      "transfer_not_claimable",
      "blocked",
    ],
    movesMoney: true,
    example: { notes: "the account works again" },
  }),
  bulkTriggerPayoutSchedules: operation({
    method: "POST",
    path: "/v2/payout-schedules/bulk-trigger",
    tag,
    summary: "Pay up to 100 schedules now",
    access: "payouts.process",
    body: z.strictObject({ ids: bulkIds }),
    answer: { status: 207, schema: bulk(single(schedule).extend({ sending: sendingSchema })) },
    movesMoney: true,
    example: { ids: ["ps_01JDR2V0Q8Z5Y7X3W1T9S6R401"] },
  }),
  bulkCancelPayoutSchedules: operation({
    method: "POST",
    path: "/v2/payout-schedules/bulk-cancel",
    tag,
    summary: "Cancel up to 100 schedules",
    access: "payouts.cancel",
    body: z.strictObject({ ids: bulkIds, reason }),
    answer: { status: 207, schema: bulk(single(schedule)) },
    movesMoney: true,
    example: { ids: ["ps_01JDR2V0Q8Z5Y7X3W1T9S6R401"], reason: "entered twice" },
  }),
  processDuePayoutSchedules: operation({
    method: "POST",
    path: "/v2/payout-schedules/process-due",
    tag,
    summary: "Pay what is due now, up to 100 schedules, the longest due first",
    description:
      "What the sweep does every five minutes, for one organization and at once. All of it is due by its date anyway, so who approved it may ask for it as well. Call it again, with a new key, while more is true.",
    access: "payouts.process",
    body: z.strictObject({}),
    answer: {
      status: 207,
      schema: bulk(single(schedule).extend({ sending: sendingSchema })).extend({ more: z.boolean() }),
    },
    movesMoney: true,
    example: {},
  }),
  getPayoutScheduleStats: operation({
    method: "GET",
    path: "/v2/payout-schedules/stats",
    tag,
    summary: "Numbers and sums of payout schedules by status and currency",
    access: "payouts.view",
    answer: { status: 200, schema: single(statsSchema(["pending", "processing", "completed", "failed", "cancelled"])) },
  }),
  exportPayoutSchedules: operation({
    method: "GET",
    path: "/v2/payout-schedules/export",
    tag,
    summary: "Export payout schedules, up to 1,000 rows a call",
    description: "The header x-next-cursor carries on; it is absent at the end.",
    access: "payouts.export",
    recorded: "data_exported",
    query: scheduleFilters
      .omit({ limit: true })
      .extend({ format: z.enum(["csv", "json"], { error: "csv or json" }).default("csv") }),
    answer: { status: 200, schema: page(schedule), csv: true },
    refusals: ["invalid_cursor"],
  }),
} as const;

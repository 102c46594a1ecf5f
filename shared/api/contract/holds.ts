import * as z from "zod";
import { wireSchemas } from "../../events/wire-schemas.ts";
import { amount, bulkIds, id, idParams, instant, moneyFilters, notes, reason, several } from "../fields.ts";
import { bulk, operation, page, single } from "../operation.ts";
import { statsSchema } from "../stats-schema.ts";
import { sendingSchema } from "./schedules.ts";

const tag = "Escrow holds";
const hold = wireSchemas.escrow_hold.meta({ id: "EscrowHold" });
const released = single(hold).extend({ sending: sendingSchema });

const statusNames = ["active", "released", "forfeited", "cancelled"] as const;
const holdReasons = ["guarantee_period", "dispute", "verification", "other"] as const;
const holdReason = z.enum(holdReasons, { error: `one of ${holdReasons.join(", ")}` });

const settledCodes = ["hold_already_released", "hold_already_forfeited", "hold_already_cancelled"] as const;

const exampleId = "eh_01JDR2V0Q8Z5Y7X3W1T9S6R402";

export const holdFilters = z.strictObject({
  ...moneyFilters,
  status: several(statusNames).optional(),
  hold_reason: several(holdReasons).optional(),
});

const changeBody = z
  .strictObject({
    release_date: instant.optional(),
    hold_reason: holdReason.optional(),
    reason: reason.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    error: "an object with at least one of release_date, hold_reason, reason",
  })
  .meta({ minProperties: 1 });

export const holdOperations = {
  listEscrowHolds: operation({
    method: "GET",
    path: "/v2/escrow-holds",
    tag,
    summary: "List escrow holds, by release date",
    access: "payouts.view",
    scoped: ["payee", "company"],
    query: holdFilters,
    answer: { status: 200, schema: page(hold), csv: true },
    refusals: ["invalid_cursor"],
  }),
  getEscrowHold: operation({
    method: "GET",
    path: "/v2/escrow-holds/{id}",
    tag,
    summary: "Get one escrow hold, and how its transfer stands",
    access: "payouts.view",
    scoped: ["payee", "company"],
    params: idParams,
    answer: { status: 200, schema: single(hold) },
    refusals: ["not_found"],
  }),
  createEscrowHold: operation({
    method: "POST",
    path: "/v2/escrow-holds",
    tag,
    summary: "Hold part or all of a pending schedule back until a date",
    description:
      "What is promised stays the same. A schedule whose whole amount is held back is cancelled, with nothing left in it.",
    access: "holds.manage",
    body: z.strictObject({
      from_schedule_id: id,
      amount,
      hold_reason: holdReason,
      reason,
      release_date: instant,
    }),
    answer: { status: 201, schema: single(hold) },
    refusals: ["not_found", "schedule_not_changeable", "schedule_amount_exceeded", "date_in_past", "too_many_children"],
    movesMoney: true,
    example: {
      from_schedule_id: "ps_01JDR2V0Q8Z5Y7X3W1T9S6R401",
      amount: 20_000,
      hold_reason: "dispute",
      reason: "the client disputes the start date",
      release_date: "2027-03-01T09:00:00Z",
    },
  }),
  updateEscrowHold: operation({
    method: "PATCH",
    path: "/v2/escrow-holds/{id}",
    tag,
    summary: "Change until when an active hold lasts, or why",
    access: "holds.manage",
    params: idParams,
    body: changeBody,
    answer: { status: 200, schema: single(hold) },
    refusals: ["not_found", ...settledCodes, "date_in_past"],
    conditional: true,
    example: { release_date: "2027-03-01T09:00:00Z", reason: "the dispute is settled" },
  }),
  cancelEscrowHold: operation({
    method: "DELETE",
    path: "/v2/escrow-holds/{id}",
    tag,
    summary: "Cancel an active hold",
    description: "Nothing is removed: the hold and its history stay, its amount is no longer promised.",
    access: "holds.manage",
    params: idParams,
    query: z.strictObject({ reason: reason.optional() }),
    answer: { status: 200, schema: single(hold) },
    refusals: ["not_found", ...settledCodes],
  }),
  releaseEscrowHold: operation({
    method: "POST",
    path: "/v2/escrow-holds/{id}/release",
    tag,
    summary: "Release a hold now, whole or in part",
    description: "Before its date a hold with something in the way is refused; from its date on it goes out by itself.",
    access: "holds.manage",
    params: idParams,
    body: z.strictObject({ amount: amount.optional(), notes: notes.optional() }),
    answer: { status: 200, schema: released },
    refusals: [
      "not_found",
      ...settledCodes,
      "hold_amount_exceeded",
      "too_many_children",
      "sent_by_creator",
      "sent_by_approver",
      "address_not_allowed",
      "blocked",
    ],
    movesMoney: true,
    example: { amount: 5_000, notes: "the first month has passed" },
  }),
  extendEscrowHold: operation({
    method: "POST",
    path: "/v2/escrow-holds/{id}/extend",
    tag,
    summary: "Hold back for longer",
    access: "holds.manage",
    params: idParams,
    body: z.strictObject({ release_date: instant, reason }),
    answer: { status: 200, schema: single(hold) },
    refusals: ["not_found", ...settledCodes, "date_in_past", "date_not_later"],
    movesMoney: true,
    example: { release_date: "2027-06-01T09:00:00Z", reason: "the dispute goes on" },
  }),
  forfeitEscrowHold: operation({
    method: "POST",
    path: "/v2/escrow-holds/{id}/forfeit",
    tag,
    summary: "Keep what a hold holds: the payee loses it",
    access: "payouts.reverse",
    params: idParams,
    body: z.strictObject({ reason }),
    answer: { status: 200, schema: single(hold) },
    refusals: ["not_found", ...settledCodes],
    movesMoney: true,
    example: { reason: "the candidate left within the guarantee" },
  }),
  bulkReleaseEscrowHolds: operation({
    method: "POST",
    path: "/v2/escrow-holds/bulk-release",
    tag,
    summary: "Release up to 100 holds now, each as a whole",
    access: "holds.manage",
    body: z.strictObject({ ids: bulkIds, notes: notes.optional() }),
    answer: { status: 207, schema: bulk(released) },
    movesMoney: true,
    example: { ids: [exampleId], notes: "the client confirmed" },
  }),
  bulkCancelEscrowHolds: operation({
    method: "POST",
    path: "/v2/escrow-holds/bulk-cancel",
    tag,
    summary: "Cancel up to 100 holds",
    access: "holds.manage",
    body: z.strictObject({ ids: bulkIds, reason }),
    answer: { status: 207, schema: bulk(single(hold)) },
    movesMoney: true,
    example: { ids: [exampleId], reason: "entered twice" },
  }),
  getEscrowHoldStats: operation({
    method: "GET",
    path: "/v2/escrow-holds/stats",
    tag,
    summary: "Numbers and sums of escrow holds by status and currency",
    access: "payouts.view",
    answer: { status: 200, schema: single(statsSchema(statusNames)) },
  }),
  exportEscrowHolds: operation({
    method: "GET",
    path: "/v2/escrow-holds/export",
    tag,
    summary: "Export escrow holds, up to 1,000 rows a call",
    description: "The header x-next-cursor carries on; it is absent at the end.",
    access: "payouts.export",
    recorded: "data_exported",
    query: holdFilters
      .omit({ limit: true })
      .extend({ format: z.enum(["csv", "json"], { error: "csv or json" }).default("csv") }),
    answer: { status: 200, schema: page(hold), csv: true },
    refusals: ["invalid_cursor"],
  }),
} as const;

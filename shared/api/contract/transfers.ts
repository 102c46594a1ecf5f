import * as z from "zod";
import { wireSchemas } from "../../events/wire-schemas.ts";
import { amount, externalId, id, idParams, instant, paging, reason, several, text } from "../fields.ts";
import { operation, page, single } from "../operation.ts";
import { statsSchema } from "../stats-schema.ts";

const tag = "Transfers";
const transfer = wireSchemas.transfer.meta({ id: "Transfer" });

const statuses = [
  "pending",
  "processing",
  "retryable",
  "outcome_unknown",
  "awaiting_funds",
  "awaiting_payee",
  "failed_terminal",
  "completed",
  "reversed",
] as const;

const evidence = text(500).meta({ description: "how the person knows: where they looked, what they found" });

export const transferFilters = z.strictObject({
  ...paging,
  status: several(statuses).optional(),
  payee_id: externalId.optional(),
  payout_id: id.optional(),
  from: instant.optional(),
  to: instant.optional(),
  q: text(128).optional().meta({ description: "an id: of the transfer, its payout or its payee" }),
  sort: z.enum(["date", "-date"], { error: "date or -date" }).optional(),
});

export const transferOperations = {
  listTransfers: operation({
    method: "GET",
    path: "/v2/transfers",
    tag,
    summary: "List transfers, by when they were created",
    access: "payouts.view",
    scoped: ["payee"],
    query: transferFilters,
    answer: { status: 200, schema: page(transfer), csv: true },
    refusals: ["invalid_cursor"],
  }),
  getTransfer: operation({
    method: "GET",
    path: "/v2/transfers/{id}",
    tag,
    summary: "Get one transfer, with its reversals",
    access: "payouts.view",
    scoped: ["payee"],
    params: idParams,
    answer: { status: 200, schema: single(transfer) },
    refusals: ["not_found"],
  }),
  reverseTransfer: operation({
    method: "POST",
    path: "/v2/transfers/{id}/reverse",
    tag,
    summary: "Take a completed transfer back, whole or in part",
    description:
      "Accepted at once and done at the provider within moments; the transfer's reversals tell what it came to. Without an amount it is all that has not been taken back yet.",
    access: "payouts.reverse",
    params: idParams,
    body: z.strictObject({ amount: amount.optional(), reason }),
    answer: { status: 202, schema: single(transfer) },
    refusals: [
      "not_found",
      "transfer_not_reversible",
      "reversal_pending",
      "reversal_exceeds_transfer",
      "address_not_allowed",
    ],
    movesMoney: true,
    example: { amount: 20_000, reason: "the placement ended early" },
  }),
  settleTransfer: operation({
    method: "POST",
    path: "/v2/transfers/{id}/settle",
    tag,
    summary: "Say what became of a transfer whose outcome is unknown",
    description:
      "For a person who has looked at the provider's own records. `not_created` fails the transfer, which can then be sent again under a new key; it is refused until 15 minutes after the last call.",
    access: "payouts.reverse",
    params: idParams,
    body: z.discriminatedUnion(
      "outcome",
      [
        z.strictObject({
          outcome: z.literal("completed"),
          provider_transfer_id: text(128).meta({ description: "the provider's id of the transfer" }),
          evidence,
        }),
        z.strictObject({ outcome: z.literal("not_created"), evidence }),
      ],
      { error: '"completed" or "not_created"' },
    ),
    answer: { status: 200, schema: single(transfer) },
    refusals: ["not_found", "transfer_not_settleable", "evidence_contradicts", "address_not_allowed"],
    movesMoney: true,
    example: {
      outcome: "completed",
      provider_transfer_id: "tr_1QX2ab",
      evidence: "found in the provider's dashboard under the transfer group",
    },
  }),
  getTransferStats: operation({
    method: "GET",
    path: "/v2/transfers/stats",
    tag,
    summary: "Numbers and sums of transfers by status and currency",
    access: "payouts.view",
    answer: { status: 200, schema: single(statsSchema(statuses)) },
  }),
  exportTransfers: operation({
    method: "GET",
    path: "/v2/transfers/export",
    tag,
    summary: "Export transfers, up to 1,000 rows a call",
    description: "The header x-next-cursor carries on; it is absent at the end.",
    access: "payouts.export",
    query: transferFilters
      .omit({ limit: true })
      .extend({ format: z.enum(["csv", "json"], { error: "csv or json" }).default("csv") }),
    answer: { status: 200, schema: page(transfer), csv: true },
    refusals: ["invalid_cursor"],
    recorded: "data_exported",
  }),
} as const;

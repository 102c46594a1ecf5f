import * as z from "zod";
import { permissions } from "../../access/roles.ts";
import { scopedRoles, staffRoles } from "../../domain/model.ts";
import { currency, instant, paging, sort } from "../fields.ts";
import { operation, single } from "../operation.ts";
import { holdOperations } from "./holds.ts";
import { payoutOperations } from "./payouts.ts";

const tag = "Self-service";
const minor = z.int().meta({ description: "minor units" });

const ownFilters = {
  ...paging,
  currency: currency.optional(),
  from: instant.optional(),
  to: instant.optional(),
  sort: sort.optional(),
};

export const meOperations = {
  getMe: operation({
    method: "GET",
    path: "/v2/me",
    tag,
    summary: "Who you are here and what you may do",
    access: "signed_in",
    answer: {
      status: 200,
      schema: single(
        z.object({
          subject: z.string(),
          organization_id: z.string(),
          role: z.enum([...staffRoles, ...scopedRoles]),
          scope_id: z.string().nullable().meta({ description: "of a payee or a company: whose records are yours" }),
          permissions: z.array(z.enum(permissions)),
          platform_operator: z.boolean().meta({
            description: "staff of the organization that operates the deployment: who may see its monitoring",
          }),
        }),
      ),
    },
  }),
  listMyPayouts: operation({
    method: "GET",
    path: "/v2/me/payouts",
    tag,
    summary: "List your own payouts",
    description: "For payees and companies; staff use /v2/payouts.",
    access: "signed_in",
    scoped: scopedRoles,
    query: z.strictObject({ ...ownFilters, status: payoutOperations.listPayouts.query.shape.status }),
    answer: { status: 200, schema: payoutOperations.listPayouts.answer.schema },
    refusals: ["invalid_cursor"],
  }),
  listMyHolds: operation({
    method: "GET",
    path: "/v2/me/holds",
    tag,
    summary: "List what is kept back of your own payouts",
    description: "For payees and companies; staff use /v2/escrow-holds.",
    access: "signed_in",
    scoped: scopedRoles,
    query: z.strictObject({ ...ownFilters, status: holdOperations.listEscrowHolds.query.shape.status }),
    answer: { status: 200, schema: holdOperations.listEscrowHolds.answer.schema },
    refusals: ["invalid_cursor"],
  }),
  getMySummary: operation({
    method: "GET",
    path: "/v2/me/summary",
    tag,
    summary: "What you have earned, what is kept back, to come and paid, and the next dates",
    description:
      "For payees and companies. A payee's sums are those of the ledger, so that earned = held + pending + paid − owed; what was " +
      "forfeited, cancelled or taken back is not in earned. A company's are those of its newest 1,000 payouts.",
    access: "signed_in",
    scoped: scopedRoles,
    answer: {
      status: 200,
      schema: single(
        z.object({
          currencies: z.array(
            z.object({
              currency: z.string().length(3),
              earned: minor,
              held: minor,
              pending: minor.meta({ description: "minor units that are payable or on their way" }),
              paid: minor,
              owed: minor.meta({ description: "minor units that will be set off against what comes next" }),
            }),
          ),
          capped: z.boolean().meta({ description: "there are more payouts than the sums are made of" }),
          next_dates: z
            .array(
              z.object({
                entity_type: z.enum(["payout_schedule", "escrow_hold"]),
                entity_id: z.string(),
                payout_id: z.string(),
                date: z.string().meta({ format: "date-time" }),
                amount: minor,
                currency: z.string().length(3),
              }),
            )
            .max(5),
        }),
      ),
    },
  }),
} as const;

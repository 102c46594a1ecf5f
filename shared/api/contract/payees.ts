import * as z from "zod";
import { inboundSchemas } from "../../events/inbound.ts";
import { wireSchemas } from "../../events/wire-schemas.ts";
import { externalId, paging } from "../fields.ts";
import { operation, page, single } from "../operation.ts";

const tag = "Payees";
const payee = wireSchemas.payee.meta({ id: "Payee" });

/** What the bus may say about a payee, the API may: the same fields with the same limits. */
const facts = inboundSchemas["payee.upserted"].omit({ schema_version: true, organization_id: true });
const {
  name,
  email,
  country,
  default_currency: defaultCurrency,
  tier,
  payout_frequency: payoutFrequency,
  minimum_payout: minimumPayout,
  verified,
  destinations,
} = facts.shape;

const payeeParams = z.strictObject({ id: externalId });
const minor = z.int().meta({ description: "minor units" });

export const payeeFilters = z.strictObject({
  ...paging,
  q: externalId.optional().meta({ description: "the id of a payee" }),
  sort: z.enum(["date", "-date"], { error: "date or -date" }).optional(),
});

export const payeeOperations = {
  listPayees: operation({
    method: "GET",
    path: "/v2/payees",
    tag,
    summary: "List payees, by when they were created",
    access: "payouts.view",
    query: payeeFilters,
    answer: { status: 200, schema: page(payee), csv: true },
    refusals: ["invalid_cursor"],
  }),
  getPayee: operation({
    method: "GET",
    path: "/v2/payees/{id}",
    tag,
    summary: "Get one payee, account numbers masked",
    access: "payouts.view",
    scoped: ["payee"],
    params: payeeParams,
    answer: { status: 200, schema: single(payee) },
    refusals: ["not_found"],
  }),
  createPayee: operation({
    method: "POST",
    path: "/v2/payees",
    tag,
    summary: "Create a payee under an id of your own",
    description: "The first destinations can be used at once.",
    access: "payouts.create",
    body: facts,
    answer: { status: 201, schema: single(payee) },
    refusals: ["payee_exists"],
    example: {
      payee_id: "payee-17",
      name: "Grace Hopper",
      email: "grace@example.com",
      default_currency: "USD",
      destinations: [{ provider: "stripe", account: "acct_1QX2ab" }],
    },
  }),
  updatePayee: operation({
    method: "PATCH",
    path: "/v2/payees/{id}",
    tag,
    summary: "Change what is known of a payee, but for the destinations",
    description: "Fields that are not given stay as they are; null removes an optional one.",
    access: "payouts.create",
    params: payeeParams,
    body: z.strictObject({
      name: name.optional(),
      email: email.nullable(),
      country: country.nullable(),
      default_currency: defaultCurrency.optional(),
      tier: tier.nullable(),
      payout_frequency: payoutFrequency.nullable(),
      minimum_payout: minimumPayout.nullable(),
      verified,
    }),
    answer: { status: 200, schema: single(payee) },
    refusals: ["not_found"],
    conditional: true,
    example: { tier: "gold", verified: true, email: null },
  }),
  replacePayeeDestinations: operation({
    method: "PUT",
    path: "/v2/payees/{id}/destinations",
    tag,
    summary: "Replace where a payee is paid",
    description:
      "A change voids the approval of what has not been sent yet, and nothing is sent to the new destinations before the cooling-off is over.",
    access: "payouts.verify",
    params: payeeParams,
    body: z.strictObject({ destinations }),
    answer: { status: 200, schema: single(payee) },
    refusals: ["not_found"],
    conditional: true,
    guarded: true,
    example: { destinations: [{ provider: "stripe", account: "acct_1QX2cd" }] },
  }),
  getPayeeDestinations: operation({
    method: "GET",
    path: "/v2/payees/{id}/destinations",
    tag,
    summary: "Get a payee's destinations with full account numbers",
    description: "Each read is on record.",
    access: "payouts.view_sensitive",
    params: payeeParams,
    answer: { status: 200, schema: z.object({ data: destinations }) },
    refusals: ["not_found"],
    recorded: "sensitive_data_read",
  }),
  getPayeeBalances: operation({
    method: "GET",
    path: "/v2/payees/{id}/balances",
    tag,
    summary: "Get what a payee is to be sent, has in escrow, was paid and owes, by currency",
    access: "payouts.view",
    scoped: ["payee"],
    params: payeeParams,
    answer: {
      status: 200,
      schema: z.object({
        data: z.array(
          z.object({
            currency: z.string(),
            payable: minor.meta({ description: "still to be sent, minor units" }),
            held: minor.meta({ description: "in escrow, minor units" }),
            paid: minor.meta({ description: "sent, less what was taken back, minor units" }),
            owed: minor.meta({ description: "owed by the payee, minor units" }),
          }),
        ),
      }),
    },
    refusals: ["not_found"],
  }),
} as const;

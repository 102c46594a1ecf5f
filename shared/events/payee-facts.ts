import type * as z from "zod";
import type { Destination } from "../domain/model.ts";
import type { PayeeFacts } from "../domain/payee.ts";
import type { destination, InboundDetail } from "./inbound.ts";

export function destinationOf(wire: z.output<typeof destination>): Destination {
  if (wire.provider === "stripe") return wire;
  return {
    provider: "xendit",
    channelCode: wire.channel_code,
    accountNumber: wire.account_number,
    accountHolderName: wire.account_holder_name,
  };
}

/** What is said of a payee on the bus or through the API, in the domain's words. */
export function payeeFactsOf(
  wire: Omit<InboundDetail<"payee.upserted">, "organization_id" | "schema_version">,
): Omit<PayeeFacts, "organizationId" | "sourceTime"> {
  return {
    id: wire.payee_id,
    name: wire.name,
    email: wire.email,
    country: wire.country,
    defaultCurrency: wire.default_currency,
    tier: wire.tier,
    payoutFrequency: wire.payout_frequency,
    minimumPayoutMinor: wire.minimum_payout,
    verified: wire.verified ?? false,
    destinations: wire.destinations.map(destinationOf),
  };
}

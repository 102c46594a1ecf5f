import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Facts } from "../../display/facts.tsx";
import { Instant } from "../../display/instants.tsx";
import { titled } from "../../display/status-badge.tsx";
import type { Wire } from "../../session/me.ts";
import { destinationChanged, formatDestination } from "./destinations.ts";
import type { Payout } from "./payout-duties.ts";

/** What a payout is for, where it goes and how it ended; where it can be looked at further. */
export function PayoutFacts({ payout, payee }: { payout: Payout; payee: Wire["Payee"] | undefined }) {
  const { placement_id, company_id, destination, sent_by, source, period } = payout;
  return (
    <Facts
      facts={[
        {
          label: "Payee",
          value: (
            <>
              <Link to="/payees/$id" params={{ id: payout.payee_id }} search={{}}>
                {payee?.name ?? payout.payee_id}
              </Link>
              {payee !== undefined && ` (${payee.id})`}
            </>
          ),
        },
        {
          label: "Goes to",
          value:
            destination === null
              ? "nowhere yet"
              : `${formatDestination(destination)}${payee !== undefined && destinationChanged(payout, payee) ? ", changed since" : ""}`,
        },
        { label: "Source", value: period === null ? titled(source) : `${titled(source)}, ${period}` },
        maybe(
          "Placement",
          placement_id,
          <Link to="/payouts" search={{ placement_id: placement_id ?? "" }}>
            {placement_id}
          </Link>,
        ),
        maybe(
          "Company",
          company_id,
          <Link to="/payouts" search={{ company_id: company_id ?? "" }}>
            {company_id}
          </Link>,
        ),
        {
          label: "Created",
          value: (
            <>
              by {payout.created_by}, <Instant at={payout.created_at} />
            </>
          ),
        },
        sent_by.length === 0 ? undefined : { label: "Sent by", value: sent_by.join(", ") },
        maybe("Paid", payout.paid_at, <Instant at={payout.paid_at} />),
        maybe("Reference outside", payout.external_reference, payout.external_reference),
        maybe(payout.status === "failed" ? "Stopped because" : "Ended because", payout.end_reason, payout.end_reason),
        payout.clawback === null
          ? undefined
          : {
              label: "Clawed back",
              value: (
                <>
                  {payout.clawback.reason}, <Instant at={payout.clawback.at} />
                </>
              ),
            },
        maybe("Notes", payout.notes, payout.notes),
      ]}
    />
  );
}

function maybe(label: string, known: string | null, value: ReactNode) {
  return known === null ? undefined : { label, value };
}

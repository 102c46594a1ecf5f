import { Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Distance } from "../../display/instants.tsx";
import { Money } from "../../display/money.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import type { Column } from "../../list/list-definition.ts";
import { formatDestination } from "../payouts/destinations.ts";
import { type ApprovalRules, isHighValue, type Payout } from "../payouts/payout-duties.ts";

/** What a payout in the queue shows; the link is what the keyboard moves along. */
export function approvalColumns(rules: ApprovalRules | undefined): readonly Column<Payout>[] {
  return [
    {
      id: "payee",
      header: "Payee",
      primary: true,
      cell: ({ id, payee_id }) => (
        <Link to="/payouts/$id" params={{ id }} search={{}} data-open>
          {payee_id}
        </Link>
      ),
      text: ({ payee_id }) => payee_id,
    },
    {
      id: "amount",
      header: "Amount",
      align: "right",
      cell: ({ amount, currency }) => <Money amountMinor={amount} currency={currency} />,
      text: ({ currency }) => currency,
    },
    {
      id: "for",
      header: "For",
      cell: ({ source, placement_id, company_id, period, notes }) => (
        <span>
          {titled(source)} {placement_id ?? period ?? ""}
          {company_id !== null && `, ${company_id}`}
          {notes !== null && (
            <Text size="xs" c="dimmed" lineClamp={1} maw={260} title={notes}>
              {notes}
            </Text>
          )}
        </span>
      ),
      text: ({ source, placement_id, company_id, period, notes }) =>
        [source, placement_id, company_id, period, notes].join(" "),
    },
    {
      id: "destination",
      header: "Goes to",
      cell: describeDestination,
      text: describeDestination,
    },
    {
      id: "created",
      header: "Waits since",
      cell: ({ created_at, created_by }) => (
        <span>
          <Distance at={created_at} />, by {created_by}
        </span>
      ),
      text: ({ created_by }) => created_by,
    },
    {
      id: "approvals",
      header: "Approvals",
      cell: (payout) => <VotesSoFar payout={payout} rules={rules} />,
      text: ({ approval_votes }) => approval_votes.map(({ by }) => by).join(" "),
    },
  ];
}

/** What was approved, or would be; of a void approval it is known only that it isn't that any more. */
function describeDestination({ destination, approval_state }: Payout): string {
  if (destination === null) return "nowhere yet";
  return `${approval_state === "void" ? "no longer " : ""}${formatDestination(destination)}`;
}

/** `1 of 2: miro`, and a mark where an earlier approval no longer holds. */
export function VotesSoFar({ payout, rules }: { payout: Payout; rules: ApprovalRules | undefined }) {
  const { approval_votes: votes, approval_state } = payout;
  const needed = isHighValue(payout, rules) ? 2 : 1;
  const given = votes.length === 0 ? "" : `: ${votes.map(({ by }) => by).join(", ")}`;
  return (
    <Group gap="xs" component="span" display="inline-flex">
      <span>
        {votes.length} of {needed}
        {given}
      </span>
      {approval_state === "void" && <StatusBadge status="void" label="destination changed" />}
    </Group>
  );
}

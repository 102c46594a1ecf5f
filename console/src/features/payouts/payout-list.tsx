import { Group } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { answerOf } from "../../api/api-problem.ts";
import { Id } from "../../display/ids.tsx";
import { Instant } from "../../display/instants.tsx";
import { Money } from "../../display/money.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import { exportPageOf } from "../../list/export-page.ts";
import type { Column, ListDefinition } from "../../list/list-definition.ts";
import { bulkPayoutActions, payoutActions } from "./payout-actions.ts";
import { type ApprovalRules, approversOf, type Payout } from "./payout-duties.ts";

const DAY_MS = 24 * 3_600_000;
const statuses = [
  "pending_approval",
  "approved",
  "processing",
  "partially_paid",
  "paid",
  "failed",
  "rejected",
  "cancelled",
] as const;

const columns: readonly Column<Payout>[] = [
  {
    id: "payee",
    header: "Payee",
    primary: true,
    cell: ({ id, payee_id }) => (
      <Link to="/payouts/$id" params={{ id }} search={{}}>
        {payee_id}
      </Link>
    ),
    text: ({ payee_id }) => payee_id,
  },
  {
    id: "amount",
    header: "Amount",
    align: "right",
    sort: "amount",
    cell: ({ amount, currency }) => <Money amountMinor={amount} currency={currency} />,
    text: ({ currency }) => currency,
  },
  {
    id: "status",
    header: "Status",
    cell: (payout) => <PayoutStatus payout={payout} />,
    text: ({ status, end_reason }) => `${status} ${end_reason ?? ""}`,
  },
  { id: "source", header: "Source", cell: ({ source }) => titled(source), text: ({ source }) => source },
  {
    id: "placement",
    header: "Placement",
    cell: ({ placement_id }) => <Id id={placement_id} />,
    text: ({ placement_id }) => placement_id ?? "",
  },
  {
    id: "company",
    header: "Company",
    cell: ({ company_id }) => company_id ?? "–",
    text: ({ company_id }) => company_id ?? "",
  },
  {
    id: "approved",
    header: "Approved by",
    cell: (payout) => <Approvers payout={payout} />,
    text: (payout) => approversOf(payout).join(" "),
  },
  { id: "created", header: "Created", sort: "date", cell: ({ created_at }) => <Instant at={created_at} only="date" /> },
  {
    id: "paid",
    header: "Paid",
    align: "right",
    optional: true,
    cell: ({ paid_amount, currency }) => <Money amountMinor={paid_amount} currency={currency} />,
  },
  {
    id: "held",
    header: "In escrow",
    align: "right",
    optional: true,
    cell: ({ held_amount, currency }) => <Money amountMinor={held_amount} currency={currency} />,
  },
  { id: "paid_at", header: "Paid at", optional: true, cell: ({ paid_at }) => <Instant at={paid_at} /> },
  {
    id: "period",
    header: "Period",
    optional: true,
    cell: ({ period }) => period ?? "–",
    text: ({ period }) => period ?? "",
  },
  {
    id: "created_by",
    header: "Created by",
    optional: true,
    cell: ({ created_by }) => created_by,
    text: ({ created_by }) => created_by,
  },
  {
    id: "reference",
    header: "Reference",
    optional: true,
    cell: ({ external_reference }) => external_reference ?? "–",
    text: ({ external_reference }) => external_reference ?? "",
  },
  { id: "notes", header: "Notes", optional: true, cell: ({ notes }) => notes ?? "–", text: ({ notes }) => notes ?? "" },
  { id: "id", header: "Payout", optional: true, cell: ({ id }) => <Id id={id} />, text: ({ id }) => id },
];

/** Payouts as a list; what can be done with one depends on the organization's rules of approving. */
export function payoutListFor(rules: ApprovalRules | undefined): ListDefinition<Payout> {
  return {
    name: "payouts",
    one: "payout",
    many: "payouts",
    searchLabel: "Narrow down, or Enter for an id",
    columns,
    filters: [
      {
        kind: "choice",
        key: "status",
        label: "Status",
        options: statuses.map((value) => ({ value, label: titled(value) })),
      },
      { kind: "dates", key: "dates", label: "Created" },
      { kind: "amount", key: "amount", label: "Amount" },
      { kind: "text", key: "payee_id", label: "Payee" },
      { kind: "text", key: "company_id", label: "Company" },
      { kind: "text", key: "placement_id", label: "Placement" },
      { kind: "text", key: "period", label: "Period" },
    ],
    presets: [
      { name: "Waiting for approval", search: () => ({ status: "pending_approval", sort: "date" }) },
      { name: "Failed", search: () => ({ status: "failed" }) },
      { name: "Open: approved and not wholly paid", search: () => ({ status: "approved,processing,partially_paid" }) },
      {
        name: "Created in the last 7 days",
        search: (nowMs) => ({ from: new Date(nowMs - 7 * DAY_MS).toISOString() }),
      },
      { name: "Paid", search: () => ({ status: "paid" }) },
      { name: "Rejected and cancelled", search: () => ({ status: "rejected,cancelled" }) },
    ],
    defaultSort: "-date",
    fetchPage: (api, query, signal) => answerOf(api.GET("/v2/payouts", { params: { query }, signal })),
    fetchExport: (api, query, signal) =>
      exportPageOf(api.GET("/v2/payouts/export", { params: { query }, signal, parseAs: "text" })),
    actions: payoutActions(rules),
    bulkActions: bulkPayoutActions(rules),
    empty: "They come with placements that are activated, and you can create one by hand.",
  };
}

/** The status, and a mark where the approval no longer holds. */
export function PayoutStatus({ payout: { status, approval_state } }: { payout: Payout }) {
  return (
    <Group gap={6} component="span" display="inline-flex">
      <StatusBadge status={status} />
      {approval_state === "void" && <StatusBadge status="void" label="approval void" />}
    </Group>
  );
}

function Approvers({ payout }: { payout: Payout }) {
  const approvers = approversOf(payout);
  const { approval_state, approval_votes_needed: needed } = payout;
  if (approval_state === "pending" && needed > 1) {
    return (
      <span>
        {approvers.length} of {needed}
        {approvers.length > 0 && `: ${approvers.join(", ")}`}
      </span>
    );
  }
  return <span>{approvers.length === 0 ? "–" : approvers.join(", ")}</span>;
}

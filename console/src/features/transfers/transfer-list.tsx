import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { lazy } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { Id } from "../../display/ids.tsx";
import { Distance, Instant } from "../../display/instants.tsx";
import { formatAmount, Money } from "../../display/money.tsx";
import { titled } from "../../display/status-badge.tsx";
import { exportPageOf } from "../../list/export-page.ts";
import type { ListDefinition } from "../../list/list-definition.ts";
import { ProviderReference } from "./provider-reference.tsx";
import { transferActions } from "./transfer-actions.ts";
import { causeOf, describeOutcomeClass, type Transfer, transferStatuses } from "./transfer-meaning.ts";
import { TransferStatus } from "./transfer-status.tsx";

export const transferList: ListDefinition<Transfer> = {
  name: "transfers",
  one: "transfer",
  many: "transfers",
  searchLabel: "Narrow down, or Enter for an id",
  defaultSort: "-date",
  columns: [
    {
      id: "payee",
      header: "Payee",
      primary: true,
      cell: ({ payee_id }) => payee_id,
      text: ({ payee_id }) => payee_id,
    },
    {
      id: "amount",
      header: "Amount",
      align: "right",
      cell: ({ amount, currency }) => <Money amountMinor={amount} currency={currency} />,
      text: ({ amount, currency }) => `${formatAmount(amount, currency)} ${amount} ${currency}`,
    },
    {
      id: "status",
      header: "Status",
      cell: (transfer) => <TransferStatus transfer={transfer} />,
      text: ({ status }) => titled(status),
    },
    {
      id: "outcome",
      header: "Last answer",
      cell: (transfer) => <LastAnswer transfer={transfer} />,
      text: ({ outcome }) => `${outcome?.class ?? ""} ${outcome?.code ?? ""} ${outcome?.message ?? ""}`,
    },
    { id: "attempts", header: "Attempts", align: "right", cell: ({ attempts }) => attempts },
    {
      id: "next",
      header: "Next try",
      cell: ({ next_attempt_at: at }) => (at === null ? "–" : <Distance at={at} />),
    },
    {
      id: "reference",
      header: "Provider’s id",
      cell: ({ provider_transfer_id: reference }) =>
        reference === null ? "–" : <ProviderReference reference={reference} />,
      text: ({ provider_transfer_id: reference }) => reference ?? "",
    },
    {
      id: "cause",
      header: "Pays",
      cell: (transfer) => {
        const { to, search } = causeOf(transfer);
        return (
          <Link to={to} search={search}>
            <Id id={transfer.cause_entity_id} />
          </Link>
        );
      },
      text: ({ cause_entity_id }) => cause_entity_id,
    },
    { id: "created", header: "Created", sort: "date", cell: ({ created_at }) => <Instant at={created_at} /> },
    {
      id: "last",
      header: "Last try",
      optional: true,
      cell: ({ last_attempt_at }) => <Instant at={last_attempt_at} />,
    },
    { id: "completed", header: "Completed", optional: true, cell: ({ completed_at }) => <Instant at={completed_at} /> },
    {
      id: "reversed",
      header: "Taken back",
      optional: true,
      align: "right",
      cell: ({ reversed_amount, currency }) =>
        reversed_amount === 0 ? "–" : <Money amountMinor={reversed_amount} currency={currency} />,
    },
    {
      id: "payout",
      header: "Payout",
      optional: true,
      cell: ({ payout_id }) => (
        <Link to="/payouts/$id" params={{ id: payout_id }} search={{}}>
          <Id id={payout_id} />
        </Link>
      ),
      text: ({ payout_id }) => payout_id,
    },
    {
      id: "placement",
      header: "Placement",
      optional: true,
      cell: ({ placement_id }) => <Id id={placement_id} />,
      text: ({ placement_id }) => placement_id ?? "",
    },
    { id: "provider", header: "Provider", optional: true, cell: ({ provider }) => titled(provider) },
    { id: "id", header: "Transfer", optional: true, cell: ({ id }) => <Id id={id} />, text: ({ id }) => id },
  ],
  filters: [
    {
      kind: "choice",
      key: "status",
      label: "Status",
      options: transferStatuses.map((value) => ({ value, label: titled(value) })),
    },
    { kind: "dates", key: "dates", label: "Created" },
    { kind: "text", key: "payee_id", label: "Payee" },
    { kind: "text", key: "payout_id", label: "Payout" },
  ],
  presets: [
    { name: "Outcome unknown", search: () => ({ status: "outcome_unknown" }) },
    { name: "Awaiting funds", search: () => ({ status: "awaiting_funds" }) },
    { name: "Awaiting the payee", search: () => ({ status: "awaiting_payee" }) },
    { name: "Failed", search: () => ({ status: "failed_terminal" }) },
    { name: "On their way", search: () => ({ status: "pending,processing,retryable" }) },
    { name: "Reversed", search: () => ({ status: "reversed" }) },
  ],
  fetchPage: (api, query, signal) => answerOf(api.GET("/v2/transfers", { params: { query }, signal })),
  fetchExport: (api, query, signal) =>
    exportPageOf(api.GET("/v2/transfers/export", { params: { query }, signal, parseAs: "text" })),
  actions: transferActions,
  Detail: lazy(async () => ({ default: (await import("./transfer-drawer.tsx")).TransferDrawer })),
  empty: "One is made for each schedule that is paid and each hold that is released.",
};

/** The code of the provider's last answer; what it means when it is pointed at. */
function LastAnswer({ transfer: { outcome } }: { transfer: Transfer }) {
  if (outcome === null) return <span>–</span>;
  const { class: kind, code, message } = outcome;
  if (kind === "accepted") return <span>{code}</span>;
  return (
    <Tooltip label={`${titled(describeOutcomeClass(kind))}. ${message ?? ""}`}>
      <span>{code}</span>
    </Tooltip>
  );
}

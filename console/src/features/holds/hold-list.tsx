import { lazy } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { Id } from "../../display/ids.tsx";
import { Instant } from "../../display/instants.tsx";
import { formatAmount, formatMoney, Money } from "../../display/money.tsx";
import { spelled, titled } from "../../display/status-badge.tsx";
import { exportPageOf } from "../../list/export-page.ts";
import type { ListDefinition } from "../../list/list-definition.ts";
import { blockerWords } from "../parts/blocker-words.ts";
import { DueMark } from "../parts/due-mark.tsx";
import { OVERDUE_AFTER_MS } from "../parts/due-state.ts";
import { holdReasons, reasonNames } from "../parts/hold-reasons.ts";
import { partColumns, partFilters } from "../parts/part-list.tsx";
import classes from "../parts/parts.module.css";
import { type Hold, holdActions, holdBulkActions } from "./hold-actions.ts";
import { HoldStatus } from "./hold-status.tsx";

const statuses = ["active", "released", "forfeited", "cancelled"] as const satisfies readonly Hold["status"][];
const DAY_MS = 86_400_000;

const at = (ms: number) => new Date(ms).toISOString();
const describeShare = ({ holdback_percentage: share }: Hold) => (share === null ? "–" : `${share} %`);

export const holdList: ListDefinition<Hold> = {
  name: "escrow-holds",
  one: "hold",
  many: "holds",
  searchLabel: "Narrow down, or Enter for an id",
  columns: [
    { id: "payee", header: "Payee", primary: true, cell: ({ payee_id }) => payee_id, text: ({ payee_id }) => payee_id },
    {
      id: "amount",
      header: "Amount",
      align: "right",
      sort: "amount",
      cell: (hold) => <HeldAmount hold={hold} />,
      text: ({ hold_amount, currency }) => formatMoney(hold_amount, currency),
    },
    {
      id: "original",
      header: "At first",
      align: "right",
      optional: true,
      cell: ({ original_amount, currency }) => <Money amountMinor={original_amount} currency={currency} />,
      text: ({ original_amount, currency }) => formatMoney(original_amount, currency),
    },
    {
      id: "status",
      header: "Status",
      cell: (hold) => <HoldStatus hold={hold} />,
      text: ({ status, transfer_status, blocker }) =>
        [status, spelled(transfer_status ?? ""), blocker === null ? "" : blockerWords(blocker.code)].join(" "),
    },
    {
      id: "release",
      header: "Release",
      sort: "date",
      cell: ({ release_date, status, date_rule }) => (
        <DueMark at={release_date} open={status === "active"} zone={date_rule?.time_zone} />
      ),
    },
    {
      id: "reason",
      header: "Reason",
      cell: ({ hold_reason, reason }) => <span title={reason ?? undefined}>{reasonNames[hold_reason]}</span>,
      text: ({ hold_reason, reason }) => `${reasonNames[hold_reason]} ${reason ?? ""}`,
    },
    { id: "holdback", header: "Holdback", align: "right", cell: describeShare, text: describeShare },
    partColumns.payout,
    partColumns.placement,
    partColumns.company,
    {
      id: "held",
      header: "Held since",
      optional: true,
      cell: ({ hold_date }) => <Instant at={hold_date} only="date" />,
    },
    { id: "released", header: "Released", optional: true, cell: ({ released_at }) => <Instant at={released_at} /> },
    {
      id: "by",
      header: "Released by",
      optional: true,
      cell: ({ released_by }) => released_by ?? "–",
      text: ({ released_by }) => released_by ?? "",
    },
    {
      id: "notes",
      header: "Notes",
      optional: true,
      cell: ({ release_notes }) => release_notes ?? "–",
      text: ({ release_notes }) => release_notes ?? "",
    },
    partColumns.path,
    partColumns.lateness,
    { id: "id", header: "Hold", optional: true, cell: ({ id }) => <Id id={id} />, text: ({ id }) => id },
    { id: "created", header: "Created", optional: true, cell: ({ created_at }) => <Instant at={created_at} /> },
  ],
  filters: [
    {
      kind: "choice",
      key: "status",
      label: "Status",
      options: statuses.map((value) => ({ value, label: titled(value) })),
    },
    {
      kind: "choice",
      key: "hold_reason",
      label: "Reason",
      options: holdReasons.map((value) => ({ value, label: reasonNames[value] })),
    },
    { kind: "dates", key: "dates", label: "Release" },
    ...partFilters,
  ],
  presets: [
    { name: "Active", search: () => ({ status: "active" }) },
    {
      name: "Due in the next 7 days",
      search: (nowMs) => ({ status: "active", from: at(nowMs), to: at(nowMs + 7 * DAY_MS) }),
    },
    { name: "Due now and overdue", search: (nowMs) => ({ status: "active", to: at(nowMs) }) },
    {
      name: "Overdue: something is in the way",
      search: (nowMs) => ({ status: "active", to: at(nowMs - OVERDUE_AFTER_MS) }),
    },
    { name: "In dispute", search: () => ({ status: "active", hold_reason: "dispute" }) },
    {
      name: "Released, latest date first",
      search: () => ({ status: "released", sort: "-date", columns: releasedColumns.join(",") }),
    },
    { name: "Forfeited and cancelled", search: () => ({ status: "forfeited,cancelled", sort: "-date" }) },
  ],
  fetchPage: (api, query, signal) => answerOf(api.GET("/v2/escrow-holds", { params: { query }, signal })),
  fetchExport: (api, query, signal) =>
    exportPageOf(api.GET("/v2/escrow-holds/export", { params: { query }, signal, parseAs: "text" })),
  actions: holdActions,
  bulkActions: holdBulkActions,
  Detail: lazy(async () => ({ default: (await import("./hold-drawer.tsx")).HoldDrawer })),
  empty: "They come with placements that are activated under a holdback, and when part of a schedule is held back.",
};

/** What is asked about holds that are over: who released them, when and how. */
const releasedColumns = ["payee", "amount", "status", "release", "released", "by", "path", "lateness", "payout"];

/** What is held, and beneath it what was held before a part was released. */
function HeldAmount({ hold: { hold_amount: held, original_amount: original, currency } }: { hold: Hold }) {
  return (
    <>
      <Money amountMinor={held} currency={currency} />
      {held !== original && <div className={classes.aside}>of {formatAmount(original, currency)}</div>}
    </>
  );
}

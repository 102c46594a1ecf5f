import { lazy } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { Id } from "../../display/ids.tsx";
import { Instant } from "../../display/instants.tsx";
import { formatMoney, Money } from "../../display/money.tsx";
import { titled } from "../../display/status-badge.tsx";
import { exportPageOf } from "../../list/export-page.ts";
import type { ListDefinition } from "../../list/list-definition.ts";
import { blockerWords, detailSentence } from "../parts/blocker-words.ts";
import { DueMark } from "../parts/due-mark.tsx";
import { OVERDUE_AFTER_MS } from "../parts/due-state.ts";
import { partColumns, partFilters } from "../parts/part-list.tsx";
import { StatusWithReason } from "../parts/status-with-reason.tsx";
import { type Schedule, scheduleActions, scheduleBulkActions } from "./schedule-actions.ts";
import { triggerMoments, triggers } from "./schedule-triggers.ts";

const statuses = ["pending", "processing", "completed", "failed", "cancelled"] as const;
const DAY_MS = 86_400_000;

export const scheduleList: ListDefinition<Schedule> = {
  name: "payout-schedules",
  one: "schedule",
  many: "schedules",
  searchLabel: "Narrow down, or Enter for an id",
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
      sort: "amount",
      text: ({ amount, currency }) => formatMoney(amount, currency),
    },
    {
      id: "status",
      header: "Status",
      cell: (schedule) => <ScheduleStatus schedule={schedule} />,
      text: ({ status, failure_reason, blocker }) =>
        [status, failure_reason ?? "", blocker === null ? "" : blockerWords(blocker.code)].join(" "),
    },
    {
      id: "scheduled",
      header: "Scheduled",
      sort: "date",
      cell: ({ scheduled_date, status, trigger_event, date_rule }) => (
        <DueMark
          at={scheduled_date}
          open={status === "pending"}
          zone={date_rule?.time_zone}
          otherwise={triggerMoments[trigger_event]}
        />
      ),
    },
    {
      id: "trigger",
      header: "Trigger",
      cell: ({ trigger_event }) => titled(trigger_event),
      text: ({ trigger_event }) => titled(trigger_event),
    },
    partColumns.payout,
    partColumns.placement,
    partColumns.company,
    { id: "processed", header: "Processed", optional: true, cell: ({ processed_at }) => <Instant at={processed_at} /> },
    {
      id: "guarantee",
      header: "Guarantee ends",
      optional: true,
      cell: ({ guarantee_completion_date, date_rule }) => (
        <Instant at={guarantee_completion_date} only="date" zone={date_rule?.time_zone} />
      ),
    },
    partColumns.path,
    partColumns.lateness,
    { id: "retries", header: "Retries", optional: true, align: "right", cell: ({ retry_count }) => retry_count },
    { id: "id", header: "Schedule", optional: true, cell: ({ id }) => <Id id={id} />, text: ({ id }) => id },
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
      key: "trigger_event",
      label: "Trigger",
      options: triggers.map((value) => ({ value, label: titled(value) })),
    },
    { kind: "dates", key: "dates", label: "Scheduled" },
    ...partFilters,
  ],
  presets: [
    { name: "Failed", search: () => ({ status: "failed" }) },
    {
      name: "Due now and overdue",
      search: (nowMs) => ({ status: "pending", to: new Date(nowMs).toISOString() }),
    },
    {
      name: "Overdue: something is in the way",
      search: (nowMs) => ({ status: "pending", to: new Date(nowMs - OVERDUE_AFTER_MS).toISOString() }),
    },
    {
      name: "Due in the next 7 days",
      search: (nowMs) => ({
        status: "pending",
        from: new Date(nowMs).toISOString(),
        to: new Date(nowMs + 7 * DAY_MS).toISOString(),
      }),
    },
    { name: "Waiting for somebody’s trigger", search: () => ({ status: "pending", trigger_event: "manual" }) },
    { name: "On their way", search: () => ({ status: "processing" }) },
    { name: "Processed, latest date first", search: () => ({ status: "completed", sort: "-date" }) },
  ],
  fetchPage: (api, query, signal) => answerOf(api.GET("/v2/payout-schedules", { params: { query }, signal })),
  fetchExport: (api, query, signal) =>
    exportPageOf(api.GET("/v2/payout-schedules/export", { params: { query }, signal, parseAs: "text" })),
  actions: scheduleActions,
  bulkActions: scheduleBulkActions,
  Detail: lazy(async () => ({ default: (await import("./schedule-drawer.tsx")).ScheduleDrawer })),
  empty: "They come with placements that are activated, and with payouts that are created by hand.",
};

/** The status, and what is in the way; a failed one tells why when pointed at or focused. */
export function ScheduleStatus({ schedule }: { schedule: Schedule }) {
  const { status, failure_reason: reason, failure_code: code, blocker } = schedule;
  const why = reason ?? code ?? (blocker?.detail ? detailSentence(blocker.detail) : undefined);
  return (
    <StatusWithReason status={status} mark={blocker === null ? undefined : blockerWords(blocker.code)} why={why} />
  );
}

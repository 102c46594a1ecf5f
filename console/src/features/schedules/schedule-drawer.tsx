import { Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { RecordActions } from "../../action/record-actions.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { Facts } from "../../display/facts.tsx";
import { CopyableId, Id } from "../../display/ids.tsx";
import { Instant } from "../../display/instants.tsx";
import { Money } from "../../display/money.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import { RecordDrawer } from "../../list/record-drawer.tsx";
import { useApi } from "../../session/console-context.tsx";
import { BlockerNotice } from "../parts/blocker-notice.tsx";
import { DueMark } from "../parts/due-mark.tsx";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { describeRule, firingFacts } from "../parts/firing-facts.tsx";
import { RecordHistory } from "../parts/record-history.tsx";
import { type Schedule, scheduleActions } from "./schedule-actions.ts";
import { triggerMoments } from "./schedule-triggers.ts";

/** Everything about one schedule: when and why it is paid, what is in the way, what became of it. */
export function ScheduleDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const api = useApi();
  const query = useLive({
    queryKey: ["payout-schedules", "one", id],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payout-schedules/{id}", { params: { path: { id } }, signal })),
  });
  return (
    <RecordDrawer title="Payout schedule" id={id} query={query} onClose={onClose}>
      {(schedule, onAsking) => (
        <Stack gap="lg">
          <Stack gap="xs">
            <Group justify="space-between" gap="xs">
              <Text fw={650} fz="xl">
                <Money amountMinor={schedule.amount} currency={schedule.currency} />
              </Text>
              <StatusBadge status={schedule.status} />
            </Group>
            <Text size="sm">
              To{" "}
              <Link to="/payees/$id" params={{ id: schedule.payee_id }} search={{}}>
                {schedule.payee_id}
              </Link>
              , part of{" "}
              <Link to="/payouts/$id" params={{ id: schedule.payout_id }} search={{}}>
                payout <Id id={schedule.payout_id} />
              </Link>
            </Text>
            <RecordActions record={schedule} actions={scheduleActions} onAsking={onAsking} />
          </Stack>
          {schedule.status === "failed" && (
            <FailureNotice code={schedule.failure_code} reason={schedule.failure_reason} />
          )}
          {schedule.blocker !== null && <BlockerNotice blocker={schedule.blocker} />}
          <ScheduleFacts schedule={schedule} />
          <RecordHistory entityType="payout_schedule" id={schedule.id} />
        </Stack>
      )}
    </RecordDrawer>
  );
}

function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  const {
    scheduled_date: date,
    guarantee_completion_date: guaranteeEnd,
    date_rule: rule,
    transfer_id: transfer,
  } = schedule;
  return (
    <Facts
      facts={[
        {
          label: "Paid on",
          value: (
            <DueMark
              zone={schedule.date_rule?.time_zone}
              at={date}
              open={schedule.status === "pending"}
              otherwise={triggerMoments[schedule.trigger_event]}
            />
          ),
          ...(rule === null ? {} : { note: describeRule(rule) }),
        },
        { label: "Trigger", value: titled(schedule.trigger_event) },
        guaranteeEnd === null ? undefined : { label: "Guarantee ends", value: <Instant at={guaranteeEnd} /> },
        ...firingFacts(schedule),
        transfer === null
          ? undefined
          : {
              label: "Transfer",
              value: (
                <Link to="/transfers" search={{ open: transfer }}>
                  <Id id={transfer} />
                </Link>
              ),
            },
        schedule.processed_at === null
          ? undefined
          : { label: "Processed", value: <Instant at={schedule.processed_at} /> },
        schedule.retry_count === 0
          ? undefined
          : {
              label: "Retries",
              value: (
                <>
                  {schedule.retry_count}, the last <Instant at={schedule.last_retry_at} />
                </>
              ),
            },
        schedule.status === "cancelled" && schedule.failure_reason !== null
          ? { label: "Cancelled because", value: schedule.failure_reason }
          : undefined,
        { label: "Placement", value: schedule.placement_id ?? "–" },
        { label: "Company", value: schedule.company_id ?? "–" },
        { label: "Created", value: <Instant at={schedule.created_at} /> },
        { label: "Last change", value: <Instant at={schedule.updated_at} />, note: `version ${schedule.version}` },
        { label: "Id", value: <CopyableId id={schedule.id} /> },
      ]}
    />
  );
}

import { Code, Stack, Textarea } from "@mantine/core";
import { scheduleOperations } from "../../../../shared/api/contract/schedules.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { BulkDialog } from "../../action/bulk-dialog.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { useServerMinute } from "../../api/server-clock.ts";
import { formatDate } from "../../display/instants.tsx";
import { formatMoney, formatSums } from "../../display/money.tsx";
import { useApi } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import { describeObstacle } from "../parts/blocker-words.ts";
import { countOf, daysEarly } from "../parts/due-state.ts";
import { ObstacleNotice } from "../parts/obstacle-notice.tsx";
import { reasonField } from "../parts/part-fields.ts";
import { useSendingCheck } from "../parts/sending-check.ts";
import type { Schedule } from "./schedule-actions.ts";

interface DialogProps {
  readonly record: Schedule;
  readonly onClose: () => void;
}

interface BulkDialogProps {
  readonly records: readonly Schedule[];
  readonly onClose: () => void;
}

const outcomes = {
  sent: "Triggered: the money is on its way",
  set_off: "Triggered: all of it was set off against what the payee owes",
  blocked: "Due now; it goes out by itself once nothing is in the way",
};

const sumsOf = (records: readonly Schedule[]) =>
  formatSums(records.map(({ amount, currency }) => ({ amountMinor: amount, currency })));

export function TriggerDialog({ record, onClose }: DialogProps) {
  const { id, amount, currency, payee_id, payout_id, status, scheduled_date: date } = record;
  const api = useApi();
  const { barred, checking, obstacle, pause } = useSendingCheck(payout_id);
  const nowMs = useServerMinute();
  const money = formatMoney(amount, currency);
  const again = status === "failed";
  const early = date === null || again ? 0 : daysEarly(date, nowMs);
  const useless = obstacle && uselessFor(obstacle, { again, isDue: date !== null && Date.parse(date) <= nowMs });
  return (
    <ActionDialog
      title={again ? "Trigger a failed schedule again" : "Trigger a schedule"}
      consequence={
        <Stack gap="xs">
          <div>
            <b>{money}</b> {obstacle === undefined ? "will be sent to" : "can’t be sent to"} <b>{payee_id}</b> now
            {early > 0 && date !== null ? `, ${countOf(early, "day")} before ${formatDate(date)}` : ""}.
            {obstacle === undefined && " This can’t be undone."}
            {again && " The provider recognizes a transfer that it has already made: nobody is paid twice."}
          </div>
          {again && <FailedFor record={record} />}
          {useless === undefined && (
            <ObstacleNotice
              obstacle={obstacle}
              meanwhile="It falls due now, and goes out by itself once nothing is in the way."
            />
          )}
          <ObstacleNotice obstacle={pause} meanwhile="The transfer is made now and waits until then." />
        </Stack>
      }
      schema={scheduleOperations.triggerPayoutSchedule.body}
      initialValues={{ notes: "" }}
      toBody={({ notes }) => (notes.trim() === "" ? {} : { notes: onOneLine(notes) })}
      fields={(form) => (
        <Textarea label="Notes" description="Kept in the audit log" autosize {...form.getInputProps("notes")} />
      )}
      confirm={obstacle !== undefined ? `Make ${money} due now` : again ? `Send ${money} again` : `Send ${money}`}
      barred={barred ?? useless}
      checking={checking}
      run={(body, key) =>
        answerOf(
          api.POST("/v2/payout-schedules/{id}/trigger", {
            params: { path: { id }, header: { "Idempotency-Key": key } },
            body,
          }),
        )
      }
      done={({ sending }) => outcomes[sending.outcome]}
      onClose={onClose}
    />
  );
}

/** Why triggering changes nothing while something is in the way; undefined where it makes the schedule due. */
function uselessFor(obstacle: Wire["PayoutBlocker"], { again, isDue }: { again: boolean; isDue: boolean }) {
  if (again) return describeObstacle(obstacle, "Until then it can’t be sent again.");
  return isDue ? describeObstacle(obstacle, "It is due already, and goes out by itself then.") : undefined;
}

function FailedFor({ record: { failure_reason: reason, failure_code: code } }: Pick<DialogProps, "record">) {
  if (reason === null && code === null) return null;
  return (
    <div>
      It failed for this reason: {reason ?? code}
      {reason !== null && code !== null && (
        <>
          {" "}
          <Code>{code}</Code>
        </>
      )}
    </div>
  );
}

export function CancelDialog({ record: { id, amount, currency, payee_id }, onClose }: DialogProps) {
  const api = useApi();
  const money = formatMoney(amount, currency);
  return (
    <ActionDialog
      title="Cancel a schedule"
      consequence={
        <>
          <b>{money}</b> will no longer be paid to <b>{payee_id}</b>. The schedule and its history stay.
        </>
      }
      schema={reasonBody}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ reason: onOneLine(reason) })}
      fields={(form) => (
        <Textarea label="Reason" withAsterisk autosize data-autofocus {...form.getInputProps("reason")} />
      )}
      confirm={`Cancel ${money}`}
      danger
      run={({ reason }) =>
        answerOf(api.DELETE("/v2/payout-schedules/{id}", { params: { path: { id }, query: { reason } } }))
      }
      done={() => "Cancelled"}
      onClose={onClose}
    />
  );
}

/** The API takes none as well; whoever looks at the audit log later wants one. */
const reasonBody = scheduleOperations.bulkCancelPayoutSchedules.body
  .pick({ reason: true })
  .extend({ reason: reasonField });

const bulkCancelBody = scheduleOperations.bulkCancelPayoutSchedules.body.extend({ reason: reasonField });

const payeesOf = (records: readonly Schedule[]) => new Set(records.map(({ payee_id }) => payee_id)).size;

export function BulkTriggerDialog({ records, onClose }: BulkDialogProps) {
  const api = useApi();
  return (
    <BulkDialog
      title={`Trigger ${countOf(records.length, "schedule")}`}
      consequence={
        <>
          <b>{sumsOf(records)}</b> will be sent to {countOf(payeesOf(records), "payee")} now. This can’t be undone. What
          you created or approved yourself is left out, and what has something in the way; both are listed afterwards.
        </>
      }
      schema={scheduleOperations.bulkTriggerPayoutSchedules.body}
      initialValues={{}}
      toBody={() => ({ ids: records.map(({ id }) => id) })}
      confirm={`Send ${sumsOf(records)}`}
      run={(body, key) =>
        answerOf(
          api.POST("/v2/payout-schedules/bulk-trigger", { params: { header: { "Idempotency-Key": key } }, body }),
        )
      }
      succeeded={(count) => `${countOf(count, "schedule")} triggered`}
      onClose={onClose}
    />
  );
}

export function BulkCancelDialog({ records, onClose }: BulkDialogProps) {
  const api = useApi();
  return (
    <BulkDialog
      title={`Cancel ${countOf(records.length, "schedule")}`}
      consequence={
        <>
          <b>{sumsOf(records)}</b> will no longer be paid.
        </>
      }
      schema={bulkCancelBody}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ ids: records.map(({ id }) => id), reason: onOneLine(reason) })}
      fields={(form) => (
        <Textarea label="Reason" withAsterisk autosize data-autofocus {...form.getInputProps("reason")} />
      )}
      confirm={`Cancel ${sumsOf(records)}`}
      danger
      run={(body, key) =>
        answerOf(api.POST("/v2/payout-schedules/bulk-cancel", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      succeeded={(count) => `${countOf(count, "schedule")} cancelled`}
      onClose={onClose}
    />
  );
}

import { Select, Textarea } from "@mantine/core";
import { holdOperations } from "../../../../shared/api/contract/holds.ts";
import { scheduleOperations } from "../../../../shared/api/contract/schedules.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { MoneyInput } from "../../action/money-input.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { serverNow } from "../../api/server-clock.ts";
import { formatDate, formatMoment } from "../../display/instants.tsx";
import { formatMoney } from "../../display/money.tsx";
import { titled } from "../../display/status-badge.tsx";
import { dayOf } from "../../list/days.ts";
import { useApi } from "../../session/console-context.tsx";
import { DayField } from "../parts/day-field.tsx";
import { holdReasons, reasonNames } from "../parts/hold-reasons.ts";
import { amountUpTo, instantAfter, instantOf, reasonField } from "../parts/part-fields.ts";
import type { Schedule } from "./schedule-actions.ts";
import { triggerMoments, triggers } from "./schedule-triggers.ts";

interface DialogProps {
  readonly record: Schedule;
  readonly onClose: () => void;
}

const toCome = () => instantAfter(serverNow(), "A day to come");
const options = (values: readonly string[]) => values.map((value) => ({ value, label: titled(value) }));

/** The day of an instant, where it can still be picked. */
function dayToCome(instant: string | null): string | null {
  const ms = Date.parse(instant ?? "");
  return ms > serverNow() ? dayOf(ms) : null;
}

/** Another date for a pending schedule. One that was waiting for its trigger is paid on that date from now on. */
export function ChangeDateDialog({ record, onClose }: DialogProps) {
  const { id, amount, currency, payee_id, scheduled_date: before, version } = record;
  const api = useApi();
  const money = formatMoney(amount, currency);
  const initialValues: DateValues = { scheduled_date: dayToCome(before), reason: "" };
  const was = before === null ? triggerMoments[record.trigger_event] : `on ${formatMoment(before)}`;
  return (
    <ActionDialog
      title="Change the date of a schedule"
      consequence={({ scheduled_date: day }) => {
        const at = instantOf(day);
        return (
          <>
            <b>{money}</b> is paid to <b>{payee_id}</b>{" "}
            {at === undefined ? "on the day that you pick" : <b>on {formatMoment(at)}</b>} and no longer {was}.
          </>
        );
      }}
      schema={scheduleOperations.updatePayoutSchedule.body.extend({ scheduled_date: toCome() })}
      initialValues={initialValues}
      toBody={({ scheduled_date, reason }) => ({
        scheduled_date: instantOf(scheduled_date),
        ...(reason.trim() === "" ? {} : { reason: onOneLine(reason) }),
      })}
      fields={(form) => (
        <>
          <DayField label="Paid on" required {...form.getInputProps("scheduled_date")} />
          <Textarea label="Reason" description="Kept in the audit log" autosize {...form.getInputProps("reason")} />
        </>
      )}
      confirm="Change the date"
      run={(body) =>
        answerOf(
          api.PATCH("/v2/payout-schedules/{id}", {
            params: { path: { id }, header: { "If-Match": `"${version}"` } },
            body,
          }),
        )
      }
      done={({ data }) => `Paid on ${formatDate(data.scheduled_date ?? data.updated_at)}`}
      onClose={onClose}
    />
  );
}

interface DateValues extends Record<string, unknown> {
  readonly scheduled_date: string | null;
  readonly reason: string;
}

interface SplitValues extends Record<string, unknown> {
  readonly amount: number | undefined;
  readonly trigger_event: Schedule["trigger_event"];
  readonly scheduled_date: string | null;
}

const nothingSplit: SplitValues = { amount: undefined, trigger_event: "manual", scheduled_date: null };

/** Part of a pending schedule becomes one of its own, with another date or trigger. */
export function SplitDialog({ record, onClose }: DialogProps) {
  const { id, amount: whole, currency, guarantee_completion_date: guaranteeEnd } = record;
  const api = useApi();
  const whenPaid = ({ scheduled_date: day, trigger_event: trigger }: SplitValues) => {
    const at = instantOf(day);
    if (at !== undefined) return `paid on ${formatMoment(at)}`;
    if (trigger === "guarantee_period_end" && guaranteeEnd !== null) return `paid on ${formatMoment(guaranteeEnd)}`;
    return `paid ${triggerMoments[trigger]}`;
  };
  return (
    <ActionDialog
      title="Split a schedule"
      consequence={(values) => (
        <>
          <b>{values.amount === undefined ? "The amount" : formatMoney(values.amount, currency)}</b> becomes a schedule
          of its own, {whenPaid(values)}. <b>{formatMoney(whole - (values.amount ?? 0), currency)}</b> stays in this
          one. What is promised stays the same.
        </>
      )}
      schema={scheduleOperations.createPayoutSchedule.body.extend({
        amount: amountUpTo(whole - 1, currency),
        scheduled_date: toCome().optional(),
      })}
      initialValues={nothingSplit}
      toBody={({ amount, trigger_event, scheduled_date }) => ({
        from_schedule_id: id,
        amount,
        trigger_event,
        ...(scheduled_date === null ? {} : { scheduled_date: instantOf(scheduled_date) }),
      })}
      fields={(form) => (
        <>
          <MoneyInput
            label="Amount of the new schedule"
            description={`Of ${formatMoney(whole, currency)}`}
            currency={currency}
            withAsterisk
            data-autofocus
            {...form.getInputProps("amount")}
          />
          <Select
            label="Trigger"
            data={options(triggers)}
            allowDeselect={false}
            {...form.getInputProps("trigger_event")}
          />
          <DayField
            label="Paid on"
            description="Left empty, it waits for its trigger; the end of the guarantee is a date"
            {...form.getInputProps("scheduled_date")}
          />
        </>
      )}
      confirm={({ amount }) => (amount === undefined ? "Split" : `Split off ${formatMoney(amount, currency)}`)}
      run={(body, key) =>
        answerOf(api.POST("/v2/payout-schedules", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      done={({ data }) => `${formatMoney(data.amount, data.currency)} has its own schedule now`}
      onClose={onClose}
    />
  );
}

interface HoldBackValues extends Record<string, unknown> {
  readonly amount: number | undefined;
  readonly hold_reason: (typeof holdReasons)[number];
  readonly release_date: string | null;
  readonly reason: string;
}

/** Part or all of a pending schedule goes into escrow until a date. */
export function HoldBackDialog({ record, onClose }: DialogProps) {
  const { id, amount: whole, currency, payee_id } = record;
  const api = useApi();
  const initialValues: HoldBackValues = { amount: undefined, hold_reason: "dispute", release_date: null, reason: "" };
  return (
    <ActionDialog
      title="Hold part of a schedule back"
      consequence={({ amount, release_date: day }) => {
        const until = instantOf(day);
        const rest = whole - (amount ?? 0);
        return (
          <>
            <b>{amount === undefined ? "The amount" : formatMoney(amount, currency)}</b> is kept in escrow{" "}
            {until === undefined ? "until the day that you pick" : `until ${formatMoment(until)}`}, and goes to{" "}
            <b>{payee_id}</b> then.{" "}
            {rest > 0 ? (
              <>
                <b>{formatMoney(rest, currency)}</b> is paid as scheduled.
              </>
            ) : (
              "Nothing is left in the schedule, so it is cancelled."
            )}{" "}
            What is promised stays the same.
          </>
        );
      }}
      schema={holdOperations.createEscrowHold.body.extend({
        amount: amountUpTo(whole, currency),
        release_date: toCome(),
        reason: reasonField,
      })}
      initialValues={initialValues}
      toBody={({ amount, hold_reason, release_date, reason }) => ({
        from_schedule_id: id,
        amount,
        hold_reason,
        reason: onOneLine(reason),
        release_date: instantOf(release_date),
      })}
      fields={(form) => (
        <>
          <MoneyInput
            label="Held back"
            description={`Of ${formatMoney(whole, currency)}`}
            currency={currency}
            withAsterisk
            data-autofocus
            {...form.getInputProps("amount")}
          />
          <DayField label="Until" required {...form.getInputProps("release_date")} />
          <Select
            label="Kind"
            data={holdReasons.map((value) => ({ value, label: reasonNames[value] }))}
            allowDeselect={false}
            {...form.getInputProps("hold_reason")}
          />
          <Textarea label="Reason" withAsterisk autosize {...form.getInputProps("reason")} />
        </>
      )}
      confirm={({ amount }) => (amount === undefined ? "Hold back" : `Hold ${formatMoney(amount, currency)} back`)}
      run={(body, key) =>
        answerOf(api.POST("/v2/escrow-holds", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      done={({ data }) =>
        `${formatMoney(data.hold_amount, data.currency)} is held until ${formatDate(data.release_date)}`
      }
      onClose={onClose}
    />
  );
}

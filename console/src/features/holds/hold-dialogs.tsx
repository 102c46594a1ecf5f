import { SegmentedControl, Select, Stack, Textarea } from "@mantine/core";
import { holdOperations } from "../../../../shared/api/contract/holds.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { BulkDialog } from "../../action/bulk-dialog.tsx";
import { MoneyInput } from "../../action/money-input.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { serverNow, useServerMinute } from "../../api/server-clock.ts";
import { formatDate, formatMoment } from "../../display/instants.tsx";
import { formatMoney } from "../../display/money.tsx";
import { dayOf, laterDay } from "../../list/days.ts";
import { useApi } from "../../session/console-context.tsx";
import { describeObstacle } from "../parts/blocker-words.ts";
import { DayField } from "../parts/day-field.tsx";
import { countOf, daysEarly } from "../parts/due-state.ts";
import { holdReasons, reasonNames } from "../parts/hold-reasons.ts";
import { ObstacleNotice } from "../parts/obstacle-notice.tsx";
import { amountUpTo, instantAfter, instantOf, reasonField } from "../parts/part-fields.ts";
import { useSendingCheck } from "../parts/sending-check.ts";
import type { Hold } from "./hold-actions.ts";
import { sumsHeld } from "./hold-sums.ts";

export interface HoldDialogProps {
  readonly record: Hold;
  readonly onClose: () => void;
}

interface BulkHoldDialogProps {
  readonly records: readonly Hold[];
  readonly onClose: () => void;
}

const outcomes = {
  sent: "Released: the money is on its way",
  set_off: "Released: all of it was set off against what the payee owes",
  blocked: "Not released: something is in the way. It goes out by itself once that is gone",
};

interface ReleaseValues extends Record<string, unknown> {
  readonly part: "all" | "part";
  readonly amount: number | undefined;
  readonly notes: string;
}

/** Releases all of a hold, or a part; early, where it isn't due yet. */
export function ReleaseDialog({ record, onClose }: HoldDialogProps) {
  const { id, hold_amount: held, currency, payee_id, payout_id, release_date: date } = record;
  const api = useApi();
  const { barred, checking, obstacle, pause } = useSendingCheck(payout_id);
  const early = daysEarly(date, useServerMinute());
  const whileBlocked =
    early > 0 ? "Until then it can’t be released early." : "It is due already, and goes out by itself then.";
  const amountOf = ({ part, amount }: ReleaseValues) => (part === "all" ? held : amount);
  const initialValues: ReleaseValues = { part: "all", amount: undefined, notes: "" };
  return (
    <ActionDialog
      title={early > 0 ? "Release a hold early" : "Release a hold"}
      consequence={(values) => {
        const amount = amountOf(values);
        const rest = held - (amount ?? held);
        return (
          <Stack gap="xs">
            <div>
              <b>{amount === undefined ? "The part" : formatMoney(amount, currency)}</b>{" "}
              {obstacle === undefined ? "goes to" : "can’t go to"} <b>{payee_id}</b> now
              {early > 0 ? `, ${countOf(early, "day")} before its date, ${formatDate(date)}` : ""}.{" "}
              {rest > 0 && (
                <>
                  <b>{formatMoney(rest, currency)}</b> stays held until {formatDate(date)}.{" "}
                </>
              )}
              {obstacle === undefined && "This can’t be undone."}
            </div>
            <ObstacleNotice obstacle={pause} meanwhile="The transfer is made now and waits until then." />
          </Stack>
        );
      }}
      schema={holdOperations.releaseEscrowHold.body.extend({ amount: amountUpTo(held, currency).optional() })}
      initialValues={initialValues}
      toBody={({ part, amount, notes }) => ({
        // A part for which nothing is typed must not become all of it.
        ...(part === "all" ? {} : { amount: amount ?? null }),
        ...(notes.trim() === "" ? {} : { notes: onOneLine(notes) }),
      })}
      fields={(form) => (
        <>
          <SegmentedControl
            aria-label="How much"
            data={[
              { value: "all", label: `All ${formatMoney(held, currency)}` },
              { value: "part", label: "A part" },
            ]}
            {...form.getInputProps("part")}
          />
          {form.values.part === "part" && (
            <MoneyInput
              label="Release"
              description={`Of ${formatMoney(held, currency)}`}
              currency={currency}
              withAsterisk
              autoFocus
              {...form.getInputProps("amount")}
            />
          )}
          <Textarea label="Notes" description="Kept in the audit log" autosize {...form.getInputProps("notes")} />
        </>
      )}
      confirm={(values) => {
        const amount = amountOf(values);
        return amount === undefined ? "Release a part" : `Release ${formatMoney(amount, currency)}`;
      }}
      barred={barred ?? (obstacle && describeObstacle(obstacle, whileBlocked))}
      checking={checking}
      run={(body, key) =>
        answerOf(
          api.POST("/v2/escrow-holds/{id}/release", {
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

interface ExtendValues extends Record<string, unknown> {
  readonly release_date: string | null;
  readonly reason: string;
}

/** Holds back for longer: only ever to a later date. */
export function ExtendDialog({ record, onClose }: HoldDialogProps) {
  const { id, hold_amount: held, currency, payee_id, release_date: before } = record;
  const api = useApi();
  const afterMs = Math.max(Date.parse(before), serverNow());
  const initialValues: ExtendValues = { release_date: null, reason: "" };
  return (
    <ActionDialog
      title="Extend a hold"
      consequence={({ release_date: day }) => {
        const at = instantOf(day);
        return (
          <>
            <b>{formatMoney(held, currency)}</b> for <b>{payee_id}</b> stays held{" "}
            {at === undefined ? "for longer" : <b>until {formatMoment(at)}</b>} instead of {formatMoment(before)}.
          </>
        );
      }}
      schema={holdOperations.extendEscrowHold.body.extend({
        release_date: instantAfter(afterMs, `A day after ${formatDate(new Date(afterMs).toISOString())}`),
        reason: reasonField,
      })}
      initialValues={initialValues}
      toBody={({ release_date, reason }) => ({ release_date: instantOf(release_date), reason: onOneLine(reason) })}
      fields={(form) => (
        <>
          <DayField
            label="Held until"
            required
            from={laterDay(dayOf(afterMs), 1)}
            {...form.getInputProps("release_date")}
          />
          <Textarea label="Reason" withAsterisk autosize {...form.getInputProps("reason")} />
        </>
      )}
      confirm="Extend"
      run={(body, key) =>
        answerOf(
          api.POST("/v2/escrow-holds/{id}/extend", {
            params: { path: { id }, header: { "Idempotency-Key": key } },
            body,
          }),
        )
      }
      done={({ data }) => `Held until ${formatDate(data.release_date)}`}
      onClose={onClose}
    />
  );
}

interface ReasonValues extends Record<string, unknown> {
  readonly hold_reason: Hold["hold_reason"];
  readonly reason: string;
}

/** Says why something is held, without moving any money. */
export function ReasonDialog({ record, onClose }: HoldDialogProps) {
  const { id, hold_amount: held, currency, payee_id, hold_reason, reason: before, version } = record;
  const api = useApi();
  const initialValues: ReasonValues = { hold_reason, reason: before ?? "" };
  return (
    <ActionDialog
      title="Change why it is held"
      consequence={
        <>
          <b>{formatMoney(held, currency)}</b> for <b>{payee_id}</b> stays held as it is; only the reason changes.
        </>
      }
      schema={holdOperations.updateEscrowHold.body}
      initialValues={initialValues}
      toBody={({ hold_reason: kind, reason }) => ({
        hold_reason: kind,
        ...(reason.trim() === "" ? {} : { reason: onOneLine(reason) }),
      })}
      fields={(form) => (
        <>
          <Select
            label="Kind"
            data={holdReasons.map((value) => ({ value, label: reasonNames[value] }))}
            allowDeselect={false}
            {...form.getInputProps("hold_reason")}
          />
          <Textarea label="Reason" autosize {...form.getInputProps("reason")} />
        </>
      )}
      confirm="Change the reason"
      run={(body) =>
        answerOf(
          api.PATCH("/v2/escrow-holds/{id}", {
            params: { path: { id }, header: { "If-Match": `"${version}"` } },
            body,
          }),
        )
      }
      done={() => "The reason is changed"}
      onClose={onClose}
    />
  );
}

/** Releases several holds, each as a whole. */
export function BulkReleaseDialog({ records, onClose }: BulkHoldDialogProps) {
  const api = useApi();
  const nowMs = useServerMinute();
  const early = records.filter(({ release_date: date }) => Date.parse(date) > nowMs);
  const payees = new Set(records.map(({ payee_id }) => payee_id)).size;
  return (
    <BulkDialog
      title={`Release ${countOf(records.length, "hold")}`}
      consequence={
        <Stack gap="xs">
          <div>
            <b>{sumsHeld(records)}</b> goes to {countOf(payees, "payee")} now. This can’t be undone.
          </div>
          {early.length > 0 && (
            <div>
              {early.length} of them, <b>{sumsHeld(early)}</b>, before their date.
            </div>
          )}
          <div>
            What you created or approved yourself is left out, and what has something in the way; both are listed
            afterwards.
          </div>
        </Stack>
      }
      schema={holdOperations.bulkReleaseEscrowHolds.body}
      initialValues={{ notes: "" }}
      toBody={({ notes }) => ({
        ids: records.map(({ id }) => id),
        ...(notes.trim() === "" ? {} : { notes: onOneLine(notes) }),
      })}
      fields={(form) => (
        <Textarea label="Notes" description="Kept in the audit log" autosize {...form.getInputProps("notes")} />
      )}
      confirm={`Release ${sumsHeld(records)}`}
      run={(body, key) =>
        answerOf(api.POST("/v2/escrow-holds/bulk-release", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      succeeded={(count) => `${countOf(count, "hold")} released`}
      onClose={onClose}
    />
  );
}

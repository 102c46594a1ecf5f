import "@mantine/dates/styles.css";
import { Textarea, TextInput } from "@mantine/core";
import { DateInput } from "@mantine/dates";
import * as z from "zod";
import { payoutOperations } from "../../../../shared/api/contract/payouts.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { BulkDialog } from "../../action/bulk-dialog.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { serverNow } from "../../api/server-clock.ts";
import { formatMoney, formatSums } from "../../display/money.tsx";
import { dayOf } from "../../list/days.ts";
import { useApi } from "../../session/console-context.tsx";
import { instantOf, reasonField } from "../parts/part-fields.ts";
import { failedMinor } from "./money-parts.ts";
import { type Payout, payableOf } from "./payout-duties.ts";
import { usePayoutParts } from "./payout-parts.ts";

interface DialogProps {
  readonly record: Payout;
  readonly onClose: () => void;
}

const given = (text: string) => (text.trim() === "" ? undefined : onOneLine(text));

export function CancelPayoutDialog({ record, onClose }: DialogProps) {
  const api = useApi();
  const { id, amount, currency, payee_id } = record;
  const money = formatMoney(amount, currency);
  return (
    <ActionDialog
      title="Cancel a payout"
      consequence={
        <>
          <b>{money}</b> will not be paid to <b>{payee_id}</b>: its schedules and holds are cancelled with it, and what
          failed is never sent again. This can’t be undone. The payout and its history stay.
        </>
      }
      schema={payoutOperations.cancelPayout.body.extend({ reason: reasonField })}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ reason: onOneLine(reason) })}
      fields={(form) => <Textarea label="Reason" withAsterisk data-autofocus {...form.getInputProps("reason")} />}
      confirm={`Cancel ${money}`}
      danger
      run={(body, key) =>
        answerOf(
          api.POST("/v2/payouts/{id}/cancel", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
        )
      }
      done={() => `Cancelled: ${money} for ${payee_id}`}
      onClose={onClose}
    />
  );
}

export function RetryPayoutDialog({ record, onClose }: DialogProps) {
  const api = useApi();
  const parts = usePayoutParts(record.id);
  const { id, currency } = record;
  const failed = parts.data && failedMinor(parts.data.transfers);
  const money = failed === undefined ? undefined : formatMoney(failed, currency);
  return (
    <ActionDialog
      title="Send again what failed"
      consequence={<RetryConsequence payout={record} failed={failed} />}
      checking={failed === undefined}
      schema={payoutOperations.retryPayout.body}
      initialValues={{ notes: "" }}
      toBody={({ notes }) => ({ notes: given(notes) })}
      fields={(form) => <Textarea label="Notes" description="Kept in the audit log" {...form.getInputProps("notes")} />}
      confirm={failed === undefined || failed === 0 ? "Go on" : `Send ${money} again`}
      run={(body, key) =>
        answerOf(
          api.POST("/v2/payouts/{id}/retry", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
        )
      }
      done={() => (failed === 0 ? "It goes on" : "On its way again")}
      onClose={onClose}
    />
  );
}

function RetryConsequence({
  payout: { status, payee_id, currency },
  failed,
}: {
  payout: Payout;
  failed: number | undefined;
}) {
  if (failed !== 0) {
    return (
      <>
        <b>{failed === undefined ? "What failed" : formatMoney(failed, currency)}</b> will be sent to <b>{payee_id}</b>{" "}
        again, under a new key, to the destination as it is now. The provider has nothing of the failed transfers:
        nobody is paid twice.
      </>
    );
  }
  if (status !== "failed") return <>Nothing of it has failed. What is on its way is tried again by itself.</>;
  return (
    <>
      Nothing of it failed at the provider: the payout to <b>{payee_id}</b> was stopped by a person. It goes on, and
      each part is sent when it is due; what is due already, at once.
    </>
  );
}

const paymentBody = payoutOperations.markPayoutPaid.body.extend({
  reference: z.string().min(1, { error: "A reference" }).max(128, { error: "At most 128 characters" }),
});

export function MarkPaidDialog({ record, onClose }: DialogProps) {
  const api = useApi();
  const parts = usePayoutParts(record.id);
  const { id, payee_id, currency, held_amount } = record;
  const money = formatMoney(payableOf(record) + failedMinor(parts.data?.transfers ?? []), currency);
  return (
    <ActionDialog
      title="Mark as paid outside"
      checking={parts.data === undefined}
      consequence={
        <>
          <b>{money}</b> for <b>{payee_id}</b> counts as paid by other means, and is never sent from here. Nothing is
          sent now: do this only once the money has left.
          {held_amount > 0 && ` ${formatMoney(held_amount, currency)} stays in escrow.`} This can’t be undone.
        </>
      }
      schema={paymentBody}
      initialValues={{ reference: "", paid_at: null as string | null, notes: "" }}
      toBody={({ reference, paid_at, notes }) => ({
        reference: reference.trim(),
        paid_at: instantOf(paid_at),
        notes: given(notes),
      })}
      fields={(form) => (
        <>
          <TextInput
            label="Reference"
            description="The bank’s, or whatever finds the payment again"
            withAsterisk
            data-autofocus
            {...form.getInputProps("reference")}
          />
          <DateInput
            label="Paid on"
            description="Empty: now"
            clearable
            valueFormat="D MMM YYYY"
            maxDate={dayOf(serverNow())}
            {...form.getInputProps("paid_at")}
          />
          <Textarea label="Notes" description="Kept in the audit log" {...form.getInputProps("notes")} />
        </>
      )}
      confirm={`Mark ${money} as paid`}
      run={(body, key) =>
        answerOf(
          api.POST("/v2/payouts/{id}/mark-paid", {
            params: { path: { id }, header: { "Idempotency-Key": key } },
            body,
          }),
        )
      }
      done={() => `Marked as paid: ${money} for ${payee_id}`}
      onClose={onClose}
    />
  );
}

export function MarkFailedDialog({ record, onClose }: DialogProps) {
  const api = useApi();
  const { id, payee_id, currency } = record;
  const money = formatMoney(payableOf(record) + record.held_amount, currency);
  return (
    <ActionDialog
      title="Stop a payout"
      consequence={
        <>
          The payout is marked as failed: nothing of the <b>{money}</b> still to come is sent to <b>{payee_id}</b>, not
          even when it is due, until somebody retries it. Nothing that has moved comes back.
        </>
      }
      schema={payoutOperations.markPayoutFailed.body.extend({ reason: reasonField })}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ reason: onOneLine(reason) })}
      fields={(form) => <Textarea label="Reason" withAsterisk data-autofocus {...form.getInputProps("reason")} />}
      confirm={`Stop ${money}`}
      danger
      run={(body) => answerOf(api.POST("/v2/payouts/{id}/mark-failed", { params: { path: { id } }, body }))}
      done={() => `Stopped: ${money} for ${payee_id}`}
      onClose={onClose}
    />
  );
}

export function NotesDialog({ record: { id, notes, version, payee_id }, onClose }: DialogProps) {
  const api = useApi();
  // What was read when the dialog opened: somebody else's change in the meantime is refused, not lost.
  return (
    <ActionDialog
      title="Notes"
      consequence={
        <>
          For whoever looks at this payout to <b>{payee_id}</b>. No money moves; the change is in the audit log.
        </>
      }
      schema={payoutOperations.updatePayout.body}
      initialValues={{ notes: notes ?? "" }}
      toBody={(values) => ({ notes: given(values.notes) ?? null })}
      fields={(form) => (
        <Textarea label="Notes" autosize minRows={3} maxLength={500} data-autofocus {...form.getInputProps("notes")} />
      )}
      confirm={(values) =>
        given(values.notes) === undefined && notes !== null ? "Remove the notes" : "Save the notes"
      }
      run={(body) =>
        answerOf(
          api.PATCH("/v2/payouts/{id}", { params: { path: { id }, header: { "If-Match": `"${version}"` } }, body }),
        )
      }
      done={({ data }) => (data.notes === null ? "Notes removed" : "Notes saved")}
      onClose={onClose}
    />
  );
}

export function BulkCancelPayoutsDialog({ records, onClose }: { records: readonly Payout[]; onClose: () => void }) {
  const api = useApi();
  const sums = formatSums(records.map(({ amount, currency }) => ({ amountMinor: amount, currency })));
  const many = records.length === 1 ? "1 payout" : `${records.length} payouts`;
  // Several sums don't fit on a button; they are above it.
  const isOneCurrency = new Set(records.map(({ currency }) => currency)).size === 1;
  const payees = new Set(records.map(({ payee_id }) => payee_id)).size;
  return (
    <BulkDialog
      title={`Cancel ${many}`}
      consequence={
        <>
          <b>{sums}</b> will not be paid to {payees === 1 ? "1 payee" : `${payees} payees`}. This can’t be undone; the
          payouts and their history stay.
        </>
      }
      schema={payoutOperations.bulkCancelPayouts.body.extend({ reason: reasonField })}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ ids: records.map(({ id }) => id), reason: onOneLine(reason) })}
      fields={(form) => <Textarea label="Reason" withAsterisk data-autofocus {...form.getInputProps("reason")} />}
      confirm={`Cancel ${isOneCurrency ? sums : many}`}
      danger
      run={(body, key) =>
        answerOf(api.POST("/v2/payouts/bulk-cancel", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      succeeded={(count) => (count === 1 ? "1 payout cancelled" : `${count} payouts cancelled`)}
      onClose={onClose}
    />
  );
}

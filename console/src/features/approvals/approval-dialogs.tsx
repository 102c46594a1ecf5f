import { List, Textarea, TextInput } from "@mantine/core";
import { payoutOperations } from "../../../../shared/api/contract/payouts.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { BulkDialog } from "../../action/bulk-dialog.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { formatMoney, formatSums } from "../../display/money.tsx";
import { useApi } from "../../session/console-context.tsx";
import { reasonField } from "../parts/part-fields.ts";
import { useApprovalRules } from "../payouts/approval-rules.ts";
import { limitLeft, type Payout, votesMissing } from "../payouts/payout-duties.ts";
import { usePayee, usePayoutParts } from "../payouts/payout-parts.ts";
import { ApprovalFacts } from "./approval-facts.tsx";

interface DialogProps {
  readonly record: Payout;
  readonly onClose: () => void;
}

const notesOf = ({ notes }: { notes: string }) => (notes.trim() === "" ? {} : { notes: onOneLine(notes) });

export function ApproveDialog({ record, onClose }: DialogProps) {
  const api = useApi();
  const { id, amount, currency, payee_id } = record;
  const payee = usePayee(payee_id);
  const parts = usePayoutParts(id);
  const money = formatMoney(amount, currency);
  return (
    <ActionDialog
      title="Approve a payout"
      consequence={<ApprovalFacts payout={record} payee={payee} parts={parts} />}
      checking={payee.data === undefined || parts.data === undefined}
      schema={payoutOperations.approvePayout.body}
      initialValues={{ notes: "" }}
      toBody={notesOf}
      fields={(form) => (
        // One line: Enter approves.
        <TextInput label="Notes" description="Kept in the audit log" data-autofocus {...form.getInputProps("notes")} />
      )}
      confirm={`Approve ${money}`}
      run={(body, key) =>
        answerOf(
          api.POST("/v2/payouts/{id}/approve", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
        )
      }
      done={({ data }) =>
        data.approval_state === "approved"
          ? `Approved: ${money} for ${payee_id}`
          : `Your approval of ${money} for ${payee_id} is on record: it takes one more person`
      }
      onClose={onClose}
    />
  );
}

export function RejectDialog({ record: { id, amount, currency, payee_id }, onClose }: DialogProps) {
  const api = useApi();
  const money = formatMoney(amount, currency);
  return (
    <ActionDialog
      title="Reject a payout"
      consequence={
        <>
          <b>{money}</b> will not be paid to <b>{payee_id}</b>: its schedules and holds end with it. This can’t be
          undone; a new payout would have to be made.
        </>
      }
      schema={payoutOperations.rejectPayout.body.extend({ reason: reasonField })}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ reason: onOneLine(reason) })}
      fields={(form) => (
        <Textarea
          label="Reason"
          description="Shown with the payout and kept in the audit log"
          withAsterisk
          data-autofocus
          {...form.getInputProps("reason")}
        />
      )}
      confirm={`Reject ${money}`}
      danger
      run={(body, key) =>
        answerOf(
          api.POST("/v2/payouts/{id}/reject", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
        )
      }
      done={() => `Rejected: ${money} for ${payee_id}`}
      onClose={onClose}
    />
  );
}

const sumsOf = (payouts: readonly Payout[]) =>
  formatSums(payouts.map(({ amount, currency }) => ({ amountMinor: amount, currency })));

/** Several sums don't fit on a button; they are above it. */
const isOneCurrency = (payouts: readonly Payout[]) => new Set(payouts.map(({ currency }) => currency)).size === 1;

export function BulkApproveDialog({ records, onClose }: { records: readonly Payout[]; onClose: () => void }) {
  const api = useApi();
  const many = records.length === 1 ? "1 payout" : `${records.length} payouts`;
  return (
    <BulkDialog
      title={`Approve ${many}`}
      consequence={<BulkFacts payouts={records} />}
      schema={payoutOperations.bulkApprovePayouts.body}
      initialValues={{ notes: "" }}
      toBody={(values) => ({ ids: records.map(({ id }) => id), ...notesOf(values) })}
      fields={(form) => (
        <TextInput
          label="Notes"
          description="Kept in the audit log, with each of them"
          data-autofocus
          {...form.getInputProps("notes")}
        />
      )}
      confirm={`Approve ${isOneCurrency(records) ? sumsOf(records) : many}`}
      run={(body, key) =>
        answerOf(api.POST("/v2/payouts/bulk-approve", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      succeeded={(count) => (count === 1 ? "1 approval recorded" : `${count} approvals recorded`)}
      onClose={onClose}
    />
  );
}

/** The total, and how far one person's approval takes it. */
function BulkFacts({ payouts }: { payouts: readonly Payout[] }) {
  const rules = useApprovalRules();
  const waiting = payouts.filter((payout) => votesMissing(payout, rules) > 1);
  const through = payouts.filter((payout) => votesMissing(payout, rules) === 1);
  const payees = new Set(payouts.map(({ payee_id }) => payee_id)).size;
  const voided = payouts.filter(({ approval_state }) => approval_state === "void").length;
  const over = [...new Set(payouts.map(({ currency }) => currency))].flatMap((currency) => {
    const left = limitLeft(currency, rules);
    const wanted = payouts.reduce((sum, payout) => (payout.currency === currency ? sum + payout.amount : sum), 0);
    return left === undefined || wanted <= left ? [] : [formatMoney(left, currency)];
  });
  return (
    <>
      <b>{sumsOf(payouts)}</b> for {payees === 1 ? "1 payee" : `${payees} payees`}. Each goes to the payee’s destination
      as it is now.
      <List size="sm" spacing={4} mt="xs">
        {through.length > 0 && (
          <List.Item>
            {through.length} {through.length === 1 ? "is" : "are"} approved with this: {sumsOf(through)}. Each part is
            sent when it is due; what is due already, at once.
          </List.Item>
        )}
        {waiting.length > 0 && (
          <List.Item>
            {waiting.length} {waiting.length === 1 ? "is high value and waits" : "are high value and wait"} for one more
            person after you: {sumsOf(waiting)}.
          </List.Item>
        )}
        {voided > 0 && (
          <List.Item>
            {voided} {voided === 1 ? "was" : "were"} approved before, for another destination. Look at each one.
          </List.Item>
        )}
        {over.length > 0 && (
          <List.Item>Your limit for 24 hours leaves {over.join(" and ")}: what is beyond it will be refused.</List.Item>
        )}
      </List>
    </>
  );
}

import { Textarea } from "@mantine/core";
import { holdOperations } from "../../../../shared/api/contract/holds.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { BulkDialog } from "../../action/bulk-dialog.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { formatMoney } from "../../display/money.tsx";
import { useApi } from "../../session/console-context.tsx";
import { countOf } from "../parts/due-state.ts";
import { reasonField } from "../parts/part-fields.ts";
import type { Hold } from "./hold-actions.ts";
import type { HoldDialogProps } from "./hold-dialogs.tsx";
import { sumsHeld } from "./hold-sums.ts";

const forfeitBody = holdOperations.forfeitEscrowHold.body.extend({ reason: reasonField });
const bulkCancelBody = holdOperations.bulkCancelEscrowHolds.body.extend({ reason: reasonField });
/** The API takes none as well; whoever looks at the audit log later wants one. */
const cancelBody = bulkCancelBody.pick({ reason: true });

/** The payee loses what is held. */
export function ForfeitDialog({ record: { id, hold_amount, currency, payee_id }, onClose }: HoldDialogProps) {
  const api = useApi();
  const money = formatMoney(hold_amount, currency);
  return (
    <ActionDialog
      title="Forfeit a hold"
      consequence={
        <>
          <b>{payee_id}</b> loses <b>{money}</b>: it stays with the organization and is never paid. This can’t be
          undone.
        </>
      }
      schema={forfeitBody}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ reason: onOneLine(reason) })}
      fields={(form) => (
        <Textarea label="Reason" withAsterisk autosize data-autofocus {...form.getInputProps("reason")} />
      )}
      confirm={`Forfeit ${money}`}
      danger
      run={(body, key) =>
        answerOf(
          api.POST("/v2/escrow-holds/{id}/forfeit", {
            params: { path: { id }, header: { "Idempotency-Key": key } },
            body,
          }),
        )
      }
      done={() => `${money} forfeited`}
      onClose={onClose}
    />
  );
}

/** What is held is no longer promised. */
export function CancelDialog({ record: { id, hold_amount, currency, payee_id }, onClose }: HoldDialogProps) {
  const api = useApi();
  const money = formatMoney(hold_amount, currency);
  return (
    <ActionDialog
      title="Cancel a hold"
      consequence={
        <>
          <b>{money}</b> is no longer promised to <b>{payee_id}</b> and won’t be paid. The hold and its history stay.
          This can’t be undone.
        </>
      }
      schema={cancelBody}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ reason: onOneLine(reason) })}
      fields={(form) => (
        <Textarea label="Reason" withAsterisk autosize data-autofocus {...form.getInputProps("reason")} />
      )}
      confirm={`Cancel ${money}`}
      danger
      run={({ reason }) =>
        answerOf(api.DELETE("/v2/escrow-holds/{id}", { params: { path: { id }, query: { reason } } }))
      }
      done={() => `${money} cancelled`}
      onClose={onClose}
    />
  );
}

export function BulkCancelDialog({
  records,
  onClose,
}: {
  readonly records: readonly Hold[];
  readonly onClose: () => void;
}) {
  const api = useApi();
  return (
    <BulkDialog
      title={`Cancel ${countOf(records.length, "hold")}`}
      consequence={
        <>
          <b>{sumsHeld(records)}</b> is no longer promised and won’t be paid. This can’t be undone.
        </>
      }
      schema={bulkCancelBody}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ ids: records.map(({ id }) => id), reason: onOneLine(reason) })}
      fields={(form) => (
        <Textarea label="Reason" withAsterisk autosize data-autofocus {...form.getInputProps("reason")} />
      )}
      confirm={`Cancel ${sumsHeld(records)}`}
      danger
      run={(body, key) =>
        answerOf(api.POST("/v2/escrow-holds/bulk-cancel", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      succeeded={(count) => `${countOf(count, "hold")} cancelled`}
      onClose={onClose}
    />
  );
}

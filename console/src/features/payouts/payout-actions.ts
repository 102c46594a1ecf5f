import { IconBan, IconCashBanknote, IconHandStop, IconNotes, IconRefresh } from "@tabler/icons-react";
import { lazy } from "react";
import type { BulkAction, RecordAction } from "../../list/list-definition.ts";
import { approvalActions, bulkApproval } from "../approvals/approval-actions.ts";
import { failedMinor, type TransferEnd } from "./money-parts.ts";
import { type ApprovalRules, type Payout, payableOf, sendingBarred } from "./payout-duties.ts";

const CancelDialog = lazy(async () => ({ default: (await import("./payout-dialogs.tsx")).CancelPayoutDialog }));
const RetryDialog = lazy(async () => ({ default: (await import("./payout-dialogs.tsx")).RetryPayoutDialog }));
const MarkPaidDialog = lazy(async () => ({ default: (await import("./payout-dialogs.tsx")).MarkPaidDialog }));
const MarkFailedDialog = lazy(async () => ({ default: (await import("./payout-dialogs.tsx")).MarkFailedDialog }));
const NotesDialog = lazy(async () => ({ default: (await import("./payout-dialogs.tsx")).NotesDialog }));
const BulkCancelDialog = lazy(async () => ({
  default: (await import("./payout-dialogs.tsx")).BulkCancelPayoutsDialog,
}));

const isOpen = ({ status }: Payout) => status !== "paid" && status !== "cancelled" && status !== "rejected";

/** Money that is with a provider or may be; without the transfers all that is in transfer counts. */
function inFlightMinor(payout: Payout, transfers: readonly TransferEnd[] | undefined): number {
  return payout.in_transfer_amount - failedMinor(transfers ?? []);
}

/** Why nobody can cancel it, in words; undefined where it may be possible. */
function cancellingBarred(payout: Payout, transfers?: readonly TransferEnd[]): string | undefined {
  if (payout.paid_amount > 0 || payout.set_off_amount > 0) {
    return "Money of it has moved: cancel or forfeit what is still open, or reverse the transfer";
  }
  // Of a failed payout something may wait to be sent again, which the list doesn't know.
  const mayBeFailed = transfers === undefined && payout.status === "failed";
  return inFlightMinor(payout, transfers) > 0 && !mayBeFailed ? "A transfer of it is under way" : undefined;
}

/**
 * Everything that can be done with a payout, in the order of its life. With its transfers it is known what of it has
 * failed; a list goes by the status.
 */
export function payoutActions(
  rules: ApprovalRules | undefined,
  transfers?: readonly TransferEnd[],
): readonly RecordAction<Payout>[] {
  return [
    ...approvalActions(rules),
    {
      id: "retry",
      label: "Retry",
      icon: IconRefresh,
      needs: "payouts.process",
      concerns: ({ status }) => status === "failed" || failedMinor(transfers ?? []) > 0,
      barred: (payout, me) => sendingBarred(payout, me, rules),
      Dialog: RetryDialog,
    },
    {
      id: "mark-paid",
      label: "Mark as paid outside",
      icon: IconCashBanknote,
      needs: "payouts.process",
      concerns: (payout) => isOpen(payout) && payout.approval_state === "approved",
      barred: (payout, me) => {
        if (transfers !== undefined && inFlightMinor(payout, transfers) > 0) return "A transfer of it is under way";
        if (payableOf(payout) + payout.in_transfer_amount === 0)
          return "Nothing of it is payable: the rest is in escrow";
        return sendingBarred(payout, me, rules);
      },
      Dialog: MarkPaidDialog,
    },
    {
      id: "mark-failed",
      label: "Stop: mark as failed",
      icon: IconHandStop,
      danger: true,
      needs: "payouts.process",
      concerns: ({ status }) => status === "approved" || status === "processing",
      barred: (payout) => (inFlightMinor(payout, transfers) > 0 ? "A transfer of it is under way" : undefined),
      Dialog: MarkFailedDialog,
    },
    { id: "notes", label: "Edit notes", icon: IconNotes, needs: "payouts.create", Dialog: NotesDialog },
    {
      id: "cancel",
      label: "Cancel",
      icon: IconBan,
      danger: true,
      needs: "payouts.cancel",
      concerns: isOpen,
      barred: (payout) => cancellingBarred(payout, transfers),
      Dialog: CancelDialog,
    },
  ];
}

export function bulkPayoutActions(rules: ApprovalRules | undefined): readonly BulkAction<Payout>[] {
  return [
    bulkApproval(rules),
    {
      id: "cancel",
      label: "Cancel",
      icon: IconBan,
      danger: true,
      needs: "payouts.cancel",
      takes: (payout) => isOpen(payout) && cancellingBarred(payout) === undefined,
      Dialog: BulkCancelDialog,
    },
  ];
}

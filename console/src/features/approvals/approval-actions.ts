import { IconRubberStamp, IconX } from "@tabler/icons-react";
import { lazy } from "react";
import type { BulkAction, RecordAction } from "../../list/list-definition.ts";
import {
  type ApprovalRules,
  approvalBarred,
  awaitsApproval,
  type Payout,
  rejectionBarred,
} from "../payouts/payout-duties.ts";

const ApproveDialog = lazy(async () => ({ default: (await import("./approval-dialogs.tsx")).ApproveDialog }));
const RejectDialog = lazy(async () => ({ default: (await import("./approval-dialogs.tsx")).RejectDialog }));
const BulkApproveDialog = lazy(async () => ({ default: (await import("./approval-dialogs.tsx")).BulkApproveDialog }));

/** Approving and rejecting, as every view of a payout offers them. */
export function approvalActions(rules: ApprovalRules | undefined): readonly RecordAction<Payout>[] {
  return [
    {
      id: "approve",
      label: "Approve",
      icon: IconRubberStamp,
      needs: "payouts.approve",
      concerns: awaitsApproval,
      barred: (payout, me) => approvalBarred(payout, me, rules),
      Dialog: ApproveDialog,
    },
    {
      id: "reject",
      label: "Reject",
      icon: IconX,
      danger: true,
      needs: "payouts.approve",
      concerns: awaitsApproval,
      barred: rejectionBarred,
      Dialog: RejectDialog,
    },
  ];
}

export function bulkApproval(rules: ApprovalRules | undefined): BulkAction<Payout> {
  return {
    id: "approve",
    label: "Approve",
    icon: IconRubberStamp,
    needs: "payouts.approve",
    takes: (payout, me) => approvalBarred(payout, me, rules) === undefined,
    Dialog: BulkApproveDialog,
  };
}

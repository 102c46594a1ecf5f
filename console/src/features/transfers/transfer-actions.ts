import { IconArrowBackUp, IconGavel, IconRepeat } from "@tabler/icons-react";
import { lazy } from "react";
import type { RecordAction } from "../../list/list-definition.ts";
import { hasEnded, pendingReversal, type Transfer } from "./transfer-meaning.ts";

/** What people can do with a transfer; also for the pages of what caused it. */
export const transferActions: readonly RecordAction<Transfer>[] = [
  {
    id: "settle",
    label: "Settle the outcome",
    icon: IconGavel,
    danger: true,
    needs: "payouts.reverse",
    concerns: ({ status }) => status === "outcome_unknown",
    Dialog: lazy(async () => ({ default: (await import("./transfer-dialogs.tsx")).SettleDialog })),
  },
  {
    id: "send-again",
    label: "Send again",
    icon: IconRepeat,
    needs: "payouts.process",
    concerns: ({ status }) => status === "failed_terminal",
    barred: (transfer) => (hasEnded(transfer) ? "Its payout ended before anything was sent" : undefined),
    Dialog: lazy(async () => ({ default: (await import("./transfer-dialogs.tsx")).SendAgainDialog })),
  },
  {
    id: "reverse",
    label: "Reverse",
    icon: IconArrowBackUp,
    danger: true,
    needs: "payouts.reverse",
    barred: reverseBarred,
    Dialog: lazy(async () => ({ default: (await import("./transfer-dialogs.tsx")).ReverseDialog })),
  },
];

/** Why a transfer can't be reversed now, in words; undefined where it can. */
function reverseBarred(transfer: Transfer): string | undefined {
  if (transfer.status === "reversed") return "All of it was taken back";
  if (transfer.status !== "completed" || transfer.provider_transfer_id === null) return "Its money hasn’t arrived";
  return pendingReversal(transfer) === undefined ? undefined : "A reversal is under way";
}

import { IconBan, IconCalendarEvent, IconLock, IconPlayerPlay, IconScissors } from "@tabler/icons-react";
import { lazy } from "react";
import type { BulkAction, RecordAction } from "../../list/list-definition.ts";
import type { Wire } from "../../session/me.ts";

export type Schedule = Wire["PayoutSchedule"];

/** Why a schedule can't be triggered now, in words; undefined where it can. */
function triggerBarred({ status }: Schedule): string | undefined {
  if (status === "processing") return "Its money is on its way";
  if (status === "completed") return "It has been paid";
  return status === "cancelled" ? "It was cancelled" : undefined;
}

const isPending = ({ status }: Schedule) => status === "pending";
const isOpen = ({ status }: Schedule) => status === "pending" || status === "failed";

/** What can be done with one schedule; on the list, beside it, and on the payout's page. */
export const scheduleActions: readonly RecordAction<Schedule>[] = [
  {
    id: "trigger",
    label: "Trigger now",
    icon: IconPlayerPlay,
    needs: "payouts.process",
    barred: triggerBarred,
    Dialog: lazy(async () => ({ default: (await import("./schedule-dialogs.tsx")).TriggerDialog })),
  },
  {
    id: "date",
    label: "Change the date",
    icon: IconCalendarEvent,
    needs: "payouts.create",
    concerns: isPending,
    Dialog: lazy(async () => ({ default: (await import("./schedule-change-dialogs.tsx")).ChangeDateDialog })),
  },
  {
    id: "split",
    label: "Split",
    icon: IconScissors,
    needs: "payouts.create",
    concerns: isPending,
    barred: ({ amount }) => (amount < 2 ? "There is nothing to split" : undefined),
    Dialog: lazy(async () => ({ default: (await import("./schedule-change-dialogs.tsx")).SplitDialog })),
  },
  {
    id: "hold",
    label: "Hold back",
    icon: IconLock,
    needs: "holds.manage",
    concerns: isPending,
    Dialog: lazy(async () => ({ default: (await import("./schedule-change-dialogs.tsx")).HoldBackDialog })),
  },
  {
    id: "cancel",
    label: "Cancel",
    icon: IconBan,
    danger: true,
    needs: "payouts.cancel",
    concerns: isOpen,
    Dialog: lazy(async () => ({ default: (await import("./schedule-dialogs.tsx")).CancelDialog })),
  },
];

export const scheduleBulkActions: readonly BulkAction<Schedule>[] = [
  {
    id: "trigger",
    label: "Trigger",
    icon: IconPlayerPlay,
    needs: "payouts.process",
    takes: (schedule) => triggerBarred(schedule) === undefined,
    Dialog: lazy(async () => ({ default: (await import("./schedule-dialogs.tsx")).BulkTriggerDialog })),
  },
  {
    id: "cancel",
    label: "Cancel",
    icon: IconBan,
    danger: true,
    needs: "payouts.cancel",
    takes: isOpen,
    Dialog: lazy(async () => ({ default: (await import("./schedule-dialogs.tsx")).BulkCancelDialog })),
  },
];

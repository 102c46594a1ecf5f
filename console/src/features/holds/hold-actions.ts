import { IconBan, IconCalendarPlus, IconFlame, IconLockOpen, IconPencil } from "@tabler/icons-react";
import { lazy } from "react";
import type { BulkAction, RecordAction } from "../../list/list-definition.ts";
import type { Wire } from "../../session/me.ts";

export type Hold = Wire["EscrowHold"];

const isActive = ({ status }: Hold) => status === "active";

/** Why nothing can be done with a hold any more, in words; undefined where something can. */
function endedAs({ status }: Hold): string | undefined {
  return status === "active" ? undefined : `It is ${status}`;
}

/** What can be done with one hold; on the list, beside it, and on the payout's page. */
export const holdActions: readonly RecordAction<Hold>[] = [
  {
    id: "release",
    label: "Release",
    icon: IconLockOpen,
    needs: "holds.manage",
    barred: endedAs,
    Dialog: lazy(async () => ({ default: (await import("./hold-dialogs.tsx")).ReleaseDialog })),
  },
  {
    id: "extend",
    label: "Extend",
    icon: IconCalendarPlus,
    needs: "holds.manage",
    concerns: isActive,
    Dialog: lazy(async () => ({ default: (await import("./hold-dialogs.tsx")).ExtendDialog })),
  },
  {
    id: "reason",
    label: "Change the reason",
    icon: IconPencil,
    needs: "holds.manage",
    concerns: isActive,
    Dialog: lazy(async () => ({ default: (await import("./hold-dialogs.tsx")).ReasonDialog })),
  },
  {
    id: "cancel",
    label: "Cancel",
    icon: IconBan,
    danger: true,
    needs: "holds.manage",
    concerns: isActive,
    Dialog: lazy(async () => ({ default: (await import("./hold-ending-dialogs.tsx")).CancelDialog })),
  },
  {
    id: "forfeit",
    label: "Forfeit",
    icon: IconFlame,
    danger: true,
    needs: "payouts.reverse",
    concerns: isActive,
    Dialog: lazy(async () => ({ default: (await import("./hold-ending-dialogs.tsx")).ForfeitDialog })),
  },
];

export const holdBulkActions: readonly BulkAction<Hold>[] = [
  {
    id: "release",
    label: "Release",
    icon: IconLockOpen,
    needs: "holds.manage",
    takes: isActive,
    Dialog: lazy(async () => ({ default: (await import("./hold-dialogs.tsx")).BulkReleaseDialog })),
  },
  {
    id: "cancel",
    label: "Cancel",
    icon: IconBan,
    danger: true,
    needs: "holds.manage",
    takes: isActive,
    Dialog: lazy(async () => ({ default: (await import("./hold-ending-dialogs.tsx")).BulkCancelDialog })),
  },
];

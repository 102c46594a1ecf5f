import { IconBuildingBank, IconPencil } from "@tabler/icons-react";
import { lazy } from "react";
import type { RecordAction } from "../../list/list-definition.ts";
import type { Payee } from "./payee-values.ts";

/** What people can do with a payee. */
export const payeeActions: readonly RecordAction<Payee>[] = [
  {
    id: "edit",
    label: "Edit",
    icon: IconPencil,
    needs: "payouts.create",
    Dialog: lazy(async () => ({ default: (await import("./payee-dialogs.tsx")).EditPayeeDialog })),
  },
  {
    id: "destinations",
    label: "Replace destinations",
    icon: IconBuildingBank,
    danger: true,
    needs: "payouts.verify",
    Dialog: lazy(async () => ({ default: (await import("./destinations-dialog.tsx")).DestinationsDialog })),
  },
];

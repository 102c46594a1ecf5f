import {
  IconActivityHeartbeat,
  IconArrowsRightLeft,
  IconCalendarDollar,
  IconHistory,
  IconLock,
  IconReceipt,
  IconRubberStamp,
  IconSettings,
  IconUserShield,
  IconUsers,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Permission } from "../session/me.ts";

/** Names that are in addresses, and so for ever. */
export type PagePath =
  | "/approvals"
  | "/payouts"
  | "/payout-schedules"
  | "/escrow-holds"
  | "/transfers"
  | "/payees"
  | "/audit-log"
  | "/monitoring"
  | "/roles"
  | "/settings";

export interface Page {
  readonly path: PagePath;
  readonly title: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly group: "Work" | "Look up" | "Run";
  readonly needs: Permission;
  /** For staff of the organization that runs the platform. */
  readonly platform?: true;
  /** What else people call it: for the command palette. */
  readonly keywords: string;
}

export const pages: readonly Page[] = [
  {
    path: "/approvals",
    title: "Approvals",
    icon: IconRubberStamp,
    group: "Work",
    needs: "payouts.view",
    keywords: "approve reject queue inbox",
  },
  {
    path: "/payout-schedules",
    title: "Payout schedules",
    icon: IconCalendarDollar,
    group: "Work",
    needs: "payouts.view",
    keywords: "trigger failed retry due",
  },
  {
    path: "/escrow-holds",
    title: "Escrow holds",
    icon: IconLock,
    group: "Work",
    needs: "payouts.view",
    keywords: "release forfeit extend holdback guarantee",
  },
  {
    path: "/payouts",
    title: "Payouts",
    icon: IconReceipt,
    group: "Look up",
    needs: "payouts.view",
    keywords: "owed paid create",
  },
  {
    path: "/transfers",
    title: "Transfers",
    icon: IconArrowsRightLeft,
    group: "Look up",
    needs: "payouts.view",
    keywords: "stripe provider unknown outcome reverse settle",
  },
  {
    path: "/payees",
    title: "Payees",
    icon: IconUsers,
    group: "Look up",
    needs: "payouts.view",
    keywords: "recruiters destinations balances",
  },
  {
    path: "/audit-log",
    title: "Audit log",
    icon: IconHistory,
    group: "Look up",
    needs: "audit.view",
    keywords: "who changed approved verify chain",
  },
  {
    path: "/monitoring",
    title: "Monitoring",
    icon: IconActivityHeartbeat,
    group: "Run",
    needs: "payouts.view",
    platform: true,
    keywords: "queues dead letters lateness pause resume sweep",
  },
  {
    path: "/roles",
    title: "Roles",
    icon: IconUserShield,
    group: "Run",
    needs: "payouts.view",
    keywords: "permissions people grant revoke",
  },
  {
    path: "/settings",
    title: "Settings",
    icon: IconSettings,
    group: "Run",
    needs: "payouts.view",
    keywords: "policy limits thresholds allow-list cidr",
  },
];

import type { Permission } from "../../session/me.ts";

/** What a permission lets people do, in words that need no manual. */
export const permissionWords: Readonly<Record<Permission, string>> = {
  "payouts.view": "See payouts, schedules, holds, transfers and payees; account numbers masked",
  "audit.view": "See the audit log and verify its chains",
  "payouts.create": "Enter payouts, schedules and payees",
  "payouts.verify": "Check payees and their destinations",
  "payouts.export": "Export lists; each export is on record",
  "payouts.process": "Trigger, send and retry payouts; mark them as paid or failed",
  "payouts.cancel": "Cancel payouts and schedules; pause sending",
  "payouts.view_sensitive": "See whole account numbers and what providers answered",
  "payouts.approve": "Approve and reject payouts",
  "holds.manage": "Create, extend, release and cancel holds",
  "payouts.high_value": "Approve and send amounts at or above the high-value threshold",
  "payouts.reverse": "Reverse transfers, forfeit holds, settle unknown outcomes",
  "config.manage": "Change settings; resume sending",
  "roles.manage": "Grant, change and revoke roles",
};

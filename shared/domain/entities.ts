import type { EntityName } from "./model.ts";

/** Records whose every change becomes a line of the audit log. */
export const auditedEntities = [
  "payout",
  "payout_schedule",
  "escrow_hold",
  "transfer",
  "payee",
  "placement",
  "journal_entry",
  "sending_control",
  "provider_event",
  "settings",
  "role_assignment",
  "role_roster",
  "approver_usage",
  "security_event",
] as const satisfies readonly EntityName[];

/** Records whose every change becomes a domain event; postings are told by the change that caused them. */
export const relayedEntities = [
  "payout",
  "payout_schedule",
  "escrow_hold",
  "transfer",
  "payee",
  "placement",
  "sending_control",
  "provider_event",
  "settings",
  "role_assignment",
  "security_event",
] as const satisfies readonly EntityName[];

import { type CommandContext, changeOf, create, type RecordChange, type RefusalCode } from "./decision.ts";
import { familyOfCause } from "./ids.ts";
import type { RiskLevel, SecurityEvent, Versioned } from "./model.ts";

export type SecurityEventKind = SecurityEvent["kind"];

/** A security event before it is a record. */
export type SecurityFacts = Omit<SecurityEvent, keyof Versioned> & Pick<SecurityEvent, "organizationId">;

const ACTION_BY_KIND = {
  action_refused: "security.action_refused",
  data_exported: "security.data_read",
  sensitive_data_read: "security.data_read",
  dead_letter_redriven: "security.dead_letter_redriven",
  unusual_frequency: "security.suspicious_activity",
  unusual_hours: "security.suspicious_activity",
  new_address: "security.suspicious_activity",
  many_failures: "security.suspicious_activity",
  destination_changed_before_payout: "security.suspicious_activity",
} as const satisfies Record<SecurityEventKind, string>;

/** The new record of what happened; its change is an audit line and an event on the bus like every other. */
export function securityEvent(facts: SecurityFacts, context: CommandContext): RecordChange {
  return changeOf("security_event", create("security_event", facts, ACTION_BY_KIND[facts.kind], context));
}

/** Refusals that are more than two people being at the same thing. */
const RISK_BY_CODE: ReadonlyMap<string, RiskLevel> = new Map<RefusalCode | "not_operator_organization", RiskLevel>([
  ["not_operator_organization", "low"],
  ["permission_required", "low"],
  ["address_not_allowed", "medium"],
  ["payout_approved_by_creator", "medium"],
  ["sent_by_creator", "medium"],
  ["sent_by_approver", "medium"],
  ["role_above_own", "medium"],
  ["role_own", "medium"],
  ["approver_limit_exceeded", "medium"],
]);

/** How much a refused action should worry others; an ordinary conflict not at all. */
export function riskOfRefusal(code: string): RiskLevel {
  return RISK_BY_CODE.get(code) ?? "info";
}

export interface FlagIdentity {
  readonly organizationId: string;
  readonly subject: string;
  readonly kind: SecurityEventKind;
  readonly riskLevel: RiskLevel;
  /** What it is about, where each such thing deserves a flag of its own. */
  readonly about?: string | undefined;
  readonly at: string;
}

/** The id of a flag: the same all through an hour, so that a flood of one kind is told once. */
export function flagIdOf({ organizationId, subject, kind, riskLevel, about = "", at }: FlagIdentity): string {
  return `se_${familyOfCause(organizationId, subject, kind, riskLevel, about, at.slice(0, "2026-11-21T09".length))}`;
}

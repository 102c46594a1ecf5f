import type { ChangeAction } from "../events/event-types.ts";
import type { Actor, ChangeStamp, EntityName, Instant, RecordTypes, Versioned } from "./model.ts";

/** Everything that refuses a command, by the name that callers, logs and the API show. */
export type RefusalCode =
  | "not_found"
  | "payout_not_approvable"
  | "payout_not_cancellable"
  | "payout_approved_by_creator"
  | "hold_already_released"
  | "hold_already_forfeited"
  | "hold_already_cancelled"
  | "hold_not_due"
  | "hold_amount_exceeded"
  | "schedule_already_processing"
  | "schedule_already_completed"
  | "schedule_cancelled"
  | "schedule_not_due"
  | "placement_already_active"
  | "placement_ended"
  | "fee_exceeded"
  | "amount_too_small"
  | "reversal_exceeds_transfer"
  | "transfer_not_claimable"
  | "transfer_finished"
  | "transfer_leased"
  | "attempt_superseded"
  | "transfer_not_due"
  | "sending_paused"
  | "sending_already_open"
  | "too_many_children"
  | "blocked"
  // What only people are refused.
  | "version_mismatch"
  | "permission_required"
  | "address_not_allowed"
  | "approved_already_by_you"
  | "approved_by_sender"
  | "sent_by_creator"
  | "sent_by_approver"
  | "approver_limit_exceeded"
  | "payout_not_markable"
  | "payout_not_retryable"
  | "payout_already_cancelled"
  | "transfer_in_flight"
  | "schedule_not_cancellable"
  | "schedule_not_changeable"
  | "schedule_amount_exceeded"
  | "date_in_past"
  | "date_in_future"
  | "date_not_later"
  | "transfer_not_reversible"
  | "reversal_pending"
  | "transfer_not_settleable"
  | "evidence_contradicts"
  | "payee_exists"
  | "payee_unknown"
  | "role_exists"
  | "role_above_own"
  | "role_own"
  | "role_last_super_admin"
  | "role_scope_missing"
  | "roster_not_empty"
  | "sending_already_paused"
  | "provider_unsupported";

export interface Refusal {
  readonly code: RefusalCode;
  /** For people; names the states or values involved. */
  readonly message: string;
  readonly field?: string;
}

/** One record before and after. Both are complete; the store writes `after` on the condition that `before` still stands. */
export type RecordChange = {
  [E in EntityName]: { readonly entity: E; readonly before?: RecordTypes[E]; readonly after: RecordTypes[E] };
}[EntityName];

export type Decision<Value = undefined> =
  | { readonly ok: true; readonly changes: readonly RecordChange[]; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };

/** Who acts, when, in answer to what. The only way time enters the domain. */
export interface CommandContext {
  readonly now: Instant;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly reason?: string;
  /** False where the person's address is outside of the organization's allow-list. */
  readonly addressAllowed?: boolean;
}

export function refuse(code: RefusalCode, message: string, field?: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: field === undefined ? { code, message } : { code, message, field } };
}

export function accept<Value>(changes: readonly RecordChange[], value: Value): Decision<Value> {
  return { ok: true, changes, value };
}

/** The event of a change is identified by what changed: the same version can't be announced under two names. */
function stamp(
  entity: EntityName,
  id: string,
  version: number,
  organizationId: string,
  action: ChangeAction,
  context: CommandContext,
): ChangeStamp {
  return {
    eventId: `${organizationId}/${entity}/${id}/${version}`,
    action,
    actor: context.actor,
    correlationId: context.correlationId,
    at: context.now,
    ...(context.reason === undefined ? {} : { reason: context.reason }),
  };
}

type Body<E extends EntityName> = Omit<RecordTypes[E], "version" | "change" | "createdAt" | "updatedAt">;

/** A new record at version 1. */
export function create<E extends EntityName>(
  entity: E,
  body: Body<E>,
  action: ChangeAction,
  context: CommandContext,
): RecordTypes[E] {
  const { id, organizationId } = body as unknown as { id: string; organizationId: string };
  const versioned: Versioned = {
    organizationId,
    version: 1,
    change: stamp(entity, id, 1, organizationId, action, context),
    createdAt: context.now,
    updatedAt: context.now,
  };
  return { ...body, ...versioned } as unknown as RecordTypes[E];
}

/** What an amendment may touch. A field given as undefined is removed. */
export type Patch<E extends EntityName> = { [K in keyof Body<E>]?: Body<E>[K] | undefined };

/** The next version of a record. */
export function amend<E extends EntityName>(
  entity: E,
  before: RecordTypes[E],
  patch: Patch<E>,
  action: ChangeAction,
  context: CommandContext,
): RecordTypes[E] {
  const version = before.version + 1;
  const { id } = before as unknown as { id: string };
  const merged: Record<string, unknown> = {
    ...before,
    ...patch,
    version,
    change: stamp(entity, id, version, before.organizationId, action, context),
    updatedAt: context.now,
  };
  for (const [field, value] of Object.entries(merged)) if (value === undefined) delete merged[field];
  return merged as unknown as RecordTypes[E];
}

/** Pairs a record with its entity's name. */
export function changeOf<E extends EntityName>(
  entity: E,
  after: RecordTypes[E],
  before?: RecordTypes[E],
): RecordChange {
  return (before === undefined ? { entity, after } : { entity, before, after }) as RecordChange;
}

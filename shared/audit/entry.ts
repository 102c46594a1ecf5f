import type { Actor } from "../domain/model.ts";
import { FLAGGED_ACTION } from "../events/event-types.ts";
import type { OutOfBandProblem, StreamChange } from "../events/stream-change.ts";
import { maskAccount } from "../events/wire.ts";
import { PLACE_FIELDS } from "../store/keys.ts";

/** Why a line is flagged: the change came behind the commands' back, or after a later one had been written. */
export type FlagProblem = OutOfBandProblem | "out_of_order";

/** One line of the audit log before it is chained: who changed what, when, why, before and after. */
export interface AuditContent {
  readonly id: string;
  readonly organization_id: string;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly payout_id: string | null;
  readonly action: string;
  readonly old_status: string | null;
  readonly new_status: string | null;
  readonly changed_by: string;
  readonly changed_by_type: Actor["type"];
  readonly changed_by_role: string | null;
  readonly reason: string | null;
  /** The record as stored, without keys and indexes (with them where the line is flagged), account numbers masked. */
  readonly before_state: Readonly<Record<string, unknown>> | null;
  readonly after_state: Readonly<Record<string, unknown>> | null;
  readonly metadata: AuditMetadata;
  readonly created_at: string;
}

export interface AuditMetadata {
  readonly event_id: string;
  readonly correlation_id: string | null;
  readonly version: number;
  /** Flagged lines only. */
  readonly problem?: FlagProblem;
  readonly stream_sequence_number?: string;
}

/** The line of a change. A flagged change was made by nobody we know, at the time the stream reports. */
export function auditContent(change: StreamChange): AuditContent {
  return change.outOfBand === undefined
    ? stampedContent(change)
    : flaggedContent(change, change.outOfBand, change.version);
}

type Stamped = Extract<StreamChange, { outOfBand?: never }>;

function stampedContent(change: Stamped): AuditContent {
  const { stamp, version } = change;
  return {
    ...subject(change),
    id: lineId(change, String(version)),
    action: stamp.action,
    changed_by: stamp.actor.id,
    changed_by_type: stamp.actor.type,
    changed_by_role: stamp.actor.role ?? null,
    reason: stamp.reason ?? null,
    before_state: stateOf(change.before, UNSAID),
    after_state: stateOf(change.after, UNSAID),
    metadata: { event_id: stamp.eventId, correlation_id: stamp.correlationId, version },
    created_at: stamp.at,
  };
}

/** `version` is the one after which the line stands in the record's chain. */
export function flaggedContent(change: StreamChange, problem: FlagProblem, version: number): AuditContent {
  const id = lineId(change, `${version}~${change.sequenceNumber}`);
  return {
    ...subject(change),
    id,
    action: FLAGGED_ACTION,
    changed_by: "unknown",
    changed_by_type: "system",
    changed_by_role: null,
    reason: null,
    before_state: stateOf(change.before, NOTHING),
    after_state: stateOf(change.after, NOTHING),
    metadata: {
      event_id: id,
      correlation_id: null,
      version,
      problem,
      stream_sequence_number: change.sequenceNumber,
    },
    created_at: change.streamedAt,
  };
}

function lineId({ organizationId, entity, entityId }: StreamChange, position: string): string {
  return `${organizationId}/${entity}/${entityId}/${position}`;
}

function subject(change: StreamChange) {
  return {
    organization_id: change.organizationId,
    entity_type: change.entity,
    entity_id: change.entityId,
    payout_id: change.entity === "payout" ? change.entityId : textOf(change, "payoutId"),
    old_status: textIn(change.before, "status"),
    new_status: textIn(change.after, "status"),
  };
}

function textOf(change: StreamChange, field: string): string | null {
  return textIn(change.after, field) ?? textIn(change.before, field);
}

function textIn(image: Readonly<Record<string, unknown>> | undefined, field: string): string | null {
  const value = image?.[field];
  return typeof value === "string" ? value : null;
}

/** Where a record is kept says nothing about it; a hand that moves it there does. */
const UNSAID: ReadonlySet<string> = new Set(PLACE_FIELDS);
const NOTHING: ReadonlySet<string> = new Set();

function stateOf(image: Readonly<Record<string, unknown>> | undefined, unsaid: ReadonlySet<string>) {
  if (image === undefined) return null;
  const said = Object.entries(image).filter(([name]) => !unsaid.has(name));
  return masked(Object.fromEntries(said)) as Readonly<Record<string, unknown>>;
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isAccount = name === "accountNumber" && (typeof inner === "string" || typeof inner === "number");
      return [name, isAccount ? maskAccount(String(inner)) : masked(inner)];
    }),
  );
}

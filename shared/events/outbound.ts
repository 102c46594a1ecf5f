import * as z from "zod";
import type { Actor, AnyRecord, RecordTypes } from "../domain/model.ts";
import {
  type AnnouncementType,
  OUT_OF_BAND_CHANGE,
  type RelayedEntity,
  type SchedulerEventType,
} from "./event-types.ts";
import type { StreamChange } from "./stream-change.ts";
import { presentRecord } from "./wire.ts";

/** The domain events' common envelope: the bus's `detail`. `(entity_type, entity_id, version)` orders and dedupes. */
export const SCHEMA_VERSION = 1;

const actor = z.object({
  type: z.enum(["user", "system", "provider"]),
  id: z.string(),
  role: z.string().nullable(),
});

export const envelopeSchema = z.object({
  event_id: z.string().min(1),
  event_type: z.string().min(1),
  schema_version: z.literal(SCHEMA_VERSION),
  organization_id: z.string().min(1),
  entity_type: z.string().min(1),
  entity_id: z.string().min(1),
  version: z.int().min(0),
  occurred_at: z.string().meta({ format: "date-time" }),
  correlation_id: z.string().nullable(),
  actor,
  reason: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type DomainEvent = z.infer<typeof envelopeSchema>;

/** Why a change is taken for one that did not come through a command. */
export const outOfBandSchema = z.object({ problem: z.string(), stream_sequence_number: z.string() });

const provider = z.enum(["stripe", "xendit"]);

/** The details of announcements, which have no envelope: nothing of theirs is stored. */
export const announcementSchemas = {
  "provider_funds.available": z.object({ provider }),
  "payee_account.updated": z.object({ provider, account: z.string().min(1) }),
} as const satisfies Record<AnnouncementType, z.ZodObject>;

const due = z.object({
  organization_id: z.string().min(1),
  entity_id: z.string().min(1),
  planned_at: z.iso.datetime().optional(),
});

/** What a scheduler's event carries; the receiver reads the rest from the record. */
export const dueSchemas = {
  "escrow_hold.release_due": due,
  "payout_schedule.due": due,
  "transfer.attempt_due": due.extend({
    resumed: z.boolean().optional().meta({ description: "what the transfer waited for has come" }),
  }),
} as const satisfies Record<SchedulerEventType, z.ZodObject>;

export type RelayedRecord = Extract<AnyRecord, { entity: RelayedEntity }>;

/** The event that a record's latest change is; the same change gives the same event, however often it is published. */
export function toDomainEvent(record: RelayedRecord): DomainEvent {
  const { change } = record;
  return {
    event_id: change.eventId,
    event_type: change.action,
    schema_version: SCHEMA_VERSION,
    organization_id: record.organizationId,
    entity_type: record.entity,
    entity_id: record.id,
    version: record.version,
    occurred_at: change.at,
    correlation_id: change.correlationId,
    actor: wireActor(change.actor),
    ...(change.reason !== undefined && { reason: change.reason }),
    data: presentRecord(record.entity, record as RecordTypes[typeof record.entity]),
  };
}

/** The alert about a change that bypassed the commands. It carries no contents: those are in the audit log. */
export function toOutOfBandEvent(change: StreamChange & { readonly outOfBand: string }): DomainEvent {
  const line = `${change.organizationId}/${change.entity}/${change.entityId}/${change.version}`;
  return {
    event_id: `${line}~${change.sequenceNumber}`,
    event_type: OUT_OF_BAND_CHANGE,
    schema_version: SCHEMA_VERSION,
    organization_id: change.organizationId,
    entity_type: change.entity,
    entity_id: change.entityId,
    version: change.version,
    occurred_at: change.streamedAt,
    correlation_id: null,
    actor: { type: "system", id: "unknown", role: null },
    data: { problem: change.outOfBand, stream_sequence_number: change.sequenceNumber },
  };
}

function wireActor({ type, id, role }: Actor): DomainEvent["actor"] {
  return { type, id, role: role ?? null };
}

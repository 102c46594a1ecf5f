import type { auditedEntities } from "../domain/entities.ts";
import type { Key } from "../store/keys.ts";
import type { AuditLine } from "./chain.ts";
import type { AuditContent } from "./entry.ts";

/** The only place that builds keys of the audit table. A record's lines share a partition, in the order of its versions. */
const VERSION_DIGITS = 12;
/** DynamoDB's sequence numbers have up to 40 digits. */
const SEQUENCE_DIGITS = 40;

type EntityType = (typeof auditedEntities)[number];

export function auditPk(organizationId: string, entity: EntityType, entityId: string): string {
  return `${organizationId}#${entity}#${entityId}`;
}

export function versionSk(version: number): string {
  return String(version).padStart(VERSION_DIGITS, "0");
}

/** Sorts after its version and before the next. */
export function flaggedSk(version: number, sequenceNumber: string): string {
  return `${versionSk(version)}~${sequenceNumber.padStart(SEQUENCE_DIGITS, "0")}`;
}

export function versionOfSk(sk: string): number {
  return Number(sk.slice(0, VERSION_DIGITS));
}

export function auditKey(content: AuditContent): Key {
  const { version, stream_sequence_number: sequenceNumber } = content.metadata;
  return {
    pk: `${content.organization_id}#${content.entity_type}#${content.entity_id}`,
    sk: sequenceNumber === undefined ? versionSk(version) : flaggedSk(version, sequenceNumber),
  };
}

export function dayPk(organizationId: string, day: string): string {
  return `${organizationId}#${day}`;
}

export function actorPk(organizationId: string, actorId: string): string {
  return `${organizationId}#${actorId}`;
}

export function actionPk(organizationId: string, action: string): string {
  return `${organizationId}#${action}`;
}

/** The stored item of a line: its fields, its key and its index entries. */
export function auditItem(line: AuditLine): Key & Record<string, unknown> {
  const { organization_id: organizationId, created_at: at } = line;
  return {
    ...line,
    ...auditKey(line),
    dayPk: dayPk(organizationId, at.slice(0, 10)),
    daySk: `${at}#${line.metadata.event_id}`,
    actorPk: actorPk(organizationId, line.changed_by),
    actionPk: actionPk(organizationId, line.action),
  };
}

const KEY_ATTRIBUTES: ReadonlySet<string> = new Set(["pk", "sk", "dayPk", "daySk", "actorPk", "actionPk"]);

/** The line as it is exported: what the hash covers, and the hash. */
export function lineOfItem(item: AuditLine | Readonly<Record<string, unknown>>): AuditLine {
  const fields = Object.entries(item).filter(([name]) => !KEY_ATTRIBUTES.has(name));
  return Object.fromEntries(fields) as unknown as AuditLine;
}

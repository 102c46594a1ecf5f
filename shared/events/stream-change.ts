import type { AttributeValue, DynamoDBRecord } from "aws-lambda";
import { auditedEntities } from "../domain/entities.ts";
import type { Actor, ChangeStamp, EntityName } from "../domain/model.ts";

/** A record of the stream that tells neither whose nor which record it is about. It belongs in the dead-letter queue. */
export class PoisonRecord extends Error {
  override readonly name = "PoisonRecord";
}

/** A stored item as plain values: numbers that a double can't hold stay text, sets become lists. */
export type Image = Readonly<Record<string, unknown>>;

/** Why a change can't have come through a command. */
export type OutOfBandProblem =
  | "removed"
  | "identity_changed"
  | "malformed_stamp"
  | "stamp_unchanged"
  | "first_version_not_1"
  | "version_not_next";

interface ChangeBase {
  readonly entity: EntityName;
  readonly organizationId: string;
  readonly entityId: string;
  readonly pk: string;
  readonly sk: string;
  /** The higher of both images' versions, so that lines about the record sort in the order of the stream. */
  readonly version: number;
  readonly sequenceNumber: string;
  readonly streamedAt: string;
  readonly before?: Image;
  readonly after?: Image;
}
/** Either stamped by the command that made it, or flagged as made behind the commands' back. */
export type StreamChange =
  | (ChangeBase & { readonly after: Image; readonly stamp: ChangeStamp; readonly outOfBand?: never })
  | (ChangeBase & { readonly outOfBand: OutOfBandProblem; readonly stamp?: never });

const entityNames: ReadonlySet<string> = new Set<string>(auditedEntities);

/** Reads one record of the table's stream. Throws `PoisonRecord` only when it can't say which record changed. */
export function readChange(record: DynamoDBRecord): StreamChange {
  const stream = record.dynamodb;
  const before = stream?.OldImage === undefined ? undefined : decodeImage(stream.OldImage);
  const after = stream?.NewImage === undefined ? undefined : decodeImage(stream.NewImage);
  const keys = stream?.Keys === undefined ? {} : decodeImage(stream.Keys);
  const identity = identityOf(before) ?? identityOf(after);
  const { pk, sk } = keys;
  if (identity === undefined || typeof pk !== "string" || typeof sk !== "string") {
    throw new PoisonRecord(`stream record ${record.eventID ?? "without an id"} does not tell which record changed`);
  }
  const sequenceNumber = stream?.SequenceNumber;
  if (sequenceNumber === undefined) throw new PoisonRecord("stream record without a sequence number");
  const base: ChangeBase = {
    ...identity,
    pk,
    sk,
    version: Math.max(versionOf(before) ?? 0, versionOf(after) ?? 0),
    sequenceNumber,
    streamedAt: new Date((stream?.ApproximateCreationDateTime ?? 0) * 1000).toISOString(),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
  const stamp = stampOf(after);
  const outOfBand = outOfBandProblem(base, stamp);
  if (outOfBand !== undefined) return { ...base, outOfBand };
  if (after === undefined || stamp === undefined) throw new PoisonRecord("stream record without images");
  return { ...base, after, stamp };
}

function outOfBandProblem(change: ChangeBase, stamp: ChangeStamp | undefined): OutOfBandProblem | undefined {
  const { before, after, pk, entity, organizationId, entityId } = change;
  if (after === undefined) return "removed";
  const identity = identityOf(after);
  const same =
    identity?.entity === entity && identity.organizationId === organizationId && identity.entityId === entityId;
  if (!same || !pk.startsWith(`${organizationId}#`)) return "identity_changed";
  if (stamp === undefined) return "malformed_stamp";
  if (before === undefined) return versionOf(after) === 1 ? undefined : "first_version_not_1";
  if (stampOf(before)?.eventId === stamp.eventId) return "stamp_unchanged";
  return versionOf(after) === (versionOf(before) ?? 0) + 1 ? undefined : "version_not_next";
}

type Identity = Pick<ChangeBase, "entity" | "organizationId" | "entityId">;

function identityOf(image: Image | undefined): Identity | undefined {
  const { entity, organizationId, id } = image ?? {};
  if (!isEntityName(entity) || !isText(organizationId) || !isText(id)) return undefined;
  return { entity, organizationId, entityId: id };
}

function isEntityName(value: unknown): value is EntityName {
  return typeof value === "string" && entityNames.has(value);
}

function versionOf(image: Image | undefined): number | undefined {
  const version = image?.version;
  return typeof version === "number" && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
}

const UTC_INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;
const actorTypes: ReadonlySet<unknown> = new Set(["user", "system", "provider"]);

function stampOf(image: Image | undefined): ChangeStamp | undefined {
  const change = image?.change;
  if (!isObject(change)) return undefined;
  const { eventId, action, correlationId, at, reason } = change;
  const actor = actorOf(change.actor);
  if (!isText(eventId) || !isText(action) || !isText(correlationId) || actor === undefined) return undefined;
  if (!isText(at) || !UTC_INSTANT.test(at) || Number.isNaN(Date.parse(at))) return undefined;
  if (reason !== undefined && typeof reason !== "string") return undefined;
  return { eventId, action, correlationId, at, actor, ...(reason !== undefined && { reason }) };
}

function actorOf(value: unknown): Actor | undefined {
  if (!isObject(value)) return undefined;
  const { type, id, role } = value;
  if (!actorTypes.has(type) || !isText(id) || (role !== undefined && typeof role !== "string")) return undefined;
  return { type: type as Actor["type"], id, ...(role !== undefined && { role }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

export function decodeImage(attributes: Readonly<Record<string, AttributeValue>>): Image {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, decode(value)]));
}

function decode(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return decodeNumber(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.L !== undefined) return value.L.map(decode);
  if (value.M !== undefined) return decodeImage(value.M);
  if (value.NS !== undefined) return value.NS.map(decodeNumber);
  return value.SS ?? value.B ?? value.BS ?? null;
}

/** DynamoDB's numbers have 38 digits; a double that is not the same number would be a wrong statement. */
function decodeNumber(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) || String(number) === text ? number : text;
}

import { createHash } from "node:crypto";
import { PLATFORM } from "../domain/platform.ts";
import { LIST_ATTRIBUTES } from "./list-index.ts";

export { PLATFORM };

/**
 * The only place that builds keys of the main table; docs/data-model.md tells which access pattern each one serves.
 *
 * A payout and all that belongs to it (schedules, holds, transfers, journal) share one partition, its family. Their ids
 * share the first 24 of the ULID's 26 characters; the last two are the child's ordinal. So an id alone tells where the
 * record is, without an index.
 */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** The attributes of an item that say where it is kept and found, and nothing about the record. */
export const PLACE_FIELDS: readonly string[] = [
  "pk",
  "sk",
  "duePk",
  "dueSk",
  "waitPk",
  "waitSk",
  "expiresAt",
  ...LIST_ATTRIBUTES,
];

const ID_PATTERN = /^(po|ps|eh|tr|je)_([0-7][0-9A-HJKMNP-TV-Z]{23})([0-9A-HJKMNP-TV-Z]{2})$/;

const ENTITY_BY_PREFIX = {
  po: "payout",
  ps: "payout_schedule",
  eh: "escrow_hold",
  tr: "transfer",
  je: "journal_entry",
} as const;

export type FamilyEntity = (typeof ENTITY_BY_PREFIX)[keyof typeof ENTITY_BY_PREFIX];

/** Reads an id of a payout's family; undefined for anything else, so that a guessed id is simply not found. */
export function parseFamilyId(id: string): { entity: FamilyEntity; family: string } | undefined {
  const match = ID_PATTERN.exec(id);
  const prefix = match?.[1];
  const family = match?.[2];
  if (prefix === undefined || family === undefined) return undefined;
  return { entity: ENTITY_BY_PREFIX[prefix as keyof typeof ENTITY_BY_PREFIX], family };
}

export function familyPk(organizationId: string, family: string): string {
  return `${organizationId}#payout#${family}`;
}

/** The journal ("book") sorts before everything that a command reads, so that one query from `LIVE_SK` on skips it. */
function familySk(entity: FamilyEntity, id: string): string {
  return entity === "payout" ? "payout" : `${familySkPrefix(entity)}${id}`;
}

/** What the sort keys of a family's records of one entity start with. */
export function familySkPrefix(entity: FamilyEntity): string {
  if (entity === "payout") return "payout";
  return entity === "journal_entry" ? "book#" : `${entity}#`;
}

/** The first sort key of a family's live records: payout, schedules, holds, transfers. */
export const LIVE_SK = "escrow_hold";

/** Where a payout, schedule, hold, transfer or journal entry is. */
export function familyKey(organizationId: string, id: string): Key | undefined {
  const parsed = parseFamilyId(id);
  if (parsed === undefined) return undefined;
  return { pk: familyPk(organizationId, parsed.family), sk: familySk(parsed.entity, id) };
}

export function payeeKey(organizationId: string, payeeId: string): Key {
  return { pk: `${organizationId}#payee#${payeeId}`, sk: "payee" };
}

export function balanceKey(organizationId: string, payeeId: string, currency: string): Key {
  return { pk: `${organizationId}#payee#${payeeId}`, sk: `balance#${currency}` };
}

export function placementKey(organizationId: string, placementId: string): Key {
  return { pk: `${organizationId}#placement#${placementId}`, sk: "placement" };
}

export function settingsKey(organizationId: string): Key {
  return { pk: `${organizationId}#settings`, sk: "settings" };
}

/** The deployment's own control, or an organization's. */
export function sendingControlKey(id: string, organizationId: string = PLATFORM): Key {
  return { pk: `${organizationId}#sending_control#${id}`, sk: "sending_control" };
}

/** Every control that an organization's transfers obey: the deployment's and its own, for all and for the provider. */
export function sendingControlKeys(organizationId: string, provider: string): Key[] {
  return [PLATFORM, organizationId].flatMap((owner) => [
    sendingControlKey("all", owner),
    sendingControlKey(provider, owner),
  ]);
}

export function roleAssignmentKey(organizationId: string, subject: string): Key {
  return { pk: `${organizationId}#role#${subject}`, sk: "role" };
}

export function roleRosterKey(organizationId: string): Key {
  return { pk: `${organizationId}#roles`, sk: "roster" };
}

/** `usageId` is `<subject>#<currency>`. */
export function approverUsageKey(organizationId: string, usageId: string): Key {
  return { pk: `${organizationId}#approver_usage#${usageId}`, sk: "usage" };
}

export function securityEventKey(organizationId: string, id: string): Key {
  return { pk: `${organizationId}#security_event#${id}`, sk: "security_event" };
}

/** What is remembered of how a person usually acts; no record, it expires. */
export function profileKey(organizationId: string, subject: string): Key {
  return { pk: `${organizationId}#profile#${subject}`, sk: "profile" };
}

/** What a request with an idempotency key came to. */
export function receiptKey(organizationId: string, hash: string): Key {
  return { pk: `${organizationId}#receipt#${hash}`, sk: "receipt" };
}

export function providerEventKey(provider: string, eventId: string): Key {
  return { pk: `${PLATFORM}#provider_event#${provider}#${eventId}`, sk: "provider_event" };
}

/** A second of one provider endpoint's rate limit. */
export function rateSlotKey(provider: string, endpoint: string, second: number): Key {
  return { pk: `${PLATFORM}#rate#${provider}#${endpoint}#${second}`, sk: "rate" };
}

/** Counters are spread over lanes that only their sum makes sense of. */
export const COUNTER_LANES = 8;

export function countersKey(organizationId: string, lane: number): Key {
  return { pk: `${organizationId}#counters#${lane}`, sk: "counters" };
}

/** What happened on a UTC day, `2026-11-21`; spread over the same lanes. */
export function dayCountersKey(organizationId: string, lane: number, day: string): Key {
  return { pk: `${organizationId}#counters#${lane}`, sk: `day#${day}` };
}

/** Which versions of a partition's records the counters already hold. */
export function countedKeyOfPartition(pk: string): Key {
  return { pk, sk: "counted" };
}

export function sweepCursorKey(shard: number): Key {
  return { pk: `${PLATFORM}#sweep#${shard}`, sk: "sweep" };
}

/** Due work is spread over shards of each hour by the record's id. */
export const DUE_SHARDS = 4;
const HOUR_MS = 3_600_000;

export function dueShard(id: string): number {
  return (createHash("sha256").update(id).digest()[0] ?? 0) % DUE_SHARDS;
}

export function hourBucket(atMs: number): string {
  return new Date(Math.floor(atMs / HOUR_MS) * HOUR_MS).toISOString().slice(0, 13);
}

export function duePk(bucket: string, shard: number): string {
  return `due#${bucket}#${shard}`;
}

/** Sparse index entry: the hour and shard in which the sweep will find the record. */
export function dueIndex(id: string, dueAt: string): { duePk: string; dueSk: string } {
  return { duePk: duePk(hourBucket(Date.parse(dueAt)), dueShard(id)), dueSk: `${dueAt}#${id}` };
}

/** What a record can wait for, so that the event which ends the waiting finds it. */
export type WaitTarget =
  | { readonly kind: "payee"; readonly organizationId: string; readonly payeeId: string }
  | { readonly kind: "account"; readonly provider: string; readonly account: string }
  | { readonly kind: "funds"; readonly provider: string }
  /** `control` as `controlName` gives it. */
  | { readonly kind: "sending"; readonly control: string };

/** A platform-wide wait is spread like due work, since a short balance can make thousands wait at once. */
export const WAIT_SHARDS = 8;

export function waitPartition(target: WaitTarget): string {
  switch (target.kind) {
    case "payee":
      return `wait#payee#${target.organizationId}#${target.payeeId}`;
    case "account":
      return `wait#account#${target.provider}#${target.account}`;
    case "funds":
      return `wait#funds#${target.provider}`;
    case "sending":
      return `wait#sending#${target.control}`;
  }
}

export function waitIndex(id: string, organizationId: string, target: WaitTarget): { waitPk: string; waitSk: string } {
  const shard = (createHash("sha256").update(id).digest()[1] ?? 0) % WAIT_SHARDS;
  return { waitPk: `${waitPartition(target)}#${shard}`, waitSk: `${organizationId}#${id}` };
}

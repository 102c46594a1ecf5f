import type { AnyRecord, EntityName, EscrowHold, PayoutSchedule, RecordTypes, Transfer } from "../domain/model.ts";
import { dueAt } from "../domain/release.ts";
import {
  approverUsageKey,
  dueIndex,
  familyKey,
  type Key,
  PLACE_FIELDS,
  payeeKey,
  placementKey,
  providerEventKey,
  roleAssignmentKey,
  roleRosterKey,
  securityEventKey,
  sendingControlKey,
  settingsKey,
  type WaitTarget,
  waitIndex,
} from "./keys.ts";
import { listEntries } from "./list-index.ts";

const SCHEMA_VERSION = 1;

export type Item = Key & { readonly entity: string } & Record<string, unknown>;

/** Where a record is stored. */
export function keyOf<E extends EntityName>(entity: E, record: RecordTypes[E]): Key {
  const any = { entity, ...record } as unknown as AnyRecord;
  switch (any.entity) {
    case "payee":
      return payeeKey(any.organizationId, any.id);
    case "placement":
      return placementKey(any.organizationId, any.id);
    case "settings":
      return settingsKey(any.organizationId);
    case "sending_control":
      return sendingControlKey(any.id, any.organizationId);
    case "role_assignment":
      return roleAssignmentKey(any.organizationId, any.id);
    case "role_roster":
      return roleRosterKey(any.organizationId);
    case "approver_usage":
      return approverUsageKey(any.organizationId, any.id);
    case "security_event":
      return securityEventKey(any.organizationId, any.id);
    case "provider_event":
      return providerEventKey(any.provider, any.id);
    default: {
      const key = familyKey(any.organizationId, any.id);
      if (key === undefined) throw new RangeError(`${any.id} is not the id of a ${entity}`);
      return key;
    }
  }
}

function holdDueAt(hold: EscrowHold): string | undefined {
  return hold.status === "active" ? dueAt(hold, hold.releaseDate) : undefined;
}

function scheduleDueAt(schedule: PayoutSchedule): string | undefined {
  if (schedule.status !== "pending" || schedule.scheduledDate === undefined) return undefined;
  return dueAt(schedule, schedule.scheduledDate);
}

/** When the sweep has to look at a record if nothing else does. An entry never lies before the change that made it: the sweep may have closed that hour. */
function dueOf(record: AnyRecord): string | undefined {
  const due =
    record.entity === "escrow_hold"
      ? holdDueAt(record)
      : record.entity === "payout_schedule"
        ? scheduleDueAt(record)
        : record.entity === "transfer"
          ? record.nextAttemptAt
          : undefined;
  return due === undefined || due > record.updatedAt ? due : record.updatedAt;
}

function transferWait(transfer: Transfer): WaitTarget | undefined {
  const { blocker, organizationId, payeeId } = transfer;
  switch (blocker?.code) {
    case "insufficient_funds":
      return { kind: "funds", provider: transfer.provider };
    case "payee_action_required":
      return transfer.destination.provider === "stripe"
        ? { kind: "account", provider: "stripe", account: transfer.destination.account }
        : { kind: "payee", organizationId, payeeId };
    case "destination_missing":
    case "destination_changed":
    case "destination_cooling_off":
    case "approval_void":
    case "approval_pending":
      return { kind: "payee", organizationId, payeeId };
    case "sending_paused":
    case "provider_circuit_open":
      return { kind: "sending", control: blocker.detail ?? "all" };
    default:
      return undefined;
  }
}

/** What ends a record's waiting, so that the event finds it. */
function waitOf(record: AnyRecord): WaitTarget | undefined {
  if (record.entity === "transfer") return transferWait(record);
  if (record.entity !== "escrow_hold" && record.entity !== "payout_schedule") return undefined;
  if (record.blocker === undefined) return undefined;
  return { kind: "payee", organizationId: record.organizationId, payeeId: record.payeeId };
}

/** The whole item of a record: keys, sparse index entries, fields. */
export function toItem<E extends EntityName>(entity: E, record: RecordTypes[E]): Item {
  const any = { entity, ...record } as unknown as AnyRecord;
  const due = dueOf(any);
  const wait = waitOf(any);
  return {
    ...keyOf(entity, record),
    entity,
    schemaVersion: SCHEMA_VERSION,
    ...record,
    ...(due === undefined ? {} : dueIndex(any.id, due)),
    ...(wait === undefined ? {} : waitIndex(any.id, any.organizationId, wait)),
    ...listEntries(any),
  } as unknown as Item;
}

const STORAGE_FIELDS = new Set([...PLACE_FIELDS, "schemaVersion", "entity"]);

/** The record in an item; the entity must be the one asked for. */
export function fromItem<E extends EntityName>(entity: E, item: Record<string, unknown>): RecordTypes[E] {
  if (item.entity !== entity) throw new TypeError(`expected ${entity}, found ${String(item.entity)}`);
  const record: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(item)) if (!STORAGE_FIELDS.has(field)) record[field] = value;
  return record as unknown as RecordTypes[E];
}

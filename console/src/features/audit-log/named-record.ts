import { auditedEntities } from "../../../../shared/domain/entities.ts";
import type { EntityType } from "./entry-words.ts";

/** One record, by its kind and id. */
export interface NamedRecord {
  readonly entityType: EntityType;
  readonly entityId: string;
}

const FAMILY_ID = /^(po|ps|eh|tr|je|se)_[0-9A-HJKMNP-TV-Z]{26}$/;

const TYPES_BY_PREFIX: Readonly<Record<string, EntityType>> = {
  po: "payout",
  ps: "payout_schedule",
  eh: "escrow_hold",
  tr: "transfer",
  je: "journal_entry",
  se: "security_event",
};

const TYPES_BY_NAME: Readonly<Record<string, EntityType>> = {
  settings: "settings",
  roster: "role_roster",
  all: "sending_control",
  stripe: "sending_control",
  xendit: "sending_control",
};

/** Whose ids other systems give: an id alone doesn't tell which of them is meant. */
export const outsideTypes = ["payee", "placement", "role_assignment", "provider_event", "approver_usage"] as const;

/** Of what kind a record with this id is, where the id tells. */
export function entityTypeOf(id: string): EntityType | undefined {
  const prefix = FAMILY_ID.exec(id)?.[1];
  return prefix === undefined ? TYPES_BY_NAME[id] : TYPES_BY_PREFIX[prefix];
}

/** The record that an address names; undefined where it names none, or not of which kind. */
export function namedRecordOf(type: string | undefined, id: string | undefined): NamedRecord | undefined {
  if (id === undefined) return undefined;
  const entityType = type === undefined ? entityTypeOf(id) : auditedEntities.find((known) => known === type);
  return entityType === undefined ? undefined : { entityType, entityId: id };
}

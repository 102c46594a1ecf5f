import * as z from "zod";
import { versionedEntities } from "../../counters/tally.ts";
import { auditedEntities } from "../../domain/entities.ts";
import { eventTypesByEntity, FLAGGED_ACTION, silentActions } from "../../events/event-types.ts";
import { id, instant, paging, several, subject } from "../fields.ts";
import { operation, page, paginationSchema, single } from "../operation.ts";

const tag = "Audit log";

/** Every action that a line can tell of. */
export const auditActions = [FLAGGED_ACTION, ...Object.values(eventTypesByEntity).flat(), ...silentActions] as const;

const actorTypes = ["user", "system", "provider"] as const;
const timestamp = z.string().meta({ format: "date-time" });
const state = z.record(z.string(), z.unknown()).nullable();

const auditEntry = z
  .object({
    id: z.string(),
    organization_id: z.string(),
    entity_type: z.enum(auditedEntities),
    entity_id: z.string(),
    payout_id: z.string().nullable(),
    action: z.string(),
    old_status: z.string().nullable(),
    new_status: z.string().nullable(),
    changed_by: z.string(),
    changed_by_type: z.enum(actorTypes),
    changed_by_role: z.string().nullable(),
    reason: z.string().nullable(),
    before_state: state.meta({ description: "the record as stored, in the stored names, account numbers masked" }),
    after_state: state,
    metadata: z.looseObject({
      event_id: z.string(),
      correlation_id: z.string().nullable(),
      version: z.int().min(0),
      problem: z.string().optional().meta({ description: "of a change that no command made" }),
      stream_sequence_number: z.string().optional(),
    }),
    created_at: timestamp,
    prev_hash: z.string(),
    hash: z.string().meta({
      description: "sha256 over the canonical JSON (RFC 8785) of the line without this field; prev_hash included",
    }),
  })
  .meta({ id: "AuditEntry", description: "One line of the audit log, with exactly the fields that its hash covers" });

const entityType = z.enum(auditedEntities, { error: `one of ${auditedEntities.join(", ")}` });
const directionText = "date or -date";

export const auditFilters = z.strictObject({
  ...paging,
  action: several(auditActions).optional(),
  entity_type: entityType.optional(),
  entity_id: id.optional().meta({ description: "needs entity_type, unless it is an id of a payout's family" }),
  payout_id: id.optional().meta({ description: "the payout and everything that belongs to it" }),
  changed_by: subject.optional(),
  changed_by_type: several(actorTypes).optional(),
  from: instant.optional(),
  to: instant.optional().meta({ description: "up to and without this instant" }),
  sort: z.enum(["date", "-date"], { error: directionText }).default("-date"),
});

const recordParams = z.strictObject({ entity_type: entityType, entity_id: id });
const versionText = 'the last part of a line\'s id: a version, or a version, "~" and a sequence number';

export const auditLogOperations = {
  listAuditEntries: operation({
    method: "GET",
    path: "/v2/payout-audit-log",
    tag,
    summary: "List who changed what, newest first",
    description:
      "With neither an entity, a payout, a person nor an action, lines are looked for day by day, at most 40 days a page: " +
      "a page may hold fewer lines than the limit, or none, and still have a next_cursor. The same goes for several " +
      "filters together. Without from it starts 365 days before to.",
    access: "audit.view",
    query: auditFilters,
    answer: { status: 200, schema: page(auditEntry), csv: true },
    refusals: ["invalid_cursor"],
  }),
  getAuditStats: operation({
    method: "GET",
    path: "/v2/payout-audit-log/stats",
    tag,
    summary: "Numbers of audit lines by kind of record, and of today's by action",
    description:
      "From counters, a moment behind. Not in them: postings, approvers' usage and the list of super_admins, which are " +
      "changed together with what is counted, and lines about changes that no command made.",
    access: "audit.view",
    answer: {
      status: 200,
      schema: single(
        z.object({
          total: z.int().min(0),
          by_entity: z.record(z.enum(versionedEntities), z.int().min(0)),
          today: z.record(z.string(), z.int().min(0)).meta({ description: "since midnight UTC, by action" }),
        }),
      ),
    },
  }),
  exportAuditEntries: operation({
    method: "GET",
    path: "/v2/payout-audit-log/export",
    tag,
    summary: "Export audit lines, oldest first, up to 1,000 a call",
    description:
      "The header x-next-cursor carries on; it is absent at the end. jsonl is one line of JSON per audit line, the form " +
      "that verify-audit takes: export one record's lines, or everything from the day of the beginning on, and put the " +
      "calls' answers one after the other. A record's lines are in the order of its versions. Without from it starts 365 " +
      "days before to; an answer may be empty and still have the header.",
    access: "payouts.export",
    query: auditFilters.omit({ limit: true, sort: true }).extend({
      format: z.enum(["csv", "json", "jsonl"], { error: "csv, json or jsonl" }).default("jsonl"),
    }),
    answer: {
      status: 200,
      schema: z.object({
        data: z.array(auditEntry),
        pagination: paginationSchema.extend({ limit: z.int().min(1).max(1_000) }),
      }),
      csv: true,
      jsonLines: true,
    },
    recorded: "data_exported",
    refusals: ["invalid_cursor"],
  }),
  getAuditChain: operation({
    method: "GET",
    path: "/v2/payout-audit-log/{entity_type}/{entity_id}",
    tag,
    summary: "List one record's lines, the first version first",
    description:
      "Each line's prev_hash is the hash of the line before; the first one's is 64 zeros. So whoever reads them can verify them.",
    access: "audit.view",
    params: recordParams,
    query: z.strictObject(paging),
    answer: { status: 200, schema: page(auditEntry), csv: true },
    refusals: ["not_found", "invalid_cursor"],
  }),
  getAuditEntry: operation({
    method: "GET",
    path: "/v2/payout-audit-log/{entity_type}/{entity_id}/{version}",
    tag,
    summary: "Get one line of the audit log",
    access: "audit.view",
    params: recordParams.extend({
      version: z.string({ error: versionText }).regex(/^\d{1,12}(~\d{1,40})?$/, { error: versionText }),
    }),
    answer: { status: 200, schema: single(auditEntry) },
    refusals: ["not_found"],
  }),
} as const;

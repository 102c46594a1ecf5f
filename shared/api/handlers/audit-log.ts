import type { AuditLine } from "../../audit/chain.ts";
import { auditPk } from "../../audit/items.ts";
import type { AuditReader } from "../../audit/reader.ts";
import { toInstant } from "../../domain/dates.ts";
import { MAX_EXPORTED_LINES, readExport } from "../../queries/audit-export.ts";
import { type AuditFilters, type AuditLog, entityOf } from "../../queries/audit-log.ts";
import { type CursorScope, decodeCursor, encodeCursor } from "../../queries/cursor.ts";
import { auditLogOperations } from "../contract/audit-log.ts";
import { CSV_TYPE, toCsv } from "../csv.ts";
import { type ApiResult, answered, type Handlers, refused } from "../operation.ts";

export interface AuditLogHandlerDeps {
  readonly log: AuditLog;
  readonly audit: AuditReader;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

type AuditLogHandlers = Omit<Handlers<typeof auditLogOperations>, "getAuditStats">;
type Query = Parameters<AuditLogHandlers["exportAuditEntries"]>[0]["query"];

const lineSchema = auditLogOperations.getAuditEntry.answer.schema.shape.data;
const CHAIN_POSITION = /^\d{12}(~\d{40})?$/;

/** The audit log: lists, one record's chain, single lines, and exports that can be verified. */
export function createAuditLogHandlers({ log, audit, now }: AuditLogHandlerDeps): AuditLogHandlers {
  return {
    async listAuditEntries({ operationId, caller, query, wantsCsv }) {
      const { organizationId } = caller;
      const filters = filtersOf(query);
      if (!namesItsEntity(filters)) return entityTypeMissing();
      const { limit, sort } = query;
      const place = placeIn({ organizationId, list: operationId, filters: { ...filters, sort } }, query.cursor);
      if (place === undefined) return refused("invalid_cursor");
      const page = await log.readPage({
        organizationId,
        filters,
        ascending: sort === "date",
        limit,
        position: place.position,
        now: toInstant(now()),
      });
      if (page === null) return refused("invalid_cursor");
      const next = place.next(page.next);
      return wantsCsv ? csvAnswer(page.lines, next) : pageAnswer(page.lines, limit, next);
    },

    async exportAuditEntries({ operationId, caller, query }) {
      const { organizationId } = caller;
      const filters = filtersOf(query);
      if (!namesItsEntity(filters)) return entityTypeMissing();
      const place = placeIn({ organizationId, list: operationId, filters }, query.cursor);
      if (place === undefined) return refused("invalid_cursor");
      const page = await readExport(log, { organizationId, filters, position: place.position, now: toInstant(now()) });
      if (page === null) return refused("invalid_cursor");
      const next = place.next(page.next);
      switch (query.format) {
        case "csv":
          return csvAnswer(page.lines, next);
        case "json":
          return pageAnswer(page.lines, MAX_EXPORTED_LINES, next);
        case "jsonl":
          return linesAnswer(page.lines, next);
      }
    },

    async getAuditChain({ operationId, caller, params, query, wantsCsv }) {
      const { organizationId } = caller;
      const { entity_type: entity, entity_id: entityId } = params;
      const place = placeIn({ organizationId, list: operationId, filters: { entity, entityId } }, query.cursor);
      const after = place?.position;
      if (place === undefined || (after !== undefined && !CHAIN_POSITION.test(after))) return refused("invalid_cursor");
      const page = await audit.chain(auditPk(organizationId, entity, entityId), { limit: query.limit, after });
      if (page.lines.length === 0 && after === undefined) {
        return refused("not_found", `nothing is on record about ${entity} ${entityId}`);
      }
      const next = place.next(page.next);
      return wantsCsv ? csvAnswer(page.lines, next) : pageAnswer(page.lines, query.limit, next);
    },

    async getAuditEntry({ caller, params }) {
      const { entity_type: entity, entity_id: entityId, version } = params;
      const line = await audit.line(auditPk(caller.organizationId, entity, entityId), version);
      return line === undefined
        ? refused("not_found", `no version ${version} of ${entity} ${entityId} is on record`)
        : answered({ data: line });
    },
  };
}

function filtersOf(query: Omit<Query, "format">): AuditFilters {
  return {
    action: query.action,
    entityType: query.entity_type,
    entityId: query.entity_id,
    payoutId: query.payout_id,
    changedBy: query.changed_by,
    changedByType: query.changed_by_type,
    from: query.from,
    to: query.to,
  };
}

function namesItsEntity(filters: AuditFilters): boolean {
  return filters.entityId === undefined || entityOf(filters) !== undefined;
}

function entityTypeMissing(): ApiResult {
  return refused("invalid_request", "entity_type is needed to tell what entity_id is about", "entity_type");
}

/** Where a cursor says that a list goes on; undefined for one that isn't this list's. */
function placeIn(scope: CursorScope, cursor: string | undefined) {
  const position = cursor === undefined ? undefined : decodeCursor(scope, cursor);
  if (cursor !== undefined && position === undefined) return undefined;
  return {
    position,
    next: (to: string | undefined) => (to === undefined ? undefined : encodeCursor(scope, to)),
  };
}

type Lines = readonly AuditLine[];

function nextHeader(next: string | undefined): Readonly<Record<string, string>> {
  return next === undefined ? {} : { "x-next-cursor": next };
}

function pageAnswer(lines: Lines, limit: number, next: string | undefined): ApiResult {
  return answered({ data: lines, pagination: { limit, next_cursor: next ?? null, total: null } }, nextHeader(next));
}

function csvAnswer(lines: Lines, next: string | undefined): ApiResult {
  return { ok: true, body: toCsv(lineSchema, lines), contentType: CSV_TYPE, headers: nextHeader(next) };
}

function linesAnswer(lines: Lines, next: string | undefined): ApiResult {
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  return { ok: true, body, contentType: "application/x-ndjson", headers: nextHeader(next) };
}

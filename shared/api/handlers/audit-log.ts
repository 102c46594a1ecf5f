import type { AuditLine } from "../../audit/chain.ts";
import { auditPk } from "../../audit/items.ts";
import type { AuditReader } from "../../audit/reader.ts";
import { toInstant } from "../../domain/dates.ts";
import { MAX_EXPORTED_LINES, readExport } from "../../queries/audit-export.ts";
import { type AuditFilters, type AuditLog, entityOf } from "../../queries/audit-log.ts";
import { decodeCursor, encodeCursor } from "../../queries/cursor.ts";
import { auditLogOperations } from "../contract/audit-log.ts";
import { type ApiResult, answered, type Handlers, refused } from "../operation.ts";

type Row = Readonly<Record<string, unknown>>;

export interface AuditLogHandlerDeps {
  readonly log: AuditLog;
  readonly audit: AuditReader;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** CSV of rows of plain values, with a header row. */
  readonly toCsv: (columns: readonly string[], rows: readonly Row[]) => string;
}

type AuditLogHandlers = Omit<Handlers<typeof auditLogOperations>, "getAuditStats">;
type Query = Parameters<AuditLogHandlers["exportAuditEntries"]>[0]["query"];

const columns = Object.keys(auditLogOperations.getAuditEntry.answer.schema.shape.data.shape);
const NEXT_CURSOR = "x-next-cursor";
const CHAIN_POSITION = /^\d{12}(~\d{40})?$/;

/** The audit log: lists, one record's chain, single lines, and exports that can be verified. */
export function createAuditLogHandlers({ log, audit, now, toCsv }: AuditLogHandlerDeps): AuditLogHandlers {
  const csv = (lines: readonly AuditLine[], next: string | undefined): ApiResult => ({
    ok: true,
    body: toCsv(columns, lines.map(flat)),
    contentType: "text/csv; charset=utf-8",
    headers: nextHeader(next),
  });
  const list = (lines: readonly AuditLine[], limit: number, next: string | undefined) =>
    answered({ data: lines, pagination: { limit, next_cursor: next ?? null, total: null } });

  return {
    async listAuditEntries({ operationId, caller, query, wantsCsv }) {
      const { organizationId } = caller;
      const filters = filtersOf(query);
      if (!namesItsEntity(filters)) return entityTypeMissing();
      const { limit, sort } = query;
      const place = placeIn({ operationId, organizationId, filters, sort }, query.cursor);
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
      return wantsCsv ? csv(page.lines, next) : list(page.lines, limit, next);
    },

    async exportAuditEntries({ operationId, caller, query }) {
      const { organizationId } = caller;
      const filters = filtersOf(query);
      if (!namesItsEntity(filters)) return entityTypeMissing();
      const place = placeIn({ operationId, organizationId, filters }, query.cursor);
      if (place === undefined) return refused("invalid_cursor");
      const page = await readExport(log, { organizationId, filters, position: place.position, now: toInstant(now()) });
      if (page === null) return refused("invalid_cursor");
      const next = place.next(page.next);
      if (query.format === "csv") return csv(page.lines, next);
      if (query.format === "jsonl") return jsonLines(page.lines, next);
      const answer = {
        data: page.lines,
        pagination: { limit: MAX_EXPORTED_LINES, next_cursor: next ?? null, total: null },
      };
      return answered(answer, nextHeader(next));
    },

    async getAuditChain({ operationId, caller, params, query, wantsCsv }) {
      const { organizationId } = caller;
      const { entity_type: entity, entity_id: entityId } = params;
      const place = placeIn({ operationId, organizationId, entity, entityId }, query.cursor);
      const after = place?.position;
      if (place === undefined || (after !== undefined && !CHAIN_POSITION.test(after))) return refused("invalid_cursor");
      const page = await audit.chain(auditPk(organizationId, entity, entityId), { limit: query.limit, after });
      if (page.lines.length === 0 && after === undefined) {
        return refused("not_found", `nothing is on record about ${entity} ${entityId}`);
      }
      const next = place.next(page.next);
      return wantsCsv ? csv(page.lines, next) : list(page.lines, query.limit, next);
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
function placeIn(binding: object, cursor: string | undefined) {
  const position = cursor === undefined ? undefined : decodeCursor(binding, cursor);
  if (cursor !== undefined && (typeof position !== "string" || position === "")) return undefined;
  return {
    position: typeof position === "string" ? position : undefined,
    next: (to: string | undefined) => (to === undefined ? undefined : encodeCursor(binding, to)),
  };
}

function nextHeader(next: string | undefined): Readonly<Record<string, string>> {
  return next === undefined ? {} : { [NEXT_CURSOR]: next };
}

function jsonLines(lines: readonly AuditLine[], next: string | undefined): ApiResult {
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  return { ok: true, body, contentType: "application/x-ndjson", headers: nextHeader(next) };
}

/** States and metadata as JSON in one column each. */
function flat(line: AuditLine): Row {
  const asText = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return {
    ...line,
    before_state: asText(line.before_state),
    after_state: asText(line.after_state),
    metadata: asText(line.metadata),
  };
}

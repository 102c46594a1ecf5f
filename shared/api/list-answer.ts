import { recordsIn } from "../commands/records.ts";
import type { RecordTypes } from "../domain/model.ts";
import { presentRecord } from "../events/wire.ts";
import { type WireTypes, wireSchemas } from "../events/wire-schemas.ts";
import type { ListFilters } from "../queries/list-filters.ts";
import type { ListPage, ListRequest, Lists } from "../queries/lists.ts";
import type { Item } from "../store/items.ts";
import { familyKey, type Key } from "../store/keys.ts";
import type { ListedEntity } from "../store/list-index.ts";
import { CSV_TYPE, toCsv } from "./csv.ts";
import { type ApiRequest, type ApiResult, answered, type Caller, refused } from "./operation.ts";

export interface ListAnswerDeps {
  readonly lists: Lists;
  /** Strongly consistent, at most 100 keys. */
  readonly getMany: (keys: readonly Key[]) => Promise<readonly Item[]>;
}

/** What every list's request has, whatever its filters. */
export type ListCall = Pick<ApiRequest, "caller" | "operationId" | "wantsCsv"> & {
  readonly query: { readonly limit: number; readonly cursor?: string | undefined };
};
export type ExportCall = Pick<ApiRequest, "caller" | "operationId"> & {
  readonly query: { readonly format: "csv" | "json"; readonly cursor?: string | undefined };
};

const EXPORT_ROWS = 1_000;
/** A function's answer may have 6 MB; escaped as JSON once more it still fits. */
const EXPORT_BYTES = 4 * 1024 * 1024;
const BATCH = 100;

/** What a scoped caller may see; undefined where they ask for somebody else's. */
function withinScope(caller: Caller, filters: ListFilters): ListFilters | undefined {
  if (caller.role !== "payee" && caller.role !== "company") return filters;
  const name = caller.role === "payee" ? "personId" : "companyId";
  const asked = filters[name];
  if (caller.scopeId === undefined || (asked !== undefined && asked !== caller.scopeId)) return undefined;
  return { ...filters, [name]: caller.scopeId };
}

/** A page of a list as `{data, pagination}`, or as CSV with the next cursor in a header. */
export async function answerList<E extends ListedEntity>(
  deps: ListAnswerDeps,
  call: ListCall,
  entity: E,
  asked: ListFilters,
): Promise<ApiResult> {
  const { caller, operationId, query, wantsCsv } = call;
  const { limit, cursor } = query;
  const filters = withinScope(caller, asked);
  if (filters === undefined)
    return wantsCsv ? csvAnswer(entity, [], undefined) : pageAnswer([], limit, undefined, null);
  const { organizationId } = caller;
  const request: ListRequest<E> = { organizationId, entity, list: operationId, filters, limit, cursor };
  const [read, total] = await Promise.all([
    deps.lists.read(request),
    wantsCsv ? null : deps.lists.total(organizationId, entity, filters),
  ]);
  if (!read.ok) return refused(read.code, read.message, read.field);
  const rows = await present(deps, request, read.page.records);
  return wantsCsv ? csvAnswer(entity, rows, read.page.next) : pageAnswer(rows, limit, read.page.next, total);
}

/** Up to 1,000 rows of a list and no more than fit an answer; the header `x-next-cursor` carries on. */
export async function answerExport<E extends ListedEntity>(
  deps: ListAnswerDeps,
  call: ExportCall,
  entity: E,
  asked: ListFilters,
): Promise<ApiResult> {
  const { caller, operationId, query } = call;
  const isCsv = query.format === "csv";
  const filters = withinScope(caller, asked);
  if (filters === undefined) {
    return isCsv ? csvAnswer(entity, [], undefined) : pageAnswer([], EXPORT_ROWS, undefined, null);
  }
  const { organizationId } = caller;
  const { cursor } = query;
  const request: ListRequest<E> = { organizationId, entity, list: operationId, filters, limit: EXPORT_ROWS, cursor };
  const read = await deps.lists.read(request);
  if (!read.ok) return refused(read.code, read.message, read.field);
  const all = await present(deps, request, read.page.records);
  const { rows, next } = withinBytes(all, read.page);
  return isCsv ? csvAnswer(entity, rows, next) : pageAnswer(rows, EXPORT_ROWS, next, null);
}

/** The rows that fit an answer, and where the rest begins. */
function withinBytes<E extends ListedEntity>(rows: readonly WireTypes[E][], page: ListPage<E>) {
  let bytes = 0;
  const cut = rows.findIndex((row) => {
    bytes += Buffer.byteLength(JSON.stringify(row));
    return bytes > EXPORT_BYTES;
  });
  if (cut < 1) return { rows, next: page.next };
  return { rows: rows.slice(0, cut), next: page.cursorAfter(cut - 1) };
}

/** Wire forms; a hold's says how the transfer of its release stands. */
async function present<E extends ListedEntity>(
  { getMany }: ListAnswerDeps,
  { organizationId, entity }: ListRequest<E>,
  records: readonly RecordTypes[E][],
): Promise<WireTypes[E][]> {
  if (entity !== "escrow_hold") return records.map((record) => presentRecord(entity, record));
  const keys = records.flatMap((record) => {
    const id = "transferId" in record && typeof record.transferId === "string" ? record.transferId : undefined;
    return (id === undefined ? undefined : familyKey(organizationId, id)) ?? [];
  });
  const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, batch) =>
    getMany(keys.slice(batch * BATCH, (batch + 1) * BATCH)),
  );
  const transfers = recordsIn("transfer", (await Promise.all(batches)).flat());
  const statuses = new Map<unknown, RecordTypes["transfer"]["status"]>(transfers.map(({ id, status }) => [id, status]));
  return records.map((record) => {
    const status = "transferId" in record ? statuses.get(record.transferId) : undefined;
    return presentRecord(entity, record, status === undefined ? {} : { transferStatus: status });
  });
}

function pageAnswer(data: readonly object[], limit: number, next: string | undefined, total: number | null): ApiResult {
  return answered({ data, pagination: { limit, next_cursor: next ?? null, total } }, nextHeader(next));
}

function csvAnswer(entity: ListedEntity, rows: readonly object[], next: string | undefined): ApiResult {
  const headers = nextHeader(next);
  const body = toCsv(wireSchemas[entity], rows);
  return { ok: true, body, contentType: CSV_TYPE, ...(headers === undefined ? {} : { headers }) };
}

function nextHeader(next: string | undefined): Readonly<Record<string, string>> | undefined {
  return next === undefined ? undefined : { "x-next-cursor": next };
}

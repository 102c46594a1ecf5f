import type { AuditLine } from "../audit/chain.ts";
import { auditItem, auditKey, auditPk } from "../audit/items.ts";
import type { AuditIndexEntry, AuditReader } from "../audit/reader.ts";
import { readFamily } from "../commands/records.ts";
import { addMs, isCalendarDate } from "../domain/dates.ts";
import type { EntityName, Instant } from "../domain/model.ts";
import { eventTypesByEntity, FLAGGED_ACTION, silentActions } from "../events/event-types.ts";
import { parseFamilyId } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import {
  type AuditSource,
  actionSources,
  actorSource,
  after,
  dailyEntries,
  type EntryPage,
  mergedEntries,
  type Stretch,
} from "./audit-pages.ts";
import { partsOf, postingsOf, readLinesOf } from "./family-lines.ts";

export interface AuditFilters {
  readonly action?: readonly string[] | undefined;
  readonly entityType?: EntityName | undefined;
  readonly entityId?: string | undefined;
  readonly payoutId?: string | undefined;
  readonly changedBy?: string | undefined;
  /** Has no index of its own: lines are read by the other filters, or by days. */
  readonly changedByType?: readonly string[] | undefined;
  readonly from?: Instant | undefined;
  /** Without this instant itself. */
  readonly to?: Instant | undefined;
}

export interface AuditQuery {
  readonly organizationId: string;
  readonly filters: AuditFilters;
  readonly ascending: boolean;
  readonly limit: number;
  /** Of the page before. */
  readonly position?: string | undefined;
  readonly now: Instant;
}

export interface AuditPage {
  readonly lines: readonly AuditLine[];
  /** Absent on the last page. */
  readonly next?: string | undefined;
  /** Index entries, or lines of the table itself, that were read. */
  readonly read: number;
}

export type AuditLog = ReturnType<typeof createAuditLog>;

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 365;
/** Lines may be dated by a clock that goes before ours. */
const SKEW_MS = 5 * 60_000;
/** What a page of several filters together reads at most. */
const MAX_READ = 1_000;
const CHUNK = 100;
/** Before and after every sort key of the indexes. */
const EARLIEST = "0";
const LATEST = "~";

/** Reads the audit log by one filter or several; null for a position that is none of this list. */
export function createAuditLog({ store, audit }: { readonly store: Store; readonly audit: AuditReader }) {
  async function readPage(query: AuditQuery): Promise<AuditPage | null> {
    const { payoutId, entityId } = query.filters;
    if (payoutId !== undefined) return readPayout(query, payoutId);
    const entity = entityOf(query.filters);
    if (entityId !== undefined && entity !== undefined) return readRecord(query, entity, entityId);
    return readIndexes(query);
  }

  /** All lines of a family are read, since its records' chains have no common order; 1,000 at the most. */
  async function readPayout(query: AuditQuery, payoutId: string): Promise<AuditPage | null> {
    const { organizationId, ascending, limit, position } = query;
    const family = await readFamily(store, organizationId, payoutId);
    if (family === undefined || family.payout.id !== payoutId) return { lines: [], read: 0 };
    const parts = partsOf(family);
    const found = await readLinesOf(audit, organizationId, [...parts, ...postingsOf(family.payout, parts)]);
    const ordered = ascending ? found.lines : found.lines.toReversed();
    const matching = ordered.filter((line) => matches(line, query.filters));
    const start = position === undefined ? 0 : matching.findIndex(({ id }) => id === position) + 1;
    if (position !== undefined && start === 0) return null;
    const lines = matching.slice(start, start + limit);
    const next = start + limit < matching.length ? lines.at(-1)?.id : undefined;
    return { lines, next, read: found.lines.length };
  }

  /** The table's own order: a record's versions. */
  async function readRecord(query: AuditQuery, entity: EntityName, entityId: string): Promise<AuditPage | null> {
    const { organizationId, ascending, limit, filters } = query;
    if (query.position !== undefined && !/^\d{12}(~\d{40})?$/.test(query.position)) return null;
    const pk = auditPk(organizationId, entity, entityId);
    const lines: AuditLine[] = [];
    let position = query.position;
    let read = 0;
    while (read < MAX_READ) {
      const page = await audit.chain(pk, { limit: limit - lines.length, after: position, ascending });
      read += page.lines.length;
      lines.push(...page.lines.filter((line) => matches(line, filters)));
      position = page.next;
      if (position === undefined || lines.length === limit) break;
    }
    return { lines, next: position, read };
  }

  async function readIndexes(query: AuditQuery): Promise<AuditPage | null> {
    const { limit, filters, position } = query;
    if (position !== undefined && !isCalendarDate(position.slice(0, 10))) return null;
    const combined = countOf(filters) > 1 || filters.changedByType !== undefined;
    // A page looks at so many days once, whatever it found there.
    const byDays = countOf(filters) === 0;
    const budget = combined ? MAX_READ : limit + Math.floor(limit / 10);
    let stretch = stretchOf(query);
    let next = position;
    if (next !== undefined) stretch = after(next, stretch);
    const { entityType } = filters;
    const prefix = entityType === undefined ? "" : auditPk(query.organizationId, entityType, "");
    const lines: AuditLine[] = [];
    let read = 0;
    while (stretch.from <= stretch.to) {
      const wanted = limit - lines.length;
      const bounds = { ...stretch, limit: combined ? Math.max(CHUNK, wanted) : wanted, budget: budget - read };
      const page = await entriesOf(query, bounds);
      read += page.read;
      const meant = page.entries.filter(({ pk }) => pk.startsWith(prefix));
      const matching = (await linesOf(meant)).filter(({ line }) => matches(line, filters));
      const taken = matching.slice(0, wanted);
      lines.push(...taken.map(({ line }) => line));
      const cut = taken.length < matching.length ? taken.at(-1)?.entry.daySk : undefined;
      if (cut !== undefined) return { lines, next: cut, read };
      if (page.done) return { lines, read };
      next = page.position ?? next;
      if (next === undefined || !combined || byDays || lines.length === limit || read >= budget) {
        return { lines, next, read };
      }
      stretch = after(next, stretchOf(query));
    }
    return { lines, read };
  }

  function entriesOf(query: AuditQuery, bounds: Stretch & { limit: number; budget: number }): Promise<EntryPage> {
    const { organizationId, filters } = query;
    const sources = sourcesOf(organizationId, filters);
    return sources === undefined ? dailyEntries(audit, organizationId, bounds) : mergedEntries(audit, sources, bounds);
  }

  async function linesOf(entries: readonly AuditIndexEntry[]) {
    const placeOf = ({ pk, sk }: { readonly pk: string; readonly sk: string }) => `${pk}\n${sk}`;
    const found = new Map((await audit.lines(entries)).map((line) => [placeOf(auditKey(line)), line]));
    return entries.flatMap((entry) => {
      const line = found.get(placeOf(entry));
      return line === undefined ? [] : [{ entry, line }];
    });
  }

  return { readPage };
}

/** The kind of record that is meant: named, or told by the id. */
export function entityOf({ entityType, entityId }: AuditFilters): EntityName | undefined {
  return entityType ?? (entityId === undefined ? undefined : parseFamilyId(entityId)?.entity);
}

/** The position after a line in the list that these filters make. */
export function positionOf(line: AuditLine, filters: AuditFilters): string {
  if (filters.payoutId !== undefined) return line.id;
  const { sk, daySk } = auditItem(line);
  return filters.entityId === undefined ? String(daySk) : sk;
}

function countOf({ action, entityType, changedBy }: AuditFilters): number {
  return [action, entityType, changedBy].filter((filter) => filter !== undefined).length;
}

/** The narrowest index; undefined where only the days are left. */
function sourcesOf(organizationId: string, { action, entityType, changedBy }: AuditFilters): AuditSource[] | undefined {
  if (changedBy !== undefined) return [actorSource(organizationId, changedBy)];
  if (action !== undefined) return actionSources(organizationId, action);
  return entityType === undefined ? undefined : actionSources(organizationId, actionsAbout(entityType));
}

const actionsByEntity: Partial<Readonly<Record<EntityName, readonly string[]>>> = eventTypesByEntity;

/** Every action that a line about such a record can have. */
function actionsAbout(entityType: EntityName): readonly string[] {
  const silent = silentActions.filter((action) => action.startsWith(`${entityType}.`));
  return [...(actionsByEntity[entityType] ?? []), ...silent, FLAGGED_ACTION];
}

function stretchOf({ filters, ascending, now }: AuditQuery): Stretch {
  const { from, to } = filters;
  if (countOf(filters) > 0) return { ascending, from: from ?? EARLIEST, to: to ?? LATEST };
  const end = to ?? addMs(now, SKEW_MS);
  return { ascending, from: from ?? addMs(end, -DEFAULT_DAYS * DAY_MS), to: end };
}

function matches(line: AuditLine, filters: AuditFilters): boolean {
  const { action, entityType, entityId, payoutId, changedBy, changedByType, from, to } = filters;
  return (
    (action === undefined || action.includes(line.action)) &&
    (entityType === undefined || entityType === line.entity_type) &&
    (entityId === undefined || entityId === line.entity_id) &&
    (payoutId === undefined || payoutId === line.payout_id) &&
    (changedBy === undefined || changedBy === line.changed_by) &&
    (changedByType === undefined || changedByType.includes(line.changed_by_type)) &&
    (from === undefined || line.created_at >= from) &&
    (to === undefined || line.created_at < to)
  );
}

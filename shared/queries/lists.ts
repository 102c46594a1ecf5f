import type { Counts } from "../counters/tally.ts";
import { isCounted } from "../counters/tally.ts";
import type { RecordTypes } from "../domain/model.ts";
import { fromItem, type Item } from "../store/items.ts";
import type { Key } from "../store/keys.ts";
import type { ListedEntity } from "../store/list-index.ts";
import type { ListReader } from "../store/list-reader.ts";
import { type CursorScope, decodeCursor, encodeCursor } from "./cursor.ts";
import { type ListedRecord, type ListFilters, matches } from "./list-filters.ts";
import { type ListPlan, type ListSource, listedKey, planList } from "./list-plan.ts";
import { createMerge, type Merge, type Placed } from "./merged-pages.ts";

/** What a list of a combination of filters may read of its index for one page. */
const MAX_ENTRIES = 1_000;
/** What is looked at together while few candidates match. */
const MAX_CANDIDATES = 300;
/** DynamoDB's limit of keys in a BatchGetItem. */
const BATCH = 100;

export interface ListDeps {
  readonly reader: ListReader;
  /** Strongly consistent, at most 100 keys. */
  readonly getMany: (keys: readonly Key[]) => Promise<readonly Item[]>;
  readonly counts: (organizationId: string) => Promise<Counts>;
}

export interface ListRequest<E extends ListedEntity> {
  readonly organizationId: string;
  readonly entity: E;
  /** Names the list in its cursors. */
  readonly list: string;
  readonly filters: ListFilters;
  /** At least 1. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ListPage<E extends ListedEntity> {
  readonly records: readonly RecordTypes[E][];
  /** The cursor after the record at a place of `records`. */
  readonly cursorAfter: (place: number) => string;
  /** Where the list goes on; absent at its end. A page may be short, or empty, and still go on. */
  readonly next?: string;
  readonly entriesRead: number;
}

export type ListResult<E extends ListedEntity> =
  | { readonly ok: true; readonly page: ListPage<E> }
  | {
      readonly ok: false;
      readonly code: "invalid_cursor" | "invalid_request";
      readonly message: string;
      readonly field: string;
    };

interface Candidate extends Placed {
  readonly key: Key;
  /** Where the source holds the record itself. */
  readonly item?: Item;
}

export type Lists = ReturnType<typeof createLists>;

/** Reads pages of an organization's records, in the order of an index, at the cost of what they show. */
export function createLists({ reader, getMany, counts }: ListDeps) {
  return {
    /** One page; refused where the cursor isn't of this list, or amounts are asked for without a currency. */
    async read<E extends ListedEntity>(request: ListRequest<E>): Promise<ListResult<E>> {
      const { organizationId, entity, list, filters, limit, cursor } = request;
      const planned = planList(organizationId, entity, filters);
      if (!planned.ok) return { ok: false, code: "invalid_request", message: planned.message, field: planned.field };
      const { plan } = planned;
      const scope: CursorScope = { organizationId, list, filters };
      const after = cursor === undefined ? undefined : decodeCursor(scope, cursor);
      if (cursor !== undefined && (after === undefined || !isPositionOf(request, plan, after))) {
        return { ok: false, code: "invalid_cursor", message: "the cursor is not of this list", field: "cursor" };
      }
      const merge = createMerge<ListSource, Candidate>({
        sources: plan.sources,
        descending: plan.descending,
        after,
        read: (source, position, size) => readSource(request, plan, source, position, size),
      });
      const found = await fill(request, plan, merge, limit);
      const encode = (position: string) => encodeCursor(scope, position);
      const last = found.last ?? after;
      return {
        ok: true,
        page: {
          records: found.rows.map(({ record }) => record),
          cursorAfter: (place) => {
            const row = found.rows[place];
            if (row === undefined) throw new RangeError(`the page has no record at ${place}`);
            return encode(row.position);
          },
          ...(found.isEnd || last === undefined ? {} : { next: encode(last) }),
          entriesRead: merge.entriesRead(),
        },
      };
    },

    /** How many records a list has, where counters know it; null where they don't. A moment behind the records. */
    async total(organizationId: string, entity: ListedEntity, filters: ListFilters): Promise<number | null> {
      const { status, currency, sort: _sort, ...others } = filters;
      if (!isCounted(entity) || Object.values(others).some((value) => value !== undefined)) return null;
      const byStatus = (await counts(organizationId))[entity] ?? {};
      let total = 0;
      for (const [name, byCurrency] of Object.entries(byStatus)) {
        if (status !== undefined && !status.includes(name)) continue;
        for (const [code, tally] of Object.entries(byCurrency)) {
          if (currency === undefined || code === currency) total += tally.count;
        }
      }
      return Math.max(0, total);
    },
  };

  async function readSource(
    { organizationId, entity }: ListRequest<ListedEntity>,
    { range, descending }: ListPlan,
    source: ListSource,
    position: string | undefined,
    limit: number,
  ): Promise<{ entries: Candidate[]; isEnd: boolean }> {
    if (source.kind === "record") {
      const entries = position === undefined ? [{ key: source.key, position: source.id }] : [];
      return { entries, isEnd: true };
    }
    const key = position === undefined ? undefined : keyAt(organizationId, entity, position);
    if (source.kind === "index") {
      const { index, partition } = source;
      const after = key === undefined || position === undefined ? undefined : { key, position };
      return reader.index({ index, partition, ...range, descending, after, limit });
    }
    if (!isFamilyEntity(entity)) throw new TypeError(`a payout has no ${entity}`);
    const { family } = source;
    const { items, isEnd } = await reader.family({ organizationId, family, entity, descending, after: key, limit });
    return { entries: items.map((item) => ({ key: item, item, position: String(item.id) })), isEnd };
  }

  async function fill<E extends ListedEntity>(
    { entity, filters }: ListRequest<E>,
    plan: ListPlan,
    merge: Merge<Candidate>,
    limit: number,
  ) {
    const ahead = limit + Math.floor(limit / 10);
    const mayRead = Math.max(plan.isExact ? ahead : Math.max(ahead, MAX_ENTRIES), plan.sources.length);
    const rows: { record: RecordTypes[E]; position: string }[] = [];
    let last: string | undefined;
    let looked = 0;
    for (;;) {
      const missing = limit - rows.length;
      // Where few match, more are looked at together, as many as have been needed so far for each that did.
      const wanted = plan.isExact ? missing : Math.ceil((missing * (looked + 1)) / (rows.length + 1));
      const candidates = await merge.take(
        Math.min(wanted, Math.max(missing, MAX_CANDIDATES)),
        mayRead - merge.entriesRead(),
      );
      if (candidates.length === 0) break;
      const items = await itemsOf(candidates);
      for (const [place, candidate] of candidates.entries()) {
        if (rows.length === limit) return { rows, last, isEnd: false };
        last = candidate.position;
        looked += 1;
        const item = items[place];
        if (item === undefined) continue;
        const record = fromItem(entity, item);
        if (matches(filters, { entity, ...record } as unknown as ListedRecord)) {
          rows.push({ record, position: candidate.position });
        }
      }
      if (rows.length === limit) break;
    }
    return { rows, last, isEnd: merge.hasEnded() };
  }

  /** The records of candidates, in their order; undefined where there is none (any more). */
  async function itemsOf(candidates: readonly Candidate[]): Promise<(Item | undefined)[]> {
    const keys = candidates.filter(({ item }) => item === undefined).map(({ key }) => key);
    const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, batch) =>
      getMany(keys.slice(batch * BATCH, (batch + 1) * BATCH)),
    );
    const read = new Map((await Promise.all(batches)).flat().map((item) => [`${item.pk}\n${item.sk}`, item]));
    return candidates.map(({ key, item }) => item ?? read.get(`${key.pk}\n${key.sk}`));
  }
}

type FamilyListed = Exclude<ListedEntity, "payee" | "role_assignment" | "security_event">;

function isFamilyEntity(entity: ListedEntity): entity is FamilyListed {
  return entity !== "payee" && entity !== "role_assignment" && entity !== "security_event";
}

/** The record's key, from the id in its position. */
function keyAt(organizationId: string, entity: ListedEntity, position: string): Key | undefined {
  return listedKey(organizationId, entity, position.slice(position.indexOf("#") + 1));
}

/** A position within the list's range, of a record that could be in it: anything else was made up. */
function isPositionOf(
  { organizationId, entity }: ListRequest<ListedEntity>,
  { sources, range: { from, to } }: ListPlan,
  position: string,
): boolean {
  const [source] = sources;
  const key = keyAt(organizationId, entity, position);
  if (source === undefined || key === undefined) return false;
  if (source.kind !== "index")
    return !position.includes("#") && key.pk.endsWith(source.kind === "family" ? source.family : "");
  return position.includes("#") && (from === undefined || position >= from) && (to === undefined || position < to);
}

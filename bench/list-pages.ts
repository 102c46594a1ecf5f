/** P10: what pages of the lists read, the first and a far one, by filter and in both directions. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { encodeCursor } from "../shared/queries/cursor.ts";
import { type ListedRecord, type ListFilters, type ListSort, matches } from "../shared/queries/list-filters.ts";
import { createLists } from "../shared/queries/lists.ts";
import { listPosition } from "../shared/store/list-index.ts";
import { createListReader } from "../shared/store/list-reader.ts";
import { createStore } from "../shared/store/store.ts";
import {
  collections,
  holdReasons,
  holdStatuses,
  type ListCollection,
  listRecords,
  ORGANIZATION,
  payoutStatuses,
  type SeededStore,
  SHARED_HOLDS,
  SHARED_PAYOUT,
  SHARED_TRANSFERS,
  type Sizes,
  scheduleStatuses,
  transferStatuses,
  triggerEvents,
} from "./list-records.ts";

export interface ListCase {
  readonly entity: ListCollection;
  readonly name: string;
  readonly filters: ListFilters;
}

/** One page of a list. */
export interface PageReads {
  readonly list: string;
  readonly filter: string;
  readonly direction: "up" | "down";
  readonly limit: number;
  /** From 1. */
  readonly page: number;
  readonly records: number;
  readonly reads: Reads;
}

export interface Reads {
  /** Entries of an index, or records of a payout's partition, as DynamoDB counts them. */
  readonly entries: number;
  readonly units: number;
}

const DATES: ListFilters = { from: "2026-01-05T08:00:00.000Z", to: "2027-01-05T08:00:00.000Z" };
const AMOUNTS: ListFilters = { currency: "USD", minAmountMinor: 50_000, maxAmountMinor: 900_000 };

function each(name: string, key: "status" | "kind", values: readonly string[]) {
  const alone = values.map((value) => [`${name} ${value}`, { [key]: [value] }] as const);
  const [first = "", second = ""] = values;
  return [
    ...alone,
    [`${name}: two`, { [key]: [first, second] }] as const,
    [`${name}: all`, { [key]: [...values] }] as const,
  ];
}

const everywhere: readonly (readonly [string, ListFilters])[] = [
  ["none", {}],
  ["dates", DATES],
  ["payee", { personId: "payee-1" }],
  ["a payee's id searched", { q: "payee-1" }],
];
const ofMoney: readonly (readonly [string, ListFilters])[] = [
  ["company", { companyId: "company-1" }],
  ["placement", { placementId: "placement-1" }],
  ["currency", { currency: "EUR" }],
  ["amounts", AMOUNTS],
];

const filtersByList: Readonly<Record<ListCollection, readonly (readonly [string, ListFilters])[]>> = {
  payout_schedule: [
    ...everywhere,
    ...ofMoney,
    ...each("status", "status", scheduleStatuses),
    ...each("trigger", "kind", triggerEvents),
    ["payout", { payoutId: SHARED_PAYOUT }],
  ],
  escrow_hold: [
    ...everywhere,
    ...ofMoney,
    ...each("status", "status", holdStatuses),
    ...each("reason", "kind", holdReasons),
    ["payout", { payoutId: SHARED_HOLDS }],
  ],
  payout: [...everywhere, ...ofMoney, ...each("status", "status", payoutStatuses), ["period", { kind: ["2026-11"] }]],
  transfer: [...everywhere, ...each("status", "status", transferStatuses), ["payout", { payoutId: SHARED_TRANSFERS }]],
};

export const listCases: readonly ListCase[] = collections.flatMap((entity) =>
  filtersByList[entity].map(([name, filters]) => ({ entity, name, filters })),
);

/** What a page may read. */
export function mayRead(limit: number): number {
  return Math.floor(limit * 1.1);
}

interface Answer {
  readonly ScannedCount?: number;
  readonly ConsumedCapacity?: Capacity | readonly Capacity[];
}
interface Capacity {
  readonly CapacityUnits?: number;
}

/** Adds up what a client's calls read, as the store reports it. */
function watchReads(client: DynamoDBDocumentClient) {
  let reads: Reads = { entries: 0, units: 0 };
  client.middlewareStack.add(
    (next) => async (args) => {
      const input = { ...args.input, ReturnConsumedCapacity: "TOTAL" } as typeof args.input;
      const result = await next({ ...args, input });
      const { ScannedCount = 0, ConsumedCapacity = [] } = result.output as Answer;
      const units = [ConsumedCapacity].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
      reads = { entries: reads.entries + ScannedCount, units: reads.units + units };
      return result;
    },
    { step: "initialize", name: "watch-list-reads", priority: "high" },
  );
  return {
    /** What was read since the last time. */
    taken(): Reads {
      const taken = reads;
      reads = { entries: 0, units: 0 };
      return taken;
    },
    stop: () => void client.middlewareStack.remove("watch-list-reads"),
  };
}

/** Where the records of a list stand in its order, as they were made. */
function positionsOf({ entity, filters }: ListCase, size: number, direction: "up" | "down"): readonly string[] {
  const order = filters.currency === undefined ? "date" : "amount";
  const positions: string[] = [];
  for (let number = 0; number < size; number += 1) {
    const record = { entity, ...listRecords[entity](number) } as ListedRecord;
    if (!matches(filters, record)) continue;
    positions.push(filters.payoutId === undefined ? listPosition(order, record) : record.id);
  }
  positions.sort();
  return direction === "up" ? positions : positions.reverse();
}

/** Reads the given pages of each list, up and down; of a shorter list its last page. */
export async function listPages(
  { client, tableName }: SeededStore,
  cases: readonly ListCase[],
  { limit, pages, sizes }: { readonly limit: number; readonly pages: readonly number[]; readonly sizes: Sizes },
): Promise<PageReads[]> {
  const store = createStore({ client, tableName });
  const lists = createLists({
    reader: createListReader({ client, tableName }),
    getMany: store.getMany,
    counts: async () => ({}),
  });
  const watch = watchReads(client);

  async function read(one: ListCase, direction: "up" | "down"): Promise<PageReads[]> {
    const { entity, name } = one;
    const sort =
      `${direction === "up" ? "" : "-"}${one.filters.currency === undefined ? "date" : "amount"}` as ListSort;
    const filters = { ...one.filters, sort };
    const scope = { organizationId: ORGANIZATION, list: "bench", filters };
    const positions = positionsOf(one, sizes[entity], direction);
    const found: PageReads[] = [];
    for (const wanted of pages) {
      const page = Math.min(wanted, Math.ceil(positions.length / limit));
      const before = positions[(page - 1) * limit - 1];
      const cursor = before === undefined ? undefined : encodeCursor(scope, before);
      watch.taken();
      const result = await lists.read({ ...scope, entity, limit, cursor });
      if (!result.ok) throw new Error(result.message);
      const { records } = result.page;
      found.push({ list: entity, filter: name, direction, limit, page, records: records.length, reads: watch.taken() });
    }
    return found;
  }

  try {
    const found: PageReads[] = [];
    for (const one of cases) found.push(...(await read(one, "up")), ...(await read(one, "down")));
    return found;
  } finally {
    watch.stop();
  }
}

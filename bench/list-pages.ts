/** P10: what pages of the lists read, near their beginning and far from it, by filter and in both directions. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { ListFilters } from "../shared/queries/list-filters.ts";
import { createLists } from "../shared/queries/lists.ts";
import type { ListedEntity } from "../shared/store/list-index.ts";
import { createListReader } from "../shared/store/list-reader.ts";
import { createStore } from "../shared/store/store.ts";
import {
  holdReasons,
  holdStatuses,
  ORGANIZATION,
  payoutStatuses,
  type SeededStore,
  SHARED_HOLDS,
  SHARED_PAYOUT,
  SHARED_TRANSFERS,
  scheduleStatuses,
  transferStatuses,
  triggerEvents,
} from "./list-records.ts";

export interface ListCase {
  readonly entity: ListedEntity;
  readonly name: string;
  readonly filters: ListFilters;
}

/** One walk through a list. */
export interface PageReads {
  readonly list: string;
  readonly filter: string;
  readonly direction: "up" | "down";
  readonly limit: number;
  /** Pages read; fewer than asked for where the list ended. */
  readonly pages: number;
  readonly records: number;
  readonly first: Reads;
  readonly last: Reads;
  /** The most entries that any page read. */
  readonly most: number;
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

const filtersByList: Readonly<Partial<Record<ListedEntity, readonly (readonly [string, ListFilters])[]>>> = {
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

export const listCases: readonly ListCase[] = Object.entries(filtersByList).flatMap(([entity, filters]) =>
  filters.map(([name, filter]) => ({ entity: entity as ListedEntity, name, filters: filter })),
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

/** Walks each list up and down, page by page by its cursors. */
export async function listPages(
  { client, tableName }: SeededStore,
  cases: readonly ListCase[],
  { limit, pages }: { readonly limit: number; readonly pages: number },
): Promise<PageReads[]> {
  const store = createStore({ client, tableName });
  const lists = createLists({
    reader: createListReader({ client, tableName }),
    getMany: store.getMany,
    counts: async () => ({}),
  });
  const watch = watchReads(client);

  async function walk({ entity, name, filters }: ListCase, direction: "up" | "down"): Promise<PageReads> {
    const byAmount = filters.currency !== undefined;
    const sort = byAmount ? (direction === "up" ? "amount" : "-amount") : direction === "up" ? "date" : "-date";
    const request = {
      organizationId: ORGANIZATION,
      entity,
      list: "bench",
      filters: { ...filters, sort },
      limit,
    } as const;
    const read: Reads[] = [];
    let records = 0;
    let cursor: string | undefined;
    for (let page = 0; page < pages; page += 1) {
      watch.taken();
      const result = await lists.read({ ...request, cursor });
      if (!result.ok) throw new Error(result.message);
      read.push(watch.taken());
      records += result.page.records.length;
      cursor = result.page.next;
      if (cursor === undefined) break;
    }
    const [first, last] = [read[0], read.at(-1)];
    if (first === undefined || last === undefined) throw new RangeError("a walk takes a page at least");
    const most = Math.max(...read.map(({ entries }) => entries));
    return { list: entity, filter: name, direction, limit, pages: read.length, records, first, last, most };
  }

  try {
    const walks: PageReads[] = [];
    for (const one of cases) walks.push(await walk(one, "up"), await walk(one, "down"));
    return walks;
  } finally {
    watch.stop();
  }
}

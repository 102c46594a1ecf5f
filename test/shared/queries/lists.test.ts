import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  holdReasons,
  holdStatuses,
  listRecords,
  ORGANIZATION,
  payoutStatuses,
  SHARED_PAYOUT,
  scheduleStatuses,
  seedLists,
  transferStatuses,
  triggerEvents,
} from "../../../bench/list-records.ts";
import type { Counts } from "../../../shared/counters/tally.ts";
import type { EscrowHold, Payout, PayoutSchedule, Transfer } from "../../../shared/domain/model.ts";
import type { ListFilters, ListSort } from "../../../shared/queries/list-filters.ts";
import { createLists, type Lists } from "../../../shared/queries/lists.ts";
import { toItem } from "../../../shared/store/items.ts";
import { familyKey } from "../../../shared/store/keys.ts";
import { createListReader, type ListReader } from "../../../shared/store/list-reader.ts";
import { createStore, type Store } from "../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";

const SIZES = { payout_schedule: 120, escrow_hold: 120, payout: 120, transfer: 90 };
const numbers = (size: number) => Array.from({ length: size }, (_, number) => number);
const all = {
  payout_schedule: numbers(SIZES.payout_schedule).map(listRecords.payout_schedule),
  escrow_hold: numbers(SIZES.escrow_hold).map(listRecords.escrow_hold),
  payout: numbers(SIZES.payout).map(listRecords.payout),
  transfer: numbers(SIZES.transfer).map(listRecords.transfer),
};
type Collection = keyof typeof all;
type Listed = PayoutSchedule | EscrowHold | Payout | Transfer;

let dynamo: TestDynamo;
let store: Store;
let reader: ListReader;
let lists: Lists;

beforeAll(async () => {
  dynamo = await startDynamo();
  const { table } = await dynamo.createTables({ stream: false });
  const options = { client: dynamo.client, tableName: table };
  store = createStore(options);
  reader = createListReader(options);
  await seedLists(options, SIZES);
  lists = createLists({ reader, getMany: store.getMany, counts: async () => counts });
});
afterAll(() => dynamo.stop());

const tally = (count: number) => ({ count, amountMinor: 0 });
const counts: Counts = {
  payout: { paid: { USD: tally(7), EUR: tally(3) }, approved: { USD: tally(2) } },
  payee: { verified: { XXX: tally(4) }, unverified: { XXX: tally(1) } },
};

/** Every page's records, by the cursors. */
async function walk(entity: Collection, filters: ListFilters, limit: number) {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 400; pages += 1) {
    const result = await lists.read({ organizationId: ORGANIZATION, entity, list: "test", filters, limit, cursor });
    if (!result.ok) throw new Error(result.message);
    expect(result.page.records.length).toBeLessThanOrEqual(limit);
    ids.push(...result.page.records.map(({ id }) => id));
    cursor = result.page.next;
    if (cursor === undefined) return ids;
  }
  throw new Error("the list has no end");
}

/** A list as somebody would describe it who has never heard of an index. */
function described(entity: Collection, filters: ListFilters): readonly Listed[] {
  const { status, kind, from, to, minAmountMinor, maxAmountMinor, q } = filters;
  const kindOf = (record: Listed) =>
    "triggerEvent" in record
      ? record.triggerEvent
      : "holdReason" in record
        ? record.holdReason
        : "period" in record
          ? record.period
          : undefined;
  const payoutOf = (record: Listed) => ("payoutId" in record ? record.payoutId : record.id);
  const records: readonly Listed[] = all[entity];
  return records.filter((record) => {
    const date = dateOf(record);
    if (status !== undefined && !status.includes(record.status)) return false;
    if (kind !== undefined && !kind.includes(kindOf(record) ?? "")) return false;
    if (filters.personId !== undefined && record.payeeId !== filters.personId) return false;
    if (filters.companyId !== undefined && record.companyId !== filters.companyId) return false;
    if (filters.placementId !== undefined && record.placementId !== filters.placementId) return false;
    if (filters.payoutId !== undefined && payoutOf(record) !== filters.payoutId) return false;
    if (filters.currency !== undefined && record.currency !== filters.currency) return false;
    if (minAmountMinor !== undefined && record.amountMinor < minAmountMinor) return false;
    if (maxAmountMinor !== undefined && record.amountMinor > maxAmountMinor) return false;
    if (from !== undefined && (date === undefined || date < from)) return false;
    if (to !== undefined && (date === undefined || date >= to)) return false;
    const ids = [record.id, payoutOf(record), record.payeeId, record.placementId, record.companyId];
    return q === undefined || ids.includes(q);
  });
}

function dateOf(record: Listed): string | undefined {
  if ("triggerEvent" in record) return record.scheduledDate;
  return "releaseDate" in record ? record.releaseDate : record.createdAt;
}

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });
const someOf = (values: readonly string[]) => fc.subarray([...values], { minLength: 1 });
const kinds: Readonly<Record<Collection, readonly string[]>> = {
  payout_schedule: triggerEvents,
  escrow_hold: holdReasons,
  payout: ["2026-11", "2026-W48"],
  transfer: [],
};
const statuses: Readonly<Record<Collection, readonly string[]>> = {
  payout_schedule: scheduleStatuses,
  escrow_hold: holdStatuses,
  payout: payoutStatuses,
  transfer: transferStatuses,
};

const requests = fc.constantFrom<Collection>("payout_schedule", "escrow_hold", "payout", "transfer").chain((entity) =>
  fc.record({
    entity: fc.constant(entity),
    limit: fc.constantFrom(3, 10, 25, 100),
    filters: fc
      .record({
        status: maybe(someOf(statuses[entity])),
        kind: entity === "transfer" ? fc.constant(undefined) : maybe(someOf(kinds[entity])),
        personId: maybe(fc.constantFrom("payee-1", "payee-7", "nobody")),
        companyId: maybe(fc.constantFrom("company-1", "company-5")),
        placementId: maybe(fc.constantFrom("placement-1", "placement-40")),
        payoutId: maybe(fc.constantFrom(SHARED_PAYOUT, all.payout[3]?.id ?? "", "po_nonsense")),
        currency: maybe(fc.constantFrom("USD", "EUR")),
        minAmountMinor: maybe(fc.nat(600_000)),
        maxAmountMinor: maybe(fc.nat(1_000_000)),
        from: maybe(fc.constantFrom("2026-01-05T08:14:00.000Z", "2026-04-01T00:00:00.000Z")),
        to: maybe(fc.constantFrom("2026-01-05T12:00:00.000Z", "2026-12-01T00:00:00.000Z")),
        q: maybe(fc.constantFrom("payee-1", "company-1", SHARED_PAYOUT, all[entity][5]?.id ?? "", "nobody")),
        sort: maybe(fc.constantFrom<ListSort>("date", "-date", "amount", "-amount")),
      })
      .map((filters) => {
        // One, two or three at a time are what people ask for; all of them at once match nothing.
        const named = Object.entries(filters).filter(([, value]) => value !== undefined);
        return Object.fromEntries(named.slice(0, 1 + (named.length % 3))) as ListFilters;
      })
      .filter(
        ({ currency, minAmountMinor, maxAmountMinor, sort }) =>
          currency !== undefined ||
          (minAmountMinor === undefined && maxAmountMinor === undefined && !sort?.endsWith("amount")),
      )
      .filter(({ currency, sort }) => entity !== "transfer" || (currency === undefined && !sort?.endsWith("amount")))
      // A transfer is in no index of placements and companies.
      .filter(
        ({ companyId, placementId, q }) => entity !== "transfer" || (!companyId && !placementId && q !== "company-1"),
      ),
  }),
);

describe("a list", () => {
  it("walked by its cursors shows every record that was asked for, once, whatever the filters and the limit", async () => {
    await fc.assert(
      fc.asyncProperty(requests, async ({ entity, filters, limit }) => {
        const ids = await walk(entity, filters, limit);
        expect(ids.toSorted()).toEqual(
          described(entity, filters)
            .map(({ id }) => id)
            .sort(),
        );
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, Collection, ListFilters]>([
    ["schedules", "payout_schedule", {}],
    ["schedules of several statuses", "payout_schedule", { status: ["pending", "failed", "completed"] }],
    ["holds of a payee", "escrow_hold", { personId: "payee-1" }],
    ["payouts of two periods", "payout", { kind: ["2026-11", "2026-W48"] }],
  ])("is in the order of its date, both ways, and what has no date is last: %s", async (_name, entity, filters) => {
    const up = await walk(entity, { ...filters, sort: "date" }, 25);
    const dates = up.map((id) => {
      const record = (all[entity] as readonly Listed[]).find((one) => one.id === id);
      return (record && dateOf(record)) ?? "z";
    });
    expect(dates).toEqual(dates.toSorted());
    expect(await walk(entity, { ...filters, sort: "-date" }, 25)).toEqual(up.toReversed());
  });

  it("is in the order of its amounts where that is asked for", async () => {
    const up = await walk("payout", { currency: "USD", sort: "amount" }, 25);
    const amounts = up.map((id) => all.payout.find((one) => one.id === id)?.amountMinor ?? 0);
    expect(amounts.length).toBeGreaterThan(20);
    expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));
    expect(await walk("payout", { currency: "USD", sort: "-amount" }, 25)).toEqual(up.toReversed());
  });

  it.each<ListFilters>([{ minAmountMinor: 5 }, { maxAmountMinor: 5 }, { sort: "amount" }, { sort: "-amount" }])(
    "by amount takes a currency: %j",
    async (filters) => {
      const result = await lists.read({
        organizationId: ORGANIZATION,
        entity: "payout",
        list: "test",
        filters,
        limit: 5,
      });
      expect(result).toMatchObject({ ok: false, code: "invalid_request", field: "currency" });
    },
  );

  it("of another organization is empty, also with that organization's ids", async () => {
    for (const filters of [
      {},
      { personId: "payee-1" },
      { payoutId: SHARED_PAYOUT },
      { q: all.payout_schedule[5]?.id },
    ]) {
      const request = { organizationId: "other", entity: "payout_schedule", list: "test", filters, limit: 5 } as const;
      const result = await lists.read(request);
      expect(result).toMatchObject({ ok: true, page: { records: [] } });
    }
  });

  it("leaves out what has moved on since its index was read, and says where it goes on", async () => {
    const moved = createLists({
      reader,
      getMany: async (keys) =>
        (await store.getMany(keys)).map((item, place) => (place < 2 ? { ...item, status: "failed" } : item)),
      counts: async () => ({}),
    });
    const filters = { status: ["completed"] };
    const request = {
      organizationId: ORGANIZATION,
      entity: "payout_schedule",
      list: "test",
      filters,
      limit: 10,
    } as const;
    const result = await moved.read(request);
    if (!result.ok) throw new Error(result.message);
    expect(result.page.records.length).toBeLessThan(10);
    expect(result.page.records.every(({ status }) => status === "completed")).toBe(true);
    expect(result.page.next).toBeDefined();
  });
});

describe("a page that many candidates don't match", () => {
  const SIZE = 5_000;
  const rare = 1_700;
  const record = (number: number): Payout => ({
    ...listRecords.payout(number),
    status: "paid",
    payeeId: number === rare ? "rare" : "common",
  });
  const places = new Map(
    numbers(SIZE).map((number) => [familyKey(ORGANIZATION, listRecords.payout(number).id)?.pk, number]),
  );
  const position = (number: number) => `${listRecords.payout(number).createdAt}#${listRecords.payout(number).id}`;
  const large = createLists({
    reader: {
      ...createListReader({ client: {} as never, tableName: "none" }),
      index: async ({ after, limit }) => {
        const start = after === undefined ? 0 : (places.get(after.key.pk) ?? 0) + 1;
        const chosen = numbers(SIZE).slice(start, start + limit);
        const entries = chosen.map((number) => ({
          key: familyKey(ORGANIZATION, listRecords.payout(number).id) ?? { pk: "", sk: "" },
          position: position(number),
        }));
        return { entries, isEnd: start + limit > SIZE };
      },
    },
    getMany: async (keys) => keys.map(({ pk }) => toItem("payout", record(places.get(pk) ?? 0))),
    counts: async () => ({}),
  });

  it("reads a thousand entries at the most, comes out short and goes on until it is found", async () => {
    // Neither filter has an index together with the other; here the status' is read.
    const filters: ListFilters = { status: ["paid"], currency: record(rare).currency, sort: "date", q: undefined };
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const wanted = { ...filters, minAmountMinor: record(rare).amountMinor, maxAmountMinor: record(rare).amountMinor };
      const request = {
        organizationId: ORGANIZATION,
        entity: "payout",
        list: "test",
        filters: wanted,
        limit: 10,
      } as const;
      const result = await large.read({ ...request, cursor });
      if (!result.ok) throw new Error(result.message);
      expect(result.page.entriesRead).toBeLessThanOrEqual(1_000);
      found.push(...result.page.records.map(({ id }) => id));
      cursor = result.page.next;
      pages += 1;
    } while (cursor !== undefined);
    expect(found).toEqual([record(rare).id]);
    expect(pages).toBeGreaterThanOrEqual(5);
  });
});

describe("a list's cursor", () => {
  const request = {
    organizationId: ORGANIZATION,
    entity: "escrow_hold",
    list: "listEscrowHolds",
    filters: {},
    limit: 5,
  } as const;
  const firstCursor = async () => {
    const result = await lists.read(request);
    if (!result.ok || result.page.next === undefined) throw new Error("the list is too short");
    return result.page.next;
  };
  const forged = (position: string, original: string) => {
    const parts = JSON.parse(Buffer.from(original, "base64url").toString()) as object;
    return Buffer.from(JSON.stringify({ ...parts, p: position })).toString("base64url");
  };

  it.each<[string, object]>([
    ["another organization", { organizationId: "other" }],
    ["other filters", { filters: { status: ["active"] } }],
    ["another order", { filters: { sort: "-date" } }],
    ["another list", { list: "listPayouts" }],
  ])("is refused by %s", async (_name, other) => {
    const cursor = await firstCursor();
    expect(await lists.read({ ...request, ...other, cursor })).toMatchObject({ ok: false, code: "invalid_cursor" });
    expect(await lists.read({ ...request, cursor })).toMatchObject({ ok: true });
  });

  it("goes on with another limit", async () => {
    const result = await lists.read({ ...request, limit: 50, cursor: await firstCursor() });
    expect(result).toMatchObject({ ok: true });
  });

  it.each(["", "x", "e30", "bnVsbA", "-_-_", Buffer.from('{"v":0}').toString("base64url")])(
    "is refused where it is none: %j",
    async (cursor) => {
      expect(await lists.read({ ...request, cursor })).toMatchObject({ ok: false, code: "invalid_cursor" });
    },
  );

  it.each(["2026-01-01T00:00:00.000Z#po_nonsense", "#", "somewhere", `2026#${SHARED_PAYOUT}`, "2026#payee-1"])(
    "is refused where its position can't be the list's: %j",
    async (position) => {
      const cursor = forged(position, await firstCursor());
      expect(await lists.read({ ...request, cursor })).toMatchObject({ ok: false, code: "invalid_cursor" });
    },
  );

  it("is refused where its position lies outside of the dates that are asked for", async () => {
    const filters = { from: "2026-02-01T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z" };
    const first = await lists.read({ ...request, filters });
    if (!first.ok || first.page.next === undefined) throw new Error("the list is too short");
    const cursor = forged(`2026-01-31T00:00:00.000Z#${all.escrow_hold[1]?.id}`, first.page.next);
    expect(await lists.read({ ...request, filters, cursor })).toMatchObject({ ok: false, code: "invalid_cursor" });
  });
});

describe("a list's total", () => {
  it.each<[ListFilters, number | null]>([
    [{}, 12],
    [{ sort: "-date" }, 12],
    [{ status: ["paid"] }, 10],
    [{ status: ["paid", "approved"] }, 12],
    [{ status: ["failed"] }, 0],
    [{ currency: "EUR" }, 3],
    [{ currency: "USD", status: ["approved"] }, 2],
    [{ personId: "payee-1" }, null],
    [{ q: "payee-1" }, null],
    [{ currency: "USD", minAmountMinor: 5 }, null],
  ])("comes from counters where they know it: %j is %j", async (filters, total) => {
    expect(await lists.total(ORGANIZATION, "payout", filters)).toBe(total);
  });

  it("is known of payees, and not of what isn't counted", async () => {
    expect(await lists.total(ORGANIZATION, "payee", {})).toBe(5);
    expect(await lists.total(ORGANIZATION, "security_event", {})).toBeNull();
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCases, listPages, mayRead, type PageReads } from "../../bench/list-pages.ts";
import { seedLists } from "../../bench/list-records.ts";
import { startDynamo, type TestDynamo } from "../support/dynamodb.ts";

/** Each filter still has more than three pages of these. */
const SIZES = { schedules: 240, holds: 220, payouts: 170, transfers: 150 };
const LIMIT = 10;

let dynamo: TestDynamo;
let walks: readonly PageReads[];

beforeAll(async () => {
  dynamo = await startDynamo();
  const { table } = await dynamo.createTables();
  const store = { client: dynamo.client, tableName: table };
  await seedLists(store, SIZES);
  walks = await listPages(store, listCases, { limit: LIMIT, pages: 3 });
}, 30_000);
afterAll(() => dynamo.stop());

describe("a page of a list", () => {
  it("reads a tenth more entries than its limit at the most, with each filter, in both directions, however far", () => {
    const dear = walks.filter(({ most }) => most > mayRead(LIMIT));
    expect(dear).toEqual([]);
    expect(walks).toHaveLength(2 * listCases.length);
    expect(walks.filter(({ pages }) => pages < 3)).toEqual([]);
  });

  it("is full with a filter of one value", () => {
    const single = walks.filter(({ filter }) => !filter.includes(": "));
    expect(single.filter(({ records }) => records !== 3 * LIMIT)).toEqual([]);
  });

  it("is half full at least with several values of a filter", () => {
    const several = walks.filter(({ filter }) => filter.includes(": "));
    expect(several.filter(({ records }) => records < 1.5 * LIMIT)).toEqual([]);
    expect(several.length).toBeGreaterThan(10);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCases, listPages, mayRead, type PageReads } from "../../bench/list-pages.ts";
import { seedLists } from "../../bench/list-records.ts";
import { startDynamo, type TestDynamo } from "../support/dynamodb.ts";

/** Each filter has more than three pages of these. */
const SIZES = { payout_schedule: 240, escrow_hold: 220, payout: 170, transfer: 150 };
const LIMIT = 10;

let dynamo: TestDynamo;
let pages: readonly PageReads[];

beforeAll(async () => {
  dynamo = await startDynamo();
  const { table } = await dynamo.createTables({ stream: false });
  const store = { client: dynamo.client, tableName: table };
  await seedLists(store, SIZES);
  pages = await listPages(store, listCases, { limit: LIMIT, pages: [1, 3], sizes: SIZES });
}, 30_000);
afterAll(() => dynamo.stop());

describe("a page of a list", () => {
  it("reads a tenth more entries than its limit at the most, with each filter, in both directions, however far", () => {
    expect(pages.filter(({ reads }) => reads.entries > mayRead(LIMIT))).toEqual([]);
    expect(pages).toHaveLength(4 * listCases.length);
    expect(pages.filter(({ page }) => page === 3)).toHaveLength(2 * listCases.length);
  });

  it("is full with a filter of one value", () => {
    const single = pages.filter(({ filter }) => !filter.includes(": "));
    expect(single.filter(({ records }) => records !== LIMIT)).toEqual([]);
  });

  it("is a third full at least with several values of a filter", () => {
    const several = pages.filter(({ filter }) => filter.includes(": "));
    expect(several.filter(({ records }) => records < LIMIT / 3)).toEqual([]);
    expect(several.length).toBeGreaterThan(20);
  });
});

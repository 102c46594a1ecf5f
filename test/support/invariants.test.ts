import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDynamo, type TestDynamo } from "./dynamodb.ts";
import { type Book, checkInvariants, type StoredItem } from "./invariants.ts";
import { createPendingTransfer, createTestWorld } from "./world.ts";

let dynamo: TestDynamo;
let items: readonly StoredItem[];
let books: readonly Book[];

beforeAll(async () => {
  dynamo = await startDynamo();
  const world = await createTestWorld(dynamo);
  await world.attempt(await createPendingTransfer(world));
  [items, books] = [await world.items(), world.provider.movements];
});
afterAll(() => dynamo.stop());

const changed = (entity: string, patch: Record<string, unknown>) =>
  items.map((item) => (item.entity === entity ? { ...item, ...patch } : item));
const changedBook = (patch: Partial<Book>) => books.map((book) => ({ ...book, ...patch }));

describe("the invariants", () => {
  it("hold in a sound system", () => {
    expect(checkInvariants(items, books)).toEqual([]);
  });

  it.each<[string, () => readonly StoredItem[], () => readonly Book[], RegExp]>([
    ["a second movement", () => items, () => [...books, ...books], /movements at the provider is 2/],
    ["no movement for a completed transfer", () => items, () => [], /moved nothing/],
    ["a movement that nobody knows", () => items, () => changedBook({ transferId: "tr_x" }), /which is not there/],
    ["another amount", () => items, () => changedBook({ amountMinor: 1 }), /amount at the provider is 1/],
    ["another destination", () => items, () => changedBook({ destination: "acct_x" }), /destination at the provider/],
    [
      "money for a failed transfer",
      () => changed("transfer", { status: "failed_terminal" }),
      () => books,
      /failed, but the provider moved/,
    ],
    [
      "money before the approval",
      () => changed("payout", { approval: { state: "pending" } }),
      () => books,
      /approved less/,
    ],
    ["a balance that is not its journal", () => changed("balance", { cashMinor: 0 }), () => books, /cash is 0/],
    ["no balance at all", () => items.filter(({ entity }) => entity !== "balance"), () => books, /balance .* is 0/],
    [
      "an unbalanced entry",
      () => changed("journal_entry", { postings: [{ account: "cash", amountMinor: 1 }] }),
      () => books,
      /sum is 1/,
    ],
    ["a lost entry", () => items.filter(({ kind }) => kind !== "transfer"), () => books, /children is/],
    [
      "a hold that is not its payout's",
      () => changed("escrow_hold", { amountMinor: 1 }),
      () => books,
      /held is 20000, expected 1/,
    ],
    [
      "hold and immediate that don't add up",
      () => changed("escrow_hold", { originalMinor: 30_000 }),
      () => books,
      /hold \+ immediate/,
    ],
    [
      "a hold released early",
      () => changed("escrow_hold", { firing: { path: "sweep", firedAt: "2026-01-01T00:00:00.000Z" } }),
      () => books,
      /released before its date/,
    ],
    ["a version without its stamp", () => changed("transfer", { version: 9 }), () => books, /stamp is/],
    ["a payout that says more was paid", () => changed("payout", { paidMinor: 90_000 }), () => books, /paid is 90000/],
  ])("see %s", (_what, itemsOf, booksOf, expected) => {
    expect(checkInvariants(itemsOf(), booksOf()).join("\n")).toMatch(expected);
  });

  it("see what is still open after its date", () => {
    expect(checkInvariants(items, books, { now: "2026-05-31T00:06:00.000Z" })).toEqual([]);
    expect(checkInvariants(items, books, { now: "2026-05-31T00:06:00.001Z" }).join()).toMatch(/is still open/);
  });
});

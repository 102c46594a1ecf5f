import { expect, test } from "vitest";
import type { IndexedChange } from "../../../shared/counters/counter.ts";
import type { Message } from "../../../shared/events/publisher.ts";
import { createRelayChanges } from "../../../shared/events/relay.ts";
import { changed, itemOf, minimal, next, streamRecord } from "./records.ts";

function relay(options: { publishes?: number; uncountedAt?: number } = {}) {
  const messages: Message[] = [];
  const counted: number[] = [];
  const run = createRelayChanges({
    publish: async (given) => {
      messages.push(...given);
      return Math.min(given.length, options.publishes ?? given.length);
    },
    count: async (changes: readonly IndexedChange[]) => {
      counted.push(...changes.map(({ index }) => index));
      return options.uncountedAt;
    },
  });
  return { messages, counted, run };
}

const hold = minimal.escrow_hold;
const later = next("escrow_hold", hold, { status: "released" });
const batch = () => [
  changed("escrow_hold", undefined, hold),
  changed("journal_entry", undefined, minimal.journal_entry),
  changed("escrow_hold", hold, later),
  changed("payee", undefined, minimal.payee),
];
const failuresOf = (records: ReturnType<typeof batch>, index: number) => ({
  batchItemFailures: [{ itemIdentifier: records[index]?.dynamodb?.SequenceNumber }],
});

test("each change is told in order, then counted; postings are not told", async () => {
  const { messages, counted, run } = relay();
  expect(await run({ Records: batch() })).toEqual({ batchItemFailures: [] });
  expect(messages.map(({ detailType }) => detailType)).toEqual([
    "escrow_hold.created",
    "escrow_hold.updated",
    "payee.created",
  ]);
  expect(messages.every(({ source }) => source === "payouts")).toBe(true);
  expect(counted).toEqual([0, 1, 2, 3]);
});

test("what could not be published comes again, and what was before it is counted now", async () => {
  const { counted, run } = relay({ publishes: 1 });
  const records = batch();
  expect(await run({ Records: records })).toEqual(failuresOf(records, 2));
  expect(counted).toEqual([0, 1]);
});

test("what could not be counted comes again", async () => {
  const records = batch();
  expect(await relay({ uncountedAt: 1 }).run({ Records: records })).toEqual(failuresOf(records, 1));
});

test("a poison record fails at its place; what is before it is done", async () => {
  const { messages, counted, run } = relay();
  const [first, ...rest] = batch();
  const records = [...(first === undefined ? [] : [first]), streamRecord({}), ...rest];
  expect(await run({ Records: records })).toEqual(failuresOf(records, 1));
  expect(messages.length).toBe(1);
  expect(counted).toEqual([0]);
});

test("a record too broken to be told fails like a poison one", async () => {
  const { run } = relay();
  const records = [streamRecord({ after: { ...itemOf("payout", minimal.payout), approval: undefined } }), ...batch()];
  expect(await run({ Records: records })).toEqual(failuresOf(records, 0));
});

test("a change behind the commands' back is told as such", async () => {
  const { messages, run } = relay();
  await run({ Records: [streamRecord({ before: itemOf("payee", minimal.payee) })] });
  expect(messages.map(({ detailType }) => detailType)).toEqual(["security.out_of_band_change"]);
});

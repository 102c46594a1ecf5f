import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCounter, readCounters } from "../../../shared/counters/counter.ts";
import { recount } from "../../../shared/counters/tally.ts";
import type { Payout } from "../../../shared/domain/model.ts";
import { readChange } from "../../../shared/events/stream-change.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { changed, familyNumber, itemOf, minimal, next, streamRecord } from "../events/records.ts";

let dynamo: TestDynamo;
let tableName: string;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  tableName = (await dynamo.createTables()).table;
});

const retry = { sleep: async () => undefined, random: () => 0 };

function count(records: readonly DynamoDBRecord[], onError?: (error: unknown) => void) {
  const changes = records.map((record, index) => ({ index, change: readChange(record) }));
  return createCounter({ client: dynamo.client, tableName, ...retry })(changes, onError);
}
const counters = (organizationId = "acme") => readCounters(dynamo.client, tableName, organizationId);

const statuses = ["pending_approval", "approved", "processing", "paid"] as const;

function payout(number: number, patch: Partial<Payout> = {}): Payout {
  return { ...minimal.payout, id: `po_${familyNumber(number)}00`, ...patch };
}

/** A payout's whole life as the stream tells it, and what is stored at the end. */
function life(number: number, length: number): { records: DynamoDBRecord[]; item: Record<string, unknown> } {
  let current = payout(number, { status: "pending_approval", currency: number % 2 === 0 ? "USD" : "EUR" });
  const records = [changed("payout", undefined, current)];
  for (let step = 1; step < length; step += 1) {
    const status = statuses[(number + step) % statuses.length] ?? "paid";
    const after = next("payout", current, { status, amountMinor: 1_000 * number + step });
    records.push(changed("payout", current, after));
    current = after;
  }
  return { records, item: itemOf("payout", current) };
}

test("a record moves from status to status", async () => {
  const { records, item } = life(1, 4);
  await count(records.slice(0, 2));
  await count(records.slice(2));
  expect(await counters()).toEqual(recount([item]));
});

test("all kinds of records are counted, each organization's for itself", async () => {
  const others = { ...minimal.payee, organizationId: "other" };
  const records = [
    changed("payout", undefined, minimal.payout),
    changed("escrow_hold", undefined, minimal.escrow_hold),
    changed("transfer", undefined, minimal.transfer),
    changed("placement", undefined, minimal.placement),
    changed("journal_entry", undefined, minimal.journal_entry),
    changed("payee", undefined, others),
  ];
  await count(records);
  expect(Object.keys(await counters()).sort()).toEqual(["escrow_hold", "payout", "placement", "transfer"]);
  expect(await counters("other")).toEqual(recount([itemOf("payee", others)]));
});

test("counters equal a recount however the stream is cut, repeated and overlapped", async () => {
  const cut = fc.record({
    start: fc.nat(1000),
    length: fc.integer({ min: 1, max: 30 }),
    times: fc.integer({ min: 1, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }),
      fc.array(cut, { maxLength: 5 }),
      async (lengths, cuts) => {
        tableName = (await dynamo.createTables()).table;
        const lives = lengths.map((length, number) => life(number, length));
        const longest = Math.max(...lengths);
        const stream = Array.from({ length: longest }, (_, step) =>
          lives.flatMap(({ records }) => records[step] ?? []),
        ).flat();
        for (let position = 0; position < stream.length; position += 4) {
          // Anything up to here may be delivered again in any portion.
          for (const { start, length, times } of cuts) {
            const from = position === 0 ? 0 : start % position;
            for (let time = 0; time < times; time += 1)
              await count(stream.slice(from, Math.min(from + length, position)));
          }
          await count(stream.slice(Math.max(0, position - 2), position + 4));
        }
        expect(await counters()).toEqual(recount(lives.map(({ item }) => item)));
      },
    ),
    { numRuns: 15 },
  );
});

test("a change that never came is made good by the next, and counts nothing when it comes after all", async () => {
  const { records, item } = life(3, 4);
  const [first, second, third, fourth] = records;
  if (!first || !second || !third || !fourth) throw new Error("too short");
  await count([first]);
  await count([third]);
  await count([fourth, second, second]);
  expect(await counters()).toEqual(recount([item]));
});

test("a removed record is no longer counted", async () => {
  const { records, item } = life(1, 2);
  const removed = streamRecord({ before: item });
  await count([...records, removed]);
  await count([removed, ...records]);
  expect(await counters()).toEqual({});
});

test("a stray change that keeps the version is counted with the next version", async () => {
  const first = payout(1);
  const stray = { ...first, amountMinor: 1 };
  const after = next("payout", stray, { status: "paid" });
  await count([changed("payout", undefined, first)]);
  await count([changed("payout", first, stray), changed("payout", stray, after)]);
  expect(await counters()).toEqual(recount([itemOf("payout", after)]));
});

test("batches of more partitions and records than one transaction holds are counted as a whole", async () => {
  const lives = Array.from({ length: 95 }, (_, number) => life(number, 2));
  const family = Array.from({ length: 70 }, (_, number) => ({
    ...minimal.transfer,
    id: `${minimal.transfer.id.slice(0, -2)}${String(10 + number)}`,
  }));
  const records = [
    ...lives.flatMap(({ records }) => records),
    ...family.map((transfer) => changed("transfer", undefined, transfer)),
  ];
  expect(await count(records)).toBeUndefined();
  const items = [...lives.map(({ item }) => item), ...family.map((transfer) => itemOf("transfer", transfer))];
  expect(await counters()).toEqual(recount(items));
});

test("runs at the same time over the same records count them once", async () => {
  const lives = Array.from({ length: 5 }, (_, number) => life(number, 3));
  const records = lives.flatMap((one) => one.records);
  await Promise.all([count(records), count(records.slice(3)), count(records.slice(0, 9))]);
  expect(await counters()).toEqual(recount(lives.map(({ item }) => item)));
});

describe("when the table fails", () => {
  const cancelled = (Code: string) =>
    new TransactionCanceledException({ message: "", $metadata: {}, CancellationReasons: [{ Code }] });

  test("a conflict is tried again", async () => {
    const mock = mockClient(dynamo.client);
    mock.on(TransactWriteCommand).rejectsOnce(cancelled("TransactionConflict")).resolves({});
    expect(await count(life(1, 1).records).finally(() => mock.restore())).toBeUndefined();
    expect(mock.commandCalls(TransactWriteCommand).length).toBe(2);
  });

  test("the batch comes again from the first record that is not counted", async () => {
    const mock = mockClient(dynamo.client);
    mock.on(TransactWriteCommand).resolvesOnce({}).rejects(cancelled("ValidationError"));
    const errors: unknown[] = [];
    const records = Array.from({ length: 50 }, (_, number) => life(number, 1).records).flat();
    expect(await count(records, (error) => errors.push(error)).finally(() => mock.restore())).toBe(40);
    expect(errors.length).toBe(1);
  });

  test("marks that never hold still are given up, named", async () => {
    const mock = mockClient(dynamo.client);
    mock.on(TransactWriteCommand).rejects(cancelled("ConditionalCheckFailed"));
    mock.on(GetCommand).resolves({});
    const errors: unknown[] = [];
    await count(life(1, 1).records, (error) => errors.push(error)).finally(() => mock.restore());
    expect(errors).toMatchObject([{ name: "CountersContended" }]);
  });
});

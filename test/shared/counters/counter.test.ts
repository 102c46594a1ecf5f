import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AuditLine, NO_HASH } from "../../../shared/audit/chain.ts";
import { auditContent } from "../../../shared/audit/entry.ts";
import { chained } from "../../../shared/audit/hash.ts";
import { recountActions } from "../../../shared/counters/actions.ts";
import { createCounter, readActions, readCounters, readLineCounts } from "../../../shared/counters/counter.ts";
import { recount, recountLines } from "../../../shared/counters/tally.ts";
import type { ChangeStamp, Payout } from "../../../shared/domain/model.ts";
import { readChange } from "../../../shared/events/stream-change.ts";
import { countedKeyOfPartition } from "../../../shared/store/keys.ts";
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

const lines = () => readLineCounts(dynamo.client, tableName, "acme");
const actionsOn = (day: string) => readActions(dynamo.client, tableName, { organizationId: "acme", day });

/** The audit lines of these changes, each written once. */
function auditOf(records: readonly DynamoDBRecord[]): AuditLine[] {
  return records.map((record) => chained(auditContent(readChange(record)), NO_HASH));
}

const statuses = ["pending_approval", "approved", "processing", "paid"] as const;

function payout(number: number, patch: Partial<Payout> = {}): Payout {
  return { ...minimal.payout, id: `po_${familyNumber(number)}00`, ...patch };
}

const actions = ["payout.updated", "payout.approved", "payout.processing", "payout.paid"] as const;

/** Every third change is of the next day. */
function stampOf({ change }: Payout, step: number) {
  return {
    ...change,
    action: actions[step % actions.length] ?? "",
    at: `2026-11-2${1 + (step % 3 === 2 ? 1 : 0)}T23:59:59.000Z`,
  };
}

/** A payout's whole life as the stream tells it, and what is stored at the end. */
function life(number: number, length: number): { records: DynamoDBRecord[]; item: Record<string, unknown> } {
  let current = payout(number, { status: "pending_approval", currency: number % 2 === 0 ? "USD" : "EUR" });
  const records = [changed("payout", undefined, current)];
  for (let step = 1; step < length; step += 1) {
    const status = statuses[(number + step) % statuses.length] ?? "paid";
    const moved = next("payout", current, { status, amountMinor: 1_000 * number + step });
    const after = { ...moved, change: stampOf(moved, step) };
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
        const items = lives.map(({ item }) => item);
        const days = recountActions(auditOf(stream));
        expect(await counters()).toEqual(recount(items));
        expect(await lines()).toEqual(recountLines(items));
        for (const day of ["2026-11-21", "2026-11-22"]) expect(await actionsOn(day)).toEqual(days[day] ?? {});
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

test("a record that changes more often than one transaction can tell is counted to the end", async () => {
  const { records, item } = life(1, 130);
  expect(await count(records)).toBeUndefined();
  expect(await counters()).toEqual(recount([item]));
  expect(await lines()).toEqual(recountLines([item]));
  const days = recountActions(auditOf(records));
  expect([await actionsOn("2026-11-21"), await actionsOn("2026-11-22")]).toEqual([
    days["2026-11-21"],
    days["2026-11-22"],
  ]);
});

test("what is in one batch twice, or after what came later, happened once or not at all", async () => {
  const { records } = life(1, 3);
  const [first, second, third] = records;
  if (!first || !second || !third) throw new Error("too short");
  await count([first, first, third, second, third]);
  const days = recountActions(auditOf([first, third]));
  expect(await actionsOn("2026-11-21")).toEqual(days["2026-11-21"]);
  expect(await actionsOn("2026-11-22")).toEqual(days["2026-11-22"]);
});

test("more organizations and days than one transaction holds are counted", async () => {
  const records = Array.from({ length: 60 }, (_, number) => {
    const organizationId = `org-${number}`;
    const created = { ...payout(number), organizationId };
    return changed("payout", undefined, created);
  });
  expect(await count(records)).toBeUndefined();
  expect(await counters("org-0")).toEqual(await counters("org-59"));
  expect(await counters("org-59")).not.toEqual({});
});

test("of a partial release the day counts what was released, of a whole one what was left", async () => {
  const held = minimal.escrow_hold;
  const part = next("escrow_hold", held, { amountMinor: 10_000 });
  const rest = next("escrow_hold", part, { status: "released" });
  const stamped = <R extends { change: ChangeStamp }>(record: R, action: string) => ({
    ...record,
    change: { ...record.change, action },
  });
  await count([
    changed("escrow_hold", held, stamped(part, "escrow_hold.partially_released")),
    changed("escrow_hold", stamped(part, "escrow_hold.partially_released"), stamped(rest, "escrow_hold.released")),
  ]);
  expect(await actionsOn("2026-11-21")).toEqual({
    "escrow_hold.partially_released": { USD: { count: 1, amountMinor: 15_000 } },
    "escrow_hold.released": { USD: { count: 1, amountMinor: 10_000 } },
  });
});

test("of settings, roles and security events the versions are counted, of the deployment's own records nothing", async () => {
  await count([
    changed("settings", undefined, minimal.settings),
    changed("settings", minimal.settings, next("settings", minimal.settings, {})),
    changed("security_event", undefined, minimal.security_event),
    changed("role_assignment", undefined, minimal.role_assignment),
    changed("provider_event", undefined, { ...minimal.provider_event, organizationId: "platform" }),
    changed("sending_control", undefined, { ...minimal.sending_control, organizationId: "platform" }),
  ]);
  expect(await lines()).toMatchObject({ settings: 2, security_event: 1, role_assignment: 1, payout: 0 });
  expect(await counters()).toEqual({});
  const { Item } = await dynamo.client.send(
    new GetCommand({ TableName: tableName, Key: countedKeyOfPartition("platform#sending_control#stripe") }),
  );
  expect(Item).toBeUndefined();
});

test("a stamp that a hand made up is in no day's counters", async () => {
  const forged = { ...payout(1), change: { ...payout(1).change, action: "payout.gifted" } };
  await count([changed("payout", undefined, forged)]);
  expect(await actionsOn("2026-11-21")).toEqual({});
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
    const records = Array.from({ length: 70 }, (_, number) => life(number, 1).records).flat();
    expect(await count(records, (error) => errors.push(error)).finally(() => mock.restore())).toBe(60);
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

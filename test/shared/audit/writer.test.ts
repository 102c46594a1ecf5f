import { ExecuteStatementCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lineOfItem } from "../../../shared/audit/items.ts";
import { verifyAudit } from "../../../shared/audit/verify.ts";
import { createWriteAudit } from "../../../shared/audit/write-batch.ts";
import { createAuditWriter } from "../../../shared/audit/writer.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { changed, itemOf, minimal, next, streamRecord } from "../events/records.ts";

let dynamo: TestDynamo;
let tableName: string;
let flagged: string[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  tableName = (await dynamo.createTables()).auditTable;
  flagged = [];
});

const hold = minimal.escrow_hold;
const second = next("escrow_hold", hold, {});
const third = next("escrow_hold", second, { status: "released" });
const inserted = () => changed("escrow_hold", undefined, hold);
const updated = () => changed("escrow_hold", hold, second);
const released = () => changed("escrow_hold", second, third);

function write(records: readonly DynamoDBRecord[]) {
  const onFlagged = ({ metadata }: { metadata: { problem?: string } }) => flagged.push(metadata.problem ?? "");
  const writeChain = createAuditWriter({ client: dynamo.client, tableName, onFlagged });
  return createWriteAudit(writeChain)({ Records: [...records] });
}

async function lines(entity = "escrow_hold", id: string = hold.id) {
  const { Items = [] } = await dynamo.client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": `acme#${entity}#${id}` },
    }),
  );
  return Items.map(lineOfItem);
}

const verdict = async () => verifyAudit((await lines()).map((line) => JSON.stringify(line)).join("\n"));
const actions = async () => (await lines()).map(({ action }) => action);
const DONE = { batchItemFailures: [] };

test("each change is a line, and the lines are a chain, within a batch and across batches", async () => {
  expect(await write([inserted(), updated()])).toEqual(DONE);
  expect(await write([released()])).toEqual(DONE);
  expect(await verdict()).toEqual({ ok: true, lines: 3, entities: 1, flagged: 0 });
});

test("a batch delivered again, whole or in part, writes nothing", async () => {
  const batch = [inserted(), updated(), released()];
  await write(batch);
  const before = await lines();
  expect(await write(batch)).toEqual(DONE);
  expect(await write(batch.slice(1))).toEqual(DONE);
  expect(await lines()).toEqual(before);
});

test("a change behind the commands' back is flagged once, and the chain goes on", async () => {
  const item = itemOf("escrow_hold", second);
  const stray = streamRecord({ before: item, after: { ...item, amountMinor: 1 } });
  const after = { ...item, amountMinor: 1 };
  await write([inserted(), updated(), stray]);
  await write([stray, streamRecord({ before: after, after: itemOf("escrow_hold", third) })]);
  expect(await actions()).toEqual([
    "escrow_hold.created",
    "escrow_hold.updated",
    "out_of_band_change",
    "escrow_hold.updated",
  ]);
  expect(await verdict()).toMatchObject({ ok: true, flagged: 1 });
  expect(flagged).toEqual(["stamp_unchanged"]);
});

test("a removed record and its second first version are flagged, not confused with the first", async () => {
  const item = itemOf("escrow_hold", hold);
  const again = { ...item, amountMinor: 9 };
  await write([inserted(), streamRecord({ before: item }), streamRecord({ after: again })]);
  expect(flagged).toEqual(["removed", "out_of_order"]);
  expect(await verdict()).toMatchObject({ ok: true, lines: 3, flagged: 2 });
});

test("a version that was set back is flagged, and so is the version that then comes a second time", async () => {
  const back = { ...itemOf("escrow_hold", third), version: 1 };
  await write([inserted(), updated(), released(), streamRecord({ before: itemOf("escrow_hold", third), after: back })]);
  const twice = streamRecord({ before: back, after: { ...itemOf("escrow_hold", second), reason: "other" } });
  expect(await write([twice])).toEqual(DONE);
  expect(await write([twice])).toEqual(DONE);
  expect(flagged).toEqual(["stamp_unchanged", "out_of_order"]);
  expect(await verdict()).toMatchObject({ ok: true, lines: 5, flagged: 2 });
});

test("a line that comes after a later one is kept at the end, flagged; the gap stays visible", async () => {
  await write([inserted(), released()]);
  const late = updated();
  expect(await write([late])).toEqual(DONE);
  expect(await write([late])).toEqual(DONE);
  expect(flagged).toEqual(["out_of_order"]);
  expect((await verdict()).firstBad).toMatchObject({ version: 3, problem: "version 2 is missing before this line" });
});

test("a poison record alone fails; the rest of the batch is written", async () => {
  const poison = streamRecord({});
  const answer = await write([poison, inserted(), updated()]);
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: poison.dynamodb?.SequenceNumber }]);
  expect(await verdict()).toMatchObject({ ok: true, lines: 2 });
});

test("two runs at once write each line once", async () => {
  const batch = [inserted(), updated(), released()];
  expect(await Promise.all([write(batch), write(batch)])).toEqual([DONE, DONE]);
  expect(await verdict()).toEqual({ ok: true, lines: 3, entities: 1, flagged: 0 });
});

describe("when the table fails", () => {
  test("only the failed record's chain stops; the answer is its lowest sequence number", async () => {
    const mock = mockClient(dynamo.client);
    mock.on(QueryCommand).resolves({ Items: [] });
    mock.on(ExecuteStatementCommand).callsFake(({ Parameters }: { Parameters: unknown[] }) => {
      if (Parameters.includes("000000000002") && Parameters.includes("escrow_hold")) throw new Error("unavailable");
      return {};
    });
    const batch = [changed("payee", undefined, minimal.payee), inserted(), updated(), released()];
    const answer = await write(batch).finally(() => mock.restore());
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: batch[2]?.dynamodb?.SequenceNumber }]);
    const statements = mock.commandCalls(ExecuteStatementCommand).length;
    expect(statements).toBe(3);
  });
});

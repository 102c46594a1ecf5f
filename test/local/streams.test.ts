import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { InvokeResult } from "../../local/contracts.ts";
import { createForwarder } from "../../local/dynamodb/forward.ts";
import { type StreamRuntime, startStreams } from "../../local/streams/runtime.ts";
import type { EventSourceMappingModel, TableModel } from "../../local/template/model.ts";
import { createFixtureHost, eventually, type FixtureHost } from "./cloud-fixture.ts";

const origin = { stack: "S", logicalId: "R" };
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:failed";

interface Seen {
  readonly ids: string[];
  readonly event: { Records: { eventName: string; dynamodb: { SequenceNumber: string }; eventSourceARN: string }[] };
}

let store: ChildProcess;
let storeUrl: string;
let client: DynamoDBClient;
let forwarder: ReturnType<typeof createForwarder>;
let host: FixtureHost;
let table: string;
let seen: Seen[];
let sent: { arn: string; body: string }[];
let answer: (seen: Seen) => InvokeResult;
let streams: StreamRuntime | undefined;
let tableNumber = 0;

beforeAll(async () => {
  const port = await freePort();
  const binary = createRequire(import.meta.url).resolve("@dynoxide/linux-x64/dynoxide");
  store = spawn(binary, ["serve", "--host", "127.0.0.1", "--port", String(port)], { stdio: "ignore" });
  storeUrl = `http://127.0.0.1:${port}`;
  forwarder = createForwarder(storeUrl);
  client = new DynamoDBClient({
    endpoint: storeUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 8,
  });
});

afterAll(() => {
  client.destroy();
  forwarder.close();
  store.kill();
});

beforeEach(async () => {
  host = createFixtureHost();
  table = `table-${tableNumber++}`;
  seen = [];
  sent = [];
  answer = () => done();
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
});

afterEach(async () => {
  await streams?.stop();
  host.remove();
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const done = (value: unknown = null): InvokeResult => ({ statusCode: 200, payload: JSON.stringify(value) });
const failed = (): InvokeResult => ({ statusCode: 200, payload: "{}", functionError: "Unhandled" });

async function put(...ids: string[]): Promise<void> {
  for (const id of ids) {
    await client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: id }, entity: { S: id[0] ?? "" } } }));
  }
  streams?.poke(table);
}

async function start(...specs: Partial<EventSourceMappingModel>[]): Promise<StreamRuntime> {
  const streamArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/x`;
  const functions = ["consumer", "second"].map((name) => ({
    ...origin,
    name,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    code: { inline: "" },
    handler: "index.handler",
    memoryMb: 128,
    timeoutSeconds: 3,
    environment: {},
    roleArn: "",
  }));
  streams = await startStreams({
    context: host,
    forward: forwarder.forward,
    tables: [{ ...origin, name: table, arn: "", streamArn } as unknown as TableModel],
    functions,
    mappings: specs.map((spec, index) => ({
      ...origin,
      id: `mapping-${index}`,
      functionName: "consumer",
      eventSourceArn: streamArn,
      enabled: true,
      batchSize: 10,
      maximumBatchingWindowSeconds: 0,
      startingPosition: "TRIM_HORIZON",
      filters: [],
      bisectBatchOnFunctionError: false,
      reportBatchItemFailures: false,
      maximumRetryAttempts: 1,
      maximumRecordAgeSeconds: -1,
      parallelizationFactor: 1,
      onFailureArn: QUEUE,
      ...spec,
    })),
    runtime: {
      invoke: async (_name, payload) => {
        const event = JSON.parse(payload);
        const ids = event.Records.map(
          (record: { dynamodb: { Keys: { pk: { S: string } } } }) => record.dynamodb.Keys.pk.S,
        );
        const call = { ids, event };
        seen.push(call);
        return answer(call);
      },
    },
    sendToDestination: (arn, body) => void sent.push({ arn, body }),
  });
  return streams;
}

const settled = () => eventually(() => streams?.pending() === 0);
const batches = () => seen.map(({ ids }) => ids.join(" "));

test("records come in batches, in order, in Lambda's form", async () => {
  await put("a", "b", "c");
  await start({ batchSize: 2 });
  await settled();

  expect(batches()).toEqual(["a b", "c"]);
  expect(seen[0]?.event.Records[0]).toMatchObject({
    eventName: "INSERT",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "us-east-1",
    eventSourceARN: expect.stringContaining(`table/${table}/stream`),
    dynamodb: { SequenceNumber: "1", StreamViewType: "NEW_AND_OLD_IMAGES", NewImage: { pk: { S: "a" } } },
  });
});

test("a filter keeps other records from waking the function; a second mapping sees them", async () => {
  await put("x1", "y1");
  await start(
    { filters: [{ eventName: ["INSERT"], dynamodb: { NewImage: { entity: { S: ["y"] } } } }] },
    { functionName: "second" },
  );
  await put("x2", "x3", "y2");
  await settled();

  const all = seen.flatMap(({ ids }) => ids).sort();
  expect(all).toEqual(["x1", "x2", "x3", "y1", "y1", "y2", "y2"]);
});

test("a checkpoint outlives the host; a new one starts after what succeeded", async () => {
  await put("a");
  await start({});
  await settled();
  await streams?.stop();
  await put("b");

  await start({});
  await settled();

  expect(batches()).toEqual(["a", "b"]);
});

test("with partial failures only the rest comes again", async () => {
  let failures = 1;
  answer = ({ event, ids }) => {
    const bad = event.Records[ids.indexOf("b")];
    return bad && failures-- > 0
      ? done({ batchItemFailures: [{ itemIdentifier: bad.dynamodb.SequenceNumber }] })
      : done();
  };
  await put("a", "b", "c");
  await start({ reportBatchItemFailures: true });
  await settled();

  expect(batches()).toEqual(["a b c", "b c"]);
});

test("a poison record is set apart by bisection, recorded, and the others go on", async () => {
  answer = ({ ids }) => (ids.includes("bad") ? failed() : done());
  await put("a", "bad", "c", "d");
  await start({ bisectBatchOnFunctionError: true });
  await settled();

  expect(batches()).toEqual(["a bad c d", "a bad", "a", "bad", "bad", "c d"]);
  expect(sent).toHaveLength(1);
  expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 2 },
    DDBStreamBatchInfo: { startSequenceNumber: "2", endSequenceNumber: "2", batchSize: 1 },
  });
});

test("later retries wait on the clock and do not count as pending", async () => {
  answer = () => failed();
  await put("a");
  await start({ maximumRetryAttempts: 3 });
  await eventually(() => streams?.waiting() === 1);
  expect(streams?.pending()).toBe(0);
  expect(seen).toHaveLength(3);

  await host.move(1000);
  await eventually(() => sent.length === 1);
  expect(seen).toHaveLength(4);
});

test("switched faults deliver again and in halves", async () => {
  await put("a", "b");
  const { faults } = await start({});
  faults.add({ redeliver: true, count: 1 });
  faults.add({ halves: true });
  await settled();

  expect(batches()).toEqual(["a", "a", "b"]);
});

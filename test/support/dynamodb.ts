import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { listIndexes } from "../../shared/store/list-index.ts";

/** Tests may run against any DynamoDB-compatible server by setting `DYNAMODB_ENDPOINT`. */
const BINARY = fileURLToPath(new URL("../../node_modules/@dynoxide/linux-x64/dynoxide", import.meta.url));
const START_TIMEOUT_MS = 10_000;
const POLL_MS = 25;

let tableNumber = 0;

export interface TestTables {
  readonly table: string;
  readonly auditTable: string;
}

interface TableOptions {
  /** False where nobody reads it: many writes are quicker without. */
  readonly stream?: boolean;
}

export interface TestDynamo {
  readonly client: DynamoDBDocumentClient;
  readonly endpoint: string;
  /** Creates a main and an audit table with names of their own, so that tests don't see each other's items. */
  createTables(options?: TableOptions): Promise<TestTables>;
  stop(): Promise<void>;
}

/** An in-memory store that speaks DynamoDB's wire protocol, for one test file: start in `beforeAll`, stop in `afterAll`. */
export async function startDynamo(): Promise<TestDynamo> {
  const given = process.env.DYNAMODB_ENDPOINT;
  const server = given === undefined ? await startServer() : undefined;
  const endpoint = server?.endpoint ?? given ?? "";
  const base = new DynamoDBClient({
    endpoint,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const client = DynamoDBDocumentClient.from(base, { marshallOptions: { removeUndefinedValues: true } });
  const stop = async () => {
    client.destroy();
    base.destroy();
    await server?.stop();
  };
  try {
    await waitUntilReady(base, server?.process);
  } catch (error) {
    await stop();
    throw error;
  }
  return { client, endpoint, createTables: (options) => createTables(base, options), stop };
}

async function startServer(): Promise<{ endpoint: string; process: ChildProcess; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(BINARY, ["serve", "--port", String(port)], { stdio: "ignore" });
  const exited = once(child, "exit").catch(() => undefined);
  const stop = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return { endpoint: `http://127.0.0.1:${port}`, process: child, stop };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function waitUntilReady(client: DynamoDBClient, child: ChildProcess | undefined): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      if (child?.exitCode != null) throw new Error(`the store ended with code ${child.exitCode}`, { cause: error });
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

interface Index {
  readonly name: string;
  readonly hash: string;
  readonly range: string;
}

const MAIN_INDEXES: readonly Index[] = [
  { name: "due", hash: "duePk", range: "dueSk" },
  { name: "waits", hash: "waitPk", range: "waitSk" },
  ...Object.entries(listIndexes).map(([name, { partition, position }]) => ({ name, hash: partition, range: position })),
];
const AUDIT_INDEXES: readonly Index[] = [
  { name: "byDay", hash: "dayPk", range: "daySk" },
  { name: "byActor", hash: "actorPk", range: "daySk" },
  { name: "byAction", hash: "actionPk", range: "daySk" },
];

async function createTables(client: DynamoDBClient, { stream = true }: TableOptions = {}): Promise<TestTables> {
  tableNumber += 1;
  const suffix = `${process.pid}-${tableNumber}`;
  const tables = { table: `payouts-${suffix}`, auditTable: `audit-${suffix}` };
  await client.send(tableCommand(tables.table, MAIN_INDEXES, stream));
  await client.send(tableCommand(tables.auditTable, AUDIT_INDEXES, false));
  return tables;
}

function tableCommand(name: string, indexes: readonly Index[], stream: boolean): CreateTableCommand {
  const attributes = new Set(["pk", "sk", ...indexes.flatMap((index) => [index.hash, index.range])]);
  return new CreateTableCommand({
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [...attributes].map((attribute) => ({
      AttributeName: attribute,
      AttributeType: "S" as const,
    })),
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: [
        { AttributeName: index.hash, KeyType: "HASH" as const },
        { AttributeName: index.range, KeyType: "RANGE" as const },
      ],
      Projection: { ProjectionType: "KEYS_ONLY" as const },
    })),
    ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" as const } }),
  });
}

/** A table store of a benchmark's own, with the main table as the template defines it, without its stream. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { synthLocal } from "../infra/local.ts";
import { createTables } from "../local/dynamodb/create-tables.ts";
import { startDynamoStore } from "../local/dynamodb/store-process.ts";
import { loadTemplate } from "../local/template/load-template.ts";

export interface PreparedStore {
  readonly base: DynamoDBClient;
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The stream is off: what stores its records is the local store, and seeding would measure only that. */
export async function prepareStore(): Promise<PreparedStore> {
  const directory = mkdtempSync(join(tmpdir(), "payouts-bench-"));
  const assembly = await synthLocal(join(directory, "assembly"));
  const withStream = loadTemplate(assembly.directory).tables.find(({ streamArn }) => streamArn !== undefined);
  if (withStream === undefined) throw new Error("the template has no table with a stream");
  const { streamArn: _arn, streamView: _view, ...table } = withStream;

  const store = await startDynamoStore({ dataDir: directory });
  const db = new DatabaseSync(":memory:");
  await createTables({ db, forward: store.forward }, [table]);
  db.close();
  const base = new DynamoDBClient({
    endpoint: store.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
    maxAttempts: 3,
  });
  return {
    base,
    client: DynamoDBDocumentClient.from(base, { marshallOptions: { removeUndefinedValues: true } }),
    tableName: table.name,
    async [Symbol.asyncDispose]() {
      base.destroy();
      await store.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Capacity {
  readonly CapacityUnits?: number | undefined;
}

export interface Call {
  readonly operation: string;
  readonly units: number;
}

/** Notes each call of a client with the capacity that it consumed; `stop` ends it. */
export function watchCalls(client: DynamoDBDocumentClient): { readonly calls: Call[]; stop(): void } {
  const calls: Call[] = [];
  const name = `bench-${crypto.randomUUID()}`;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const input = args.input as object;
      const result = await next({
        ...args,
        input: { ...input, ReturnConsumedCapacity: "INDEXES" } as typeof args.input,
      });
      const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Capacity | Capacity[] };
      const units = [ConsumedCapacity ?? []].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
      calls.push({ operation: String(context.commandName).replace(/Command$/, ""), units });
      return result;
    },
    { step: "initialize", name, priority: "high" },
  );
  return { calls, stop: () => void client.middlewareStack.remove(name) };
}

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { Stack } from "aws-cdk-lib/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createTables, TableDefinitionChanged } from "../../local/dynamodb/create-tables.ts";
import { partiqlAccess } from "../../local/dynamodb/partiql.ts";
import { startDynamoStore } from "../../local/dynamodb/store-process.ts";
import { hasSequenceIndex, pruneStreamRecords } from "../../local/dynamodb/stream-records.ts";
import { type RunningAws, startAws } from "./aws-fixture.ts";
import { first, synthesize } from "./template-fixture.ts";

const assembly = synthesize((app) => {
  const stack = new Stack(app, "Data");
  const fn = (id: string) =>
    new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: lambda.Code.fromInline("exports.handler = async () => 1"),
    });
  const main = new dynamodb.TableV2(stack, "Main", {
    tableName: "main-table",
    partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
    dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    globalSecondaryIndexes: [{ indexName: "due", partitionKey: { name: "due", type: dynamodb.AttributeType.STRING } }],
  });
  const auditWriter = fn("AuditWriter");
  const audit = new dynamodb.TableV2(stack, "Audit", {
    tableName: "audit-table",
    partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
    resourcePolicy: new iam.PolicyDocument({
      statements: [
        new iam.PolicyStatement({
          effect: iam.Effect.DENY,
          principals: [new iam.AnyPrincipal()],
          actions: ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"],
          resources: ["*"],
        }),
      ],
    }),
  });
  audit.grant(auditWriter, "dynamodb:PartiQLInsert");
  main.grantReadWriteData(fn("Worker"));
  audit.grantReadWriteData(fn("Careless"));
  const tenant = fn("Tenant");
  tenant.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"],
      resources: [main.tableArn],
      conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["own"] } },
    }),
  );
  main.grantStreamRead(fn("Reader"));
});

let aws: RunningAws;
beforeAll(async () => {
  aws = await startAws(assembly);
});
afterAll(() => aws.stop());
afterEach(() => {
  aws.faults.clear();
  aws.meter.reset();
});

const put = (pk: string, more = {}) =>
  new PutItemCommand({ TableName: "main-table", Item: { pk: { S: pk }, ...more } });

describe("permissions", () => {
  it("lets a function do what its role allows, and tells stream readers of the write", async () => {
    await aws.dynamo("Worker").send(put("a"));
    const { Item } = await aws
      .dynamo("Worker")
      .send(new GetItemCommand({ TableName: "main-table", Key: { pk: { S: "a" } } }));
    expect(Item).toEqual({ pk: { S: "a" } });
    expect(aws.written).toContain("main-table");
  });

  it("refuses what no policy allows, in AWS's words", async () => {
    const call = aws.dynamo("AuditWriter").send(put("a"));
    const { name } = first(aws.model.functions.filter(({ logicalId }) => logicalId.startsWith("AuditWriter")));
    await expect(call).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringMatching(
        new RegExp(
          `^User: arn:aws:sts::000000000000:assumed-role/.+/${name} is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/main-table because no identity-based policy allows the dynamodb:PutItem action$`,
        ),
      ),
    });
  });

  it("lets PartiQL insert a line once where PutItem is denied by the table's policy, even to the administrator", async () => {
    const insert = new ExecuteStatementCommand({
      Statement: "INSERT INTO \"audit-table\" VALUE {'pk': ?}",
      Parameters: [{ S: "line" }],
    });
    await aws.dynamo("AuditWriter").send(insert);
    await expect(aws.dynamo("AuditWriter").send(insert)).rejects.toMatchObject({ name: "DuplicateItemException" });
    const write = new PutItemCommand({ TableName: "audit-table", Item: { pk: { S: "line" } } });
    for (const client of [aws.dynamo("Careless"), aws.dynamo()]) {
      await expect(client.send(write)).rejects.toMatchObject({
        name: "AccessDeniedException",
        message: expect.stringContaining("with an explicit deny in a resource-based policy"),
      });
    }
  });

  it("asks for the permission of each item of a transaction, and for a batch's own", async () => {
    const remove = { Delete: { TableName: "audit-table", Key: { pk: { S: "line" } } } };
    await expect(
      aws.dynamo("Careless").send(new TransactWriteItemsCommand({ TransactItems: [remove] })),
    ).rejects.toMatchObject({ message: expect.stringContaining("dynamodb:DeleteItem") });
    const RequestItems = { "audit-table": [{ DeleteRequest: { Key: { pk: { S: "line" } } } }] };
    await expect(aws.dynamo("Careless").send(new BatchWriteItemCommand({ RequestItems }))).rejects.toMatchObject({
      message: expect.stringContaining("dynamodb:BatchWriteItem"),
    });
  });

  it("holds a function to its leading keys", async () => {
    const query = (value: string) =>
      new QueryCommand({
        TableName: "main-table",
        KeyConditionExpression: "#k = :v",
        ExpressionAttributeNames: { "#k": "pk" },
        ExpressionAttributeValues: { ":v": { S: value } },
      });
    await aws.dynamo("Tenant").send(query("own"));
    await aws.dynamo("Tenant").send(put("own"));
    await expect(aws.dynamo("Tenant").send(query("foreign"))).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(aws.dynamo("Tenant").send(put("foreign"))).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("asks for the index where the index is read", async () => {
    const query = new QueryCommand({
      TableName: "main-table",
      IndexName: "due",
      KeyConditionExpression: "due = :v",
      ExpressionAttributeValues: { ":v": { S: "own" } },
    });
    await aws.dynamo("Worker").send(query);
    await expect(aws.dynamo("Tenant").send(query)).rejects.toMatchObject({
      message: expect.stringContaining("table/main-table/index/due"),
    });
  });

  it("gives streams under the template's name, to readers only", async () => {
    await aws.dynamo("Worker").send(put("streamed"));
    const streams = new DynamoDBStreamsClient(aws.clientFor("Reader"));
    const StreamArn = aws.model.tables.find(({ name }) => name === "main-table")?.streamArn;
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    expect(StreamDescription?.StreamArn).toBe(StreamArn);
    const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    const { Records } = await streams.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records?.length).toBeGreaterThan(0);
    const stranger = new DynamoDBStreamsClient(aws.clientFor("Worker"));
    await expect(stranger.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  it("shows the template's ARNs when a table is described, and takes a table's ARN for its name", async () => {
    const TableName = "arn:aws:dynamodb:us-east-1:000000000000:table/main-table";
    const { Table } = await aws.dynamo().send(new DescribeTableCommand({ TableName }));
    expect(Table?.TableArn).toBe(TableName);
    expect(Table?.LatestStreamArn).toBe(aws.model.tables.find(({ name }) => name === "main-table")?.streamArn);
  });
});

describe("metering", () => {
  it("counts calls and units by function, table and index without showing it to the caller", async () => {
    const answer = await aws.dynamo("Worker").send(put("metered", { due: { S: "d" } }));
    expect(answer.ConsumedCapacity).toBeUndefined();
    const rows = aws.meter.read().filter(({ operation }) => operation === "PutItem");
    expect(rows.reduce((sum, row) => sum + row.calls, 0)).toBe(1);
    expect(rows.find(({ resource, index }) => resource === "main-table" && index === "")).toMatchObject({
      calls: 1,
      errors: 0,
      writeUnits: 1,
    });
    expect(rows.find(({ index }) => index === "due")?.writeUnits).toBe(1);
  });

  it("gives the caller as much as it asked for", async () => {
    const read = (ReturnConsumedCapacity: "TOTAL" | "INDEXES") =>
      aws
        .dynamo("Worker")
        .send(new GetItemCommand({ TableName: "main-table", Key: { pk: { S: "x" } }, ReturnConsumedCapacity }));
    expect((await read("TOTAL")).ConsumedCapacity).toEqual({ TableName: "main-table", CapacityUnits: 0.5 });
    expect((await read("INDEXES")).ConsumedCapacity?.Table).toEqual({ CapacityUnits: 0.5 });
    expect(aws.meter.read().find(({ resource }) => resource === "main-table")?.readUnits).toBe(1);
  });
});

describe("faults", () => {
  const exists = async (pk: string) => {
    const get = new GetItemCommand({ TableName: "main-table", Key: { pk: { S: pk } }, ConsistentRead: true });
    return (await aws.dynamo().send(get)).Item !== undefined;
  };
  const service = "dynamodb";

  it("resets the connection before the effect", async () => {
    aws.faults.add({ service, operation: "PutItem", effect: "before" });
    await expect(aws.dynamo("Worker").send(put("before"))).rejects.toThrow();
    expect(await exists("before")).toBe(false);
  });

  it("resets the connection after the effect", async () => {
    aws.faults.add({ service, operation: "PutItem", effect: "after" });
    await expect(aws.dynamo("Worker").send(put("after"))).rejects.toThrow();
    expect(await exists("after")).toBe(true);
  });

  it("throttles as often as told, after as many calls as told, only what matches", async () => {
    aws.faults.add({ service, operation: "PutItem", match: '"hot"', error: "throttle", skip: 1, count: 1 });
    const client = aws.dynamo("Worker");
    await client.send(put("hot"));
    await client.send(put("cold"));
    await expect(client.send(put("hot"))).rejects.toBeInstanceOf(ProvisionedThroughputExceededException);
    await client.send(put("hot"));
  });

  it("cancels a transaction by conflict with a reason per item", async () => {
    aws.faults.add({ service, table: "main-table", error: "conflict" });
    const item = (pk: string) => ({ Put: { TableName: "main-table", Item: { pk: { S: pk } } } });
    const failure = await aws
      .dynamo("Worker")
      .send(new TransactWriteItemsCommand({ TransactItems: [item("t1"), item("t2")] }))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransactionCanceledException);
    const reasons = (failure as TransactionCanceledException).CancellationReasons;
    expect(reasons?.map(({ Code }) => Code)).toEqual(["TransactionConflict", "None"]);
  });

  it("kills the calling function's worker after the effect", async () => {
    const client = aws.dynamo("Worker");
    const { name } = first(aws.model.functions.filter(({ logicalId }) => logicalId.startsWith("Worker")));
    aws.faults.add({ service, functionName: name, effect: "kill" });
    await expect(client.send(put("killed"))).rejects.toThrow();
    expect(aws.killed).toEqual([name]);
    expect(await exists("killed")).toBe(true);
  });

  it("names the wrong member of a rule", () => {
    expect(() => aws.faults.add({ service, error: "nonsense" })).toThrow(/error/);
    expect(() => aws.faults.add({ service })).toThrow(/either effect or error/);
  });

  it("passes real errors of the store through with their members", async () => {
    await aws.dynamo("Worker").send(put("once"));
    const again = new PutItemCommand({
      TableName: "main-table",
      Item: { pk: { S: "once" } },
      ConditionExpression: "attribute_not_exists(pk)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    const failure = await aws
      .dynamo("Worker")
      .send(again)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
    expect((failure as ConditionalCheckFailedException).Item).toEqual({ pk: { S: "once" } });
  });
});

describe("the store's process", () => {
  it("comes back with its data after the host was killed, ending the leftover", async () => {
    const running = await startAws(assembly);
    await running.dynamo().send(put("kept"));
    const leftoverPid = Number(readFileSync(join(running.dataDir, "dynamodb.pid"), "utf8"));
    running.clock.close();
    await running.server.close();
    running.db.close();

    const again = await startAws(assembly, { dataDir: running.dataDir });
    expect(() => process.kill(leftoverPid, 0)).toThrow();
    const update = new UpdateItemCommand({
      TableName: "main-table",
      Key: { pk: { S: "kept" } },
      UpdateExpression: "SET x = :x",
      ConditionExpression: "attribute_exists(pk)",
      ExpressionAttributeValues: { ":x": { S: "1" } },
    });
    await again.dynamo().send(update);
    await again.dynamo().send(new DeleteItemCommand({ TableName: "main-table", Key: { pk: { S: "kept" } } }));

    const dataFile = join(again.dataDir, "dynamodb.sqlite");
    expect(hasSequenceIndex(dataFile)).toBe(true);
    const tomorrow = Date.now() + 2 * 86_400_000;
    expect(pruneStreamRecords(dataFile, () => 2, tomorrow)).toBe(2);
    expect(pruneStreamRecords(dataFile, () => 99, tomorrow)).toBe(0);

    const changed = again.model.tables.map((table) => ({ ...table, globalIndexes: [] }));
    const options = { db: again.db, forward: again.store?.forward ?? (() => Promise.reject(new Error())) };
    await expect(createTables(options, changed)).rejects.toThrow(TableDefinitionChanged);
    await again.stop();
  });

  it("leaves a foreign process alone whose pid stands in the file", async () => {
    const running = await startAws(assembly, { store: false });
    writeFileSync(join(running.dataDir, "dynamodb.pid"), String(process.pid));
    const store = await startDynamoStore({ dataDir: running.dataDir });
    await store.stop();
    await running.stop();
    const db = new DatabaseSync(join(running.dataDir, "dynamodb.sqlite"));
    expect(db.prepare("SELECT COUNT(*) AS n FROM _tables").get()?.n).toBe(0);
    db.close();
  });
});

describe("PartiQL statements", () => {
  it.each([
    ['INSERT INTO "t" VALUE {}', { action: "PartiQLInsert", table: "t" }],
    ['select * from "t"."i" where a = 1', { action: "PartiQLSelect", table: "t", index: "i" }],
    ["UPDATE t SET a = 1 WHERE pk = 'x'", { action: "PartiQLUpdate", table: "t" }],
    ["DELETE FROM \"t\" WHERE pk = 'x'", { action: "PartiQLDelete", table: "t" }],
    ["DROP TABLE t", undefined],
  ])("%s", (statement, access) => {
    expect(partiqlAccess(statement)).toEqual(access);
  });
});

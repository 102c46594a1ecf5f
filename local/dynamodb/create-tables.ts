import type { DatabaseSync } from "node:sqlite";
import type { IndexModel, KeyModel, TableModel } from "../template/model.ts";
import type { Forward } from "./forward.ts";

const target = "DynamoDB_20120810";

/** A table exists with another key, index or stream than the template's; the store can't be asked to migrate it. */
export class TableDefinitionChanged extends Error {
  override readonly name = "TableDefinitionChanged";

  constructor(tableName: string, changed: readonly string[]) {
    super(
      `table ${tableName} in the data directory differs from the template in ${changed.join(", ")}: start with --fresh to drop the local data`,
    );
  }
}

/** Makes the template's tables where they don't exist yet. Starting again with the same template changes nothing. */
export async function createTables(
  options: { readonly db: DatabaseSync; readonly forward: Forward },
  tables: readonly TableModel[],
): Promise<void> {
  const { db, forward } = options;
  db.exec("CREATE TABLE IF NOT EXISTS dynamodb_tables (name TEXT PRIMARY KEY, definition TEXT NOT NULL)");
  const find = db.prepare("SELECT definition FROM dynamodb_tables WHERE name = ?");
  const save = db.prepare("INSERT OR REPLACE INTO dynamodb_tables (name, definition) VALUES (?, ?)");

  for (const table of tables) {
    const definition = createTableRequest(table);
    const known = find.get(table.name)?.definition;
    const exists = await tableExists(forward, table.name);
    if (exists && typeof known === "string") {
      const changed = differences(JSON.parse(known) as Definition, definition);
      if (changed.length > 0) throw new TableDefinitionChanged(table.name, changed);
      continue;
    }
    if (!exists) await call(forward, "CreateTable", definition);
    if (table.timeToLiveAttribute !== undefined) {
      const TimeToLiveSpecification = { AttributeName: table.timeToLiveAttribute, Enabled: true };
      // Fails when it is enabled already, which happens after a crash between the two calls.
      await forward(`${target}.UpdateTimeToLive`, JSON.stringify({ TableName: table.name, TimeToLiveSpecification }));
    }
    save.run(table.name, JSON.stringify(definition));
  }
}

type Definition = Readonly<Record<string, unknown>>;

function createTableRequest(table: TableModel): Definition {
  return {
    TableName: table.name,
    AttributeDefinitions: Object.entries(table.attributeTypes).map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: keySchema(table.key),
    BillingMode: "PAY_PER_REQUEST",
    DeletionProtectionEnabled: table.deletionProtection,
    ...(table.globalIndexes.length > 0 ? { GlobalSecondaryIndexes: table.globalIndexes.map(indexRequest) } : {}),
    ...(table.localIndexes.length > 0 ? { LocalSecondaryIndexes: table.localIndexes.map(indexRequest) } : {}),
    ...(table.streamView === undefined
      ? {}
      : { StreamSpecification: { StreamEnabled: true, StreamViewType: table.streamView } }),
  };
}

function indexRequest(index: IndexModel): Definition {
  const { type, nonKeyAttributes } = index.projection;
  return {
    IndexName: index.name,
    KeySchema: keySchema(index.key),
    Projection: {
      ProjectionType: type,
      ...(nonKeyAttributes === undefined ? {} : { NonKeyAttributes: nonKeyAttributes }),
    },
  };
}

function keySchema(key: KeyModel) {
  const hash = { AttributeName: key.hash, KeyType: "HASH" };
  return key.range === undefined ? [hash] : [hash, { AttributeName: key.range, KeyType: "RANGE" }];
}

/** Deletion protection may change at any time and has no effect on the data. */
function differences(known: Definition, wanted: Definition): string[] {
  return [...new Set([...Object.keys(known), ...Object.keys(wanted)])].filter(
    (member) =>
      member !== "DeletionProtectionEnabled" && JSON.stringify(known[member]) !== JSON.stringify(wanted[member]),
  );
}

async function tableExists(forward: Forward, tableName: string): Promise<boolean> {
  const answer = await forward(`${target}.DescribeTable`, JSON.stringify({ TableName: tableName }));
  return answer.status === 200;
}

async function call(forward: Forward, operation: string, input: Definition): Promise<void> {
  const answer = await forward(`${target}.${operation}`, JSON.stringify(input));
  if (answer.status !== 200) throw new Error(`${operation} ${JSON.stringify(input)} failed: ${answer.body}`);
}

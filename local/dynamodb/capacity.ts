import type { Meter, MeterKey } from "../aws/metering.ts";

const metered = new Set([
  "BatchExecuteStatement",
  "BatchGetItem",
  "BatchWriteItem",
  "DeleteItem",
  "ExecuteStatement",
  "ExecuteTransaction",
  "GetItem",
  "PutItem",
  "Query",
  "Scan",
  "TransactGetItems",
  "TransactWriteItems",
  "UpdateItem",
]);

const reading = new Set(["BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"]);

export function hasCapacity(operation: string): boolean {
  return metered.has(operation);
}

/** Asks for consumed capacity by index, whatever the caller asked for; without parsing and writing the body anew if possible. */
export function askForCapacity(body: string, input: Readonly<Record<string, unknown>>): string {
  const asked = input.ReturnConsumedCapacity;
  if (asked === "INDEXES") return body;
  if (asked !== undefined) return JSON.stringify({ ...input, ReturnConsumedCapacity: "INDEXES" });
  const start = body.indexOf("{") + 1;
  const comma = Object.keys(input).length === 0 ? "" : ",";
  return `${body.slice(0, start)}"ReturnConsumedCapacity":"INDEXES"${comma}${body.slice(start)}`;
}

interface Units {
  readonly CapacityUnits?: number;
  readonly ReadCapacityUnits?: number;
  readonly WriteCapacityUnits?: number;
}

interface ConsumedCapacity extends Units {
  readonly TableName?: string;
  readonly Table?: Units;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, Units>>;
  readonly LocalSecondaryIndexes?: Readonly<Record<string, Units>>;
}

/** Adds the capacity in an answer to the meter, and gives the answer as the caller asked for it. */
export function settleCapacity(
  answer: string,
  asked: unknown,
  meter: Meter,
  key: MeterKey,
  isPartiqlRead: boolean,
): string {
  const parsed = JSON.parse(answer) as { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] };
  const { ConsumedCapacity: consumed, ...rest } = parsed;
  if (consumed === undefined) return answer;
  const isRead = reading.has(key.operation) || isPartiqlRead;
  for (const capacity of Array.isArray(consumed) ? consumed : [consumed]) count(capacity, isRead, meter, key);
  if (asked === "INDEXES") return answer;
  if (asked !== "TOTAL") return JSON.stringify(rest);
  const total = Array.isArray(consumed) ? consumed.map(onlyTotal) : onlyTotal(consumed);
  return JSON.stringify({ ...rest, ConsumedCapacity: total });
}

function count(capacity: ConsumedCapacity, isRead: boolean, meter: Meter, key: MeterKey): void {
  const resource = capacity.TableName ?? "";
  meter.add({ ...key, resource }, amounts(capacity.Table ?? capacity, isRead));
  const indexes = { ...capacity.GlobalSecondaryIndexes, ...capacity.LocalSecondaryIndexes };
  for (const [index, units] of Object.entries(indexes)) meter.add({ ...key, resource, index }, amounts(units, isRead));
}

function amounts(units: Units, isRead: boolean): { readUnits: number; writeUnits: number } {
  const { CapacityUnits = 0, ReadCapacityUnits, WriteCapacityUnits } = units;
  if (ReadCapacityUnits !== undefined || WriteCapacityUnits !== undefined) {
    return { readUnits: ReadCapacityUnits ?? 0, writeUnits: WriteCapacityUnits ?? 0 };
  }
  return isRead ? { readUnits: CapacityUnits, writeUnits: 0 } : { readUnits: 0, writeUnits: CapacityUnits };
}

function onlyTotal({ Table, GlobalSecondaryIndexes, LocalSecondaryIndexes, ...total }: ConsumedCapacity) {
  return total;
}

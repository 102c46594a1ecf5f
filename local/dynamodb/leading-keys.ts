import type { TableModel } from "../template/model.ts";

type Input = Readonly<Record<string, unknown>>;

/** The partition key values that a call touches, for policies with `dynamodb:LeadingKeys`. */
export function leadingKeysOf(
  operation: string,
  input: Input,
  table: TableModel | undefined,
  tableName: string,
): readonly string[] | undefined {
  if (table === undefined) return undefined;
  const hash = table.key.hash;
  switch (operation) {
    case "Query": {
      const index = [...table.globalIndexes, ...table.localIndexes].find(({ name }) => name === input.IndexName);
      return queryKey(input, index?.key.hash ?? hash);
    }
    case "PutItem":
      return values([record(input.Item)[hash]]);
    case "BatchGetItem":
      return values(records(record(record(input.RequestItems)[tableName]).Keys).map((key) => key[hash]));
    case "BatchWriteItem":
      return values(
        records(record(input.RequestItems)[tableName]).map((write) => {
          const put = record(record(write.PutRequest).Item)[hash];
          return put ?? record(record(write.DeleteRequest).Key)[hash];
        }),
      );
    default:
      return values([record(input.Key)[hash]]);
  }
}

/** Finds `hash = :value` in a key condition; a partition key can only be compared for equality. */
function queryKey(input: Input, hash: string): readonly string[] | undefined {
  const expression = String(input.KeyConditionExpression ?? "");
  const attributeNames = record(input.ExpressionAttributeNames);
  for (const [, attribute = "", placeholder = ""] of expression.matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)) {
    if ((attributeNames[attribute] ?? attribute) !== hash) continue;
    return values([record(input.ExpressionAttributeValues)[placeholder]]);
  }
  return undefined;
}

function values(attributes: readonly unknown[]): readonly string[] | undefined {
  const texts = attributes.map((attribute) => Object.values(record(attribute))[0]);
  return texts.every((text) => typeof text === "string") ? (texts as string[]) : undefined;
}

function record(value: unknown): Input {
  return typeof value === "object" && value !== null ? (value as Input) : {};
}

function records(value: unknown): readonly Input[] {
  return Array.isArray(value) ? (value as Input[]) : [];
}

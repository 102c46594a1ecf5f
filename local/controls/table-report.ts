/** What the tables hold, for a person at a terminal: reads all of it, which only a local tool may do. */
import type { Forward } from "../dynamodb/forward.ts";

type AttributeValue = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, AttributeValue>>;

/** Entity → status → how many; items without either are counted under "-". */
export type StatusCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export async function countByStatus(forward: Forward, tableName: string): Promise<StatusCounts> {
  const counts: Record<string, Record<string, number>> = {};
  const request = {
    ProjectionExpression: "#entity, #status",
    ExpressionAttributeNames: { "#entity": "entity", "#status": "status" },
  };
  for await (const item of scan(forward, tableName, request)) {
    const entity = String(item.entity?.S ?? "-");
    const status = String(item.status?.S ?? "-");
    const ofEntity = counts[entity] ?? {};
    counts[entity] = ofEntity;
    ofEntity[status] = (ofEntity[status] ?? 0) + 1;
  }
  return counts;
}

/** JSON lines of all items as plain documents, ordered by `pk`, then `sk`. */
export async function exportTable(forward: Forward, tableName: string): Promise<string> {
  const lines: { readonly key: string; readonly text: string }[] = [];
  for await (const item of scan(forward, tableName, {})) {
    const document = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));
    lines.push({ key: `${String(document.pk)}\u0000${String(document.sk)}`, text: JSON.stringify(document) });
  }
  lines.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return lines.map(({ text }) => `${text}\n`).join("");
}

async function* scan(forward: Forward, tableName: string, request: object): AsyncGenerator<Item> {
  let start: unknown;
  do {
    const answer = await forward(
      "DynamoDB_20120810.Scan",
      JSON.stringify({ ...request, TableName: tableName, ...(start !== undefined && { ExclusiveStartKey: start }) }),
    );
    if (answer.status !== 200) throw new Error(`the table ${tableName} can't be read: ${answer.body}`);
    const page = JSON.parse(answer.body) as { Items: Item[]; LastEvaluatedKey?: unknown };
    yield* page.Items;
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

function plain(value: AttributeValue): unknown {
  const [type = "", content] = Object.entries(value)[0] ?? [];
  switch (type) {
    case "N":
      return Number(content);
    case "NULL":
      return null;
    case "NS":
      return (content as string[]).map(Number);
    case "L":
      return (content as AttributeValue[]).map(plain);
    case "M":
      return Object.fromEntries(Object.entries(content as Item).map(([name, inner]) => [name, plain(inner)]));
    default:
      return content;
  }
}

import type { TableModel } from "../template/model.ts";
import type { Forward } from "./forward.ts";

/**
 * The template's stream ARNs and the store's own, which hold another region and a label of the table's creation. Callers only ever
 * see the template's.
 */
export interface StreamNames {
  toStore(text: string): Promise<string>;
  toTemplate(text: string): Promise<string>;
  tableOf(streamArn: string): TableModel | undefined;
}

export function createStreamNames(tables: readonly TableModel[], forward: Forward): StreamNames {
  let pairs: Promise<readonly (readonly [string, string])[]> | undefined;

  async function find(): Promise<readonly (readonly [string, string])[]> {
    const found = await Promise.all(
      tables.map(async (table) => {
        if (table.streamArn === undefined) return [];
        const answer = await forward("DynamoDB_20120810.DescribeTable", JSON.stringify({ TableName: table.name }));
        const own = (JSON.parse(answer.body) as { Table?: { LatestStreamArn?: string } }).Table?.LatestStreamArn;
        return own === undefined ? [] : [[table.streamArn, own] as const];
      }),
    );
    return found.flat();
  }

  const known = () => {
    pairs ??= find();
    return pairs;
  };
  return {
    async toStore(text) {
      return (await known()).reduce((result, [template, own]) => result.replaceAll(template, own), text);
    },
    async toTemplate(text) {
      return (await known()).reduce((result, [template, own]) => result.replaceAll(own, template), text);
    },
    tableOf: (streamArn) => tables.find((table) => table.streamArn === streamArn),
  };
}

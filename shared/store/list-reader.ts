import { setTimeout as sleepFor } from "node:timers/promises";
import { QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import type { Item } from "./items.ts";
import { type FamilyEntity, familyPk, familySkPrefix, type Key } from "./keys.ts";
import { type ListIndex, listIndexes } from "./list-index.ts";
import { type RetrySettings, retryWhileBusy } from "./retry.ts";
import type { StoreOptions } from "./store.ts";

/** Positions from `from` (inclusive) up to `to` (exclusive). */
export interface PositionRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Where reading goes on: after a position, which needn't exist (any more). */
export interface PositionKey {
  readonly key: Key;
  readonly position: string;
}

export interface IndexRead extends PositionRange {
  readonly index: ListIndex;
  readonly partition: string;
  readonly descending: boolean;
  readonly after?: PositionKey | undefined;
  readonly limit: number;
}

export interface FamilyRead {
  readonly organizationId: string;
  readonly family: string;
  readonly entity: FamilyEntity;
  readonly descending: boolean;
  readonly after?: Key | undefined;
  readonly limit: number;
}

/** DynamoDB ends a page at 1 MB; more pages than this for one bounded count means something is wrong. */
const MAX_COUNT_PAGES = 10;

export type ListReader = ReturnType<typeof createListReader>;

/** Sort keys lie between the bounds; an upper bound is no prefix of a position, so that `BETWEEN` leaves it out. */
function rangeCondition({ from, to }: PositionRange): string {
  if (from !== undefined && to !== undefined) return " AND #sk BETWEEN :from AND :to";
  if (from !== undefined) return " AND #sk >= :from";
  return to === undefined ? "" : " AND #sk < :to";
}

function indexQuery({ index, partition, from, to }: Omit<IndexRead, "descending" | "limit">) {
  const names = listIndexes[index];
  const isOpen = from === undefined && to === undefined;
  return {
    IndexName: index,
    KeyConditionExpression: `#pk = :pk${rangeCondition({ from, to })}`,
    ExpressionAttributeNames: { "#pk": names.partition, ...(isOpen ? {} : { "#sk": names.position }) },
    ExpressionAttributeValues: {
      ":pk": partition,
      ...(from !== undefined && { ":from": from }),
      ...(to !== undefined && { ":to": to }),
    },
  };
}

/** Bounded queries of the lists' indexes and of a payout's family. */
export function createListReader(options: StoreOptions) {
  const { client, tableName } = options;
  const retry: RetrySettings = {
    sleep: options.sleep ?? ((ms) => sleepFor(ms)),
    random: options.random ?? Math.random,
  };
  const query = (input: Omit<QueryCommandInput, "TableName">) =>
    retryWhileBusy(() => client.send(new QueryCommand({ ...input, TableName: tableName })), retry);

  return {
    /** At most `limit` entries of an index partition; fewer only at its end or at 1 MB. Entries are candidates. */
    async index(read: IndexRead): Promise<{ entries: PositionKey[]; isEnd: boolean }> {
      const names = listIndexes[read.index];
      const { after } = read;
      const result = await query({
        ...indexQuery(read),
        Limit: read.limit,
        ScanIndexForward: !read.descending,
        ExclusiveStartKey: after && {
          ...after.key,
          [names.partition]: read.partition,
          [names.position]: after.position,
        },
      });
      const entries = (result.Items ?? []).map((item) => ({
        key: { pk: String(item.pk), sk: String(item.sk) },
        position: String(item[names.position]),
      }));
      return { entries, isEnd: result.LastEvaluatedKey === undefined };
    },

    /** At most `limit` of a payout's records of one entity, in the order in which they were numbered; strongly consistent. */
    async family(read: FamilyRead): Promise<{ items: Item[]; isEnd: boolean }> {
      const result = await query({
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues: {
          ":pk": familyPk(read.organizationId, read.family),
          ":sk": familySkPrefix(read.entity),
        },
        Limit: read.limit,
        ScanIndexForward: !read.descending,
        ExclusiveStartKey: read.after,
      });
      return { items: (result.Items ?? []) as Item[], isEnd: result.LastEvaluatedKey === undefined };
    },

    /** The number of a partition's entries before a position, counted no further than `limit`. */
    async count(read: Pick<IndexRead, "index" | "partition" | "to">, limit: number): Promise<number> {
      let count = 0;
      let from: Record<string, unknown> | undefined;
      for (let page = 0; page < MAX_COUNT_PAGES; page += 1) {
        const result = await query({
          ...indexQuery(read),
          Select: "COUNT",
          Limit: limit - count,
          ExclusiveStartKey: from,
        });
        count += result.Count ?? 0;
        from = result.LastEvaluatedKey;
        if (from === undefined || count >= limit) return count;
      }
      throw new RangeError(`${limit} entries of ${read.partition} are larger than ${MAX_COUNT_PAGES} pages`);
    },
  };
}

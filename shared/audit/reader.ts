import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { StoreBusy } from "../store/errors.ts";
import type { Key } from "../store/keys.ts";
import { type RetrySettings, retryWhileBusy } from "../store/retry.ts";
import { type AuditLine, canonicalJson } from "./chain.ts";
import { flaggedSk, lineOfItem, versionSk } from "./items.ts";

export interface AuditReaderDeps extends RetrySettings {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

export type AuditIndex = "byDay" | "byActor" | "byAction";

const PARTITION_OF: Readonly<Record<AuditIndex, string>> = { byDay: "dayPk", byActor: "actorPk", byAction: "actionPk" };

/** An index entry: where its line is, and its place in the order of time. */
export interface AuditIndexEntry extends Key {
  /** `<instant>#<event id>`. */
  readonly daySk: string;
}

export interface AuditIndexPage {
  readonly ascending: boolean;
  readonly limit: number;
  /** Sort keys between which entries lie; both included. */
  readonly from: string;
  readonly to: string;
}

export interface ChainPage {
  readonly limit: number;
  /** A sort key. */
  readonly after?: string | undefined;
  readonly ascending?: boolean;
}

const MAX_KEYS_AT_ONCE = 100;
const MAX_ROUNDS = 9;

export type AuditReader = ReturnType<typeof createAuditReader>;

/** The table gives a map's fields in any order; a line reads the same each time, down to its text. */
function readLine(item: Readonly<Record<string, unknown>>): AuditLine {
  return JSON.parse(canonicalJson(lineOfItem(item)));
}

/** Reads the audit table, whose lines never change. Consistent where the table itself is read; indexes lag a moment. */
export function createAuditReader({ client, tableName, sleep, random }: AuditReaderDeps) {
  const busy = <T>(work: () => Promise<T>) => retryWhileBusy(work, { sleep, random });

  async function readBatch(keys: readonly Key[]): Promise<AuditLine[]> {
    const found: AuditLine[] = [];
    let pending: readonly Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const Keys = [...pending];
      const answer = await busy(() => client.send(new BatchGetCommand({ RequestItems: { [tableName]: { Keys } } })));
      found.push(...(answer.Responses?.[tableName] ?? []).map(readLine));
      pending = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
      if (pending.length === 0) return found;
      await sleep(Math.round(random() * Math.min(1_000, 50 * 2 ** round)));
    }
    throw new StoreBusy(`BatchGetItem left keys unprocessed ${MAX_ROUNDS} times`, 1_000);
  }

  return {
    /** One record's lines in the order of their keys, the first version first unless told, from after `after` on. */
    async chain(
      pk: string,
      { limit, after, ascending = true }: ChainPage,
    ): Promise<{ readonly lines: readonly AuditLine[]; readonly next?: string }> {
      const { Items = [], LastEvaluatedKey } = await busy(() =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: "pk = :pk",
            ExpressionAttributeValues: { ":pk": pk },
            ScanIndexForward: ascending,
            Limit: limit,
            ConsistentRead: true,
            ...(after === undefined ? {} : { ExclusiveStartKey: { pk, sk: after } }),
          }),
        ),
      );
      const lines = Items.map(readLine);
      return LastEvaluatedKey === undefined ? { lines } : { lines, next: String(LastEvaluatedKey.sk) };
    },

    /** One line of a record: a version, or `<version>~<sequence number>` of one that was flagged. */
    async line(pk: string, place: string): Promise<AuditLine | undefined> {
      const [version = "", sequenceNumber] = place.split("~");
      const sk = sequenceNumber === undefined ? versionSk(Number(version)) : flaggedSk(Number(version), sequenceNumber);
      return (await readBatch([{ pk, sk }]))[0];
    },

    /** One page of an index partition. */
    async entries(
      index: AuditIndex,
      partition: string,
      { ascending, limit, from, to }: AuditIndexPage,
    ): Promise<{ readonly entries: readonly AuditIndexEntry[]; readonly more: boolean }> {
      const pkName = PARTITION_OF[index];
      const { Items = [], LastEvaluatedKey } = await busy(() =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            IndexName: index,
            KeyConditionExpression: "#pk = :pk AND #sk BETWEEN :from AND :to",
            ExpressionAttributeNames: { "#pk": pkName, "#sk": "daySk" },
            ExpressionAttributeValues: { ":pk": partition, ":from": from, ":to": to },
            ScanIndexForward: ascending,
            Limit: limit,
          }),
        ),
      );
      const entries = Items.map((item) => ({ pk: String(item.pk), sk: String(item.sk), daySk: String(item.daySk) }));
      return { entries, more: LastEvaluatedKey !== undefined };
    },

    /** The lines of these keys, in no particular order. */
    async lines(keys: readonly Key[]): Promise<AuditLine[]> {
      const batches: Key[][] = [];
      for (let at = 0; at < keys.length; at += MAX_KEYS_AT_ONCE) batches.push(keys.slice(at, at + MAX_KEYS_AT_ONCE));
      return (await Promise.all(batches.map(readBatch))).flat();
    },
  };
}

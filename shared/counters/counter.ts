import { createHash } from "node:crypto";
import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { StreamChange } from "../events/stream-change.ts";
import { COUNTER_LANES, countedKeyOfPartition, countersKey } from "../store/keys.ts";
import { type RetrySettings, retryWhileBusy } from "../store/retry.ts";
import { decodeMark, encodeMark, isLater, type Mark, markAfter, markBefore, markName } from "./marks.ts";
import { addCounters, addMove, type CountedEntity, type Counts, countsOf, type Deltas, isCounted } from "./tally.ts";

/** A transaction of 100 items holds the marks of 40 partitions and the counters of as many organizations. */
const MAX_PARTITIONS = 40;
/** Keeps each update expression below DynamoDB's 4 KB and 300 operators. */
const MAX_RECORDS = 60;
const MAX_ROUNDS = 8;

/** The marks kept moving while a chunk was counted: two runs count the same records. Coming again is safe. */
export class CountersContended extends Error {
  override readonly name = "CountersContended";
}

export interface CounterDeps extends RetrySettings {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

interface Step {
  /** The change's place in the batch. */
  readonly index: number;
  readonly eventId: string;
  readonly mark: Mark;
}

/** One record's way through a batch. */
interface Journey {
  readonly pk: string;
  readonly organizationId: string;
  readonly entity: CountedEntity;
  readonly name: string;
  readonly steps: readonly Step[];
  /** What the counters are believed to hold: first by the stream's word, then by the marks'. */
  counted: Mark | undefined;
}

export interface IndexedChange {
  readonly index: number;
  readonly change: StreamChange;
}

/**
 * Counts a batch's changes, each exactly once however often and however cut it is delivered. Gives the lowest index
 * that could not be counted; the batch has to come again from there.
 */
export function createCounter({ client, tableName, sleep, random }: CounterDeps) {
  return async (
    changes: readonly IndexedChange[],
    onError: (error: unknown) => void = () => undefined,
  ): Promise<number | undefined> => {
    const chunks = chunksOf(journeysOf(changes));
    for (const [position, chunk] of chunks.entries()) {
      try {
        await countChunk(chunk);
      } catch (error) {
        onError(error);
        return Math.min(
          ...chunks
            .slice(position)
            .flat()
            .flatMap(({ steps }) => steps.map(({ index }) => index)),
        );
      }
    }
    return undefined;
  };

  async function countChunk(chunk: readonly Journey[]): Promise<void> {
    const lane = laneOf(chunk);
    let open = chunk;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      open = open.filter(({ steps, counted }) => steps.some(({ mark }) => isLater(mark, counted)));
      if (open.length === 0) return;
      if (await commit(open, lane)) return;
      await readMarks(open);
    }
    throw new CountersContended(`marks of ${open.length} records moved in ${MAX_ROUNDS} rounds`);
  }

  /** False where a mark is not as believed; then nothing was counted. */
  async function commit(journeys: readonly Journey[], lane: number): Promise<boolean> {
    const TransactItems = [...markUpdates(journeys), ...counterUpdates(journeys, lane)];
    try {
      await retryWhileBusy(() => client.send(new TransactWriteCommand({ TransactItems })), { sleep, random });
      return true;
    } catch (error) {
      if (error instanceof TransactionCanceledException && hasMovedMarks(error)) return false;
      throw error;
    }
  }

  function markUpdates(journeys: readonly Journey[]): TransactItem[] {
    return [...Map.groupBy(journeys, ({ pk }) => pk)].map(([pk, members]) => {
      const names: Record<string, string> = { "#entity": "entity" };
      const values: Record<string, unknown> = { ":entity": "counted" };
      const conditions = members.map(({ name, counted }, place) => {
        names[`#${place}`] = name;
        if (counted === undefined) return `attribute_not_exists(#${place})`;
        values[`:old${place}`] = encodeMark(counted);
        return `#${place} = :old${place}`;
      });
      const sets = members.map((journey, place) => {
        values[`:new${place}`] = encodeMark(endOf(journey));
        return `#${place} = :new${place}`;
      });
      return {
        Update: {
          TableName: tableName,
          Key: countedKeyOfPartition(pk),
          UpdateExpression: `SET #entity = :entity, ${sets.join(", ")}`,
          ConditionExpression: conditions.join(" AND "),
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
        },
      };
    });
  }

  function counterUpdates(journeys: readonly Journey[], lane: number): TransactItem[] {
    return [...Map.groupBy(journeys, ({ organizationId }) => organizationId)].flatMap(([organizationId, members]) => {
      const deltas: Deltas = new Map();
      for (const journey of members) {
        addMove(deltas, journey.entity, journey.counted?.standing, endOf(journey).standing);
      }
      if (deltas.size === 0) return [];
      const sums = [...deltas];
      const Update = {
        TableName: tableName,
        Key: countersKey(organizationId, lane),
        UpdateExpression: `SET #entity = :entity ADD ${sums.map((_, place) => `#${place} :${place}`).join(", ")}`,
        ExpressionAttributeNames: {
          "#entity": "entity",
          ...Object.fromEntries(sums.map(([name], place) => [`#${place}`, name])),
        },
        ExpressionAttributeValues: {
          ":entity": "counters",
          ...Object.fromEntries(sums.map(([, sum], place) => [`:${place}`, sum])),
        },
      };
      return [{ Update }];
    });
  }

  async function readMarks(journeys: readonly Journey[]): Promise<void> {
    await Promise.all(
      [...Map.groupBy(journeys, ({ pk }) => pk)].map(async ([pk, members]) => {
        const Key = countedKeyOfPartition(pk);
        const read = () => client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
        const { Item: item } = await retryWhileBusy(read, { sleep, random });
        for (const journey of members) {
          const mark = item?.[journey.name];
          journey.counted = typeof mark === "string" ? decodeMark(mark) : undefined;
        }
      }),
    );
  }
}

/** An organization's counters, summed over the lanes. Eventually consistent, a moment behind the records. */
export async function readCounters(
  client: DynamoDBDocumentClient,
  tableName: string,
  organizationId: string,
): Promise<Counts> {
  const lanes = Array.from({ length: COUNTER_LANES }, (_, lane) => countersKey(organizationId, lane));
  const answers = await Promise.all(lanes.map((Key) => client.send(new GetCommand({ TableName: tableName, Key }))));
  const sums: Deltas = new Map();
  for (const { Item } of answers) addCounters(sums, Item ?? {});
  return countsOf(sums);
}

type TransactItem = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

function hasMovedMarks(error: TransactionCanceledException): boolean {
  return (error.CancellationReasons ?? []).some(({ Code }) => Code === "ConditionalCheckFailed");
}

/** The mark at the end of a record's way: the latest, since a stray change may not be. */
function endOf({ steps, counted }: Journey): Mark {
  return steps.reduce<Mark>((latest, { mark }) => (isLater(mark, latest) ? mark : latest), counted ?? { version: 0 });
}

function journeysOf(changes: readonly IndexedChange[]): Journey[] {
  const journeys = new Map<string, Journey & { steps: Step[] }>();
  for (const { index, change } of changes) {
    const { entity, entityId, pk, organizationId } = change;
    if (!isCounted(entity)) continue;
    const name = markName(entity, entityId);
    const key = `${pk}\n${name}`;
    const counted = markBefore(entity, change);
    const journey = journeys.get(key) ?? { pk, organizationId, entity, name, steps: [], counted };
    journeys.set(key, journey);
    const eventId = change.stamp?.eventId ?? change.sequenceNumber;
    journey.steps.push({ index, eventId, mark: markAfter(entity, change) });
  }
  return [...journeys.values()];
}

function chunksOf(journeys: readonly Journey[]): Journey[][] {
  const chunks: Journey[][] = [];
  let partitions = new Set<string>();
  for (const members of Map.groupBy(journeys, ({ pk }) => pk).values()) {
    for (const journey of members) {
      let chunk = chunks.at(-1);
      const full = chunk === undefined || chunk.length === MAX_RECORDS;
      if (chunk === undefined || full || (!partitions.has(journey.pk) && partitions.size === MAX_PARTITIONS)) {
        chunk = [];
        chunks.push(chunk);
        partitions = new Set();
      }
      partitions.add(journey.pk);
      chunk.push(journey);
    }
  }
  return chunks;
}

/** Counters are spread by what is counted, so that shards that count at once rarely meet. */
function laneOf(chunk: readonly Journey[]): number {
  const first = chunk[0]?.steps[0]?.eventId ?? "";
  return (createHash("sha256").update(first).digest()[0] ?? 0) % COUNTER_LANES;
}

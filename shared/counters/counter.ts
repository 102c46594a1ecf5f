import { createHash } from "node:crypto";
import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { StreamChange } from "../events/stream-change.ts";
import {
  COUNTER_LANES,
  countedKeyOfPartition,
  countersKey,
  dayCountersKey,
  type Key,
  PLATFORM,
} from "../store/keys.ts";
import { type RetrySettings, retryWhileBusy } from "../store/retry.ts";
import { type ActionTallies, actionsOf, addHappening, type Happening, happeningOf } from "./actions.ts";
import { decodeMark, encodeMark, isLater, type Mark, markAfter, markBefore, markName } from "./marks.ts";
import {
  addCounters,
  addMove,
  addVersions,
  type Counts,
  countsOf,
  type Deltas,
  isCounted,
  isVersioned,
  type LineCounts,
  lineCountsOf,
  type VersionedEntity,
} from "./tally.ts";

/** DynamoDB's limit. A transaction holds a mark per partition, and per organization its counters and those of each day. */
const MAX_ITEMS = 100;
/** Keep each update expression below DynamoDB's 4 KB and 300 operators: a record moves four sums, a step two. */
const MAX_RECORDS = 60;
const MAX_STEPS = 100;
const MAX_STEPS_OF_RECORD = 40;
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
  readonly happening: Happening | undefined;
}

/** One record's way through a batch, or a part of a long one. */
interface Journey {
  readonly pk: string;
  readonly organizationId: string;
  readonly entity: VersionedEntity;
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
      const days = [...Map.groupBy(members.flatMap(newHappenings), ({ day }) => day)].map(([day, happenings]) => {
        const sums: Deltas = new Map();
        for (const happening of happenings) addHappening(sums, happening);
        return additionTo(dayCountersKey(organizationId, lane, day), sums);
      });
      return [additionTo(countersKey(organizationId, lane), movesOf(members)), ...days].filter(
        (update) => update !== undefined,
      );
    });
  }

  function additionTo(key: Key, deltas: Deltas): TransactItem | undefined {
    if (deltas.size === 0) return undefined;
    const sums = [...deltas];
    return {
      Update: {
        TableName: tableName,
        Key: key,
        UpdateExpression: `SET #entity = :entity ADD ${sums.map((_, place) => `#${place} :${place}`).join(", ")}`,
        ExpressionAttributeNames: {
          "#entity": "entity",
          ...Object.fromEntries(sums.map(([name], place) => [`#${place}`, name])),
        },
        ExpressionAttributeValues: {
          ":entity": "counters",
          ...Object.fromEntries(sums.map(([, sum], place) => [`:${place}`, sum])),
        },
      },
    };
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
  return countsOf(await readLanes(client, tableName, (lane) => countersKey(organizationId, lane)));
}

/** How many audit lines there are about each kind of record, flagged ones left out. A moment behind, too. */
export async function readLineCounts(
  client: DynamoDBDocumentClient,
  tableName: string,
  organizationId: string,
): Promise<LineCounts> {
  return lineCountsOf(await readLanes(client, tableName, (lane) => countersKey(organizationId, lane)));
}

/** What happened in an organization on a UTC day, `2026-11-21`. A moment behind, too. */
export async function readActions(
  client: DynamoDBDocumentClient,
  tableName: string,
  { organizationId, day }: { readonly organizationId: string; readonly day: string },
): Promise<ActionTallies> {
  return actionsOf(await readLanes(client, tableName, (lane) => dayCountersKey(organizationId, lane, day)));
}

async function readLanes(
  client: DynamoDBDocumentClient,
  tableName: string,
  keyOf: (lane: number) => Key,
): Promise<Deltas> {
  const lanes = Array.from({ length: COUNTER_LANES }, (_, lane) => keyOf(lane));
  const answers = await Promise.all(lanes.map((Key) => client.send(new GetCommand({ TableName: tableName, Key }))));
  const sums: Deltas = new Map();
  for (const { Item } of answers) addCounters(sums, Item ?? {});
  return sums;
}

type TransactItem = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

function hasMovedMarks(error: TransactionCanceledException): boolean {
  return (error.CancellationReasons ?? []).some(({ Code }) => Code === "ConditionalCheckFailed");
}

/** The mark at the end of a record's way: the latest, since a stray change may not be. */
function endOf({ steps, counted }: Journey): Mark {
  return steps.reduce<Mark>((latest, { mark }) => (isLater(mark, latest) ? mark : latest), counted ?? { version: 0 });
}

/** The steps that the counters don't hold yet, each version once. */
function newHappenings({ steps, counted }: Journey): Happening[] {
  let latest = counted;
  const happenings: Happening[] = [];
  for (const { mark, happening } of steps) {
    if (!isLater(mark, latest)) continue;
    latest = mark;
    if (happening !== undefined) happenings.push(happening);
  }
  return happenings;
}

/** From where the records were counted to where they stand now. */
function movesOf(journeys: readonly Journey[]): Deltas {
  const deltas: Deltas = new Map();
  for (const journey of journeys) {
    const { entity, counted } = journey;
    const end = endOf(journey);
    if (isCounted(entity)) addMove(deltas, entity, counted?.standing, end.standing);
    addVersions(deltas, entity, end.version - (counted?.version ?? 0));
  }
  return deltas;
}

function journeysOf(changes: readonly IndexedChange[]): Journey[] {
  const journeys: Journey[] = [];
  const open = new Map<string, Journey & { steps: Step[] }>();
  for (const { index, change } of changes) {
    const { entity, entityId, pk, organizationId } = change;
    // Nobody sees the deployment's own counters.
    if (!isVersioned(entity) || organizationId === PLATFORM) continue;
    const name = markName(entity, entityId);
    const key = `${pk}\n${name}`;
    let journey = open.get(key);
    if (journey === undefined || journey.steps.length === MAX_STEPS_OF_RECORD) {
      journey = { pk, organizationId, entity, name, steps: [], counted: markBefore(entity, change) };
      open.set(key, journey);
      journeys.push(journey);
    }
    const eventId = change.stamp?.eventId ?? change.sequenceNumber;
    journey.steps.push({ index, eventId, mark: markAfter(entity, change), happening: happeningOf(change) });
  }
  return journeys;
}

function chunksOf(journeys: readonly Journey[]): Journey[][] {
  const chunks: Journey[][] = [];
  for (const journey of [...Map.groupBy(journeys, ({ pk }) => pk).values()].flat()) {
    const chunk = chunks.at(-1);
    if (chunk !== undefined && fitsInOne([...chunk, journey])) chunk.push(journey);
    else chunks.push([journey]);
  }
  return chunks;
}

function fitsInOne(journeys: readonly Journey[]): boolean {
  const different = (names: readonly string[]) => new Set(names).size;
  const steps = journeys.flatMap(({ organizationId, steps }) => steps.map((step) => ({ ...step, organizationId })));
  const items =
    different(journeys.map(({ pk }) => pk)) +
    different(journeys.map(({ organizationId }) => organizationId)) +
    different(steps.map(({ organizationId, happening }) => `${organizationId} ${happening?.day}`));
  const records = different(journeys.map(({ pk, name }) => `${pk}\n${name}`));
  // The parts of a long way are counted one after the other.
  if (records < journeys.length) return false;
  return items <= MAX_ITEMS && records <= MAX_RECORDS && steps.length <= MAX_STEPS;
}

/** Counters are spread by what is counted, so that shards that count at once rarely meet. */
function laneOf(chunk: readonly Journey[]): number {
  const first = chunk[0]?.steps[0]?.eventId ?? "";
  return (createHash("sha256").update(first).digest()[0] ?? 0) % COUNTER_LANES;
}

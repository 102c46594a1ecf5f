import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import type { IndexedChange } from "../counters/counter.ts";
import { logger } from "../runtime/logger.ts";
import { EVENT_SOURCE } from "./event-types.ts";
import { type DomainEvent, type RelayedRecord, toDomainEvent, toOutOfBandEvent } from "./outbound.ts";
import type { Message } from "./publisher.ts";
import { earlierOf, failFrom, readBatch } from "./stream-batch.ts";
import type { StreamChange } from "./stream-change.ts";

export interface RelayDeps {
  /** Gives how many messages are on the bus, from the first on. */
  readonly publish: (messages: readonly Message[]) => Promise<number>;
  /** Gives the lowest index that could not be counted. */
  readonly count: (changes: readonly IndexedChange[], onError: (error: unknown) => void) => Promise<number | undefined>;
}

/**
 * Publishes the event of each change of a batch and then counts it, up to the first change that fails; from there the
 * batch comes again. So every change is published at least once, in order, and counted exactly once.
 */
export function createRelayChanges({ publish, count }: RelayDeps) {
  return async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const { changes, poisonAt } = readBatch(records);
    const { messages, brokenAt } = messagesOf(changes);
    const unreadableAt = earlierOf(poisonAt, brokenAt);
    const readable = messages.filter(({ index }) => isBefore(index, unreadableAt));
    const published = await publish(readable);
    const failedAt = readable[published]?.index ?? unreadableAt;
    const uncountedAt = await count(
      changes.filter(({ index }) => isBefore(index, failedAt)),
      (error) => logger.error("changes not counted", error as Error),
    );
    return failFrom(records, earlierOf(failedAt, uncountedAt));
  };
}

type IndexedMessage = Message & { readonly index: number };

/** The events up to the first change that makes none though it should. */
function messagesOf(changes: readonly IndexedChange[]): { messages: IndexedMessage[]; brokenAt?: number } {
  const messages: IndexedMessage[] = [];
  for (const { index, change } of changes) {
    try {
      const event = eventOf(change);
      if (event !== undefined) messages.push({ ...messageOf(event, change), index });
    } catch (error) {
      logger.error("change can't be told", error as Error);
      return { messages, brokenAt: index };
    }
  }
  return { messages };
}

/** Postings are told by the change that caused them; a hand that touches them is told like any other. */
function eventOf(change: StreamChange): DomainEvent | undefined {
  if (change.outOfBand !== undefined) return toOutOfBandEvent(change);
  if (change.entity === "journal_entry") return undefined;
  return toDomainEvent(change.after as unknown as RelayedRecord);
}

function messageOf(event: DomainEvent, { pk, sk }: StreamChange): Message {
  return {
    source: EVENT_SOURCE,
    detailType: event.event_type,
    detail: JSON.stringify(event),
    at: new Date(event.occurred_at),
    orderKey: `${pk}\n${sk}`,
  };
}

function isBefore(index: number, end: number | undefined): boolean {
  return end === undefined || index < end;
}

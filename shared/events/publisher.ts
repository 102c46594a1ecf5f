import type { EventBridgeClient, PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { logger } from "../runtime/logger.ts";
import type { RetrySettings } from "../store/retry.ts";

/** PutEvents: entries and bytes per call; an entry that is larger than a call can never be published. */
const MAX_ENTRIES = 10;
const MAX_CALL_BYTES = 256 * 1024;
const TIME_BYTES = 14;
const ATTEMPTS = 5;
const BASE_MS = 50;
const CAP_MS = 2_000;

export interface Message {
  readonly source: string;
  readonly detailType: string;
  /** JSON text. */
  readonly detail: string;
  readonly at: Date;
  /** Messages of one key are published one after the other. */
  readonly orderKey: string;
}

export interface PublisherDeps extends RetrySettings {
  readonly client: EventBridgeClient;
  readonly busName: string;
}

/**
 * Publishes in order and gives the number of messages that are on the bus from the first on: anything less than all
 * of them means that the next one was refused again and again. Some after it may be on the bus as well.
 */
export function createPublisher({ client, busName, sleep, random }: PublisherDeps) {
  return async (messages: readonly Message[]): Promise<number> => {
    let published = 0;
    while (published < messages.length) {
      const call = nextCall(messages, published);
      const failedAt = call.length === 0 ? 0 : await put(call);
      if (failedAt !== undefined) return published + failedAt;
      published += call.length;
    }
    return published;
  };

  /** The place of the first entry that stays refused. Only refused entries go again. */
  async function put(call: readonly Message[]): Promise<number | undefined> {
    let open = call.map((message, index) => ({ message, index }));
    for (let attempt = 1; ; attempt += 1) {
      open = await refusedOf(open);
      const [first] = open;
      if (first === undefined) return undefined;
      if (attempt === ATTEMPTS) return first.index;
      await sleep(Math.round(random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt)));
    }
  }

  async function refusedOf(open: readonly { message: Message; index: number }[]) {
    try {
      const Entries = open.map(({ message }) => entryOf(message));
      const { FailedEntryCount = 0, Entries: answers = [] } = await client.send(new PutEventsCommand({ Entries }));
      if (FailedEntryCount === 0) return [];
      logger.warn("the bus refused entries", { codes: answers.map(({ ErrorCode }) => ErrorCode).filter(Boolean) });
      return open.filter((_, index) => answers[index]?.EventId === undefined);
    } catch (error) {
      logger.warn("the bus did not take a call", error as Error);
      return [...open];
    }
  }

  function entryOf({ source, detailType, detail, at }: Message): PutEventsRequestEntry {
    return { EventBusName: busName, Source: source, DetailType: detailType, Detail: detail, Time: at };
  }
}

/** As many messages as fit; never two of one key, since the bus doesn't keep the order within a call. Empty: the first is too large. */
function nextCall(messages: readonly Message[], start: number): readonly Message[] {
  const keys = new Set<string>();
  let bytes = 0;
  let end = start;
  for (; end < messages.length && end - start < MAX_ENTRIES; end += 1) {
    const message = messages[end];
    if (message === undefined || keys.has(message.orderKey)) break;
    bytes += sizeOf(message);
    if (bytes > MAX_CALL_BYTES) break;
    keys.add(message.orderKey);
  }
  return messages.slice(start, end);
}

/** As EventBridge counts. */
function sizeOf({ source, detailType, detail }: Message): number {
  return TIME_BYTES + Buffer.byteLength(source) + Buffer.byteLength(detailType) + Buffer.byteLength(detail);
}

/** Reads one table's stream for all of its mappings: what one has fetched, the others find in memory. */
import { createHash } from "node:crypto";
import type { VirtualClock } from "../contracts.ts";
import type { StreamClient, TableStream, WireRecord } from "./stream-client.ts";

export interface StreamRecord {
  readonly sequence: number;
  /** By the virtual clock. */
  readonly createdAtMs: number;
  /** As Lambda gives it to a function. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly json: string;
}

export interface StreamReaderOptions {
  readonly client: StreamClient;
  readonly clock: VirtualClock;
  readonly stream: TableStream;
  /** The template's ARN of the stream, which is what functions see. */
  readonly streamArn: string;
}

const READ_LIMIT = 1000;
const KEPT_RECORDS = 4000;

export class StreamReader {
  readonly stream: TableStream;
  readonly streamArn: string;
  readonly #options: StreamReaderOptions;
  /** Consecutive records, the latest last. */
  #kept: StreamRecord[] = [];
  readonly #fetching = new Map<number, Promise<readonly StreamRecord[]>>();

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.streamArn = options.streamArn;
  }

  /** Up to a thousand records after a position, oldest first; none at the end of the stream. */
  async after(sequence: number): Promise<readonly StreamRecord[]> {
    const kept = this.#keptAfter(sequence);
    if (kept.length > 0) return kept;
    const known = this.#fetching.get(sequence);
    if (known !== undefined) return known;
    const fetching = this.#fetch(sequence).finally(() => this.#fetching.delete(sequence));
    this.#fetching.set(sequence, fetching);
    return fetching;
  }

  async #fetch(sequence: number): Promise<readonly StreamRecord[]> {
    const { client, stream } = this.#options;
    const records = (await client.readAfter(stream, sequence, READ_LIMIT)).map((record) => this.#lambdaRecord(record));
    const last = this.#kept.at(-1)?.sequence;
    if (last === undefined || last === sequence) this.#kept = [...this.#kept, ...records].slice(-KEPT_RECORDS);
    return records;
  }

  #keptAfter(sequence: number): readonly StreamRecord[] {
    const first = this.#kept[0]?.sequence;
    // Only a position inside is sure to miss nothing.
    if (first === undefined || sequence < first) return [];
    const start = this.#kept.findLastIndex((record) => record.sequence <= sequence) + 1;
    return this.#kept.slice(start, start + READ_LIMIT);
  }

  #lambdaRecord(record: WireRecord): StreamRecord {
    const { clock, stream, streamArn } = this.#options;
    // The store writes real time; how far the clock is moved now is how far it was when this was written, but for
    // records that a stopped host left unread.
    const offsetMs = new Float64Array(clock.offset)[0] ?? 0;
    const createdAtMs = record.dynamodb.ApproximateCreationDateTime * 1000 + offsetMs;
    const value = {
      eventID: createHash("md5").update(`${stream.arn}/${record.dynamodb.SequenceNumber}`).digest("hex"),
      eventName: record.eventName,
      eventVersion: record.eventVersion,
      eventSource: "aws:dynamodb",
      awsRegion: streamArn.split(":")[3],
      dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: Math.floor(createdAtMs / 1000) },
      ...(record.userIdentity !== undefined && { userIdentity: record.userIdentity }),
      eventSourceARN: streamArn,
    };
    return { sequence: Number(record.dynamodb.SequenceNumber), createdAtMs, value, json: JSON.stringify(value) };
  }
}

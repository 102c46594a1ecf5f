/** One event source mapping: batches of a stream's records to a function, with Lambda's rules for failures. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Busy, FunctionRuntime, HostContext } from "../contracts.ts";
import { compilePattern } from "../events/pattern.ts";
import type { SendToDestination } from "../lambda/async-events.ts";
import type { EventSourceMappingModel } from "../template/model.ts";
import { readBatchAnswer } from "./batch-answer.ts";
import type { CheckpointStore } from "./checkpoints.ts";
import type { StreamFaults } from "./stream-faults.ts";
import type { StreamReader, StreamRecord } from "./stream-reader.ts";

export interface MappingOptions {
  readonly context: HostContext;
  readonly spec: EventSourceMappingModel;
  readonly functionArn: string;
  readonly reader: StreamReader;
  readonly functions: FunctionRuntime;
  readonly checkpoints: CheckpointStore;
  readonly faults: StreamFaults;
  readonly sendToDestination: SendToDestination;
}

/** A stream keeps its records for a day, and that ends every retry. */
const STREAM_RETENTION_SECONDS = 86_400;
const MAXIMUM_PAYLOAD_CHARACTERS = 5_500_000;
const LONGEST_REAL_WINDOW_MS = 20;
/** The first retries come at once; later ones wait on the clock, ever longer. */
const IMMEDIATE_RETRIES = 2;
const LONGEST_PAUSE_MS = 60_000;

class Stopped extends Error {
  override readonly name = "Stopped";
}

export class StreamMapping implements Busy {
  readonly #options: MappingOptions;
  readonly #matches: (record: StreamRecord) => boolean;
  #position: number;
  #running: Promise<void> | undefined;
  #wanted = false;
  #stopped = false;
  #endPause: (() => void) | undefined;

  constructor(options: MappingOptions) {
    this.#options = options;
    const { spec, checkpoints, reader } = options;
    const filters = spec.filters.map((filter) => compilePattern(filter, `${spec.stack}/${spec.logicalId}`));
    this.#matches = (record) => filters.length === 0 || filters.some((matches) => matches(record.value));
    this.#position = checkpoints.open(spec.id, reader.stream, spec.startingPosition ?? "LATEST");
  }

  get name(): string {
    return this.#options.spec.id;
  }

  get position(): number {
    return this.#position;
  }

  pending(): number {
    return this.#running !== undefined && this.#endPause === undefined ? 1 : 0;
  }

  /** Whether a batch waits for a later instant to be tried again. */
  waiting(): boolean {
    return this.#endPause !== undefined;
  }

  /** Something may have been written. Cheap: many calls during a run make one more look. */
  poke(): void {
    this.#wanted = true;
    if (this.#stopped || this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#wanted) this.poke();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wanted = false;
    this.#endPause?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted && !this.#stopped) {
        this.#wanted = false;
        while (await this.#step()) if (this.#stopped) return;
      }
    } catch (error) {
      if (!(error instanceof Stopped) && !this.#stopped) {
        this.#options.context.log("a stream mapping failed in the host itself", {
          mapping: this.name,
          error: String(error),
        });
      }
    }
  }

  /** Reads on and handles one batch; gives whether there may be more. */
  async #step(): Promise<boolean> {
    const { spec, reader } = this.#options;
    let read = await reader.after(this.#position);
    if (read.length === 0) return false;
    let matching = read.filter(this.#matches);
    if (spec.maximumBatchingWindowSeconds > 0 && matching.length > 0 && matching.length < spec.batchSize) {
      await sleep(LONGEST_REAL_WINDOW_MS);
      read = await reader.after(this.#position);
      matching = read.filter(this.#matches);
    }
    const batch = takeBatch(matching, spec.batchSize);
    if (batch.length > 0) {
      for (const part of this.#options.faults.partsOf(spec.functionName, batch)) await this.#handle(part, 0);
    }
    const all = batch.length === matching.length;
    this.#advance((all ? read.at(-1) : batch.at(-1))?.sequence ?? this.#position);
    return true;
  }

  /** Comes back when every record has succeeded or was given up; the checkpoint follows on the way. */
  async #handle(batch: readonly StreamRecord[], retriesMade: number): Promise<void> {
    const { spec, faults } = this.#options;
    let rest = batch;
    let retries = retriesMade;
    for (;;) {
      rest = await this.#dropExpired(rest, retries);
      if (rest.length === 0) return;
      const answer = await this.#invoke(rest);
      if (answer.kind === "done") {
        if (faults.redelivers(spec.functionName)) await this.#invoke(rest);
        return this.#advance(rest.at(-1)?.sequence ?? this.#position);
      }
      if (answer.kind === "throttled") {
        await this.#pause(1000);
        continue;
      }
      const position = answer.kind === "failed-from" ? answer.position : 0;
      if (position > 0) {
        this.#advance(rest[position - 1]?.sequence ?? this.#position);
        rest = rest.slice(position);
        retries = 0;
      }
      if (spec.bisectBatchOnFunctionError && rest.length > 1) {
        // When the function has named the record, the split sets it apart at once.
        const middle = answer.kind === "failed-from" ? 1 : Math.ceil(rest.length / 2);
        await this.#handle(rest.slice(0, middle), retries);
        await this.#handle(rest.slice(middle), 0);
        return;
      }
      retries++;
      if (spec.maximumRetryAttempts >= 0 && retries > spec.maximumRetryAttempts) {
        await this.#giveUp(rest, "RetryAttemptsExhausted", retries);
        return;
      }
      if (retries > IMMEDIATE_RETRIES) {
        await this.#pause(Math.min(1000 * 2 ** (retries - IMMEDIATE_RETRIES - 1), LONGEST_PAUSE_MS));
      }
    }
  }

  async #invoke(batch: readonly StreamRecord[]) {
    if (this.#stopped) throw new Stopped();
    const { spec, functions } = this.#options;
    const payload = `{"Records":[${batch.map(({ json }) => json).join(",")}]}`;
    const result = await functions.invoke(spec.functionName, payload, "RequestResponse");
    return readBatchAnswer(result, batch, spec.reportBatchItemFailures);
  }

  async #dropExpired(batch: readonly StreamRecord[], retries: number): Promise<readonly StreamRecord[]> {
    const { spec, context } = this.#options;
    const given = spec.maximumRecordAgeSeconds;
    // Without a limit of its own, only a record that was tried can expire: unread ones may come from a stopped host.
    if (given < 0 && retries === 0) return batch;
    const maximumAgeMs = (given < 0 ? STREAM_RETENTION_SECONDS : given) * 1000;
    const fresh = batch.findIndex((record) => context.clock.now() - record.createdAtMs <= maximumAgeMs);
    const expired = fresh < 0 ? batch : batch.slice(0, fresh);
    if (expired.length > 0) await this.#giveUp(expired, "RecordAgeExceeded", retries);
    return batch.slice(expired.length);
  }

  async #giveUp(batch: readonly StreamRecord[], condition: string, invokeCount: number): Promise<void> {
    const { spec, functionArn, reader, context, sendToDestination } = this.#options;
    const first = batch[0];
    const last = batch.at(-1);
    if (first === undefined || last === undefined) return;
    context.log("a stream mapping gave up on records", { mapping: this.name, condition, records: batch.length });
    const iso = (ms: number) => new Date(ms).toISOString();
    const record = {
      requestContext: { requestId: randomUUID(), functionArn, condition, approximateInvokeCount: invokeCount },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      version: "1.0",
      timestamp: iso(context.clock.now()),
      DDBStreamBatchInfo: {
        shardId: reader.stream.shardId,
        startSequenceNumber: String(first.sequence),
        endSequenceNumber: String(last.sequence),
        approximateArrivalOfFirstRecord: iso(first.createdAtMs),
        approximateArrivalOfLastRecord: iso(last.createdAtMs),
        batchSize: batch.length,
        streamArn: reader.streamArn,
      },
    };
    if (spec.onFailureArn !== undefined) await sendToDestination(spec.onFailureArn, JSON.stringify(record));
    this.#advance(last.sequence);
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#options.context;
    const key = `stream-mapping/${this.name}`;
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      clock.setTimer(key, clock.now() + ms, resolve);
    });
    clock.clearTimer(key);
    this.#endPause = undefined;
    if (this.#stopped) throw new Stopped();
  }

  #advance(sequence: number): void {
    if (sequence <= this.#position) return;
    this.#position = sequence;
    this.#options.checkpoints.save(this.name, sequence);
  }
}

function takeBatch(records: readonly StreamRecord[], batchSize: number): readonly StreamRecord[] {
  let characters = 0;
  const end = records.slice(0, batchSize).findIndex(({ json }) => {
    characters += json.length + 1;
    return characters > MAXIMUM_PAYLOAD_CHARACTERS;
  });
  return records.slice(0, end < 0 ? batchSize : Math.max(1, end));
}

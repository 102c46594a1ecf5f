/** All event source mappings of the template that read a table's stream. */
import type { Busy, FunctionRuntime, HostContext } from "../contracts.ts";
import type { Forward } from "../dynamodb/forward.ts";
import type { SendToDestination } from "../lambda/async-events.ts";
import type { EventSourceMappingModel, FunctionModel, TableModel } from "../template/model.ts";
import { CheckpointStore } from "./checkpoints.ts";
import { StreamMapping } from "./mapping.ts";
import { createStreamClient } from "./stream-client.ts";
import { StreamFaults } from "./stream-faults.ts";
import { StreamReader } from "./stream-reader.ts";

export interface StreamOptions {
  readonly context: HostContext;
  /** The table store itself, past authorization, faults and metering. */
  readonly forward: Forward;
  readonly tables: readonly TableModel[];
  readonly functions: readonly FunctionModel[];
  readonly mappings: readonly EventSourceMappingModel[];
  readonly runtime: FunctionRuntime;
  readonly sendToDestination: SendToDestination;
}

export interface StreamRuntime extends Busy {
  readonly faults: StreamFaults;
  /** To be called after each write; without a table, all are looked at. */
  poke(tableName?: string): void;
  /** The last sequence number that every mapping of a table has done with; undefined without mappings. */
  consumedUpTo(tableName: string): number | undefined;
  /** Mappings whose batch waits for a later instant. */
  waiting(): number;
  stop(): Promise<void>;
}

/** For writes that did not come by the endpoint. */
const LOOK_EVERY_MS = 1000;

/** Throws when a mapping's source is not a table of the template with a stream. */
export async function startStreams(options: StreamOptions): Promise<StreamRuntime> {
  const { context } = options;
  const client = createStreamClient(options.forward);
  const checkpoints = new CheckpointStore(context.db);
  const faults = new StreamFaults();
  const readers = new Map<string, StreamReader>();
  const mappings = new Map<string, StreamMapping[]>();

  for (const spec of options.mappings.filter(({ enabled }) => enabled)) {
    const where = `${spec.stack}/${spec.logicalId}`;
    const table = options.tables.find(({ streamArn }) => streamArn === spec.eventSourceArn);
    const target = options.functions.find(({ name }) => name === spec.functionName);
    if (table === undefined) throw new Error(`${where}: the source ${spec.eventSourceArn} is not a table's stream`);
    if (target === undefined) throw new Error(`${where}: the function ${spec.functionName} is not in the template`);
    const reader =
      readers.get(table.name) ??
      new StreamReader({
        client,
        clock: context.clock,
        stream: await client.describe(table.name),
        streamArn: spec.eventSourceArn,
      });
    readers.set(table.name, reader);
    const mapping = new StreamMapping({
      context,
      spec,
      functionArn: target.arn,
      reader,
      functions: options.runtime,
      checkpoints,
      faults,
      sendToDestination: options.sendToDestination,
    });
    mappings.set(table.name, [...(mappings.get(table.name) ?? []), mapping]);
  }
  const all = [...mappings.values()].flat();
  const poke = (tableName?: string) => {
    for (const mapping of tableName === undefined ? all : (mappings.get(tableName) ?? [])) mapping.poke();
  };
  const timer = setInterval(poke, LOOK_EVERY_MS);
  timer.unref();
  poke();

  return {
    faults,
    poke,
    pending: () => all.reduce((sum, mapping) => sum + mapping.pending(), 0),
    consumedUpTo: (tableName) => {
      const positions = mappings.get(tableName)?.map((mapping) => mapping.position);
      return positions && Math.min(...positions);
    },
    waiting: () => all.filter((mapping) => mapping.waiting()).length,
    async stop() {
      clearInterval(timer);
      await Promise.all(all.map((mapping) => mapping.stop()));
    },
  };
}

/** Lambda: synchronous and asynchronous invocations of the template's functions. */
import type { Sample } from "../aws/cloudwatch-store.ts";
import type { Busy, FunctionRuntime, HostContext, InvocationType, InvokeResult } from "../contracts.ts";
import { functionNameOf } from "../template/build-compute.ts";
import type { EventInvokeConfigModel, FunctionModel } from "../template/model.ts";
import { AsyncEvents, type AsyncTarget, type SendToDestination } from "./async-events.ts";
import { type AccessKey, type FunctionFigures, SandboxPool, Throttled } from "./sandbox-pool.ts";

export interface LambdaOptions {
  readonly context: HostContext;
  readonly dataDir: string;
  readonly functions: readonly FunctionModel[];
  readonly eventInvokeConfigs: readonly EventInvokeConfigModel[];
  /** Where the AWS SDK in the functions calls; asked when a sandbox starts. */
  readonly endpointUrl: () => string;
  /** Called for each sandbox that starts: the endpoint knows a caller by its key. */
  readonly newAccessKey: (functionName: string) => AccessKey;
  readonly sendToDestination: SendToDestination;
  /** Takes what is reported to CloudWatch. */
  readonly measure?: (sample: Sample) => void;
  /** Bound per function, below its reserved concurrency. */
  readonly maximumSandboxes?: number;
}

export interface LambdaRuntime extends FunctionRuntime, Busy {
  /** Delivers what an earlier process accepted and did not finish. */
  start(): void;
  /** Ends the sandbox with this access key, or a function's sandboxes that are at work; gives how many. */
  killWorker(accessKeyIdOrFunctionName: string): number;
  figures(): Readonly<Record<string, Readonly<FunctionFigures>>>;
  /** Events that wait for their retry. */
  waiting(): number;
  /** Lets invocations in flight end (bounded by `graceMs`), then ends every sandbox. */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_SANDBOXES = 4;
const MAXIMUM_SYNC_PAYLOAD_BYTES = 6 * 1024 * 1024;
const MAXIMUM_EVENT_PAYLOAD_BYTES = 1024 * 1024;
const STOP_LOOK_MS = 10;

export function createLambdaRuntime(options: LambdaOptions): LambdaRuntime {
  const { context, dataDir, endpointUrl, newAccessKey, maximumSandboxes = DEFAULT_SANDBOXES } = options;
  const { measure = () => {} } = options;
  const functions = new Map<string, AsyncTarget>();
  for (const spec of options.functions) {
    const { clock } = context;
    const pool = new SandboxPool({ spec, clock, dataDir, endpointUrl, newAccessKey, maximumSandboxes, measure });
    const config = options.eventInvokeConfigs.find((candidate) => candidate.functionName === spec.name);
    functions.set(spec.name, { spec, pool, config });
  }
  const events = new AsyncEvents(context, functions, options.sendToDestination);

  return {
    start: () => events.start(),

    async invoke(nameOrArn: string, payload: string, type: InvocationType): Promise<InvokeResult> {
      const name = functionNameOf(nameOrArn);
      const target = functions.get(name);
      if (target === undefined) return refused(404, "ResourceNotFoundException", `Function not found: ${nameOrArn}`);
      const limit = type === "Event" ? MAXIMUM_EVENT_PAYLOAD_BYTES : MAXIMUM_SYNC_PAYLOAD_BYTES;
      if (Buffer.byteLength(payload) > limit) {
        return refused(413, "RequestTooLargeException", `Request must be smaller than ${limit} bytes`);
      }
      if (type === "Event") {
        events.add(name, payload === "" ? "{}" : payload);
        return { statusCode: 202, payload: "" };
      }
      try {
        const result = await target.pool.invoke(payload === "" ? "{}" : payload);
        if (result.ok) return { statusCode: 200, payload: result.payload };
        return { statusCode: 200, payload: JSON.stringify(result.error), functionError: "Unhandled" };
      } catch (error) {
        if (error instanceof Throttled) return refused(429, error.name, error.message);
        throw error;
      }
    },

    killWorker(key) {
      const named = functions.get(key);
      if (named !== undefined) return named.pool.kill();
      return [...functions.values()].reduce((sum, { pool }) => sum + pool.kill(key), 0);
    },

    figures: () => Object.fromEntries([...functions].map(([name, { pool }]) => [name, { ...pool.figures }])),

    pending: () => events.pending() + [...functions.values()].reduce((sum, { pool }) => sum + pool.inFlight(), 0),

    waiting: () => events.waiting(),

    async stop(graceMs = 10_000) {
      const giveUpAt = performance.now() + graceMs;
      const eventsStopped = events.stop();
      const busy = () => [...functions.values()].some(({ pool }) => pool.inFlight() > 0);
      while (busy() && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, STOP_LOOK_MS));
      await Promise.all([...functions.values()].map(({ pool }) => pool.close()));
      await eventsStopped;
    },
  };
}

function refused(statusCode: number, type: string, message: string): InvokeResult {
  return { statusCode, payload: JSON.stringify({ Type: type, Message: message }) };
}

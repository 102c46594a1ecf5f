/** Asynchronous invocations: Lambda's event queue, its retries, and where an event goes that could not be handled. */
import { randomUUID } from "node:crypto";
import type { Busy, HostContext } from "../contracts.ts";
import { DurableWork, type WorkItem, type WorkOutcome } from "../events/durable-work.ts";
import type { EventInvokeConfigModel, FunctionModel } from "../template/model.ts";
import { type SandboxPool, Throttled } from "./sandbox-pool.ts";
import type { SandboxResult } from "./sandbox-thread.ts";

/** Sends one destination record to a queue, bus or function. */
export type SendToDestination = (
  arn: string,
  body: string,
  attributes?: Readonly<Record<string, string>>,
) => void | Promise<void>;

export interface AsyncTarget {
  readonly spec: FunctionModel;
  readonly pool: SandboxPool;
  readonly config: EventInvokeConfigModel | undefined;
}

interface QueuedEvent {
  readonly requestId: string;
  readonly payload: string;
}

/** Lambda waits one minute before the second attempt and two before the third. */
const RETRY_DELAYS_MS = [60_000, 120_000];
const THROTTLE_RETRY_MS = 1000;
const DEFAULT_RETRIES = 2;
const DEFAULT_EVENT_AGE_SECONDS = 6 * 3600;

export class AsyncEvents implements Busy {
  readonly #context: HostContext;
  readonly #functions: ReadonlyMap<string, AsyncTarget>;
  readonly #send: SendToDestination;
  readonly #work: DurableWork;

  constructor(context: HostContext, functions: ReadonlyMap<string, AsyncTarget>, send: SendToDestination) {
    this.#context = context;
    this.#functions = functions;
    this.#send = send;
    this.#work = new DurableWork({
      context,
      kind: "lambda-event",
      // The pool is the limit; a little more keeps its sandboxes from idling between two events.
      concurrency: (name) => (functions.get(name)?.pool.limit ?? 1) + 1,
      run: (item) => this.#deliver(item),
    });
  }

  start(): void {
    this.#work.start();
  }

  /** Durable once it returns. */
  add(functionName: string, payload: string): void {
    const event: QueuedEvent = { requestId: randomUUID(), payload };
    this.#work.add([{ lane: functionName, body: JSON.stringify(event) }]);
  }

  pending(): number {
    return this.#work.pending();
  }

  waiting(): number {
    return this.#work.waiting();
  }

  stop(): Promise<void> {
    return this.#work.stop();
  }

  async #deliver(item: WorkItem): Promise<WorkOutcome> {
    const target = this.#functions.get(item.lane);
    if (target === undefined) {
      this.#context.log("an event for a function that no longer exists was dropped", { function: item.lane });
      return { done: true };
    }
    const { spec, pool, config } = target;
    const event = JSON.parse(item.body) as QueuedEvent;
    const expiresAtMs = item.createdAtMs + (config?.maximumEventAgeSeconds ?? DEFAULT_EVENT_AGE_SECONDS) * 1000;
    let result: SandboxResult;
    try {
      result = await pool.invoke(event.payload, event.requestId);
    } catch (error) {
      if (!(error instanceof Throttled)) throw error;
      const retryAtMs = this.#context.clock.now() + THROTTLE_RETRY_MS;
      if (retryAtMs <= expiresAtMs) return { retryAtMs };
      await this.#giveUp(target, event, "EventAgeExceeded", item.attempts, undefined);
      return { done: true };
    }
    if (result.ok) {
      if (config?.onSuccessArn !== undefined) {
        const record = this.#record({ spec, event, condition: "Success", invokeCount: item.attempts + 1, result });
        await this.#send(config.onSuccessArn, record);
      }
      return { done: true };
    }
    const invokeCount = item.attempts + 1;
    if (item.attempts >= (config?.maximumRetryAttempts ?? DEFAULT_RETRIES)) {
      await this.#giveUp(target, event, "RetriesExhausted", invokeCount, result);
      return { done: true };
    }
    const retryAtMs = this.#context.clock.now() + (RETRY_DELAYS_MS[item.attempts] ?? 120_000);
    if (retryAtMs > expiresAtMs) {
      await this.#giveUp(target, event, "EventAgeExceeded", invokeCount, result);
      return { done: true };
    }
    return { retryAtMs };
  }

  async #giveUp(
    { spec, config }: AsyncTarget,
    event: QueuedEvent,
    condition: "RetriesExhausted" | "EventAgeExceeded",
    invokeCount: number,
    result: SandboxResult | undefined,
  ): Promise<void> {
    this.#context.log("a function gave up on an event", { function: spec.name, condition, requestId: event.requestId });
    const onFailure = config?.onFailureArn;
    if (onFailure !== undefined)
      await this.#send(onFailure, this.#record({ spec, event, condition, invokeCount, result }));
    if (spec.deadLetterArn === undefined) return;
    const message = result !== undefined && !result.ok ? result.error.errorMessage : condition;
    await this.#send(spec.deadLetterArn, event.payload, {
      RequestID: event.requestId,
      ErrorCode: "200",
      ErrorMessage: message.slice(0, 1024),
    });
  }

  #record(outcome: {
    spec: FunctionModel;
    event: QueuedEvent;
    condition: string;
    invokeCount: number;
    result: SandboxResult | undefined;
  }): string {
    const { spec, event, condition, invokeCount, result } = outcome;
    return JSON.stringify({
      version: "1.0",
      timestamp: new Date(this.#context.clock.now()).toISOString(),
      requestContext: {
        requestId: event.requestId,
        functionArn: `${spec.arn}:$LATEST`,
        condition,
        approximateInvokeCount: invokeCount,
      },
      requestPayload: JSON.parse(event.payload),
      ...(result && {
        responseContext: {
          statusCode: 200,
          executedVersion: "$LATEST",
          ...(!result.ok && { functionError: "Unhandled" }),
        },
        responsePayload: result.ok ? JSON.parse(result.payload) : result.error,
      }),
    });
  }
}

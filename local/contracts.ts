/**
 * The seams between the parts of the local cloud. Each part owns its own tables in the host database
 * and re-arms its own timers when the host starts; nothing here survives in memory only.
 */
import type { DatabaseSync } from "node:sqlite";

/** A timer's owner decides what is durable; the clock only knows when to call. */
export interface TimerOptions {
  /**
   * A recurring tick (a rate rule). While the clock is being moved it fires only at the stops that other timers
   * make and once at the end, so that moving by 90 days does not mean 25,920 sweeps.
   */
  readonly recurring?: boolean;
}

export interface VirtualClock {
  /** Epoch milliseconds: the real clock plus an offset that only `advanceTo` changes. */
  now(): number;
  /** One Float64: the offset in ms. Workers read it, so `Date` follows at once in every thread. */
  readonly offset: SharedArrayBuffer;
  /** Replaces a timer of the same key. A timer in the past fires as soon as the event loop is free. */
  setTimer(key: string, atMs: number, fire: () => void | Promise<void>, options?: TimerOptions): void;
  clearTimer(key: string): void;
  /** Stops at each due instant in order, fires what is due, waits for `settle`, goes on. Refuses to go back. */
  advanceTo(targetMs: number, settle: () => Promise<void>): Promise<{ stops: number; fired: number }>;
  close(): void;
}

export interface BusEntry {
  readonly busName: string;
  readonly source: string;
  readonly detailType: string;
  /** JSON text, as on the wire. */
  readonly detail: string;
  readonly time?: string;
  readonly resources?: readonly string[];
}

export interface EventBus {
  /** Durable once it returns: every matching rule's delivery has been recorded. Gives one event id per entry. */
  put(entries: readonly BusEntry[]): readonly { eventId: string }[];
}

export type InvocationType = "RequestResponse" | "Event";

export interface InvokeResult {
  readonly statusCode: number;
  /** JSON text that the handler returned, or the error object of Lambda. */
  readonly payload: string;
  readonly functionError?: "Unhandled";
}

export interface FunctionRuntime {
  /** `Event` is durable once it returns (202) and is retried as the template's event invoke config says. */
  invoke(functionName: string, payload: string, type: InvocationType): Promise<InvokeResult>;
}

export interface WorkflowRuntime {
  /** Durable once it returns. An execution of the same name and another input is refused. */
  start(
    stateMachineArn: string,
    name: string | undefined,
    input: string,
  ): { executionArn: string; startedAtMs: number };
  describe(executionArn: string):
    | {
        status: string;
        input: string;
        output?: string;
        error?: string;
        cause?: string;
        startedAtMs?: number;
        stoppedAtMs?: number;
        transitions: number;
      }
    | undefined;
  /** Newest first. */
  list?(
    stateMachineArn: string,
    status?: string,
  ): readonly { executionArn: string; status: string; startedAtMs: number; stoppedAtMs?: number }[];
}

export interface Queues {
  /** Durable once it returns. */
  send(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): { messageId: string };
}

/** Whoever has work in flight says so; the host is settled when nobody has. */
export interface Busy {
  /** What is still to do now; work that waits for a later instant of the clock does not count. */
  pending(): number;
}

export interface HostContext {
  readonly db: DatabaseSync;
  readonly clock: VirtualClock;
  readonly log: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
}

/** The host's side of one sandbox thread: at most one invocation in flight. */
import { Worker } from "node:worker_threads";
import type { FunctionLog } from "./function-log.ts";
import type { ErrorDocument, InvokeMessage, SandboxData, SandboxMessage } from "./sandbox-protocol.ts";

export interface SandboxOptions {
  readonly data: SandboxData;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly log: FunctionLog;
  /** Called once, when the thread is gone for whatever reason. */
  readonly onGone: () => void;
}

export type SandboxResult =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: ErrorDocument; readonly timedOut?: true };

const INIT_LIMIT_MS = 30_000;

export class SandboxThread {
  readonly #worker: Worker;
  readonly #ready: Promise<ErrorDocument | undefined>;
  #finish: ((result: SandboxResult) => void) | undefined;
  #requestId = "";
  #gone = false;
  #ending = false;

  constructor({ data, environment, memoryMb, log, onGone }: SandboxOptions) {
    this.#worker = new Worker(new URL("./sandbox.ts", import.meta.url), {
      workerData: data,
      env: { ...environment },
      execArgv: [],
      argv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    log.take(this.#worker.stdout);
    log.take(this.#worker.stderr);
    const ready = Promise.withResolvers<ErrorDocument | undefined>();
    this.#ready = ready.promise;
    this.#worker.on("message", (message: SandboxMessage) => {
      if (message.type === "ready") ready.resolve(undefined);
      else if (message.type === "init-failed") ready.resolve(message.error);
      else if (message.requestId === this.#requestId) {
        if (message.type === "returned") this.#end({ ok: true, payload: message.payload });
        else this.#end({ ok: false, error: message.error });
      }
    });
    const leave = (errorType: string, errorMessage: string) => {
      if (this.#gone) return;
      this.#gone = true;
      ready.resolve({ errorType, errorMessage });
      this.#end({
        ok: false,
        error: { errorType, errorMessage: `RequestId: ${this.#requestId} Error: ${errorMessage}` },
      });
      onGone();
    };
    this.#worker.on("error", (error: unknown) => {
      const outOfMemory = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
      log.line(error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (outOfMemory) leave("Runtime.OutOfMemory", "Runtime exited with error: signal: killed");
      else leave("Runtime.UnhandledPromiseRejection", String(error));
    });
    this.#worker.on("exit", (code) => leave("Runtime.ExitError", `Runtime exited with error: exit status ${code}`));
    const slowStart = setTimeout(() => {
      ready.resolve({ errorType: "Sandbox.Timedout", errorMessage: "Init timed out" });
    }, INIT_LIMIT_MS);
    void this.#ready.then(() => clearTimeout(slowStart));
  }

  get usable(): boolean {
    return !this.#gone && !this.#ending;
  }

  /** A thread that failed to load, timed out or died is ended; the pool starts another one when it needs it. */
  async invoke(message: InvokeMessage): Promise<SandboxResult> {
    const initError = await this.#ready;
    if (initError) {
      await this.kill();
      return { ok: false, error: initError };
    }
    if (!this.usable) return { ok: false, error: { errorType: "Runtime.ExitError", errorMessage: "Runtime exited" } };
    const { promise, resolve } = Promise.withResolvers<SandboxResult>();
    this.#finish = resolve;
    this.#requestId = message.requestId;
    const timer = setTimeout(() => {
      const seconds = (message.timeoutMs / 1000).toFixed(2);
      const errorMessage = `RequestId: ${message.requestId} Error: Task timed out after ${seconds} seconds`;
      this.#end({ ok: false, error: { errorType: "Sandbox.Timedout", errorMessage }, timedOut: true });
      void this.kill();
    }, message.timeoutMs);
    this.#worker.postMessage(message);
    const result = await promise;
    clearTimeout(timer);
    return result;
  }

  /** Ends the thread; an invocation in flight fails as it does when a sandbox dies. */
  async kill(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
  }

  #end(result: SandboxResult): void {
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.(result);
  }
}

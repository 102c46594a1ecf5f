/** The sandboxes of one function: started when needed, one invocation at a time each, kept when idle. */
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Sample } from "../aws/cloudwatch-store.ts";
import type { VirtualClock } from "../contracts.ts";
import type { FunctionModel } from "../template/model.ts";
import { FunctionLog } from "./function-log.ts";
import { type SandboxResult, SandboxThread } from "./sandbox-thread.ts";

/** By it the endpoint knows which function calls, and which of its sandboxes. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface PoolOptions {
  readonly spec: FunctionModel;
  readonly clock: VirtualClock;
  readonly dataDir: string;
  readonly endpointUrl: () => string;
  /** Gives a new key: each sandbox calls with one of its own. */
  readonly newAccessKey: (functionName: string) => AccessKey;
  readonly maximumSandboxes: number;
  /** Takes what Lambda reports to CloudWatch, and what the function reports itself. */
  readonly measure: (sample: Sample) => void;
}

export interface FunctionFigures {
  invocations: number;
  errors: number;
  timeouts: number;
  throttles: number;
  coldStarts: number;
}

/** Invocations that may wait for a free sandbox; above it the function is throttled. */
const MAXIMUM_WAITING = 2000;

export class Throttled extends Error {
  override readonly name = "TooManyRequestsException";
}

export class SandboxPool {
  readonly figures: FunctionFigures = { invocations: 0, errors: 0, timeouts: 0, throttles: 0, coldStarts: 0 };
  readonly #options: PoolOptions;
  readonly #limit: number;
  readonly #log: FunctionLog;
  readonly #idle: SandboxThread[] = [];
  /** By access key id. */
  readonly #all = new Map<string, SandboxThread>();
  readonly #busy = new Set<SandboxThread>();
  readonly #waiting: PromiseWithResolvers<SandboxThread>[] = [];
  readonly #entry: { file: string; exportName: string };
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#limit = Math.min(options.spec.reservedConcurrency ?? options.maximumSandboxes, options.maximumSandboxes);
    this.#entry = resolveEntry(options.spec, options.dataDir);
    this.#log = new FunctionLog(options.dataDir, options.spec.name, options.measure);
  }

  get limit(): number {
    return this.#limit;
  }

  inFlight(): number {
    return this.#busy.size + this.#waiting.length;
  }

  /** Waits for a free sandbox. Throws `Throttled` when there is none to be had. */
  async invoke(payload: string, requestId: string = randomUUID()): Promise<SandboxResult> {
    if (this.#closed || this.#limit === 0 || this.#waiting.length >= MAXIMUM_WAITING) {
      this.figures.throttles++;
      this.#measure("Throttles", 1, this.#options.clock.now());
      throw new Throttled("Rate Exceeded.");
    }
    const sandbox = await this.#take();
    this.figures.invocations++;
    const [startedAtMs, startedAt] = [this.#options.clock.now(), performance.now()];
    const result = await sandbox.invoke({
      requestId,
      payload,
      functionArn: this.#options.spec.arn,
      traceId: newTraceId(this.#options.clock.now()),
      timeoutMs: this.#options.spec.timeoutSeconds * 1000,
    });
    this.#measure("Invocations", 1, startedAtMs);
    this.#measure("Errors", result.ok ? 0 : 1, startedAtMs);
    this.#measure("Duration", performance.now() - startedAt, startedAtMs);
    if (!result.ok) {
      this.figures.errors++;
      if (result.timedOut) this.figures.timeouts++;
      this.#log.line(`${requestId} ${result.error.errorType}: ${result.error.errorMessage}`);
    }
    this.#giveBack(sandbox);
    return result;
  }

  /** As Lambda reports it: under the instant at which the invocation began. */
  #measure(name: string, value: number, atMs: number): void {
    const { spec, measure } = this.#options;
    measure({ namespace: "AWS/Lambda", name, dimensions: { FunctionName: spec.name }, value, atMs });
  }

  /** Ends the sandbox with this access key, or all that are at work, as an injected fault. */
  kill(accessKeyId?: string): number {
    const one = accessKeyId === undefined ? undefined : this.#all.get(accessKeyId);
    const victims = accessKeyId === undefined ? [...this.#busy] : one === undefined ? [] : [one];
    for (const victim of victims) void victim.kill();
    return victims.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const turn of this.#waiting.splice(0)) turn.reject(new Throttled("Rate Exceeded."));
    await Promise.all([...this.#all.values()].map((sandbox) => sandbox.kill()));
    await this.#log.close();
  }

  #take(): Promise<SandboxThread> | SandboxThread {
    const idle = this.#idle.pop();
    const sandbox = idle ?? (this.#all.size < this.#limit ? this.#startSandbox() : undefined);
    if (sandbox === undefined) {
      const turn = Promise.withResolvers<SandboxThread>();
      this.#waiting.push(turn);
      return turn.promise;
    }
    this.#busy.add(sandbox);
    return sandbox;
  }

  #giveBack(sandbox: SandboxThread): void {
    this.#busy.delete(sandbox);
    if (!sandbox.usable) {
      this.#forget(sandbox);
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#idle.push(sandbox);
      return;
    }
    this.#busy.add(sandbox);
    next.resolve(sandbox);
  }

  /** A sandbox that is gone makes room: whoever waits gets a new one. */
  #forget(sandbox: SandboxThread): void {
    for (const [accessKeyId, known] of this.#all) if (known === sandbox) this.#all.delete(accessKeyId);
    const position = this.#idle.indexOf(sandbox);
    if (position >= 0) this.#idle.splice(position, 1);
    if (this.#closed || this.#waiting.length === 0 || this.#all.size >= this.#limit) return;
    const fresh = this.#startSandbox();
    this.#busy.add(fresh);
    this.#waiting.shift()?.resolve(fresh);
  }

  #startSandbox(): SandboxThread {
    const { spec, clock, dataDir } = this.#options;
    const accessKey = this.#options.newAccessKey(spec.name);
    this.figures.coldStarts++;
    const sandbox: SandboxThread = new SandboxThread({
      data: {
        entryFile: this.#entry.file,
        exportName: this.#entry.exportName,
        clockOffset: clock.offset,
        compileCacheDir: join(dataDir, "compile-cache"),
      },
      environment: this.#environment(accessKey),
      memoryMb: spec.memoryMb,
      log: this.#log,
      onGone: () => {
        if (!this.#busy.has(sandbox)) this.#forget(sandbox);
      },
    });
    this.#all.set(accessKey.accessKeyId, sandbox);
    return sandbox;
  }

  #environment(accessKey: AccessKey): Record<string, string> {
    const { spec, endpointUrl } = this.#options;
    const region = spec.arn.split(":")[3] ?? "us-east-1";
    return {
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
      PATH: process.env.PATH ?? "",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      LAMBDA_TASK_ROOT: dirname(this.#entry.file),
      _HANDLER: spec.handler,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${randomBytes(16).toString("hex")}`,
      ...spec.environment,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_LAMBDA_FUNCTION_NAME: spec.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
      AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
      AWS_ENDPOINT_URL: endpointUrl(),
    };
  }
}

function resolveEntry(spec: FunctionModel, dataDir: string): { file: string; exportName: string } {
  const codeDir = "directory" in spec.code ? spec.code.directory : writeInline(spec.name, spec.code.inline, dataDir);
  const dot = spec.handler.lastIndexOf(".");
  const base = join(codeDir, spec.handler.slice(0, dot));
  const file = [".js", ".mjs", ".cjs"].map((extension) => base + extension).find((candidate) => existsSync(candidate));
  if (dot <= 0 || file === undefined) {
    throw new Error(`function ${spec.name}: its handler ${spec.handler} is not in its asset ${codeDir}`);
  }
  return { file, exportName: spec.handler.slice(dot + 1) };
}

function writeInline(functionName: string, source: string, dataDir: string): string {
  const folder = join(dataDir, "inline", functionName);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.js"), source);
  return folder;
}

function newTraceId(nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")};Parent=${randomBytes(8).toString("hex")};Sampled=1`;
}

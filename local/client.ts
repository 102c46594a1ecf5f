/** A program beside the local cloud: finds a running one or starts its own, and talks to it as any other system would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface Endpoints {
  /** The admin console; absent when it isn't served. */
  readonly console?: string;
  readonly aws: string;
  readonly api: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly stripe: string;
  readonly local: string;
}

const READY_MS = 60_000;

export function readEndpoints(dataDir: string): Endpoints | undefined {
  const file = join(dataDir, "endpoints.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Endpoints) : undefined;
}

/** True where something answers at the local endpoint. */
export async function isAlive(endpoints: Endpoints): Promise<boolean> {
  try {
    const answer = await fetch(`${endpoints.local}/clock`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok;
  } catch {
    return false;
  }
}

/** A control of the local cloud or of the simulated Stripe refused; `status` says how. */
export class ControlRefused extends Error {
  override readonly name = "ControlRefused";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function control<T>(base: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${base}${path}`, {
    method: body === undefined ? "GET" : "POST",
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new ControlRefused(answer.status, `${path}: ${answer.status} ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

/** Waits until the cloud has nothing to do now, however long it takes. */
export async function settled(endpoints: Endpoints): Promise<void> {
  for (;;) {
    try {
      await control(endpoints.local, "/settle", {});
      return;
    } catch (error) {
      if (!(error instanceof ControlRefused && error.status === 504)) throw error;
    }
  }
}

export async function clockNow(endpoints: Endpoints): Promise<number> {
  return Date.parse((await control<{ now: string }>(endpoints.local, "/clock")).now);
}

/** Moves the clock to an instant; already there or past it, it stays. */
export async function moveClock(endpoints: Endpoints, toMs: number): Promise<void> {
  while ((await clockNow(endpoints)) < toMs) {
    try {
      await control(endpoints.local, "/clock", { to: new Date(toMs).toISOString() });
    } catch (error) {
      // A stop that takes longer than the cloud's own patience goes on when it has settled.
      if (!(error instanceof ControlRefused)) throw error;
      if (error.status !== 504 && error.status !== 400) throw error;
      await settled(endpoints);
    }
  }
}

export interface OwnCloud {
  readonly dataDir: string;
  endpoints(): Endpoints;
  /** Ends the process as a power cut would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A cloud in a folder of its own, with ports of its own; the folder goes when it stops. */
export async function ownCloud(): Promise<OwnCloud> {
  const dataDir = mkdtempSync(join(tmpdir(), "payouts-"));
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  let child: ChildProcess | undefined;
  let current: Endpoints | undefined;

  async function start(): Promise<void> {
    rmSync(join(dataDir, "endpoints.json"), { force: true });
    const started = spawn(process.execPath, [main, "--data", dataDir, "--port", "0", "--no-console"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    child = started;
    let complaint = "";
    started.stderr?.on("data", (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString("utf8")}`.slice(-4_000);
    });
    const until = Date.now() + READY_MS;
    for (;;) {
      if (started.exitCode !== null) throw new Error(`the local cloud ended while starting: ${complaint}`);
      const endpoints = readEndpoints(dataDir);
      if (endpoints !== undefined && (await isAlive(endpoints))) {
        current = endpoints;
        return;
      }
      if (Date.now() > until)
        throw new Error(`the local cloud was not ready within ${READY_MS / 1000} s: ${complaint}`);
      await sleep(50);
    }
  }

  async function end(signal: "SIGKILL" | "SIGINT"): Promise<void> {
    const running = child;
    if (running === undefined || running.exitCode !== null) return;
    const exited = once(running, "exit");
    running.kill(signal);
    await exited;
  }

  await start();
  return {
    dataDir,
    endpoints: () => {
      if (current === undefined) throw new Error("the local cloud has not started");
      return current;
    },
    kill: () => end("SIGKILL"),
    start,
    stop: async () => {
      await end("SIGINT");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

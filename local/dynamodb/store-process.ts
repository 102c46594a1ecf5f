import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findDynoxide } from "./executable.ts";
import { createForwarder, type Forward } from "./forward.ts";
import { endLeftover } from "./leftover.ts";
import { addSequenceIndex, hasSequenceIndex, pruneStreamRecords } from "./stream-records.ts";

export interface DynamoStore {
  /** Where the store itself answers, without authorization and faults: for the host, not for functions. */
  readonly endpoint: string;
  readonly forward: Forward;
  /** Drops old stream records that all consumers have read; a no-op for a store that isn't ours. */
  prune(consumedUpTo: (tableName: string) => number | undefined): number;
  stop(): Promise<void>;
}

export interface DynamoStoreOptions {
  readonly dataDir: string;
  /** A running DynamoDB-compatible store to use instead of a child process (`DYNAMODB_ENDPOINT`). */
  readonly endpoint?: string;
}

/** Starts the store with its data file in the data directory, ending the leftover of a killed host first. */
export async function startDynamoStore({ dataDir, endpoint }: DynamoStoreOptions): Promise<DynamoStore> {
  if (endpoint !== undefined) {
    const forwarder = createForwarder(endpoint);
    await waitUntilReady(forwarder.forward);
    return { endpoint, forward: forwarder.forward, prune: () => 0, stop: async () => forwarder.close() };
  }

  mkdirSync(dataDir, { recursive: true });
  const dataFile = join(dataDir, "dynamodb.sqlite");
  const pidFile = join(dataDir, "dynamodb.pid");
  await endLeftover(pidFile, dataFile);
  if (!hasSequenceIndex(dataFile)) {
    // The first start makes the tables to which the index belongs.
    const first = await launch(dataFile, pidFile, dataDir);
    await first.stop();
    addSequenceIndex(dataFile);
  }
  const running = await launch(dataFile, pidFile, dataDir);
  return {
    endpoint: running.endpoint,
    forward: running.forward,
    prune: (consumedUpTo) => pruneStreamRecords(dataFile, consumedUpTo),
    stop: running.stop,
  };
}

async function launch(dataFile: string, pidFile: string, dataDir: string) {
  const executable = findDynoxide();
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const log = openSync(join(dataDir, "dynamodb.log"), "a");
    const child = spawn(executable, ["serve", "--host", "127.0.0.1", "-p", String(port), "--db-path", dataFile], {
      stdio: ["ignore", log, log],
    });
    child.on("error", () => undefined);
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
    const endpoint = `http://127.0.0.1:${port}`;
    const forwarder = createForwarder(endpoint);
    const stop = async () => {
      forwarder.close();
      await endChild(child);
      rmSync(pidFile, { force: true });
    };
    try {
      await waitUntilReady(forwarder.forward, child);
      return { endpoint, forward: forwarder.forward, stop };
    } catch (error) {
      await stop();
      // Another process may have taken the port between our look and the child's.
      if (attempt === 3) throw error;
    }
  }
}

async function waitUntilReady(forward: Forward, child?: ChildProcess): Promise<void> {
  let lastError: unknown;
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 20) {
    if (child !== undefined && child.exitCode !== null) {
      throw new Error(`the DynamoDB store ended with code ${child.exitCode}; see dynamodb.log in the data directory`);
    }
    try {
      const answer = await forward("DynamoDB_20120810.ListTables", "{}");
      if (answer.status === 200) return;
    } catch (error) {
      lastError = error;
    }
    await sleep(20);
  }
  throw new Error("the DynamoDB store doesn't answer", { cause: lastError });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await ended;
  clearTimeout(killer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

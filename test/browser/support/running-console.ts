/** The console as `npm start` serves it, with demo data, for all test files of a run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { control, type Endpoints, readEndpoints } from "../../../local/client.ts";

const main = fileURLToPath(new URL("../../../local/main.ts", import.meta.url));
const READY_MS = 120_000;

export type ConsoleEndpoints = Endpoints & { readonly console: string };

export interface RunningConsole {
  readonly endpoints: ConsoleEndpoints;
  stop(): Promise<void>;
}

/** Runs `npm start` on free ports with a data folder of its own; ready when the console's page is served. */
export async function startConsole(): Promise<RunningConsole> {
  const dataDir = mkdtempSync(join(tmpdir(), "payouts-console-"));
  const child = spawn(process.execPath, [main, "--data", dataDir, "--port", "0", "--console-port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString("utf8")}`.slice(-4_000);
  });
  const until = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the local cloud ended while starting: ${complaint}`);
    const endpoints = readEndpoints(dataDir);
    if (endpoints?.console !== undefined && (await isServed(endpoints.console))) {
      return {
        endpoints: { ...endpoints, console: endpoints.console },
        stop: async () => {
          const exited = once(child, "exit");
          child.kill("SIGINT");
          await exited;
          rmSync(dataDir, { recursive: true, force: true });
        },
      };
    }
    if (Date.now() > until) throw new Error(`the console was not ready within ${READY_MS / 1000} s: ${complaint}`);
    await sleep(100);
  }
}

async function isServed(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/config.json`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** The organization that the console's sign-in page offers. */
export const DEMO_ORGANIZATION = "acme";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = await startConsole();
  await control(running.endpoints.local, "/demo-data", { organizationId: DEMO_ORGANIZATION });
  project.provide("endpoints", running.endpoints);
  return () => running.stop();
}

declare module "vitest" {
  export interface ProvidedContext {
    endpoints: ConsoleEndpoints;
  }
}

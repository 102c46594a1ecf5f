/** A host without AWS: a real SQLite file, and a clock that is moved by hand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { HostContext, VirtualClock } from "../../local/contracts.ts";

export interface FixtureHost extends HostContext {
  readonly dataDir: string;
  /** Moves the clock and fires what falls due, in order. */
  move(ms: number): Promise<void>;
  remove(): void;
}

export function createFixtureHost(dataDir = mkdtempSync(join(tmpdir(), "local-cloud-"))): FixtureHost {
  const db = new DatabaseSync(join(dataDir, "host.db"));
  const offset = new SharedArrayBuffer(8);
  const shared = new Float64Array(offset);
  const timers = new Map<string, { atMs: number; fire: () => void | Promise<void> }>();
  const now = () => Date.now() + (shared[0] ?? 0);
  const clock: VirtualClock = {
    now,
    offset,
    setTimer: (key, atMs, fire) => void timers.set(key, { atMs, fire }),
    clearTimer: (key) => void timers.delete(key),
    advanceTo: () => Promise.reject(new Error("use move")),
    close: () => timers.clear(),
  };
  return {
    db,
    clock,
    dataDir,
    log: () => {},
    async move(ms) {
      shared[0] = (shared[0] ?? 0) + ms;
      const due = [...timers].filter(([, timer]) => timer.atMs <= now()).sort(([, a], [, b]) => a.atMs - b.atMs);
      for (const [key, timer] of due) {
        timers.delete(key);
        await timer.fire();
      }
    },
    remove() {
      db.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits in short steps until the condition holds; fails after five seconds. */
export async function eventually(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error(`never became true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

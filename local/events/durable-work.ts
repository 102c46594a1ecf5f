/**
 * Work that must outlive the process: recorded before it is accepted, removed after it is done.
 * A killed host does what is left again when it starts, so each piece runs at least once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Busy, HostContext } from "../contracts.ts";
import { inTransaction } from "../database.ts";

export interface WorkItem {
  readonly id: number;
  /** Items of one lane run in the order in which they fell due, as many at once as the lane allows. */
  readonly lane: string;
  readonly body: string;
  /** Attempts whose outcome is known; one that died with the process is not counted. */
  readonly attempts: number;
  readonly createdAtMs: number;
}

export type WorkOutcome = { readonly done: true } | { readonly retryAtMs: number };

export interface NewWork {
  readonly lane: string;
  readonly body: string;
  readonly dueAtMs?: number;
}

export interface DurableWorkOptions {
  readonly context: HostContext;
  /** Names the kind of work in the shared table. */
  readonly kind: string;
  readonly concurrency: (lane: string) => number;
  readonly run: (item: WorkItem) => Promise<WorkOutcome>;
}

interface Lane {
  readonly ready: WorkItem[];
  running: number;
}

interface Row {
  readonly id: number;
  readonly lane: string;
  readonly body: string;
  readonly attempts: number;
  readonly created_at_ms: number;
  readonly due_at_ms: number;
}

/** How long a run that broke by itself (a bug in the host) waits before it is tried again. */
const BROKEN_RUN_RETRY_MS = 60_000;
/** Real time during which shuffled items gather, so that there is something to shuffle. */
const SHUFFLE_WINDOW_MS = 20;
const STOP_WAIT_MS = 20_000;

export class DurableWork implements Busy {
  readonly #options: DurableWorkOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #waiting = new Set<number>();
  #ready = 0;
  #running = 0;
  #stopped = false;
  #started = false;

  constructor(options: DurableWorkOptions) {
    this.#options = options;
    options.context.db.exec(`
      CREATE TABLE IF NOT EXISTS durable_work (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, lane TEXT NOT NULL, body TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, created_at_ms INTEGER NOT NULL, due_at_ms INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS durable_work_by_kind ON durable_work (kind, id)`);
  }

  /** Takes up what an earlier process left behind. Until then new work is recorded and waits. */
  start(): void {
    const rows = this.#options.context.db
      .prepare("SELECT id, lane, body, attempts, created_at_ms, due_at_ms FROM durable_work WHERE kind = ? ORDER BY id")
      .all(this.#options.kind) as unknown as Row[];
    this.#started = true;
    for (const row of rows) this.#place(itemOf(row), row.due_at_ms);
    this.#pumpAll();
  }

  /** Durable once it returns: all of it or none. */
  add(work: readonly NewWork[], order: "given" | "shuffled" = "given"): void {
    if (work.length === 0) return;
    const { db, clock } = this.#options.context;
    const now = Math.floor(clock.now());
    const insert = db.prepare(
      "INSERT INTO durable_work (kind, lane, body, created_at_ms, due_at_ms) VALUES (?, ?, ?, ?, ?)",
    );
    const items: { item: WorkItem; dueAtMs: number }[] = [];
    inTransaction(db, () => {
      for (const { lane, body, dueAtMs = now } of work) {
        const id = Number(insert.run(this.#options.kind, lane, body, now, Math.ceil(dueAtMs)).lastInsertRowid);
        items.push({ item: { id, lane, body, attempts: 0, createdAtMs: now }, dueAtMs });
      }
    });
    if (!this.#started || this.#stopped) return;
    for (const { item, dueAtMs } of items) this.#place(item, dueAtMs);
    if (order === "given") this.#pumpAll();
    else void this.#pumpShuffled();
  }

  pending(): number {
    return this.#ready + this.#running;
  }

  /** Items that wait for a later instant of the clock. */
  waiting(): number {
    return this.#waiting.size;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const id of this.#waiting) this.#options.context.clock.clearTimer(this.#timerKey(id));
    const giveUpAt = performance.now() + STOP_WAIT_MS;
    while (this.#running > 0 && performance.now() < giveUpAt) await sleep(10);
  }

  #place(item: WorkItem, dueAtMs: number): void {
    const { clock } = this.#options.context;
    if (dueAtMs <= clock.now()) {
      this.#lane(item.lane).ready.push(item);
      this.#ready++;
      return;
    }
    this.#waiting.add(item.id);
    clock.setTimer(this.#timerKey(item.id), dueAtMs, () => {
      this.#waiting.delete(item.id);
      this.#lane(item.lane).ready.push(item);
      this.#ready++;
      this.#pump(this.#lane(item.lane));
    });
  }

  #pumpAll(): void {
    for (const lane of this.#lanes.values()) this.#pump(lane);
  }

  async #pumpShuffled(): Promise<void> {
    await sleep(SHUFFLE_WINDOW_MS);
    for (const { ready } of this.#lanes.values()) {
      for (let last = ready.length - 1; last > 0; last--) {
        const other = Math.floor(Math.random() * (last + 1));
        [ready[last], ready[other]] = [ready[other] as WorkItem, ready[last] as WorkItem];
      }
    }
    this.#pumpAll();
  }

  #pump(lane: Lane): void {
    while (!this.#stopped && lane.ready.length > 0) {
      const next = lane.ready[0];
      if (next === undefined || lane.running >= this.#options.concurrency(next.lane)) return;
      lane.ready.shift();
      this.#ready--;
      void this.#run(next, lane);
    }
  }

  async #run(item: WorkItem, lane: Lane): Promise<void> {
    const { context } = this.#options;
    lane.running++;
    this.#running++;
    try {
      const outcome = await this.#attempt(item);
      // A run that outlived the host's patience at its end: the next start does it again.
      if (!context.db.isOpen) return;
      if ("done" in outcome) {
        context.db.prepare("DELETE FROM durable_work WHERE id = ?").run(item.id);
        return;
      }
      const attempts = item.attempts + 1;
      context.db
        .prepare("UPDATE durable_work SET attempts = ?, due_at_ms = ? WHERE id = ?")
        .run(attempts, Math.ceil(outcome.retryAtMs), item.id);
      if (!this.#stopped) this.#place({ ...item, attempts }, outcome.retryAtMs);
    } finally {
      lane.running--;
      this.#running--;
      this.#pump(lane);
    }
  }

  async #attempt(item: WorkItem): Promise<WorkOutcome> {
    try {
      return await this.#options.run(item);
    } catch (error) {
      const { log, clock } = this.#options.context;
      log("work failed in the host itself", { kind: this.#options.kind, lane: item.lane, error: String(error) });
      return { retryAtMs: clock.now() + BROKEN_RUN_RETRY_MS };
    }
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane: Lane = { ready: [], running: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }

  #timerKey(id: number): string {
    return `${this.#options.kind}/${id}`;
  }
}

function itemOf(row: Row): WorkItem {
  return { id: row.id, lane: row.lane, body: row.body, attempts: row.attempts, createdAtMs: row.created_at_ms };
}

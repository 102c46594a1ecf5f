import type { HostContext } from "../contracts.ts";
import { inTransaction } from "../database.ts";

export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Sample extends MetricId {
  readonly value: number;
  /** Of the virtual clock, epoch milliseconds. */
  readonly atMs: number;
}

/** A value and how often it was measured. */
export interface Weighted {
  readonly value: number;
  readonly count: number;
}

/** Values by the start of their minute, in epoch milliseconds; oldest first. */
export type Minutes = ReadonlyMap<number, readonly Weighted[]>;

export interface MetricStore {
  put(sample: Sample): void;
  /** Values from the minute of `fromMs` to before `toMs`. */
  read(metric: MetricId, fromMs: number, toMs: number): Minutes;
  /** Keeps what has not been kept yet; what comes after that is lost. */
  stop(): void;
}

const MINUTE_MS = 60_000;
/** As long as CloudWatch keeps minutes. */
const KEPT_MS = 15 * 24 * 60 * MINUTE_MS;
const FLUSH_MS = 1_000;
const MAX_ROWS = 500_000;
/** Of measured times, which hardly ever repeat: finer than this nobody looks, and the table stays small. */
const DIGITS = 3;

/**
 * Metrics in the host database: each distinct value of a minute with its count, so that any percentile can be worked out
 * later. Written once a second: a process that is killed loses the last second's. Bounded by age and by number; the
 * oldest minutes go first.
 */
export function createMetricStore({ db, clock, log }: HostContext): MetricStore {
  db.exec(`CREATE TABLE IF NOT EXISTS metric_values (
    metric TEXT NOT NULL, minute_ms INTEGER NOT NULL, value REAL NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (metric, minute_ms, value)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS metric_values_by_age ON metric_values (minute_ms);`);
  const sql = {
    add: db.prepare(
      `INSERT INTO metric_values (metric, minute_ms, value, count) VALUES (?, ?, ?, ?)
       ON CONFLICT (metric, minute_ms, value) DO UPDATE SET count = count + excluded.count`,
    ),
    read: db.prepare(
      `SELECT minute_ms, value, count FROM metric_values
       WHERE metric = ? AND minute_ms >= ? AND minute_ms < ? ORDER BY minute_ms, value`,
    ),
    expire: db.prepare("DELETE FROM metric_values WHERE minute_ms < ?"),
    rows: db.prepare("SELECT COUNT(*) AS rows FROM metric_values"),
    oldest: db.prepare("SELECT minute_ms FROM metric_values ORDER BY minute_ms LIMIT 1 OFFSET ?"),
  };
  /** Not written yet, by metric, minute and value. */
  const open = new Map<string, { metric: string; minuteMs: number; value: number; count: number }>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let prunedAtMs = Number.NEGATIVE_INFINITY;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    inTransaction(db, () => {
      for (const { metric, minuteMs, value, count } of open.values()) sql.add.run(metric, minuteMs, value, count);
      prune();
    });
    open.clear();
  }

  /** Looks at the age each minute of the clock; at the number, too, since that is all that bounds a minute. */
  function prune(): void {
    const now = clock.now();
    if (now - prunedAtMs < MINUTE_MS) return;
    prunedAtMs = now;
    sql.expire.run(Math.floor(now - KEPT_MS));
    const excess = Number(sql.rows.get()?.rows ?? 0) - MAX_ROWS;
    if (excess <= 0) return;
    const firstKept = sql.oldest.get(excess);
    if (firstKept !== undefined) sql.expire.run(Number(firstKept.minute_ms) + 1);
  }

  function arm(): void {
    timer ??= setTimeout(() => {
      try {
        flush();
      } catch (error) {
        log("metrics could not be kept", { error: String(error) });
      }
    }, FLUSH_MS).unref();
  }

  return {
    put({ value, atMs, ...metric }) {
      if (stopped) return;
      const minuteMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
      const kept = Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
      const id = idOf(metric);
      const key = `${id} ${minuteMs} ${kept}`;
      const known = open.get(key);
      if (known === undefined) open.set(key, { metric: id, minuteMs, value: kept, count: 1 });
      else known.count += 1;
      arm();
    },
    read(metric, fromMs, toMs) {
      flush();
      const minutes = new Map<number, Weighted[]>();
      const from = Math.floor(fromMs / MINUTE_MS) * MINUTE_MS;
      for (const row of sql.read.all(idOf(metric), from, Math.ceil(toMs))) {
        const minuteMs = Number(row.minute_ms);
        const weighted = { value: Number(row.value), count: Number(row.count) };
        minutes.set(minuteMs, [...(minutes.get(minuteMs) ?? []), weighted]);
      }
      return minutes;
    },
    stop() {
      flush();
      stopped = true;
    },
  };
}

/** The dimensions' order doesn't matter. */
function idOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, ...sorted]);
}

/** Executions and their events, in the host database. */
import type { DatabaseSync } from "node:sqlite";

export interface ExecutionRow {
  readonly arn: string;
  readonly machine_arn: string;
  readonly name: string;
  readonly input: string;
  readonly status: string;
  readonly output: string | null;
  readonly transitions: number;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
}

export class ExecutionStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`
      CREATE TABLE IF NOT EXISTS executions (
        arn TEXT PRIMARY KEY, machine_arn TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL,
        status TEXT NOT NULL, output TEXT, transitions INTEGER NOT NULL DEFAULT 0,
        started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER
      );
      CREATE INDEX IF NOT EXISTS executions_by_machine ON executions (machine_arn, started_at_ms);
      CREATE INDEX IF NOT EXISTS executions_running ON executions (status) WHERE status = 'RUNNING';
      CREATE TABLE IF NOT EXISTS execution_events (id INTEGER PRIMARY KEY, arn TEXT NOT NULL, event TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS execution_events_by_arn ON execution_events (arn, id)`);
  }

  add(execution: {
    readonly arn: string;
    readonly machineArn: string;
    readonly name: string;
    readonly input: string;
    readonly startedAtMs: number;
  }): ExecutionRow {
    const { arn, machineArn, name, input, startedAtMs } = execution;
    this.#db
      .prepare(
        "INSERT INTO executions (arn, machine_arn, name, input, status, started_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(arn, machineArn, name, input, "RUNNING", startedAtMs);
    return {
      ...{ arn, machine_arn: machineArn, name, input, started_at_ms: startedAtMs },
      ...{ status: "RUNNING", output: null, transitions: 0, ended_at_ms: null },
    };
  }

  find(arn: string): ExecutionRow | undefined {
    return this.#db.prepare("SELECT * FROM executions WHERE arn = ?").get(arn) as ExecutionRow | undefined;
  }

  list(machineArn: string): readonly ExecutionRow[] {
    return this.#db
      .prepare("SELECT * FROM executions WHERE machine_arn = ? ORDER BY started_at_ms DESC LIMIT 1000")
      .all(machineArn) as unknown as ExecutionRow[];
  }

  unfinished(): readonly ExecutionRow[] {
    return this.#db
      .prepare("SELECT * FROM executions WHERE status = 'RUNNING' ORDER BY started_at_ms")
      .all() as unknown as ExecutionRow[];
  }

  /** Transitions of a run that a killed host left are counted too: they were made. */
  record(arn: string, event: string, isTransition: boolean): void {
    this.#db.prepare("INSERT INTO execution_events (arn, event) VALUES (?, ?)").run(arn, event);
    if (isTransition) this.#db.prepare("UPDATE executions SET transitions = transitions + 1 WHERE arn = ?").run(arn);
  }

  events(arn: string): readonly string[] {
    const rows = this.#db.prepare("SELECT event FROM execution_events WHERE arn = ? ORDER BY id").all(arn);
    return rows.map((row) => String(row.event));
  }

  end(ended: { arn: string; status: string; output: string | undefined; endedAtMs: number }): void {
    this.#db
      .prepare("UPDATE executions SET status = ?, output = ?, ended_at_ms = ? WHERE arn = ?")
      .run(ended.status, ended.output ?? null, Math.floor(ended.endedAtMs), ended.arn);
  }
}

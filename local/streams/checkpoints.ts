import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TableStream } from "./stream-client.ts";

/** How far each mapping has come, in the host database. */
export class CheckpointStore {
  readonly #db: DatabaseSync;
  readonly #save: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`CREATE TABLE IF NOT EXISTS stream_checkpoints
      (mapping TEXT PRIMARY KEY, stream_arn TEXT NOT NULL, sequence INTEGER NOT NULL)`);
    this.#save = db.prepare("UPDATE stream_checkpoints SET sequence = ? WHERE mapping = ?");
  }

  /** The position to go on from. A stream that is new, or shorter than the position, is read from its start. */
  open(mapping: string, stream: TableStream, start: "TRIM_HORIZON" | "LATEST"): number {
    const known = this.#db
      .prepare("SELECT stream_arn, sequence FROM stream_checkpoints WHERE mapping = ?")
      .get(mapping) as { stream_arn: string; sequence: number } | undefined;
    if (known?.stream_arn === stream.arn && known.sequence <= stream.lastSequence) return known.sequence;
    const sequence = known === undefined && start === "LATEST" ? stream.lastSequence : 0;
    this.#db
      .prepare("INSERT OR REPLACE INTO stream_checkpoints (mapping, stream_arn, sequence) VALUES (?, ?, ?)")
      .run(mapping, stream.arn, sequence);
    return sequence;
  }

  save(mapping: string, sequence: number): void {
    this.#save.run(sequence, mapping);
  }
}

import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const indexName = "stream_records_by_sequence";

/**
 * dynoxide finds the next sequence number of a stream by a scan of all stored stream records, so that each write gets slower with
 * every write before it. With this index over the very expression it asks for, writes stay flat.
 */
export function addSequenceIndex(dataFile: string): void {
  withDatabase(dataFile, (db) => {
    db.exec(
      `CREATE INDEX IF NOT EXISTS ${indexName} ON _stream_records (table_name, CAST(sequence_number AS INTEGER))`,
    );
  });
}

export function hasSequenceIndex(dataFile: string): boolean {
  if (!existsSync(dataFile)) return false;
  return withDatabase(
    dataFile,
    (db) => db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?").get(indexName) !== undefined,
  );
}

/**
 * Drops stream records that are older than 24 hours (AWS's own limit) and that every consumer has read. The newest record of a
 * table always stays: the next sequence number is counted from it, and a consumer's position would point past the end.
 */
export function pruneStreamRecords(
  dataFile: string,
  consumedUpTo: (tableName: string) => number | undefined,
  nowMs = Date.now(),
): number {
  return withDatabase(dataFile, (db) => {
    const newest = db
      .prepare(
        "SELECT table_name AS name, MAX(CAST(sequence_number AS INTEGER)) AS last FROM _stream_records GROUP BY 1",
      )
      .all();
    const remove = db.prepare(
      `DELETE FROM _stream_records
       WHERE table_name = ? AND CAST(sequence_number AS INTEGER) <= ? AND created_at < ?`,
    );
    const oldestSeconds = Math.floor(nowMs / 1000) - 86_400;
    let removed = 0;
    for (const { name, last } of newest) {
      const consumed = consumedUpTo(String(name));
      if (consumed === undefined) continue;
      const upTo = Math.min(consumed, Number(last) - 1);
      removed += Number(remove.run(String(name), upTo, oldestSeconds).changes);
    }
    return removed;
  });
}

function withDatabase<T>(dataFile: string, action: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(dataFile, { timeout: 5_000 });
  try {
    return action(db);
  } finally {
    db.close();
  }
}

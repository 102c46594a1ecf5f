import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Opens the database in which each part of the host keeps its own tables. What a statement has written survives the end of the
 * process at any moment (write-ahead log); `synchronous = NORMAL` gives up the last writes only when the machine itself fails.
 */
export function openHostDatabase(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true });
  const db = new DatabaseSync(join(dataDir, "host.sqlite"), { timeout: 5_000 });
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
  return db;
}

let depth = 0;

/** Runs the action in one transaction; nested calls join the outer one. The action must not wait. */
export function inTransaction<T>(db: DatabaseSync, action: () => T): T {
  const name = `s${depth}`;
  db.exec(`SAVEPOINT ${name}`);
  depth += 1;
  try {
    const result = action();
    db.exec(`RELEASE ${name}`);
    return result;
  } catch (error) {
    db.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
    throw error;
  } finally {
    depth -= 1;
  }
}

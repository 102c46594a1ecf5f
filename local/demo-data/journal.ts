/** Which organizations have demo data, and how far it got. */
import type { DatabaseSync } from "node:sqlite";

export interface DemoDataJournal {
  /** When the data was first asked for, epoch milliseconds; noted now if it never was. All its dates follow from that. */
  begin(organizationId: string, nowMs: number): number;
  isDone(organizationId: string, stage: string): boolean;
  done(organizationId: string, stage: string): void;
}

/** Kept in the host database, so that data asked for again after an interruption goes on where it stopped. */
export function createJournal(db: DatabaseSync): DemoDataJournal {
  db.exec(
    "CREATE TABLE IF NOT EXISTS demo_data (organization_id TEXT PRIMARY KEY, begun_ms REAL NOT NULL);" +
      "CREATE TABLE IF NOT EXISTS demo_data_stages (organization_id TEXT, stage TEXT, PRIMARY KEY (organization_id, stage))",
  );
  const insert = db.prepare("INSERT OR IGNORE INTO demo_data VALUES (?, ?)");
  const select = db.prepare("SELECT begun_ms FROM demo_data WHERE organization_id = ?");
  const insertStage = db.prepare("INSERT OR IGNORE INTO demo_data_stages VALUES (?, ?)");
  const selectStage = db.prepare("SELECT 1 AS done FROM demo_data_stages WHERE organization_id = ? AND stage = ?");
  return {
    begin(organizationId, nowMs) {
      insert.run(organizationId, nowMs);
      return Number(select.get(organizationId)?.begun_ms);
    },
    isDone: (organizationId, stage) => selectStage.get(organizationId, stage) !== undefined,
    done: (organizationId, stage) => void insertStage.run(organizationId, stage),
  };
}

import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";

const retryPolicy = z.strictObject({
  MaximumEventAgeInSeconds: z.int().min(60).max(86_400).optional(),
  MaximumRetryAttempts: z.int().min(0).max(185).optional(),
});

/** What a schedule is, in the API's own terms; members of targets that this host can't reach are refused. */
export const scheduleDefinitionSchema = z.strictObject({
  ActionAfterCompletion: z.enum(["NONE", "DELETE"]).default("NONE"),
  Description: z.string().max(512).optional(),
  FlexibleTimeWindow: z.strictObject({
    Mode: z.enum(["OFF", "FLEXIBLE"]),
    MaximumWindowInMinutes: z.int().min(1).max(1440).optional(),
  }),
  KmsKeyArn: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.enum(["UTC", "Etc/UTC"]).default("UTC"),
  State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  Target: z.strictObject({
    Arn: z.string(),
    DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
    EventBridgeParameters: z.strictObject({ DetailType: z.string(), Source: z.string() }).optional(),
    Input: z.string().optional(),
    RetryPolicy: retryPolicy.optional(),
    RoleArn: z.string(),
  }),
});

export type ScheduleDefinition = z.output<typeof scheduleDefinitionSchema>;

export interface ScheduleKey {
  readonly group: string;
  readonly name: string;
}

export interface StoredSchedule extends ScheduleKey {
  readonly definition: ScheduleDefinition;
  readonly createdMs: number;
  readonly modifiedMs: number;
  /** When it falls due next; null once a one-off schedule has fired, or has nothing to fire for. */
  readonly dueMs: number | null;
  /** When the next delivery is tried: the due instant, or later after failures. */
  readonly attemptMs: number | null;
  readonly attempts: number;
  readonly clientToken: string | null;
  readonly fromTemplate: boolean;
}

export interface ScheduleStore {
  find(key: ScheduleKey): StoredSchedule | undefined;
  save(schedule: StoredSchedule): void;
  remove(key: ScheduleKey): void;
  all(): readonly StoredSchedule[];
  list(query: ListQuery): readonly StoredSchedule[];
}

export interface ListQuery {
  readonly group?: string;
  readonly namePrefix?: string;
  readonly state?: string;
  /** Exclusive: the last one of the page before. */
  readonly after?: ScheduleKey;
  readonly limit: number;
}

export function createScheduleStore(db: DatabaseSync): ScheduleStore {
  db.exec(`CREATE TABLE IF NOT EXISTS schedules (
    group_name TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, state TEXT NOT NULL,
    created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, due_ms INTEGER, attempt_ms INTEGER,
    attempts INTEGER NOT NULL, client_token TEXT, from_template INTEGER NOT NULL,
    PRIMARY KEY (group_name, name)) WITHOUT ROWID`);
  const find = db.prepare("SELECT * FROM schedules WHERE group_name = ? AND name = ?");
  const save = db.prepare("INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const remove = db.prepare("DELETE FROM schedules WHERE group_name = ? AND name = ?");
  const all = db.prepare("SELECT * FROM schedules");
  const list = db.prepare(`SELECT * FROM schedules
    WHERE (?1 IS NULL OR group_name = ?1) AND substr(name, 1, length(?2)) = ?2 AND (?3 IS NULL OR state = ?3)
      AND (group_name, name) > (?4, ?5)
    ORDER BY group_name, name LIMIT ?6`);
  return {
    find: ({ group, name }) => {
      const row = find.get(group, name);
      return row === undefined ? undefined : fromRow(row);
    },
    save: (schedule) => {
      save.run(
        schedule.group,
        schedule.name,
        JSON.stringify(schedule.definition),
        schedule.definition.State,
        schedule.createdMs,
        schedule.modifiedMs,
        schedule.dueMs,
        schedule.attemptMs,
        schedule.attempts,
        schedule.clientToken,
        schedule.fromTemplate ? 1 : 0,
      );
    },
    remove: ({ group, name }) => {
      remove.run(group, name);
    },
    all: () => all.all().map(fromRow),
    list: ({ group, namePrefix = "", state, after, limit }) =>
      list.all(group ?? null, namePrefix, state ?? null, after?.group ?? "", after?.name ?? "", limit).map(fromRow),
  };
}

function fromRow(row: Readonly<Record<string, unknown>>): StoredSchedule {
  return {
    group: String(row.group_name),
    name: String(row.name),
    definition: JSON.parse(String(row.definition)) as ScheduleDefinition,
    createdMs: Number(row.created_ms),
    modifiedMs: Number(row.modified_ms),
    dueMs: row.due_ms === null ? null : Number(row.due_ms),
    attemptMs: row.attempt_ms === null ? null : Number(row.attempt_ms),
    attempts: Number(row.attempts),
    clientToken: row.client_token === null ? null : String(row.client_token),
    fromTemplate: row.from_template === 1,
  };
}

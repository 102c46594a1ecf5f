import { randomInt, randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { VirtualClock } from "../contracts.ts";
import { inTransaction } from "../database.ts";
import type { SecretModel } from "../template/model.ts";

export interface SecretVersion {
  readonly versionId: string;
  readonly text: string;
  readonly createdMs: number;
  readonly stages: readonly string[];
}

/** Secrets and their versions, in the host database. `AWSCURRENT` moves on with each new version, `AWSPREVIOUS` follows. */
export interface SecretStore {
  /** By name, by ARN, or by ARN without the random end. */
  find(id: string): SecretModel | undefined;
  version(
    arn: string,
    wanted: { versionId?: string | undefined; stage?: string | undefined },
  ): SecretVersion | undefined;
  versions(arn: string): readonly SecretVersion[];
  /** Gives the new version's id. The same token again with the same text changes nothing. */
  put(
    arn: string,
    text: string,
    options?: { token?: string | undefined; stages?: readonly string[] | undefined },
  ): string;
}

/** A version of this id exists with another text. */
export class SecretVersionExists extends Error {
  override readonly name = "SecretVersionExists";
}

export function createSecretStore(
  { db, clock }: { readonly db: DatabaseSync; readonly clock: VirtualClock },
  models: readonly SecretModel[],
): SecretStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS secret_versions (
      arn TEXT NOT NULL, version_id TEXT NOT NULL, text TEXT NOT NULL, created_ms INTEGER NOT NULL,
      PRIMARY KEY (arn, version_id));
    CREATE TABLE IF NOT EXISTS secret_stages (
      arn TEXT NOT NULL, stage TEXT NOT NULL, version_id TEXT NOT NULL, PRIMARY KEY (arn, stage));
    CREATE TABLE IF NOT EXISTS secret_templates (arn TEXT PRIMARY KEY, value TEXT NOT NULL)`);
  const sql = {
    version: db.prepare("SELECT * FROM secret_versions WHERE arn = ? AND version_id = ?"),
    versions: db.prepare("SELECT * FROM secret_versions WHERE arn = ? ORDER BY created_ms, rowid"),
    insert: db.prepare("INSERT INTO secret_versions VALUES (?, ?, ?, ?)"),
    stage: db.prepare("SELECT version_id FROM secret_stages WHERE arn = ? AND stage = ?"),
    stages: db.prepare("SELECT stage FROM secret_stages WHERE arn = ? AND version_id = ? ORDER BY stage"),
    setStage: db.prepare("INSERT OR REPLACE INTO secret_stages VALUES (?, ?, ?)"),
    template: db.prepare("SELECT value FROM secret_templates WHERE arn = ?"),
    setTemplate: db.prepare("INSERT OR REPLACE INTO secret_templates VALUES (?, ?)"),
  };

  function stageHolder(arn: string, stage: string): string | undefined {
    const row = sql.stage.get(arn, stage);
    return row === undefined ? undefined : String(row.version_id);
  }

  function toVersion(row: Readonly<Record<string, unknown>>): SecretVersion {
    const versionId = String(row.version_id);
    return {
      versionId,
      text: String(row.text),
      createdMs: Number(row.created_ms),
      stages: sql.stages.all(String(row.arn), versionId).map((stage) => String(stage.stage)),
    };
  }

  const store: SecretStore = {
    find: (id) => models.find(({ name, arn }) => id === name || id === arn || id === arn.slice(0, -7)),
    version(arn, { versionId, stage }) {
      const holder = stageHolder(arn, stage ?? "AWSCURRENT");
      if (versionId !== undefined && stage !== undefined && versionId !== holder) return undefined;
      const row = sql.version.get(arn, versionId ?? holder ?? "");
      return row === undefined ? undefined : toVersion(row);
    },
    versions: (arn) => sql.versions.all(arn).map(toVersion),
    put(arn, text, { token = randomUUID(), stages = ["AWSCURRENT"] } = {}) {
      return inTransaction(db, () => {
        const existing = sql.version.get(arn, token);
        if (existing !== undefined) {
          if (existing.text !== text) throw new SecretVersionExists(token);
          return token;
        }
        sql.insert.run(arn, token, text, Math.floor(clock.now()));
        const current = stageHolder(arn, "AWSCURRENT");
        // The first version is the current one, whatever stages it was put under.
        const given = current === undefined ? [...new Set(["AWSCURRENT", ...stages])] : stages;
        if (given.includes("AWSCURRENT") && current !== undefined) sql.setStage.run(arn, "AWSPREVIOUS", current);
        for (const stage of given) sql.setStage.run(arn, stage, token);
        return token;
      });
    },
  };

  for (const model of models) {
    const { value } = model;
    if (value === undefined) continue;
    const fromTemplate = JSON.stringify(value);
    if (sql.template.get(model.arn)?.value === fromTemplate) continue;
    inTransaction(db, () => {
      store.put(model.arn, initialText(value));
      sql.setTemplate.run(model.arn, fromTemplate);
    });
  }
  return store;
}

function initialText(value: NonNullable<SecretModel["value"]>): string {
  if ("text" in value) return value.text;
  const { template, key, length, excluded, excludePunctuation } = value.generate;
  const secret = randomText(length, excluded, excludePunctuation);
  return key === undefined ? secret : JSON.stringify({ ...template, [key]: secret });
}

function randomText(length: number, excluded: string, excludePunctuation: boolean): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const punctuation = "!#$%&'()*+,-./:;<=>?@[]^_{|}~";
  const alphabet = [...letters, ...(excludePunctuation ? "" : punctuation)].filter((c) => !excluded.includes(c));
  if (alphabet.length === 0) throw new Error("a generated secret with all characters excluded");
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

import type { DatabaseSync } from "node:sqlite";
import { ApiRefusal } from "./api-refusal.ts";
import { one } from "./stripe-database.ts";

const KEY_LIFETIME_MS = 86_400_000;
const MAX_KEY_LENGTH = 255;

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
}

/** Keys belong to the account on whose behalf a request runs; `""` is the platform. */
export interface KeyedRequest {
  readonly account: string;
  readonly key: string;
  readonly endpoint: string;
  readonly path: string;
  readonly fingerprint: string;
}

export interface IdempotencyStore {
  /** The first answer, while it is younger than 24 h; refuses the key for any other request, and while the first still runs. */
  find(request: KeyedRequest): StoredAnswer | undefined;
  /** The key is in use until the returned function is called. A crash ends it too, as it ends the call. */
  begin(request: KeyedRequest): () => void;
  save(request: KeyedRequest, answer: StoredAnswer): void;
}

interface IdempotencyRow {
  readonly endpoint: string;
  readonly path: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
  readonly headers: string;
  readonly request_id: string;
}

export function createIdempotency(db: DatabaseSync, nowMs: () => number): IdempotencyStore {
  const inUse = new Set<string>();
  const select = db.prepare(
    "SELECT endpoint, path, fingerprint, status, body, headers, request_id FROM stripe_idempotency WHERE account = ? AND key = ? AND created_ms > ?",
  );
  const prune = db.prepare("DELETE FROM stripe_idempotency WHERE created_ms <= ?");
  const insert = db.prepare(
    "INSERT INTO stripe_idempotency (account, key, endpoint, path, fingerprint, status, body, headers, request_id, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const slot = ({ account, key }: KeyedRequest) => `${account} ${key}`;

  return {
    find(request) {
      if (request.key.length > MAX_KEY_LENGTH) throw keyTooLong();
      if (inUse.has(slot(request))) throw keyInUse(request.key);
      const row = one<IdempotencyRow>(select.get(request.account, request.key, nowMs() - KEY_LIFETIME_MS));
      if (row === undefined) return undefined;
      if (row.path !== request.path || row.endpoint !== request.endpoint) throw otherEndpoint(request.key, row.path);
      if (row.fingerprint !== request.fingerprint) throw otherParameters(request.key);
      const headers = JSON.parse(row.headers) as Record<string, string>;
      return { status: row.status, body: row.body, headers, requestId: row.request_id };
    },
    begin(request) {
      inUse.add(slot(request));
      return () => inUse.delete(slot(request));
    },
    save(request, answer) {
      const now = nowMs();
      prune.run(now - KEY_LIFETIME_MS);
      insert.run(
        request.account,
        request.key,
        request.endpoint,
        request.path,
        request.fingerprint,
        answer.status,
        answer.body,
        JSON.stringify(answer.headers),
        answer.requestId,
        now,
      );
    },
  };
}

export function keyInUse(key: string): ApiRefusal {
  const message = `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`;
  return new ApiRefusal(409, { type: "idempotency_error", code: "idempotency_key_in_use", message });
}

function keyTooLong(): ApiRefusal {
  const message = `Idempotency keys may be at most ${MAX_KEY_LENGTH} characters long.`;
  return new ApiRefusal(400, { type: "idempotency_error", message });
}

function otherParameters(key: string): ApiRefusal {
  const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`;
  return new ApiRefusal(400, { type: "idempotency_error", message });
}

function otherEndpoint(key: string, path: string): ApiRefusal {
  const message = `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${path}'). Try using a key other than '${key}' if you meant to execute a different request.`;
  return new ApiRefusal(400, { type: "idempotency_error", message });
}

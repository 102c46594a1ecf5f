import type { DatabaseSync } from "node:sqlite";
import { newId } from "./stripe-database.ts";
import { secondsOf } from "./stripe-objects.ts";

export const API_VERSION = "2026-10-28.endive";

export interface EventInput {
  readonly type: string;
  readonly object: unknown;
  readonly previousAttributes?: unknown;
  /** Set on events of a connected account. */
  readonly account?: string | undefined;
  readonly request?: { readonly id: string; readonly idempotencyKey: string | undefined } | undefined;
}

export interface EventLog {
  /** Records the event and its deliveries in the caller's transaction. */
  emit(input: EventInput): string;
  /** The events that a request caused, once. */
  takeCausedBy(requestId: string): readonly string[];
}

/** Records what happened; `enqueue` records the deliveries and says how many there are. */
export function createEventLog(
  db: DatabaseSync,
  nowMs: () => number,
  enqueue: (event: { readonly id: string; readonly account: string | undefined }) => number,
): EventLog {
  const insert = db.prepare("INSERT INTO stripe_events (id, type, account, created_ms, body) VALUES (?, ?, ?, ?, ?)");
  const causedBy = new Map<string, string[]>();
  return {
    takeCausedBy(requestId) {
      const eventIds = causedBy.get(requestId) ?? [];
      causedBy.delete(requestId);
      return eventIds;
    },
    emit({ type, object, previousAttributes, account, request }) {
      const id = newId("evt");
      const now = nowMs();
      const body = {
        id,
        object: "event",
        ...(account === undefined ? {} : { account }),
        api_version: API_VERSION,
        created: secondsOf(now),
        data: { object, ...(previousAttributes === undefined ? {} : { previous_attributes: previousAttributes }) },
        livemode: false,
        pending_webhooks: enqueue({ id, account }),
        request: { id: request?.id ?? null, idempotency_key: request?.idempotencyKey ?? null },
        type,
      };
      insert.run(id, type, account ?? null, now, JSON.stringify(body, null, 2));
      if (request !== undefined) causedBy.set(request.id, [...(causedBy.get(request.id) ?? []), id]);
      return id;
    },
  };
}

import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Queues, VirtualClock } from "../contracts.ts";
import { inTransaction } from "../database.ts";
import type { QueueModel } from "../template/model.ts";

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: string | undefined;
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly sentMs: number;
  readonly receiveCount: number;
  readonly firstReceivedMs: number;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** Queues in the host database; visibility and delay follow the virtual clock. */
export interface LocalQueues extends Queues {
  find(nameArnOrUrl: string): QueueModel | undefined;
  all(): readonly QueueModel[];
  sendWith(
    queueArn: string,
    message: {
      body: string;
      attributes?: Readonly<Record<string, MessageAttribute>>;
      delaySeconds?: number | undefined;
    },
  ): { messageId: string };
  receive(
    queueArn: string,
    options: { max: number; visibilityTimeoutSeconds?: number | undefined },
  ): readonly ReceivedMessage[];
  remove(queueArn: string, receiptHandle: string): void;
  changeVisibility(queueArn: string, receiptHandle: string, seconds: number): boolean;
  depth(queueArn: string): QueueDepth;
  /** When the message that waits longest was sent; undefined where there is none. */
  oldestSentMs(queueArn: string): number | undefined;
  purge(queueArn: string): void;
  /** Calls back after each message that was sent; gives the function that ends it. */
  onArrival(queueArn: string, listener: () => void): () => void;
}

export function createQueues(
  { db, clock }: { readonly db: DatabaseSync; readonly clock: VirtualClock },
  models: readonly QueueModel[],
): LocalQueues {
  db.exec(`
    CREATE TABLE IF NOT EXISTS queue_messages (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue_arn TEXT NOT NULL, message_id TEXT NOT NULL, body TEXT NOT NULL,
      attributes TEXT NOT NULL, sent_ms INTEGER NOT NULL, visible_ms INTEGER NOT NULL, receipt TEXT,
      receive_count INTEGER NOT NULL DEFAULT 0, first_received_ms INTEGER);
    CREATE INDEX IF NOT EXISTS queue_messages_by_visibility ON queue_messages (queue_arn, visible_ms);
    CREATE INDEX IF NOT EXISTS queue_messages_by_receipt ON queue_messages (receipt);`);
  const sql = {
    insert: db.prepare(
      "INSERT INTO queue_messages (queue_arn, message_id, body, attributes, sent_ms, visible_ms) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    expire: db.prepare("DELETE FROM queue_messages WHERE queue_arn = ? AND sent_ms < ?"),
    visible: db.prepare(
      "SELECT * FROM queue_messages WHERE queue_arn = ? AND visible_ms <= ? ORDER BY sequence LIMIT ?",
    ),
    take: db.prepare(
      `UPDATE queue_messages SET receipt = ?, visible_ms = ?, receive_count = receive_count + 1,
       first_received_ms = COALESCE(first_received_ms, ?) WHERE sequence = ?`,
    ),
    move: db.prepare(
      "UPDATE queue_messages SET queue_arn = ?, visible_ms = ?, receipt = NULL, receive_count = 0 WHERE sequence = ?",
    ),
    remove: db.prepare("DELETE FROM queue_messages WHERE queue_arn = ? AND receipt = ?"),
    setVisible: db.prepare("UPDATE queue_messages SET visible_ms = ? WHERE queue_arn = ? AND receipt = ?"),
    depth: db.prepare(
      `SELECT COUNT(*) FILTER (WHERE visible_ms <= ?1) AS visible,
              COUNT(*) FILTER (WHERE visible_ms > ?1 AND receipt IS NOT NULL) AS in_flight,
              COUNT(*) FILTER (WHERE visible_ms > ?1 AND receipt IS NULL) AS delayed
       FROM queue_messages WHERE queue_arn = ?2`,
    ),
    oldest: db.prepare("SELECT MIN(sent_ms) AS sent_ms FROM queue_messages WHERE queue_arn = ?"),
    purge: db.prepare("DELETE FROM queue_messages WHERE queue_arn = ?"),
  };
  const byArn = new Map(models.map((queue) => [queue.arn, queue]));
  const listeners = new Map<string, Set<() => void>>();
  const nowMs = () => Math.floor(clock.now());

  function queueOf(arn: string): QueueModel {
    const queue = byArn.get(arn);
    if (queue === undefined) throw new Error(`there is no queue ${arn} in the template`);
    return queue;
  }

  function announce(arn: string): void {
    for (const listener of listeners.get(arn) ?? []) listener();
  }

  /** A message that was received too often goes to the dead-letter queue instead of out. */
  function redriven(queue: QueueModel, row: Readonly<Record<string, unknown>>): boolean {
    const { redrive } = queue;
    if (redrive === undefined || Number(row.receive_count) < redrive.maxReceiveCount) return false;
    sql.move.run(redrive.deadLetterArn, nowMs(), Number(row.sequence));
    announce(redrive.deadLetterArn);
    return true;
  }

  const queues: LocalQueues = {
    find: (id) => models.find(({ name, arn, url }) => id === arn || id === name || id === url || lastPart(id) === name),
    all: () => models,
    send: (arn, body, attributes = {}) =>
      queues.sendWith(arn, {
        body,
        attributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
        ),
      }),
    sendWith(arn, { body, attributes = {}, delaySeconds }) {
      const queue = queueOf(arn);
      const messageId = randomUUID();
      const sentMs = nowMs();
      const visibleMs = sentMs + (delaySeconds ?? queue.delaySeconds) * 1000;
      sql.insert.run(arn, messageId, body, JSON.stringify(attributes), sentMs, visibleMs);
      announce(arn);
      return { messageId };
    },
    receive(arn, { max, visibilityTimeoutSeconds }) {
      const queue = queueOf(arn);
      return inTransaction(db, () => {
        const now = nowMs();
        sql.expire.run(arn, now - queue.retentionSeconds * 1000);
        const hiddenUntil = now + (visibilityTimeoutSeconds ?? queue.visibilityTimeoutSeconds) * 1000;
        return sql.visible.all(arn, now, max).flatMap((row) => {
          if (redriven(queue, row)) return [];
          const receiptHandle = randomUUID();
          sql.take.run(receiptHandle, hiddenUntil, now, Number(row.sequence));
          return [
            {
              messageId: String(row.message_id),
              receiptHandle,
              body: String(row.body),
              attributes: JSON.parse(String(row.attributes)) as Record<string, MessageAttribute>,
              sentMs: Number(row.sent_ms),
              receiveCount: Number(row.receive_count) + 1,
              firstReceivedMs: Number(row.first_received_ms ?? now),
            },
          ];
        });
      });
    },
    remove(arn, receiptHandle) {
      sql.remove.run(arn, receiptHandle);
    },
    changeVisibility: (arn, receiptHandle, seconds) =>
      sql.setVisible.run(nowMs() + seconds * 1000, arn, receiptHandle).changes > 0,
    depth(arn) {
      const row = sql.depth.get(nowMs(), arn);
      return {
        visible: Number(row?.visible ?? 0),
        inFlight: Number(row?.in_flight ?? 0),
        delayed: Number(row?.delayed ?? 0),
      };
    },
    oldestSentMs(arn) {
      const sentMs = sql.oldest.get(arn)?.sent_ms;
      return typeof sentMs === "number" ? sentMs : undefined;
    },
    purge(arn) {
      sql.purge.run(arn);
    },
    onArrival(arn, listener) {
      const set = listeners.get(arn) ?? new Set();
      listeners.set(arn, set.add(listener));
      return () => set.delete(listener);
    },
  };
  return queues;
}

function lastPart(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

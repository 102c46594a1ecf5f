import { DuplicateItemException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, ExecuteStatementCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { StreamChange } from "../events/stream-change.ts";
import type { Key } from "../store/keys.ts";
import { type AuditLine, isSameContent, NO_HASH } from "./chain.ts";
import { type AuditContent, auditContent, flaggedContent } from "./entry.ts";
import { chained } from "./hash.ts";
import { auditItem, auditKey, auditPk, lineOfItem, versionOfSk } from "./items.ts";

/** The same key keeps being taken by other content: somebody else writes this chain. */
export class AuditLineConflict extends Error {
  override readonly name = "AuditLineConflict";
}

export interface AuditWriterDeps {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  /** A line was flagged and is new. */
  readonly onFlagged: (content: AuditContent) => void;
}

/** Appends one record's changes in the order given and reports each. Writing a change again writes nothing. */
export type WriteChain = (changes: readonly StreamChange[], onWritten: () => void) => Promise<void>;

/** The end of a chain: what the next line links to. */
interface Tail {
  readonly sk: string;
  readonly hash: string;
}

const MAX_APPENDS = 3;

/**
 * Appends to the chain of one record at a time. A line that can't take its place any more, because a later one or
 * another one is there, is appended to the end and flagged: nothing is lost and nothing is rewritten.
 */
export function createAuditWriter({ client, tableName, onFlagged }: AuditWriterDeps): WriteChain {
  return async (changes, onWritten) => {
    const first = changes[0];
    if (first === undefined) return;
    let tail = await readTail(auditPk(first.organizationId, first.entity, first.entityId));
    for (const change of changes) {
      tail = await write(change, tail);
      onWritten();
    }
  };

  async function write(change: StreamChange, tail: Tail | undefined): Promise<Tail | undefined> {
    const content = auditContent(change);
    const { sk } = auditKey(content);
    if (tail === undefined || tail.sk < sk) return append(change, content, tail);
    if (await isWritten(content)) return tail;
    return appendLate(change, tail);
  }

  async function append(change: StreamChange, content: AuditContent, tail: Tail | undefined): Promise<Tail> {
    const line = chained(content, tail?.hash ?? NO_HASH);
    if (await insert(line)) {
      if (content.metadata.problem !== undefined) onFlagged(content);
      return { sk: auditKey(line).sk, hash: line.hash };
    }
    // Another run of this function got there first.
    const stored = await read(auditKey(content));
    const end = await readTail(auditKey(content).pk);
    if (stored === undefined || end === undefined) throw new AuditLineConflict(`${content.id} is taken but not there`);
    return isSameContent(stored, content) ? end : appendLate(change, end);
  }

  async function appendLate(change: StreamChange, tail: Tail): Promise<Tail> {
    let end: Tail | undefined = tail;
    for (let attempt = 0; attempt < MAX_APPENDS && end !== undefined; attempt += 1) {
      const content = flaggedContent(change, change.outOfBand ?? "out_of_order", versionOfSk(end.sk));
      const key = auditKey(content);
      if (key.sk <= end.sk) {
        if (await isWritten(content)) return end;
        break;
      }
      const line = chained(content, end.hash);
      if (await insert(line)) {
        onFlagged(content);
        return { sk: key.sk, hash: line.hash };
      }
      end = await readTail(key.pk);
    }
    throw new AuditLineConflict(`no place left for ${auditContent(change).id} at the end of its chain`);
  }

  async function isWritten(content: AuditContent): Promise<boolean> {
    const stored = await read(auditKey(content));
    return stored !== undefined && isSameContent(stored, content);
  }

  async function insert(line: AuditLine): Promise<boolean> {
    const attributes = Object.entries(auditItem(line));
    const placeholders = attributes.map(([name]) => `'${name}': ?`).join(", ");
    try {
      await client.send(
        new ExecuteStatementCommand({
          Statement: `INSERT INTO "${tableName}" VALUE {${placeholders}}`,
          Parameters: attributes.map(([, value]) => value),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof DuplicateItemException) return false;
      throw error;
    }
  }

  /** A Query, like the tail's: the function needs one grant to read. */
  async function read({ pk, sk }: Key): Promise<AuditLine | undefined> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: "pk = :pk AND sk = :sk",
        ExpressionAttributeValues: { ":pk": pk, ":sk": sk },
        ConsistentRead: true,
      }),
    );
    return Items[0] === undefined ? undefined : lineOfItem(Items[0]);
  }

  async function readTail(pk: string): Promise<Tail | undefined> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": pk },
        ScanIndexForward: false,
        Limit: 1,
        ConsistentRead: true,
        ProjectionExpression: "sk, #hash",
        ExpressionAttributeNames: { "#hash": "hash" },
      }),
    );
    const [item] = Items;
    return item === undefined ? undefined : { sk: String(item.sk), hash: String(item.hash) };
  }
}

import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { type AuditLine, NO_HASH } from "../../shared/audit/chain.ts";
import { type AuditContent, auditContent } from "../../shared/audit/entry.ts";
import { chained } from "../../shared/audit/hash.ts";
import { auditItem, auditKey } from "../../shared/audit/items.ts";
import type { RecordChange } from "../../shared/domain/decision.ts";
import { readChange } from "../../shared/events/stream-change.ts";
import { changed } from "../shared/events/records.ts";

const BATCH = 25;

export type AuditTrail = ReturnType<typeof createAuditTrail>;

/** Writes audit lines as the writer would, without its stream. */
export function createAuditTrail(client: DynamoDBDocumentClient, tableName: string) {
  const tails = new Map<string, string>();
  const lines: AuditLine[] = [];

  async function write(contents: readonly AuditContent[]): Promise<void> {
    const added = contents.map((content) => {
      const { pk } = auditKey(content);
      const line = chained(content, tails.get(pk) ?? NO_HASH);
      tails.set(pk, line.hash);
      return line;
    });
    lines.push(...added);
    const requests = added.map((line) => ({ PutRequest: { Item: auditItem(line) } }));
    const batches = Array.from({ length: Math.ceil(requests.length / BATCH) }, (_, batch) =>
      requests.slice(batch * BATCH, (batch + 1) * BATCH),
    );
    await Promise.all(
      batches.map((batch) => client.send(new BatchWriteCommand({ RequestItems: { [tableName]: batch } }))),
    );
  }

  return {
    /** Everything written so far. */
    lines,
    write,
    /** The lines of a commit's changes. */
    record: (changes: readonly RecordChange[]): Promise<void> =>
      write(changes.map((change) => auditContent(readChange(streamRecordOf(change))))),
  };
}

function streamRecordOf(change: RecordChange) {
  switch (change.entity) {
    case "payout":
      return changed("payout", change.before, change.after);
    case "payout_schedule":
      return changed("payout_schedule", change.before, change.after);
    case "escrow_hold":
      return changed("escrow_hold", change.before, change.after);
    case "transfer":
      return changed("transfer", change.before, change.after);
    case "journal_entry":
      return changed("journal_entry", change.before, change.after);
    case "placement":
      return changed("placement", change.before, change.after);
    case "payee":
      return changed("payee", change.before, change.after);
    default:
      throw new RangeError(`no trail is written of a ${change.entity}`);
  }
}

import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { earlierOf, failFrom, readBatch } from "../events/stream-batch.ts";
import type { StreamChange } from "../events/stream-change.ts";
import { logger } from "../runtime/logger.ts";
import { auditPk } from "./items.ts";
import type { WriteChain } from "./writer.ts";

const MAX_CHAINS_AT_ONCE = 8;

interface Chain {
  readonly changes: StreamChange[];
  readonly indexes: number[];
}

/**
 * Writes the lines of a batch of the stream: records side by side, each record's lines in order. A record that can't
 * be written holds up its own chain only; the batch comes back from the lowest failure on, and what is already
 * written is recognised.
 */
export function createWriteAudit(writeChain: WriteChain) {
  return async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const { changes, poisonAt } = readBatch(records);
    const chains = new Map<string, Chain>();
    for (const { index, change } of changes) {
      const pk = auditPk(change.organizationId, change.entity, change.entityId);
      const chain = chains.get(pk) ?? { changes: [], indexes: [] };
      chains.set(pk, chain);
      chain.changes.push(change);
      chain.indexes.push(index);
    }
    const queue = [...chains.values()].values();
    let failedAt = poisonAt;
    const worker = async () => {
      for (const chain of queue) failedAt = earlierOf(failedAt, await failureIn(chain));
    };
    await Promise.all(Array.from({ length: MAX_CHAINS_AT_ONCE }, worker));
    return failFrom(records, failedAt);
  };

  async function failureIn({ changes, indexes }: Chain): Promise<number | undefined> {
    let written = 0;
    try {
      await writeChain(changes, () => {
        written += 1;
      });
      return undefined;
    } catch (error) {
      logger.error("audit line not written", error as Error);
      return indexes[written];
    }
  }
}

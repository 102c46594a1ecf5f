import type { DatabaseSync } from "node:sqlite";
import type { RequestCount, RequestLog } from "./request-log.ts";
import { many } from "./stripe-database.ts";
import { type Metadata, secondsOf } from "./stripe-objects.ts";

interface BookedTransfer {
  readonly id: string;
  readonly amount: number;
  readonly amountReversed: number;
  readonly currency: string;
  readonly destination: string;
  readonly transferGroup: string | null;
  readonly metadata: Metadata;
  /** Wholly taken back. */
  readonly reversed: boolean;
  /** Epoch seconds, as on the wire. */
  readonly created: number;
  readonly idempotencyKey: string | null;
}

/** What the provider knows to have happened; tests compare the project's own books with it. */
export interface StripeBooks {
  readonly transfers: readonly BookedTransfer[];
  /** Received less reversed, in minor units. */
  readonly sums: readonly {
    readonly destination: string;
    readonly currency: string;
    readonly net: number;
    readonly transfers: number;
  }[];
  readonly requests: readonly RequestCount[];
  readonly creates: {
    /** Execution began: a transfer, or an answer stored without one. */
    readonly executed: number;
    readonly created: number;
    readonly replayed: number;
    readonly refused: number;
  };
}

interface BookRow extends Omit<BookedTransfer, "metadata" | "reversed"> {
  readonly metadata: string;
}

export function createBooks(db: DatabaseSync, requestLog: RequestLog): () => StripeBooks {
  const selectTransfers = db.prepare(
    `SELECT id, amount, amount_reversed AS amountReversed, currency, destination, transfer_group AS transferGroup, metadata,
            created_ms AS created, idempotency_key AS idempotencyKey FROM stripe_transfers ORDER BY seq`,
  );
  const selectSums = db.prepare(
    `SELECT destination, currency, sum(amount - amount_reversed) AS net, count(*) AS transfers
     FROM stripe_transfers GROUP BY destination, currency ORDER BY destination, currency`,
  );

  return () => {
    const rows = many<BookRow>(selectTransfers.all());
    const requests = requestLog.counts();
    const creates = requests.filter(({ endpoint }) => endpoint === "transfers.create");
    const total = (outcome: RequestCount["outcome"]) =>
      creates.filter((entry) => entry.outcome === outcome).reduce((sum, entry) => sum + entry.count, 0);
    return {
      transfers: rows.map((row) => ({
        ...row,
        metadata: JSON.parse(row.metadata) as Metadata,
        reversed: row.amount === row.amountReversed,
        created: secondsOf(row.created),
      })),
      sums: many<StripeBooks["sums"][number]>(selectSums.all()).map((sum) => ({ ...sum })),
      requests: requests.map((entry) => ({ ...entry })),
      creates: {
        executed: total("executed"),
        created: rows.length,
        replayed: total("replayed"),
        refused: total("refused"),
      },
    };
  };
}

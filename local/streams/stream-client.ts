import type { Forward } from "../dynamodb/forward.ts";

/** The few calls of the table store's stream API that a reader needs, without an SDK: the wire's JSON is Lambda's. */
export interface WireRecord {
  readonly eventID: string;
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  readonly eventVersion: string;
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly ApproximateCreationDateTime: number;
    readonly [field: string]: unknown;
  };
  readonly userIdentity?: unknown;
}

export interface TableStream {
  /** The store's own ARN, with its label: another one after the table was made anew. */
  readonly arn: string;
  readonly shardId: string;
  /** 0 when nothing is stored. */
  readonly lastSequence: number;
}

export interface StreamClient {
  describe(tableName: string): Promise<TableStream>;
  /** Records after a sequence number; 0 means from the oldest one on. */
  readAfter(stream: TableStream, sequence: number, limit: number): Promise<readonly WireRecord[]>;
}

export function createStreamClient(forward: Forward): StreamClient {
  async function call<T>(target: string, body: object): Promise<T> {
    const answer = await forward(target, JSON.stringify(body));
    if (answer.status !== 200) throw new Error(`${target} failed: ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }
  const stream = <T>(operation: string, body: object) => call<T>(`DynamoDBStreams_20120810.${operation}`, body);

  return {
    async describe(tableName) {
      const { Table } = await call<{ Table: { LatestStreamArn?: string } }>("DynamoDB_20120810.DescribeTable", {
        TableName: tableName,
      });
      const arn = Table.LatestStreamArn;
      if (arn === undefined) throw new Error(`the table ${tableName} has no stream`);
      const { StreamDescription } = await stream<{
        StreamDescription: { Shards: { ShardId: string; SequenceNumberRange: { EndingSequenceNumber?: string } }[] };
      }>("DescribeStream", { StreamArn: arn });
      const shard = StreamDescription.Shards.at(-1);
      if (shard === undefined) throw new Error(`the stream of ${tableName} has no shard`);
      return { arn, shardId: shard.ShardId, lastSequence: Number(shard.SequenceNumberRange.EndingSequenceNumber ?? 0) };
    },
    async readAfter({ arn, shardId }, sequence, limit) {
      const { ShardIterator } = await stream<{ ShardIterator: string }>("GetShardIterator", {
        StreamArn: arn,
        ShardId: shardId,
        ...(sequence === 0
          ? { ShardIteratorType: "TRIM_HORIZON" }
          : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: String(sequence) }),
      });
      const { Records } = await stream<{ Records: WireRecord[] }>("GetRecords", { ShardIterator, Limit: limit });
      return Records;
    },
  };
}

import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
import type { Duration } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { Platform } from "../platform.ts";
import { alarmPeriod } from "./alarm-topic.ts";
import { FailureQueue } from "./failure-queue.ts";
import type { ServiceFunction } from "./service-function.ts";

export interface StreamConsumerProps {
  readonly platform: Platform;
  readonly table: Table;
  readonly consumer: ServiceFunction;
  /** Only changes of these entities wake the function; counters and receipts wake nobody. */
  readonly entities: readonly string[];
  readonly batchSize: number;
  readonly retryAttempts: number;
  /** Older than this, a record goes to the failure queue instead of holding up its shard. */
  readonly maxRecordAge: Duration;
  readonly maxLag: Duration;
}

/** One of the two readers of the table's stream: a poison record ends in its queue, the rest of the batch goes on. */
export class StreamConsumer extends Construct {
  constructor(scope: Construct, id: string, props: StreamConsumerProps) {
    super(scope, id);
    const { platform, table, consumer } = props;
    const streamArn = table.tableStreamArn;
    if (streamArn === undefined) throw new Error(`${table.node.path} has no stream`);
    const failures = new FailureQueue(this, "Failures", { platform, name: `${consumer.name}-failures` });
    consumer.allow({
      actions: ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].map(
        (action) => `dynamodb:${action}`,
      ),
      resources: [streamArn],
    });
    const isEntity = { entity: { S: FilterRule.or(...props.entities) } };
    new EventSourceMapping(this, "Mapping", {
      target: consumer.lambda,
      eventSourceArn: streamArn,
      // Nothing written before the mapping existed is skipped.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: props.batchSize,
      parallelizationFactor: 1,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: props.retryAttempts,
      maxRecordAge: props.maxRecordAge,
      onFailure: failures.streamDestination,
      filters: [
        FilterCriteria.filter({ dynamodb: { NewImage: isEntity } }),
        FilterCriteria.filter({ dynamodb: { OldImage: isEntity } }),
      ],
    });
    platform.alarms.watch(this, "Lagging", {
      metric: consumer.lambda.metric("IteratorAge", { statistic: "Maximum", period: alarmPeriod }),
      above: props.maxLag.toMilliseconds(),
      description: `${consumer.name} is behind the table by more than ${props.maxLag.toHumanString()}.`,
    });
  }
}

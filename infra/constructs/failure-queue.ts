import { PolicyStatement, type PolicyStatement as Statement } from "aws-cdk-lib/aws-iam";
import type { IDestination, IEventSourceDlq } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Duration, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { failureQueueNames } from "../../shared/monitoring/failure-queues.ts";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";

/**
 * Where one concern's failures wait for a person, with an alarm on the first one. It is nobody's only copy: the table
 * keeps the state, the sweep tries again, the bus archive keeps the event.
 */
export class FailureQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, { platform, name }: { platform: Platform; name: string }) {
    super(scope, id);
    const known = failureQueueNames.find((candidate) => candidate === name);
    if (known === undefined) throw new Error(`${name}: shared/monitoring/failure-queues.ts doesn't say what it holds`);
    const queueName = resourceName(platform.config, name);
    this.queue = new Queue(this, "Queue", {
      queueName,
      retentionPeriod: Duration.days(14),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    for (const id of ["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"]) {
      Validations.of(this.queue).acknowledge({
        id,
        reason: "It is where failures end: nothing consumes it but a person.",
      });
    }
    platform.alarms.watch(this, "NotEmpty", {
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: "Maximum",
      }),
      above: 0,
      description: `${queueName} holds failures that a person has to look at.`,
    });
    platform.failureQueues.set(known, this.queue);
  }

  /** The library's own grant would also let the sender read the queue's attributes. */
  get sendStatement(): Statement {
    return new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [this.queue.queueArn] });
  }

  /** For asynchronous invocations that failed for good. */
  get invocationDestination(): IDestination {
    return {
      bind: (_scope, fn) => {
        fn.addToRolePolicy(this.sendStatement);
        return { destination: this.queue.queueArn };
      },
    };
  }

  /** For stream batches that were given up. */
  get streamDestination(): IEventSourceDlq {
    return {
      bind: (_mapping, fn) => {
        fn.addToRolePolicy(this.sendStatement);
        return { destination: this.queue.queueArn };
      },
    };
  }
}

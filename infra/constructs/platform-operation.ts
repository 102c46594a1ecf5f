import { Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { failureQueueNames, failureQueues } from "../../shared/monitoring/failure-queues.ts";
import { functionNames } from "../bundle.ts";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import { apiEnvironment, operatorEnvironment } from "./api-environment.ts";
import { ServiceFunction } from "./service-function.ts";
import type { TransferRetry } from "./transfer-retry.ts";

/**
 * What the operator organization's staff see and do about the platform itself: figures, failure queues, redrive. A function
 * of its own, since nobody else's requests need these grants and clients. Made after everything that has a failure queue.
 */
export class PlatformOperation extends Construct {
  readonly service: ServiceFunction;

  constructor(scope: Construct, id: string, { platform, retry }: { platform: Platform; retry: TransferRetry }) {
    super(scope, id);
    const queues = failureQueueNames.map((name) => {
      const queue = platform.failureQueues.get(name);
      if (queue === undefined) throw new Error(`nothing has made the failure queue ${name}`);
      return [name, queue] as const;
    });
    this.service = new ServiceFunction(this, "OperatePlatform", {
      platform,
      name: "operate-platform",
      invocation: "sync",
      memoryMb: 1024,
      timeoutSeconds: 29,
      environment: {
        ...apiEnvironment(platform.config),
        ...operatorEnvironment(platform.config),
        DEPLOYMENT: resourceName(platform.config),
        FUNCTION_NAMES: JSON.stringify(functionNames),
        FAILURE_QUEUE_URLS: JSON.stringify(Object.fromEntries(queues.map(([name, { queueUrl }]) => [name, queueUrl]))),
        RETRY_STATE_MACHINE_ARN: retry.stateMachine.stateMachineArn,
      },
    })
      // Roles and settings, receipts, what is written down, and where people come from.
      .bindTable(platform.table, { actions: ["GetItem", "PutItem", "UpdateItem"] })
      .bindBus(platform.bus)
      .allow({
        actions: ["GetQueueAttributes", "ReceiveMessage", "ChangeMessageVisibility"].map((action) => `sqs:${action}`),
        resources: queues.map(([, { queueArn }]) => queueArn),
      })
      .allow({
        actions: ["sqs:DeleteMessage"],
        resources: queues.filter(([name]) => failureQueues[name].redrivable).map(([, { queueArn }]) => queueArn),
      })
      .allow({ actions: ["cloudwatch:GetMetricData"], resources: ["*"] });
    Validations.of(this.service).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason:
        "Reading metrics knows no resources, and figures are nobody's secret; X-Ray's write actions know none either.",
    });
  }
}

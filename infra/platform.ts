import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { EventBus } from "aws-cdk-lib/aws-events";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { FailureQueueName } from "../shared/monitoring/failure-queues.ts";
import type { Bundles } from "./bundle.ts";
import type { StageConfig } from "./config.ts";
import type { AlarmTopic } from "./constructs/alarm-topic.ts";
import type { ProviderSecret } from "./constructs/provider-secret.ts";
import type { ServiceFunction } from "./constructs/service-function.ts";

/** What outlives a deployment of the functions. */
export interface State {
  readonly table: Table;
  readonly auditTable: Table;
  readonly bus: EventBus;
  readonly stripeApiKey: ProviderSecret;
  readonly stripeWebhookSecret: ProviderSecret;
}

/** What every construct of the stateless stack is given. */
export interface Platform extends State {
  readonly config: StageConfig;
  readonly bundles: Bundles;
  readonly alarms: AlarmTopic;
  /** Fill themselves as the constructs are made; the dashboard shows them. */
  readonly functions: ServiceFunction[];
  readonly failureQueues: Map<FailureQueueName, Queue>;
}

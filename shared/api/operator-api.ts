import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { createDeadLetterQueue } from "../monitoring/dead-letters.ts";
import { type FailureQueueName, failureQueueNames } from "../monitoring/failure-queues.ts";
import { readFigures } from "../monitoring/figures.ts";
import { createRedrive } from "../monitoring/redrive.ts";
import { monitoringOperations } from "./contract/monitoring.ts";
import { type ApiEvent, createDispatch } from "./dispatch.ts";
import { type EntranceOptions, entranceOf } from "./entrance.ts";
import { createMonitoringHandlers } from "./handlers/monitoring.ts";
import type { Response } from "./responses.ts";

export interface OperatorApiOptions extends EntranceOptions {
  readonly cloudWatch: CloudWatchClient;
  readonly queues: SQSClient;
  readonly bus: EventBridgeClient;
  readonly busName: string;
  /** What the names of the deployment's resources begin with, `payouts-prod`. */
  readonly deployment: string;
  /** Without that prefix. */
  readonly functionNames: readonly string[];
  readonly queueUrls: Readonly<Record<FailureQueueName, string>>;
  readonly retryStateMachineArn: string;
}

/** The operations on the platform itself, for the staff of the organization that operates the deployment. */
export function createOperatorApi(options: OperatorApiOptions): (event: ApiEvent) => Promise<Response> {
  const { world, cloudWatch, queues: client, bus, busName, deployment, functionNames, queueUrls } = options;
  const resourceName = (name: string) => `${deployment}-${name}`;
  const measured = {
    functions: new Map(functionNames.map((name) => [name, { resourceName: resourceName(name) }])),
    queues: new Map(failureQueueNames.map((name) => [name, { resourceName: resourceName(name) }])),
    stateMachineArn: options.retryStateMachineArn,
  };
  const entrance = entranceOf(options);
  const handlers = createMonitoringHandlers({
    world,
    readFigures: (hours, nowMs) => readFigures(cloudWatch, measured, { hours, nowMs }),
    queueOf: (name) => createDeadLetterQueue({ client, url: queueUrls[name] }),
    redrive: createRedrive({ ...world, client: bus, busName }),
    vigilance: entrance.vigilance,
    resourceName,
  });
  return createDispatch({ ...entrance, operations: monitoringOperations, handlers });
}

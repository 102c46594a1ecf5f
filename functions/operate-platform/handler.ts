import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import type { ApiEvent } from "../../shared/api/dispatch.ts";
import { createOperatorApi } from "../../shared/api/operator-api.ts";
import { failureQueueNames } from "../../shared/monitoring/failure-queues.ts";
import { entranceOptionsFrom } from "../../shared/runtime/api-options.ts";
import { jsonText, readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";

const env = readEnv({
  BUS_NAME: z.string().min(1),
  DEPLOYMENT: z.string().min(1),
  FUNCTION_NAMES: jsonText(z.array(z.string().min(1))),
  FAILURE_QUEUE_URLS: jsonText(z.record(z.enum(failureQueueNames), z.url())),
  RETRY_STATE_MACHINE_ARN: z.string().min(1),
});

const operate = createOperatorApi({
  ...entranceOptionsFrom(),
  cloudWatch: new CloudWatchClient({ maxAttempts: 3 }),
  queues: new SQSClient({ maxAttempts: 3 }),
  bus: new EventBridgeClient({ maxAttempts: 3 }),
  busName: env.BUS_NAME,
  deployment: env.DEPLOYMENT,
  functionNames: env.FUNCTION_NAMES,
  queueUrls: env.FAILURE_QUEUE_URLS,
  retryStateMachineArn: env.RETRY_STATE_MACHINE_ARN,
});

/** What the staff of the operator organization see and do about the platform itself. */
export const handler = house((event: ApiEvent) => operate(event));

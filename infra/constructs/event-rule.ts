import { type EventPattern, Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { Duration } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import type { ServiceFunction } from "./service-function.ts";

/** EventBridge's own bounds: 185 attempts spread over a day. */
export const deliveryBounds = { retryAttempts: 185, maxEventAge: Duration.hours(24) };

/** Delivers events of the bus to a function; what can't be delivered joins the function's failures. */
export function subscribe(
  scope: Construct,
  id: string,
  {
    platform,
    target,
    pattern,
    name = target.name,
  }: { platform: Platform; target: ServiceFunction; pattern: EventPattern; name?: string },
): Rule {
  return new Rule(scope, id, {
    ruleName: resourceName(platform.config, name),
    eventBus: platform.bus,
    eventPattern: pattern,
    targets: [new LambdaTarget(target.lambda, { ...deliveryBounds, deadLetterQueue: target.failures.queue })],
  });
}

/** Runs a function at a fixed rate. A run that couldn't start is of no use once the next one is due. */
export function runEvery(
  scope: Construct,
  id: string,
  { platform, target, every }: { platform: Platform; target: ServiceFunction; every: Duration },
): Rule {
  return new Rule(scope, id, {
    ruleName: resourceName(platform.config, target.name),
    schedule: Schedule.rate(every),
    targets: [
      new LambdaTarget(target.lambda, { retryAttempts: 2, maxEventAge: every, deadLetterQueue: target.failures.queue }),
    ],
  });
}

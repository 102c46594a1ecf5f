import { Construct } from "constructs";
import {
  EVENT_SOURCE,
  type EventType,
  SCHEDULER_SOURCE,
  type SchedulerEventType,
} from "../../shared/events/event-types.ts";
import type { Platform } from "../platform.ts";
import { alarmPeriod } from "./alarm-topic.ts";
import { subscribe } from "./event-rule.ts";
import { commandActions, ServiceFunction } from "./service-function.ts";
import { TransferRetry } from "./transfer-retry.ts";

/**
 * Sends transfers: the first attempt straight from the event, the workflow only when another one is wanted. And takes back
 * what a person wants back.
 */
export class Sending extends Construct {
  readonly retry: TransferRetry;

  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    const { config, table, stripeApiKey } = platform;
    const attempt = new ServiceFunction(this, "AttemptTransfer", {
      platform,
      name: "attempt-transfer",
      invocation: "async",
      memoryMb: 1024,
      // A wait for the limiter, one provider call of at most 20 s with one retry, and the commits.
      timeoutSeconds: 80,
      environment: {
        STRIPE_API_URL: config.stripeApiUrl,
        STRIPE_REQUESTS_PER_SECOND: String(config.stripeRequestsPerSecond),
      },
      reservedConcurrency: config.attemptReservedConcurrency,
    })
      .bindTable(table, { actions: [...commandActions, "GetItem"] })
      .bindSecret(stripeApiKey, "STRIPE_SECRET_ARN");
    subscribe(this, "TransferCreated", {
      platform,
      target: attempt,
      pattern: { source: [EVENT_SOURCE], detailType: ["transfer.created", "transfer.resumed"] satisfies EventType[] },
    });
    subscribe(this, "AttemptDue", {
      platform,
      target: attempt,
      name: "attempt-transfer-due",
      pattern: { source: [SCHEDULER_SOURCE], detailType: ["transfer.attempt_due"] satisfies SchedulerEventType[] },
    });
    platform.alarms.watch(this, "Throttled", {
      metric: attempt.lambda.metricThrottles({ period: alarmPeriod }),
      above: 0,
      // A burst is throttled on purpose; one that lasts means that payouts are late.
      periods: 3,
      description: "Attempts have been throttled for a quarter of an hour: payouts go out later than they should.",
    });
    const reverse = new ServiceFunction(this, "ReverseTransfer", {
      platform,
      name: "reverse-transfer",
      invocation: "async",
      memoryMb: 1024,
      // One provider call of at most 20 s with one retry, and the commits.
      timeoutSeconds: 60,
      environment: { STRIPE_API_URL: config.stripeApiUrl },
    })
      .bindTable(table, { actions: commandActions })
      .bindSecret(stripeApiKey, "STRIPE_SECRET_ARN");
    subscribe(this, "ReversalRequested", {
      platform,
      target: reverse,
      pattern: { source: [EVENT_SOURCE], detailType: ["transfer.reversal_requested"] satisfies EventType[] },
    });
    subscribe(this, "ReversalDue", {
      platform,
      target: reverse,
      name: "reverse-transfer-due",
      pattern: {
        source: [SCHEDULER_SOURCE],
        detailType: ["transfer.attempt_due"] satisfies SchedulerEventType[],
        // The sweep's only: what has come that a transfer waited for doesn't matter to a reversal.
        detail: { resumed: [{ exists: false }] },
      },
    });
    this.retry = new TransferRetry(this, "Retry", { platform, attempt: attempt.lambda });
  }
}

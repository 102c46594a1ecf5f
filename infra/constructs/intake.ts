import { Construct } from "constructs";
import { inboundSchemas } from "../../shared/events/inbound.ts";
import type { Platform } from "../platform.ts";
import { subscribe } from "./event-rule.ts";
import { FailureQueue } from "./failure-queue.ts";
import { commandActions, ServiceFunction } from "./service-function.ts";

/** Takes events from outside in; what it refuses is kept with the reason in a queue of its own. */
export class Intake extends Construct {
  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    const { config, table } = platform;
    const rejected = new FailureQueue(this, "Rejected", { platform, name: "rejected-events" });
    const intake = new ServiceFunction(this, "IntakeEvents", {
      platform,
      name: "intake-events",
      invocation: "async",
      memoryMb: 512,
      timeoutSeconds: 30,
      environment: { DEFAULT_POLICY: JSON.stringify(config.defaultPolicy) },
    })
      .bindTable(table, { actions: [...commandActions, "GetItem", "Query"] })
      .bindQueue(rejected, "REJECTED_QUEUE_URL");
    subscribe(this, "Inbound", {
      platform,
      target: intake,
      pattern: { source: config.sources, detailType: Object.keys(inboundSchemas) },
    });
  }
}

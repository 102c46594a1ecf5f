import { Match } from "aws-cdk-lib/aws-events";
import { Duration, Stack, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import {
  EVENT_SOURCE,
  type EventType,
  SCHEDULER_SOURCE,
  type SchedulerEventType,
} from "../../shared/events/event-types.ts";
import type { Platform } from "../platform.ts";
import { tableIndexes } from "./domain-table.ts";
import { runEvery, subscribe } from "./event-rule.ts";
import { ReleaseScheduler } from "./release-scheduler.ts";
import { commandActions, ServiceFunction } from "./service-function.ts";
import { wildcardFinding } from "./wildcard-finding.ts";

/** Brings what falls due to its release: planned to the minute, swept when missed, resumed when a blocker is gone. */
export class Releases extends Construct {
  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    this.planSchedules(platform);
    this.releaseDue(platform);
    this.resumeWaiting(platform);
    this.sweepDue(platform);
  }

  private planSchedules(platform: Platform): void {
    const { table, bus } = platform;
    const scheduler = new ReleaseScheduler(this, "Scheduler", platform);
    const planner = new ServiceFunction(this, "PlanSchedules", {
      platform,
      name: "plan-schedules",
      invocation: "async",
      memoryMb: 512,
      timeoutSeconds: 30,
      environment: {
        SCHEDULE_GROUP: scheduler.group.scheduleGroupName,
        SCHEDULER_ROLE_ARN: scheduler.role.roleArn,
        SCHEDULER_DLQ_ARN: scheduler.failures.queue.queueArn,
        BUS_ARN: bus.eventBusArn,
      },
    })
      .bindTable(table, { actions: ["GetItem"] })
      .allow({
        actions: ["CreateSchedule", "UpdateSchedule", "DeleteSchedule"].map((action) => `scheduler:${action}`),
        resources: [scheduler.schedulesArn],
      })
      .allow({
        actions: ["iam:PassRole"],
        resources: [scheduler.role.roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
      });
    Validations.of(planner).acknowledge({
      id: wildcardFinding(Stack.of(this), scheduler.schedulesArn),
      reason: "A schedule is named after its hold or payout schedule; the wildcard ends at this deployment's group.",
    });
    subscribe(this, "DateChanged", {
      platform,
      target: planner,
      pattern: {
        source: [EVENT_SOURCE],
        detailType: [
          "escrow_hold.created",
          "escrow_hold.updated",
          "escrow_hold.forfeited",
          "escrow_hold.cancelled",
          "payout_schedule.created",
          "payout_schedule.updated",
          "payout_schedule.cancelled",
        ] satisfies EventType[],
      },
    });
    // One that the scheduler fired is gone already: it deletes itself.
    subscribe(this, "DoneOtherwise", {
      platform,
      target: planner,
      name: "plan-schedules-done-otherwise",
      pattern: {
        source: [EVENT_SOURCE],
        detailType: ["escrow_hold.released", "payout_schedule.triggered"] satisfies EventType[],
        detail: { data: { release_path: Match.anythingBut("scheduler") } },
      },
    });
  }

  private releaseDue(platform: Platform): void {
    const release = new ServiceFunction(this, "ReleaseDue", {
      platform,
      name: "release-due",
      invocation: "async",
      memoryMb: 512,
      timeoutSeconds: 30,
    }).bindTable(platform.table, { actions: commandActions });
    subscribe(this, "FellDue", {
      platform,
      target: release,
      pattern: {
        source: [SCHEDULER_SOURCE],
        detailType: ["escrow_hold.release_due", "payout_schedule.due"] satisfies SchedulerEventType[],
      },
    });
  }

  private resumeWaiting(platform: Platform): void {
    const resume = new ServiceFunction(this, "ResumeWaiting", {
      platform,
      name: "resume-waiting",
      invocation: "async",
      memoryMb: 512,
      timeoutSeconds: 120,
    })
      .bindTable(platform.table, { actions: [...commandActions, "GetItem", "Query"], indexes: [tableIndexes.waits] })
      .bindBus(platform.bus);
    subscribe(this, "BlockerGone", {
      platform,
      target: resume,
      pattern: {
        source: [EVENT_SOURCE],
        detailType: [
          "payee.created",
          "payee.updated",
          "payout.approved",
          "payout.retried",
          "payout.paid_outside",
          "sending_control.resumed",
          "provider_funds.available",
          "payee_account.updated",
        ] satisfies EventType[],
      },
    });
  }

  private sweepDue(platform: Platform): void {
    const sweep = new ServiceFunction(this, "SweepDue", {
      platform,
      name: "sweep-due",
      invocation: "async",
      memoryMb: 512,
      // Done before the next one starts.
      timeoutSeconds: 240,
    })
      .bindTable(platform.table, { actions: [...commandActions, "GetItem"], indexes: [tableIndexes.due] })
      .bindBus(platform.bus);
    runEvery(this, "EveryFiveMinutes", { platform, target: sweep, every: Duration.minutes(5) });
  }
}

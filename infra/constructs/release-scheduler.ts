import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import { RemovalPolicy, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import { FailureQueue } from "./failure-queue.ts";

/** Where the planner keeps its one-off schedules, and the role under which they put their event on the bus. */
export class ReleaseScheduler extends Construct {
  readonly group: ScheduleGroup;
  readonly role: Role;
  readonly failures: FailureQueue;
  /** The schedules of this group and of no other. */
  readonly schedulesArn: string;

  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    const stack = Stack.of(this);
    const groupName = resourceName(platform.config);
    this.group = new ScheduleGroup(this, "Group", {
      scheduleGroupName: groupName,
      // Deleting a group deletes its schedules; the sweep would still find what is due.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.schedulesArn = stack.formatArn({ service: "scheduler", resource: "schedule", resourceName: `${groupName}/*` });
    this.failures = new FailureQueue(this, "Failures", { platform, name: "scheduler-failures" });
    this.role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": stack.account },
          ArnEquals: { "aws:SourceArn": this.group.scheduleGroupArn },
        },
      }),
    });
    this.role.addToPolicy(
      new PolicyStatement({ actions: ["events:PutEvents"], resources: [platform.bus.eventBusArn] }),
    );
    // The scheduler writes to a schedule's dead-letter queue under the same role.
    this.role.addToPolicy(this.failures.sendStatement);
  }
}

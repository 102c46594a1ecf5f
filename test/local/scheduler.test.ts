import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import * as events from "aws-cdk-lib/aws-events";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as scheduler from "aws-cdk-lib/aws-scheduler";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Stack } from "aws-cdk-lib/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nextInstant, parseScheduleExpression } from "../../local/scheduler/expressions.ts";
import { type RunningAws, startAws } from "./aws-fixture.ts";
import { first, synthesize } from "./template-fixture.ts";

const assembly = synthesize((app) => {
  const stack = new Stack(app, "Timers");
  const fn = (id: string) =>
    new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: lambda.Code.fromInline("exports.handler = async () => 1"),
    });
  const bus = new events.EventBus(stack, "Bus", { eventBusName: "payouts" });
  const group = new scheduler.ScheduleGroup(stack, "Group", { scheduleGroupName: "holds" });
  const deadLetters = new sqs.Queue(stack, "DeadLetters", { queueName: "dead-letters" });
  const assumedBy = new iam.ServicePrincipal("scheduler.amazonaws.com", {
    conditions: {
      StringEquals: { "aws:SourceAccount": stack.account },
      ArnLike: { "aws:SourceArn": group.scheduleGroupArn },
    },
  });
  const role = new iam.Role(stack, "Role", { roleName: "fires", assumedBy });
  bus.grantPutEventsTo(role);
  deadLetters.grantSendMessages(role);
  new iam.Role(stack, "Powerless", { roleName: "powerless", assumedBy });
  const planner = fn("Planner");
  group.grantWriteSchedules(planner);
  group.grantDeleteSchedules(planner);
  role.grantPassRole(planner.grantPrincipal);
  const careless = fn("Careless");
  group.grantWriteSchedules(careless);
});

const account = "000000000000";
const arns = {
  bus: `arn:aws:events:us-east-1:${account}:event-bus/payouts`,
  role: `arn:aws:iam::${account}:role/fires`,
  deadLetters: `arn:aws:sqs:us-east-1:${account}:dead-letters`,
};
const hour = 3_600_000;

let aws: RunningAws;
beforeEach(async () => {
  aws = await startAws(assembly, { store: false });
});
afterEach(() => aws.stop());

const at = (ms: number) => `at(${new Date(ms).toISOString().slice(0, 19)})`;
const advance = (ms: number) => aws.clock.advanceTo(aws.clock.now() + ms, async () => undefined);
const planner = () => new SchedulerClient(aws.clientFor("Planner"));
const owner = () => new SchedulerClient(aws.clientFor());

function hold(name: string, more: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput {
  return {
    Name: name,
    GroupName: "holds",
    ScheduleExpression: at(aws.clock.now() + hour),
    ScheduleExpressionTimezone: "UTC",
    FlexibleTimeWindow: { Mode: "OFF" },
    ActionAfterCompletion: "DELETE",
    Target: {
      Arn: arns.bus,
      RoleArn: arns.role,
      Input: `{"id":"${name}"}`,
      EventBridgeParameters: { DetailType: "escrow_hold.release_due", Source: "payouts" },
      DeadLetterConfig: { Arn: arns.deadLetters },
      RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
    },
    ...more,
  };
}

describe("one-off schedules", () => {
  it("puts the event on the bus at the instant and deletes itself", async () => {
    await planner().send(new CreateScheduleCommand(hold("eh_1")));
    await advance(hour - 2000);
    expect(aws.events).toEqual([]);
    await advance(3000);
    expect(aws.events).toMatchObject([
      { busName: "payouts", source: "payouts", detailType: "escrow_hold.release_due", detail: '{"id":"eh_1"}' },
    ]);
    const get = new GetScheduleCommand({ Name: "eh_1", GroupName: "holds" });
    await expect(owner().send(get)).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("follows an update and is gone after a deletion", async () => {
    await planner().send(new CreateScheduleCommand(hold("eh_1")));
    await planner().send(new CreateScheduleCommand(hold("eh_2")));
    const later = at(aws.clock.now() + 3 * hour);
    await planner().send(new UpdateScheduleCommand(hold("eh_1", { ScheduleExpression: later })));
    await planner().send(new DeleteScheduleCommand({ Name: "eh_2", GroupName: "holds" }));
    await advance(2 * hour);
    expect(aws.events).toEqual([]);
    const { ScheduleExpression } = await owner().send(new GetScheduleCommand({ Name: "eh_1", GroupName: "holds" }));
    expect(ScheduleExpression).toBe(later);
    await advance(2 * hour);
    expect(aws.events).toHaveLength(1);
  });

  it("fires after a restart of the host", async () => {
    await planner().send(new CreateScheduleCommand(hold("eh_1")));
    await aws.stop();
    aws = await startAws(assembly, { store: false, dataDir: aws.dataDir });
    await advance(hour);
    expect(aws.events).toHaveLength(1);
  });

  it("is a conflict to create twice, unless the SDK repeats a lost answer", async () => {
    const input = hold("eh_1", { ClientToken: "token-of-one-call" });
    aws.faults.add({ service: "scheduler", operation: "CreateSchedule", effect: "after" });
    await expect(planner().send(new CreateScheduleCommand(input))).rejects.toThrow();
    await planner().send(new CreateScheduleCommand(input));
    const other = new CreateScheduleCommand({ ...input, ClientToken: "another" });
    await expect(planner().send(other)).rejects.toBeInstanceOf(ConflictException);
  });

  it("says what isn't there", async () => {
    const remove = new DeleteScheduleCommand({ Name: "none", GroupName: "holds" });
    await expect(planner().send(remove)).rejects.toBeInstanceOf(ResourceNotFoundException);
    const foreignGroup = new CreateScheduleCommand(hold("eh_1", { GroupName: "none" }));
    await expect(owner().send(foreignGroup)).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it.each(["at(2026-02-30T10:00:00)", "at(2026-02-03)", "at(2026-02-03T10:00:00Z)", "tomorrow"])(
    "refuses the expression %s",
    async (ScheduleExpression) => {
      const create = new CreateScheduleCommand(hold("eh_1", { ScheduleExpression }));
      await expect(planner().send(create)).rejects.toMatchObject({ name: "ValidationException" });
    },
  );

  it("lists page by page", async () => {
    for (const name of ["a", "b", "c"]) await planner().send(new CreateScheduleCommand(hold(name)));
    const page = await owner().send(new ListSchedulesCommand({ GroupName: "holds", MaxResults: 2 }));
    expect(page.Schedules?.map(({ Name }) => Name)).toEqual(["a", "b"]);
    const next = await owner().send(new ListSchedulesCommand({ MaxResults: 2, NextToken: page.NextToken }));
    expect(next.Schedules?.map(({ Name }) => Name)).toEqual(["c"]);
    expect(next.NextToken).toBeUndefined();
  });
});

describe("permissions", () => {
  it("refuses a planner that may not pass the role", async () => {
    const client = new SchedulerClient(aws.clientFor("Careless"));
    await expect(client.send(new CreateScheduleCommand(hold("eh_1")))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("iam:PassRole"),
    });
  });

  it("refuses a role that the scheduler may not assume", async () => {
    const { roleArn } = first(aws.model.functions);
    const input = hold("eh_1");
    const create = new CreateScheduleCommand({
      ...input,
      Target: { ...input.Target, Arn: arns.bus, RoleArn: roleArn },
    });
    await expect(owner().send(create)).rejects.toMatchObject({ message: expect.stringContaining("assume the role") });
  });

  it("sends what a role may not do straight to the log and the dead-letter queue, if that is allowed", async () => {
    const input = hold("eh_1");
    const RoleArn = `arn:aws:iam::${account}:role/powerless`;
    await owner().send(new CreateScheduleCommand({ ...input, Target: { ...input.Target, Arn: arns.bus, RoleArn } }));
    await advance(hour);
    expect(aws.events).toEqual([]);
    expect(aws.logged.join()).toContain("events:PutEvents");
    expect(aws.queues.depth(arns.deadLetters).visible).toBe(0);
  });
});

describe("failures", () => {
  it("tries again and then gives up into the dead-letter queue", async () => {
    await planner().send(new CreateScheduleCommand(hold("eh_1")));
    aws.problem.target = new Error("the bus is down");
    await advance(2 * hour);
    const [message] = aws.queues.receive(arns.deadLetters, { max: 10 });
    expect(message?.body).toBe('{"id":"eh_1"}');
    expect(message?.attributes.RETRY_ATTEMPTS?.StringValue).toBe("2");
    expect(message?.attributes.EXHAUSTED_RETRY_CONDITION?.StringValue).toBe("MaximumRetryAttempts");
  });

  it.each([
    ["twice", 2],
    ["never", 0],
  ] as const)("fires %s by an injected fault", async (error, times) => {
    await planner().send(new CreateScheduleCommand(hold("eh_1")));
    aws.faults.add({ service: "scheduler", operation: "fire", error });
    await advance(2 * hour);
    expect(aws.events).toHaveLength(times);
  });

  it("fires late by an injected fault", async () => {
    await planner().send(new CreateScheduleCommand(hold("eh_1")));
    aws.faults.add({ service: "scheduler", operation: "fire", error: "late", delaySeconds: 300 });
    await advance(hour + 200_000);
    expect(aws.events).toEqual([]);
    await advance(200_000);
    expect(aws.events).toHaveLength(1);
  });
});

describe("schedule expressions", () => {
  const after = Date.parse("2026-02-27T12:30:10Z");
  it.each([
    ["rate(1 minute)", "2026-02-27T12:31:10.000Z"],
    ["rate(5 minutes)", "2026-02-27T12:35:10.000Z"],
    ["cron(0 2 * * ? *)", "2026-02-28T02:00:00.000Z"],
    ["cron(0/15 * * * ? *)", "2026-02-27T12:45:00.000Z"],
    ["cron(30 9 ? * MON-FRI *)", "2026-03-02T09:30:00.000Z"],
    ["cron(0 0 L * ? *)", "2026-02-28T00:00:00.000Z"],
    ["cron(0 0 29 FEB ? 2028)", "2028-02-29T00:00:00.000Z"],
  ])("%s", (text, expected) => {
    const expression = parseScheduleExpression(text);
    expect(expression && new Date(nextInstant(expression, after) ?? 0).toISOString()).toBe(expected);
  });

  it.each(["rate(1 minutes)", "rate(0 days)", "cron(0 2 * * * *)", "cron(61 * * * ? *)", "cron(0 2 ? * ? *)"])(
    "%s isn't one",
    (text) => {
      expect(parseScheduleExpression(text)).toBeUndefined();
    },
  );
});

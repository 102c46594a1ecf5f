import { randomUUID } from "node:crypto";
import type { EventBus, FunctionRuntime, Queues, WorkflowRuntime } from "../contracts.ts";
import type { Authorizer } from "../iam/authorizer.ts";
import { functionNameOf } from "../template/build-compute.ts";
import { busName } from "../template/identity.ts";
import type { TemplateModel } from "../template/model.ts";
import type { StoredSchedule } from "./schedule-store.ts";

export const schedulerService = "scheduler.amazonaws.com";

export type Delivery =
  | { readonly outcome: "delivered" }
  | { readonly outcome: "failed"; readonly code: string; readonly message: string; readonly isRetryable: boolean };

export interface DeliveryPorts {
  readonly model: TemplateModel;
  readonly authorizer: Authorizer;
  readonly bus: EventBus;
  readonly functions: FunctionRuntime;
  readonly workflows: WorkflowRuntime;
  readonly queues: Queues;
}

const targetActions: Readonly<Record<string, string>> = {
  events: "events:PutEvents",
  lambda: "lambda:InvokeFunction",
  sqs: "sqs:SendMessage",
  states: "states:StartExecution",
};

/** The permission that a target needs; undefined for a target that this host can't reach. */
export function targetAction(targetArn: string): string | undefined {
  return targetActions[targetArn.split(":")[2] ?? ""];
}

/** ARNs of a schedule and of its group. */
export function scheduleArns(model: TemplateModel, { group, name }: { group: string; name: string }) {
  const prefix = `arn:aws:scheduler:${model.region}:${model.account}`;
  return { schedule: `${prefix}:schedule/${group}/${name}`, group: `${prefix}:schedule-group/${group}` };
}

/** Calls the target once, with the permissions of the schedule's role. */
export async function deliver(ports: DeliveryPorts, schedule: StoredSchedule): Promise<Delivery> {
  const { Target: target } = schedule.definition;
  const arns = scheduleArns(ports.model, schedule);
  if (!ports.authorizer.mayAssume(schedulerService, target.RoleArn, arns.group)) {
    return refused(`${target.RoleArn} can't be assumed by ${schedulerService}`);
  }
  const action = targetAction(target.Arn);
  if (action === undefined) return refused(`the local cloud has no target ${target.Arn}`);
  const principal = ports.authorizer.roleSession(target.RoleArn, schedule.name);
  const decision = ports.authorizer.authorize({ principal, action, resource: target.Arn });
  if (!decision.allowed) return refused(decision.message);

  const input =
    target.Input === undefined ? defaultInput(ports.model, schedule) : fillIn(target.Input, ports.model, schedule);
  try {
    await callTarget(ports, schedule, input);
    return { outcome: "delivered" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: "failed", code: "TARGET_ERROR", message, isRetryable: true };
  }
}

async function callTarget(ports: DeliveryPorts, schedule: StoredSchedule, input: string): Promise<void> {
  const { Target: target } = schedule.definition;
  switch (target.Arn.split(":")[2]) {
    case "events": {
      const { Source = "aws.scheduler", DetailType = "Scheduled Event" } = target.EventBridgeParameters ?? {};
      ports.bus.put([
        {
          busName: busName(target.Arn),
          source: Source,
          detailType: DetailType,
          detail: input,
          resources: [scheduleArns(ports.model, schedule).schedule],
        },
      ]);
      return;
    }
    case "lambda":
      await ports.functions.invoke(functionNameOf(target.Arn), input, "Event");
      return;
    case "sqs":
      ports.queues.send(target.Arn, input);
      return;
    case "states":
      ports.workflows.start(target.Arn, undefined, input);
  }
}

function refused(message: string): Delivery {
  return { outcome: "failed", code: "NO_PERMISSIONS", message, isRetryable: false };
}

/** The keywords that AWS replaces in a target's input. */
function fillIn(input: string, model: TemplateModel, schedule: StoredSchedule): string {
  return input
    .replaceAll("<aws.scheduler.schedule-arn>", scheduleArns(model, schedule).schedule)
    .replaceAll("<aws.scheduler.scheduled-time>", isoSeconds(schedule.dueMs ?? 0))
    .replaceAll("<aws.scheduler.execution-id>", () => randomUUID())
    .replaceAll("<aws.scheduler.attempt-number>", String(schedule.attempts + 1));
}

function defaultInput(model: TemplateModel, schedule: StoredSchedule): string {
  return JSON.stringify({
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: model.account,
    time: isoSeconds(schedule.dueMs ?? 0),
    region: model.region,
    resources: [scheduleArns(model, schedule).schedule],
    detail: "{}",
  });
}

export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

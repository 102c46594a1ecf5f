import * as z from "zod";
import type { Authorizer } from "../iam/authorizer.ts";
import { scheduleArns, schedulerService, targetAction } from "../scheduler/deliver.ts";
import { parseScheduleExpression } from "../scheduler/expressions.ts";
import {
  type ScheduleDefinition,
  type ScheduleKey,
  type StoredSchedule,
  scheduleDefinitionSchema,
} from "../scheduler/schedule-store.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { TemplateModel } from "../template/model.ts";
import {
  type AwsCall,
  AwsError,
  type AwsReply,
  type AwsService,
  json,
  notSupported,
  parseInput,
  requireAccess,
} from "./call.ts";

const writeSchema = scheduleDefinitionSchema.extend({
  ClientToken: z.string().optional(),
  GroupName: z.string().default("default"),
});

/** EventBridge Scheduler's API: a REST protocol, with the schedule's name in the path. */
export function createSchedulerService(options: {
  readonly model: TemplateModel;
  readonly authorizer: Authorizer;
  readonly scheduler: Scheduler;
}): AwsService {
  const { model, authorizer, scheduler } = options;
  const groups = new Set(["default", ...model.scheduleGroups.map(({ name }) => name)]);

  function write(call: AwsCall): { key: ScheduleKey; definition: ScheduleDefinition; clientToken: string | undefined } {
    const { ClientToken, GroupName, ...definition } = parseInput(call, writeSchema);
    const key = keyOf(call, GroupName);
    requireSchedule(call, key);
    requireAccess(authorizer, call, {
      action: "iam:PassRole",
      resource: definition.Target.RoleArn,
      context: { "iam:PassedToService": schedulerService },
    });
    if (!groups.has(GroupName)) throw notFound(`Schedule group ${GroupName} does not exist.`);
    const problem = problemOf(definition, key);
    if (problem !== undefined) throw new AwsError("ValidationException", problem);
    return { key, definition, clientToken: ClientToken };
  }

  function problemOf(definition: ScheduleDefinition, key: ScheduleKey): string | undefined {
    const { Target: target } = definition;
    if (parseScheduleExpression(definition.ScheduleExpression) === undefined) {
      return `Invalid Schedule Expression ${definition.ScheduleExpression}.`;
    }
    const action = targetAction(target.Arn);
    if (action === undefined) return `Provided Arn ${target.Arn} is not supported by the local cloud.`;
    if (action === "events:PutEvents" && target.EventBridgeParameters === undefined) {
      return "EventBridgeParameters must be set for an event bus.";
    }
    if (!authorizer.mayAssume(schedulerService, target.RoleArn, scheduleArns(model, key).group)) {
      return "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
    }
    return undefined;
  }

  function requireSchedule(call: AwsCall, key: ScheduleKey): void {
    requireAccess(authorizer, call, {
      action: `scheduler:${call.operation}`,
      resource: scheduleArns(model, key).schedule,
    });
  }

  function existing(key: ScheduleKey): StoredSchedule {
    const schedule = scheduler.store.find(key);
    if (schedule === undefined) throw notFound(`Schedule ${key.name} does not exist.`);
    return schedule;
  }

  function keyFromQuery(call: AwsCall): ScheduleKey {
    const key = keyOf(call, call.query.get("groupName") ?? "default");
    requireSchedule(call, key);
    return key;
  }

  const operations: Readonly<Record<string, (call: AwsCall) => AwsReply>> = {
    CreateSchedule(call) {
      const { key, definition, clientToken } = write(call);
      const known = scheduler.store.find(key);
      const reply = json({ ScheduleArn: scheduleArns(model, key).schedule });
      if (known === undefined) {
        scheduler.create(key, definition, clientToken);
        return reply;
      }
      // The SDK repeats a call whose answer was lost with the same token; the second one isn't a conflict.
      const isRepeated = clientToken !== undefined && known.clientToken === clientToken;
      if (isRepeated && JSON.stringify(known.definition) === JSON.stringify(definition)) return reply;
      throw new AwsError("ConflictException", `Schedule ${key.name} already exists.`, { status: 409 });
    },
    UpdateSchedule(call) {
      const { key, definition } = write(call);
      scheduler.update(existing(key), definition);
      return json({ ScheduleArn: scheduleArns(model, key).schedule });
    },
    GetSchedule(call) {
      const schedule = existing(keyFromQuery(call));
      return json({
        Arn: scheduleArns(model, schedule).schedule,
        Name: schedule.name,
        GroupName: schedule.group,
        ...schedule.definition,
        CreationDate: schedule.createdMs / 1000,
        LastModificationDate: schedule.modifiedMs / 1000,
      });
    },
    DeleteSchedule(call) {
      scheduler.remove(existing(keyFromQuery(call)));
      return json({});
    },
    ListSchedules(call) {
      requireAccess(authorizer, call, { action: "scheduler:ListSchedules", resource: "*" });
      return list(call);
    },
  };

  function list(call: AwsCall): AwsReply {
    const { query } = call;
    const limit = Math.min(Number(query.get("MaxResults") ?? 100), 100);
    const group = query.get("ScheduleGroup");
    const state = query.get("State");
    const token = query.get("NextToken");
    const found = scheduler.store.list({
      limit: limit + 1,
      namePrefix: query.get("NamePrefix") ?? "",
      ...(group === null ? {} : { group }),
      ...(state === null ? {} : { state }),
      ...(token === null ? {} : { after: decodeToken(token) }),
    });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return json({
      Schedules: page.map((schedule) => ({
        Arn: scheduleArns(model, schedule).schedule,
        Name: schedule.name,
        GroupName: schedule.group,
        State: schedule.definition.State,
        CreationDate: schedule.createdMs / 1000,
        LastModificationDate: schedule.modifiedMs / 1000,
        Target: { Arn: schedule.definition.Target.Arn },
      })),
      ...(found.length > limit && last !== undefined ? { NextToken: encodeToken(last) } : {}),
    });
  }

  return (call) => {
    const operation = operations[call.operation];
    if (operation === undefined) throw notSupported(call);
    return operation(call);
  };
}

function keyOf(call: AwsCall, group: string): ScheduleKey {
  const name = call.pathParts[1] ?? "";
  if (!/^[0-9a-zA-Z-_.]{1,64}$/.test(name)) throw new AwsError("ValidationException", `Name ${name} is not valid.`);
  return { group, name };
}

function notFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message, { status: 404 });
}

function encodeToken({ group, name }: ScheduleKey): string {
  return Buffer.from(JSON.stringify({ group, name })).toString("base64url");
}

function decodeToken(token: string): ScheduleKey {
  try {
    const { group, name } = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as Partial<ScheduleKey>;
    if (typeof group === "string" && typeof name === "string") return { group, name };
  } catch {
    // Falls through to the same answer.
  }
  throw new AwsError("ValidationException", "NextToken is not valid.");
}

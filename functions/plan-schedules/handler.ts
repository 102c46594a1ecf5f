import { SchedulerClient } from "@aws-sdk/client-scheduler";
import * as z from "zod";
import { createPlanner } from "../../shared/commands/planner.ts";
import { subjectSchema } from "../../shared/events/bus-event.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({
  TABLE_NAME: z.string().min(1),
  SCHEDULE_GROUP: z.string().min(1),
  BUS_ARN: z.string().min(1),
  SCHEDULER_ROLE_ARN: z.string().min(1),
  SCHEDULER_DLQ_ARN: z.string().min(1),
});
const { store, now } = createWorld(env.TABLE_NAME);
const planner = createPlanner({
  store,
  now,
  scheduler: new SchedulerClient({ maxAttempts: 5 }),
  groupName: env.SCHEDULE_GROUP,
  busArn: env.BUS_ARN,
  roleArn: env.SCHEDULER_ROLE_ARN,
  deadLetterArn: env.SCHEDULER_DLQ_ARN,
});

export const handler = house(async (event: unknown) => {
  const { detail } = z.object({ detail: subjectSchema }).parse(event);
  return { outcome: await planner.plan(detail.organization_id, detail.entity_id) };
});

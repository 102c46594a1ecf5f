import {
  type ActionAfterCompletion,
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { toInstant } from "../domain/dates.ts";
import type { Blocker } from "../domain/model.ts";
import { familyKey, parseFamilyId } from "../store/keys.ts";
import type { Store } from "../store/store.ts";

/** A date that has passed by the time it is planned still fires, this much from now. */
const OVERDUE_DELAY_MS = 5_000;

export interface PlannerOptions {
  readonly store: Store;
  readonly scheduler: SchedulerClient;
  readonly now: () => number;
  readonly groupName: string;
  readonly busArn: string;
  readonly roleArn: string;
  readonly deadLetterArn: string;
}

export type Planned = "planned" | "removed" | "nothing";

/** `at(...)` takes whole seconds of UTC: rounded up, so that nothing fires before its instant. */
export function atExpression(instant: string, nowMs: number): string {
  const at = Math.max(Date.parse(instant), nowMs + OVERDUE_DELAY_MS);
  return `at(${toInstant(Math.ceil(at / 1000) * 1000).slice(0, 19)})`;
}

/**
 * Makes the one-off schedule of a hold or payout schedule match the record as it is now: create, move or delete, whatever
 * the order and number of events that ask for it. What is due and blocked is left to the event that unblocks it and to the sweep.
 */
export function createPlanner(options: PlannerOptions) {
  const { store, scheduler } = options;

  /** Due and blocked: firing it again would only find the same obstacle. */
  const isWaiting = (date: string, blocker: Blocker | undefined) =>
    blocker !== undefined && Date.parse(date) <= options.now();

  async function wanted(organizationId: string, id: string): Promise<{ at: string; detailType: string } | undefined> {
    const key = familyKey(organizationId, id);
    if (parseFamilyId(id)?.entity === "escrow_hold") {
      const hold = await store.get("escrow_hold", key);
      if (hold?.status !== "active" || isWaiting(hold.releaseDate, hold.blocker)) return undefined;
      return { at: hold.releaseDate, detailType: "escrow_hold.release_due" };
    }
    const schedule = await store.get("payout_schedule", key);
    if (schedule?.status !== "pending" || schedule.scheduledDate === undefined) return undefined;
    if (isWaiting(schedule.scheduledDate, schedule.blocker)) return undefined;
    return { at: schedule.scheduledDate, detailType: "payout_schedule.due" };
  }

  return {
    async plan(organizationId: string, id: string): Promise<Planned> {
      const target = await wanted(organizationId, id);
      if (target === undefined) {
        try {
          await scheduler.send(new DeleteScheduleCommand({ Name: id, GroupName: options.groupName }));
          return "removed";
        } catch (error) {
          if (error instanceof ResourceNotFoundException) return "nothing";
          throw error;
        }
      }
      const input: CreateScheduleCommandInput = {
        Name: id,
        GroupName: options.groupName,
        ScheduleExpression: atExpression(target.at, options.now()),
        ScheduleExpressionTimezone: "UTC",
        FlexibleTimeWindow: { Mode: "OFF" },
        ActionAfterCompletion: "DELETE" satisfies ActionAfterCompletion,
        Target: {
          Arn: options.busArn,
          RoleArn: options.roleArn,
          EventBridgeParameters: { Source: "payouts.scheduler", DetailType: target.detailType },
          Input: JSON.stringify({ organization_id: organizationId, entity_id: id, planned_at: target.at }),
          RetryPolicy: { MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 30 },
          DeadLetterConfig: { Arn: options.deadLetterArn },
        },
      };
      try {
        await scheduler.send(new CreateScheduleCommand(input));
      } catch (error) {
        if (!(error instanceof ConflictException)) throw error;
        try {
          await scheduler.send(new UpdateScheduleCommand(input));
        } catch (gone) {
          // It fired and deleted itself in between.
          if (!(gone instanceof ResourceNotFoundException)) throw gone;
          await scheduler.send(new CreateScheduleCommand(input));
        }
      }
      return "planned";
    },
  };
}

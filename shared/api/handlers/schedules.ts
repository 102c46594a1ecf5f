import type { Releases, ScheduleFireCommand } from "../../commands/releases.ts";
import type { Surroundings } from "../../commands/run.ts";
import { createSchedulesAndHolds } from "../../commands/schedules-and-holds.ts";
import { toInstant } from "../../domain/dates.ts";
import type { RecordChange } from "../../domain/decision.ts";
import type { Instant, PayoutSchedule } from "../../domain/model.ts";
import type { ReleaseOutcome, ReleaseResult } from "../../domain/release.ts";
import { presentRecord } from "../../events/wire.ts";
import { familyKey, parseFamilyId } from "../../store/keys.ts";
import type { scheduleOperations } from "../contract/schedules.ts";
import { answered, type Handlers, refused } from "../operation.ts";
import { mayUse } from "../scope.ts";

/** Schedules that one call of process-due takes on. */
const DUE_AT_ONCE = 100;

export interface ScheduleHandlerDeps extends Surroundings {
  readonly releases: Releases;
  /** Ids of pending schedules whose date is not after `now`, the longest due first; `more` where the limit cut them off. */
  readonly dueSchedules: (
    organizationId: string,
    now: Instant,
    limit: number,
  ) => Promise<{ readonly ids: readonly string[]; readonly more: boolean }>;
}

type ScheduleHandlers = Omit<
  Handlers<typeof scheduleOperations>,
  "listPayoutSchedules" | "exportPayoutSchedules" | "getPayoutScheduleStats"
>;

export function presentSending(outcome: ReleaseOutcome) {
  return { outcome: outcome.kind, transfer_id: outcome.kind === "sent" ? outcome.transferId : null };
}

function present(schedule: PayoutSchedule) {
  return { data: presentRecord("payout_schedule", schedule) };
}

const bodyOf = (_changes: readonly RecordChange[], schedule: PayoutSchedule) => present(schedule);

function firedBody(_changes: readonly RecordChange[], result: ReleaseResult<PayoutSchedule>) {
  return { ...present(result.record), sending: presentSending(result) };
}

/** Payout schedules: what people do with them. Lists, exports and numbers are elsewhere. */
export function createScheduleHandlers(deps: ScheduleHandlerDeps): ScheduleHandlers {
  const { store, releases, dueSchedules, now } = deps;
  const commands = createSchedulesAndHolds(deps);
  const fire = (command: ScheduleFireCommand) => releases.fireSchedule(command);

  return {
    async getPayoutSchedule({ caller, params: { id } }) {
      const key = parseFamilyId(id)?.entity === "payout_schedule" ? familyKey(caller.organizationId, id) : undefined;
      const schedule = await store.get("payout_schedule", key);
      if (schedule === undefined || !mayUse(caller, schedule)) return refused("not_found", `no schedule ${id}`);
      return answered(present(schedule));
    },

    createPayoutSchedule: ({ body, act }) =>
      act(
        (origin) =>
          commands.splitSchedule({
            ...origin,
            scheduleId: body.from_schedule_id,
            amountMinor: body.amount,
            triggerEvent: body.trigger_event,
            ...(body.scheduled_date === undefined ? {} : { scheduledDate: body.scheduled_date }),
          }),
        bodyOf,
      ),

    async updatePayoutSchedule({ params: { id: scheduleId }, body, ifMatch: expectedVersion, act }) {
      if (expectedVersion === undefined) return refused("version_missing");
      const { scheduled_date: scheduledDate, reason } = body;
      return act(
        (origin) =>
          commands.moveSchedule({ ...origin, scheduleId, scheduledDate, expectedVersion, ...(reason && { reason }) }),
        bodyOf,
      );
    },

    cancelPayoutSchedule: ({ params: { id: scheduleId }, query: { reason }, act }) =>
      act((origin) => commands.cancelSchedule({ ...origin, scheduleId, ...(reason && { reason }) }), bodyOf),

    triggerPayoutSchedule: ({ params: { id: scheduleId }, body: { notes }, act }) =>
      act((origin) => fire({ ...origin, scheduleId, path: "manual", ...(notes && { reason: notes }) }), firedBody),

    bulkTriggerPayoutSchedules: ({ body: { ids }, actOnEach }) =>
      actOnEach(ids, (scheduleId, origin) => fire({ ...origin, scheduleId, path: "manual" }), firedBody),

    bulkCancelPayoutSchedules: ({ body: { ids, reason }, actOnEach }) =>
      actOnEach(ids, (scheduleId, origin) => commands.cancelSchedule({ ...origin, scheduleId, reason }), bodyOf),

    /**
     * On the sweep's path, not a person's: what is due goes out by itself anyway, the caller only asks for it sooner. So
     * nobody's duties are in question, and the date is checked again for each.
     */
    async processDuePayoutSchedules({ caller, actOnEach }) {
      const { ids, more } = await dueSchedules(caller.organizationId, toInstant(now()), DUE_AT_ONCE);
      return actOnEach(ids, (scheduleId, origin) => fire({ ...origin, scheduleId, path: "sweep" }), firedBody, {
        more,
      });
    },
  };
}

import type { FaultRegistry } from "../aws/faults.ts";
import type { Busy, HostContext } from "../contracts.ts";
import type { ScheduleModel } from "../template/model.ts";
import { type Delivery, type DeliveryPorts, deliver, isoSeconds, scheduleArns } from "./deliver.ts";
import { nextInstant, parseScheduleExpression } from "./expressions.ts";
import {
  createScheduleStore,
  type ScheduleDefinition,
  type ScheduleKey,
  type ScheduleStore,
  type StoredSchedule,
} from "./schedule-store.ts";

export interface SchedulerOptions extends DeliveryPorts {
  readonly context: HostContext;
  readonly faults: FaultRegistry;
}

/** EventBridge Scheduler: schedules kept in the host database, fired by the virtual clock. */
export interface Scheduler extends Busy {
  readonly store: ScheduleStore;
  create(key: ScheduleKey, definition: ScheduleDefinition, clientToken?: string): StoredSchedule;
  update(existing: StoredSchedule, definition: ScheduleDefinition): StoredSchedule;
  remove(key: ScheduleKey): void;
}

/** AWS backs off exponentially without saying how far. */
const longestBackoffMs = 300_000;

/** Arms every stored schedule, then takes over those of the template. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { context, faults } = options;
  const { clock, db, log } = context;
  const store = createScheduleStore(db);
  let inFlight = 0;

  function arm(schedule: StoredSchedule): void {
    const timerKey = timerKeyOf(schedule);
    if (schedule.attemptMs === null || schedule.definition.State === "DISABLED") {
      clock.clearTimer(timerKey);
      return;
    }
    const isRecurring = !schedule.definition.ScheduleExpression.startsWith("at(");
    clock.setTimer(timerKey, schedule.attemptMs, () => fire(schedule), { recurring: isRecurring });
  }

  function keep(schedule: StoredSchedule): StoredSchedule {
    store.save(schedule);
    arm(schedule);
    return schedule;
  }

  async function fire(key: ScheduleKey): Promise<void> {
    const schedule = store.find(key);
    // It may have been deleted, or moved, since the timer was set.
    if (schedule?.attemptMs === undefined || schedule.attemptMs === null || schedule.attemptMs > clock.now()) return;
    const body = JSON.stringify({ name: schedule.name, group: schedule.group, ...schedule.definition });
    const fault = faults.take({ service: "scheduler", operation: "fire", body });
    if (fault?.error === "late") {
      keep({ ...schedule, attemptMs: clock.now() + fault.delaySeconds * 1000 });
      return;
    }
    if (fault?.error === "never") return complete(schedule);

    inFlight += 1;
    try {
      if (fault?.error === "twice") await deliver(options, schedule);
      await settle(schedule, await deliver(options, schedule));
    } finally {
      inFlight -= 1;
    }
  }

  async function settle(schedule: StoredSchedule, delivery: Delivery): Promise<void> {
    if (delivery.outcome === "delivered") return complete(schedule);
    const { MaximumRetryAttempts: maximumAttempts = 185, MaximumEventAgeInSeconds: maximumAgeSeconds = 86_400 } =
      schedule.definition.Target.RetryPolicy ?? {};
    const attempts = schedule.attempts + 1;
    const attemptMs = clock.now() + Math.min(1000 * 2 ** attempts, longestBackoffMs);
    const expiresMs = (schedule.dueMs ?? 0) + maximumAgeSeconds * 1000;
    if (delivery.isRetryable && attempts <= maximumAttempts && attemptMs <= expiresMs) {
      keepIfUnchanged(schedule, { ...schedule, attempts, attemptMs });
      return;
    }
    const isTooOld = attemptMs > expiresMs;
    giveUp(schedule, delivery, isTooOld ? "MaximumEventAgeInSeconds" : "MaximumRetryAttempts");
    complete(schedule);
  }

  function giveUp(
    schedule: StoredSchedule,
    failure: Extract<Delivery, { outcome: "failed" }>,
    condition: string,
  ): void {
    const { Target: target } = schedule.definition;
    const scheduleArn = scheduleArns(options.model, schedule).schedule;
    log("a schedule couldn't be delivered", { schedule: scheduleArn, code: failure.code, message: failure.message });
    const queueArn = target.DeadLetterConfig?.Arn;
    if (queueArn === undefined) return;
    const principal = options.authorizer.roleSession(target.RoleArn, schedule.name);
    const decision = options.authorizer.authorize({ principal, action: "sqs:SendMessage", resource: queueArn });
    if (!decision.allowed) {
      log("its dead-letter queue refuses it", { schedule: scheduleArn, message: decision.message });
      return;
    }
    options.queues.send(queueArn, target.Input ?? "{}", {
      ERROR_CODE: failure.code,
      ERROR_MESSAGE: failure.message,
      EXHAUSTED_RETRY_CONDITION: condition,
      RETRY_ATTEMPTS: String(schedule.attempts),
      SCHEDULED_TIME: isoSeconds(schedule.dueMs ?? 0),
      SCHEDULE_ARN: scheduleArn,
      TARGET_ARN: target.Arn,
    });
  }

  /** One occurrence is over, whether it reached its target or not. */
  function complete(fired: StoredSchedule): void {
    const expression = parseScheduleExpression(fired.definition.ScheduleExpression);
    const dueMs =
      expression === undefined || expression.kind === "at" ? undefined : nextInstant(expression, clock.now());
    if (dueMs === undefined && fired.definition.ActionAfterCompletion === "DELETE") {
      if (isUnchanged(fired)) remove(fired);
      return;
    }
    keepIfUnchanged(fired, { ...fired, dueMs: dueMs ?? null, attemptMs: dueMs ?? null, attempts: 0 });
  }

  /** A schedule that was changed while its target was being called has a new life; only the old one is over. */
  function isUnchanged(fired: StoredSchedule): boolean {
    const current = store.find(fired);
    return current?.modifiedMs === fired.modifiedMs && current.dueMs === fired.dueMs;
  }

  function keepIfUnchanged(fired: StoredSchedule, next: StoredSchedule): void {
    if (isUnchanged(fired)) keep(next);
  }

  function remove(key: ScheduleKey): void {
    store.remove(key);
    clock.clearTimer(timerKeyOf(key));
  }

  function create(key: ScheduleKey, definition: ScheduleDefinition, clientToken?: string, fromTemplate = false) {
    const createdMs = clock.now();
    const dueMs = firstDue(definition, createdMs);
    return keep({
      group: key.group,
      name: key.name,
      definition,
      createdMs,
      modifiedMs: createdMs,
      dueMs,
      attemptMs: dueMs,
      attempts: 0,
      clientToken: clientToken ?? null,
      fromTemplate,
    });
  }

  function update(existing: StoredSchedule, definition: ScheduleDefinition): StoredSchedule {
    const dueMs = firstDue(definition, clock.now());
    const modifiedMs = Math.max(clock.now(), existing.modifiedMs + 1);
    return keep({ ...existing, definition, modifiedMs, dueMs, attemptMs: dueMs, attempts: 0 });
  }

  function takeOverTemplate(models: readonly ScheduleModel[]): void {
    const wanted = new Map(models.map((model) => [timerKeyOf(model), model]));
    for (const known of store.all()) {
      if (known.fromTemplate && !wanted.has(timerKeyOf(known))) remove(known);
    }
    for (const model of models) {
      const definition = definitionOf(model);
      const known = store.find(model);
      if (known === undefined) create(model, definition, undefined, true);
      else if (JSON.stringify(known.definition) !== JSON.stringify(definition)) update(known, definition);
    }
  }

  for (const schedule of store.all()) arm(schedule);
  takeOverTemplate(options.model.schedules);
  return {
    store,
    pending: () => inFlight,
    create: (key, definition, clientToken) => create(key, definition, clientToken),
    update,
    remove,
  };
}

function timerKeyOf({ group, name }: ScheduleKey): string {
  return `schedule:${group}/${name}`;
}

/** A one-off instant that has passed already falls due at once. */
function firstDue(definition: ScheduleDefinition, nowMs: number): number | null {
  const expression = parseScheduleExpression(definition.ScheduleExpression);
  if (expression === undefined)
    throw new Error(`the schedule expression ${definition.ScheduleExpression} isn't understood`);
  return expression.kind === "at" ? expression.atMs : (nextInstant(expression, nowMs) ?? null);
}

function definitionOf(model: ScheduleModel): ScheduleDefinition {
  const { target } = model;
  return {
    ActionAfterCompletion: "NONE",
    FlexibleTimeWindow: { Mode: "OFF" },
    ScheduleExpression: model.expression,
    ScheduleExpressionTimezone: "UTC",
    State: model.enabled ? "ENABLED" : "DISABLED",
    Target: {
      Arn: target.arn,
      RoleArn: target.roleArn,
      RetryPolicy: {
        MaximumRetryAttempts: target.retry.maximumRetryAttempts,
        MaximumEventAgeInSeconds: target.retry.maximumEventAgeSeconds,
      },
      ...(target.input === undefined ? {} : { Input: target.input }),
      ...(target.deadLetterArn === undefined ? {} : { DeadLetterConfig: { Arn: target.deadLetterArn } }),
      ...(target.eventBridge === undefined
        ? {}
        : {
            EventBridgeParameters: { DetailType: target.eventBridge.detailType, Source: target.eventBridge.source },
          }),
    },
  };
}

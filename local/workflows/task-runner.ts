/** Runs the tasks of one execution: calls to other services, waits, and the pauses between retries. */
import type { EventBus, FunctionRuntime, Queues, VirtualClock } from "../contracts.ts";
import type { PreparedMachine, PreparedTask, Retrier } from "./definition.ts";

export interface TaskServices {
  readonly clock: VirtualClock;
  readonly functions: FunctionRuntime;
  readonly bus: () => EventBus;
  readonly queues: Queues;
  /** Gives a refusal's message when the machine's role may not do it. */
  readonly authorize: (action: string, resource: string) => string | undefined;
}

export interface TaskRunner {
  readonly handlers: Readonly<Record<string, (input: unknown) => Promise<unknown>>>;
  /** Whether every open task of the execution waits for a later instant. */
  isWaiting(): boolean;
  /** Drops the timers, so that nothing of the execution goes on. */
  cancel(): void;
}

type Fields = Readonly<Record<string, unknown>>;

/** An error by the name that the machine's Retry and Catch look for. */
class TaskFailure extends Error {
  override readonly name: string;
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

const DEFAULT_RETRIES = 3;
const DEFAULT_BACKOFF = 2;

export function createTaskRunner(executionName: string, machine: PreparedMachine, services: TaskServices): TaskRunner {
  const { clock } = services;
  const timers = new Set<string>();
  let open = 0;
  let nextTimer = 0;

  const waitUntil = (atMs: number): Promise<void> => {
    if (atMs <= clock.now()) return Promise.resolve();
    const key = `workflow/${executionName}/${nextTimer++}`;
    timers.add(key);
    return new Promise((resolve) => {
      clock.setTimer(key, atMs, () => {
        timers.delete(key);
        resolve();
      });
    });
  };

  /**
   * The interpreter's pauses between retries are set to zero, because they run in real time. The same pause is made
   * here, before a failure is handed back: the interpreter then retries at once.
   */
  const withRetryPauses = (task: PreparedTask, run: (input: unknown) => Promise<unknown>) => {
    let attempts: number[] = [];
    return async (input: unknown): Promise<unknown> => {
      open++;
      try {
        const result = await withTimeout(task.timeoutSeconds, run(input));
        attempts = [];
        return result;
      } catch (error) {
        const position = task.retriers.findIndex((retrier) => matchesError(retrier, error));
        const retrier = task.retriers[position];
        const made = attempts[position] ?? 0;
        if (retrier === undefined || made >= (retrier.MaxAttempts ?? DEFAULT_RETRIES)) {
          attempts = [];
          throw error;
        }
        attempts[position] = made + 1;
        await waitUntil(clock.now() + pauseMs(retrier, made));
        throw error;
      } finally {
        open--;
      }
    };
  };

  const handlers = Object.fromEntries(
    [...machine.tasks].map(([name, task]) => [
      name,
      withRetryPauses(task, (input) => runTask(task, input as Fields, services, waitUntil)),
    ]),
  );
  return {
    handlers,
    isWaiting: () => open > 0 && timers.size === open,
    cancel() {
      for (const key of timers) clock.clearTimer(key);
      timers.clear();
    },
  };
}

/** A task's own limit is real time, like that of the function behind it. */
async function withTimeout<T>(seconds: number | undefined, work: Promise<T>): Promise<T> {
  if (seconds === undefined) return work;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TaskFailure("States.Timeout", "")), seconds * 1000);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function runTask(
  { task }: PreparedTask,
  input: Fields,
  services: TaskServices,
  waitUntil: (atMs: number) => Promise<void>,
): Promise<unknown> {
  const allow = (action: string, resource: string) => {
    const refusal = services.authorize(action, resource);
    if (refusal !== undefined) throw new TaskFailure(`${serviceName(action)}.AccessDeniedException`, refusal);
  };
  switch (task.kind) {
    case "wait":
      await waitUntil(waitEndMs(input, services.clock.now()));
      return input.input;
    case "lambda-arn":
      allow("lambda:InvokeFunction", task.functionArn);
      return JSON.parse(await invoke(task.functionArn, JSON.stringify(input), services)) as unknown;
    case "lambda-invoke": {
      const functionArn = String(input.FunctionName);
      allow("lambda:InvokeFunction", functionArn);
      const payload = await invoke(functionArn, JSON.stringify(input.Payload ?? {}), services);
      return { ExecutedVersion: "$LATEST", Payload: JSON.parse(payload) as unknown, StatusCode: 200 };
    }
    case "put-events":
      return putEvents(input, services, allow);
    case "send-message": {
      const body = typeof input.MessageBody === "string" ? input.MessageBody : JSON.stringify(input.MessageBody);
      const queueArn = queueArnOf(String(input.QueueUrl));
      allow("sqs:SendMessage", queueArn);
      return { MessageId: services.queues.send(queueArn, body).messageId };
    }
  }
}

async function invoke(functionArn: string, payload: string, { functions }: TaskServices): Promise<string> {
  const result = await functions.invoke(functionArn, payload, "RequestResponse");
  if (result.statusCode === 429) throw new TaskFailure("Lambda.TooManyRequestsException", result.payload);
  if (result.statusCode === 404) throw new TaskFailure("Lambda.ResourceNotFoundException", result.payload);
  if (result.statusCode !== 200) throw new TaskFailure("Lambda.ServiceException", result.payload);
  if (result.functionError === undefined) return result.payload;
  const { errorType } = JSON.parse(result.payload) as { errorType?: string };
  throw new TaskFailure(errorType ?? "Lambda.Unknown", result.payload);
}

function putEvents(input: Fields, services: TaskServices, allow: (action: string, resource: string) => void): unknown {
  const entries = (input.Entries as readonly Fields[] | undefined) ?? [];
  const put = entries.map((entry) => {
    const bus = String(entry.EventBusName ?? "default");
    allow("events:PutEvents", bus);
    return {
      busName: bus.split("/").at(-1) ?? bus,
      source: String(entry.Source),
      detailType: String(entry.DetailType),
      detail: typeof entry.Detail === "string" ? entry.Detail : JSON.stringify(entry.Detail),
    };
  });
  const ids = services.bus().put(put);
  return { Entries: ids.map(({ eventId }) => ({ EventId: eventId })), FailedEntryCount: 0 };
}

function waitEndMs(input: Fields, nowMs: number): number {
  if (typeof input.timestamp === "string") {
    const atMs = Date.parse(input.timestamp);
    if (Number.isNaN(atMs)) throw new TaskFailure("States.Runtime", `${input.timestamp} is not a timestamp`);
    return atMs;
  }
  const seconds = input.seconds;
  if (typeof seconds !== "number" || !Number.isInteger(seconds) || seconds < 0 || seconds > 99_999_999) {
    throw new TaskFailure("States.Runtime", `${String(seconds)} is not a number of seconds to wait`);
  }
  return nowMs + seconds * 1000;
}

function pauseMs(retrier: Retrier, attemptsMade: number): number {
  const seconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? DEFAULT_BACKOFF) ** attemptsMade;
  return Math.min(seconds, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY) * 1000;
}

function matchesError(retrier: Retrier, error: unknown): boolean {
  const name = error instanceof Error ? error.name : "";
  return retrier.ErrorEquals.some(
    (wanted) => wanted === name || wanted === "States.ALL" || wanted === "States.TaskFailed",
  );
}

function serviceName(action: string): string {
  const service = action.split(":")[0] ?? "";
  return service === "lambda" ? "Lambda" : service === "events" ? "EventBridge" : "Sqs";
}

/** `http://host/account/name` as well as an ARN. */
function queueArnOf(queueUrl: string): string {
  if (queueUrl.startsWith("arn:")) return queueUrl;
  const [account, name] = new URL(queueUrl).pathname.split("/").slice(-2);
  return `arn:aws:sqs:us-east-1:${account}:${name}`;
}

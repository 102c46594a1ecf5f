/**
 * Step Functions: runs the synthesized definitions. An execution that the host did not see end starts again from its
 * input, so a machine's tasks must be idempotent, as they must be for the retries of the real service.
 */
import { randomUUID } from "node:crypto";
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import type { Sample } from "../aws/cloudwatch-store.ts";
import type { Busy, EventBus, FunctionRuntime, HostContext, Queues, WorkflowRuntime } from "../contracts.ts";
import type { StateMachineModel } from "../template/model.ts";
import { type PreparedMachine, prepareMachine } from "./definition.ts";
import { type ExecutionRow, ExecutionStore } from "./execution-store.ts";
import { createTaskRunner, type TaskRunner } from "./task-runner.ts";

export interface WorkflowOptions {
  readonly context: HostContext;
  readonly machines: readonly StateMachineModel[];
  readonly functions: FunctionRuntime;
  /** Asked late: the bus starts executions and executions publish to the bus. */
  readonly bus: () => EventBus;
  readonly queues: Queues;
  /** Gives a refusal's message when the role may not do it. */
  readonly authorize?: (roleArn: string, action: string, resource: string) => string | undefined;
  /** Takes what is reported to CloudWatch. */
  readonly measure?: (sample: Sample) => void;
}

/** What Step Functions counts of executions that have ended, by their status. */
const endMetrics: ReadonlyMap<string, string> = new Map([
  ["SUCCEEDED", "ExecutionsSucceeded"],
  ["FAILED", "ExecutionsFailed"],
  ["TIMED_OUT", "ExecutionsTimedOut"],
]);

export interface LocalWorkflows extends WorkflowRuntime, Busy {
  start(
    stateMachineArn: string,
    name: string | undefined,
    input: string,
  ): { executionArn: string; startedAtMs: number };
  describe(
    executionArn: string,
  ): (ExecutionTimes & { input: string; output?: string; transitions: number }) | undefined;
  /** The latest first. */
  list(stateMachineArn: string, status?: string): readonly (ExecutionTimes & { executionArn: string })[];
  /** Runs the executions which an earlier process left unfinished. */
  resume(): void;
  /** Executions that wait for a later instant. */
  waiting(): number;
  stop(): Promise<void>;
}

export interface ExecutionTimes {
  readonly status: string;
  readonly startedAtMs: number;
  readonly stoppedAtMs?: number;
}

export class ExecutionRefused extends Error {
  override readonly name: "StateMachineDoesNotExist" | "ExecutionAlreadyExists" | "InvalidExecutionInput";
  constructor(name: ExecutionRefused["name"], message: string) {
    super(message);
    this.name = name;
  }
}

interface LoadedMachine {
  readonly model: StateMachineModel;
  readonly prepared: PreparedMachine;
  readonly machine: StateMachine;
}

interface Running {
  readonly runner: TaskRunner;
  readonly abort: () => void;
}

export function createWorkflows(options: WorkflowOptions): LocalWorkflows {
  const { context } = options;
  const { clock } = context;
  const store = new ExecutionStore(context.db);
  const machines = new Map(options.machines.map((model) => [model.arn, load(model)]));
  const running = new Map<string, Running>();
  let stopped = false;

  function run(loaded: LoadedMachine, row: ExecutionRow): void {
    const { prepared, model } = loaded;
    const runner = createTaskRunner(row.name, prepared, {
      clock,
      functions: options.functions,
      bus: options.bus,
      queues: options.queues,
      authorize: (action, resource) => options.authorize?.(model.roleArn, action, resource),
    });
    const noPause = Object.fromEntries([...prepared.tasks.keys()].map((state) => [state, 0]));
    const execution = loaded.machine.run(JSON.parse(row.input), {
      overrides: {
        taskResourceLocalHandlers: runner.handlers as NonNullable<RunOverrides["taskResourceLocalHandlers"]>,
        retryIntervalOverrides: noPause,
      },
      context: {
        Execution: { Id: row.arn, Name: row.name, RoleArn: model.roleArn },
        StateMachine: { Id: model.arn, Name: model.name },
        Local: { StartTime: new Date(row.started_at_ms).toISOString() },
      },
    });
    running.set(row.arn, { runner, abort: execution.abort });
    const timeoutKey = `workflow-timeout/${row.arn}`;
    let timedOut = false;
    if (prepared.timeoutSeconds !== undefined) {
      clock.setTimer(timeoutKey, row.started_at_ms + prepared.timeoutSeconds * 1000, () => {
        timedOut = true;
        execution.abort();
      });
    }
    void recordEvents(row.arn, execution.eventLogs);
    const end = (status: string, output?: string) => {
      clock.clearTimer(timeoutKey);
      runner.cancel();
      running.delete(row.arn);
      if (stopped) return;
      store.end({ arn: row.arn, status, output, endedAtMs: clock.now() });
      const name = endMetrics.get(status);
      const dimensions = { StateMachineArn: model.arn };
      if (name === undefined) return;
      options.measure?.({ namespace: "AWS/States", name, dimensions, value: 1, atMs: clock.now() });
    };
    execution.result.then(
      (output) => end("SUCCEEDED", JSON.stringify(output)),
      (error: unknown) => {
        const cause = error instanceof Error ? error.cause : undefined;
        context.log("an execution failed", { execution: row.arn, error: String(cause ?? error) });
        end(timedOut ? "TIMED_OUT" : "FAILED", JSON.stringify(describeFailure(error)));
      },
    );
  }

  async function recordEvents(arn: string, events: AsyncIterable<{ readonly type: string }>): Promise<void> {
    for await (const event of events) {
      if (stopped) return;
      store.record(arn, JSON.stringify(event), isTransition(event.type));
    }
  }

  return {
    start(stateMachineArn, name, input) {
      const loaded = machines.get(stateMachineArn);
      if (loaded === undefined) {
        throw new ExecutionRefused("StateMachineDoesNotExist", `State Machine Does Not Exist: '${stateMachineArn}'`);
      }
      const executionName = name ?? randomUUID();
      const arn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${executionName}`;
      const known = store.find(arn);
      if (known !== undefined) {
        // The service takes the same name and input for the same request while the execution runs.
        if (known.input === input && known.status === "RUNNING")
          return { executionArn: arn, startedAtMs: known.started_at_ms };
        throw new ExecutionRefused("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
      }
      try {
        JSON.parse(input);
      } catch {
        throw new ExecutionRefused("InvalidExecutionInput", "Invalid State Machine Execution Input");
      }
      const row = store.add({
        arn,
        machineArn: stateMachineArn,
        name: executionName,
        input,
        startedAtMs: Math.floor(clock.now()),
      });
      if (!stopped) run(loaded, row);
      return { executionArn: arn, startedAtMs: row.started_at_ms };
    },
    describe(executionArn) {
      const row = store.find(executionArn);
      if (row === undefined) return undefined;
      const { input, output, transitions } = row;
      return { ...timesOf(row), input, ...(output !== null && { output }), transitions };
    },
    list: (stateMachineArn, status) =>
      store
        .list(stateMachineArn)
        .filter((row) => status === undefined || row.status === status)
        .map((row) => ({ executionArn: row.arn, ...timesOf(row) })),
    resume() {
      for (const row of store.unfinished()) {
        const loaded = machines.get(row.machine_arn);
        if (loaded !== undefined) run(loaded, row);
        else context.log("an execution of a machine that no longer exists stays unfinished", { execution: row.arn });
      }
    },
    pending: () => [...running.values()].filter(({ runner }) => !runner.isWaiting()).length,
    waiting: () => [...running.values()].filter(({ runner }) => runner.isWaiting()).length,
    async stop() {
      stopped = true;
      for (const { runner, abort } of running.values()) {
        runner.cancel();
        abort();
      }
      running.clear();
    },
  };
}

type RunOverrides = NonNullable<NonNullable<Parameters<StateMachine["run"]>[1]>["overrides"]>;

function load(model: StateMachineModel): LoadedMachine {
  const prepared = prepareMachine(model.name, model.definition);
  const definition: StateMachineDefinition = prepared.definition;
  return { model, prepared, machine: new StateMachine(definition, { validationOptions: { checkArn: false } }) };
}

function timesOf(row: ExecutionRow): ExecutionTimes {
  const { status, started_at_ms: startedAtMs, ended_at_ms: endedAtMs } = row;
  return { status, startedAtMs, ...(endedAtMs !== null && { stoppedAtMs: endedAtMs }) };
}

/** What is billed: each state entered, and each retry of one. */
function isTransition(eventType: string): boolean {
  return eventType === "StateEntered" || eventType === "StateRetried";
}

function describeFailure(error: unknown): { error: string; cause: string } {
  if (!(error instanceof Error)) return { error: "States.Runtime", cause: String(error) };
  const inner = error.cause instanceof Error ? error.cause : error;
  return { error: inner.name, cause: inner.message };
}

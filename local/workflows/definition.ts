/**
 * Prepares a synthesized state machine for the local interpreter: waits and retries must follow the virtual clock,
 * and whatever the interpreter would pass over in silence is an error here, at load.
 */
import type { StateMachineDefinition } from "aws-local-stepfunctions";

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
}

export type TaskKind =
  | { readonly kind: "lambda-invoke" }
  | { readonly kind: "lambda-arn"; readonly functionArn: string }
  | { readonly kind: "put-events" }
  | { readonly kind: "send-message" }
  | { readonly kind: "wait" };

export interface PreparedTask {
  readonly task: TaskKind;
  readonly retriers: readonly Retrier[];
  readonly timeoutSeconds?: number | undefined;
}

export interface PreparedMachine {
  readonly definition: StateMachineDefinition;
  readonly tasks: ReadonlyMap<string, PreparedTask>;
  readonly timeoutSeconds: number | undefined;
}

type State = Record<string, unknown>;
interface States {
  States: Record<string, State>;
}

/** The interpreter's own time-out of a task runs in real time; this is out of the way and below a timer's maximum. */
const OUT_OF_THE_WAY_SECONDS = 2_000_000;
const PLACEHOLDER_ARN = "arn:aws:lambda:us-east-1:000000000000:function:local-task";
/** Started by the interpreter from the real clock, so it is read from a field of ours instead. */
const START_TIME = "$$.Execution.StartTime";
export const START_TIME_PATH = "$$.Local.StartTime";
const KNOWN_CONTEXT = ["$$.Execution.", "$$.StateMachine.", "$$.Map.", "$$.Local."];

/** Throws an error naming machine and state when something is not emulated. */
export function prepareMachine(machineName: string, text: string): PreparedMachine {
  const source = JSON.parse(text.replaceAll(START_TIME, START_TIME_PATH)) as States & Record<string, unknown>;
  const refuse = (state: string, why: string): never => {
    throw new Error(`state machine ${machineName}, ${state}: ${why}`);
  };
  if (source.QueryLanguage === "JSONata") refuse("top level", "JSONata is not emulated");
  for (const path of text.match(/\$\$\.[\w.]*/g) ?? []) {
    if (!KNOWN_CONTEXT.some((known) => path.startsWith(known))) refuse("context", `${path} is not emulated`);
  }
  const tasks = new Map<string, PreparedTask>();
  const { TimeoutSeconds: timeoutSeconds, ...rest } = source;
  const definition = { ...rest, States: prepareStates(source.States, tasks, refuse) };
  return {
    definition: definition as unknown as StateMachineDefinition,
    tasks,
    timeoutSeconds: timeoutSeconds as number | undefined,
  };
}

type Refuse = (state: string, why: string) => never;

function prepareStates(states: Record<string, State>, tasks: Map<string, PreparedTask>, refuse: Refuse) {
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [name, prepareState(name, state, tasks, refuse)]),
  );
}

function prepareState(name: string, state: State, tasks: Map<string, PreparedTask>, refuse: Refuse): State {
  if (state.QueryLanguage === "JSONata") refuse(name, "JSONata is not emulated");
  switch (state.Type) {
    case "Task":
      if (tasks.has(name)) refuse(name, "two states have this name");
      if (state.TimeoutSecondsPath !== undefined) refuse(name, "TimeoutSecondsPath is not emulated");
      tasks.set(name, {
        task: taskKind(name, state, refuse),
        retriers: (state.Retry as Retrier[] | undefined) ?? [],
        timeoutSeconds: state.TimeoutSeconds as number | undefined,
      });
      return { ...state, TimeoutSeconds: OUT_OF_THE_WAY_SECONDS, Resource: PLACEHOLDER_ARN };
    case "Wait":
      if (tasks.has(name)) refuse(name, "two states have this name");
      tasks.set(name, { task: { kind: "wait" }, retriers: [] });
      return waitAsTask(state);
    case "Parallel":
    case "Map": {
      if (state.Retry !== undefined) refuse(name, "Retry of a Map or Parallel state is not emulated");
      if (state.ItemReader !== undefined || state.ResultWriter !== undefined)
        refuse(name, "a distributed Map is not emulated");
      const inner = (part: unknown) => ({
        ...(part as States),
        States: prepareStates((part as States).States, tasks, refuse),
      });
      return {
        ...state,
        ...(state.Branches !== undefined && { Branches: (state.Branches as unknown[]).map(inner) }),
        ...(state.Iterator !== undefined && { Iterator: inner(state.Iterator) }),
        ...(state.ItemProcessor !== undefined && { ItemProcessor: inner(state.ItemProcessor) }),
      };
    }
    case "Pass":
    case "Choice":
    case "Succeed":
    case "Fail":
      return state;
    default:
      return refuse(name, `the type ${String(state.Type)} is not emulated`);
  }
}

function taskKind(name: string, state: State, refuse: Refuse): TaskKind {
  const resource = String(state.Resource);
  if (/^arn:[\w-]+:lambda:[^:]*:\d*:function:/.test(resource)) return { kind: "lambda-arn", functionArn: resource };
  if (/^arn:[\w-]+:states:::lambda:invoke$/.test(resource)) return { kind: "lambda-invoke" };
  if (/^arn:[\w-]+:states:::events:putEvents$/.test(resource)) return { kind: "put-events" };
  if (/^arn:[\w-]+:states:::sqs:sendMessage$/.test(resource)) return { kind: "send-message" };
  return refuse(name, `the resource ${resource} is not emulated`);
}

/** A wait becomes a task whose handler waits on the virtual clock and gives its input back. */
function waitAsTask(state: State): State {
  const { Seconds, SecondsPath, Timestamp, TimestampPath, ...rest } = state;
  return {
    ...rest,
    Type: "Task",
    Resource: PLACEHOLDER_ARN,
    TimeoutSeconds: OUT_OF_THE_WAY_SECONDS,
    Parameters: {
      ...(Seconds !== undefined && { seconds: Seconds }),
      ...(SecondsPath !== undefined && { "seconds.$": SecondsPath }),
      ...(Timestamp !== undefined && { timestamp: Timestamp }),
      ...(TimestampPath !== undefined && { "timestamp.$": TimestampPath }),
      "input.$": "$",
    },
  };
}

import { afterEach, beforeEach, expect, test } from "vitest";
import type { InvokeResult } from "../../local/contracts.ts";
import { createWorkflows, type LocalWorkflows } from "../../local/workflows/runtime.ts";
import { createFixtureHost, eventually, type FixtureHost } from "./cloud-fixture.ts";

const MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:transfer";
const ATTEMPT = "arn:aws:lambda:us-east-1:000000000000:function:attempt";
const DEFINITION = {
  StartAt: "Pause",
  TimeoutSeconds: 90 * 86_400,
  States: {
    Pause: { Type: "Wait", SecondsPath: "$.delaySeconds", Next: "Attempt" },
    Attempt: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: ATTEMPT, "Payload.$": "$" },
      ResultSelector: { "outcome.$": "$.Payload.outcome", "delaySeconds.$": "$.Payload.delaySeconds" },
      Retry: [{ ErrorEquals: ["Lambda.ServiceException", "Busy"], IntervalSeconds: 30, MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.failure", Next: "Record" }],
      Next: "Decide",
    },
    Decide: {
      Type: "Choice",
      Choices: [{ Variable: "$.outcome", StringEquals: "again", Next: "Pause" }],
      Default: "Done",
    },
    Record: { Type: "Pass", Result: "recorded", ResultPath: "$.status", Next: "Done" },
    Done: { Type: "Succeed" },
  },
};

let host: FixtureHost;
let workflows: LocalWorkflows;
let answers: InvokeResult[];
let calls: number;

beforeEach(() => {
  host = createFixtureHost();
  answers = [];
  calls = 0;
  workflows = create();
});

afterEach(async () => {
  await workflows.stop();
  host.remove();
});

function create(definition: object = DEFINITION): LocalWorkflows {
  return createWorkflows({
    context: host,
    machines: [
      {
        stack: "S",
        logicalId: "M",
        name: "transfer",
        arn: MACHINE,
        roleArn: "role",
        definition: JSON.stringify(definition),
      },
    ],
    functions: {
      invoke: async () => {
        calls++;
        return answers.shift() ?? { statusCode: 200, payload: '{"outcome":"sent","delaySeconds":0}' };
      },
    },
    bus: () => ({ put: () => [] }),
    queues: { send: () => ({ messageId: "m" }) },
  });
}

const ok = (value: object): InvokeResult => ({ statusCode: 200, payload: JSON.stringify(value) });
const failed = (errorType: string): InvokeResult => ({
  statusCode: 200,
  payload: JSON.stringify({ errorType, errorMessage: "no" }),
  functionError: "Unhandled",
});

test("waits follow the clock, and each state entered is a transition", async () => {
  answers = [ok({ outcome: "again", delaySeconds: 7200 })];
  const { executionArn } = workflows.start(MACHINE, "tr_1", '{"delaySeconds":3600}');
  await eventually(() => workflows.pending() === 0);
  expect(calls).toBe(0);

  await host.move(3_600_000);
  await eventually(() => calls === 1 && workflows.waiting() === 1);
  await host.move(7_200_000);
  await eventually(() => workflows.describe(executionArn)?.status === "SUCCEEDED");

  expect(calls).toBe(2);
  expect(workflows.describe(executionArn)).toMatchObject({ transitions: 7 });
});

test("a retry waits on the clock, is counted, and what is left is caught by name", async () => {
  answers = [failed("Busy"), failed("Busy")];
  const { executionArn } = workflows.start(MACHINE, "tr_2", '{"delaySeconds":0}');
  await eventually(() => workflows.waiting() === 1);
  expect(calls).toBe(1);

  await host.move(30_000);
  await eventually(() => workflows.describe(executionArn)?.status === "SUCCEEDED");

  const execution = workflows.describe(executionArn);
  expect(calls).toBe(2);
  expect(execution?.transitions).toBe(5);
  expect(JSON.parse(execution?.output ?? "")).toMatchObject({ status: "recorded", failure: { Error: "Busy" } });
});

test("the same name is refused with another input, and starts nothing with the same", async () => {
  const first = workflows.start(MACHINE, "tr_3", '{"delaySeconds":60}');
  expect(workflows.start(MACHINE, "tr_3", '{"delaySeconds":60}').executionArn).toBe(first.executionArn);
  expect(() => workflows.start(MACHINE, "tr_3", '{"delaySeconds":61}')).toThrow("Execution Already Exists");
});

test("an unfinished execution starts again from its input after a restart", async () => {
  const { executionArn } = workflows.start(MACHINE, "tr_4", '{"delaySeconds":60}');
  await workflows.stop();

  workflows = create();
  workflows.resume();
  await eventually(() => workflows.waiting() === 1);
  await host.move(60_000);

  await eventually(() => workflows.describe(executionArn)?.status === "SUCCEEDED");
});

test("what the interpreter doesn't know is refused at load", () => {
  const task = (state: object) => ({ StartAt: "A", States: { A: { Type: "Task", End: true, ...state } } });
  expect(() => create({ ...DEFINITION, QueryLanguage: "JSONata" })).toThrow("JSONata");
  expect(() => create(task({ Resource: "arn:aws:states:::sns:publish" }))).toThrow("sns:publish is not emulated");
  expect(() => create(task({ Resource: ATTEMPT, Parameters: { "t.$": "$$.Task.Token" } }))).toThrow("$$.Task.Token");
});

import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import { describe, expect, it } from "vitest";
import { SendingSaturated } from "../../shared/commands/attempts.ts";
import { CommandContended, StoreBusy } from "../../shared/store/errors.ts";
import { synthesize } from "./synthesized.ts";

const { Properties } = synthesize().one(
  "StepFunctions::StateMachine",
  "StateMachineName",
  "payouts-prod-transfer-retry",
);
const definition = JSON.parse(String(Properties.DefinitionString)) as StateMachineDefinition & {
  QueryLanguage?: string;
};

const input = {
  event_type: "transfer.retry_scheduled",
  organization_id: "org_1",
  entity_id: "tr_1",
  data: { next_attempt_at: "2026-11-21T09:00:00.000Z" },
};

class ServiceException extends Error {
  override readonly name = "Lambda.ServiceException";
}

type Answer = { outcome: "retry" | "done"; next_attempt_at?: string } | Error;

/** Runs the synthesized definition; answers are given one after another, waits and pauses take no time. */
async function run(...answers: Answer[]) {
  const attempts: unknown[] = [];
  const entered: string[] = [];
  const waits: unknown[] = [];
  const recorded: unknown[] = [];
  const machine = new StateMachine(definition, { validationOptions: { checkArn: false } });
  const execution = machine.run(input, {
    context: { Execution: { Id: "arn:aws:states:eu-west-1:111111111111:execution:transfer-retry:x" } },
    overrides: {
      waitTimeOverrides: { WaitForNextAttempt: 0 },
      retryIntervalOverrides: { AttemptTransfer: 0 },
      taskResourceLocalHandlers: {
        AttemptTransfer: (payload) => {
          attempts.push(payload);
          const answer = answers[Math.min(attempts.length, answers.length) - 1];
          if (answer === undefined || answer instanceof Error) throw answer;
          return answer;
        },
        RecordFailure: (message) => {
          recorded.push(message);
          return {};
        },
      },
    },
  });
  const result = await execution.result.then(
    () => "succeeded" as const,
    (error: Error) => error,
  );
  for await (const event of execution.eventLogs) {
    if (event.type !== "StateEntered" || !("state" in event)) continue;
    entered.push(event.state.name);
    if (event.state.type === "Wait") waits.push(event.state.input);
  }
  return { attempts, entered, waits, recorded, result };
}

const payload = (data: unknown) => ({
  organization_id: "org_1",
  entity_id: "tr_1",
  execution: "arn:aws:states:eu-west-1:111111111111:execution:transfer-retry:x",
  data,
});

describe("the retry workflow", () => {
  it("waits for the instant of each answer and ends when no further try is wanted", async () => {
    const retries = ["2026-11-21T09:05:00.000Z", "2026-11-21T10:00:00.000Z"].map((next_attempt_at) => ({
      outcome: "retry" as const,
      next_attempt_at,
    }));
    const { attempts, waits, result } = await run(...retries, { outcome: "done" });
    expect(result).toBe("succeeded");
    expect(attempts).toEqual([payload(input.data), ...retries.map(payload)]);
    expect(waits).toMatchObject([{ data: input.data }, ...retries.map((data) => ({ data }))]);
  });

  it("tries again when the Lambda service fails, without a new wait", async () => {
    const { attempts, waits, result } = await run(new ServiceException("internal"), new ServiceException("internal"), {
      outcome: "done",
    });
    expect(result).toBe("succeeded");
    expect(attempts).toHaveLength(3);
    expect(waits).toHaveLength(1);
  });

  it("comes again when the function had no place to send or couldn't commit", async () => {
    const { attempts, result } = await run(
      new SendingSaturated("later"),
      new StoreBusy("later", 1000),
      new CommandContended("later"),
      { outcome: "done" },
    );
    expect(attempts).toHaveLength(4);
    expect(result).toBe("succeeded");
  });

  it("gives the Lambda service a bounded number of tries", async () => {
    const { attempts, result } = await run(new ServiceException("internal"));
    expect(attempts).toHaveLength(7);
    expect(result).toBeInstanceOf(Error);
  });

  it("keeps what went wrong when the function itself fails, and fails", async () => {
    const { attempts, recorded, result } = await run(new TypeError("a bug"));
    expect(attempts).toHaveLength(1);
    expect(recorded).toMatchObject([
      {
        QueueUrl: "Queue:payouts-prod-transfer-retry-failures",
        MessageBody: {
          organization_id: "org_1",
          entity_id: "tr_1",
          error: { Error: "TypeError", Cause: expect.anything() },
        },
      },
    ]);
    expect(result).toMatchObject({ message: expect.stringContaining("the sweep takes the transfer over") });
  });

  it("spends four transitions when the next try succeeds", async () => {
    const { entered } = await run({ outcome: "done" });
    expect(entered).toEqual(["WaitForNextAttempt", "AttemptTransfer", "IsAnotherTryWanted", "Done"]);
  });

  it("retries with full jitter, and can't outlive its bound", () => {
    const lambdaService = ["ServiceException", "AWSLambdaException", "SdkClientException", "TooManyRequestsException"];
    const comeAgain = [new SendingSaturated("later"), new StoreBusy("later", 1000), new CommandContended("later")];
    expect(definition.States.AttemptTransfer).toMatchObject({
      Retry: [
        { ErrorEquals: lambdaService.map((error) => `Lambda.${error}`), JitterStrategy: "FULL", MaxAttempts: 6 },
        { ErrorEquals: comeAgain.map(({ name }) => name), JitterStrategy: "FULL", MaxAttempts: 6 },
      ],
    });
    expect(definition.TimeoutSeconds).toBe(8 * 24 * 3600);
  });

  it("is a traced Standard workflow in JSONPath that logs errors", () => {
    expect(definition.QueryLanguage ?? "JSONPath").toBe("JSONPath");
    expect(Properties).toMatchObject({
      StateMachineType: "STANDARD",
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: "ERROR" },
    });
  });
});

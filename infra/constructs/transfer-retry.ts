import { Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SfnStateMachine } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  JitterType,
  JsonPath,
  LogLevel,
  QueryLanguage,
  StateMachine,
  StateMachineType,
  Succeed,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke, SqsSendMessage } from "aws-cdk-lib/aws-stepfunctions-tasks";
import { Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { EVENT_SOURCE, type EventType } from "../../shared/events/event-types.ts";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import { alarmPeriod } from "./alarm-topic.ts";
import { deliveryBounds } from "./event-rule.ts";
import { FailureQueue } from "./failure-queue.ts";
import { wildcardFinding } from "./wildcard-finding.ts";

/** Names that Step Functions gives to failures of the Lambda service itself, not of the function. */
const lambdaServiceErrors = [
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];

/** The function's own words for "nothing was written, come again": expected when much falls due at once. */
const comeAgainErrors = ["SendingSaturated", "StoreBusy", "CommandContended"];

/**
 * Longer than any retry of a transfer stays automatic: 3 attempts, the slowest class waiting a day before the next.
 * An execution that reaches it fails with an alarm; the sweep still finds the transfer.
 */
const executionBound = Duration.days(8);

/**
 * Waits and tries again until a transfer asks for no further try. It decides nothing: when to try next and whether at
 * all is the function's answer, `{outcome: "retry" | "done", next_attempt_at?}`, which takes the place of the event's
 * `data`, so that one Wait reads the first instant and every later one from the same path.
 */
export class TransferRetry extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { platform, attempt }: { platform: Platform; attempt: IFunction }) {
    super(scope, id);
    const name = resourceName(platform.config, "transfer-retry");
    const failures = new FailureQueue(this, "Failures", { platform, name: "transfer-retry-failures" });
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineName: name,
      stateMachineType: StateMachineType.STANDARD,
      queryLanguage: QueryLanguage.JSON_PATH,
      definitionBody: DefinitionBody.fromChainable(this.definition(attempt, failures)),
      timeout: executionBound,
      tracingEnabled: true,
      logs: {
        level: LogLevel.ERROR,
        includeExecutionData: false,
        destination: new LogGroup(this, "Logs", {
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: platform.config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    this.startOnRetry(platform, failures);
    this.watch(platform);
    Validations.of(this.stateMachine).acknowledge(
      {
        id: "AwsSolutions-SF1",
        reason: "Each execution's history is kept by the service for 90 days; logging every wait would only repeat it.",
      },
      {
        id: "AwsSolutions-IAM5[Resource::*]",
        reason: "X-Ray and the log delivery API know no resources.",
      },
      {
        id: wildcardFinding(Stack.of(this), `${attempt.functionArn}:*`),
        reason: "The library's grant names the function's versions too; there are none besides the latest.",
      },
    );
  }

  private definition(attempt: IFunction, failures: FailureQueue): Wait {
    const wait = new Wait(this, "WaitForNextAttempt", { time: WaitTime.timestampPath("$.data.next_attempt_at") });
    const retry = new LambdaInvoke(this, "AttemptTransfer", {
      lambdaFunction: attempt,
      payload: TaskInput.fromObject({
        organization_id: JsonPath.stringAt("$.organization_id"),
        entity_id: JsonPath.stringAt("$.entity_id"),
        execution: JsonPath.stringAt("$$.Execution.Id"),
        data: JsonPath.objectAt("$.data"),
      }),
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.duration(Duration.seconds(90)),
      resultPath: "$.data",
    });
    for (const errors of [lambdaServiceErrors, comeAgainErrors]) {
      retry.addRetry({
        errors,
        interval: Duration.seconds(2),
        backoffRate: 2,
        maxAttempts: 6,
        maxDelay: Duration.seconds(60),
        jitterStrategy: JitterType.FULL,
      });
    }
    const record = new SqsSendMessage(this, "RecordFailure", {
      queue: failures.queue,
      messageBody: TaskInput.fromObject({
        execution: JsonPath.stringAt("$$.Execution.Id"),
        organization_id: JsonPath.stringAt("$.organization_id"),
        entity_id: JsonPath.stringAt("$.entity_id"),
        error: JsonPath.objectAt("$.error"),
      }),
      resultPath: JsonPath.DISCARD,
    });
    record.next(
      new Fail(this, "RetryFailed", {
        error: "TransferRetryFailed",
        cause: "The attempt function failed; the sweep takes the transfer over when its lease runs out.",
      }),
    );
    retry.addCatch(record, { errors: ["States.ALL"], resultPath: "$.error" });
    const outcome = new Choice(this, "IsAnotherTryWanted")
      .when(Condition.stringEquals("$.data.outcome", "retry"), wait)
      .otherwise(new Succeed(this, "Done"));
    retry.next(outcome);
    wait.next(retry);
    return wait;
  }

  private startOnRetry({ config, bus }: Platform, failures: FailureQueue): void {
    new Rule(this, "RetryScheduled", {
      ruleName: resourceName(config, "transfer-retry"),
      eventBus: bus,
      eventPattern: { source: [EVENT_SOURCE], detailType: ["transfer.retry_scheduled"] satisfies EventType[] },
      targets: [
        new SfnStateMachine(this.stateMachine, {
          ...deliveryBounds,
          input: RuleTargetInput.fromEventPath("$.detail"),
          deadLetterQueue: failures.queue,
        }),
      ],
    });
  }

  private watch({ alarms }: Platform): void {
    alarms.watch(this, "ExecutionsFailed", {
      metric: this.stateMachine.metricFailed({ period: alarmPeriod }),
      above: 0,
      description: "A transfer's retry workflow failed; its failure queue says why.",
    });
    alarms.watch(this, "ExecutionsTimedOut", {
      metric: this.stateMachine.metricTimedOut({ period: alarmPeriod }),
      above: 0,
      description: `A transfer was still being retried after ${executionBound.toDays()} days.`,
    });
  }
}

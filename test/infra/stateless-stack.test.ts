import { describe, expect, it } from "vitest";
import { functionNames } from "../../infra/bundle.ts";
import { auditedEntities, relayedEntities } from "../../shared/domain/entities.ts";
import { eventTypesByEntity } from "../../shared/events/event-types.ts";
import { synthesize } from "./synthesized.ts";

const prod = synthesize();
const queueArn = (name: string) => `Queue:payouts-prod-${name}.Arn`;

interface Target {
  Arn: string;
  DeadLetterConfig?: { Arn: string };
  RetryPolicy?: unknown;
  InputPath?: string;
}
const rules = prod.all("Events::Rule").map(({ Properties }) => ({
  pattern: Properties.EventPattern,
  schedule: Properties.ScheduleExpression,
  bus: Properties.EventBusName,
  targets: Properties.Targets as Target[],
}));

describe("rules", () => {
  it.each([
    [
      "intake-events",
      ["placements", "partners", "contests"],
      expect.arrayContaining(["placement.activated", "payee.upserted"]),
    ],
    ["plan-schedules", ["payouts"], expect.arrayContaining(["escrow_hold.created", "payout_schedule.cancelled"])],
    ["release-due", ["payouts.scheduler"], ["escrow_hold.release_due", "payout_schedule.due"]],
    ["resume-waiting", ["payouts"], expect.arrayContaining(["payee.updated", "payout.approved"])],
    ["attempt-transfer", ["payouts"], ["transfer.created", "transfer.resumed"]],
    ["attempt-transfer", ["payouts.scheduler"], ["transfer.attempt_due"]],
    ["reverse-transfer", ["payouts"], ["transfer.reversal_requested"]],
    ["apply-provider-event", ["payouts"], ["provider_event.received"]],
  ])("bring %s its events from %j", (name, source, detailTypes) => {
    expect(rules).toContainEqual(
      expect.objectContaining({
        bus: "EventBus:payouts-prod",
        pattern: { source, "detail-type": detailTypes },
        targets: [expect.objectContaining({ Arn: `Function:payouts-prod-${name}.Arn` })],
      }),
    );
  });

  it("bring reverse-transfer what the sweep finds, and not what an event resumes", () => {
    expect(rules).toContainEqual(
      expect.objectContaining({
        pattern: {
          source: ["payouts.scheduler"],
          "detail-type": ["transfer.attempt_due"],
          detail: { resumed: [{ exists: false }] },
        },
        targets: [expect.objectContaining({ Arn: "Function:payouts-prod-reverse-transfer.Arn" })],
      }),
    );
  });

  it("start the retry workflow with the event's detail", () => {
    expect(rules).toContainEqual(
      expect.objectContaining({
        pattern: { source: ["payouts"], "detail-type": ["transfer.retry_scheduled"] },
        targets: [expect.objectContaining({ Arn: "StateMachine:payouts-prod-transfer-retry", InputPath: "$.detail" })],
      }),
    );
  });

  it("sweep every five minutes", () => {
    expect(rules.filter(({ schedule }) => schedule !== undefined)).toMatchObject([
      { schedule: "rate(5 minutes)", targets: [{ Arn: "Function:payouts-prod-sweep-due.Arn" }] },
    ]);
  });

  it("try each delivery for a bounded time and keep what can't be delivered", () => {
    const targets = rules.flatMap((rule) => rule.targets);
    expect(targets).toHaveLength(12);
    for (const { DeadLetterConfig, RetryPolicy } of targets) {
      expect(DeadLetterConfig?.Arn).toMatch(/^Queue:payouts-prod-.+-failures\.Arn$/);
      expect(RetryPolicy).toEqual({
        MaximumRetryAttempts: expect.any(Number),
        MaximumEventAgeInSeconds: expect.any(Number),
      });
    }
  });
});

describe("functions", () => {
  const functions = prod.all("Lambda::Function").map(({ Properties }) => Properties);

  it("run on Lambda's current Node on arm64, log JSON, trace, and say their memory and time-out", () => {
    expect(functions).toHaveLength(functionNames.length);
    for (const properties of functions) {
      expect(properties).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        TracingConfig: { Mode: "Active" },
        LoggingConfig: { LogFormat: "JSON", LogGroup: expect.stringMatching(/^LogGroup:/) },
        MemorySize: expect.any(Number),
        Timeout: expect.any(Number),
      });
    }
  });

  it("that events invoke are retried twice and then keep the event with the reason", () => {
    expect(prod.all("Lambda::EventInvokeConfig").map(({ Properties }) => Properties)).toEqual(
      [
        "intake-events",
        "plan-schedules",
        "release-due",
        "resume-waiting",
        "sweep-due",
        "attempt-transfer",
        "reverse-transfer",
        "apply-provider-event",
      ].map((name) => ({
        FunctionName: `Function:payouts-prod-${name}`,
        Qualifier: "$LATEST",
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 21_600,
        DestinationConfig: { OnFailure: { Destination: queueArn(`${name}-failures`) } },
      })),
    );
  });

  it("leave the account's concurrency alone where the public can call them", () => {
    const receiver = functions.find(({ FunctionName }) => FunctionName === "payouts-prod-receive-stripe-webhook");
    expect(receiver?.ReservedConcurrentExecutions).toBe(20);
  });

  it("send with fewer at once than the rate limit has places within reach", () => {
    const attempt = functions.find(({ FunctionName }) => FunctionName === "payouts-prod-attempt-transfer");
    expect(attempt?.ReservedConcurrentExecutions).toBeLessThanOrEqual(8 * 25);
  });

  it("that wait for the provider end before the workflow gives them up", () => {
    const attempt = functions.find(({ FunctionName }) => FunctionName === "payouts-prod-attempt-transfer");
    expect(attempt?.Timeout).toBeLessThan(90);
  });
});

describe("the table's stream", () => {
  const mappings = prod.all("Lambda::EventSourceMapping").map(({ Properties }) => Properties);
  const filtered = (entities: readonly string[]) => ({
    Filters: ["NewImage", "OldImage"].map((image) => ({
      Pattern: JSON.stringify({ dynamodb: { [image]: { entity: { S: entities } } } }),
    })),
  });
  const common = {
    EventSourceArn: "Table:payouts-prod.StreamArn",
    StartingPosition: "TRIM_HORIZON",
    ParallelizationFactor: 1,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
  };

  it("has exactly two consumers, woken by entities only, which put a poison record aside", () => {
    expect(mappings).toMatchObject([
      {
        ...common,
        FunctionName: "Function:payouts-prod-write-audit",
        BatchSize: 100,
        FilterCriteria: filtered(auditedEntities),
        DestinationConfig: { OnFailure: { Destination: queueArn("write-audit-failures") } },
      },
      {
        ...common,
        FunctionName: "Function:payouts-prod-relay-changes",
        BatchSize: 50,
        FilterCriteria: filtered(relayedEntities),
        DestinationConfig: { OnFailure: { Destination: queueArn("relay-changes-failures") } },
      },
    ]);
    expect(mappings).toHaveLength(2);
  });

  it("tells the bus about every record that has events", () => {
    expect([...relayedEntities].sort()).toEqual(Object.keys(eventTypesByEntity).sort());
  });

  it("gives a record up before the stream forgets it", () => {
    for (const { MaximumRecordAgeInSeconds, MaximumRetryAttempts } of mappings) {
      expect(MaximumRecordAgeInSeconds).toBeLessThan(24 * 3600);
      expect(MaximumRetryAttempts).toBeGreaterThan(0);
    }
  });
});

describe("failure queues", () => {
  const queues = prod.all("SQS::Queue").map(({ Properties }) => Properties);
  const alarms = prod.all("CloudWatch::Alarm").map(({ Properties }) => Properties);

  it.each(queues.map(({ QueueName }) => String(QueueName)))(
    "%s keeps failures for 14 days, encrypted, and tells at the first one",
    (name) => {
      expect(queues).toContainEqual(
        expect.objectContaining({
          QueueName: name,
          MessageRetentionPeriod: 14 * 24 * 3600,
          SqsManagedSseEnabled: true,
        }),
      );
      expect(alarms).toContainEqual(
        expect.objectContaining({
          MetricName: "ApproximateNumberOfMessagesVisible",
          Dimensions: [{ Name: "QueueName", Value: `Queue:${name}.QueueName` }],
          ComparisonOperator: "GreaterThanThreshold",
          Threshold: 0,
        }),
      );
    },
  );

  it("refuse connections without TLS", () => {
    const policies = prod.all("SQS::QueuePolicy").map(({ Properties }) => JSON.stringify(Properties));
    expect(policies).toHaveLength(queues.length);
    for (const policy of policies) expect(policy).toContain('"aws:SecureTransport":"false"');
  });
});

describe("alarms", () => {
  const alarms = prod.all("CloudWatch::Alarm").map(({ Properties }) => Properties);

  it.each(["SweepHealed", "OutOfBandChange", "CircuitOpened", "OutcomeUnknown", "FailedTerminal", "LatenessSeconds"])(
    "watch %s as the functions emit it",
    (MetricName) => {
      expect(alarms).toContainEqual(
        expect.objectContaining({
          MetricName,
          Namespace: "Payouts",
          Dimensions: [{ Name: "service", Value: "payouts" }],
        }),
      );
    },
  );

  it("watch every function's errors, the senders' throttles and both consumers' lag", () => {
    const counts = Map.groupBy(alarms, ({ MetricName }) => MetricName);
    expect(counts.get("Errors")).toHaveLength(functionNames.length);
    expect(counts.get("Throttles")).toHaveLength(1);
    expect(counts.get("IteratorAge")).toHaveLength(2);
  });

  it("all tell the topic, when they start and when they end", () => {
    const [topic] = prod.all("SNS::Subscription").map(({ Properties }) => Properties.TopicArn);
    expect(topic).toBe("Topic:payouts-prod-alarms");
    for (const alarm of alarms) expect(alarm).toMatchObject({ AlarmActions: [topic], OKActions: [topic] });
  });

  it("may publish to the topic, which nobody may without TLS", () => {
    const [policy] = prod.all("SNS::TopicPolicy").map(({ Properties }) => Properties.PolicyDocument);
    expect(policy).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({ Sid: "AlarmsPublish", Principal: { Service: "cloudwatch.amazonaws.com" } }),
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      ]),
    });
  });

  it("mail nobody who isn't configured", () => {
    expect(synthesize({ overrides: { alarmEmail: undefined } }).all("SNS::Subscription")).toEqual([]);
  });
});

describe("pages of other origins", () => {
  const corsOf = (overrides: { consoleOrigins?: string }) =>
    synthesize({ overrides })
      .all("ApiGatewayV2::Api")
      .map(({ Properties }) => Properties.CorsConfiguration);

  it("may not call the API unless they are configured", () => {
    expect(corsOf({})).toEqual([undefined]);
    expect(corsOf({ consoleOrigins: "https://console.example.com" })).toMatchObject([
      { AllowOrigins: ["https://console.example.com"] },
    ]);
  });

  it("may read the server's clock beside what the operations tell in headers", () => {
    expect(corsOf({ consoleOrigins: "https://console.example.com" })).toMatchObject([
      { ExposeHeaders: ["date", "etag", "retry-after", "x-request-id", "x-next-cursor", "idempotent-replayed"] },
    ]);
  });

  it("may not be all of them", () => {
    expect(() => corsOf({ consoleOrigins: "*" })).toThrow("consoleOrigins");
  });
});

describe("what is public", () => {
  it("is one function URL, whose function checks the signature", () => {
    expect(prod.all("Lambda::Url").map(({ Properties }) => Properties)).toEqual([
      { AuthType: "NONE", TargetFunctionArn: "Function:payouts-prod-receive-stripe-webhook.Arn" },
    ]);
    const open = prod.all("Lambda::Permission").filter(({ Properties }) => Properties.Principal === "*");
    expect(open.map(({ Properties }) => Properties)).toMatchObject([
      { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" },
      { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true },
    ]);
  });

  it("are two routes; every other one asks for a token of the configured issuer and audience", () => {
    const open = prod.all("ApiGatewayV2::Route").filter(({ Properties }) => Properties.AuthorizationType !== "JWT");
    expect(open.map(({ Properties }) => [Properties.RouteKey, Properties.AuthorizationType])).toEqual([
      ["GET /v2/health", "NONE"],
      ["GET /v2/openapi.json", "NONE"],
    ]);
    expect(prod.all("ApiGatewayV2::Authorizer").map(({ Properties }) => Properties)).toMatchObject([
      {
        AuthorizerType: "JWT",
        IdentitySource: ["$request.header.Authorization"],
        JwtConfiguration: { Issuer: "https://issuer.example.com", Audience: ["payouts"] },
      },
    ]);
  });

  it("is logged and throttled at the API", () => {
    expect(prod.all("ApiGatewayV2::Stage").map(({ Properties }) => Properties)).toMatchObject([
      {
        AccessLogSettings: { Format: expect.not.stringContaining("authorization") },
        DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
      },
    ]);
  });
});

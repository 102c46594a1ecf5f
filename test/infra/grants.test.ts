import { expect, it } from "vitest";
import { functionNames } from "../../infra/bundle.ts";
import { auditIndexes } from "../../infra/constructs/audit-table.ts";
import { failureQueueNames } from "../../shared/monitoring/failure-queues.ts";
import { listIndexes } from "../../shared/store/list-index.ts";
import { listed, synthesize } from "./synthesized.ts";

const prod = synthesize();
const roleOf = (name: string) => prod.one("Lambda::Function", "FunctionName", `payouts-prod-${name}`).Properties.Role;

const on = (resource: string, ...actions: string[]) => actions.map((action) => `${action} on ${resource}`);
const onTable = (...actions: string[]) =>
  on("Table:payouts-prod.Arn", ...actions.map((action) => `dynamodb:${action}`));
const onStream = on(
  "Table:payouts-prod.StreamArn",
  ...["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].map((action) => `dynamodb:${action}`),
);
const command = onTable("BatchGetItem", "PutItem", "UpdateItem");
const publish = on("EventBus:payouts-prod.Arn", "events:PutEvents");
const send = (queue: string) => on(`Queue:payouts-prod-${queue}.Arn`, "sqs:SendMessage");
const stripeKey = on("Secret:payouts/prod/stripe-api-key", "secretsmanager:GetSecretValue");

const grants: Record<(typeof functionNames)[number], string[]> = {
  "intake-events": [
    ...command,
    ...onTable("GetItem", "Query"),
    ...send("rejected-events"),
    ...send("intake-events-failures"),
  ],
  "plan-schedules": [
    ...onTable("GetItem"),
    ...on(
      "arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/payouts-prod/*",
      ...["CreateSchedule", "UpdateSchedule", "DeleteSchedule"].map((action) => `scheduler:${action}`),
    ),
    expect.stringMatching(/^iam:PassRole on Role:ReleasesSchedulerRole\w+\.Arn$/),
    ...send("plan-schedules-failures"),
  ],
  "release-due": [...command, ...send("release-due-failures")],
  "resume-waiting": [
    ...command,
    ...onTable("GetItem", "Query"),
    ...on("Table:payouts-prod.Arn/index/waits", "dynamodb:Query"),
    ...publish,
    ...send("resume-waiting-failures"),
  ],
  "attempt-transfer": [...command, ...onTable("GetItem"), ...stripeKey, ...send("attempt-transfer-failures")],
  "reverse-transfer": [...command, ...stripeKey, ...send("reverse-transfer-failures")],
  "sweep-due": [
    ...command,
    ...onTable("GetItem"),
    ...on("Table:payouts-prod.Arn/index/due", "dynamodb:Query"),
    ...publish,
    ...send("sweep-due-failures"),
  ],
  "receive-stripe-webhook": [
    ...onTable("PutItem"),
    ...on("Secret:payouts/prod/stripe-webhook-secret", "secretsmanager:GetSecretValue"),
  ],
  "apply-provider-event": [
    ...command,
    ...onTable("GetItem"),
    ...stripeKey,
    ...publish,
    ...send("apply-provider-event-failures"),
  ],
  "write-audit": [
    ...on("Table:payouts-prod-audit.Arn", "dynamodb:PartiQLInsert", "dynamodb:Query"),
    ...onStream,
    ...send("write-audit-failures"),
  ],
  "relay-changes": [...onTable("GetItem", "UpdateItem"), ...publish, ...onStream, ...send("relay-changes-failures")],
  "administer-platform": onTable("BatchGetItem", "GetItem", "PutItem"),
  "answer-queries": [
    ...onTable("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"),
    ...Object.keys(listIndexes).flatMap((index) => on(`Table:payouts-prod.Arn/index/${index}`, "dynamodb:Query")),
    ...on("Table:payouts-prod-audit.Arn", "dynamodb:BatchGetItem", "dynamodb:Query"),
    ...Object.keys(auditIndexes).flatMap((index) =>
      on(`Table:payouts-prod-audit.Arn/index/${index}`, "dynamodb:Query"),
    ),
  ],
  "accept-commands": [
    ...command,
    ...onTable("GetItem", "Query"),
    ...on("Table:payouts-prod.Arn/index/byStatus", "dynamodb:Query"),
  ],
  "operate-platform": [
    ...onTable("GetItem", "PutItem", "UpdateItem"),
    ...publish,
    ...failureQueueNames.flatMap((name) =>
      on(
        `Queue:payouts-prod-${name}.Arn`,
        ...["GetQueueAttributes", "ReceiveMessage", "ChangeMessageVisibility"].map((action) => `sqs:${action}`),
      ),
    ),
    // What can't go back on the bus is removed by nobody but time.
    ...failureQueueNames
      .filter((name) => !["sweep-due-failures", "write-audit-failures", "relay-changes-failures"].includes(name))
      .flatMap((name) => on(`Queue:payouts-prod-${name}.Arn`, "sqs:DeleteMessage")),
    "cloudwatch:GetMetricData on *",
  ],
};

it.each(functionNames)("%s may do this and nothing else", (name) => {
  const expected = grants[name];
  expect(prod.grantsOf(roleOf(name))).toHaveLength(expected.length);
  expect(prod.grantsOf(roleOf(name))).toEqual(expect.arrayContaining(expected));
});

it("passes the scheduler's role to the scheduler only", () => {
  const passing = prod.statementsOf(roleOf("plan-schedules")).find(({ Action }) => Action === "iam:PassRole");
  expect(passing?.Condition).toEqual({ StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } });
});

it("gives the scheduler's role to this deployment's group only, to publish or to report a failure", () => {
  const [role] = prod
    .all("IAM::Role")
    .filter(({ Properties }) =>
      JSON.stringify(Properties.AssumeRolePolicyDocument).includes("scheduler.amazonaws.com"),
    );
  expect(role?.Properties.AssumeRolePolicyDocument).toMatchObject({
    Statement: [
      {
        Condition: {
          StringEquals: { "aws:SourceAccount": "<AWS::AccountId>" },
          ArnEquals: { "aws:SourceArn": "ScheduleGroup:payouts-prod.Arn" },
        },
      },
    ],
  });
  const { SCHEDULER_ROLE_ARN } = environmentOf("plan-schedules");
  expect(prod.grantsOf(SCHEDULER_ROLE_ARN)).toEqual([...publish, ...send("scheduler-failures")]);
});

it("grants no wildcard action and no Scan", () => {
  for (const { Action } of prod.all("IAM::Policy").flatMap(({ Properties }) => statements(Properties.PolicyDocument))) {
    for (const action of listed(Action)) {
      expect(action).not.toContain("*");
      expect(action).not.toMatch(/scan/i);
    }
  }
});

it("grants every resource only to X-Ray, the log delivery API and the reading of metrics", () => {
  for (const { Action, Resource } of prod
    .all("IAM::Policy")
    .flatMap(({ Properties }) => statements(Properties.PolicyDocument))) {
    if (listed(Resource).includes("*")) {
      for (const action of listed(Action)) expect(action).toMatch(/^(xray|logs):|^cloudwatch:GetMetricData$/);
    }
  }
});

it("attaches no managed policy", () => {
  for (const { Properties } of prod.all("IAM::Role")) expect(Properties).not.toHaveProperty("ManagedPolicyArns");
});

it.each([
  ["intake-events", ["TABLE_NAME", "REJECTED_QUEUE_URL", "DEFAULT_POLICY"]],
  ["plan-schedules", ["TABLE_NAME", "SCHEDULE_GROUP", "BUS_ARN", "SCHEDULER_ROLE_ARN", "SCHEDULER_DLQ_ARN"]],
  ["release-due", ["TABLE_NAME"]],
  ["resume-waiting", ["TABLE_NAME", "BUS_NAME"]],
  ["attempt-transfer", ["TABLE_NAME", "STRIPE_SECRET_ARN", "STRIPE_API_URL", "STRIPE_REQUESTS_PER_SECOND"]],
  ["reverse-transfer", ["TABLE_NAME", "STRIPE_SECRET_ARN", "STRIPE_API_URL"]],
  ["sweep-due", ["TABLE_NAME", "BUS_NAME"]],
  ["receive-stripe-webhook", ["TABLE_NAME", "STRIPE_WEBHOOK_SECRET_ARN"]],
  ["apply-provider-event", ["TABLE_NAME", "STRIPE_SECRET_ARN", "STRIPE_API_URL", "BUS_NAME"]],
  ["write-audit", ["AUDIT_TABLE_NAME"]],
  ["relay-changes", ["TABLE_NAME", "BUS_NAME"]],
  ["administer-platform", ["TABLE_NAME"]],
  [
    "answer-queries",
    ["TABLE_NAME", "AUDIT_TABLE_NAME", "DEFAULT_POLICY", "ORGANIZATION_CLAIM", "OPERATOR_ORGANIZATION"],
  ],
  ["accept-commands", ["TABLE_NAME", "AUDIT_TABLE_NAME", "DEFAULT_POLICY", "ORGANIZATION_CLAIM"]],
  [
    "operate-platform",
    [
      ...["TABLE_NAME", "BUS_NAME", "DEFAULT_POLICY", "ORGANIZATION_CLAIM", "OPERATOR_ORGANIZATION"],
      ...["DEPLOYMENT", "FUNCTION_NAMES", "FAILURE_QUEUE_URLS", "RETRY_STATE_MACHINE_ARN"],
    ],
  ],
])("%s is told %j", (name, variables) => {
  expect(Object.keys(environmentOf(name)).sort()).toEqual([...variables].sort());
});

function environmentOf(name: string): Record<string, unknown> {
  const { Environment } = prod.one("Lambda::Function", "FunctionName", `payouts-prod-${name}`).Properties;
  return (Environment as { Variables: Record<string, unknown> } | undefined)?.Variables ?? {};
}

const statements = (document: unknown) =>
  (document as { Statement: { Action: unknown; Resource: unknown }[] }).Statement;

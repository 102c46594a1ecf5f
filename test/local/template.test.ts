import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as api from "aws-cdk-lib/aws-apigatewayv2";
import * as authorizers from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import * as integrations from "aws-cdk-lib/aws-apigatewayv2-integrations";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as destinations from "aws-cdk-lib/aws-lambda-destinations";
import * as sources from "aws-cdk-lib/aws-lambda-event-sources";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import * as sqs from "aws-cdk-lib/aws-sqs";
import * as stepfunctions from "aws-cdk-lib/aws-stepfunctions";
import * as tasks from "aws-cdk-lib/aws-stepfunctions-tasks";
import {
  CfnCondition,
  CfnMapping,
  CfnOutput,
  CfnParameter,
  CfnResource,
  Duration,
  Fn,
  Stack,
  Stage,
} from "aws-cdk-lib/core";
import { describe, expect, it } from "vitest";
import { loadTemplate } from "../../local/template/load-template.ts";
import { TemplateNotUnderstood } from "../../local/template/resources.ts";
import { first, modelOf, synthesize } from "./template-fixture.ts";

function inlineFunction(stack: Stack, id: string, props: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: lambda.Code.fromInline("exports.handler = async () => 1"),
    ...props,
  });
}

describe("a function and what feeds it", () => {
  const model = modelOf((app) => {
    const state = new Stack(app, "State");
    const flow = new Stack(app, "Flow");
    const table = new dynamodb.TableV2(state, "Table", {
      partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
      sortKey: { name: "sk", type: dynamodb.AttributeType.STRING },
      dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: "expiresAt",
      deletionProtection: true,
      globalSecondaryIndexes: [
        { indexName: "due", partitionKey: { name: "dueBucket", type: dynamodb.AttributeType.STRING } },
      ],
    });
    const deadLetters = new sqs.Queue(flow, "DeadLetters", { queueName: "dead-letters" });
    const work = new sqs.Queue(flow, "Work", { deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 } });
    const fn = inlineFunction(flow, "Writer", {
      environment: { TABLE: table.tableName },
      memorySize: 256,
      timeout: Duration.seconds(10),
      reservedConcurrentExecutions: 2,
      onFailure: new destinations.SqsDestination(deadLetters),
      retryAttempts: 1,
    });
    fn.addEventSourceMapping("Stream", {
      eventSourceArn: String(table.tableStreamArn),
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 3,
      filters: [lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.isEqual("INSERT") })],
      onFailure: new sources.SqsDlq(deadLetters),
    });
    fn.addEventSource(new sources.SqsEventSource(work));
    fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
    table.grantReadWriteData(fn);
  });

  it("resolves references across stacks to the same names as in the owner", () => {
    expect(first(model.functions).environment).toEqual({ TABLE: first(model.tables).name });
    expect(first(model.functions)).toMatchObject({ memoryMb: 256, timeoutSeconds: 10, reservedConcurrency: 2 });
  });

  it("gives names that the template leaves open from stack and logical id", () => {
    expect(first(model.functions).name).toMatch(/^Flow-Writer[0-9A-F]{8}$/);
  });

  it("reads the table's key, index, stream and time to live", () => {
    expect(first(model.tables)).toMatchObject({
      key: { hash: "pk", range: "sk" },
      globalIndexes: [{ name: "due", key: { hash: "dueBucket" }, projection: { type: "ALL" } }],
      streamView: "NEW_AND_OLD_IMAGES",
      timeToLiveAttribute: "expiresAt",
      deletionProtection: true,
    });
  });

  it("reads what a stream mapping says about batches and failures", () => {
    const mapping = model.eventSourceMappings.find(({ eventSourceArn }) => eventSourceArn.includes("/stream/"));
    expect(mapping).toMatchObject({
      eventSourceArn: first(model.tables).streamArn,
      functionName: first(model.functions).name,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      maximumRetryAttempts: 3,
      startingPosition: "TRIM_HORIZON",
      filters: [{ eventName: ["INSERT"] }],
      onFailureArn: "arn:aws:sqs:us-east-1:000000000000:dead-letters",
    });
  });

  it("reads the redrive policy, the invoke configuration and the function URL", () => {
    const work = model.queues.find(({ name }) => name !== "dead-letters");
    expect(work?.redrive).toEqual({
      deadLetterArn: "arn:aws:sqs:us-east-1:000000000000:dead-letters",
      maxReceiveCount: 3,
    });
    expect(first(model.eventInvokeConfigs)).toMatchObject({ maximumRetryAttempts: 1 });
    expect(first(model.functionUrls)).toMatchObject({ functionName: first(model.functions).name, authType: "NONE" });
  });

  it("gives a role its attached policies and AWS's managed ones", () => {
    const role = model.roles.find(({ arn }) => arn === first(model.functions).roleArn);
    const actions = role?.policies.flatMap(({ document }) => document.Statement.flatMap(({ Action }) => Action ?? []));
    expect(actions).toContain("dynamodb:PutItem");
    expect(role?.managedPolicyArns).toEqual(["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]);
  });
});

describe("buses, rules, state machines, APIs and secrets", () => {
  const model = modelOf((app) => {
    const stack = new Stack(app, "All");
    const fn = inlineFunction(stack, "Fn");
    const bus = new events.EventBus(stack, "Bus", { eventBusName: "payouts" });
    const machine = new stepfunctions.StateMachine(stack, "Machine", {
      definitionBody: stepfunctions.DefinitionBody.fromChainable(
        new tasks.LambdaInvoke(stack, "Attempt", { lambdaFunction: fn, payloadResponseOnly: true }),
      ),
    });
    new events.Rule(stack, "Pattern", {
      eventBus: bus,
      eventPattern: { source: ["orders"] },
      targets: [
        new targets.LambdaFunction(fn, {
          retryAttempts: 2,
          event: events.RuleTargetInput.fromObject({ id: events.EventField.fromPath("$.detail.id") }),
        }),
        new targets.SfnStateMachine(machine),
      ],
    });
    new events.Rule(stack, "Sweep", {
      schedule: events.Schedule.rate(Duration.minutes(5)),
      targets: [new targets.LambdaFunction(fn)],
    });
    const http = new api.HttpApi(stack, "Http", {
      defaultAuthorizer: new authorizers.HttpJwtAuthorizer("Jwt", "https://issuer.example", { jwtAudience: ["app"] }),
    });
    http.addRoutes({
      path: "/v2/{proxy+}",
      methods: [api.HttpMethod.GET],
      integration: new integrations.HttpLambdaIntegration("Integration", fn),
    });
    new secretsmanager.Secret(stack, "Secret", {
      secretName: "stripe",
      generateSecretString: { secretStringTemplate: '{"mode":"test"}', generateStringKey: "key" },
    });
  });

  it("reads a rule's pattern and its targets' input, retries and roles", () => {
    const rule = model.rules.find(({ pattern }) => pattern !== undefined);
    expect(rule).toMatchObject({ busName: "payouts", pattern: { source: ["orders"] }, enabled: true });
    expect(rule?.targets[0]).toMatchObject({
      retry: { maximumRetryAttempts: 2, maximumEventAgeSeconds: 86_400 },
      inputTransformer: { paths: { "detail-id": "$.detail.id" }, template: '{"id":<detail-id>}' },
    });
    expect(rule?.targets[1]).toMatchObject({
      arn: first(model.stateMachines).arn,
      roleArn: expect.stringContaining(":role/"),
    });
  });

  it("reads a schedule rule on the default bus", () => {
    expect(model.rules.find(({ scheduleExpression }) => scheduleExpression !== undefined)).toMatchObject({
      busName: "default",
      scheduleExpression: "rate(5 minutes)",
    });
  });

  it("resolves the state machine's definition to the function's ARN", () => {
    const definition = JSON.parse(first(model.stateMachines).definition) as {
      States: { Attempt: { Resource: string } };
    };
    expect(definition.States.Attempt.Resource).toBe(first(model.functions).arn);
  });

  it("joins routes with their function and authorizer", () => {
    expect(first(first(model.httpApis).routes)).toMatchObject({
      routeKey: "GET /v2/{proxy+}",
      functionName: first(model.functions).name,
      authorizer: { issuer: "https://issuer.example", audience: ["app"] },
    });
  });

  it("keeps a secret's recipe", () => {
    expect(first(model.secrets)).toMatchObject({
      name: "stripe",
      value: { generate: { template: { mode: "test" }, key: "key", length: 32 } },
    });
  });
});

describe("intrinsic functions", () => {
  it("resolves conditions, maps, splits, substitutions and pseudo parameters", () => {
    const model = modelOf((app) => {
      const stack = new Stack(app, "Functions");
      const parameter = new CfnParameter(stack, "Size", { type: "Number", default: 512 });
      const isLarge = new CfnCondition(stack, "IsLarge", {
        expression: Fn.conditionEquals(parameter.valueAsString, "512"),
      });
      const map = new CfnMapping(stack, "Map", { mapping: { "us-east-1": { label: "east" } } });
      const absent = new sqs.Queue(stack, "Absent");
      const never = new CfnCondition(stack, "Never", { expression: Fn.conditionNot(isLarge) });
      (absent.node.defaultChild as CfnResource).cfnOptions.condition = never;
      new CfnOutput(stack, "If", { value: Fn.conditionIf("IsLarge", "large", "small").toString() });
      new CfnOutput(stack, "Map2", { value: map.findInMap(Stack.of(stack).region, "label") });
      new CfnOutput(stack, "Select", { value: Fn.select(1, Fn.split("/", "a/b/c")) });
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own syntax
      new CfnOutput(stack, "Sub", { value: Fn.sub("${AWS::AccountId}-${Name}-${!Kept}", { Name: "n" }) });
    });
    expect(model.queues).toEqual([]);
    expect(model.outputs.Functions).toEqual({
      If: "large",
      Map2: "east",
      Select: "b",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own syntax
      Sub: "000000000000-n-${Kept}",
    });
  });

  it("takes stacks in stages too", () => {
    const model = modelOf((app) => {
      const stage = new Stage(app, "Prod");
      new sqs.Queue(new Stack(stage, "Inner"), "Queue", { queueName: "in-a-stage" });
    });
    expect(model.queues.map(({ name }) => name)).toEqual(["in-a-stage"]);
  });
});

describe("what isn't understood", () => {
  it("names stack, logical id and type of an unknown resource", () => {
    const directory = synthesize((app) => {
      new CfnResource(new Stack(app, "Odd"), "Thing", { type: "AWS::Kinesis::Stream" });
    });
    expect(() => loadTemplate(directory)).toThrow(
      "Odd/Thing (AWS::Kinesis::Stream): the resource type isn't understood",
    );
  });

  it("names an unknown property, also a nested one, and all problems at once", () => {
    const directory = synthesize((app) => {
      const stack = new Stack(app, "Odd");
      const queue = new sqs.Queue(stack, "Queue", { fifo: true });
      const rule = new events.Rule(stack, "Rule", {
        eventPattern: { source: ["a"] },
        targets: [new targets.SqsQueue(queue)],
      });
      (rule.node.defaultChild as events.CfnRule).addPropertyOverride("Targets.0.SqsParameters", {
        MessageGroupId: "a",
      });
    });
    const load = () => loadTemplate(directory);
    expect(load).toThrow(TemplateNotUnderstood);
    expect(load).toThrow(/Odd\/Queue\w+ \(AWS::SQS::Queue\): property FifoQueue isn't understood/);
    expect(load).toThrow(/Odd\/Rule\w+ \(AWS::Events::Rule\): property Targets\.0\.SqsParameters isn't understood/);
  });

  it("refuses an intrinsic function or a dynamic reference that it can't resolve", () => {
    const directory = synthesize((app) => {
      const stack = new Stack(app, "Odd");
      new CfnResource(stack, "A", { type: "AWS::SQS::Queue", properties: { QueueName: { "Fn::Cidr": ["a", 1] } } });
      new CfnResource(stack, "B", { type: "AWS::SQS::Queue", properties: { QueueName: "{{resolve:ssm:name}}" } });
    });
    expect(() => loadTemplate(directory)).toThrow(
      /Odd\/A .*Fn::Cidr isn't understood[\s\S]*Odd\/B .*dynamic reference/,
    );
  });

  it("refuses a section of the template that it doesn't know", () => {
    const directory = synthesize((app) => new Stack(app, "Odd"));
    const file = join(directory, "Odd.template.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), Transform: "AWS::Serverless" }));
    expect(() => loadTemplate(directory)).toThrow(/Transform/);
  });
});

import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as events from "aws-cdk-lib/aws-events";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import * as sqs from "aws-cdk-lib/aws-sqs";
import * as stepfunctions from "aws-cdk-lib/aws-stepfunctions";
import { Duration, SecretValue, Stack } from "aws-cdk-lib/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RunningAws, startAws } from "./aws-fixture.ts";
import { first, synthesize } from "./template-fixture.ts";

const assembly = synthesize((app) => {
  const stack = new Stack(app, "Services");
  const fn = (id: string) =>
    new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: lambda.Code.fromInline("exports.handler = async () => 1"),
    });
  const worker = fn("Worker");
  fn("Stranger");
  new events.EventBus(stack, "Bus", { eventBusName: "payouts" }).grantPutEventsTo(worker);
  const deadLetters = new sqs.Queue(stack, "DeadLetters", { queueName: "dead-letters", enforceSSL: true });
  const queue = new sqs.Queue(stack, "Queue", {
    queueName: "work",
    visibilityTimeout: Duration.seconds(30),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 2 },
  });
  queue.grantSendMessages(worker);
  queue.grantConsumeMessages(worker);
  const secret = new secretsmanager.Secret(stack, "Secret", {
    secretName: "stripe",
    secretStringValue: SecretValue.unsafePlainText("first"),
  });
  secret.grantRead(worker);
  new stepfunctions.StateMachine(stack, "Machine", {
    stateMachineName: "transfer",
    definitionBody: stepfunctions.DefinitionBody.fromChainable(new stepfunctions.Pass(stack, "Pass")),
  }).grantStartExecution(worker);
  fn("Target").grantInvoke(worker);
  worker.addToRolePolicy(
    new iam.PolicyStatement({ actions: ["states:DescribeExecution"], resources: ["arn:aws:states:*:*:execution:*"] }),
  );
});

let aws: RunningAws;
beforeAll(async () => {
  aws = await startAws(assembly, { store: false });
});
afterAll(() => aws.stop());
afterEach(() => aws.faults.clear());

const functionNamed = (prefix: string) =>
  first(aws.model.functions.filter(({ logicalId }) => logicalId.startsWith(prefix)));

describe("EventBridge", () => {
  const entry = (more = {}) => ({
    EventBusName: "payouts",
    Source: "payouts",
    DetailType: "made",
    Detail: "{}",
    ...more,
  });
  const put = (entries: object[], caller = "Worker") =>
    new EventBridgeClient(aws.clientFor(caller)).send(new PutEventsCommand({ Entries: entries }));

  it("puts entries in order and gives each its id", async () => {
    const before = aws.events.length;
    const time = new Date("2026-03-01T10:00:00Z");
    const answer = await put([entry({ Time: time }), entry({ Detail: '{"a":1}' })]);
    expect(answer.FailedEntryCount).toBe(0);
    expect(answer.Entries?.every(({ EventId }) => EventId !== undefined)).toBe(true);
    expect(aws.events.slice(before)).toEqual([
      { busName: "payouts", source: "payouts", detailType: "made", detail: "{}", time: time.toISOString() },
      { busName: "payouts", source: "payouts", detailType: "made", detail: '{"a":1}' },
    ]);
  });

  it("refuses single entries and puts the others", async () => {
    const before = aws.events.length;
    const answer = await put([entry({ Detail: "no json" }), entry(), entry({ Source: undefined })]);
    expect(answer.FailedEntryCount).toBe(2);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      "MalformedDetail",
      undefined,
      "InvalidArgument",
    ]);
    expect(aws.events.length - before).toBe(1);
  });

  it("fails every second entry by an injected fault", async () => {
    aws.faults.add({ service: "events", operation: "PutEvents", error: "partial" });
    const answer = await put([entry(), entry(), entry()]);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      "InternalFailure",
      undefined,
      "InternalFailure",
    ]);
  });

  it("gives an error for a bus that isn't there", async () => {
    const client = new EventBridgeClient(aws.clientFor());
    const answer = await client.send(new PutEventsCommand({ Entries: [entry({ EventBusName: "other" })] }));
    expect(answer.Entries?.[0]?.ErrorCode).toBe("ResourceNotFoundException");
  });

  it("refuses more than ten entries, more than a megabyte, and a function without the permission", async () => {
    await expect(put(Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({ name: "ValidationException" });
    const large = entry({ Detail: JSON.stringify({ text: "x".repeat(600_000) }) });
    await expect(put([large, large])).rejects.toMatchObject({ name: "ValidationException" });
    await expect(put([entry()], "Stranger")).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("events:PutEvents"),
    });
  });
});

describe("SQS", () => {
  const queue = async () => {
    const client = new SQSClient(aws.clientFor());
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: "work" }));
    await client.send(new PurgeQueueCommand({ QueueUrl }));
    return { client, QueueUrl };
  };

  it("hides a received message until its visibility timeout, and deletes it by receipt", async () => {
    const { client, QueueUrl } = await queue();
    const MessageAttributes = { KIND: { DataType: "String", StringValue: "test" } };
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello", MessageAttributes }));
    const receive = () =>
      client.send(
        new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] }),
      );

    const message = (await receive()).Messages?.[0];
    expect(message?.Body).toBe("hello");
    expect(message?.MessageAttributes?.KIND?.StringValue).toBe("test");
    expect(message?.Attributes?.ApproximateReceiveCount).toBe("1");
    expect((await receive()).Messages).toBeUndefined();

    await aws.clock.advanceTo(aws.clock.now() + 31_000, async () => undefined);
    const again = (await receive()).Messages?.[0];
    expect(again?.Attributes?.ApproximateReceiveCount).toBe("2");
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle }));
    expect(aws.queues.depth("arn:aws:sqs:us-east-1:000000000000:work")).toEqual({
      visible: 0,
      inFlight: 0,
      delayed: 0,
    });
  });

  it("moves a message to the dead-letter queue once it was received too often", async () => {
    const { client, QueueUrl } = await queue();
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    const receive = () => client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    expect([(await receive()).Messages?.length, (await receive()).Messages?.length]).toEqual([1, 1]);
    expect((await receive()).Messages).toBeUndefined();
    const deadLetters = await client.send(new GetQueueUrlCommand({ QueueName: "dead-letters" }));
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: deadLetters.QueueUrl }));
    expect(Messages?.[0]?.Body).toBe("poison");
  });

  it("wakes a waiting receiver when a message arrives", async () => {
    const { client, QueueUrl } = await queue();
    const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "late" }));
    expect((await waiting).Messages?.[0]?.Body).toBe("late");
  });

  it("tells depth and settings, lists queues, and refuses a function without the permission", async () => {
    const { client, QueueUrl } = await queue();
    await new SQSClient(aws.clientFor("Worker")).send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: "1", VisibilityTimeout: "30" });
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(2);
    const stranger = new SQSClient(aws.clientFor("Stranger"));
    await expect(stranger.send(new SendMessageCommand({ QueueUrl, MessageBody: "no" }))).rejects.toThrow(
      /sqs:SendMessage/,
    );
  });

  it("says when a queue doesn't exist", async () => {
    const client = new SQSClient(aws.clientFor());
    await expect(client.send(new GetQueueUrlCommand({ QueueName: "none" }))).rejects.toMatchObject({
      name: expect.stringMatching(/QueueDoesNotExist|NonExistentQueue/),
    });
  });
});

describe("Secrets Manager", () => {
  it("moves AWSCURRENT to the new version and AWSPREVIOUS to the old one", async () => {
    const owner = new SecretsManagerClient(aws.clientFor());
    const reader = new SecretsManagerClient(aws.clientFor("Worker"));
    const read = (SecretId: string, VersionStage?: string) =>
      reader.send(new GetSecretValueCommand({ SecretId, VersionStage })).then(({ SecretString }) => SecretString);
    const { arn } = first(aws.model.secrets);

    expect(await read("stripe")).toBe("first");
    await expect(read("stripe", "AWSPREVIOUS")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await owner.send(new PutSecretValueCommand({ SecretId: "stripe", SecretString: "second" }));

    expect([await read(arn), await read("stripe", "AWSPREVIOUS")]).toEqual(["second", "first"]);
  });

  it("refuses a function without the permission", async () => {
    const stranger = new SecretsManagerClient(aws.clientFor("Stranger"));
    await expect(stranger.send(new GetSecretValueCommand({ SecretId: "stripe" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });
});

describe("Step Functions and Lambda", () => {
  it("starts an execution and describes it", async () => {
    const client = new SFNClient(aws.clientFor("Worker"));
    const { arn } = first(aws.model.stateMachines);
    const { executionArn, startDate } = await client.send(
      new StartExecutionCommand({ stateMachineArn: arn, name: "tr_1", input: "{}" }),
    );
    expect(startDate).toBeInstanceOf(Date);
    const description = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(description).toMatchObject({ status: "SUCCEEDED", stateMachineArn: arn, name: "tr_1" });
  });

  it("invokes a function by name or ARN, waiting or not", async () => {
    const client = new LambdaClient(aws.clientFor("Worker"));
    const { name, arn } = functionNamed("Target");
    const answer = await client.send(new InvokeCommand({ FunctionName: arn, Payload: '{"a":1}' }));
    expect(answer.Payload?.transformToString()).toBe('{"ok":true}');
    const queued = await client.send(new InvokeCommand({ FunctionName: name, InvocationType: "Event" }));
    expect(queued.StatusCode).toBe(202);
    expect(aws.invocations).toEqual([
      { functionName: name, payload: '{"a":1}', type: "RequestResponse" },
      { functionName: name, payload: "{}", type: "Event" },
    ]);
  });

  it("gives errors of the service by their names", async () => {
    const client = new LambdaClient(aws.clientFor());
    await expect(client.send(new InvokeCommand({ FunctionName: "none" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    aws.faults.add({ service: "lambda", error: "throttle" });
    await expect(client.send(new InvokeCommand({ FunctionName: functionNamed("Target").name }))).rejects.toMatchObject({
      name: "TooManyRequestsException",
    });
  });
});

describe("the endpoint", () => {
  it("names service and operation of what it doesn't answer", async () => {
    const answer = await fetch(aws.server.url, {
      method: "POST",
      headers: { "X-Amz-Target": "Kinesis_20131202.PutRecord" },
    });
    expect(await answer.text()).toContain("Kinesis_20131202.PutRecord");
    const known = await fetch(aws.server.url, { method: "POST", headers: { "X-Amz-Target": "AWSEvents.PutRule" } });
    expect(await known.text()).toContain("events:PutRule");
  });

  it("tells who calls", async () => {
    const body = "Action=GetCallerIdentity&Version=2011-06-15";
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const answer = await fetch(aws.server.url, { method: "POST", headers, body });
    expect(await answer.text()).toContain("<Arn>arn:aws:iam::000000000000:user/administrator</Arn>");
  });
});

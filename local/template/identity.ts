import { createHash } from "node:crypto";
import type { ResourceIdentity } from "./intrinsics.ts";

export interface IdentityContext {
  readonly account: string;
  readonly region: string;
  readonly stack: string;
  readonly logicalId: string;
  /** A property as text; undefined when it isn't set. */
  readonly property: (name: string) => string | undefined;
  readonly endpoints: Endpoints;
}

/** Where the host answers, for those attributes of resources that are addresses. */
export interface Endpoints {
  /** Base URL of the AWS endpoint; queue URLs are below it. */
  readonly aws: string;
  readonly httpApi: (apiId: string) => string;
  readonly functionUrl: (functionName: string) => string;
}

type Identify = (context: IdentityContext) => ResourceIdentity;

const identities: Readonly<Record<string, Identify>> = {
  "AWS::Lambda::Function": (c) => {
    const name = nameOf(c, "FunctionName", 64);
    return { ref: name, attributes: { Arn: arn(c, "lambda", `function:${name}`) } };
  },
  "AWS::Lambda::Url": (c) => {
    const functionArn = c.property("TargetFunctionArn") ?? "";
    const functionName = functionArn.slice(functionArn.lastIndexOf(":") + 1);
    return {
      ref: functionArn,
      attributes: { FunctionArn: functionArn, FunctionUrl: c.endpoints.functionUrl(functionName) },
    };
  },
  "AWS::Lambda::EventSourceMapping": (c) => {
    const id = uuid(c);
    return {
      ref: id,
      attributes: { Id: id, EventSourceMappingArn: arn(c, "lambda", `event-source-mapping:${id}`) },
    };
  },
  "AWS::DynamoDB::Table": table,
  "AWS::DynamoDB::GlobalTable": table,
  "AWS::Events::EventBus": (c) => {
    const name = nameOf(c, "Name", 256);
    return { ref: name, attributes: { Name: name, Arn: arn(c, "events", `event-bus/${name}`) } };
  },
  "AWS::Events::Rule": (c) => {
    const name = nameOf(c, "Name", 64);
    const bus = busName(c.property("EventBusName"));
    const path = bus === "default" ? name : `${bus}/${name}`;
    return { ref: path.replace("/", "|"), attributes: { Arn: arn(c, "events", `rule/${path}`) } };
  },
  "AWS::Events::Archive": (c) => {
    const name = nameOf(c, "ArchiveName", 48);
    return { ref: name, attributes: { ArchiveName: name, Arn: arn(c, "events", `archive/${name}`) } };
  },
  "AWS::Scheduler::ScheduleGroup": (c) => {
    const name = nameOf(c, "Name", 64);
    return { ref: name, attributes: { Arn: arn(c, "scheduler", `schedule-group/${name}`) } };
  },
  "AWS::Scheduler::Schedule": (c) => {
    const name = nameOf(c, "Name", 64);
    const group = c.property("GroupName") ?? "default";
    return { ref: name, attributes: { Arn: arn(c, "scheduler", `schedule/${group}/${name}`) } };
  },
  "AWS::SQS::Queue": (c) => {
    const name = nameOf(c, "QueueName", 80);
    const url = `${c.endpoints.aws}/${c.account}/${name}`;
    return { ref: url, attributes: { QueueUrl: url, QueueName: name, Arn: arn(c, "sqs", name) } };
  },
  "AWS::StepFunctions::StateMachine": (c) => {
    const name = nameOf(c, "StateMachineName", 80);
    const machineArn = arn(c, "states", `stateMachine:${name}`);
    return { ref: machineArn, attributes: { Arn: machineArn, Name: name } };
  },
  "AWS::ApiGatewayV2::Api": (c) => {
    const id = shortId(c);
    return { ref: id, attributes: { ApiId: id, ApiEndpoint: c.endpoints.httpApi(id) } };
  },
  "AWS::ApiGatewayV2::Stage": (c) => ({ ref: c.property("StageName") ?? "$default", attributes: {} }),
  "AWS::ApiGatewayV2::Route": (c) => ({ ref: shortId(c), attributes: { RouteId: shortId(c) } }),
  "AWS::ApiGatewayV2::Integration": (c) => ({ ref: shortId(c), attributes: { IntegrationId: shortId(c) } }),
  "AWS::ApiGatewayV2::Authorizer": (c) => ({ ref: shortId(c), attributes: { AuthorizerId: shortId(c) } }),
  "AWS::SecretsManager::Secret": (c) => {
    const name = nameOf(c, "Name", 512);
    // AWS appends six characters, so that a policy for a deleted secret doesn't hold for its successor.
    const secretArn = arn(c, "secretsmanager", `secret:${name}-${hash(c).slice(0, 6)}`);
    return { ref: secretArn, attributes: { Id: secretArn } };
  },
  "AWS::IAM::Role": (c) => {
    const name = nameOf(c, "RoleName", 64);
    return {
      ref: name,
      attributes: {
        Arn: `arn:aws:iam::${c.account}:role${c.property("Path") ?? "/"}${name}`,
        RoleId: `AROA${hash(c).toUpperCase().slice(0, 16)}`,
      },
    };
  },
  "AWS::IAM::ManagedPolicy": (c) => {
    const policyArn = `arn:aws:iam::${c.account}:policy/${nameOf(c, "ManagedPolicyName", 128)}`;
    return { ref: policyArn, attributes: { PolicyArn: policyArn } };
  },
  "AWS::Logs::LogGroup": (c) => {
    const name = nameOf(c, "LogGroupName", 512);
    return { ref: name, attributes: { Arn: `${arn(c, "logs", `log-group:${name}`)}:*` } };
  },
  "AWS::SNS::Topic": (c) => {
    const name = nameOf(c, "TopicName", 256);
    const topicArn = arn(c, "sns", name);
    return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
  },
  "AWS::KMS::Key": (c) => {
    const id = uuid(c);
    return { ref: id, attributes: { KeyId: id, Arn: arn(c, "kms", `key/${id}`) } };
  },
  "AWS::CloudWatch::Alarm": (c) => {
    const name = nameOf(c, "AlarmName", 255);
    return { ref: name, attributes: { Arn: arn(c, "cloudwatch", `alarm:${name}`) } };
  },
  "AWS::CloudWatch::CompositeAlarm": (c) => {
    const name = nameOf(c, "AlarmName", 255);
    return { ref: name, attributes: { Arn: arn(c, "cloudwatch", `alarm:${name}`) } };
  },
};

/**
 * What `Ref` and `Fn::GetAtt` give for a resource. Names that the template leaves to CloudFormation are made from stack and
 * logical id without the random part, so that they are the same at each start and the data of the last run is found again.
 */
export function identify(type: string, context: IdentityContext): ResourceIdentity {
  const known = identities[type];
  if (known !== undefined) return known(context);
  return { ref: shorten(`${context.stack}-${context.logicalId}`, 128), attributes: {} };
}

/** The name in a bus's ARN, or the text itself when it is a name. */
export function busName(nameOrArn: string | undefined): string {
  if (nameOrArn === undefined) return "default";
  return nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);
}

function table(c: IdentityContext): ResourceIdentity {
  const name = nameOf(c, "TableName", 255);
  const tableArn = arn(c, "dynamodb", `table/${name}`);
  return {
    ref: name,
    attributes: {
      Arn: tableArn,
      // A constant label: dynoxide has a label of its own for each creation, which the proxy translates.
      StreamArn: `${tableArn}/stream/2026-01-01T00:00:00.000`,
      TableId: uuid(c),
    },
  };
}

function nameOf(c: IdentityContext, property: string, maxLength: number): string {
  return c.property(property) ?? shorten(`${c.stack}-${c.logicalId}`, maxLength);
}

function shorten(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const suffix = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, maxLength - 9)}-${suffix}`;
}

function arn(c: IdentityContext, service: string, resource: string): string {
  return `arn:aws:${service}:${c.region}:${c.account}:${resource}`;
}

function hash(c: IdentityContext): string {
  return createHash("sha256").update(`${c.stack}/${c.logicalId}`).digest("hex");
}

function shortId(c: IdentityContext): string {
  return BigInt(`0x${hash(c).slice(0, 13)}`)
    .toString(36)
    .padStart(10, "0")
    .slice(0, 10);
}

function uuid(c: IdentityContext): string {
  const h = hash(c);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20, 32)}`;
}

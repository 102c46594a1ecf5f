import { type PolicyDocument, policyDocumentSchema } from "../iam/policy-document.ts";
import { defined } from "./defined.ts";
import { busName } from "./identity.ts";
import type {
  ArchiveModel,
  EventBusModel,
  IndexModel,
  JsonObject,
  KeyModel,
  QueueModel,
  RetryPolicyModel,
  RoleModel,
  RuleModel,
  ScheduleGroupModel,
  ScheduleModel,
  SecretModel,
  TableModel,
} from "./model.ts";
import type { EmulatedResource, ResolvedResources } from "./resources.ts";

export function buildTables(resources: ResolvedResources): TableModel[] {
  const plain = resources.of("AWS::DynamoDB::Table").map((resource) => {
    const { properties } = resource;
    return tableOf(resource, properties, {
      deletionProtection: properties.DeletionProtectionEnabled ?? false,
      resourcePolicy: properties.ResourcePolicy?.PolicyDocument,
    });
  });
  const global = resources.of("AWS::DynamoDB::GlobalTable").map((resource) => {
    const [replica] = resource.properties.Replicas;
    return tableOf(resource, resource.properties, {
      deletionProtection: replica.DeletionProtectionEnabled ?? false,
      resourcePolicy: replica.ResourcePolicy?.PolicyDocument,
    });
  });
  return [...plain, ...global];
}

type TableProperties = Pick<
  EmulatedResource<"AWS::DynamoDB::Table">["properties"],
  | "AttributeDefinitions"
  | "KeySchema"
  | "GlobalSecondaryIndexes"
  | "LocalSecondaryIndexes"
  | "StreamSpecification"
  | "TimeToLiveSpecification"
>;

function tableOf(
  resource: Omit<EmulatedResource<"AWS::DynamoDB::Table">, "properties">,
  properties: TableProperties,
  settings: { deletionProtection: boolean; resourcePolicy: PolicyDocument | undefined },
): TableModel {
  const streamView = properties.StreamSpecification?.StreamViewType;
  const timeToLive = properties.TimeToLiveSpecification;
  return defined({
    stack: resource.stack,
    logicalId: resource.logicalId,
    name: resource.ref,
    arn: resource.attributes.Arn ?? "",
    streamArn: streamView && resource.attributes.StreamArn,
    attributeTypes: Object.fromEntries(
      properties.AttributeDefinitions.map((attribute) => [attribute.AttributeName, attribute.AttributeType]),
    ),
    key: keyOf(properties.KeySchema),
    globalIndexes: (properties.GlobalSecondaryIndexes ?? []).map(indexOf),
    localIndexes: (properties.LocalSecondaryIndexes ?? []).map(indexOf),
    streamView,
    timeToLiveAttribute: timeToLive?.Enabled ? timeToLive.AttributeName : undefined,
    ...settings,
  });
}

function keyOf(schema: TableProperties["KeySchema"]): KeyModel {
  const hash = schema.find((part) => part.KeyType === "HASH")?.AttributeName;
  if (hash === undefined) throw new Error("a key schema without a HASH attribute");
  return defined({ hash, range: schema.find((part) => part.KeyType === "RANGE")?.AttributeName });
}

function indexOf(index: NonNullable<TableProperties["GlobalSecondaryIndexes"]>[number]): IndexModel {
  const { ProjectionType, NonKeyAttributes } = index.Projection;
  return {
    name: index.IndexName,
    key: keyOf(index.KeySchema),
    projection: defined({ type: ProjectionType, nonKeyAttributes: NonKeyAttributes }),
  };
}

export function buildEventBuses(resources: ResolvedResources): EventBusModel[] {
  const policies = resources.of("AWS::Events::EventBusPolicy");
  return resources.of("AWS::Events::EventBus").map(({ stack, logicalId, ref, attributes, properties }) => {
    const own = policies
      .filter((policy) => busName(policy.properties.EventBusName) === ref)
      .map((policy) => policyDocumentSchema.parse({ Statement: policy.properties.Statement }));
    return defined({
      stack,
      logicalId,
      name: ref,
      arn: attributes.Arn ?? "",
      deadLetterArn: properties.DeadLetterConfig?.Arn,
      policies: properties.Policy === undefined ? own : [properties.Policy, ...own],
    });
  });
}

export function buildArchives(resources: ResolvedResources): ArchiveModel[] {
  return resources.of("AWS::Events::Archive").map(({ stack, logicalId, ref, properties }) =>
    defined({
      stack,
      logicalId,
      name: ref,
      busArn: properties.SourceArn,
      pattern: properties.EventPattern as JsonObject | undefined,
      retentionDays: properties.RetentionDays,
    }),
  );
}

export function buildRules(resources: ResolvedResources): RuleModel[] {
  return resources.of("AWS::Events::Rule").map(({ stack, logicalId, ref, attributes, properties }) =>
    defined({
      stack,
      logicalId,
      name: ref.slice(ref.indexOf("|") + 1),
      arn: attributes.Arn ?? "",
      busName: busName(properties.EventBusName),
      enabled: properties.State !== "DISABLED",
      pattern: properties.EventPattern as JsonObject | undefined,
      scheduleExpression: properties.ScheduleExpression,
      targets: (properties.Targets ?? []).map((target) =>
        defined({
          id: target.Id,
          arn: target.Arn,
          roleArn: target.RoleArn,
          input: target.Input,
          inputPath: target.InputPath,
          inputTransformer: target.InputTransformer && {
            paths: target.InputTransformer.InputPathsMap ?? {},
            template: target.InputTransformer.InputTemplate,
          },
          retry: retryOf(target.RetryPolicy),
          deadLetterArn: target.DeadLetterConfig?.Arn,
        }),
      ),
    }),
  );
}

export function buildScheduleGroups(resources: ResolvedResources): ScheduleGroupModel[] {
  return resources.of("AWS::Scheduler::ScheduleGroup").map(({ stack, logicalId, ref, attributes }) => ({
    stack,
    logicalId,
    name: ref,
    arn: attributes.Arn ?? "",
  }));
}

export function buildSchedules(resources: ResolvedResources): ScheduleModel[] {
  return resources.of("AWS::Scheduler::Schedule").map(({ stack, logicalId, ref, attributes, properties }) => {
    const { Target: target } = properties;
    return {
      stack,
      logicalId,
      name: ref,
      group: properties.GroupName ?? "default",
      arn: attributes.Arn ?? "",
      enabled: properties.State !== "DISABLED",
      expression: properties.ScheduleExpression,
      target: defined({
        arn: target.Arn,
        roleArn: target.RoleArn,
        input: target.Input,
        eventBridge: target.EventBridgeParameters && {
          detailType: target.EventBridgeParameters.DetailType,
          source: target.EventBridgeParameters.Source,
        },
        retry: retryOf(target.RetryPolicy),
        deadLetterArn: target.DeadLetterConfig?.Arn,
      }),
    };
  });
}

/** AWS's defaults: 185 attempts within a day. */
export function retryOf(
  policy: { MaximumRetryAttempts?: number | undefined; MaximumEventAgeInSeconds?: number | undefined } | undefined,
): RetryPolicyModel {
  return {
    maximumRetryAttempts: policy?.MaximumRetryAttempts ?? 185,
    maximumEventAgeSeconds: policy?.MaximumEventAgeInSeconds ?? 86_400,
  };
}

export function buildQueues(resources: ResolvedResources): QueueModel[] {
  const policies = resources.of("AWS::SQS::QueuePolicy");
  return resources.of("AWS::SQS::Queue").map(({ stack, logicalId, ref, attributes, properties }) =>
    defined({
      stack,
      logicalId,
      name: attributes.QueueName ?? "",
      arn: attributes.Arn ?? "",
      url: ref,
      visibilityTimeoutSeconds: properties.VisibilityTimeout ?? 30,
      retentionSeconds: properties.MessageRetentionPeriod ?? 345_600,
      delaySeconds: properties.DelaySeconds ?? 0,
      redrive: properties.RedrivePolicy && {
        deadLetterArn: properties.RedrivePolicy.deadLetterTargetArn,
        maxReceiveCount: properties.RedrivePolicy.maxReceiveCount,
      },
      policies: policies
        .filter((policy) => policy.properties.Queues.includes(ref))
        .map((policy) => policy.properties.PolicyDocument),
    }),
  );
}

export function buildSecrets(resources: ResolvedResources): SecretModel[] {
  const policies = resources.of("AWS::SecretsManager::ResourcePolicy");
  return resources.of("AWS::SecretsManager::Secret").map(({ stack, logicalId, ref, properties }) => {
    const generate = properties.GenerateSecretString;
    return {
      stack,
      logicalId,
      name: /:secret:(.+)-[^-]{6}$/.exec(ref)?.[1] ?? ref,
      arn: ref,
      policies: policies
        .filter((policy) => policy.properties.SecretId === ref)
        .map((policy) => policy.properties.ResourcePolicy),
      ...(properties.SecretString !== undefined && { value: { text: properties.SecretString } }),
      ...(generate !== undefined && {
        value: {
          generate: defined({
            template:
              generate.SecretStringTemplate === undefined
                ? undefined
                : (JSON.parse(generate.SecretStringTemplate) as JsonObject),
            key: generate.GenerateStringKey,
            length: generate.PasswordLength ?? 32,
            excluded: generate.ExcludeCharacters ?? "",
            excludePunctuation: generate.ExcludePunctuation ?? false,
          }),
        },
      }),
    };
  });
}

export function buildRoles(resources: ResolvedResources): RoleModel[] {
  const attached = [
    ...resources.of("AWS::IAM::Policy").map((policy) => ({
      roles: policy.properties.Roles ?? [],
      name: policy.properties.PolicyName,
      document: policy.properties.PolicyDocument,
    })),
    ...resources.of("AWS::IAM::ManagedPolicy").map((policy) => ({
      roles: policy.properties.Roles ?? [],
      name: policy.ref,
      document: policy.properties.PolicyDocument,
    })),
  ];
  const customerManaged = new Map(resources.of("AWS::IAM::ManagedPolicy").map((policy) => [policy.ref, policy]));
  return resources.of("AWS::IAM::Role").map(({ stack, logicalId, ref, attributes, properties }) => {
    const inline = (properties.Policies ?? []).map((policy) => ({
      name: policy.PolicyName,
      document: policy.PolicyDocument,
    }));
    const listed = properties.ManagedPolicyArns ?? [];
    const ownManaged = listed.flatMap((arn) => {
      const policy = customerManaged.get(arn);
      return policy === undefined ? [] : [{ name: arn, document: policy.properties.PolicyDocument }];
    });
    return {
      stack,
      logicalId,
      name: ref,
      arn: attributes.Arn ?? "",
      trust: properties.AssumeRolePolicyDocument,
      policies: [
        ...inline,
        ...ownManaged,
        ...attached.filter((policy) => policy.roles.includes(ref)).map(({ name, document }) => ({ name, document })),
      ],
      managedPolicyArns: listed.filter((arn) => !customerManaged.has(arn)),
    };
  });
}

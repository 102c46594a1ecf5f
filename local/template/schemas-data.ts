import * as z from "zod";
import { policyDocumentSchema } from "../iam/policy-document.ts";
import { boolean, encryption, inert, number, tags, texts } from "./schema-parts.ts";

const backups = inert("data is kept in the data directory");
const insights = inert("no metrics service");
const throughput = inert("nothing is throttled but by an injected fault");

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) }));

const indexSchema = z.strictObject({
  ContributorInsightsSpecification: insights,
  IndexName: z.string(),
  KeySchema: keySchema,
  OnDemandThroughput: throughput,
  Projection: z.strictObject({
    ProjectionType: z.enum(["ALL", "KEYS_ONLY", "INCLUDE"]),
    NonKeyAttributes: texts.optional(),
  }),
  WarmThroughput: throughput,
});

const resourcePolicy = z.strictObject({ PolicyDocument: policyDocumentSchema });
const streamView = z.enum(["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]);
const timeToLive = z.strictObject({ AttributeName: z.string().optional(), Enabled: boolean });

const commonTable = {
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(["S", "N", "B"]) })),
  BillingMode: z.literal("PAY_PER_REQUEST"),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(indexSchema).optional(),
  LocalSecondaryIndexes: z.array(indexSchema).optional(),
  SSESpecification: encryption,
  TableName: z.string().optional(),
  TimeToLiveSpecification: timeToLive.optional(),
  WarmThroughput: throughput,
};

export const tableSchema = z.strictObject({
  ...commonTable,
  ContributorInsightsSpecification: insights,
  DeletionProtectionEnabled: boolean.optional(),
  OnDemandThroughput: throughput,
  PointInTimeRecoverySpecification: backups,
  ResourcePolicy: resourcePolicy.optional(),
  StreamSpecification: z.strictObject({ StreamViewType: streamView }).optional(),
  TableClass: inert("a price class"),
  Tags: tags,
});

const replicaSchema = z.strictObject({
  ContributorInsightsSpecification: insights,
  DeletionProtectionEnabled: boolean.optional(),
  GlobalSecondaryIndexes: inert("settings of throughput and insights per index"),
  PointInTimeRecoverySpecification: backups,
  ReadOnDemandThroughputSettings: throughput,
  Region: z.string(),
  ResourcePolicy: resourcePolicy.optional(),
  SSESpecification: encryption,
  TableClass: inert("a price class"),
  Tags: tags,
});

export const globalTableSchema = z.strictObject({
  ...commonTable,
  /** One region runs here; a second replica would be a property that isn't obeyed. */
  Replicas: z.tuple([replicaSchema]),
  StreamSpecification: z.strictObject({ StreamViewType: streamView }).optional(),
  WriteOnDemandThroughputSettings: throughput,
});

const redrivePolicy = z
  .union([z.string().transform((value): unknown => JSON.parse(value)), z.unknown()])
  .pipe(z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: number }));

export const queueSchema = z.strictObject({
  DelaySeconds: number.optional(),
  KmsDataKeyReusePeriodSeconds: encryption,
  KmsMasterKeyId: encryption,
  MaximumMessageSize: inert("the service's own limit of 1 MiB holds"),
  MessageRetentionPeriod: number.optional(),
  QueueName: z.string().optional(),
  ReceiveMessageWaitTimeSeconds: inert("callers say how long they wait"),
  RedriveAllowPolicy: inert("only this template's queues exist"),
  RedrivePolicy: redrivePolicy.optional(),
  SqsManagedSseEnabled: encryption,
  Tags: tags,
  VisibilityTimeout: number.optional(),
});

export const queuePolicySchema = z.strictObject({ PolicyDocument: policyDocumentSchema, Queues: texts });

export const secretSchema = z.strictObject({
  Description: inert("a text for people"),
  GenerateSecretString: z
    .strictObject({
      ExcludeCharacters: z.string().optional(),
      ExcludeLowercase: z.literal(false).optional(),
      ExcludeNumbers: z.literal(false).optional(),
      ExcludePunctuation: boolean.optional(),
      ExcludeUppercase: z.literal(false).optional(),
      GenerateStringKey: z.string().optional(),
      IncludeSpace: z.literal(false).optional(),
      PasswordLength: number.optional(),
      RequireEachIncludedType: inert("the generated text is long"),
      SecretStringTemplate: z.string().optional(),
    })
    .optional(),
  KmsKeyId: encryption,
  Name: z.string().optional(),
  ReplicaRegions: inert("one region"),
  SecretString: z.string().optional(),
  Tags: tags,
});

export const secretPolicySchema = z.strictObject({
  BlockPublicPolicy: inert("a check at deployment"),
  ResourcePolicy: policyDocumentSchema,
  SecretId: z.string(),
});

const inlinePolicy = z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocumentSchema });

export const roleSchema = z.strictObject({
  AssumeRolePolicyDocument: policyDocumentSchema,
  Description: inert("a text for people"),
  ManagedPolicyArns: texts.optional(),
  MaxSessionDuration: inert("sessions don't end here"),
  Path: z.string().optional(),
  Policies: z.array(inlinePolicy).optional(),
  RoleName: z.string().optional(),
  Tags: tags,
});

export const policySchema = inlinePolicy.extend({ Roles: texts.optional() });

export const managedPolicySchema = z.strictObject({
  Description: inert("a text for people"),
  ManagedPolicyName: z.string().optional(),
  Path: inert("a text for people"),
  PolicyDocument: policyDocumentSchema,
  Roles: texts.optional(),
});

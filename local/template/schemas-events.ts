import * as z from "zod";
import { policyDocumentSchema } from "../iam/policy-document.ts";
import { deadLetterConfig, encryption, inert, jsonObject, number, retryPolicy, tags, text } from "./schema-parts.ts";

export const eventBusSchema = z.strictObject({
  DeadLetterConfig: deadLetterConfig.optional(),
  Description: inert("a text for people"),
  KmsKeyIdentifier: encryption,
  LogConfig: inert("no log service"),
  Name: z.string(),
  Policy: policyDocumentSchema.optional(),
  Tags: tags,
});

export const eventBusPolicySchema = z.strictObject({
  EventBusName: z.string().optional(),
  Statement: jsonObject,
  StatementId: z.string(),
});

export const archiveSchema = z.strictObject({
  ArchiveName: z.string().optional(),
  Description: inert("a text for people"),
  EventPattern: jsonObject.optional(),
  KmsKeyIdentifier: encryption,
  RetentionDays: number.optional(),
  SourceArn: z.string(),
});

const targetSchema = z.strictObject({
  Arn: z.string(),
  DeadLetterConfig: deadLetterConfig.optional(),
  Id: z.string(),
  Input: z.string().optional(),
  InputPath: z.string().optional(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), z.string()).optional(), InputTemplate: z.string() })
    .optional(),
  RetryPolicy: retryPolicy.optional(),
  RoleArn: z.string().optional(),
});

export const ruleSchema = z.strictObject({
  Description: inert("a text for people"),
  EventBusName: z.string().optional(),
  EventPattern: jsonObject.optional(),
  Name: z.string().optional(),
  RoleArn: inert("each target has its own role"),
  ScheduleExpression: z.string().optional(),
  State: z.enum(["ENABLED", "DISABLED"]).optional(),
  Tags: tags,
  Targets: z.array(targetSchema).optional(),
});

export const scheduleGroupSchema = z.strictObject({ Name: z.string().optional(), Tags: tags });

export const scheduleSchema = z.strictObject({
  Description: inert("a text for people"),
  FlexibleTimeWindow: z.strictObject({
    Mode: z.enum(["OFF", "FLEXIBLE"]),
    MaximumWindowInMinutes: inert("fires on time"),
  }),
  GroupName: z.string().optional(),
  KmsKeyArn: encryption,
  Name: z.string().optional(),
  ScheduleExpression: text,
  ScheduleExpressionTimezone: z.enum(["UTC", "Etc/UTC"]).optional(),
  State: z.enum(["ENABLED", "DISABLED"]).optional(),
  Target: z.strictObject({
    Arn: z.string(),
    DeadLetterConfig: deadLetterConfig.optional(),
    EventBridgeParameters: z.strictObject({ DetailType: z.string(), Source: z.string() }).optional(),
    Input: z.string().optional(),
    RetryPolicy: retryPolicy.optional(),
    RoleArn: z.string(),
  }),
});

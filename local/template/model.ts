/**
 * What the synthesized template says, resolved to concrete strings and typed. Only resources that the local cloud
 * runs appear here; whatever has no effect on one machine is checked against a list of known types and left out.
 */
import type { PolicyDocument } from "../iam/policy-document.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Where a resource comes from, for messages: `Stack/LogicalId`. */
export interface Origin {
  readonly stack: string;
  readonly logicalId: string;
}

export interface FunctionModel extends Origin {
  readonly name: string;
  readonly arn: string;
  /** A directory of the cloud assembly, or the text of an inline function. */
  readonly code: { readonly directory: string } | { readonly inline: string };
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
  readonly reservedConcurrency?: number;
  /** Queue for asynchronous invocations that failed for good (the older form of an on-failure destination). */
  readonly deadLetterArn?: string;
}

export interface KeyModel {
  readonly hash: string;
  readonly range?: string;
}

export interface IndexModel {
  readonly name: string;
  readonly key: KeyModel;
  readonly projection: {
    readonly type: "ALL" | "KEYS_ONLY" | "INCLUDE";
    readonly nonKeyAttributes?: readonly string[];
  };
}

export interface TableModel extends Origin {
  readonly name: string;
  readonly arn: string;
  readonly streamArn?: string;
  readonly attributeTypes: Readonly<Record<string, "S" | "N" | "B">>;
  readonly key: KeyModel;
  readonly globalIndexes: readonly IndexModel[];
  readonly localIndexes: readonly IndexModel[];
  readonly streamView?: "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES" | "KEYS_ONLY";
  readonly timeToLiveAttribute?: string;
  readonly deletionProtection: boolean;
  readonly resourcePolicy?: PolicyDocument;
}

export interface EventSourceMappingModel extends Origin {
  readonly id: string;
  readonly functionName: string;
  readonly eventSourceArn: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly maximumBatchingWindowSeconds: number;
  readonly startingPosition?: "TRIM_HORIZON" | "LATEST";
  /** Each an event pattern, parsed. A record is delivered when one of them matches; none means all. */
  readonly filters: readonly JsonObject[];
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  /** -1 is AWS's "until the record expires". */
  readonly maximumRetryAttempts: number;
  /** -1 is AWS's "never". */
  readonly maximumRecordAgeSeconds: number;
  readonly parallelizationFactor: number;
  readonly maximumConcurrency?: number;
  readonly onFailureArn?: string;
}

export interface EventBusModel extends Origin {
  readonly name: string;
  readonly arn: string;
  readonly deadLetterArn?: string;
  readonly policies: readonly PolicyDocument[];
}

export interface ArchiveModel extends Origin {
  readonly name: string;
  readonly busArn: string;
  readonly pattern?: JsonObject;
  readonly retentionDays?: number;
}

export interface RetryPolicyModel {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
}

export interface RuleTargetModel {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string;
  /** Constant JSON text. */
  readonly input?: string;
  readonly inputPath?: string;
  readonly inputTransformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string };
  readonly retry: RetryPolicyModel;
  readonly deadLetterArn?: string;
}

export interface RuleModel extends Origin {
  readonly name: string;
  readonly arn: string;
  readonly busName: string;
  readonly enabled: boolean;
  readonly pattern?: JsonObject;
  /** `rate(…)` or `cron(…)`. */
  readonly scheduleExpression?: string;
  readonly targets: readonly RuleTargetModel[];
}

export interface ScheduleGroupModel extends Origin {
  readonly name: string;
  readonly arn: string;
}

export interface ScheduleModel extends Origin {
  readonly name: string;
  readonly group: string;
  readonly arn: string;
  readonly enabled: boolean;
  readonly expression: string;
  readonly target: ScheduleTargetModel;
}

export interface ScheduleTargetModel {
  readonly arn: string;
  readonly roleArn: string;
  readonly input?: string;
  readonly eventBridge?: { readonly detailType: string; readonly source: string };
  readonly retry: RetryPolicyModel;
  readonly deadLetterArn?: string;
}

export interface QueueModel extends Origin {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly visibilityTimeoutSeconds: number;
  readonly retentionSeconds: number;
  readonly delaySeconds: number;
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
  readonly policies: readonly PolicyDocument[];
}

export interface StateMachineModel extends Origin {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** Amazon States Language, JSON text. */
  readonly definition: string;
}

export interface CorsModel {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds?: number;
}

export interface FunctionUrlModel extends Origin {
  readonly functionName: string;
  readonly url: string;
  readonly authType: "NONE" | "AWS_IAM";
  readonly cors?: CorsModel;
}

export interface EventInvokeConfigModel extends Origin {
  readonly functionName: string;
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
  readonly onFailureArn?: string;
  readonly onSuccessArn?: string;
}

export interface JwtAuthorizerModel {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Such as `$request.header.Authorization`. */
  readonly identitySource: readonly string[];
}

export interface RouteModel extends Origin {
  /** `GET /v2/{proxy+}` or `$default`. */
  readonly routeKey: string;
  readonly functionName: string;
  readonly timeoutMs: number;
  readonly authorizer?: JwtAuthorizerModel;
  readonly authorizationScopes: readonly string[];
}

export interface StageModel {
  readonly name: string;
  readonly throttling?: { readonly burstLimit?: number; readonly rateLimit?: number };
}

export interface HttpApiModel extends Origin {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly cors?: CorsModel;
  readonly stages: readonly StageModel[];
  readonly routes: readonly RouteModel[];
}

export interface SecretModel extends Origin {
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly PolicyDocument[];
  /** Absent: created empty, for a person to set. */
  readonly value?:
    | { readonly text: string }
    | {
        readonly generate: {
          readonly template?: JsonObject;
          readonly key?: string;
          readonly length: number;
          readonly excluded: string;
          readonly excludePunctuation: boolean;
        };
      };
}

export interface RoleModel extends Origin {
  readonly name: string;
  readonly arn: string;
  readonly trust: PolicyDocument;
  readonly policies: readonly { readonly name: string; readonly document: PolicyDocument }[];
  /** AWS managed policies, by ARN. */
  readonly managedPolicyArns: readonly string[];
}

/** A statement of a function's resource policy. */
export interface PermissionModel extends Origin {
  readonly functionName: string;
  readonly action: string;
  readonly principal: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
  readonly functionUrlAuthType?: string;
  readonly invokedViaFunctionUrl?: boolean;
}

export interface TemplateModel {
  readonly account: string;
  readonly region: string;
  readonly functions: readonly FunctionModel[];
  readonly tables: readonly TableModel[];
  readonly eventSourceMappings: readonly EventSourceMappingModel[];
  readonly eventBuses: readonly EventBusModel[];
  readonly archives: readonly ArchiveModel[];
  readonly rules: readonly RuleModel[];
  readonly scheduleGroups: readonly ScheduleGroupModel[];
  readonly schedules: readonly ScheduleModel[];
  readonly queues: readonly QueueModel[];
  readonly stateMachines: readonly StateMachineModel[];
  readonly functionUrls: readonly FunctionUrlModel[];
  readonly eventInvokeConfigs: readonly EventInvokeConfigModel[];
  readonly httpApis: readonly HttpApiModel[];
  readonly secrets: readonly SecretModel[];
  readonly roles: readonly RoleModel[];
  readonly permissions: readonly PermissionModel[];
  /** Stack name → output's logical id → value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

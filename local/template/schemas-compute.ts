import * as z from "zod";
import {
  boolean,
  cors,
  encryption,
  inert,
  jsonObject,
  number,
  onFailureOnly,
  tags,
  text,
  texts,
} from "./schema-parts.ts";

export const functionSchema = z.strictObject({
  Architectures: inert("runs on this machine's processor"),
  Code: z.strictObject({
    S3Bucket: inert("the asset is taken from the cloud assembly by its key"),
    S3Key: z.string().optional(),
    ZipFile: z.string().optional(),
    S3ObjectVersion: inert("one version exists in the assembly"),
  }),
  DeadLetterConfig: z.strictObject({ TargetArn: z.string().optional() }).optional(),
  Description: inert("a text for people"),
  Environment: z.strictObject({ Variables: z.record(z.string(), text).optional() }).optional(),
  EphemeralStorage: inert("the machine's own temporary directory"),
  FunctionName: z.string().optional(),
  Handler: z.string(),
  KmsKeyArn: encryption,
  LoggingConfig: inert("logs go to a file per function"),
  MemorySize: number.optional(),
  PackageType: z.literal("Zip").optional(),
  RecursiveLoop: inert("loops aren't detected"),
  ReservedConcurrentExecutions: number.optional(),
  Role: z.string(),
  Runtime: z.string().regex(/^nodejs\d+\.x$/, "only Node.js runtimes run here"),
  RuntimeManagementConfig: inert("the machine's own Node.js runs"),
  Tags: tags,
  Timeout: number.optional(),
  TracingConfig: inert("no tracing service"),
});

export const eventSourceMappingSchema = z.strictObject({
  BatchSize: number.optional(),
  BisectBatchOnFunctionError: boolean.optional(),
  DestinationConfig: onFailureOnly.optional(),
  Enabled: boolean.optional(),
  EventSourceArn: z.string(),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: z.string() })).optional() }).optional(),
  FunctionName: z.string(),
  FunctionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).optional(),
  KmsKeyArn: encryption,
  MaximumBatchingWindowInSeconds: number.optional(),
  MaximumRecordAgeInSeconds: number.optional(),
  MaximumRetryAttempts: number.optional(),
  MetricsConfig: inert("no metrics service"),
  ParallelizationFactor: number.optional(),
  ScalingConfig: z.strictObject({ MaximumConcurrency: number.optional() }).optional(),
  StartingPosition: z.enum(["TRIM_HORIZON", "LATEST"]).optional(),
  Tags: tags,
});

export const eventInvokeConfigSchema = z.strictObject({
  DestinationConfig: onFailureOnly
    .extend({ OnSuccess: z.strictObject({ Destination: z.string() }).optional() })
    .optional(),
  FunctionName: z.string(),
  MaximumEventAgeInSeconds: number.optional(),
  MaximumRetryAttempts: number.optional(),
  Qualifier: z.literal("$LATEST").optional(),
});

export const functionUrlSchema = z.strictObject({
  AuthType: z.enum(["NONE", "AWS_IAM"]),
  Cors: cors.optional(),
  InvokeMode: z.literal("BUFFERED").optional(),
  TargetFunctionArn: z.string(),
});

export const permissionSchema = z.strictObject({
  Action: z.string(),
  EventSourceToken: inert("only for Alexa"),
  FunctionName: z.string(),
  FunctionUrlAuthType: z.string().optional(),
  InvokedViaFunctionUrl: boolean.optional(),
  Principal: z.string(),
  PrincipalOrgID: inert("there is one account"),
  SourceAccount: z.string().optional(),
  SourceArn: z.string().optional(),
});

export const stateMachineSchema = z.strictObject({
  Definition: jsonObject.optional(),
  DefinitionString: z.string().optional(),
  DefinitionSubstitutions: z.record(z.string(), text).optional(),
  EncryptionConfiguration: encryption,
  LoggingConfiguration: inert("the local history is kept in the host database"),
  RoleArn: z.string(),
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal("STANDARD").optional(),
  Tags: tags,
  TracingConfiguration: inert("no tracing service"),
});

export const httpApiSchema = z.strictObject({
  CorsConfiguration: cors.optional(),
  Description: inert("a text for people"),
  DisableExecuteApiEndpoint: inert("there is only the local endpoint"),
  IpAddressType: inert("loopback"),
  Name: z.string(),
  ProtocolType: z.literal("HTTP"),
  Tags: tags,
});

export const stageSchema = z.strictObject({
  AccessLogSettings: inert("no log service"),
  ApiId: z.string(),
  AutoDeploy: inert("the template is what runs"),
  DefaultRouteSettings: z
    .strictObject({
      DetailedMetricsEnabled: inert("no metrics service"),
      ThrottlingBurstLimit: number.optional(),
      ThrottlingRateLimit: number.optional(),
    })
    .optional(),
  Description: inert("a text for people"),
  StageName: z.string(),
  Tags: tags,
});

export const integrationSchema = z.strictObject({
  ApiId: z.string(),
  Description: inert("a text for people"),
  IntegrationMethod: inert("a proxy integration always posts"),
  IntegrationType: z.literal("AWS_PROXY"),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal("2.0"),
  TimeoutInMillis: number.optional(),
});

export const routeSchema = z.strictObject({
  ApiId: z.string(),
  ApiKeyRequired: z.literal(false).optional(),
  AuthorizationScopes: texts.optional(),
  AuthorizationType: z.enum(["JWT", "NONE"]).optional(),
  AuthorizerId: z.string().optional(),
  OperationName: inert("a text for people"),
  RouteKey: z.string(),
  Target: z.string(),
});

export const authorizerSchema = z.strictObject({
  ApiId: z.string(),
  AuthorizerType: z.literal("JWT"),
  IdentitySource: texts,
  JwtConfiguration: z.strictObject({ Audience: texts, Issuer: z.string() }),
  Name: z.string(),
});

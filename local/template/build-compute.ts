import type { Assembly } from "./assembly.ts";
import { defined } from "./defined.ts";
import type {
  CorsModel,
  EventInvokeConfigModel,
  EventSourceMappingModel,
  FunctionModel,
  FunctionUrlModel,
  HttpApiModel,
  JsonObject,
  JwtAuthorizerModel,
  PermissionModel,
  RouteModel,
  StateMachineModel,
} from "./model.ts";
import type { EmulatedResource, ResolvedResources } from "./resources.ts";

export function buildFunctions(resources: ResolvedResources, assembly: Assembly): FunctionModel[] {
  return resources.of("AWS::Lambda::Function").map((resource) => {
    const { properties } = resource;
    return defined({
      stack: resource.stack,
      logicalId: resource.logicalId,
      name: resource.ref,
      arn: resource.attributes.Arn ?? "",
      code: codeOf(resource, assembly),
      handler: properties.Handler,
      memoryMb: properties.MemorySize ?? 128,
      timeoutSeconds: properties.Timeout ?? 3,
      environment: properties.Environment?.Variables ?? {},
      roleArn: properties.Role,
      reservedConcurrency: properties.ReservedConcurrentExecutions,
      deadLetterArn: properties.DeadLetterConfig?.TargetArn,
    });
  });
}

function codeOf(resource: EmulatedResource<"AWS::Lambda::Function">, assembly: Assembly): FunctionModel["code"] {
  const { ZipFile, S3Key } = resource.properties.Code;
  if (ZipFile !== undefined) return { inline: ZipFile };
  const directory = assembly.assets.get(S3Key ?? "");
  if (directory !== undefined) return { directory };
  throw new Error(
    `${resource.stack}/${resource.logicalId}: the code ${S3Key ?? ""} isn't an asset of the cloud assembly`,
  );
}

export function buildEventSourceMappings(resources: ResolvedResources): EventSourceMappingModel[] {
  return resources.of("AWS::Lambda::EventSourceMapping").map(({ stack, logicalId, ref, properties }) => {
    const isQueue = properties.EventSourceArn.includes(":sqs:");
    return defined({
      stack,
      logicalId,
      id: ref,
      functionName: functionNameOf(properties.FunctionName),
      eventSourceArn: properties.EventSourceArn,
      enabled: properties.Enabled ?? true,
      batchSize: properties.BatchSize ?? (isQueue ? 10 : 100),
      maximumBatchingWindowSeconds: properties.MaximumBatchingWindowInSeconds ?? 0,
      startingPosition: properties.StartingPosition,
      filters: (properties.FilterCriteria?.Filters ?? []).map((filter) => JSON.parse(filter.Pattern) as JsonObject),
      bisectBatchOnFunctionError: properties.BisectBatchOnFunctionError ?? false,
      reportBatchItemFailures: (properties.FunctionResponseTypes ?? []).includes("ReportBatchItemFailures"),
      maximumRetryAttempts: properties.MaximumRetryAttempts ?? -1,
      maximumRecordAgeSeconds: properties.MaximumRecordAgeInSeconds ?? -1,
      parallelizationFactor: properties.ParallelizationFactor ?? 1,
      maximumConcurrency: properties.ScalingConfig?.MaximumConcurrency,
      onFailureArn: properties.DestinationConfig?.OnFailure?.Destination,
    });
  });
}

export function buildEventInvokeConfigs(resources: ResolvedResources): EventInvokeConfigModel[] {
  return resources.of("AWS::Lambda::EventInvokeConfig").map(({ stack, logicalId, properties }) =>
    defined({
      stack,
      logicalId,
      functionName: functionNameOf(properties.FunctionName),
      maximumRetryAttempts: properties.MaximumRetryAttempts ?? 2,
      maximumEventAgeSeconds: properties.MaximumEventAgeInSeconds ?? 21_600,
      onFailureArn: properties.DestinationConfig?.OnFailure?.Destination,
      onSuccessArn: properties.DestinationConfig?.OnSuccess?.Destination,
    }),
  );
}

export function buildFunctionUrls(resources: ResolvedResources): FunctionUrlModel[] {
  return resources.of("AWS::Lambda::Url").map(({ stack, logicalId, attributes, properties }) =>
    defined({
      stack,
      logicalId,
      functionName: functionNameOf(properties.TargetFunctionArn),
      url: attributes.FunctionUrl ?? "",
      authType: properties.AuthType,
      cors: properties.Cors && corsOf(properties.Cors),
    }),
  );
}

export function buildPermissions(resources: ResolvedResources): PermissionModel[] {
  return resources.of("AWS::Lambda::Permission").map(({ stack, logicalId, properties }) =>
    defined({
      stack,
      logicalId,
      functionName: functionNameOf(properties.FunctionName),
      action: properties.Action,
      principal: properties.Principal,
      sourceArn: properties.SourceArn,
      sourceAccount: properties.SourceAccount,
      functionUrlAuthType: properties.FunctionUrlAuthType,
      invokedViaFunctionUrl: properties.InvokedViaFunctionUrl,
    }),
  );
}

export function buildStateMachines(resources: ResolvedResources): StateMachineModel[] {
  return resources.of("AWS::StepFunctions::StateMachine").map(({ stack, logicalId, attributes, ref, properties }) => {
    const text = properties.DefinitionString ?? JSON.stringify(properties.Definition ?? {});
    const substitutions = properties.DefinitionSubstitutions ?? {};
    const definition = text.replace(/\$\{([\w-]+)\}/g, (whole, name: string) => substitutions[name] ?? whole);
    return { stack, logicalId, name: attributes.Name ?? "", arn: ref, roleArn: properties.RoleArn, definition };
  });
}

export function buildHttpApis(resources: ResolvedResources): HttpApiModel[] {
  const stages = resources.of("AWS::ApiGatewayV2::Stage");
  const routes = resources.of("AWS::ApiGatewayV2::Route");
  return resources.of("AWS::ApiGatewayV2::Api").map(({ stack, logicalId, ref, attributes, properties }) =>
    defined({
      stack,
      logicalId,
      id: ref,
      name: properties.Name,
      endpoint: attributes.ApiEndpoint ?? "",
      cors: properties.CorsConfiguration && corsOf(properties.CorsConfiguration),
      stages: stages
        .filter((stage) => stage.properties.ApiId === ref)
        .map((stage) => {
          const settings = stage.properties.DefaultRouteSettings;
          const throttling = settings && {
            burstLimit: settings.ThrottlingBurstLimit,
            rateLimit: settings.ThrottlingRateLimit,
          };
          return defined({ name: stage.properties.StageName, throttling: throttling && defined(throttling) });
        }),
      routes: routes.filter((route) => route.properties.ApiId === ref).map((route) => routeOf(route, resources)),
    }),
  );
}

function routeOf(route: EmulatedResource<"AWS::ApiGatewayV2::Route">, resources: ResolvedResources): RouteModel {
  const { properties } = route;
  const integrationId = properties.Target.replace(/^integrations\//, "");
  const integration = resources
    .of("AWS::ApiGatewayV2::Integration")
    .find((candidate) => candidate.ref === integrationId);
  if (integration === undefined)
    throw new Error(`${route.stack}/${route.logicalId}: there is no integration ${integrationId}`);
  const authorizer = properties.AuthorizationType === "JWT" ? authorizerOf(route, resources) : undefined;
  return defined({
    stack: route.stack,
    logicalId: route.logicalId,
    routeKey: properties.RouteKey,
    functionName: functionNameOf(integration.properties.IntegrationUri),
    timeoutMs: integration.properties.TimeoutInMillis ?? 30_000,
    authorizer,
    authorizationScopes: properties.AuthorizationScopes ?? [],
  });
}

function authorizerOf(
  route: EmulatedResource<"AWS::ApiGatewayV2::Route">,
  resources: ResolvedResources,
): JwtAuthorizerModel {
  const id = route.properties.AuthorizerId;
  const authorizer = resources.of("AWS::ApiGatewayV2::Authorizer").find((candidate) => candidate.ref === id);
  if (authorizer === undefined)
    throw new Error(`${route.stack}/${route.logicalId}: there is no authorizer ${id ?? ""}`);
  const { Name, IdentitySource, JwtConfiguration } = authorizer.properties;
  return {
    id: authorizer.ref,
    name: Name,
    issuer: JwtConfiguration.Issuer,
    audience: JwtConfiguration.Audience,
    identitySource: IdentitySource,
  };
}

type CorsProperties = NonNullable<EmulatedResource<"AWS::Lambda::Url">["properties"]["Cors"]>;

function corsOf(cors: CorsProperties): CorsModel {
  return defined({
    allowOrigins: cors.AllowOrigins ?? [],
    allowMethods: cors.AllowMethods ?? [],
    allowHeaders: cors.AllowHeaders ?? [],
    exposeHeaders: cors.ExposeHeaders ?? [],
    allowCredentials: cors.AllowCredentials ?? false,
    maxAgeSeconds: cors.MaxAge,
  });
}

/** The function's name in a name, a function ARN (qualified or not) or API Gateway's invocation path. */
export function functionNameOf(nameOrArn: string): string {
  return /:function:([^:/]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

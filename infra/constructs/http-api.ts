import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  HttpApi as Api,
  CorsHttpMethod,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { CfnOutput, Duration, RemovalPolicy, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import { listIndexes } from "../../shared/store/list-index.ts";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import { alarmPeriod } from "./alarm-topic.ts";
import { apiEnvironment, operatorEnvironment } from "./api-environment.ts";
import { auditIndexes } from "./audit-table.ts";
import { commandActions, ServiceFunction } from "./service-function.ts";

/** Fields of one access log line; no token, no body, no query. */
const accessLogFormat = {
  requestId: "$context.requestId",
  time: "$context.requestTime",
  sourceIp: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  route: "$context.routeKey",
  status: "$context.status",
  latencyMs: "$context.responseLatency",
  subject: "$context.authorizer.claims.sub",
  error: "$context.error.message",
  authorizerError: "$context.authorizer.error",
};

/** What a browser may send and read; methods as the operations have them. */
const requestHeaders = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "accept"];
const answerHeaders = ["date", "etag", "retry-after", "x-request-id", "x-next-cursor", "idempotent-replayed"];

export interface HttpApiProps {
  readonly platform: Platform;
  /** Has the operations on the platform itself. */
  readonly operators: ServiceFunction;
}

/** The HTTP API: one route per operation, reads, deeds and the platform itself in functions of their own, a JWT authorizer before them. */
export class HttpApi extends Construct {
  readonly api: Api;

  constructor(scope: Construct, id: string, { platform, operators }: HttpApiProps) {
    super(scope, id);
    const { config } = platform;
    const name = resourceName(config, "api");
    const authorizer = new HttpJwtAuthorizer("Jwt", config.jwtIssuer, { jwtAudience: config.jwtAudience });
    this.api = new Api(this, "Api", {
      apiName: name,
      createDefaultStage: false,
      ...(config.consoleOrigins.length === 0
        ? {}
        : {
            corsPreflight: {
              allowOrigins: config.consoleOrigins,
              allowMethods: [
                CorsHttpMethod.GET,
                CorsHttpMethod.POST,
                CorsHttpMethod.PUT,
                CorsHttpMethod.PATCH,
                CorsHttpMethod.DELETE,
              ],
              allowHeaders: requestHeaders,
              exposeHeaders: answerHeaders,
              maxAge: Duration.hours(1),
            },
          }),
    });
    this.addStage(name, platform);
    const reads = integrate("AnswerQueries", this.answerQueries(platform));
    const deeds = integrate("AcceptCommands", this.acceptCommands(platform));
    const operating = integrate("OperatePlatform", operators);
    for (const { method, path, access, operatorsOnly } of Object.values<OperationSpec>(operations)) {
      const open = access === "public";
      const routes = this.api.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration: operatorsOnly ? operating : method === "GET" ? reads : deeds,
        ...(open ? {} : { authorizer }),
      });
      for (const route of open ? routes : []) {
        Validations.of(route).acknowledge({
          id: "AwsSolutions-APIG4",
          reason:
            "Asked without a token by load balancers and client generators; the answer is the same for everybody.",
        });
      }
    }
    // Whatever else is asked for is answered like everything that isn't there, in the API's own form.
    new HttpRoute(this, "Otherwise", {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: reads,
      authorizer,
    });
    platform.alarms.watch(this, "ServerErrors", {
      metric: this.api.metricServerError({ period: alarmPeriod }),
      above: 0,
      description: `${name} answered with a 5xx.`,
    });
    new CfnOutput(this, "Url", { value: this.api.apiEndpoint });
  }

  private answerQueries(platform: Platform): ServiceFunction {
    return new ServiceFunction(this, "AnswerQueries", {
      platform,
      name: "answer-queries",
      invocation: "sync",
      memoryMb: 1024,
      timeoutSeconds: 29,
      environment: { ...apiEnvironment(platform.config), ...operatorEnvironment(platform.config) },
    })
      .bindTable(platform.table, {
        // What was refused or taken out is written down, and so is where people come from.
        actions: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"],
        indexes: Object.keys(listIndexes),
      })
      .bindTable(platform.auditTable, {
        actions: ["BatchGetItem", "Query"],
        indexes: Object.values(auditIndexes),
        variable: "AUDIT_TABLE_NAME",
      });
  }

  private acceptCommands(platform: Platform): ServiceFunction {
    return new ServiceFunction(this, "AcceptCommands", {
      platform,
      name: "accept-commands",
      invocation: "sync",
      memoryMb: 1024,
      timeoutSeconds: 29,
      // Only the reads may use the audit table; both are made the same way.
      environment: { ...apiEnvironment(platform.config), AUDIT_TABLE_NAME: platform.auditTable.tableName },
    }).bindTable(platform.table, {
      actions: [...commandActions, "GetItem", "Query"],
      indexes: ["byStatus" satisfies keyof typeof listIndexes],
    });
  }

  private addStage(name: string, { config }: Platform): void {
    const logs = new LogGroup(this, "AccessLogs", {
      logGroupName: `/aws/vendedlogs/apigateway/${name}`,
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle: { rateLimit: 100, burstLimit: 200 },
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFormat)),
      },
    });
  }
}

/** One permission for all routes: what may call the function is this API. */
function integrate(id: string, { lambda }: ServiceFunction): HttpLambdaIntegration {
  return new HttpLambdaIntegration(id, lambda, { scopePermissionToRoute: false });
}

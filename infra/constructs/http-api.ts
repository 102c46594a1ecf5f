import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { HttpApi as Api, HttpMethod, HttpStage, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { CfnOutput, RemovalPolicy, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import { alarmPeriod } from "./alarm-topic.ts";
import { ServiceFunction } from "./service-function.ts";

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

/** The HTTP API with its JWT authorizer. */
export class HttpApi extends Construct {
  readonly api: Api;

  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    const { config } = platform;
    const name = resourceName(config, "api");
    const authorizer = new HttpJwtAuthorizer("Jwt", config.jwtIssuer, { jwtAudience: config.jwtAudience });
    this.api = new Api(this, "Api", { apiName: name, createDefaultStage: false });
    this.addStage(name, platform);
    const health = new ServiceFunction(this, "ReportHealth", {
      platform,
      name: "report-health",
      invocation: "sync",
      memoryMb: 256,
      timeoutSeconds: 5,
    });
    const integration = new HttpLambdaIntegration("ReportHealth", health.lambda);
    const healthRoutes = this.api.addRoutes({ path: "/v2/health", methods: [HttpMethod.GET], integration });
    this.api.addRoutes({ path: "/v2/whoami", methods: [HttpMethod.GET], integration, authorizer });
    for (const route of healthRoutes) {
      Validations.of(route).acknowledge({
        id: "AwsSolutions-APIG4",
        reason: "Load balancers and uptime checks ask without a token; the answer tells nothing but that it runs.",
      });
    }
    platform.alarms.watch(this, "ServerErrors", {
      metric: this.api.metricServerError({ period: alarmPeriod }),
      above: 0,
      description: `${name} answered with a 5xx.`,
    });
    new CfnOutput(this, "Url", { value: this.api.apiEndpoint });
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

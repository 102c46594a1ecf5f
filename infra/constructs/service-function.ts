import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { FunctionName } from "../bundle.ts";
import { resourceName } from "../config.ts";
import type { Platform } from "../platform.ts";
import { alarmPeriod } from "./alarm-topic.ts";
import { FailureQueue } from "./failure-queue.ts";
import type { ProviderSecret } from "./provider-secret.ts";

/** Item-level actions that every command needs: read what it decides on, commit records and balances. */
export const commandActions = ["BatchGetItem", "PutItem", "UpdateItem"] as const;

type TableAction = (typeof commandActions)[number] | "GetItem" | "Query" | "PartiQLInsert";

export interface ServiceFunctionProps {
  readonly platform: Platform;
  readonly name: FunctionName;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /**
   * `async`: invoked by events; what fails for good waits in the function's own failure queue.
   * `sync`: somebody waits for the answer, or a stream mapping has its own destination.
   */
  readonly invocation: "async" | "sync";
  readonly environment?: Readonly<Record<string, string>>;
  readonly reservedConcurrency?: number;
  /** Only where a policy elsewhere has to name the role. */
  readonly roleName?: string;
}

/** One folder of functions/ as a Lambda function, with a role, a log group and alarms of its own. */
export class ServiceFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly name: FunctionName;
  private readonly failureQueue: FailureQueue | undefined;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { platform, name } = props;
    const functionName = resourceName(platform.config, name);
    this.name = name;
    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: platform.config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, "Role", {
      ...(props.roleName === undefined ? {} : { roleName: props.roleName }),
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    logGroup.grantWrite(role);
    this.failureQueue =
      props.invocation === "async"
        ? new FailureQueue(this, "Failures", { platform, name: `${name}-failures` })
        : undefined;
    this.lambda = new LambdaFunction(this, "Function", {
      functionName,
      role,
      logGroup,
      code: Code.fromAsset(platform.bundles[name]),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      environment: { ...props.environment },
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      ...(this.failureQueue === undefined
        ? {}
        : { retryAttempts: 2, maxEventAge: Duration.hours(6), onFailure: this.failureQueue.invocationDestination }),
    });
    this.acknowledge();
    platform.alarms.watch(this, "Errors", {
      metric: this.lambda.metricErrors({ period: alarmPeriod }),
      above: 0,
      description: `${functionName} failed; expected outcomes are answers, so this is a bug, a limit or an outage.`,
    });
    platform.functions.push(this);
  }

  /** Where deliveries to this function end that never reached it. */
  get failures(): FailureQueue {
    if (this.failureQueue === undefined)
      throw new Error(`${this.name} is invoked synchronously: it has no failure queue`);
    return this.failureQueue;
  }

  /** The name in the environment and the grant together: one is useless without the other. */
  bindTable(
    table: Table,
    options: { actions: readonly TableAction[]; indexes?: readonly string[]; variable?: string },
  ): this {
    const { actions, indexes = [], variable = "TABLE_NAME" } = options;
    this.lambda.addEnvironment(variable, table.tableName);
    this.allow({ actions: actions.map((action) => `dynamodb:${action}`), resources: [table.tableArn] });
    if (indexes.length > 0) {
      this.allow({
        actions: ["dynamodb:Query"],
        resources: indexes.map((index) => `${table.tableArn}/index/${index}`),
      });
    }
    return this;
  }

  bindBus(bus: Platform["bus"]): this {
    this.lambda.addEnvironment("BUS_NAME", bus.eventBusName);
    return this.allow({ actions: ["events:PutEvents"], resources: [bus.eventBusArn] });
  }

  bindSecret({ secret }: ProviderSecret, variable: string): this {
    this.lambda.addEnvironment(variable, secret.secretArn);
    return this.allow({ actions: ["secretsmanager:GetSecretValue"], resources: [secret.secretArn] });
  }

  bindQueue({ queue, sendStatement }: FailureQueue, variable: string): this {
    this.lambda.addEnvironment(variable, queue.queueUrl);
    this.lambda.addToRolePolicy(sendStatement);
    return this;
  }

  allow(grant: { actions: string[]; resources: string[]; conditions?: Record<string, unknown> }): this {
    this.lambda.addToRolePolicy(new PolicyStatement(grant));
    return this;
  }

  private acknowledge(): void {
    Validations.of(this).acknowledge(
      {
        id: "AwsSolutions-IAM5[Resource::*]",
        reason: "X-Ray's write actions know no resources; a test keeps every other statement free of wildcards.",
      },
      {
        id: "Serverless-LambdaDLQ",
        reason:
          "An on-failure destination tells why as well; a dead-letter queue beside it would report each failure twice.",
      },
    );
  }
}

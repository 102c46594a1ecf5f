import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { EventBus, FunctionRuntime, HostContext, WorkflowRuntime } from "../contracts.ts";
import { createDynamoServices } from "../dynamodb/dynamo-service.ts";
import type { Forward } from "../dynamodb/forward.ts";
import type { Authorizer } from "../iam/authorizer.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { TemplateModel } from "../template/model.ts";
import { type AwsCall, AwsError, type AwsReply, type AwsService, type ServiceName } from "./call.ts";
import { createCloudWatchService } from "./cloudwatch-service.ts";
import type { MetricStore } from "./cloudwatch-store.ts";
import { createEventsService } from "./events-service.ts";
import { faultError } from "./fault-errors.ts";
import type { FaultRegistry, FaultRule } from "./faults.ts";
import { createLambdaService } from "./lambda-service.ts";
import type { Meter } from "./metering.ts";
import type { LocalQueues } from "./queues.ts";
import { accessKeyOf, findRoute, type Route } from "./route.ts";
import { createSchedulerService } from "./scheduler-service.ts";
import type { SecretStore } from "./secret-store.ts";
import { createSecretsService } from "./secrets-service.ts";
import { type AwsServer, BodyTooLarge, readBody } from "./server.ts";
import { createSqsService } from "./sqs-service.ts";
import { createStatesService } from "./states-service.ts";
import { createStsService } from "./sts-service.ts";

export interface AwsEndpointOptions {
  readonly context: HostContext;
  readonly server: AwsServer;
  readonly model: TemplateModel;
  readonly authorizer: Authorizer;
  readonly faults: FaultRegistry;
  readonly meter: Meter;
  readonly forward: Forward;
  readonly queues: LocalQueues;
  readonly secrets: SecretStore;
  readonly metrics: MetricStore;
  readonly scheduler: Scheduler;
  readonly bus: EventBus;
  readonly functions: FunctionRuntime;
  readonly workflows: WorkflowRuntime;
  /** The worker with this access key must end now, as if its sandbox had died. */
  readonly onKill?: (accessKeyId: string) => void;
  /** Called after each successful write to DynamoDB. */
  readonly onWrite?: (tableNames: readonly string[]) => void;
}

export interface AwsEndpoint {
  /** Calls being answered now, without those that a fault keeps waiting for ever. */
  pending(): number;
}

/** Answers all AWS APIs that the template's functions use, on one address. */
export function createAwsEndpoint(options: AwsEndpointOptions): AwsEndpoint {
  const { authorizer, faults, meter, server } = options;
  const services: Readonly<Record<ServiceName, AwsService>> = {
    ...createDynamoServices(options),
    cloudwatch: createCloudWatchService(options),
    events: createEventsService(options),
    lambda: createLambdaService(options),
    scheduler: createSchedulerService(options),
    secretsmanager: createSecretsService(options),
    sqs: createSqsService(options),
    states: createStatesService(options),
    sts: createStsService(),
  };
  let pending = 0;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const route = findRoute(request, body);
    if (route === undefined) {
      const asked = request.headers["x-amz-target"] ?? `${request.method} ${request.url}`;
      const message = `the local cloud has no such service or operation: ${String(asked)}`;
      return send(response, errorReply(new AwsError("UnknownOperationException", message, { status: 404 })));
    }
    const accessKeyId = accessKeyOf(request);
    const principal = authorizer.principalOf(accessKeyId);
    const { functionName } = principal;
    const fault = faults.take({ service: route.service, operation: route.operation, functionName, body });
    const call: AwsCall = { ...route, principal, accessKeyId, body, headers: request.headers, fault };

    if (fault !== undefined && breaksOff(fault, "before")) return breakOff(fault, accessKeyId, request);
    // By the clock of the caller: the SDK takes a date that is minutes off for its own clock's fault and calls again.
    if (functionName !== undefined) response.setHeader("Date", new Date(options.context.clock.now()).toUTCString());
    const reply = await answer(call, route);
    if (fault !== undefined && breaksOff(fault, "after")) return breakOff(fault, accessKeyId, request);
    send(response, reply);
  }

  async function answer(call: AwsCall, { service, operation }: Route): Promise<AwsReply> {
    const key = { functionName: call.principal.functionName, service, operation };
    let reply: AwsReply;
    try {
      const kind = call.fault?.error;
      if (kind === "throttle" || kind === "conflict" || kind === "internal") throw faultError(kind, call);
      reply = await (operation === "ReceiveMessage" ? aside(() => services[service](call)) : services[service](call));
    } catch (error) {
      reply = errorReply(toAwsError(error, call));
    }
    meter.add({ ...key, ...reply.about }, { calls: 1, errors: reply.status >= 400 ? 1 : 0 });
    return reply;
  }

  /** A receiver that waits for a message has nothing to do now: moving the clock mustn't wait for it. */
  async function aside<T>(action: () => T | Promise<T>): Promise<T> {
    pending -= 1;
    try {
      return await action();
    } finally {
      pending += 1;
    }
  }

  function breakOff(fault: FaultRule, accessKeyId: string | undefined, request: IncomingMessage): void {
    if (fault.error === "timeout") return;
    if (fault.effect === "kill" && accessKeyId !== undefined) options.onKill?.(accessKeyId);
    request.socket.destroy();
  }

  function toAwsError(error: unknown, call: AwsCall): AwsError {
    if (error instanceof AwsError) return error;
    options.context.log("an AWS call failed inside the host", {
      call: `${call.service}:${call.operation}`,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return new AwsError("InternalFailure", "The local cloud failed; see its log.", { status: 500 });
  }

  server.serve((request, response) => {
    pending += 1;
    respond(request, response)
      .catch((error: unknown) => {
        if (error instanceof BodyTooLarge) {
          send(response, errorReply(new AwsError("RequestEntityTooLarge", "The body is too large", { status: 413 })));
        } else {
          request.socket.destroy();
        }
      })
      .finally(() => {
        pending -= 1;
      });
  });
  return { pending: () => pending };
}

function breaksOff(fault: FaultRule, at: "before" | "after"): boolean {
  if (fault.effect === "kill" || fault.error === "timeout") return fault.at === at;
  return fault.effect === at;
}

function errorReply(error: AwsError): AwsReply {
  return {
    status: error.status,
    headers: {
      "x-amzn-errortype": error.code,
      ...(typeof error.details.queryCode === "string"
        ? { "x-amzn-query-error": `${error.details.queryCode};Sender` }
        : {}),
    },
    body: JSON.stringify({ __type: error.code, message: error.message, Message: error.message, ...error.details }),
  };
}

function send(response: ServerResponse, reply: AwsReply): void {
  response.writeHead(reply.status, {
    "Content-Type": "application/x-amz-json-1.0",
    "Content-Length": Buffer.byteLength(reply.body),
    "x-amzn-RequestId": randomUUID(),
    ...reply.headers,
  });
  response.end(reply.body);
}

import type { IncomingMessage } from "node:http";
import type { ServiceName } from "./call.ts";

export interface Route {
  readonly service: ServiceName;
  readonly operation: string;
  readonly pathParts: readonly string[];
  readonly query: URLSearchParams;
}

const targets: Readonly<Record<string, ServiceName>> = {
  AWSEvents: "events",
  AWSStepFunctions: "states",
  AmazonSQS: "sqs",
  DynamoDBStreams_20120810: "dynamodbstreams",
  DynamoDB_20120810: "dynamodb",
  GraniteServiceVersion20100801: "cloudwatch",
  secretsmanager: "secretsmanager",
};

const scheduleOperations: Readonly<Record<string, string>> = {
  DELETE: "DeleteSchedule",
  GET: "GetSchedule",
  POST: "CreateSchedule",
  PUT: "UpdateSchedule",
};

const noQuery = new URLSearchParams();

/** Finds service and operation in a request; undefined when no service that is emulated is meant. */
export function findRoute(request: IncomingMessage, body: string): Route | undefined {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") {
    const dot = target.indexOf(".");
    const service = targets[target.slice(0, dot)];
    if (service === undefined) return undefined;
    return { service, operation: target.slice(dot + 1), pathParts: [], query: noQuery };
  }
  const url = new URL(request.url ?? "/", "http://local");
  const pathParts = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const method = request.method ?? "GET";
  if (pathParts[0] === "schedules") return scheduleRoute(method, pathParts, url.searchParams);
  if (pathParts[0] === "2015-03-31" && pathParts[1] === "functions" && pathParts[3] === "invocations") {
    return { service: "lambda", operation: "Invoke", pathParts, query: url.searchParams };
  }
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true) {
    const form = new URLSearchParams(body);
    const isSts = form.get("Version") === "2011-06-15";
    if (isSts) return { service: "sts", operation: form.get("Action") ?? "", pathParts, query: form };
  }
  return undefined;
}

function scheduleRoute(method: string, pathParts: readonly string[], query: URLSearchParams): Route | undefined {
  if (pathParts.length === 1 && method === "GET")
    return { service: "scheduler", operation: "ListSchedules", pathParts, query };
  const operation = scheduleOperations[method];
  return operation === undefined || pathParts.length !== 2
    ? undefined
    : { service: "scheduler", operation, pathParts, query };
}

/** The access key in a SigV4 header; the signature itself isn't verified. */
export function accessKeyOf(request: IncomingMessage): string | undefined {
  return /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? "")?.[1];
}

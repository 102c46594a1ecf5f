/** Payload format 2.0, shared by function URLs and HTTP APIs: a request as an event, an answer as a response. */

import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Lambda takes 6 MB, and the event holds the body. */
export const MAXIMUM_BODY_BYTES = 6 * 1024 * 1024;

export interface ProxyRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
  /** The socket's address; a forwarded-for header is the caller's word only. */
  readonly sourceIp: string;
}

export interface ProxyResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer | string;
}

export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** Throws `BodyTooLarge` above the limit, without reading the rest. */
export async function readRequest(message: IncomingMessage, limitBytes = MAXIMUM_BODY_BYTES): Promise<ProxyRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Kept open on leaving early, so that the refusal can still be sent.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  const [path = "/", query = ""] = (message.url ?? "/").split(/\?(.*)/s);
  const { cookie, ...headers } = joinHeaders(message);
  return {
    method: message.method ?? "GET",
    path,
    query,
    headers,
    cookies: cookie === undefined ? [] : cookie.split("; "),
    body: Buffer.concat(chunks),
    sourceIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
  };
}

export interface EventContext {
  readonly apiId: string;
  readonly account: string;
  readonly stage: string;
  readonly routeKey: string;
  readonly domainName: string;
  readonly nowMs: number;
  readonly pathParameters?: Readonly<Record<string, string>> | undefined;
  readonly authorizer?: object | undefined;
}

export function buildEvent(request: ProxyRequest, context: EventContext): object {
  const query = queryParameters(request.query);
  const isText = isTextBody(request);
  return {
    version: "2.0",
    routeKey: context.routeKey,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(request.cookies.length > 0 && { cookies: request.cookies }),
    headers: request.headers,
    ...(query !== undefined && { queryStringParameters: query }),
    ...(context.pathParameters && { pathParameters: context.pathParameters }),
    requestContext: {
      accountId: context.account,
      apiId: context.apiId,
      ...(context.authorizer && { authorizer: context.authorizer }),
      domainName: context.domainName,
      domainPrefix: context.domainName.split(".")[0],
      http: {
        method: request.method,
        path: request.path,
        protocol: "HTTP/1.1",
        sourceIp: request.sourceIp,
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: context.routeKey,
      stage: context.stage,
      time: gatewayTime(context.nowMs),
      timeEpoch: Math.floor(context.nowMs),
    },
    ...(request.body.length > 0 && { body: request.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/** Reads what a function returned; without a status code it is the body of a 200. */
export function readAnswer(payload: string): ProxyResponse {
  const value = JSON.parse(payload) as unknown;
  if (typeof value !== "object" || value === null || !("statusCode" in value)) {
    const body = typeof value === "string" ? value : payload;
    return { statusCode: 200, headers: { "content-type": "application/json" }, cookies: [], body };
  }
  const answer = value as {
    statusCode: number | string;
    headers?: Record<string, string | number | boolean>;
    cookies?: string[];
    body?: string;
    isBase64Encoded?: boolean;
  };
  const headers = Object.fromEntries(
    Object.entries(answer.headers ?? {}).map(([name, text]) => [name.toLowerCase(), String(text)]),
  );
  return {
    statusCode: Number(answer.statusCode),
    headers: { "content-type": "application/json", ...headers },
    cookies: answer.cookies ?? [],
    body: answer.isBase64Encoded ? Buffer.from(answer.body ?? "", "base64") : (answer.body ?? ""),
  };
}

export function respond(response: ServerResponse, answer: ProxyResponse): void {
  const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
  response.writeHead(answer.statusCode, {
    ...answer.headers,
    ...(answer.cookies.length > 0 && { "set-cookie": [...answer.cookies] }),
    // A 204 has no body, and no length either.
    ...(answer.statusCode !== 204 && { "content-length": body.length }),
  });
  response.end(answer.statusCode === 204 ? undefined : body);
}

export function jsonAnswer(statusCode: number, body: object, headers: Record<string, string> = {}): ProxyResponse {
  const all = { "content-type": "application/json", ...headers };
  return { statusCode, headers: all, cookies: [], body: JSON.stringify(body) };
}

function joinHeaders(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === "cookie" ? "; " : ","),
    ]),
  );
}

function queryParameters(query: string): Readonly<Record<string, string>> | undefined {
  if (query === "") return undefined;
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries([...values].map(([name, all]) => [name, all.join(",")]));
}

function isTextBody({ headers, body }: ProxyRequest): boolean {
  const type = headers["content-type"] ?? "";
  return /^text\/|json|xml|javascript|x-www-form-urlencoded/.test(type) && isUtf8(body);
}

/** Such as `12/Mar/2020:19:03:58 +0000`. */
function gatewayTime(nowMs: number): string {
  const [, day, month, year, time] = new Date(nowMs).toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

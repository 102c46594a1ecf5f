/** Requests through the real dispatcher to some of the API's handlers, without an HTTP API around it. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Access } from "../../shared/access/access.ts";
import type { Vigilance } from "../../shared/access/vigilance.ts";
import { createDispatch } from "../../shared/api/dispatch.ts";
import type { Handler, OperationSpec, Operations } from "../../shared/api/operation.ts";
import { refusalsOf } from "../../shared/api/operation.ts";
import type { Role } from "../../shared/domain/model.ts";
import type { Store } from "../../shared/store/store.ts";

export interface RequestOptions<Specs extends Operations> {
  readonly operations: Specs;
  readonly handlers: { readonly [Id in keyof Specs]?: Handler<Specs[Id]> };
  readonly store: Store;
  readonly now: () => number;
  readonly organizationId: string;
  readonly operatorOrganization?: string;
}

export interface Request {
  /** A manager called Sven unless told. */
  readonly role?: Role;
  readonly subject?: string;
  readonly scopeId?: string;
  readonly organizationId?: string;
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly version?: number;
  /** The idempotency key; a new one unless given. */
  readonly key?: string;
  readonly requestId?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects of an answer, and fails where it isn't there
type Json = any;

const unwatched: Vigilance = {
  refused: async () => undefined,
  acted: async () => undefined,
  read: async () => undefined,
};

/** Asks an operation; what is answered must be what its contract says. */
export function createRequests<Specs extends Operations>(options: RequestOptions<Specs>) {
  const { operations, handlers, store, now } = options;

  return async function ask(operationId: keyof Specs & string, request: Request = {}): Promise<Json> {
    const spec: OperationSpec | undefined = operations[operationId];
    if (spec === undefined) throw new Error(`no operation ${operationId}`);
    const { role = "manager", subject = "sven", scopeId, organizationId = options.organizationId } = request;
    const load = async () => ({ assignment: { role, ...(scopeId === undefined ? {} : { scopeId }) } });
    const dispatch = createDispatch({
      operations,
      handlers: handlers as Readonly<Record<string, Handler<never>>>,
      store,
      access: { load } as unknown as Access,
      vigilance: unwatched,
      now,
      organizationClaim: "org",
      operatorOrganization: options.operatorOrganization,
    });
    const answer = await dispatch({
      routeKey: `${spec.method} ${spec.path}`,
      rawQueryString: request.query ?? "",
      headers: {
        "content-type": "application/json",
        ...(spec.movesMoney ? { "idempotency-key": request.key ?? randomUUID() } : {}),
        ...(request.version === undefined ? {} : { "if-match": `"${request.version}"` }),
      },
      ...(request.id === undefined ? {} : { pathParameters: { id: request.id } }),
      ...(spec.body === undefined ? {} : { body: JSON.stringify(request.body ?? {}) }),
      requestContext: {
        requestId: request.requestId ?? randomUUID(),
        http: { sourceIp: "203.0.113.7" },
        authorizer: { jwt: { claims: { sub: subject, org: organizationId } } },
      } as never,
    });
    const body: Json = JSON.parse(answer.body ?? "null");
    if (answer.statusCode === spec.answer.status) {
      expect(spec.answer.schema.parse(body)).toEqual(body);
      return body;
    }
    expect(refusalsOf(spec), `${operationId} answered ${answer.body}`).toContain(body.code);
    return body;
  };
}

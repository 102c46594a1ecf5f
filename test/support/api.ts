/** The API of a test cloud, called as people call it: over HTTP, with a token, by a person who has a role. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { LOCAL_TABLE } from "../../local/report.ts";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import type { ProblemCode } from "../../shared/api/problem.ts";
import { changeOf, create } from "../../shared/domain/decision.ts";
import type { Role } from "../../shared/domain/model.ts";
import { VersionConflict } from "../../shared/store/errors.ts";
import { createStore } from "../../shared/store/store.ts";
import { answerChecker, type CheckAnswer } from "./api-document.ts";
import type { TestCloud } from "./cloud.ts";

export interface Asked {
  readonly params?: Readonly<Record<string, string>>;
  /** Lists are sent as values separated by commas. */
  readonly query?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly body?: unknown;
  /** The idempotency key; a new one unless given, none with null. */
  readonly key?: string | null;
  /** The version in If-Match. */
  readonly version?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects of an answer, and fails where it isn't there
export type Json = any;

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the answer isn't JSON. */
  readonly json: Json;
}

export interface Person {
  readonly subject: string;
  readonly organizationId: string;
  /** Fails the test where the answer isn't described in the OpenAPI document. */
  call(operationId: OperationId, asked?: Asked): Promise<ApiAnswer>;
  /** The answer's body; fails where it isn't a success. */
  ok(operationId: OperationId, asked?: Asked): Promise<Json>;
  /** Fails where it isn't refused with the code. */
  refused(operationId: OperationId, code: ProblemCode, asked?: Asked): Promise<Json>;
}

export interface TestApi {
  /** Somebody with the role; the same role is the same person unless named. */
  person(organizationId: string, role: Role, who?: { subject?: string; scopeId?: string }): Promise<Person>;
  /** Somebody with a token and without a role. */
  stranger(organizationId: string, subject?: string): Promise<Person>;
  /** Any request, as it is. */
  send(method: string, path: string, init?: RequestInit): Promise<Response>;
}

const YEAR_SECONDS = 31_536_000;

export function createTestApi({ local, document }: Pick<TestCloud, "local" | "document">): TestApi {
  const { api } = local.endpoints;
  if (api === undefined) throw new Error("the cloud has no HTTP API");
  const check = answerChecker();
  const store = createStore({ client: document, tableName: LOCAL_TABLE });
  const people = new Map<string, Promise<Person>>();

  async function token(wish: Readonly<Record<string, unknown>>): Promise<string> {
    // Tests move the clock by months.
    const body = JSON.stringify({ expiresInSeconds: YEAR_SECONDS, ...wish });
    const answer = await fetch(`${local.endpoints.local}/token`, { method: "POST", body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`no token: ${text}`);
    return (JSON.parse(text) as { access_token: string }).access_token;
  }

  /** A super_admin comes by the ways that a deployment has; others get their role at once, as a commit would give it. */
  async function appointed(organizationId: string, sub: string, role: Role, scopeId?: string): Promise<string> {
    const scope = scopeId === undefined ? {} : { scopeId };
    if (role === "super_admin") return token({ sub, role, organizationId });
    const now = new Date(local.clock.now()).toISOString();
    const body = { id: sub, organizationId, role, status: "active" as const, grantedBy: "root", ...scope };
    const context = { now, actor: { type: "system" as const, id: "test" }, correlationId: "test" };
    const assignment = create("role_assignment", body, "role_assignment.granted", context);
    try {
      await store.commit([changeOf("role_assignment", assignment)]);
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      return token({ sub, role, organizationId, ...scope });
    }
    return token({ sub, organizationId });
  }

  return {
    person(organizationId, role, { subject = role === "super_admin" ? "sue" : `${role}-1`, scopeId } = {}) {
      const name = `${organizationId} ${subject} ${role} ${scopeId ?? ""}`;
      const known = people.get(name);
      if (known !== undefined) return known;
      const person = appointed(organizationId, subject, role, scopeId).then((bearer) =>
        personOf({ api, check, bearer, subject, organizationId }),
      );
      people.set(name, person);
      return person;
    },
    async stranger(organizationId, subject = "stranger") {
      return personOf({ api, check, bearer: await token({ sub: subject, organizationId }), subject, organizationId });
    },
    send: (method, path, init) => fetch(`${api}${path}`, { method, ...init }),
  };
}

interface PersonOptions {
  readonly api: string;
  readonly check: CheckAnswer;
  readonly bearer: string;
  readonly subject: string;
  readonly organizationId: string;
}

function personOf({ api, check, bearer, subject, organizationId }: PersonOptions): Person {
  async function call(operationId: OperationId, asked: Asked = {}): Promise<ApiAnswer> {
    const spec: OperationSpec = operations[operationId];
    const response = await fetch(`${api}${urlOf(spec, asked)}`, {
      method: spec.method,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(spec.movesMoney && asked.key !== null ? { "idempotency-key": asked.key ?? randomUUID() } : {}),
        ...(asked.version === undefined ? {} : { "if-match": `"${asked.version}"` }),
        ...(spec.body === undefined ? {} : { "content-type": "application/json" }),
        ...asked.headers,
      },
      ...(spec.body === undefined ? {} : { body: JSON.stringify(asked.body ?? {}) }),
    });
    const text = await response.text();
    const contentType = response.headers.get("content-type") ?? undefined;
    expect(check(operationId, { status: response.status, contentType, text })).toBeUndefined();
    const json: Json = /[/+]json\b/.test(contentType ?? "") && text !== "" ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  }

  return {
    subject,
    organizationId,
    call,
    async ok(operationId, asked) {
      const answer = await call(operationId, asked);
      expect(answer.status, `${operationId}: ${answer.text}`).toBeLessThan(300);
      return answer.json;
    },
    async refused(operationId, code, asked) {
      const answer = await call(operationId, asked);
      expect(answer.json?.code, `${operationId}: ${answer.status} ${answer.text}`).toBe(code);
      return answer.json;
    },
  };
}

function urlOf(spec: OperationSpec, { params = {}, query = {} }: Asked): string {
  const path = spec.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? `no-${name}`),
  );
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [
      name,
      Array.isArray(value) ? value.join(",") : String(value),
    ]),
  ).toString();
  return search === "" ? path : `${path}?${search}`;
}

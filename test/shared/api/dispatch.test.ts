import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Vigilance } from "../../../shared/access/vigilance.ts";
import { changedRecord } from "../../../shared/api/acting.ts";
import { type ApiEvent, createDispatch } from "../../../shared/api/dispatch.ts";
import { answered, type Handlers, operation, refused } from "../../../shared/api/operation.ts";
import { contextOf } from "../../../shared/commands/origin.ts";
import { decideAndCommit, type Surroundings } from "../../../shared/commands/run.ts";
import { accept, amend, changeOf, create, refuse } from "../../../shared/domain/decision.ts";
import type { Role } from "../../../shared/domain/model.ts";
import { StoreBusy } from "../../../shared/store/errors.ts";
import { payeeKey } from "../../../shared/store/keys.ts";
import { createStore, type Store } from "../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";

/** A small API of its own: payees that can be made, renamed and counted up, so that every effect shows as a version. */
const operations = {
  makePayee: operation({
    method: "POST",
    path: "/v2/payees",
    tag: "t",
    summary: "s",
    access: "payouts.create",
    body: z.strictObject({ id: z.string(), name: z.string() }),
    answer: { status: 201, schema: z.object({}) },
    movesMoney: true,
  }),
  makeMany: operation({
    method: "POST",
    path: "/v2/payees/bulk",
    tag: "t",
    summary: "s",
    access: "payouts.create",
    body: z.strictObject({ ids: z.array(z.string()) }),
    answer: { status: 207, schema: z.object({}) },
    movesMoney: true,
  }),
  renamePayee: operation({
    method: "PATCH",
    path: "/v2/payees/{id}",
    tag: "t",
    summary: "s",
    access: "payouts.create",
    params: z.strictObject({ id: z.string() }),
    body: z.strictObject({ name: z.string() }),
    answer: { status: 200, schema: z.object({}) },
    conditional: true,
    guarded: true,
  }),
  readPayee: operation({
    method: "GET",
    path: "/v2/payees/{id}",
    tag: "t",
    summary: "s",
    access: "payouts.view",
    scoped: ["payee"],
    params: z.strictObject({ id: z.string() }),
    answer: { status: 200, schema: z.object({}) },
  }),
  exportPayees: operation({
    method: "GET",
    path: "/v2/payees/export",
    tag: "t",
    summary: "s",
    access: "payouts.export",
    answer: { status: 200, schema: z.object({}), csv: true },
    recorded: "data_exported",
  }),
  failSomehow: operation({
    method: "GET",
    path: "/v2/fail/{id}",
    tag: "t",
    summary: "s",
    access: "payouts.view",
    params: z.strictObject({ id: z.string() }),
    answer: { status: 200, schema: z.object({}) },
  }),
  seePlatform: operation({
    method: "GET",
    path: "/v2/platform",
    tag: "t",
    summary: "s",
    access: "payouts.create",
    operatorsOnly: true,
    query: z.strictObject({ needed: z.string() }),
    answer: { status: 200, schema: z.object({}) },
  }),
  getHealth: operation({
    method: "GET",
    path: "/v2/health",
    tag: "t",
    summary: "s",
    access: "public",
    answer: { status: 200, schema: z.object({}) },
  }),
} as const;

const NOW = Date.parse("2026-11-21T09:00:00.000Z");
let dynamo: TestDynamo;
let store: Store;
let world: Surroundings;
const told: { code: string; operation: string; entityId?: string }[] = [];
const read: string[] = [];
const roles = new Map<string, Role>();

const vigilance: { -readonly [K in keyof Vigilance]: Vigilance[K] } = {
  refused: async ({ operation: name, entityId }, code) => {
    told.push({ operation: name, code, ...(entityId === undefined ? {} : { entityId }) });
  },
  acted: async () => undefined,
  read: async (_observed, kind) => {
    read.push(kind);
  },
};

const handlers: Handlers<typeof operations> = {
  makePayee: ({ body, act }) =>
    act(
      (origin) =>
        decideAndCommit(
          world,
          async () => {
            const payee = await store.get("payee", payeeKey(origin.organizationId, body.id));
            if (payee !== undefined) return { decision: refuse("payee_exists", `payee ${body.id} exists`) };
            return { decision: accept([changeOf("payee", payeeOf(body.id, body.name, origin))], undefined) };
          },
          origin.receipt,
        ),
      (changes) => ({ data: { id: body.id, version: changedRecord("payee", changes)?.version } }),
    ),
  makeMany: ({ body, actOnEach }) =>
    actOnEach(
      body.ids,
      (id, origin) =>
        decideAndCommit(
          world,
          async () => {
            const payee = await store.get("payee", payeeKey(origin.organizationId, id));
            if (payee !== undefined) return { decision: refuse("payee_exists", `payee ${id} exists`) };
            return { decision: accept([changeOf("payee", payeeOf(id, "Many", origin))], undefined) };
          },
          origin.receipt,
        ),
      (changes) => ({ data: { version: changedRecord("payee", changes)?.version } }),
    ),
  renamePayee: ({ params, body, ifMatch, act }) =>
    act(
      (origin) =>
        decideAndCommit(world, async () => {
          const payee = await store.get("payee", payeeKey(origin.organizationId, params.id));
          if (payee === undefined) return { decision: refuse("not_found", "no payee") };
          if (payee.version !== ifMatch) return { decision: refuse("version_mismatch", "it has changed") };
          const after = amend("payee", payee, { name: body.name }, "payee.updated", contextOf(origin, NOW));
          return { decision: accept([changeOf("payee", after, payee)], undefined) };
        }),
      (changes) => ({ data: { version: changedRecord("payee", changes)?.version } }),
    ),
  readPayee: async ({ params, caller }) => {
    const payee = await store.get("payee", payeeKey(caller.organizationId, params.id));
    return payee === undefined
      ? refused("not_found")
      : answered({ data: { name: payee.name, version: payee.version } });
  },
  exportPayees: async () => ({ ok: true, body: "id\r\n", contentType: "text/csv; charset=utf-8" }),
  failSomehow: async ({ params }) => {
    if (params.id === "busy") throw new StoreBusy("busy", 1_500);
    throw new Error("a secret detail");
  },
  seePlatform: async () => answered({ data: {} }),
  getHealth: async () => answered({ data: { status: "ok" } }),
};

function payeeOf(id: string, name: string, origin: Parameters<typeof contextOf>[0]) {
  const facts = {
    name,
    defaultCurrency: "USD",
    verified: true,
    destinations: [],
    sourceTime: "2026-11-21T09:00:00.000Z",
  };
  return create(
    "payee",
    { id, organizationId: origin.organizationId, ...facts },
    "payee.created",
    contextOf(origin, NOW),
  );
}

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const { table } = await dynamo.createTables();
  store = createStore({ client: dynamo.client, tableName: table });
  world = { store, now: () => NOW, random: () => 0.5, sleep: async () => undefined };
  told.length = 0;
  read.length = 0;
  operatorOrganization = undefined;
  roles.clear();
  roles.set("olga", "operator");
});

interface Asked {
  readonly as?: string;
  readonly organization?: string;
  readonly params?: Record<string, string>;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly requestId?: string;
  readonly sourceIp?: string;
}

let requests = 0;
let operatorOrganization: string | undefined;
const dispatch = (event: ApiEvent) =>
  createDispatch({
    operatorOrganization,
    operations,
    handlers,
    store,
    vigilance,
    now: () => NOW,
    organizationClaim: "org",
    access: {
      load: async (organizationId, subject) => {
        const role = roles.get(subject);
        const settings = { allowedCidrs: ["192.0.2.0/24"] } as never;
        if (organizationId !== "acme" || role === undefined) return { settings };
        return { assignment: { id: subject, role, status: "active" } as never, settings };
      },
    },
  })(event);

async function ask(routeKey: string, asked: Asked = {}) {
  requests += 1;
  const claims = { ...(asked.as === "" ? {} : { sub: asked.as ?? "olga" }), org: asked.organization ?? "acme" };
  const answer = await dispatch({
    routeKey,
    rawQueryString: "",
    headers: { "Content-Type": "application/json", ...asked.headers },
    ...(asked.params === undefined ? {} : { pathParameters: asked.params }),
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    requestContext: {
      requestId: asked.requestId ?? `r-${requests}`,
      authorizer: { jwt: { claims } },
      http: { sourceIp: asked.sourceIp ?? "192.0.2.7" },
    } as never,
  });
  const isJson = String(answer.headers?.["content-type"]).includes("json");
  return { ...answer, json: answer.body && isJson ? (JSON.parse(answer.body) as Record<string, unknown>) : undefined };
}

const make = (id: string, key: string, more: Asked = {}) =>
  ask("POST /v2/payees", { body: { id, name: "Amara" }, headers: { "idempotency-key": key }, ...more });

describe("who calls", () => {
  it.each([
    ["no subject", { as: "" }, 401, "unauthenticated"],
    ["an organization that can't be one", { organization: "a#b" }, 401, "unauthenticated"],
    ["the platform's own name as organization", { organization: "platform" }, 401, "unauthenticated"],
    ["a person without a role", { as: "nobody" }, 403, "permission_required"],
    ["a person of another organization", { organization: "other" }, 403, "permission_required"],
  ])("is turned away: %s", async (_name, asked, status, code) => {
    const answer = await ask("GET /v2/payees/{id}", { ...asked, params: { id: "p" } });
    expect(answer).toMatchObject({ statusCode: status, json: { code, status, request_id: expect.any(String) } });
    expect(answer.headers).toMatchObject({ "content-type": "application/problem+json" });
  });

  it.each([
    ["of the organization that operates it", "acme", "olga", 400, "invalid_request"],
    [
      "of another organization, before it learns anything of the operation",
      "globex",
      "olga",
      403,
      "not_operator_organization",
    ],
    ["where nobody operates it", undefined, "olga", 403, "not_operator_organization"],
    ["of the organization that operates it, without the role", "acme", "vera", 403, "permission_required"],
  ])("asks for the platform itself: somebody %s", async (_who, operator, as, status, code) => {
    operatorOrganization = operator;
    roles.set("vera", "viewer");
    const answer = await ask("GET /v2/platform", { as });
    expect(answer).toMatchObject({ statusCode: status, json: { code } });
    expect(told).toEqual(status === 403 ? [{ operation: "seePlatform", code }] : []);
  });

  it("is let in by the role in the table, and a refusal is written down", async () => {
    roles.set("vera", "viewer");
    expect(await make("p-1", "k", { as: "vera" })).toMatchObject({
      statusCode: 403,
      json: { code: "permission_required" },
    });
    expect(told).toEqual([{ operation: "makePayee", code: "permission_required" }]);
    expect(await make("p-1", "k")).toMatchObject({ statusCode: 201 });
  });

  it("is told by the address that the gateway saw, whatever a header says", async () => {
    await make("p-1", "k");
    const rename = (sourceIp: string, forwarded: string) =>
      ask("PATCH /v2/payees/{id}", {
        params: { id: "p-1" },
        body: { name: "B" },
        sourceIp,
        headers: { "if-match": '"1"', "x-forwarded-for": forwarded, forwarded: `for=${forwarded}` },
      });
    expect(await rename("198.51.100.9", "192.0.2.7")).toMatchObject({
      statusCode: 403,
      json: { code: "address_not_allowed" },
    });
    expect(await rename("192.0.2.8", "198.51.100.9")).toMatchObject({ statusCode: 200 });
  });

  it("is not asked where an operation is public", async () => {
    const answer = await dispatch({ routeKey: "GET /v2/health", requestContext: { requestId: "r" } as never });
    expect(answer).toMatchObject({ statusCode: 200, body: '{"data":{"status":"ok"}}' });
  });
});

describe("an idempotency key", () => {
  it("is required where money can move", async () => {
    expect(await ask("POST /v2/payees", { body: { id: "p", name: "A" } })).toMatchObject({
      statusCode: 400,
      json: { code: "idempotency_key_missing" },
    });
    expect(await store.get("payee", payeeKey("acme", "p"))).toBeUndefined();
  });

  it("gives a repetition the very same answer and acts once", async () => {
    const first = await make("p-1", "k-1");
    const again = await make("p-1", "k-1");
    expect(first).toMatchObject({ statusCode: 201, json: { data: { id: "p-1", version: 1 } } });
    expect(again.body).toBe(first.body);
    expect(again).toMatchObject({ statusCode: 201, headers: { "idempotent-replayed": "true" } });
    expect(told).toEqual([]);
  });

  it("is refused for another request", async () => {
    await make("p-1", "k-1");
    expect(await make("p-2", "k-1")).toMatchObject({ statusCode: 409, json: { code: "idempotency_key_reused" } });
    expect(await store.get("payee", payeeKey("acme", "p-2"))).toBeUndefined();
  });

  it("belongs to the person: another's same key is another key", async () => {
    roles.set("oleg", "operator");
    await make("p-1", "k-1");
    expect(await make("p-2", "k-1", { as: "oleg" })).toMatchObject({ statusCode: 201 });
  });

  it("is free again after a refusal, which has no effect", async () => {
    await make("p-1", "k-1");
    expect(await make("p-1", "k-2")).toMatchObject({ statusCode: 409, json: { code: "payee_exists" } });
    expect(await make("p-3", "k-2")).toMatchObject({ statusCode: 201 });
  });

  it("gives all of ten at once the same answer, and one effect", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => make("p-1", "k-1")));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['{"data":{"id":"p-1","version":1}}']));
    expect(await store.get("payee", payeeKey("acme", "p-1"))).toMatchObject({ version: 1 });
  });
});

describe("a bulk request", () => {
  const many = (ids: string[], key: string) =>
    ask("POST /v2/payees/bulk", { body: { ids }, headers: { "idempotency-key": key } });

  it("does what it can and says per id what became of it", async () => {
    await make("p-2", "k-0");
    const answer = await many(["p-1", "p-2", "p-3"], "k-1");
    expect(answer).toMatchObject({
      statusCode: 207,
      json: {
        results: [
          { id: "p-1", ok: true, result: { data: { version: 1 } } },
          { id: "p-2", ok: false, problem: { code: "payee_exists", status: 409 } },
          { id: "p-3", ok: true },
        ],
        summary: { succeeded: 2, failed: 1 },
      },
    });
    expect(told).toEqual([{ operation: "makeMany", code: "payee_exists", entityId: "p-2" }]);
  });

  it("goes on where it was cut off, and its key is for its own list only", async () => {
    const first = await many(["p-1", "p-2"], "k-1");
    expect((await many(["p-1", "p-2"], "k-1")).json).toEqual(first.json);
    expect(await many(["p-1"], "k-1")).toMatchObject({ statusCode: 409, json: { code: "idempotency_key_reused" } });
  });

  it("five times at once acts once on each", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => many(["p-1", "p-2", "p-3"], "k-1")));
    for (const { statusCode, json } of answers) {
      if (statusCode === 409) expect(json).toMatchObject({ code: "idempotency_key_in_use" });
      else expect(json).toMatchObject({ summary: { succeeded: 3, failed: 0 } });
    }
    expect(answers.some(({ statusCode }) => statusCode === 207)).toBe(true);
    for (const id of ["p-1", "p-2", "p-3"]) {
      expect(await store.get("payee", payeeKey("acme", id))).toMatchObject({ version: 1 });
    }
  });
});

describe("a version", () => {
  const rename = (headers: Record<string, string>) =>
    ask("PATCH /v2/payees/{id}", { params: { id: "p-1" }, body: { name: "B" }, headers });

  it("is required for a change, and an old one changes nothing", async () => {
    await make("p-1", "k");
    expect(await rename({})).toMatchObject({ statusCode: 428, json: { code: "version_missing" } });
    expect(await rename({ "if-match": '"1"' })).toMatchObject({ statusCode: 200, headers: { etag: '"2"' } });
    expect(await rename({ "if-match": '"1"' })).toMatchObject({ statusCode: 412, json: { code: "version_mismatch" } });
    expect(await store.get("payee", payeeKey("acme", "p-1"))).toMatchObject({ version: 2 });
  });

  it("saves the body of a read that has not changed", async () => {
    await make("p-1", "k");
    const first = await ask("GET /v2/payees/{id}", { params: { id: "p-1" } });
    expect(first.headers).toMatchObject({ etag: '"1"' });
    const again = await ask("GET /v2/payees/{id}", { params: { id: "p-1" }, headers: { "if-none-match": '"1"' } });
    expect(again).toMatchObject({ statusCode: 304, json: undefined });
  });
});

describe("what goes wrong", () => {
  it("is a 503 with Retry-After where the table is busy", async () => {
    const answer = await ask("GET /v2/fail/{id}", { params: { id: "busy" } });
    expect(answer).toMatchObject({ statusCode: 503, headers: { "retry-after": "2" }, json: { code: "busy" } });
  });

  it("tells nothing of the inside, but the request's id", async () => {
    const answer = await ask("GET /v2/fail/{id}", { params: { id: "x" }, requestId: "r-42" });
    expect(answer).toMatchObject({ statusCode: 500, json: { code: "internal_error", request_id: "r-42" } });
    expect(answer.body).not.toContain("secret");
  });

  it("is a 404 for a path that isn't there", async () => {
    expect(await ask("$default")).toMatchObject({ statusCode: 404, json: { code: "not_found" } });
  });
});

describe("a read that matters", () => {
  it("is written down before it is answered", async () => {
    const answer = await ask("GET /v2/payees/export");
    expect(answer).toMatchObject({ statusCode: 200, headers: { "content-type": "text/csv; charset=utf-8" } });
    expect(read).toEqual(["data_exported"]);
  });

  it("is not answered where it can't be written down", async () => {
    const before = vigilance.read;
    vigilance.read = async () => {
      throw new StoreBusy("busy", 10);
    };
    try {
      expect(await ask("GET /v2/payees/export")).toMatchObject({ statusCode: 503 });
    } finally {
      vigilance.read = before;
    }
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { Document } from "../../local/report.ts";
import type { Permission } from "../../shared/access/roles.ts";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import { MAX_BODY_BYTES } from "../../shared/api/parse.ts";
import type { Role } from "../../shared/domain/model.ts";
import { createTestApi, type TestApi } from "../support/api.ts";
import { OPERATOR, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { createRawRequests, type RawRequests, severalAtATime } from "../support/raw-requests.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let api: TestApi;
let raw: RawRequests;

beforeAll(async () => {
  cloud = await startTestCloud();
  api = createTestApi(cloud);
  raw = await createRawRequests(cloud);
});
afterAll(() => cloud.stop());

const specs = Object.entries(operations) as [OperationId, OperationSpec][];
const isPublic = ({ access }: OperationSpec) => access === "public";
const signedIn = specs.filter(([, spec]) => !isPublic(spec));
const withBody = specs.filter(([, spec]) => spec.body !== undefined);

const exampleOf = ({ example }: OperationSpec) =>
  typeof example === "object" && example !== null ? { body: example } : {};

/** Who has which permission, as product.md says. */
const STAFF = ["viewer", "operator", "processor", "manager", "admin", "super_admin"] as const;
const HOLDERS: Readonly<Record<Permission, readonly Role[]>> = {
  "payouts.view": ["viewer", "operator", "processor", "manager", "admin", "super_admin"],
  "audit.view": ["viewer", "operator", "processor", "manager", "admin", "super_admin"],
  "payouts.create": ["operator", "processor", "manager", "admin", "super_admin"],
  "payouts.verify": ["operator", "processor", "manager", "admin", "super_admin"],
  "payouts.export": ["operator", "processor", "manager", "admin", "super_admin"],
  "payouts.process": ["processor", "manager", "admin", "super_admin"],
  "payouts.cancel": ["processor", "manager", "admin", "super_admin"],
  "payouts.view_sensitive": ["processor", "manager", "admin", "super_admin"],
  "payouts.approve": ["manager", "admin", "super_admin"],
  "holds.manage": ["manager", "admin", "super_admin"],
  "payouts.high_value": ["manager", "admin", "super_admin"],
  "payouts.reverse": ["admin", "super_admin"],
  "config.manage": ["admin", "super_admin"],
  "roles.manage": ["super_admin"],
};
const EVERYBODY = [...STAFF, "payee", "company"] as const;

/** What payees and companies may call, beside what everybody may. */
const SCOPED: Readonly<Partial<Record<OperationId, readonly Role[]>>> = {
  listPayouts: ["payee", "company"],
  listPayoutSchedules: ["payee", "company"],
  listEscrowHolds: ["payee", "company"],
  listTransfers: ["payee"],
  getPayout: ["payee", "company"],
  getPayoutBlockers: ["payee"],
  getPayoutSchedule: ["payee", "company"],
  getEscrowHold: ["payee", "company"],
  getTransfer: ["payee"],
  getPayee: ["payee"],
  getPayeeBalances: ["payee"],
};
/** What needs no permission of its own. */
const OTHERS: Readonly<Partial<Record<OperationId, readonly Role[]>>> = {
  getMe: EVERYBODY,
  getRoleDefinitions: EVERYBODY,
  listMyPayouts: ["payee", "company"],
  listMyHolds: ["payee", "company"],
  getMySummary: ["payee", "company"],
};

/** Parameters without which there is no request. */
const NEEDED: Readonly<Partial<Record<OperationId, string>>> = { listDeadLetters: "queue=rejected-events&" };

function allowedRoles(operationId: OperationId, { access }: OperationSpec): readonly Role[] {
  const holders = access === "signed_in" || access === "public" ? undefined : HOLDERS[access];
  const own = OTHERS[operationId] ?? [...(holders ?? []), ...(SCOPED[operationId] ?? [])];
  if (own.length === 0) throw new Error(`the table says nothing about ${operationId}`);
  return own;
}

describe("who may call what", () => {
  const organizationOf = new Map<string, string>();

  beforeAll(async () => {
    // What one role has done is in no other's way.
    await Promise.all(
      EVERYBODY.map(async (role) => {
        const { id } = cloud.organization();
        organizationOf.set(role, id);
        const scopeId = role === "payee" ? "payee-1" : role === "company" ? "company-1" : undefined;
        await api.person(id, role, { subject: "someone", ...(scopeId === undefined ? {} : { scopeId }) });
      }),
    );
  });

  it.each(EVERYBODY)("%s", async (role) => {
    const token = await raw.token("someone", organizationOf.get(role));
    const wrong: string[] = [];
    await severalAtATime(signedIn, async ([operationId, spec]) => {
      const answer = await raw.send(operationId, token, exampleOf(spec));
      const expected = allowedRoles(operationId, spec).includes(role);
      const turnedAway = answer.status === 403 && answer.json.code === "permission_required";
      if (turnedAway === expected) wrong.push(`${operationId}: ${answer.status} ${answer.text.slice(0, 200)}`);
      if (answer.status >= 500) wrong.push(`${operationId}: ${answer.text}`);
    });
    expect(wrong).toEqual([]);
  });

  it("somebody without a role may nothing", async () => {
    const token = await raw.token("nobody", organizationOf.get("admin"));
    await severalAtATime(signedIn, async ([operationId]) => {
      const { status, json } = await raw.send(operationId, token);
      expect([operationId, status, json?.code]).toEqual([operationId, 403, "permission_required"]);
    });
  });

  it("lists come as CSV to those who may export", async () => {
    const asCsv = { headers: { accept: "text/csv" } };
    const lists = signedIn.filter(([, spec]) => spec.answer.csv && spec.access === "payouts.view");
    expect(lists.length).toBeGreaterThan(3);
    for (const role of ["viewer", "operator"] as const) {
      const token = await raw.token("someone", organizationOf.get(role));
      for (const [operationId] of lists) {
        const { status, headers, json } = await raw.send(operationId, token, asCsv);
        if (role === "operator") expect([status, headers["content-type"]]).toEqual([200, "text/csv; charset=utf-8"]);
        else expect([status, json.code]).toEqual([403, "permission_required"]);
      }
    }
  });

  it("public operations ask nobody who they are", async () => {
    for (const [operationId] of specs.filter(([, spec]) => isPublic(spec)))
      expect((await raw.send(operationId, undefined)).status).toBe(200);
  });
});

interface JsonSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly JsonSchema[];
}

function fieldsOf(schema: z.ZodType | undefined): {
  readonly all: readonly string[];
  readonly required: readonly string[];
} {
  if (schema === undefined) return { all: [], required: [] };
  const { oneOf, ...own } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const branch = oneOf?.[0] ?? own;
  return { all: Object.keys(branch.properties ?? {}), required: branch.required ?? [] };
}

describe("a malformed request is refused with the field at fault, and writes nothing", () => {
  let token: string;
  let operatorToken: string;
  let organizationId: string;
  let before: readonly Document[];

  beforeAll(async () => {
    organizationId = cloud.organization().id;
    await api.person(organizationId, "super_admin", { subject: "sue" });
    await api.person(organizationId, "payee", { subject: "pat", scopeId: "payee-1" });
    token = await raw.token("sue", organizationId);
    await api.person(OPERATOR, "super_admin", { subject: "sue" });
    operatorToken = await raw.token("sue", OPERATOR);
    await cloud.settle();
    before = await cloud.items(organizationId);
  });
  afterAll(async () => {
    await cloud.settle();
    expect(await cloud.items(organizationId)).toEqual(before);
  });

  /** Of somebody who may call it. */
  async function tokenFor(operationId: OperationId): Promise<string> {
    const { operatorsOnly }: OperationSpec = operations[operationId];
    if (operatorsOnly) return operatorToken;
    return OTHERS[operationId]?.includes("admin") === false ? raw.token("pat", organizationId) : token;
  }

  async function expectRefused(
    [operationId, spec]: readonly [OperationId, OperationSpec],
    expected: { readonly status?: number; readonly code: string; readonly field?: string },
    asked: Parameters<RawRequests["send"]>[2] = {},
  ): Promise<void> {
    const { status, json, text } = await raw.send(operationId, await tokenFor(operationId), {
      ...exampleOf(spec),
      ...asked,
    });
    const { field, code } = expected;
    const seen = { status, code: json?.code, ...(field === undefined ? {} : { field: json?.field }) };
    expect(seen, `${operationId}: ${text}`).toEqual({ status: 400, ...expected, code });
  }

  it("a parameter that it doesn't know", () =>
    severalAtATime(signedIn, (one) =>
      expectRefused(
        one,
        { code: "invalid_request", field: "surprise" },
        { query: `${NEEDED[one[0]] ?? ""}surprise=1` },
      ),
    ));

  it("a wrong value of each parameter", async () => {
    const wrong = signedIn.flatMap((one) => fieldsOf(one[1].query).all.map((name) => ({ one, name })));
    expect(wrong.length).toBeGreaterThan(100);
    await severalAtATime(wrong, ({ one, name }) =>
      expectRefused(one, { code: "invalid_request", field: name }, { query: `${name}=%01` }),
    );
  });

  it("a wrong value of each part of the path", async () => {
    const wrong = signedIn.flatMap((one) => fieldsOf(one[1].params).all.map((name) => ({ one, name })));
    expect(wrong.length).toBeGreaterThan(20);
    await severalAtATime(wrong, ({ one, name }) =>
      expectRefused(one, { code: "invalid_request", field: name }, { params: { [name]: "a\u0001" } }),
    );
  });

  it.each(["surprise", "__proto__", "constructor"])("a field that it doesn't know: %s", (field) =>
    severalAtATime(withBody, (one) => {
      const known = JSON.stringify(one[1].example).slice(1, -1);
      const body = `{${known}${known === "" ? "" : ","}"${field}":1}`;
      return expectRefused(one, { code: "invalid_request", field }, { body });
    }),
  );

  it("a required field of another type, or none", async () => {
    const wrong = withBody.flatMap((one) => fieldsOf(one[1].body).required.map((name) => ({ one, name })));
    expect(wrong.length).toBeGreaterThan(30);
    await severalAtATime(wrong, async ({ one, name }) => {
      const { [name]: _left, ...rest } = one[1].example as Record<string, unknown>;
      for (const value of [{}, 1.5]) {
        const body = { ...rest, [name]: value };
        const { json, status, text } = await raw.send(one[0], await tokenFor(one[0]), { body });
        expect([status, json.code], `${one[0]} ${JSON.stringify(body)}: ${text}`).toEqual([400, "invalid_request"]);
        expect(json.field?.split(/[.[]/)[0], text).toBe(name);
      }
      await expectRefused(one, { code: "invalid_request", field: name }, { body: rest });
    });
  });

  it.each([
    ["is not JSON", '{"a":'],
    ["is a list", "[]"],
    ["is a text", '"text"'],
    ["nests deeper than anything has to", `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
  ])("a body that %s", (_what, body) =>
    severalAtATime(withBody, (one) => expectRefused(one, { code: "invalid_request" }, { body })),
  );

  it("a body that is too large", () =>
    severalAtATime(
      withBody,
      (one) => expectRefused(one, { status: 413, code: "too_large" }, { body: { notes: "x".repeat(MAX_BODY_BYTES) } }),
      4,
    ));

  it("a body that doesn't say that it is JSON", () =>
    severalAtATime(withBody, async (one) => {
      for (const type of [null, "text/plain", "application/x-www-form-urlencoded"])
        await expectRefused(
          one,
          { status: 415, code: "unsupported_media_type" },
          { headers: { "content-type": type } },
        );
    }));

  it("without the version that it changes, or with what is none", () => {
    const conditional = specs.filter(([, spec]) => spec.conditional);
    expect(conditional.length).toBeGreaterThan(5);
    return severalAtATime(conditional, async (one) => {
      for (const header of [null, "", "*", '"abc"', '"-1"', '"1", "2"'])
        await expectRefused(one, { status: 428, code: "version_missing" }, { headers: { "if-match": header } });
    });
  });

  it("without an idempotency key where money moves, or with what is none", () => {
    const moving = specs.filter(([, spec]) => spec.movesMoney);
    expect(moving.length).toBeGreaterThan(20);
    return severalAtATime(moving, async (one) => {
      for (const key of [null, "", " ", "x".repeat(256), "tab\there"])
        await expectRefused(one, { code: "idempotency_key_missing" }, { headers: { "idempotency-key": key } });
    });
  });
});

describe("a token that isn't good is turned away", () => {
  it("none at all, at every operation that isn't public", () =>
    severalAtATime(signedIn, async ([operationId]) => {
      const { status, json } = await raw.send(operationId, undefined);
      expect([operationId, status, json]).toEqual([operationId, 401, { message: "Unauthorized" }]);
    }));

  it("one that names no organization or no such one, or nobody, at every operation", async () => {
    const tokens = await Promise.all([
      raw.token("sue"),
      raw.token("sue", "platform"),
      raw.token("sue", "a b"),
      raw.token("", "acme"),
    ]);
    await severalAtATime([...signedIn.entries()], async ([index, [operationId]]) => {
      const { status, json } = await raw.send(operationId, tokens[index % tokens.length]);
      expect([operationId, status, json?.code]).toEqual([operationId, 401, "unauthenticated"]);
    });
  });

  const HOUR = 3_600;
  it.each([
    ["expired", (id: string) => raw.token("sue", id, { exp: Math.floor(cloud.now() / 1_000) - 1 })],
    ["not yet good", (id: string) => raw.token("sue", id, { nbf: Math.floor(cloud.now() / 1_000) + HOUR })],
    ["for another audience", (id: string) => raw.token("sue", id, { aud: "somebody-else" })],
    ["of another issuer", (id: string) => raw.token("sue", id, { iss: "https://issuer.example.com" })],
    ["signed by another key", (id: string) => raw.forged("sue", id)],
    ["not signed, with alg none", (id: string) => raw.unsigned("sue", id)],
    ["no token", () => Promise.resolve("sue")],
  ])("%s", async (_what, make) => {
    const { id } = cloud.organization();
    await api.person(id, "super_admin", { subject: "sue" });
    await cloud.settle();
    const before = await cloud.items(id);
    const token = await make(id);
    for (const operationId of ["listPayouts", "createPayout", "updateSettings", "revokeRole"] as const) {
      const { status, json } = await raw.send(operationId, token, { body: { reason: "none" } });
      expect([status, json]).toEqual([401, { message: "Unauthorized" }]);
    }
    expect(await cloud.items(id)).toEqual(before);
    expect((await raw.send("getMe", await raw.token("sue", id))).status).toBe(200);
  });
});

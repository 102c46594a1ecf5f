import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Access } from "../../../../shared/access/access.ts";
import { auditLogOperations } from "../../../../shared/api/contract/audit-log.ts";
import { createDispatch } from "../../../../shared/api/dispatch.ts";
import { createAuditLogHandlers } from "../../../../shared/api/handlers/audit-log.ts";
import type { Handler, OperationSpec } from "../../../../shared/api/operation.ts";
import { createAuditReader } from "../../../../shared/audit/reader.ts";
import { verifyAudit } from "../../../../shared/audit/verify.ts";
import { changeOf, type RecordChange } from "../../../../shared/domain/decision.ts";
import type { Payout, StaffRole } from "../../../../shared/domain/model.ts";
import { activatePlacement } from "../../../../shared/domain/placement.ts";
import { createAuditLog } from "../../../../shared/queries/audit-log.ts";
import { createStore } from "../../../../shared/store/store.ts";
import { type AuditTrail, createAuditTrail } from "../../../support/audit-trail.ts";
import { accepted, activationOf, contextAt, onlyAfter, PAYEE, START } from "../../../support/domain-records.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { minimal, next } from "../../events/records.ts";

const ORG = "acme";
let dynamo: TestDynamo;
let trail: AuditTrail;
let payout: Payout;
let ask: (operation: Operation, request?: Asked) => Promise<Answer>;

type Operation = Exclude<keyof typeof auditLogOperations, "getAuditStats">;
interface Asked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly role?: StaffRole;
  readonly organizationId?: string;
  readonly accept?: string;
}
interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects of an answer, and fails where it isn't there
  readonly json: any;
}

beforeAll(async () => {
  dynamo = await startDynamo();
  const { table, auditTable } = await dynamo.createTables();
  const retry = { sleep: async () => undefined, random: () => 0 };
  const audit = createAuditReader({ client: dynamo.client, tableName: auditTable, ...retry });
  const store = createStore({ client: dynamo.client, tableName: table, ...retry });
  trail = createAuditTrail(dynamo.client, auditTable);
  const activated = activatePlacement(activationOf(), undefined, new Map([[PAYEE.id, PAYEE]]), contextAt(START));
  const { changes } = accepted(activated);
  await store.commit(changes);
  await trail.record(changes);
  payout = onlyAfter("payout", changes);
  // A hold that changes often, once with a formula for a reason, and once behind the commands' back.
  let hold = minimal.escrow_hold;
  const history: RecordChange[] = [changeOf("escrow_hold", hold)];
  for (let version = 2; version <= 12; version += 1) {
    const after = next("escrow_hold", hold, {});
    const reasoned = { ...after, change: { ...after.change, reason: version === 5 ? '=HYPERLINK("x")' : "r" } };
    history.push(changeOf("escrow_hold", reasoned, hold));
    hold = reasoned;
  }
  await trail.record([...history, changeOf("escrow_hold", { ...hold, amountMinor: 1 }, hold)]);
  ask = askWith(
    createAuditLogHandlers({ log: createAuditLog({ store, audit }), audit, now: () => Date.parse("2026-11-22") }),
    store,
  );
});
afterAll(() => dynamo.stop());

function askWith(handlers: object, store: Parameters<typeof createDispatch>[0]["store"]): typeof ask {
  return async (operation, { params, query = "", role = "admin", organizationId = ORG, accept } = {}) => {
    const spec: OperationSpec = auditLogOperations[operation];
    const dispatch = createDispatch({
      operations: auditLogOperations,
      handlers: handlers as Readonly<Record<string, Handler<never>>>,
      store,
      access: { load: async () => ({ assignment: { role } }) } as unknown as Access,
      vigilance: { refused: async () => undefined, acted: async () => undefined, read: async () => undefined },
      now: () => 0,
      organizationClaim: "org",
    });
    const answer = await dispatch({
      routeKey: `${spec.method} ${spec.path}`,
      rawQueryString: query,
      headers: accept === undefined ? {} : { accept },
      ...(params === undefined ? {} : { pathParameters: params }),
      requestContext: {
        requestId: "r",
        http: { sourceIp: "203.0.113.7" },
        authorizer: { jwt: { claims: { sub: "ada", org: organizationId } } },
      } as never,
    });
    const text = answer.body ?? "";
    const isJson = /[/+]json$/.test(String(answer.headers?.["content-type"]));
    const json = isJson ? JSON.parse(text) : undefined;
    if (isJson && answer.statusCode === 200) expect(spec.answer.schema.parse(json)).toEqual(json);
    return { status: answer.statusCode, text, headers: answer.headers ?? {}, json };
  };
}

const often = { entity_type: "escrow_hold", entity_id: minimal.escrow_hold.id };

describe("the list", () => {
  test("goes on with its cursor, which is good for this list only", async () => {
    const first = await ask("listAuditEntries", { query: "action=escrow_hold.updated&limit=4" });
    expect(first.json.data).toHaveLength(4);
    const cursor = first.json.pagination.next_cursor;
    const second = await ask("listAuditEntries", { query: `action=escrow_hold.updated&limit=4&cursor=${cursor}` });
    expect(second.json.data.map(({ id }: { id: string }) => id)).not.toContain(first.json.data[0].id);
    for (const other of [
      { query: `action=escrow_hold.created&cursor=${cursor}` },
      { query: `action=escrow_hold.updated&sort=date&cursor=${cursor}` },
      { query: `action=escrow_hold.updated&cursor=${cursor}`, organizationId: "other" },
      { query: "cursor=abc" },
    ]) {
      expect((await ask("listAuditEntries", other)).json.code).toBe("invalid_cursor");
    }
  });

  test("of another organization has none of these lines", async () => {
    for (const query of [
      "changed_by=u-1",
      "action=escrow_hold.updated",
      `payout_id=${payout.id}`,
      "from=2026-01-01T00:00:00Z",
    ]) {
      const { json } = await ask("listAuditEntries", { query, organizationId: "other" });
      expect(json.data).toEqual([]);
    }
  });

  test("an id that doesn't tell what it is the id of needs the kind of record", async () => {
    const { json } = await ask("listAuditEntries", { query: "entity_id=payee-1" });
    expect(json).toMatchObject({ code: "invalid_request", field: "entity_type" });
    expect((await ask("listAuditEntries", { query: `entity_id=${payout.id}` })).json.data).toHaveLength(1);
    expect(
      (await ask("listAuditEntries", { query: `payout_id=${payout.id}&entity_type=journal_entry` })).json.data,
    ).toHaveLength(1);
  });
});

describe("one record's chain", () => {
  test("comes in order, page by page, and verifies as it is", async () => {
    const lines: unknown[] = [];
    let query = "limit=5";
    for (;;) {
      const { json } = await ask("getAuditChain", { params: often, query });
      lines.push(...json.data);
      if (json.pagination.next_cursor === null) break;
      query = `limit=5&cursor=${json.pagination.next_cursor}`;
    }
    expect(lines).toEqual(trail.lines.filter(({ entity_id }) => entity_id === often.entity_id));
    expect(verifyAudit(lines.map((line) => JSON.stringify(line)).join("\n"))).toMatchObject({ ok: true, flagged: 1 });
  });

  test("is not found where nothing is on record, and in another organization", async () => {
    const absent = { ...often, entity_id: "never" };
    expect((await ask("getAuditChain", { params: absent })).json.code).toBe("not_found");
    expect((await ask("getAuditChain", { params: often, organizationId: "other" })).json.code).toBe("not_found");
  });

  test.each(["2", "12", "flagged"])("its line %s can be had alone", async (which) => {
    const own = trail.lines.filter(({ entity_id }) => entity_id === often.entity_id);
    const wanted = which === "flagged" ? own.at(-1) : own[Number(which) - 1];
    const version = wanted?.id.split("/").at(-1) ?? "";
    expect((await ask("getAuditEntry", { params: { ...often, version } })).json.data).toEqual(wanted);
  });

  test.each([
    ["13", "not_found"],
    ["0", "not_found"],
    ["x", "invalid_request"],
  ])("it has no line %s", async (version, code) => {
    expect((await ask("getAuditEntry", { params: { ...often, version } })).json.code).toBe(code);
  });
});

describe("an export", () => {
  test("in lines of JSON is what verify-audit takes", async () => {
    const { text, headers } = await ask("exportAuditEntries", {
      query: "from=2026-01-01T00:00:00Z&to=2026-01-20T00:00:00Z",
    });
    expect(headers["content-type"]).toBe("application/x-ndjson");
    expect(headers["x-next-cursor"]).toBeUndefined();
    const own = trail.lines.filter(({ created_at }) => created_at < "2026-01-20");
    expect(verifyAudit(text)).toMatchObject({ ok: true, lines: own.length });
  });

  test("of many days goes on by the cursor in its header, which a list doesn't take", async () => {
    const query = "from=2026-01-01T00:00:00Z&format=json";
    const first = await ask("exportAuditEntries", { query });
    const cursor = String(first.headers["x-next-cursor"]);
    expect(first.json.pagination.next_cursor).toBe(cursor);
    expect((await ask("exportAuditEntries", { query: `${query}&cursor=${cursor}` })).status).toBe(200);
    expect((await ask("listAuditEntries", { query: `cursor=${cursor}` })).json.code).toBe("invalid_cursor");
  });

  test("as CSV has a header, states as JSON, and no formula that a spreadsheet would run", async () => {
    const { text, headers } = await ask("exportAuditEntries", {
      query: `format=csv&entity_type=escrow_hold&entity_id=${often.entity_id}`,
    });
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    const rows = text.trimEnd().split("\r\n");
    expect(rows).toHaveLength(14);
    expect(rows[0]).toMatch(/^id,organization_id,entity_type,.*,prev_hash,hash$/);
    expect(text).toContain("'=HYPERLINK");
    const listed = await ask("getAuditChain", { params: often, accept: "text/csv" });
    expect(listed.text).toBe(text);
  });

  test("takes the permission to export", async () => {
    expect((await ask("exportAuditEntries", { role: "viewer" })).json.code).toBe("permission_required");
    expect((await ask("listAuditEntries", { role: "viewer", query: "changed_by=u-1" })).status).toBe(200);
  });
});

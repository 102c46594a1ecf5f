import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listRecords, ORGANIZATION, seedLists } from "../../../../bench/list-records.ts";
import { activityOperations } from "../../../../shared/api/contract/activity.ts";
import { holdOperations } from "../../../../shared/api/contract/holds.ts";
import { payeeOperations } from "../../../../shared/api/contract/payees.ts";
import { payoutOperations } from "../../../../shared/api/contract/payouts.ts";
import { roleOperations } from "../../../../shared/api/contract/roles.ts";
import { scheduleOperations } from "../../../../shared/api/contract/schedules.ts";
import { transferOperations } from "../../../../shared/api/contract/transfers.ts";
import { createListHandlers } from "../../../../shared/api/handlers/lists.ts";
import { answerExport, answerList, type ListAnswerDeps, type ListCall } from "../../../../shared/api/list-answer.ts";
import type { Caller } from "../../../../shared/api/operation.ts";
import type { Counts } from "../../../../shared/counters/tally.ts";
import { recount } from "../../../../shared/counters/tally.ts";
import type { RoleAssignment, SecurityEvent } from "../../../../shared/domain/model.ts";
import { createLists } from "../../../../shared/queries/lists.ts";
import { toItem } from "../../../../shared/store/items.ts";
import { createListReader } from "../../../../shared/store/list-reader.ts";
import { createStore } from "../../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { CONTEXT, payeeRecord } from "../../../support/records.ts";
import { createRequests } from "../../../support/requests.ts";

const SIZES = { payout_schedule: 60, escrow_hold: 60, payout: 60, transfer: 40 };

let dynamo: TestDynamo;
let deps: ListAnswerDeps;
let ask: ReturnType<typeof api>;

function api(store: ReturnType<typeof createStore>) {
  return createRequests({
    operations: {
      ...payoutOperations,
      ...scheduleOperations,
      ...holdOperations,
      ...transferOperations,
      ...payeeOperations,
      ...roleOperations,
      ...activityOperations,
    },
    handlers: createListHandlers(deps),
    store,
    now: () => Date.parse(CONTEXT.now),
    organizationId: ORGANIZATION,
  });
}

const versioned = {
  organizationId: ORGANIZATION,
  version: 1,
  createdAt: CONTEXT.now,
  updatedAt: CONTEXT.now,
  change: {
    eventId: "e",
    action: "role_assignment.granted",
    actor: CONTEXT.actor,
    correlationId: "c",
    at: CONTEXT.now,
  },
} as const;
const assignment: RoleAssignment = { ...versioned, id: "ada", role: "viewer", status: "active", grantedBy: "sue" };
const events = (["low", "high", "high"] as const).map(
  (riskLevel, index): SecurityEvent => ({
    ...versioned,
    id: `se_01JDR2V0Q8Z5Y7X3W1T9S6R4P${index}`,
    kind: "new_address",
    riskLevel,
    subject: index === 0 ? "ada" : "ben",
    detail: "somewhere else",
    requestId: "r",
  }),
);
const sent = listRecords.transfer(1_500);
const releasedHold = { ...listRecords.escrow_hold(1_500), status: "released", transferId: sent.id } as const;

beforeAll(async () => {
  dynamo = await startDynamo();
  const { table } = await dynamo.createTables({ stream: false });
  const options = { client: dynamo.client, tableName: table };
  const store = createStore(options);
  await seedLists(options, SIZES);
  await store.commit([
    { entity: "payee", after: { ...payeeRecord(), organizationId: ORGANIZATION, name: "=HYPERLINK(1)" } },
    { entity: "payee", after: { ...payeeRecord("payee-2"), organizationId: ORGANIZATION } },
    { entity: "role_assignment", after: assignment },
    ...events.map((after) => ({ entity: "security_event", after }) as const),
    { entity: "transfer", after: sent },
    { entity: "escrow_hold", after: releasedHold },
  ]);
  const schedules = Array.from({ length: SIZES.payout_schedule }, (_, number) => listRecords.payout_schedule(number));
  const counts: Counts = recount(schedules.map((record) => toItem("payout_schedule", record)));
  const lists = createLists({ reader: createListReader(options), getMany: store.getMany, counts: async () => counts });
  deps = { lists, getMany: store.getMany };
  ask = api(store);
});
afterAll(() => dynamo.stop());

describe("a list's answer", () => {
  it("is a page, the total of the counters and a cursor that goes on", async () => {
    const first = await ask("listPayoutSchedules", { query: "limit=50" });
    expect(first.data).toHaveLength(50);
    expect(first.pagination).toEqual({ limit: 50, next_cursor: expect.any(String), total: SIZES.payout_schedule });
    const second = await ask("listPayoutSchedules", { query: `limit=50&cursor=${first.pagination.next_cursor}` });
    expect(second.data).toHaveLength(SIZES.payout_schedule - 50);
    expect(second.pagination).toMatchObject({ next_cursor: null, total: SIZES.payout_schedule });
  });

  it("knows processed as completed", async () => {
    const completed = await ask("listPayoutSchedules", { query: "status=completed&limit=100" });
    const processed = await ask("listPayoutSchedules", { query: "status=processed,completed&limit=100" });
    expect(completed.data.length).toBeGreaterThan(3);
    expect(processed).toEqual(completed);
    expect(processed.pagination.total).toBe(completed.data.length);
  });

  it.each([
    ["listPayoutSchedules", "trigger_event=manual", "trigger_event", "manual"],
    ["listEscrowHolds", "hold_reason=dispute", "hold_reason", "dispute"],
    ["listPayouts", "period=2026-11", "period", "2026-11"],
    ["listPayouts", "company_id=company-1", "company_id", "company-1"],
    ["listPayouts", "placement_id=placement-1", "placement_id", "placement-1"],
    ["listPayouts", "currency=EUR", "currency", "EUR"],
    ["listTransfers", "status=pending", "status", "pending"],
    ["listTransfers", "payee_id=payee-1", "payee_id", "payee-1"],
    ["listPayees", "q=payee-2", "id", "payee-2"],
    ["listRoles", "", "role", "viewer"],
    ["listSecurityEvents", "risk_level=high", "risk_level", "high"],
    ["listSecurityEvents", "kind=new_address&subject=ada", "subject", "ada"],
  ] as const)("%s?%s shows what was asked for", async (operation, query, field, value) => {
    const role = operation === "listRoles" ? "super_admin" : "manager";
    const { data } = await ask(operation, { query: `${query}&limit=100`, role });
    expect(data.length).toBeGreaterThan(0);
    expect(data.filter((record: Record<string, unknown>) => record[field] !== value)).toEqual([]);
  });

  it("by amount is within the amounts, and takes a currency", async () => {
    const { data } = await ask("listPayouts", { query: "currency=USD&min_amount=200000&max_amount=700000&limit=100" });
    const amounts = data.map(({ amount }: { amount: number }) => amount);
    expect(amounts.length).toBeGreaterThan(5);
    expect(amounts).toEqual(amounts.toSorted((a: number, b: number) => a - b));
    expect(amounts.filter((amount: number) => amount < 200_000 || amount > 700_000)).toEqual([]);
    expect(await ask("listPayouts", { query: "min_amount=5" })).toMatchObject({
      code: "invalid_request",
      field: "currency",
    });
  });

  it("refuses a cursor of another list", async () => {
    const { pagination } = await ask("listPayouts", { query: "limit=5" });
    const query = `limit=5&cursor=${pagination.next_cursor}`;
    expect(await ask("listEscrowHolds", { query })).toMatchObject({ status: 400, code: "invalid_cursor" });
    expect(await ask("listPayouts", { query, organizationId: "other" })).toMatchObject({ code: "invalid_cursor" });
  });

  it("says of a hold how the transfer of its release stands", async () => {
    const { data } = await ask("listEscrowHolds", { query: `q=${releasedHold.id}` });
    expect(data).toMatchObject([{ id: releasedHold.id, transfer_id: sent.id, transfer_status: sent.status }]);
  });
});

const staff: Caller = {
  organizationId: ORGANIZATION,
  subject: "sven",
  role: "manager",
  sourceIp: "203.0.113.7",
  addressAllowed: true,
  settings: undefined,
};
const call = (more: Partial<ListCall> = {}): ListCall => ({
  caller: staff,
  operationId: "listPayouts",
  wantsCsv: false,
  query: { limit: 100 },
  ...more,
});

describe("what a scoped caller is shown", () => {
  const scoped = (role: "payee" | "company", scopeId?: string): Partial<ListCall> => ({
    caller: { ...staff, role, ...(scopeId === undefined ? {} : { scopeId }) },
  });
  const rowsOf = async (...asked: Parameters<typeof answerList> extends [unknown, ...infer Rest] ? Rest : never) => {
    const answer = await answerList(deps, ...asked);
    if (!answer.ok || typeof answer.body === "string") throw new Error("no page");
    return answer.body as { data: Record<string, unknown>[]; pagination: { total: number | null } };
  };

  it.each([
    ["payee", "payee-1", "payee_id"],
    ["company", "company-1", "company_id"],
  ] as const)("of a %s is their own, without the organization's total", async (role, scopeId, field) => {
    const { data, pagination } = await rowsOf(call(scoped(role, scopeId)), "payout", {});
    expect(data.length).toBeGreaterThan(3);
    expect(data.filter((row) => row[field] !== scopeId)).toEqual([]);
    expect(pagination.total).toBeNull();
  });

  it("is nothing where they ask for somebody else's, or are nobody", async () => {
    expect((await rowsOf(call(scoped("payee", "payee-2")), "payout", { personId: "payee-1" })).data).toEqual([]);
    expect((await rowsOf(call(scoped("company")), "payout", {})).data).toEqual([]);
    const nobody = { ...call(scoped("payee")), query: { format: "csv" } } as const;
    expect(await answerExport(deps, nobody, "payout", {})).toMatchObject({
      ok: true,
      body: expect.stringMatching(/^id,[^\n]*\r\n$/),
    });
  });
});

describe("a list as CSV", () => {
  const lines = (answer: Awaited<ReturnType<typeof answerList>>) => {
    if (!answer.ok || typeof answer.body !== "string") throw new Error("not CSV");
    return answer.body.trimEnd().split("\r\n");
  };

  it("is one page, with the next cursor in a header until the end", async () => {
    const first = await answerList(deps, call({ wantsCsv: true, query: { limit: 40 } }), "payout", {});
    expect(first).toMatchObject({ ok: true, contentType: "text/csv; charset=utf-8" });
    expect(lines(first)).toHaveLength(41);
    const cursor = first.ok ? first.headers?.["x-next-cursor"] : undefined;
    const second = await answerList(deps, call({ wantsCsv: true, query: { limit: 40, cursor } }), "payout", {});
    expect(lines(second)).toHaveLength(SIZES.payout - 40 + 1);
    expect(second).not.toHaveProperty("headers");
  });

  it("has the wire's names and amounts, and no formula", async () => {
    const [header, ...rows] = lines(await answerList(deps, call({ wantsCsv: true }), "payee", { sort: "date" }));
    expect(header?.split(",").slice(0, 5)).toEqual(["id", "name", "email", "country", "default_currency"]);
    expect(rows[0]).toMatch(/^payee-1,'=HYPERLINK\(1\),/);
  });
});

describe("an export", () => {
  it("holds all rows up to a thousand, as JSON and as CSV", async () => {
    const json = await ask("exportPayouts", { query: "format=json" });
    expect(json.data).toHaveLength(SIZES.payout);
    expect(json.pagination).toEqual({ limit: 1_000, next_cursor: null, total: null });
    const csv = await answerExport(deps, { ...call(), query: { format: "csv" } }, "payout", {});
    expect(csv.ok && typeof csv.body === "string" && csv.body.trimEnd().split("\r\n").length).toBe(SIZES.payout + 1);
  });

  it("takes the list's filters and refuses what is no cursor", async () => {
    const { data } = await ask("exportPayoutSchedules", { query: "format=json&status=processed" });
    expect(new Set(data.map(({ status }: { status: string }) => status))).toEqual(new Set(["completed"]));
    expect(await ask("exportTransfers", { query: "cursor=abc" })).toMatchObject({ code: "invalid_cursor" });
  });

  it("ends where an answer is full and goes on from there", async () => {
    const { lists, getMany } = deps;
    const wordy = (number: number) => ({ ...listRecords.payout(number), notes: "n".repeat(200_000) });
    const large: ListAnswerDeps = {
      getMany,
      lists: {
        ...lists,
        read: async (request) => {
          const result = await lists.read(request);
          if (!result.ok) return result;
          return {
            ...result,
            page: {
              ...result.page,
              records: result.page.records.map((record, place) => ({ ...record, ...wordy(place) })),
            },
          };
        },
      },
    };
    const answer = await answerExport(large, { ...call(), query: { format: "json" } }, "payout", {});
    if (!answer.ok || typeof answer.body === "string") throw new Error("no page");
    const { data, pagination } = answer.body as { data: unknown[]; pagination: { next_cursor: string } };
    expect(data).toHaveLength(20);
    const rest = await answerExport(
      deps,
      { ...call(), query: { format: "json", cursor: pagination.next_cursor } },
      "payout",
      {},
    );
    expect(rest.ok && (rest.body as { data: unknown[] }).data).toHaveLength(SIZES.payout - 20);
  });
});

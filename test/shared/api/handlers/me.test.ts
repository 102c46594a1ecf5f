import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { permissions } from "../../../../shared/access/roles.ts";
import { meOperations } from "../../../../shared/api/contract/me.ts";
import { payoutOperations } from "../../../../shared/api/contract/payouts.ts";
import { createMeHandlers } from "../../../../shared/api/handlers/me.ts";
import { createTimelineHandlers } from "../../../../shared/api/handlers/timeline.ts";
import { createAuditReader } from "../../../../shared/audit/reader.ts";
import type { Role } from "../../../../shared/domain/model.ts";
import { createLists } from "../../../../shared/queries/lists.ts";
import { createListReader } from "../../../../shared/store/list-reader.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { createRequests, type Request } from "../../../support/requests.ts";
import { activated, createTestWorld, DAY, ORG, PAYEE, payeeUpserted, type TestWorld } from "../../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let ask: ReturnType<typeof api>;

function api(operatorOrganization?: string) {
  const { store, clock } = world;
  const reader = createListReader({ client: dynamo.client, tableName: store.tableName });
  const getMany = store.getMany;
  const lists = createLists({ reader, getMany, counts: async () => ({}) });
  const retry = { sleep: async () => undefined, random: () => 0 };
  const audit = createAuditReader({ client: dynamo.client, tableName: "unused", ...retry });
  const { getPayoutBlockers } = payoutOperations;
  return createRequests({
    operations: { ...meOperations, getPayoutBlockers },
    handlers: {
      ...createMeHandlers({ store, lists, getMany, now: clock.now, operatorOrganization }),
      getPayoutBlockers: createTimelineHandlers({ store, audit, now: clock.now }).getPayoutBlockers,
    },
    store,
    now: clock.now,
    organizationId: ORG,
  });
}

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  ask = api();
});

const payee: Request = { role: "payee", subject: "grace", scopeId: PAYEE };
const company: Request = { role: "company", subject: "corp", scopeId: "company-1" };

/** Two payees of one company, and a placement of another one with the first of them. */
async function threePayouts(): Promise<void> {
  await world.take("payee.upserted", payeeUpserted());
  await world.take("payee.upserted", payeeUpserted("payee-2", "acct_2"));
  const both = [
    { payee_id: PAYEE, share_bp: 7_500 },
    { payee_id: "payee-2", share_bp: 2_500 },
  ];
  await world.take("placement.activated", activated({ payees: both }));
  const other = { placement_id: "placement-2", company_id: "company-2", fee_amount: 8_000, currency: "EUR" };
  await world.take("placement.activated", activated(other));
}

test.each<[Role, number]>([
  ["payee", 0],
  ["viewer", 2],
  ["super_admin", permissions.length],
])("a %s learns who they are and what they may do", async (role, count) => {
  const scope = role === "payee" ? { scopeId: PAYEE } : {};
  const { data } = await ask("getMe", { role, subject: "me", ...scope });
  expect(data).toMatchObject({ subject: "me", organization_id: ORG, role, scope_id: scope.scopeId ?? null });
  expect(data.permissions).toHaveLength(count);
});

test.each([
  ["staff of the organization that operates the deployment", "viewer", ORG, true],
  ["staff of another organization", "super_admin", "another", false],
  ["staff where nobody operates it", "super_admin", undefined, false],
  ["a payee of the organization that operates it", "payee", ORG, false],
] as const)("%s: whether they operate the platform", async (_who, role, operator, expected) => {
  const { data } = await api(operator)("getMe", { role, subject: "me" });
  expect(data.platform_operator).toBe(expected);
});

test.each(["listMyPayouts", "listMyHolds", "getMySummary"] as const)(
  "%s is for payees and companies only, and for nobody in particular it is nobody's",
  async (operation) => {
    for (const request of [
      { role: "super_admin" },
      { role: "viewer" },
      { role: "payee" },
      { role: "company" },
    ] as const) {
      expect((await ask(operation, request)).code).toBe("permission_required");
    }
  },
);

describe("own records", () => {
  beforeEach(threePayouts);

  test("a payee sees its own payouts and holds, a company those of its placements, nobody another's", async () => {
    const own = await ask("listMyPayouts", payee);
    expect(own.data.map(({ payee_id }: { payee_id: string }) => payee_id)).toEqual([PAYEE, PAYEE]);
    expect(own.pagination.total).toBeNull();
    const companys = await ask("listMyHolds", company);
    expect(companys.data.map(({ company_id }: { company_id: string }) => company_id)).toEqual([
      "company-1",
      "company-1",
    ]);
    expect((await ask("listMyPayouts", { ...payee, organizationId: "other" })).data).toEqual([]);
  });

  test("filters narrow what is one's own; whose it is can't be asked for", async () => {
    expect((await ask("listMyPayouts", { ...payee, query: "currency=EUR&status=approved" })).data).toHaveLength(1);
    expect((await ask("listMyPayouts", { ...payee, query: "payee_id=payee-2" })).code).toBe("invalid_request");
  });

  test("pages follow each other, and a cursor is good for its own list only", async () => {
    const first = await ask("listMyPayouts", { ...payee, query: "limit=1" });
    const cursor = first.pagination.next_cursor;
    const second = await ask("listMyPayouts", { ...payee, query: `limit=1&cursor=${cursor}` });
    expect(second.data[0].id).not.toBe(first.data[0].id);
    expect((await ask("listMyPayouts", { ...company, query: `limit=1&cursor=${cursor}` })).code).toBe("invalid_cursor");
    expect((await ask("listMyHolds", { ...payee, query: `limit=1&cursor=${cursor}` })).code).toBe("invalid_cursor");
  });

  test("a payee may ask why its payout is not paid, and about no other", async () => {
    const payouts = await world.all("payout");
    for (const { id, payeeId } of payouts) {
      const answer = await ask("getPayoutBlockers", { ...payee, id });
      if (payeeId === PAYEE) expect(answer.data.length).toBeGreaterThan(0);
      else expect(answer.code).toBe("not_found");
    }
  });

  test("a payee learns that sending is paused, and staff why", async () => {
    await world.run({ command: "pause_sending", control: "all", by: "ops", reason: "an inquiry" });
    const own = (await world.all("payout")).find(({ payeeId }) => payeeId === PAYEE);
    const told = async (request: Request) =>
      (await ask("getPayoutBlockers", { ...request, id: own?.id ?? "" })).data[0];
    expect(await told(payee)).toMatchObject({ code: "sending_paused", detail: null });
    expect(await told({ role: "viewer" })).toMatchObject({ code: "sending_paused", detail: "an inquiry" });
  });
});

describe("the summary", () => {
  beforeEach(threePayouts);

  test("of a payee is the ledger's: what is held, to come and paid is what was earned", async () => {
    const schedule = (await world.all("payout_schedule")).find(
      ({ currency, payeeId }) => payeeId === PAYEE && currency === "USD",
    );
    await world.fire(schedule?.id ?? "", "manual");
    await world.settle();
    const { data } = await ask("getMySummary", payee);
    expect(data.currencies).toEqual([
      { currency: "EUR", earned: 8_000, held: 1_600, pending: 6_400, paid: 0, owed: 0 },
      { currency: "USD", earned: 75_000, held: 15_000, pending: 0, paid: 60_000, owed: 0 },
    ]);
    expect(data.capped).toBe(false);
  });

  test("of a company is the sum of its payouts, and the same as its payees' where it is their only one", async () => {
    const { data } = await ask("getMySummary", company);
    expect(data.currencies).toEqual([
      { currency: "USD", earned: 100_000, held: 20_000, pending: 80_000, paid: 0, owed: 0 },
    ]);
    const other = await ask("getMySummary", { role: "company", subject: "c", scopeId: "company-2" });
    const payees = await ask("getMySummary", payee);
    expect(other.data.currencies).toEqual(
      payees.data.currencies.filter(({ currency }: { currency: string }) => currency === "EUR"),
    );
  });

  test("what was cancelled is in nobody's earnings", async () => {
    await world.take("placement.cancelled", {
      organization_id: ORG,
      placement_id: "placement-2",
      occurred_at: world.clock.iso(),
    });
    const sums = (await ask("getMySummary", payee)).data.currencies;
    expect(sums[0]).toEqual({ currency: "EUR", earned: 0, held: 0, pending: 0, paid: 0, owed: 0 });
    const other = await ask("getMySummary", { role: "company", subject: "c", scopeId: "company-2" });
    expect(other.data.currencies).toEqual(sums.slice(0, 1));
  });

  test("names the next dates, the earliest first, five at the most, and none that are past", async () => {
    const { data } = await ask("getMySummary", payee);
    expect(data.next_dates).toHaveLength(4);
    const dates = data.next_dates.map(({ date }: { date: string }) => date);
    expect(dates).toEqual(dates.toSorted());
    expect((await ask("getMySummary", company)).data.next_dates).toHaveLength(4);
    world.clock.advance(200 * DAY);
    expect((await ask("getMySummary", payee)).data.next_dates).toEqual([]);
  });
});

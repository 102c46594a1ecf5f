import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { activityOperations } from "../../../../shared/api/contract/activity.ts";
import { createActivityHandlers } from "../../../../shared/api/handlers/activity.ts";
import { securityEvent } from "../../../../shared/domain/security-event.ts";
import { createStore } from "../../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";

let dynamo: TestDynamo;
let handlers: ReturnType<typeof createActivityHandlers>;

beforeAll(async () => {
  dynamo = await startDynamo();
  const { table } = await dynamo.createTables();
  const store = createStore({ client: dynamo.client, tableName: table });
  handlers = createActivityHandlers({ store });
  const facts = { id: "se_1", organizationId: "acme", kind: "new_address", riskLevel: "medium" } as const;
  const context = {
    now: "2026-11-21T09:00:00.000Z",
    actor: { type: "system", id: "vigilance" },
    correlationId: "r",
  } as const;
  await store.commit([securityEvent({ ...facts, subject: "ada", detail: "elsewhere", requestId: "r" }, context)]);
});
afterAll(() => dynamo.stop());

const get = (organizationId: string, id: string) =>
  handlers.getSecurityEvent({ caller: { organizationId }, params: { id } } as never);

describe("a security event", () => {
  it("is answered as its contract says", async () => {
    const result = await get("acme", "se_1");
    if (!result.ok) throw new Error(result.refusal.code);
    expect(activityOperations.getSecurityEvent.answer.schema.parse(result.body)).toEqual(result.body);
    expect(result.body).toMatchObject({
      data: { id: "se_1", kind: "new_address", risk_level: "medium", subject: "ada" },
    });
  });

  it("of another organization is not found, as one that isn't there", async () => {
    const foreign = await get("globex", "se_1");
    const absent = await get("globex", "se_2");
    expect(foreign).toMatchObject({ ok: false, refusal: { code: "not_found" } });
    expect(JSON.stringify(foreign).replaceAll("se_1", "se_2")).toBe(JSON.stringify(absent));
  });
});

describe("the filters of the activity", () => {
  const { query } = activityOperations.listSecurityEvents;

  it("take several kinds and levels", () => {
    expect(query.parse({ kind: "new_address,many_failures", risk_level: "high", sort: "-date" })).toMatchObject({
      kind: ["new_address", "many_failures"],
      risk_level: ["high"],
      limit: 25,
    });
  });

  it.each([{ kind: "odd" }, { risk_level: "odd" }, { sort: "amount" }, { limit: "101" }, { who: "ada" }])(
    "refuse %o",
    (bad) => {
      expect(query.safeParse(bad).success).toBe(false);
    },
  );
});

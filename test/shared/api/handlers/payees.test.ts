import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import {
  activated,
  createPendingTransfer,
  createTestWorld,
  DAY,
  HOUR,
  MINUTE,
  ORG,
  PAYEE,
  payeeUpserted,
  signalled,
  type TestWorld,
} from "../../../support/world.ts";
import { createPayeeAndTransferApi, type PayeeAndTransferApi } from "./payees-and-transfers-fixture.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let call: PayeeAndTransferApi;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  call = createPayeeAndTransferApi(world);
});

const BANK = {
  provider: "xendit",
  channel_code: "ID_BCA",
  account_number: "1234567890",
  account_holder_name: "Grace Hopper",
};
const GRACE = { payee_id: "grace", name: "Grace Hopper", default_currency: "USD", destinations: [BANK] };
const OTHER = [{ provider: "stripe", account: "acct_2" }];

describe("a payee that a person creates", () => {
  it("is there with its account numbers masked, and its destinations can be used at once", async () => {
    const created = await call("operator", "createPayee", { body: { ...GRACE, email: "grace@example.com" } });
    expect(created).toMatchObject({ status: 201, etag: '"1"' });
    expect(created.json.data).toMatchObject({
      id: "grace",
      email: "grace@example.com",
      verified: false,
      destinations: [{ account_number: "******7890" }],
      destination_usable_from: null,
    });
    expect((await call("viewer", "getPayee", { id: "grace" })).json).toEqual(created.json);
    expect((await world.only("payee")).change).toMatchObject({ action: "payee.created", actor: { id: "operator" } });
  });

  it("must not exist: neither from the bus nor by hand", async () => {
    await world.take("payee.upserted", payeeUpserted("grace"));
    const refused = await call("operator", "createPayee", { body: GRACE });
    expect(refused).toMatchObject({ status: 409, json: { code: "payee_exists", field: "payee_id" } });
  });

  it("is created once by two people at once", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => call("operator", "createPayee", { body: GRACE })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it.each([
    ["an unknown field", { ...GRACE, bank: "x" }, "bank"],
    ["no name", { ...GRACE, name: "" }, "name"],
    ["an unsupported currency", { ...GRACE, default_currency: "XXX" }, "default_currency"],
    ["an account that can't be one", { ...GRACE, destinations: [{ provider: "stripe", account: "1" }] }, "account"],
  ])("with %s is refused, naming the field", async (_name, body, field) => {
    const refused = await call("operator", "createPayee", { body });
    expect(refused).toMatchObject({ status: 400, json: { code: "invalid_request" } });
    expect(refused.json.field).toContain(field);
    expect(await world.all("payee")).toEqual([]);
  });
});

describe("a correction", () => {
  beforeEach(() => world.take("payee.upserted", payeeUpserted(PAYEE, "acct_1", { tier: "gold" })));

  it("changes what it names, removes what it nulls, and leaves the rest", async () => {
    const { json } = await call("operator", "updatePayee", {
      id: PAYEE,
      version: 1,
      body: { name: "Grace B. Hopper", tier: null, minimum_payout: 5_000, verified: true },
    });
    expect(json.data).toMatchObject({
      name: "Grace B. Hopper",
      tier: null,
      minimum_payout: 5_000,
      verified: true,
      default_currency: "USD",
      destinations: [{ provider: "stripe", account: "acct_1" }],
      version: 2,
    });
  });

  it("of another version than was seen is refused, and so is one of two at once", async () => {
    const change = (version: number, name: string) =>
      call("operator", "updatePayee", { id: PAYEE, version, body: { name } });
    expect(await change(7, "A")).toMatchObject({ status: 412, json: { code: "version_mismatch" } });
    const answers = await Promise.all([change(1, "B"), change(1, "C")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await world.only("payee")).version).toBe(2);
  });

  it("that says what is known changes nothing", async () => {
    const answer = await call("operator", "updatePayee", { id: PAYEE, version: 1, body: { tier: "gold" } });
    expect(answer).toMatchObject({ status: 200, etag: '"1"' });
  });

  it("outlives an older event of the bus, not a newer one", async () => {
    world.clock.advance(HOUR);
    await call("operator", "updatePayee", { id: PAYEE, version: 1, body: { name: "Amazing" } });
    const event = (ms: number) =>
      world.take("payee.upserted", payeeUpserted(), { time: new Date(world.clock.now() + ms).toISOString() });
    await event(-MINUTE);
    expect((await world.only("payee")).name).toBe("Amazing");
    await event(MINUTE);
    expect((await world.only("payee")).name).toBe("Grace");
  });

  it.each(["updatePayee", "replacePayeeDestinations"] as const)("%s of nobody is not found", async (operation) => {
    const body = operation === "updatePayee" ? { name: "A" } : { destinations: [] };
    for (const asked of [{ id: "nobody" }, { id: PAYEE, organizationId: "other" }]) {
      expect((await call("operator", operation, { ...asked, version: 1, body })).status).toBe(404);
    }
  });
});

describe("destinations", () => {
  beforeEach(() => world.take("payee.upserted", payeeUpserted()));
  const replace = (destinations: object[], version = 1) =>
    call("operator", "replacePayeeDestinations", { id: PAYEE, version, body: { destinations } });

  it("that are replaced cool off for a day, or as long as the organization says", async () => {
    expect((await replace(OTHER)).json.data).toMatchObject({
      destinations: OTHER,
      destination_changed_at: world.clock.iso(),
      destination_usable_from: new Date(world.clock.now() + DAY).toISOString(),
    });
    await setCoolingOff(72);
    expect((await replace([BANK], 2)).json.data.destination_usable_from).toBe(
      new Date(world.clock.now() + 3 * DAY).toISOString(),
    );
    await setCoolingOff(0);
    expect((await replace(OTHER, 3)).json.data.destination_usable_from).toBeNull();
  });

  it("that are the same are no change", async () => {
    expect(await replace([{ provider: "stripe", account: "acct_1" }])).toMatchObject({ status: 200, etag: '"1"' });
  });

  it("of another version than was seen are refused", async () => {
    expect(await replace(OTHER, 2)).toMatchObject({ status: 412, json: { code: "version_mismatch" } });
  });

  it("from an event of the bus cool off as long as the organization says, too", async () => {
    await setCoolingOff(48);
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_2"));
    const { destinationUsableFrom } = await world.only("payee");
    expect(destinationUsableFrom).toBe(new Date(world.clock.now() + 2 * DAY).toISOString());
  });

  it("are shown whole to who may see them, and to nobody else", async () => {
    await replace([BANK]);
    const read = (role: "viewer" | "processor") => call(role, "getPayeeDestinations", { id: PAYEE });
    expect((await read("processor")).json).toEqual({ data: [BANK] });
    expect((await read("viewer")).status).toBe(403);
    expect((await call("processor", "getPayeeDestinations", { id: "nobody" })).status).toBe(404);
  });

  async function setCoolingOff(hours: number) {
    const item = { pk: `${ORG}#settings`, sk: "settings", entity: "settings", id: "settings", organizationId: ORG };
    await world.client.send(
      new PutCommand({ TableName: world.table, Item: { ...item, version: 1, policy: {}, coolingOffHours: hours } }),
    );
  }
});

describe("balances", () => {
  const balancesOf = (id: string, role: "viewer" | "payee" = "viewer", scopeId = PAYEE) =>
    call(role, "getPayeeBalances", { id, scopeId });

  it("are what is to be sent, held, paid and owed, by currency", async () => {
    const transfer = await createPendingTransfer(world);
    const placement = { placement_id: "placement-2", currency: "EUR", fee_amount: 50_000 };
    await world.take("placement.activated", activated({ ...placement, policy: { holdback_bp: 0 } }));
    expect((await balancesOf(PAYEE)).json.data).toEqual([
      { currency: "EUR", payable: 50_000, held: 0, paid: 0, owed: 0 },
      { currency: "USD", payable: 80_000, held: 20_000, paid: 0, owed: 0 },
    ]);
    await world.attempt(transfer);
    await world.take("placement.guarantee_failed", signalled());
    expect((await balancesOf(PAYEE)).json.data[1]).toEqual({
      currency: "USD",
      payable: 0,
      held: 0,
      paid: 80_000,
      owed: 80_000,
    });
  });

  it("are there before anything else is known of the payee, and none for one who is only known", async () => {
    await world.take("placement.activated", activated());
    expect((await balancesOf(PAYEE)).json.data).toHaveLength(1);
    await world.take("payee.upserted", payeeUpserted("idle"));
    expect((await balancesOf("idle")).json.data).toEqual([]);
    expect((await balancesOf("nobody")).status).toBe(404);
  });

  it("and the payee are shown to the payee, others' are not found", async () => {
    await world.take("payee.upserted", payeeUpserted());
    await world.take("payee.upserted", payeeUpserted("payee-2", "acct_2"));
    for (const operation of ["getPayee", "getPayeeBalances"] as const) {
      expect((await call("payee", operation, { id: PAYEE })).status).toBe(200);
      expect((await call("payee", operation, { id: "payee-2" })).status).toBe(404);
      expect((await call("payee", operation, { id: PAYEE, organizationId: "other" })).status).toBe(404);
    }
  });
});

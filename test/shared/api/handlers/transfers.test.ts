import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Transfer } from "../../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { behaviours } from "../../../support/recording-gateway.ts";
import { createPendingTransfer, createTestWorld, MINUTE, type TestWorld } from "../../../support/world.ts";
import { createPayeeAndTransferApi, type PayeeAndTransferApi } from "./payees-and-transfers-fixture.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let call: PayeeAndTransferApi;
let transfer: Transfer;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  call = createPayeeAndTransferApi(world);
  transfer = await createPendingTransfer(world);
});

describe("a transfer", () => {
  it("is shown to staff and to its payee; any other is not found", async () => {
    const { id } = transfer;
    expect((await call("viewer", "getTransfer", { id })).json.data).toMatchObject({
      id,
      amount: 80_000,
      reversals: [],
    });
    expect((await call("payee", "getTransfer", { id })).status).toBe(200);
    const others = [
      call("payee", "getTransfer", { id, scopeId: "payee-2" }),
      call("viewer", "getTransfer", { id, organizationId: "other" }),
      call("viewer", "getTransfer", { id: transfer.payoutId }),
      call("viewer", "getTransfer", { id: "tr_guess" }),
    ];
    for (const { status, json } of await Promise.all(others)) {
      expect({ status, code: json.code }).toEqual({ status: 404, code: "not_found" });
    }
  });
});

describe("reversing", () => {
  const reverse = (body: object, asked: { id?: string; key?: string } = {}) =>
    call("admin", "reverseTransfer", { id: transfer.id, body: { reason: "left early", ...body }, ...asked });

  it("is accepted and done later; the same request again is the same reversal", async () => {
    await world.attempt(transfer);
    const first = await reverse({ amount: 30_000 }, { key: "one" });
    expect(first).toMatchObject({ status: 202, etag: '"4"' });
    expect(first.json.data.reversals).toMatchObject([{ amount: 30_000, status: "requested", requested_by: "admin" }]);
    expect((await reverse({ amount: 30_000 }, { key: "one" })).json).toEqual(first.json);
    expect((await world.only("transfer")).reversals).toHaveLength(1);
    expect(await reverse({ amount: 30_000 })).toMatchObject({ status: 409, json: { code: "reversal_pending" } });
  });

  it.each([
    ["before the money has arrived", false, {}, 409, "transfer_not_reversible"],
    ["of more than there is", true, { amount: 80_001 }, 422, "reversal_exceeds_transfer"],
    ["of nothing", true, { amount: 0 }, 400, "invalid_request"],
    ["of a fraction", true, { amount: 1.5 }, 400, "invalid_request"],
  ])("%s is refused", async (_name, arrived, body, status, code) => {
    if (arrived) await world.attempt(transfer);
    const { version } = await world.only("transfer");
    expect(await reverse(body)).toMatchObject({ status, json: { code } });
    expect((await world.only("transfer")).version).toBe(version);
  });

  it("is not for those below an admin", async () => {
    const body = { reason: "left early" };
    expect((await call("manager", "reverseTransfer", { id: transfer.id, body })).status).toBe(403);
    expect((await call("payee", "reverseTransfer", { id: transfer.id, body })).status).toBe(403);
  });
});

describe("settling", () => {
  const settle = (body: object, key = "one") => call("admin", "settleTransfer", { id: transfer.id, body, key });
  const MOVED = { outcome: "completed", provider_transfer_id: "tr_1", evidence: "seen" };
  const NOTHING = { outcome: "not_created", evidence: "not seen" };

  it("as completed says where it is at the provider; the same request again changes nothing", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(transfer);
    const settled = await settle(MOVED);
    expect(settled.json.data).toMatchObject({
      status: "completed",
      provider_transfer_id: "tr_1",
      settled: { outcome: "completed", evidence: "seen", by: "admin" },
    });
    expect((await settle(MOVED)).json).toEqual(settled.json);
    await world.expectSound();
  });

  it("as not created waits for the provider's lists", async () => {
    world.provider.next(behaviours.timesOutBeforeActing);
    await world.attempt(transfer);
    expect(await settle(NOTHING)).toMatchObject({ status: 409, json: { code: "evidence_contradicts" } });
    world.clock.advance(15 * MINUTE);
    expect((await settle(NOTHING, "two")).json.data).toMatchObject({ status: "failed_terminal", epoch: 2 });
    expect(await settle(NOTHING, "three")).toMatchObject({ status: 409, json: { code: "transfer_not_settleable" } });
  });

  it.each([
    ["completed without the provider's id", { outcome: "completed", evidence: "seen" }],
    ["not created with one", { ...NOTHING, provider_transfer_id: "tr_1" }],
    ["without evidence", { outcome: "not_created" }],
    ["as something else", { ...NOTHING, outcome: "lost" }],
  ])("%s is malformed", async (_name, body) => {
    expect(await settle(body)).toMatchObject({ status: 400, json: { code: "invalid_request" } });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { holdOperations } from "../../../../shared/api/contract/holds.ts";
import { createHoldHandlers } from "../../../../shared/api/handlers/holds.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { createRequests } from "../../../support/requests.ts";
import { activated, createTestWorld, ORG, PAYEE, payeeUpserted, type TestWorld } from "../../../support/world.ts";

const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
const LATER = "2026-07-01T00:00:00.000Z";
let dynamo: TestDynamo;
let world: TestWorld;
let ask: ReturnType<typeof createRequests<typeof holdOperations>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  const { surroundings, releases, store, clock } = world;
  const handlers = createHoldHandlers({ ...surroundings, releases });
  ask = createRequests({ operations: holdOperations, handlers, store, now: clock.now, organizationId: ORG });
});

async function activate(more: Record<string, unknown> = {}) {
  await world.take("payee.upserted", payeeUpserted());
  await world.take("placement.activated", activated(more));
  return { hold: await world.only("escrow_hold"), schedule: await world.only("payout_schedule") };
}

describe("getting a hold", () => {
  it.each([
    ["staff", { role: "viewer" }, true],
    ["its payee", { role: "payee", scopeId: PAYEE }, true],
    ["another payee", { role: "payee", scopeId: "payee-2" }, false],
    ["its company", { role: "company", scopeId: "company-1" }, true],
    ["another company", { role: "company", scopeId: "company-2" }, false],
    ["another organization", { role: "admin", organizationId: "globex" }, false],
  ] as const)("by %s", async (_who, caller, seen) => {
    const { id } = (await activate()).hold;
    const body = await ask("getEscrowHold", { ...caller, id });
    if (seen) expect(body.data).toMatchObject({ id, hold_amount: 20_000, transfer_status: null });
    else expect(body).toMatchObject({ code: "not_found", detail: `no hold ${id}` });
  });

  it("under another kind of id is not found", async () => {
    const { id } = (await activate()).schedule;
    expect(await ask("getEscrowHold", { id })).toMatchObject({ code: "not_found" });
  });
});

describe("releasing", () => {
  it("a part leaves the rest active; a repetition of the request doesn't release another", async () => {
    const { id } = (await activate()).hold;
    const wish = { id, key: "k", body: { amount: 5_000, notes: "goodwill" } };
    const first = await ask("releaseEscrowHold", wish);
    const transfer = await world.only("transfer");
    expect(first).toMatchObject({
      data: { status: "active", hold_amount: 15_000, release_notes: "goodwill", transfer_status: "pending" },
      sending: { outcome: "sent", transfer_id: transfer.id },
    });
    expect(await ask("releaseEscrowHold", wish)).toEqual(first);
    expect(await world.all("transfer")).toHaveLength(1);
    await world.attempt(transfer);
    expect((await ask("getEscrowHold", { id })).data.transfer_status).toBe("completed");
    await world.expectSound();
  });

  it("early with something in the way is refused; when it is due, it stays due", async () => {
    const { id } = (await activate({ policy: { approval: "manual" } })).hold;
    expect(await ask("releaseEscrowHold", { id })).toMatchObject({ code: "blocked" });
    world.clock.set(GUARANTEE_END);
    expect(await ask("releaseEscrowHold", { id })).toMatchObject({
      data: { status: "active", blocker: { code: "approval_pending" }, transfer_status: null },
      sending: { outcome: "blocked", transfer_id: null },
    });
  });

  it("what is stuck after a partial release shows how that release's transfer stands", async () => {
    const { id } = (await activate()).hold;
    await ask("releaseEscrowHold", { id, body: { amount: 5_000 } });
    await world.attempt(await world.only("transfer"));
    world.clock.set(GUARANTEE_END);
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_2"));
    expect((await ask("releaseEscrowHold", { id })).data).toMatchObject({ transfer_status: "completed" });
  });

  it("many releases each as a whole", async () => {
    const { id } = (await activate()).hold;
    const body = await ask("bulkReleaseEscrowHolds", { body: { ids: [id, "eh_1"], notes: "confirmed" } });
    expect(body.summary).toEqual({ succeeded: 1, failed: 1 });
    expect(body.results[0].result).toMatchObject({
      data: { status: "released", release_notes: "confirmed" },
      sending: { outcome: "sent" },
    });
  });

  it("more than there is is refused, and a whole one twice", async () => {
    const { id } = (await activate()).hold;
    const more = await ask("releaseEscrowHold", { id, body: { amount: 20_001 } });
    expect(more).toMatchObject({ code: "hold_amount_exceeded", field: "amount" });
    await ask("releaseEscrowHold", { id });
    expect(await ask("releaseEscrowHold", { id })).toMatchObject({ code: "hold_already_released" });
  });
});

describe("holding back", () => {
  it("takes the amount out of a schedule, once per key", async () => {
    const { schedule } = await activate();
    const wish = {
      from_schedule_id: schedule.id,
      amount: 30_000,
      hold_reason: "dispute",
      reason: "disputed",
      release_date: LATER,
    };
    const first = await ask("createEscrowHold", { body: wish, key: "k" });
    expect(first.data).toMatchObject({ hold_amount: 30_000, hold_reason: "dispute", release_date: LATER });
    expect(await ask("createEscrowHold", { body: wish, key: "k" })).toEqual(first);
    expect(await world.only("payout_schedule")).toMatchObject({ amountMinor: 50_000 });
    expect((await world.only("payout")).heldMinor).toBe(50_000);
    await world.expectSound();
  });

  it("all of a schedule is released like any other hold", async () => {
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated({ policy: { holdback_bp: 0 } }));
    const schedule = await world.only("payout_schedule");
    const wish = { from_schedule_id: schedule.id, hold_reason: "other", reason: "papers", release_date: LATER };
    const { data } = await ask("createEscrowHold", { body: { ...wish, amount: schedule.amountMinor } });
    expect(await world.only("payout_schedule")).toMatchObject({ status: "cancelled", amountMinor: 0 });
    await world.expectSound();
    expect((await ask("releaseEscrowHold", { id: data.id })).sending.outcome).toBe("sent");
    await world.settle(2);
    expect(await world.only("payout")).toMatchObject({ status: "paid", paidMinor: 100_000, cancelledMinor: 0 });
    await world.expectSound();
  });
});

describe("changing a hold", () => {
  it("on the condition of its version", async () => {
    const { id } = (await activate()).hold;
    const body = { release_date: LATER, hold_reason: "verification", reason: "papers" };
    const changed = await ask("updateEscrowHold", { id, version: 1, body });
    expect(changed.data).toMatchObject({ ...body, version: 2, date_rule: null });
    expect(await ask("updateEscrowHold", { id, version: 1, body })).toMatchObject({ code: "version_mismatch" });
    expect(await ask("updateEscrowHold", { id, version: 2, body: {} })).toMatchObject({ code: "invalid_request" });
  });

  it("extends it, only ever for longer", async () => {
    const { id } = (await activate()).hold;
    const body = { release_date: LATER, reason: "goes on" };
    expect((await ask("extendEscrowHold", { id, body })).data.release_date).toBe(LATER);
    expect((await world.only("escrow_hold")).change.reason).toBe("goes on");
    expect(await ask("extendEscrowHold", { id, body })).toMatchObject({ code: "date_not_later" });
  });

  it("forfeits it, as an admin", async () => {
    const { id } = (await activate()).hold;
    const wish = { id, body: { reason: "left" } };
    expect(await ask("forfeitEscrowHold", wish)).toMatchObject({ code: "permission_required" });
    expect((await ask("forfeitEscrowHold", { ...wish, role: "admin" })).data).toMatchObject({
      status: "forfeited",
      reason: "left",
    });
    expect((await world.only("payout")).forfeitedMinor).toBe(20_000);
    await world.expectSound();
  });

  it("cancels it, or many", async () => {
    const { id } = (await activate()).hold;
    expect((await ask("cancelEscrowHold", { id })).data.status).toBe("cancelled");
    const body = await ask("bulkCancelEscrowHolds", { body: { ids: [id], reason: "twice" } });
    expect(body.results[0].problem.code).toBe("hold_already_cancelled");
    await world.expectSound();
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { scheduleOperations } from "../../../../shared/api/contract/schedules.ts";
import { createScheduleHandlers } from "../../../../shared/api/handlers/schedules.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { behaviours } from "../../../support/recording-gateway.ts";
import { createRequests } from "../../../support/requests.ts";
import {
  activated,
  createTestWorld,
  ORG,
  PAYEE,
  payeeUpserted,
  type TestWorld,
  withoutDestination,
} from "../../../support/world.ts";

const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
const LATER = "2026-07-01T00:00:00.000Z";
let dynamo: TestDynamo;
let world: TestWorld;
let ask: ReturnType<typeof createRequests<typeof scheduleOperations>>;
let due: { ids: readonly string[]; more: boolean };
let asked: unknown[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  due = { ids: [], more: false };
  const dueSchedules = async (...wish: unknown[]) => {
    asked = wish;
    return due;
  };
  const { surroundings, releases, store, clock } = world;
  const handlers = createScheduleHandlers({ ...surroundings, releases, dueSchedules });
  ask = createRequests({ operations: scheduleOperations, handlers, store, now: clock.now, organizationId: ORG });
});

async function activate(more: Record<string, unknown> = {}) {
  await world.take("payee.upserted", payeeUpserted());
  await world.take("placement.activated", activated(more));
  return world.only("payout_schedule");
}

describe("getting a schedule", () => {
  it.each([
    ["staff", { role: "viewer" }, true],
    ["its payee", { role: "payee", scopeId: PAYEE }, true],
    ["another payee", { role: "payee", scopeId: "payee-2" }, false],
    ["its company", { role: "company", scopeId: "company-1" }, true],
    ["another company", { role: "company", scopeId: "company-2" }, false],
    ["somebody whose scope is missing", { role: "payee" }, false],
    ["another organization", { role: "admin", organizationId: "globex" }, false],
  ] as const)("by %s", async (_who, caller, seen) => {
    const { id } = await activate();
    const body = await ask("getPayoutSchedule", { ...caller, id });
    if (seen) expect(body.data).toMatchObject({ id, amount: 80_000, status: "pending", scheduled_date: GUARANTEE_END });
    else expect(body).toMatchObject({ code: "not_found", detail: `no schedule ${id}` });
  });

  it.each(["ps_1", "eh_000000000000000000000000ZZ", "ps_000000000000000000000000ZZ"])("%s is not found", async (id) => {
    expect(await ask("getPayoutSchedule", { id })).toMatchObject({ code: "not_found" });
  });
});

describe("changing schedules", () => {
  it("splits one: the answer is the new one, and the same for the request's repetition", async () => {
    const { id } = await activate();
    const wish = { from_schedule_id: id, amount: 30_000, trigger_event: "manual", scheduled_date: LATER };
    const first = await ask("createPayoutSchedule", { role: "operator", body: wish, key: "k" });
    expect(first.data).toMatchObject({ amount: 30_000, scheduled_date: LATER, status: "pending", version: 1 });
    expect(await ask("createPayoutSchedule", { role: "operator", body: wish, key: "k" })).toEqual(first);
    expect((await world.all("payout_schedule")).map(({ amountMinor }) => amountMinor)).toEqual([50_000, 30_000]);
    await world.expectSound();
  });

  it("moves one on the condition of its version, with the reason in its change", async () => {
    const { id } = await activate();
    const body = { scheduled_date: LATER, reason: "agreed" };
    expect((await ask("updatePayoutSchedule", { id, version: 1, body })).data).toMatchObject({
      scheduled_date: LATER,
      version: 2,
    });
    expect((await world.only("payout_schedule")).change).toMatchObject({ reason: "agreed", actor: { id: "sven" } });
    expect(await ask("updatePayoutSchedule", { id, version: 1, body })).toMatchObject({ code: "version_mismatch" });
    expect(await ask("updatePayoutSchedule", { id, body })).toMatchObject({ code: "version_missing" });
  });

  it("cancels one, with and without a reason", async () => {
    const { id } = await activate();
    const body = await ask("cancelPayoutSchedule", { id, query: "reason=entered%20twice" });
    expect(body.data).toMatchObject({ status: "cancelled", failure_reason: "entered twice" });
    expect(await ask("cancelPayoutSchedule", { id })).toMatchObject({ code: "schedule_not_cancellable" });
    await world.expectSound();
  });

  it("cancels many, each on its own", async () => {
    const { id } = await activate();
    const ids = [id, "ps_000000000000000000000000ZZ"];
    expect(await ask("bulkCancelPayoutSchedules", { body: { ids, reason: "twice" } })).toMatchObject({
      results: [{ ok: true, result: { data: { status: "cancelled" } } }, { problem: { code: "not_found" } }],
      summary: { succeeded: 1, failed: 1 },
    });
  });
});

describe("triggering", () => {
  it("sends: the answer names the transfer, and the same for the request's repetition", async () => {
    const { id } = await activate();
    const first = await ask("triggerPayoutSchedule", { id, key: "k", body: { notes: "signed" } });
    const transfer = await world.only("transfer");
    expect(first).toMatchObject({
      data: { status: "processing", transfer_id: transfer.id, release_path: "manual" },
      sending: { outcome: "sent", transfer_id: transfer.id },
    });
    expect(await ask("triggerPayoutSchedule", { id, key: "k", body: { notes: "signed" } })).toEqual(first);
    expect(await ask("triggerPayoutSchedule", { id })).toMatchObject({ code: "schedule_already_processing" });
    expect((await world.only("payout_schedule")).change.reason).toBe("signed");
  });

  it("with something in the way leaves it due, and says so each time", async () => {
    await world.take("payee.upserted", withoutDestination());
    await world.take("placement.activated", activated());
    const { id } = await world.only("payout_schedule");
    for (const _time of [1, 2]) {
      expect(await ask("triggerPayoutSchedule", { id })).toMatchObject({
        data: { status: "pending", scheduled_date: world.clock.iso(), blocker: { code: "destination_missing" } },
        sending: { outcome: "blocked", transfer_id: null },
      });
    }
    expect((await world.only("payout_schedule")).version).toBe(2);
  });

  it("sends a failed one again, as somebody who may", async () => {
    const { id } = await activate();
    await ask("triggerPayoutSchedule", { id });
    world.provider.next(behaviours.rejects);
    await world.attempt(await world.only("transfer"));
    const { id: payoutId, ...payout } = await world.only("payout");
    expect(payout.status).toBe("failed");
    const again = await ask("triggerPayoutSchedule", { id, body: { notes: "works now" } });
    expect(again).toMatchObject({ data: { status: "processing", retry_count: 1 }, sending: { outcome: "sent" } });
    expect(payoutId).toBe(again.data.payout_id);
    await world.expectSound();
  });

  it("many sends each that can be sent", async () => {
    const { id } = await activate();
    const body = await ask("bulkTriggerPayoutSchedules", { body: { ids: [id, "ps_1"] } });
    expect(body.summary).toEqual({ succeeded: 1, failed: 1 });
    expect(body.results[0].result.sending.outcome).toBe("sent");
  });

  it("high value by a processor is refused", async () => {
    const { id } = await activate({ fee_amount: 200_000 });
    const wish = { id, role: "processor" } as const;
    expect(await ask("triggerPayoutSchedule", wish)).toMatchObject({ code: "permission_required" });
    expect(await world.all("transfer")).toEqual([]);
  });
});

describe("processing what is due", () => {
  it("fires it on the sweep's path, whoever asks, and tells what is left", async () => {
    const { id } = await activate({ fee_amount: 200_000 });
    world.clock.set(GUARANTEE_END);
    due = { ids: [id], more: true };
    const body = await ask("processDuePayoutSchedules", { role: "processor" });
    expect(asked).toEqual([ORG, GUARANTEE_END, 100]);
    expect(body).toMatchObject({ more: true, summary: { succeeded: 1, failed: 0 } });
    expect(body.results[0].result.data).toMatchObject({ status: "processing", release_path: "sweep" });
  });

  it("leaves alone what isn't due after all", async () => {
    due = { ids: [(await activate()).id], more: false };
    const body = await ask("processDuePayoutSchedules");
    expect(body).toMatchObject({ more: false, results: [{ ok: false, problem: { code: "schedule_not_due" } }] });
    expect(await world.all("transfer")).toEqual([]);
  });
});

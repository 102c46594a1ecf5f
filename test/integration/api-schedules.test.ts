import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { scheduleOperations } from "../../shared/api/contract/schedules.ts";
import type { Json } from "../support/api.ts";
import {
  ABSENT,
  type ApiWorld,
  AT_ONCE,
  createWorlds,
  expectOnly,
  on,
  parseCsv,
  talliesIn,
  tallyOf,
} from "../support/api-fixtures.ts";
import { MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { drive } from "../support/scenarios.ts";
import { scheduleScenarios } from "./scenarios/schedules.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let newWorld: () => Promise<ApiWorld>;

beforeAll(async () => {
  cloud = await startTestCloud();
  newWorld = createWorlds(cloud);
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false }, webhooks: { enabled: false } });
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

drive(scheduleOperations, scheduleScenarios, () => newWorld());

describe("figures", () => {
  it("of the list as CSV, of both exports and of the stats tie out by status and currency", async () => {
    const world = await newWorld();
    await world.triggered();
    const { schedule } = await world.create({ amount: 5_001, currency: "EUR", hold: undefined });
    const operator = await world.as("operator");
    await operator.ok("createPayoutSchedule", {
      body: { from_schedule_id: schedule, amount: 2, trigger_event: "manual" },
    });
    const { schedule: cancelled } = await world.create({ amount: 777, currency: "JPY", hold: undefined });
    await (await world.as("processor")).ok("cancelPayoutSchedule", on(cancelled));
    await world.settle();
    const stats = talliesIn((await operator.ok("getPayoutScheduleStats")).data);
    expect(stats).toMatchObject({ pending: { EUR: { count: 2, amount: 5_001 } }, cancelled: { JPY: { count: 1 } } });

    const list = await operator.call("listPayoutSchedules", { headers: { accept: "text/csv" } });
    expect(tallyOf(parseCsv(list.text))).toEqual(stats);
    expect((await operator.call("exportPayoutSchedules")).text).toBe(list.text);
    const { data } = await operator.ok("exportPayoutSchedules", { query: { format: "json" } });
    expect(tallyOf(data)).toEqual(stats);
  });
});

describe("scope", () => {
  it("a payee and a company get their own schedule, and of any other the answer for one that doesn't exist", async () => {
    const world = await newWorld();
    await world.payee("payee-2");
    const own = await world.create({ company_id: "company-1" });
    const other = await world.create({ payee_id: "payee-2", company_id: "company-2" });
    for (const person of [await world.scoped("payee", "payee-1"), await world.scoped("company", "company-1")]) {
      expect((await person.ok("getPayoutSchedule", on(own.schedule))).data).toMatchObject({ id: own.schedule });
      const told = async (id: string) => {
        const { request_id: _, ...problem } = await person.refused("getPayoutSchedule", "not_found", on(id));
        return JSON.stringify(problem).replaceAll(id, "…");
      };
      expect(await told(other.schedule)).toBe(await told(ABSENT.schedule));
      await expectOnly(person, "listPayoutSchedules", own.schedule, other.payout);
      await world.refused(person, "triggerPayoutSchedule", "permission_required", on(own.schedule));
    }
  });
});

describe("trigger of a schedule with something in the way", () => {
  it("says so, stays due, and goes by itself when the approval comes", async () => {
    const world = await newWorld();
    const { payout, schedule } = await world.create();
    const processor = await world.as("processor");
    const answer = await processor.ok("triggerPayoutSchedule", on(schedule));
    expect(answer.sending).toEqual({ outcome: "blocked", transfer_id: null });
    expect(answer.data).toMatchObject({ status: "pending", blocker: { code: "approval_pending" } });
    const { data } = await processor.ok("getPayoutBlockers", on(payout));
    expect(data.find(({ entity_id }: Json) => entity_id === schedule)).toMatchObject({ code: "approval_pending" });
    expect(world.org.books()).toEqual([]);

    await (await world.as("manager")).ok("approvePayout", on(payout));
    await world.settle();
    await world.expectNow("getPayoutSchedule", schedule, { status: "completed", blocker: null });
    expect(world.org.books()).toMatchObject([{ amountMinor: AT_ONCE }]);
    await world.org.expectInvariants();
  });
});

describe("trigger before the approval", () => {
  it("makes a sender of who asked for it: they can't approve what goes out because of them", async () => {
    const world = await newWorld();
    const { payout, schedule } = await world.create();
    await (await world.as("manager")).ok("triggerPayoutSchedule", on(schedule));
    await world.expectNow("getPayout", payout, { status: "pending_approval", sent_by: ["maya"] });
    await world.refused("manager", "approvePayout", "approved_by_sender", on(payout));
    await (await world.as("manager", "miro")).ok("approvePayout", on(payout));
    await world.settle();
    await world.expectNow("getPayout", payout, { status: "partially_paid", approved_by: "miro", sent_by: ["maya"] });
    expect(world.org.books()).toMatchObject([{ amountMinor: AT_ONCE }]);
    await world.org.expectInvariants();
  });

  it("of what is due by its date makes nobody a sender", async () => {
    const world = await newWorld();
    const date = world.inMs(MINUTE_MS);
    const { payout, schedule } = await world.create({ schedule: { trigger_event: "manual", scheduled_date: date } });
    await world.advance(2 * MINUTE_MS);
    await (await world.as("manager")).ok("triggerPayoutSchedule", on(schedule));
    await (await world.as("manager")).ok("approvePayout", on(payout));
    await world.settle();
    await world.expectNow("getPayout", payout, { status: "partially_paid", sent_by: [] });
  });
});

describe("repetition of a trigger", () => {
  it("under its key gives the same answer and sends once; under another key it is refused", async () => {
    const world = await newWorld();
    const { schedule } = await world.approved();
    const processor = await world.as("processor");
    const asked = { ...on(schedule), key: "once" };
    const first = await processor.call("triggerPayoutSchedule", asked);
    await world.settle();
    const again = await processor.call("triggerPayoutSchedule", asked);
    expect(again.text).toBe(first.text);
    expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    await world.refused(processor, "triggerPayoutSchedule", "schedule_already_completed", on(schedule));
    await world.refused(processor, "triggerPayoutSchedule", "idempotency_key_reused", {
      ...on(ABSENT.schedule),
      key: "once",
    });
    expect(world.org.books()).toHaveLength(1);
  });
});

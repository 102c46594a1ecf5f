import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { holdOperations } from "../../shared/api/contract/holds.ts";
import type { OperationId } from "../../shared/api/contract/operations.ts";
import { payoutOperations } from "../../shared/api/contract/payouts.ts";
import { scheduleOperations } from "../../shared/api/contract/schedules.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import type { Json } from "../support/api.ts";
import {
  ABSENT,
  type ApiWorld,
  createWorlds,
  expectOnly,
  on,
  once,
  parseCsv,
  talliesIn,
  tallyOf,
  WHOLE,
} from "../support/api-fixtures.ts";
import { startTestCloud, type TestCloud } from "../support/cloud.ts";
import { drive } from "../support/scenarios.ts";
import { payoutDecisions } from "./scenarios/payout-decisions.ts";
import { payoutScenarios } from "./scenarios/payouts.ts";

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

drive(payoutOperations, { ...payoutScenarios, ...payoutDecisions }, () => newWorld());

describe("figures", () => {
  it("of the list as CSV, of both exports and of the stats tie out by status and currency", async () => {
    const world = await newWorld();
    await world.approved();
    await world.triggered();
    await world.create({ amount: 777, currency: "JPY", hold: undefined });
    await world.create({ amount: 5_000, currency: "EUR", hold: undefined });
    await world.create({ amount: 1, currency: "EUR", hold: undefined });
    await world.settle();
    const operator = await world.as("operator");
    const stats = talliesIn((await operator.ok("getPayoutStats")).data);
    expect(stats).toMatchObject({ pending_approval: { JPY: { count: 1, amount: 777 }, EUR: { count: 2 } } });

    const pages: Record<string, string>[] = [];
    let cursor: string | null = null;
    do {
      const query = { limit: 2, ...(cursor === null ? {} : { cursor }) };
      const answer = await operator.call("listPayouts", { query, headers: { accept: "text/csv" } });
      pages.push(...parseCsv(answer.text));
      cursor = answer.headers.get("x-next-cursor");
    } while (cursor !== null);
    expect(pages).toHaveLength(5);
    expect(tallyOf(pages)).toEqual(stats);
    const csv = parseCsv((await operator.call("exportPayouts")).text);
    expect(csv).toEqual(pages);
    const { data } = await operator.ok("exportPayouts", { query: { format: "json" } });
    expect(tallyOf(data)).toEqual(stats);
  });

  it("text that a spreadsheet takes for a formula is neutralised in CSV and left alone in JSON", async () => {
    const world = await newWorld();
    const operator = await world.as("operator");
    const formulas = ['=HYPERLINK("http://evil.example","click")', "+1+1", "-2+3", "@SUM(A1:A9)"];
    for (const notes of formulas) await world.create({ notes });
    await world.settle();
    for (const { text } of [
      await operator.call("listPayouts", { query: { sort: "date" }, headers: { accept: "text/csv" } }),
      await operator.call("exportPayouts", { query: { sort: "date" } }),
    ]) {
      expect(parseCsv(text).map(({ notes }) => notes)).toEqual(formulas.map((formula) => `'${formula}`));
    }
    const { data } = await operator.ok("exportPayouts", { query: { sort: "date", format: "json" } });
    expect(data.map(({ notes }: Json) => notes)).toEqual(formulas);
  });
});

describe("scope", () => {
  it("a payee and a company see their own payout, and of any other the answer for one that doesn't exist", async () => {
    const world = await newWorld();
    await world.payee("payee-2");
    const own = await world.create({ company_id: "company-1" });
    const other = await world.create({ payee_id: "payee-2", company_id: "company-2" });
    const [payee, company] = [await world.scoped("payee", "payee-1"), await world.scoped("company", "company-1")];
    for (const person of [payee, company]) {
      expect((await person.ok("getPayout", on(own.payout))).data).toMatchObject({ id: own.payout });
      const mine = await person.ok("listMyPayouts");
      expect(mine.data.map(({ id }: Json) => id)).toEqual([own.payout]);
      await expectOnly(person, "listPayouts", own.payout, other.payout);
      await expectSameAsAbsent(person, "getPayout", other.payout);
    }
    expect((await payee.ok("getPayoutBlockers", on(own.payout))).data).not.toEqual([]);
    await expectSameAsAbsent(payee, "getPayoutBlockers", other.payout);
    for (const operationId of ["getPayoutTimeline", "exportPayouts", "getPayoutStats"] as const) {
      await world.refused(payee, operationId, "permission_required", on(own.payout));
    }
    await world.refused(company, "approvePayout", "permission_required", on(own.payout));
  });

  async function expectSameAsAbsent(
    person: Awaited<ReturnType<ApiWorld["as"]>>,
    operationId: "getPayout" | "getPayoutBlockers",
    id: string,
  ): Promise<void> {
    const told = async (asked: string) => {
      const { request_id: _, ...problem } = await person.refused(operationId, "not_found", on(asked));
      return JSON.stringify(problem).replaceAll(asked, "…");
    };
    expect(await told(id)).toBe(await told(ABSENT.payout));
  }
});

describe("another organization's id", () => {
  type Named = readonly [OperationId, OperationSpec];
  const named = Object.entries({ ...payoutOperations, ...scheduleOperations, ...holdOperations })
    .map(([id, spec]): Named => [id as OperationId, spec])
    .filter(([, { path }]) => path.includes("{id}"));
  const kindOf = ({ path }: OperationSpec): keyof typeof ABSENT =>
    path.startsWith("/v2/payouts") ? "payout" : path.startsWith("/v2/payout-schedules") ? "schedule" : "hold";

  it.each(named)("%s answers as for one that doesn't exist, and touches nothing", async (operationId, spec) => {
    const { there, theirs, nobody, before } = await neighbours(newWorld);
    const told = async (id: string) => {
      const body = spec.example === undefined ? {} : { body: spec.example };
      const conditional = spec.conditional === true ? { version: 1 } : {};
      const asked = { params: { id }, ...body, ...conditional };
      const { request_id: _, ...problem } = await nobody.refused(operationId, "not_found", asked);
      return JSON.stringify(problem).replaceAll(id, "…");
    };
    const kind = kindOf(spec);
    expect(await told(theirs[kind])).toBe(await told(ABSENT[kind]));
    expect(await there.money()).toEqual(before);
  });

  it("in a body or among many is not found either", async () => {
    const { there, theirs, nobody, before } = await neighbours(newWorld);
    const part = { from_schedule_id: theirs.schedule, amount: 1 };
    const date = there.inDays(1);
    await nobody.refused("createPayoutSchedule", "not_found", { body: { ...part, trigger_event: "manual" } });
    const hold = { ...part, hold_reason: "other", reason: "to look into", release_date: date };
    await nobody.refused("createEscrowHold", "not_found", { body: hold });
    const bulk = [
      ["bulkApprovePayouts", { ids: [theirs.payout] }],
      ["bulkCancelPayouts", { ids: [theirs.payout], reason: "twice" }],
      ["bulkTriggerPayoutSchedules", { ids: [theirs.schedule] }],
      ["bulkCancelPayoutSchedules", { ids: [theirs.schedule], reason: "twice" }],
      ["bulkReleaseEscrowHolds", { ids: [theirs.hold] }],
      ["bulkCancelEscrowHolds", { ids: [theirs.hold], reason: "twice" }],
    ] as const;
    for (const [operationId, body] of bulk) {
      const { results } = await nobody.ok(operationId, { body });
      expect(results).toMatchObject([{ ok: false, problem: { code: "not_found", status: 404 } }]);
    }
    expect(await there.money()).toEqual(before);
  });
});

/** A payout of one organization, and an admin of another who may do everything but has nothing. */
const neighbours = once(async (open: () => Promise<ApiWorld>) => {
  const [here, there] = [await open(), await open()];
  const theirs = await there.approved();
  return { there, theirs, nobody: await here.as("admin"), before: await there.money() };
});

describe("bulk approval", () => {
  it("with one own item refuses that one, does the others, and says so per item", async () => {
    const world = await newWorld();
    const manager = await world.as("manager");
    const first = await world.create();
    const own = await world.create({}, manager);
    const last = await world.create();
    const ids = [first.payout, own.payout, last.payout];
    const approvals = ["payout.approved", "payout.approved"];
    const { results, summary } = await world.done(manager, "bulkApprovePayouts", { body: { ids } }, approvals);
    expect(summary).toEqual({ succeeded: 2, failed: 1 });
    expect(results).toMatchObject([
      { id: first.payout, ok: true },
      { id: own.payout, ok: false, problem: { code: "payout_approved_by_creator", status: 403 } },
      { id: last.payout, ok: true },
    ]);
    await world.expectNow("getPayout", own.payout, { status: "pending_approval", version: 1 });
    await world.expectNow("getPayout", last.payout, { status: "approved", approved_by: "maya", amount: WHOLE });
  });

  it("repeated under its key does nothing again; with other ids the key is refused", async () => {
    const world = await newWorld();
    const manager = await world.as("manager");
    const ids = [(await world.create()).payout, (await world.create()).payout];
    const asked = { key: "november-run", body: { ids } };
    const first = await manager.ok("bulkApprovePayouts", asked);
    const before = await world.money();
    expect(await manager.ok("bulkApprovePayouts", asked)).toEqual(first);
    expect(await world.money()).toEqual(before);
    await world.refused(manager, "bulkApprovePayouts", "idempotency_key_reused", {
      ...asked,
      body: { ids: ids.slice(1) },
    });
  });
});

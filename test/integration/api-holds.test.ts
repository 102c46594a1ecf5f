import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { holdOperations } from "../../shared/api/contract/holds.ts";
import type { Json } from "../support/api.ts";
import {
  ABSENT,
  type ApiWorld,
  createWorlds,
  expectOnly,
  HELD,
  on,
  parseCsv,
  talliesIn,
  tallyOf,
} from "../support/api-fixtures.ts";
import { MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { drive } from "../support/scenarios.ts";
import { holdScenarios } from "./scenarios/holds.ts";

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

drive(holdOperations, holdScenarios, () => newWorld());

describe("figures", () => {
  it("of the list as CSV, of both exports and of the stats tie out by status and currency", async () => {
    const world = await newWorld();
    const { hold } = await world.approved();
    await (await world.as("admin")).ok("releaseEscrowHold", on(hold, { amount: 700 }));
    const { hold: lost } = await world.create({ currency: "EUR" });
    await (await world.as("admin")).ok("forfeitEscrowHold", on(lost, { reason: "left" }));
    await world.create({ currency: "JPY" });
    await world.create();
    await world.settle();
    const operator = await world.as("operator");
    const stats = talliesIn((await operator.ok("getEscrowHoldStats")).data);
    expect(stats).toMatchObject({
      active: { USD: { count: 2, amount: 2 * HELD - 700 }, JPY: { count: 1 } },
      forfeited: { EUR: { count: 1, amount: HELD } },
    });

    const list = await operator.call("listEscrowHolds", { headers: { accept: "text/csv" } });
    expect(tallyOf(parseCsv(list.text))).toEqual(stats);
    expect((await operator.call("exportEscrowHolds")).text).toBe(list.text);
    const { data } = await operator.ok("exportEscrowHolds", { query: { format: "json" } });
    expect(tallyOf(data)).toEqual(stats);
  });

  it("a reason that a spreadsheet takes for a formula is neutralised in CSV", async () => {
    const world = await newWorld();
    const { hold } = await world.create();
    const reason = '=HYPERLINK("http://evil.example","click")';
    await (await world.as("manager")).ok("extendEscrowHold", on(hold, { release_date: world.inDays(100), reason }));
    await (await world.as("manager")).ok("cancelEscrowHold", { ...on(hold), query: { reason } });
    const { text } = await (await world.as("operator")).call("exportEscrowHolds");
    expect(parseCsv(text)).toMatchObject([{ id: hold, reason: `'${reason}` }]);
  });
});

describe("scope", () => {
  it("a payee and a company see their own hold, and of any other the answer for one that doesn't exist", async () => {
    const world = await newWorld();
    await world.payee("payee-2");
    const own = await world.create({ company_id: "company-1" });
    const other = await world.create({ payee_id: "payee-2", company_id: "company-2" });
    for (const person of [await world.scoped("payee", "payee-1"), await world.scoped("company", "company-1")]) {
      expect((await person.ok("getEscrowHold", on(own.hold))).data).toMatchObject({ id: own.hold });
      expect((await person.ok("listMyHolds")).data.map(({ id }: Json) => id)).toEqual([own.hold]);
      const told = async (id: string) => {
        const { request_id: _, ...problem } = await person.refused("getEscrowHold", "not_found", on(id));
        return JSON.stringify(problem).replaceAll(id, "…");
      };
      expect(await told(other.hold)).toBe(await told(ABSENT.hold));
      await expectOnly(person, "listEscrowHolds", own.hold, other.payout);
      await world.refused(person, "releaseEscrowHold", "permission_required", on(own.hold));
    }
  });
});

describe("release", () => {
  it("of a part leaves the rest active; the parts add up to the whole at the provider", async () => {
    const world = await newWorld();
    const { payout, hold } = await world.approved();
    const sender = await world.as("manager", "nina");
    const partly = ["escrow_hold.partially_released", "transfer.created"];
    const { data } = await world.done(sender, "releaseEscrowHold", on(hold, { amount: 700 }), partly);
    expect(data).toMatchObject({ status: "active", hold_amount: HELD - 700, original_amount: HELD });
    await world.expectNow("getPayout", payout, { held_amount: HELD - 700, paid_amount: 700 });
    await world.done(sender, "releaseEscrowHold", on(hold), ["escrow_hold.released"]);
    await world.expectNow("getEscrowHold", hold, { status: "released", transfer_status: "completed" });
    expect(
      world.org
        .books()
        .map(({ amountMinor }) => amountMinor)
        .sort(),
    ).toEqual([HELD - 700, 700]);
    await world.org.expectInvariants();
  });

  it("repeated under its key gives the same answer and moves money once; under another key it is refused", async () => {
    const world = await newWorld();
    const { hold } = await world.approved();
    const sender = await world.as("manager", "nina");
    const asked = { ...on(hold, { amount: 700 }), key: "first month" };
    const first = await sender.call("releaseEscrowHold", asked);
    await world.settle();
    const again = await sender.call("releaseEscrowHold", asked);
    expect(again.text).toBe(first.text);
    expect(again.status).toBe(first.status);
    expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    await world.settle();
    expect(world.org.books()).toMatchObject([{ amountMinor: 700 }]);
    const more = { ...asked, body: { amount: 701 } };
    await world.refused(sender, "releaseEscrowHold", "idempotency_key_reused", more);
    await world.refused(sender, "releaseEscrowHold", "hold_amount_exceeded", on(hold, { amount: HELD - 699 }));
  });

  it("before its date with something in the way is refused and says what; the blockers say who can change it", async () => {
    const world = await newWorld();
    const { payout, hold } = await world.approved();
    await world.moveAccount();
    const problem = await world.refused("admin", "releaseEscrowHold", "blocked", on(hold));
    expect(problem).toMatchObject({ status: 409, advice: expect.stringContaining("blockers") });
    expect(problem.detail).toContain("destination changed after the approval");
    const { data } = await (await world.as("viewer")).ok("getPayoutBlockers", on(payout));
    expect(data).toMatchObject([{ code: "destination_changed", entity_id: payout, fixable_by: "approver" }, {}, {}]);
  });

  it("from its date on with something in the way stays due, says so, and goes out by itself when that is gone", async () => {
    const world = await newWorld();
    const release = world.inMs(MINUTE_MS);
    const { payout, hold } = await world.create({
      hold: { amount: HELD, release_date: release, hold_reason: "other" },
    });
    await world.advance(2 * MINUTE_MS);
    const blocker = { code: "approval_pending", fixable_by: "approver" };
    await world.expectNow("getEscrowHold", hold, { status: "active", blocker });
    const answer = await (await world.as("admin")).ok("releaseEscrowHold", on(hold));
    expect(answer.sending).toEqual({ outcome: "blocked", transfer_id: null });

    await (await world.as("manager")).ok("approvePayout", on(payout));
    await world.settle();
    await world.expectNow("getEscrowHold", hold, { status: "released", blocker: null, planned_at: release });
    expect(world.org.books()).toMatchObject([{ amountMinor: HELD }]);
    await world.org.expectInvariants();
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ByStatus } from "../../local/demo-data/counts.ts";
import type { DemoDataResult } from "../../local/demo-data/fill.ts";
import { accountOf, type DemoPayee, SPECIAL_PAYEES } from "../../local/demo-data/people.ts";
import type { OperationId } from "../../shared/api/contract/operations.ts";
import { createTestApi, type Json, type Person, type TestApi } from "../support/api.ts";
import { DAY_MS, MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const ORGANIZATION = "acme";
/** Who signs in to the console: nothing in the data may be theirs. */
const SIGN_IN = ["vera", "olga", "pete", "maya", "miro", "nina", "ada", "root"];

let cloud: TestCloud;
let api: TestApi;
/** Of an attempt that was broken off, of the one after it, and of one beside that. */
let refused: Awaited<ReturnType<typeof fill>>;
let capabilitiesAfterRefusal: Json;
let result: DemoDataResult;
let statusBeside: number;
let vera: Person;
let maya: Person;
let rows: Record<"payouts" | "schedules" | "holds" | "transfers" | "payees" | "activity", Json[]>;

/** The role of somebody, as whoever signs in on this machine gets it. */
async function sign(sub: string, role: string): Promise<void> {
  const body = JSON.stringify({ sub, role, organizationId: ORGANIZATION });
  const answer = await fetch(`${cloud.local.endpoints.local}/token`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

async function capabilitiesOf(payee: DemoPayee): Promise<Json> {
  const headers = { authorization: "Bearer sk_test_simulated" };
  const url = `${cloud.local.endpoints.stripe}/v1/accounts/${accountOf(ORGANIZATION, payee)}`;
  const account: Json = await (await fetch(url, { headers })).json();
  return account.capabilities;
}

async function fill(organizationId?: string): Promise<{ status: number; json: Json }> {
  const body = JSON.stringify(organizationId === undefined ? {} : { organizationId });
  const answer = await fetch(`${cloud.local.endpoints.local}/demo-data`, { method: "POST", body });
  return { status: answer.status, json: await answer.json() };
}

async function all(list: OperationId): Promise<Json[]> {
  const found: Json[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await vera.ok(list, { query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } });
    found.push(...page.data);
    cursor = page.pagination.next_cursor;
  }
  return found;
}

beforeAll(async () => {
  cloud = await startTestCloud();
  api = createTestApi(cloud);
  // Whoever enters the payouts by hand has not the role for it at first.
  await sign("tomas.lind", "viewer");
  refused = await fill();
  capabilitiesAfterRefusal = await capabilitiesOf(SPECIAL_PAYEES.refused);
  await sign("tomas.lind", "operator");
  await cloud.advance(MINUTE_MS);
  const asked = fill();
  statusBeside = (await fill("other")).status;
  const answer = await asked;
  expect(answer.status, JSON.stringify(answer.json)).toBe(200);
  result = answer.json;
  vera = await api.person(ORGANIZATION, "viewer", { subject: "vera" });
  maya = await api.person(ORGANIZATION, "manager", { subject: "maya" });
  rows = {
    payouts: await all("listPayouts"),
    schedules: await all("listPayoutSchedules"),
    holds: await all("listEscrowHolds"),
    transfers: await all("listTransfers"),
    payees: await all("listPayees"),
    activity: await all("listSecurityEvents"),
  };
});
afterAll(() => cloud.stop());

const now = () => new Date(cloud.now()).toISOString();
const byId = (payoutId: string): Json => rows.payouts.find(({ id }) => id === payoutId);
const by = (list: readonly Json[], name: (row: Json) => string) =>
  Object.fromEntries([...Map.groupBy(list, name)].map(([key, members]) => [key, members.length]));
const overdue = (list: readonly Json[], status: string, date: string) =>
  list.filter((row) => row.status === status && row[date] !== null && row[date] <= now());

function expectAtLeast(actual: ByStatus, least: ByStatus): void {
  for (const [name, count] of Object.entries(least)) {
    expect(actual[name] ?? 0, `${name} in ${JSON.stringify(actual)}`).toBeGreaterThanOrEqual(count);
  }
}

describe("the answer", () => {
  it("counts by kind and status, as the lists have it", () => {
    const { organizationId, alreadyThere, counts } = result;
    expect({ organizationId, alreadyThere }).toEqual({ organizationId: ORGANIZATION, alreadyThere: false });
    expect(counts.payouts).toEqual(by(rows.payouts, ({ status }) => status));
    expect(counts.payoutSchedules).toEqual(by(rows.schedules, ({ status }) => status));
    expect(counts.escrowHolds).toEqual(by(rows.holds, ({ status }) => status));
    expect(counts.transfers).toEqual(by(rows.transfers, ({ status }) => status));
    expect(counts.payees).toEqual({ verified: 22, unverified: 2 });
    // The first super_admin besides.
    expect(counts.staff).toEqual({ active: 9 });
  });

  it("tells what this very request made: what an interrupted one had made is not made again", () => {
    const { made, counts } = result;
    expect(made.payees).toEqual({});
    expect(made.rejectedEvents).toEqual(counts.rejectedEvents);
    expect(made.payoutSchedules.failed).toBe(counts.payoutSchedules.failed);
    expect(made.transfers.completed).toBeLessThanOrEqual(Number(counts.transfers.completed));
  });

  it("says why a step was refused, and leaves no account refusing", () => {
    expect(refused).toMatchObject({ status: 500, json: { error: expect.stringContaining("permission_required") } });
    expect(capabilitiesAfterRefusal).toMatchObject({ transfers: "active" });
  });

  it("refuses another one while the data is being made", () => {
    expect(statusBeside).toBe(409);
  });

  it("refuses what is no organization", async () => {
    expect(await fill("not an id")).toMatchObject({ status: 400, json: { field: "organizationId" } });
  });

  it("says the second time that all of it is there, and adds nothing", async () => {
    const lines = cloud.seen.length;
    const { json } = await fill(ORGANIZATION);
    // Whoever has signed in since then is staff as well.
    expect(json).toMatchObject({ alreadyThere: true, counts: { ...result.counts, staff: { active: 11 } } });
    expect(Object.values(json.made)).toEqual(Object.values(json.made).map(() => ({})));
    expect(cloud.seen).toHaveLength(lines);
  });
});

describe("the data", () => {
  it("has payouts from placements and by hand, mostly in dollars, from several countries", () => {
    const bySource = by(rows.payouts, ({ source }) => source);
    expect(bySource.placement).toBeGreaterThanOrEqual(120);
    expect(bySource.placement).toBeLessThanOrEqual(150);
    expect(bySource.manual).toBeGreaterThanOrEqual(12);
    const byCurrency = by(rows.payouts, ({ currency }) => currency);
    expectAtLeast(byCurrency, { USD: rows.payouts.length / 2, EUR: 10, GBP: 5, JPY: 5 });
    expect(Object.keys(byCurrency)).toHaveLength(4);
    expect(new Set(rows.payees.map(({ country }) => country)).size).toBeGreaterThanOrEqual(8);
    expect(new Set(rows.payouts.map(({ company_id }) => company_id)).size).toBeGreaterThanOrEqual(8);
  });

  it("has payouts, schedules, holds and transfers in every status that lasts", () => {
    expectAtLeast(
      by(rows.payouts, ({ status }) => status),
      {
        ...{ pending_approval: 12, approved: 10, processing: 3, partially_paid: 10, paid: 10 },
        ...{ rejected: 1, failed: 4, cancelled: 3 },
      },
    );
    expectAtLeast(
      by(rows.schedules, ({ status }) => status),
      { pending: 30, completed: 30, failed: 4, cancelled: 3 },
    );
    expectAtLeast(
      by(rows.holds, ({ status }) => status),
      { active: 40, released: 15, forfeited: 2, cancelled: 2 },
    );
    expectAtLeast(
      by(rows.transfers, ({ status }) => status),
      { completed: 40, outcome_unknown: 2, awaiting_funds: 2, awaiting_payee: 2, failed_terminal: 4, reversed: 1 },
    );
    expect(rows.transfers.some(({ status, reversed_amount: back }) => status === "completed" && back > 0)).toBe(true);
  });

  it("has schedules that wait for a date, a milestone, a contract and a person", () => {
    const pending = rows.schedules.filter(({ status }) => status === "pending");
    const waiting = pending.filter(({ scheduled_date: date }) => date === null);
    expectAtLeast(
      by(waiting, ({ trigger_event }) => trigger_event),
      { milestone_reached: 2, contract_signed: 2, manual: 2 },
    );
    expect(pending.filter(({ scheduled_date: date }) => date > now()).length).toBeGreaterThanOrEqual(10);
  });

  it("has active holds that are due soon, later, and overdue because something is in the way", () => {
    const active = rows.holds.filter(({ status }) => status === "active");
    const today = Date.parse(rows.payees[0].created_at.slice(0, 10));
    for (const days of [1, 2, 7, 30, 90]) {
      const date = new Date(today + days * DAY_MS).toISOString();
      expect(active.filter((hold) => hold.release_date === date).length, `in ${days} days`).toBeGreaterThanOrEqual(1);
    }
    const late = by(overdue(rows.holds, "active", "release_date"), ({ blocker }) => blocker?.code);
    expectAtLeast(late, { approval_pending: 2, destination_missing: 2, destination_cooling_off: 1 });
    expect(Object.keys(late)).not.toContain("undefined");
  });

  it("has holds released whole and in part, extended, and guarantees that ended from two months ago until today", async () => {
    const part = rows.holds.filter(({ status, hold_amount, original_amount }) => {
      return status === "active" && hold_amount < original_amount;
    });
    expect(part.length).toBeGreaterThanOrEqual(2);
    const released = rows.holds.filter(({ status }) => status === "released");
    expectAtLeast(
      by(released, ({ release_path }) => release_path),
      { scheduler: 10, manual: 2 },
    );
    const dates = released.map(({ release_date }) => Date.parse(release_date)).filter((date) => date <= cloud.now());
    expect(Math.min(...dates)).toBeLessThan(cloud.now() - 59 * DAY_MS);
    expect(Math.max(...dates)).toBeGreaterThan(cloud.now() - DAY_MS);
    const query = { changed_by: "david.okafor", action: "escrow_hold.updated", limit: 100 };
    const { data } = await vera.ok("listAuditEntries", { query });
    expect(data.filter(({ reason }: Json) => reason === "the client disputes the start date")).toHaveLength(3);
  });

  it("has payouts of all sizes that wait for approval, none of them a sign-in person's", () => {
    const pending = rows.payouts.filter(({ status }) => status === "pending_approval");
    expect(pending.filter(({ approval_votes_needed: needed }) => needed === 1).length).toBeGreaterThanOrEqual(4);
    expect(pending.filter(({ approval_votes_needed: needed }) => needed === 2).length).toBeGreaterThanOrEqual(4);
    expect(pending.filter(({ approval_votes: votes }) => votes.length === 1).length).toBeGreaterThanOrEqual(3);
    expect(pending.filter(({ source }) => source === "manual").length).toBeGreaterThanOrEqual(8);
    const people = rows.payouts.flatMap(({ created_by, sent_by, approved_by, approval_votes }) => [
      ...[created_by, approved_by, ...sent_by],
      ...approval_votes.map((vote: Json) => vote.by),
    ]);
    expect(people.filter((person) => SIGN_IN.includes(person))).toEqual([]);
  });

  it("has payees without a destination, at Xendit, with a new account, and one who owes", async () => {
    expect(rows.payees).toHaveLength(24);
    expect(rows.payees.filter(({ destinations }) => destinations.length === 0)).toHaveLength(2);
    const xendit = rows.payees.filter(({ destinations }) => destinations[0]?.provider === "xendit");
    expect(xendit).toHaveLength(1);
    const cooling = rows.payees.filter(({ destination_usable_from: from }) => from !== null && from > now());
    expect(cooling).toHaveLength(1);
    const balances = await Promise.all(
      rows.payees.map(async ({ id }) => (await vera.ok("getPayeeBalances", { params: { id } })).data),
    );
    expect(balances.flat().filter(({ owed }) => owed > 0)).toHaveLength(1);
    expect(rows.payouts.filter(({ clawback }) => clawback !== null).length).toBeGreaterThanOrEqual(1);
  });

  it("has security events of several kinds, and refused events with their reasons", async () => {
    expectAtLeast(
      by(rows.activity, ({ kind }) => kind),
      {
        ...{ action_refused: 5, many_failures: 1, unusual_frequency: 1, destination_changed_before_payout: 1 },
        ...{ data_exported: 1, sensitive_data_read: 1 },
      },
    );
    const refused = await cloud.queued("rejected-events");
    expect(refused.map(({ field }) => field).sort()).toEqual(["default_currency", "fee_amount", "placement_id"]);
  });

  it("keeps every rule of money, audit and events", async () => {
    await new Organization(cloud, ORGANIZATION).expectInvariants();
  });

  it("leaves no fault behind", () => {
    expect(cloud.local.stripe.control.faults()).toEqual([]);
    expect(cloud.local.faults.aws.list()).toEqual([]);
  });
});

describe("somebody who signs in", () => {
  it("sends each failed schedule again, and it completes; what is no high value a processor may send too", async () => {
    const pete = await api.person(ORGANIZATION, "processor", { subject: "pete" });
    const failed = rows.schedules.filter(({ status }) => status === "failed");
    const [small, ...others] = failed.toSorted((a, b) => byId(a.payout_id).amount - byId(b.payout_id).amount);
    expect(others.length).toBeGreaterThanOrEqual(3);
    await pete.ok("triggerPayoutSchedule", { params: { id: small.id } });
    for (const { id } of others) await maya.ok("triggerPayoutSchedule", { params: { id } });
    await cloud.settle();
    for (const { id } of failed) {
      expect((await vera.ok("getPayoutSchedule", { params: { id } })).data).toMatchObject({ status: "completed" });
    }
  });

  it("releases an active hold early", async () => {
    const hold = rows.holds.find(({ status, release_date, payout_id, hold_amount, original_amount }) => {
      const untouched = hold_amount === original_amount && byId(payout_id).status === "partially_paid";
      return status === "active" && release_date > now() && untouched;
    });
    const { data } = await maya.ok("releaseEscrowHold", { params: { id: hold.id }, body: { notes: "agreed" } });
    expect(data).toMatchObject({ status: "released", released_by: "maya", release_path: "manual" });
    await cloud.settle();
    const after = await vera.ok("getEscrowHold", { params: { id: hold.id } });
    expect(after.data).toMatchObject({ transfer_status: "completed" });
  });

  it("approves payouts, also as the second of two, and the audit log says who did", async () => {
    const pending = rows.payouts.filter(({ status }) => status === "pending_approval");
    const alone = pending.find(({ approval_votes_needed: needed }) => needed === 1);
    const second = pending.find(({ approval_votes: votes }) => votes.length === 1);
    for (const { id } of [alone, second]) {
      expect((await maya.ok("approvePayout", { params: { id } })).data).toMatchObject({ status: "approved" });
    }
    await cloud.settle();
    const query = { payout_id: second.id, action: "payout.approved" };
    const { data } = await vera.ok("listAuditEntries", { query });
    expect(data.map(({ changed_by, changed_by_role }: Json) => [changed_by, changed_by_role])).toEqual([
      ["maya", "manager"],
    ]);
    const votes = await vera.ok("listAuditEntries", {
      query: { payout_id: second.id, action: "payout.vote_recorded" },
    });
    expect(votes.data).toMatchObject([{ changed_by: "ines.moreau" }]);
  });
});

it("outcomes that are unknown stay so, and a person can settle them", async () => {
  const unknown = rows.transfers.filter(({ status }) => status === "outcome_unknown");
  await cloud.advance(2 * 60 * MINUTE_MS);
  for (const { id } of unknown) {
    expect((await vera.ok("getTransfer", { params: { id } })).data).toMatchObject({
      status: "outcome_unknown",
      blocker: { code: "person_required" },
    });
  }
  const ada = await api.person(ORGANIZATION, "admin", { subject: "ada" });
  const body = { outcome: "completed", provider_transfer_id: "tr_byhand", evidence: "found in the dashboard" };
  const settled = await ada.ok("settleTransfer", { params: { id: unknown[0].id }, body });
  expect(settled.data.status).toBe("completed");
});

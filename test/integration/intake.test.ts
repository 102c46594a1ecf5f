import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Document } from "../../local/report.ts";
import { HOUR_MS, MINUTE_MS, nameOf, SECOND_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const REDRIVE = fileURLToPath(new URL("../../scripts/redrive.ts", import.meta.url));
const run = promisify(execFile);
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

const rejectedBy = async (organizationId: string) =>
  (await cloud.queued("rejected-events")).filter(
    ({ event }) => ((event as Document).detail as Document | undefined)?.organization_id === organizationId,
  );

async function expectOneOfEach(org: Organization): Promise<void> {
  for (const entity of ["placement", "payout", "payout_schedule", "escrow_hold", "journal_entry"] as const) {
    expect((await org.only(entity)).version, entity).toBe(1);
  }
}

describe("the same inbound event twice, ten times, in parallel", () => {
  it("makes one payout, schedule and hold of an event that comes twice", async () => {
    const org = cloud.organization();
    const events = [{ ...org.payeeUpserted(), Time: new Date(cloud.now()) }, org.activated()];
    for (const event of [...events, ...events]) {
      await cloud.publish(event);
      await cloud.settle();
    }

    await expectOneOfEach(org);
    expect((await org.only("payee")).version).toBe(1);
    expect(await rejectedBy(org.id)).toEqual([]);
    await org.expectInvariants();
  });

  it("makes one payout, schedule and hold of ten that come at the same time, each delivered twice and shuffled", async () => {
    const org = cloud.organization();
    cloud.local.faults.bus.add({ duplicates: 1, shuffle: true });
    await Promise.all(Array.from({ length: 10 }, () => cloud.publish(org.payeeUpserted(), org.activated())));
    await cloud.settle();

    await expectOneOfEach(org);
    await org.expectInvariants();
  });

  it("recognises the same activation that its source says happened at another time", async () => {
    const org = cloud.organization();
    await org.start();
    await cloud.publish(org.activated({ occurred_at: new Date(cloud.now() - HOUR_MS).toISOString() }));
    await cloud.settle();

    await expectOneOfEach(org);
    expect(await rejectedBy(org.id)).toEqual([]);
  });

  it("refuses another activation of the same placement, and the first one stands", async () => {
    const org = cloud.organization();
    await org.start();
    await cloud.publish(org.activated({ fee_amount: 999_999 }));
    await cloud.settle();

    expect(await rejectedBy(org.id)).toMatchObject([{ code: "placement_already_active", field: "placement_id" }]);
    expect((await org.only("payout")).amountMinor).toBe(100_000);
    await org.expectInvariants();
  });
});

describe("placement.cancelled before placement.activated", () => {
  it("creates nothing payable, and both are on record", async () => {
    const org = cloud.organization();
    await cloud.publish(org.payeeUpserted(), org.placementSaid("cancelled"));
    await cloud.settle();
    await cloud.publish(org.activated());
    await cloud.settle();

    expect(await org.story("placement")).toEqual(["placement.cancelled", "placement.activation_refused"]);
    expect((await org.only("placement")).status).toBe("cancelled");
    for (const entity of ["payout", "payout_schedule", "escrow_hold", "journal_entry"] as const) {
      expect(await org.all(entity), entity).toEqual([]);
    }
    await org.expectInvariants();
  });

  it("fires a schedule at once whose contract was signed before the activation came", async () => {
    const org = cloud.organization();
    await cloud.publish(org.payeeUpserted(), org.placementSaid("contract_signed"));
    await cloud.settle();
    await cloud.publish(org.activated({ policy: { trigger_event: "contract_signed" } }));
    await cloud.settle();
    await cloud.advance(MINUTE_MS);

    expect((await org.only("transfer")).amountMinor).toBe(80_000);
    await org.expectInvariants();
  });
});

describe("malformed, unknown-version or oversized event; unknown fields, wrong types and amounts", () => {
  const deep = () => {
    let value: Document = {};
    for (let level = 0; level < 12; level += 1) value = { deeper: value };
    return value;
  };
  it.each<[string, Document, string | undefined]>([
    ["an unknown schema version", { schema_version: 2 }, "schema_version"],
    ["an unknown field", { bonus: 1 }, "bonus"],
    ["a fractional amount", { fee_amount: 1000.5 }, "fee_amount"],
    ["a negative amount", { fee_amount: -100 }, "fee_amount"],
    ["an amount as text", { fee_amount: "100000" }, "fee_amount"],
    ["a huge amount", { fee_amount: 1e18 }, "fee_amount"],
    ["an unsupported currency", { currency: "XTS" }, "currency"],
    ["a date that does not exist", { start_date: "2027-02-29" }, "start_date"],
    ["no payees", { payees: [] }, "payees"],
    ["shares above the whole", { payees: [{ payee_id: "payee-1", share_bp: 10_001 }] }, "payees[0].share_bp"],
    ["amounts above the fee", { payees: [{ payee_id: "payee-1", amount: 100_001 }] }, "payees"],
    ["an unknown field deep inside", { policy: { holdback: 1 } }, "policy.holdback"],
    ["a nest of objects", { policy: deep() }, undefined],
    ["more bytes than an event may have", { company_id: "x".repeat(70_000) }, undefined],
  ])("keeps %s with the reason in the queue of refused events, and writes nothing", async (_name, wrong, field) => {
    const org = cloud.organization();
    const before = await cloud.items();
    await cloud.publish(org.activated(wrong));
    await cloud.settle();

    const [rejected, ...others] = await rejectedBy(org.id);
    expect(others).toEqual([]);
    expect(rejected?.reason).toEqual(expect.stringMatching(/\w/));
    expect(rejected?.field).toBe(field);
    expect(await cloud.items()).toEqual(before);
  });

  it("refuses a detail without an organization, naming the field", async () => {
    const before = await cloud.items();
    await cloud.publish({ Source: "placements", DetailType: "placement.activated", Detail: '{"placement_id":"lost"}' });
    await cloud.settle();

    const rejected = (await cloud.queued("rejected-events")).find(({ field }) => field === "organization_id");
    expect(rejected).toMatchObject({ code: "invalid_event", event: { detail: { placement_id: "lost" } } });
    expect(await cloud.items()).toEqual(before);
  });

  it("takes nothing in from a source that is not configured", async () => {
    const org = cloud.organization();
    await cloud.publish({ ...org.activated(), Source: "strangers" });
    await cloud.settle();

    expect(await org.items()).toEqual([]);
    expect(await rejectedBy(org.id)).toEqual([]);
  });
});

describe("a request for another organization", () => {
  it("refuses an event for the reserved organization of the deployment itself", async () => {
    const org = cloud.organization();
    const before = await cloud.items();
    await cloud.publish(org.activated({ organization_id: "platform" }));
    await cloud.settle();

    expect(await rejectedBy("platform")).toMatchObject([{ field: "organization_id" }]);
    expect(await cloud.items()).toEqual(before);
  });

  it("keeps two organizations apart whose placements and payees have the same ids", async () => {
    const [one, other] = [cloud.organization(), cloud.organization()];
    await one.start({ fee_amount: 100_000 });
    await other.start({ fee_amount: 777_000 });
    await cloud.publish(one.placementSaid("cancelled"));
    await cloud.settle();

    expect(await one.only("payout")).toMatchObject({ amountMinor: 100_000, status: "cancelled" });
    expect(await other.only("payout")).toMatchObject({ amountMinor: 777_000, status: "approved" });
    const { id } = await other.only("escrow_hold");
    expect(await one.command("release_hold", { hold_id: id })).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
    await one.expectInvariants();
    await other.expectInvariants();
  });
});

describe("clock skew of ± 5 min between callers", () => {
  it("keeps the payee's newest facts whatever the order in which they come", async () => {
    const org = cloud.organization();
    const at = (minutes: number) => new Date(cloud.now() + minutes * MINUTE_MS);
    const told = (name: string, minutes: number) => ({ ...org.payeeUpserted({ name }), Time: at(minutes) });
    for (const event of [told("new", 5), told("old", -5), told("older", -6)]) {
      await cloud.publish(event);
      await cloud.settle();
    }

    expect(await org.only("payee")).toMatchObject({ name: "new", version: 1 });
  });

  it.each([5, -5])("dates a placement by its start date, not by a clock that is %i min off", async (minutes) => {
    const org = cloud.organization();
    const off = new Date(cloud.now() + minutes * MINUTE_MS);
    await cloud.publish(org.payeeUpserted(), {
      ...org.activated({ start_date: "2031-03-01", guarantee_days: 10, occurred_at: off.toISOString() }),
      Time: off,
    });
    await cloud.settle();

    expect((await org.only("escrow_hold")).releaseDate).toBe("2031-03-11T00:00:00.000Z");
  });
});

describe("function killed at any line", () => {
  it.each(["before", "after"] as const)("finishes an activation whose function died %s its commit", async (at) => {
    const org = cloud.organization();
    await cloud.publish(org.payeeUpserted());
    await cloud.settle();
    cloud.local.faults.aws.add({
      ...{ service: "dynamodb", operation: "TransactWriteItems", functionName: nameOf("intake-events") },
      ...{ effect: "kill", at, match: org.id },
    });
    await cloud.publish(org.activated());
    await cloud.settle();
    await cloud.advance(2 * MINUTE_MS);

    await expectOneOfEach(org);
    await org.expectInvariants();
  });

  it("ends an event that fails three times in the dead-letter queue, and the redrive command finishes it", async () => {
    const org = cloud.organization();
    await cloud.publish(org.payeeUpserted());
    await cloud.settle();
    cloud.local.faults.aws.add({
      ...{ service: "dynamodb", operation: "TransactWriteItems", functionName: nameOf("intake-events") },
      ...{ effect: "kill", at: "before", match: org.id, count: 3 },
    });
    await cloud.publish(org.activated());
    await cloud.settle();
    await cloud.advance(5 * MINUTE_MS);
    expect(await org.all("payout")).toEqual([]);
    expect(await cloud.queued("intake-events-failures")).toMatchObject([
      { requestPayload: { detail: { organization_id: org.id } } },
    ]);

    const options = ["--queue", nameOf("intake-events-failures"), "--data", cloud.dataDir];
    const dry = await run(process.execPath, [REDRIVE, ...options, "--dry-run"]);
    expect(dry.stdout).toContain("1 found");
    await cloud.advance(SECOND_MS * 60);
    const { stdout } = await run(process.execPath, [REDRIVE, ...options]);
    expect(stdout).toContain("1 redriven, 0 unreadable");
    await cloud.settle();

    await expectOneOfEach(org);
    expect(await cloud.queued("intake-events-failures")).toEqual([]);
    await org.expectInvariants();
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { DAY_MS, MINUTE_MS, nameOf, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

const commits = { service: "dynamodb", operation: "TransactWriteItems" };

/** All at the same time: what takes long is the waiting between the tries. */
describe("transaction conflict, throttling: everything finishes, once", () => {
  const errors = ["conflict", "throttle", "internal"] as const;
  const organizations = new Map<string, Organization>();

  beforeAll(async () => {
    const { aws } = cloud.local.faults;
    for (const error of errors) {
      const org = cloud.organization();
      organizations.set(error, org);
      for (const name of ["intake-events", "release-due", "attempt-transfer"]) {
        aws.add({ ...commits, functionName: nameOf(name), match: org.id, error, count: 2 });
      }
    }
    const org = cloud.organization();
    organizations.set("reads and readers", org);
    for (const operation of ["BatchGetItem", "GetItem", "Query", "ExecuteStatement"]) {
      aws.add({ service: "dynamodb", operation, match: org.id, error: "throttle" });
    }
    aws.add({ ...commits, functionName: nameOf("relay-changes"), error: "conflict", count: 4 });
    aws.add({ service: "scheduler", match: org.id, error: "throttle", count: 2 });
    const all = [...organizations.values()];
    await Promise.all(all.map((one) => one.start({ guarantee_days: 1 })));
    await cloud.advance(2 * DAY_MS);
    cloud.endFaults();
  });

  it.each([...errors, "reads and readers"])("%s", async (error) => {
    const org = organizations.get(error);
    expect(await org?.only("payout")).toMatchObject({ status: "paid", paidMinor: 100_000 });
    expect(org?.books()).toHaveLength(2);
    expect(await cloud.queued("intake-events-failures")).toEqual([]);
    await org?.expectInvariants();
  });
});

describe("transaction conflict, throttling", () => {
  it("that does not end: a bounded number of tries, then a typed refusal, and nothing written", async () => {
    const org = cloud.organization();
    await org.start();
    const { id } = await org.only("escrow_hold");
    await org.prepare("sven");
    const before = await org.items();
    cloud.local.faults.aws.add({
      ...commits,
      functionName: nameOf("accept-commands"),
      error: "conflict",
      count: 1_000,
    });
    expect(await org.command("release_hold", { hold_id: id })).toMatchObject({ ok: false, error: { code: "busy" } });

    expect(cloud.local.faults.aws.list()).toMatchObject([{ injected: 8 }]);
    expect(await org.items()).toEqual(before);
    cloud.endFaults();
    expect(await org.command("release_hold", { hold_id: id })).toMatchObject({ ok: true });
    await org.expectInvariants();
  });

  it("of a function without a free place: events wait and are done when there is one", async () => {
    const orgs = Array.from({ length: 8 }, () => cloud.organization());
    await Promise.all(orgs.map((org) => cloud.publish(org.payeeUpserted(), org.activated({ guarantee_days: 1 }))));
    await cloud.settle();
    await cloud.advance(2 * DAY_MS);
    await cloud.advance(10 * MINUTE_MS);

    const everything = { items: await cloud.items(), audit: await cloud.audit() };
    for (const org of orgs) {
      expect(org.books()).toHaveLength(2);
      await org.expectInvariants({ everything });
    }
  });
});

import { DeleteCommand, ExecuteStatementCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { LOCAL_TABLE } from "../../local/report.ts";
import { verifyAudit } from "../../shared/audit/verify.ts";
import { placementKey } from "../../shared/store/keys.ts";
import { DAY_MS, editedApp, HOUR_MS, nameOf, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { type Organization, PLACEMENT } from "../support/organization.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });
let cloud: TestCloud;

/** Of the audit's mapping, so that a poison record is given up after two hours and not after eighteen. */
const MAXIMUM_AGE_SECONDS = 7_200;
const shortLived = editedApp((resources) => {
  for (const { Type, Properties } of resources) {
    if (Type !== "AWS::Lambda::EventSourceMapping" || Properties === undefined) continue;
    const { MaximumRecordAgeInSeconds: age } = Properties;
    if (Number(age) > MAXIMUM_AGE_SECONDS)
      Object.assign(Properties, { MaximumRecordAgeInSeconds: MAXIMUM_AGE_SECONDS });
  }
});

beforeAll(async () => {
  cloud = await startTestCloud({ assembly: shortLived });
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
});
afterEach(() => cloud.endFaults());
afterAll(() => cloud.stop());

/** From the activation to the money: the immediate part by a signed contract, the hold at its date. */
async function wholeLife(org: Organization): Promise<void> {
  await org.start({ guarantee_days: 1, policy: { trigger_event: "contract_signed" } });
  await cloud.publish(org.placementSaid("contract_signed"));
  await cloud.settle();
  await cloud.advance(2 * DAY_MS);
}

async function expectPaid(org: Organization): Promise<void> {
  expect(await org.only("payout")).toMatchObject({ status: "paid", paidMinor: 100_000 });
  expect(org.books().map(({ amountMinor }) => amountMinor)).toEqual([80_000, 20_000]);
  await org.expectInvariants();
}

describe("stream record redelivered, batch half done", () => {
  it("counts exactly and leaves no gap in the audit log, whatever the stream does to its readers", async () => {
    const org = cloud.organization();
    cloud.local.faults.streams.add({ redeliver: true });
    cloud.local.faults.streams.add({ halves: true });
    await wholeLife(org);

    await expectPaid(org);
  });

  it.each([
    ["write-audit", "ExecuteStatement"],
    ["relay-changes", "TransactWriteItems"],
    ["relay-changes", "PutEvents"],
  ])(
    "%s killed in the middle of its batches, at %s: nothing is missing, nothing counts twice",
    async (name, operation) => {
      const org = cloud.organization();
      const service = operation === "PutEvents" ? "events" : "dynamodb";
      const kill = { service, operation, functionName: nameOf(name), effect: "kill" };
      cloud.local.faults.aws.add({ ...kill, at: "after", count: 2, skip: 1 });
      cloud.local.faults.aws.add({ ...kill, at: "before", count: 2, skip: 4 });
      await wholeLife(org);

      await expectPaid(org);
    },
  );
});

describe("bus publish partly failed", () => {
  it("puts only the failed entries on the bus again", async () => {
    const org = cloud.organization();
    cloud.local.faults.aws.add({
      ...{ service: "events", operation: "PutEvents", functionName: nameOf("relay-changes") },
      ...{ error: "partial", count: 6 },
    });
    await wholeLife(org);

    await expectPaid(org);
    const ids = cloud.seen
      .filter(({ detail }) => detail.organization_id === org.id)
      .map(({ detail }) => detail.event_id);
    const told = ids.filter((id) => id !== undefined);
    expect(told).toHaveLength(new Set(told).size);
  });
});

describe("duplicates and disorder on the bus", () => {
  it("come to the same final state", async () => {
    const org = cloud.organization();
    cloud.local.faults.bus.add({ duplicates: 2, shuffle: true });
    await wholeLife(org);

    await expectPaid(org);
  });
});

describe("a change behind the commands' back", () => {
  const key = (org: Organization) => ({ TableName: LOCAL_TABLE, Key: placementKey(org.id, PLACEMENT) });
  const alerts = (org: Organization) =>
    cloud.seen.filter(
      ({ detailType, detail }) => detailType === "security.out_of_band_change" && detail.organization_id === org.id,
    );

  it("by an administrator's UpdateItem: is flagged in the audit log and told as a security event", async () => {
    const org = cloud.organization();
    await org.start({ guarantee_days: 1 });
    await cloud.document.send(
      new UpdateCommand({
        ...key(org),
        UpdateExpression: "SET companyId = :other",
        ExpressionAttributeValues: { ":other": "company-of-a-friend" },
      }),
    );
    await cloud.settle();

    const flagged = (await org.audit()).filter(({ action }) => action === "out_of_band_change");
    expect(flagged).toMatchObject([
      { entity_type: "placement", changed_by: "unknown", metadata: { problem: "stamp_unchanged" } },
    ]);
    expect(flagged[0]?.after_state).toMatchObject({ companyId: "company-of-a-friend" });
    expect(alerts(org)).toMatchObject([{ detail: { entity_id: PLACEMENT, data: { problem: "stamp_unchanged" } } }]);
    await cloud.advance(2 * DAY_MS);
    expect((await org.only("payout")).status).toBe("paid");
    await org.expectInvariants({ flagged: 1 });
  });

  it("by an administrator's DeleteItem: is flagged, and what was deleted is on record", async () => {
    const org = cloud.organization();
    await org.start();
    await cloud.document.send(new DeleteCommand(key(org)));
    await cloud.settle();

    const lines = await org.audit();
    expect(lines.filter(({ action }) => action === "out_of_band_change")).toMatchObject([
      { metadata: { problem: "removed" }, before_state: { id: PLACEMENT, feeMinor: 100_000 }, after_state: null },
    ]);
    expect(alerts(org)).toHaveLength(1);
    expect(verifyAudit(lines.map((line) => JSON.stringify(line)).join("\n"))).toMatchObject({ ok: true, flagged: 1 });
  });
});

describe("the audit table", () => {
  it("denies every rewriting to the administrator, and adding as well", async () => {
    const org = cloud.organization();
    await org.start();
    const before = await org.audit();
    const [line] = before;
    const table = { TableName: nameOf("audit") };
    const item = line as unknown as { pk: string; sk: string };
    const Key = { pk: item.pk, sk: item.sk };
    const set = { UpdateExpression: "SET #r = :r", ExpressionAttributeNames: { "#r": "reason" } };
    const attempts = [
      new PutCommand({ ...table, Item: { ...item, reason: "rewritten" } }),
      new UpdateCommand({ ...table, Key, ...set, ExpressionAttributeValues: { ":r": "rewritten" } }),
      new DeleteCommand({ ...table, Key }),
    ];
    const denied = {
      name: "AccessDeniedException",
      message: expect.stringContaining("explicit deny in a resource-based policy"),
    };
    for (const command of attempts) {
      await expect(cloud.document.send(command as PutCommand)).rejects.toMatchObject(denied);
    }
    for (const Statement of [
      `INSERT INTO "${table.TableName}" VALUE {'pk': 'x', 'sk': '1'}`,
      `UPDATE "${table.TableName}" SET reason = 'rewritten' WHERE pk = '${Key.pk}' AND sk = '${Key.sk}'`,
      `DELETE FROM "${table.TableName}" WHERE pk = '${Key.pk}' AND sk = '${Key.sk}'`,
    ]) {
      await expect(cloud.document.send(new ExecuteStatementCommand({ Statement }))).rejects.toMatchObject(denied);
    }
    expect(await org.audit()).toEqual(before);
  });
});

describe("poison record", () => {
  it("ends in the dead-letter queues of both readers, and the rest goes on", async () => {
    const org = cloud.organization();
    await cloud.document.send(
      new PutCommand({
        TableName: LOCAL_TABLE,
        Item: { pk: `${org.id}#payout#poison`, sk: "payout", entity: "payout" },
      }),
    );
    await cloud.settle();
    await org.start({ guarantee_days: 1 });
    await cloud.advance(3 * HOUR_MS);
    for (const name of ["relay-changes-failures", "write-audit-failures"]) {
      expect(await cloud.queued(name), name).toMatchObject([{ DDBStreamBatchInfo: { batchSize: 1 } }]);
    }
    await cloud.advance(2 * DAY_MS);

    expect((await org.only("payout")).status).toBe("paid");
    await cloud.document.send(
      new DeleteCommand({ TableName: LOCAL_TABLE, Key: { pk: `${org.id}#payout#poison`, sk: "payout" } }),
    );
    await org.expectInvariants();
  });
});

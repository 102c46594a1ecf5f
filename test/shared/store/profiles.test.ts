import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { auditedEntities } from "../../../shared/domain/entities.ts";
import { profileKey } from "../../../shared/store/keys.ts";
import { createProfiles, type Profiles } from "../../../shared/store/profiles.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";

const ADA = { organizationId: "acme", subject: "ada" };
const MINUTE = 60_000;
const START = Date.parse("2026-11-21T09:00:00.000Z");

let dynamo: TestDynamo;
let table: string;
let profiles: Profiles;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  ({ table } = await dynamo.createTables());
  profiles = createProfiles({ client: dynamo.client, tableName: table });
});

const itemOf = async ({ organizationId, subject } = ADA) => {
  const key = profileKey(organizationId, subject);
  return (await dynamo.client.send(new GetCommand({ TableName: table, Key: key }))).Item;
};

describe("a person's profile", () => {
  it("counts actions and failures of ten minutes", async () => {
    await profiles.count(ADA, "actions", START);
    await profiles.count(ADA, "failures", START + MINUTE);
    expect(await profiles.count(ADA, "actions", START + 10 * MINUTE - 1)).toEqual({
      windowFrom: "2026-11-21T09:00:00.000Z",
      actions: 2,
      failures: 1,
      previousActions: 0,
      previousFailures: 0,
      addresses: [],
    });
  });

  it("keeps what the ten minutes before had, and nothing older", async () => {
    await profiles.count(ADA, "actions", START);
    await profiles.count(ADA, "failures", START);
    expect(await profiles.count(ADA, "actions", START + 10 * MINUTE)).toMatchObject({
      windowFrom: "2026-11-21T09:10:00.000Z",
      actions: 1,
      previousActions: 1,
      failures: 0,
      previousFailures: 1,
    });
    expect(await profiles.count(ADA, "failures", START + 45 * MINUTE)).toMatchObject({
      windowFrom: "2026-11-21T09:40:00.000Z",
      actions: 0,
      previousActions: 0,
      failures: 1,
      previousFailures: 0,
    });
  });

  it("loses none of many at once, also when a window begins", async () => {
    await profiles.count(ADA, "actions", START);
    const at = START + 10 * MINUTE;
    const counted = await Promise.all(Array.from({ length: 12 }, () => profiles.count(ADA, "actions", at)));
    expect(Math.max(...counted.map(({ actions }) => actions))).toBe(12);
    expect(await itemOf()).toMatchObject({ actions: 12, previousActions: 1 });
  });

  it("takes a caller whose clock is behind into the window that has begun", async () => {
    await profiles.count(ADA, "actions", START + 10 * MINUTE);
    expect(await profiles.count(ADA, "actions", START + 9 * MINUTE)).toMatchObject({
      windowFrom: "2026-11-21T09:10:00.000Z",
      actions: 2,
    });
  });

  it("is of one person in one organization", async () => {
    await profiles.count(ADA, "actions", START);
    expect((await profiles.count({ ...ADA, organizationId: "globex" }, "actions", START)).actions).toBe(1);
    expect((await profiles.count({ ...ADA, subject: "bob" }, "actions", START)).actions).toBe(1);
  });

  it("remembers addresses through the windows", async () => {
    const seenAt = new Date(START).toISOString();
    const addresses = [{ address: "203.0.113.7", firstSeenAt: seenAt, lastSeenAt: seenAt }];
    await profiles.count(ADA, "actions", START);
    await profiles.rememberAddresses(ADA, addresses);
    expect((await profiles.count(ADA, "actions", START + 25 * MINUTE)).addresses).toEqual(addresses);
  });

  it("is forgotten 100 days after its last action, and wakes no consumer of the stream", async () => {
    await profiles.count(ADA, "actions", START);
    await profiles.count(ADA, "actions", START + 5 * MINUTE);
    const item = await itemOf();
    expect(item?.expiresAt).toBe((START + 5 * MINUTE) / 1_000 + 100 * 86_400);
    expect(auditedEntities).not.toContain(item?.entity);
    expect(item?.entity).toBe("profile");
    expect(item).not.toHaveProperty("change");
  });
});

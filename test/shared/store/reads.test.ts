import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { changeOf } from "../../../shared/domain/decision.ts";
import { childId } from "../../../shared/domain/ids.ts";
import { accrual } from "../../../shared/domain/journal.ts";
import {
  familyKey,
  parseFamilyId,
  payeeKey,
  providerEventKey,
  sweepCursorKey,
  WAIT_SHARDS,
  waitPartition,
} from "../../../shared/store/keys.ts";
import { createStore, type Store } from "../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import {
  entryRecord,
  FAMILY,
  holdRecord,
  ORG,
  PAYOUT_ID,
  payeeRecord,
  scheduleRecord,
  transferRecord,
} from "../../support/records.ts";

let dynamo: TestDynamo;
let store: Store;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const { table } = await dynamo.createTables();
  store = createStore({ client: dynamo.client, tableName: table, sleep: async () => undefined });
});

describe("keys", () => {
  it.each(["po_short", "xx_0000000000000000000000000000", `po_${"!".repeat(26)}`, "", "payee-1", `${PAYOUT_ID}0`])(
    "a guessed id, %j, belongs to no family",
    (id) => {
      expect(parseFamilyId(id)).toBeUndefined();
      expect(familyKey(ORG, id)).toBeUndefined();
    },
  );

  it("an organization's records lie under its own id", () => {
    expect(familyKey(ORG, PAYOUT_ID)?.pk).toBe(`acme#payout#${FAMILY}`);
    expect(payeeKey(ORG, "p").pk.startsWith("acme#")).toBe(true);
    expect(providerEventKey("stripe", "evt_1").pk.startsWith("platform#")).toBe(true);
  });

  it("a payout and its children share a partition, each with a place of its own", () => {
    const keys = [PAYOUT_ID, ...(["ps", "eh", "tr", "je"] as const).map((prefix) => childId(prefix, FAMILY, 1))].map(
      (id) => familyKey(ORG, id),
    );
    expect(new Set(keys.map((key) => key?.pk)).size).toBe(1);
    expect(new Set(keys.map((key) => key?.sk)).size).toBe(5);
  });
});

describe("reading", () => {
  it("of a family skips its journal", async () => {
    await store.commit([
      changeOf("escrow_hold", holdRecord()),
      changeOf("payout_schedule", scheduleRecord()),
      changeOf("transfer", transferRecord()),
      changeOf("journal_entry", entryRecord(accrual(800, 200), 4)),
    ]);
    const entities = (await store.getFamily(ORG, FAMILY)).map((item) => item.entity);
    expect(entities.toSorted()).toEqual(["escrow_hold", "payout_schedule", "transfer"]);
  });

  it("of another organization's record finds nothing", async () => {
    await store.commit([changeOf("escrow_hold", holdRecord())]);
    expect(await store.get("escrow_hold", familyKey("other", holdRecord().id))).toBeUndefined();
    expect(await store.getFamily("other", FAMILY)).toEqual([]);
  });

  it("of an id that can't be one finds nothing", async () => {
    expect(await store.get("escrow_hold", familyKey(ORG, "guess"))).toBeUndefined();
  });

  it("of several keys gives what is there", async () => {
    await store.commit([changeOf("payee", payeeRecord("a"))]);
    expect(await store.getMany([payeeKey(ORG, "a"), payeeKey(ORG, "b")])).toMatchObject([{ id: "a" }]);
  });

  it("of a record as another entity is a bug and says so", async () => {
    await store.commit([changeOf("payee", payeeRecord("a"))]);
    await expect(store.get("payout", payeeKey(ORG, "a"))).rejects.toThrow("expected payout, found payee");
  });
});

describe("an index page", () => {
  const target = { kind: "payee", organizationId: ORG, payeeId: "payee-1" } as const;
  const blocker = { code: "destination_missing", since: "2026-03-02T09:30:00.000Z", fixableBy: "payee" } as const;

  it("is as long as asked for; the next one goes on where it ended", async () => {
    const holds = Array.from({ length: 20 }, (_, index) => holdRecord({ blocker }, index + 1));
    await store.commit(holds.map((hold) => changeOf("escrow_hold", hold)));
    const found: string[] = [];
    for (let shard = 0; shard < WAIT_SHARDS; shard += 1) {
      let after: Record<string, unknown> | undefined;
      do {
        const page = await store.queryIndex("waits", `${waitPartition(target)}#${shard}`, { limit: 2, after });
        expect(page.entries.length).toBeLessThanOrEqual(2);
        found.push(...page.entries.map(({ indexSk }) => indexSk));
        after = page.next;
      } while (after !== undefined);
    }
    expect(found.toSorted()).toEqual(holds.map(({ id }) => `${ORG}#${id}`).toSorted());
  });
});

describe("rate slots", () => {
  it("give away as many places in a second as the limit has, also to callers at the same time", async () => {
    const taken = await Promise.all(Array.from({ length: 12 }, () => store.takeRateSlot("stripe", "send", 1_000, 5)));
    expect(taken.filter(Boolean)).toHaveLength(5);
  });

  it("are separate for each second, endpoint and provider", async () => {
    expect(await store.takeRateSlot("stripe", "send", 1_000, 1)).toBe(true);
    expect(await store.takeRateSlot("stripe", "send", 1_000, 1)).toBe(false);
    expect(await store.takeRateSlot("stripe", "send", 1_001, 1)).toBe(true);
    expect(await store.takeRateSlot("stripe", "look_up", 1_000, 1)).toBe(true);
    expect(await store.takeRateSlot("xendit", "send", 1_000, 1)).toBe(true);
  });
});

describe("the sweep's cursor", () => {
  const key = sweepCursorKey(0);

  it("is absent before the first sweep", async () => {
    expect(await store.readSweepCursor(key)).toBeUndefined();
  });

  it("moves on and never back, and moving it back is no error", async () => {
    await store.moveSweepCursor(key, "2026-03-02T09");
    await store.moveSweepCursor(key, "2026-03-02T11");
    await store.moveSweepCursor(key, "2026-03-02T10");
    expect(await store.readSweepCursor(key)).toBe("2026-03-02T11");
  });

  it("is each shard's own", async () => {
    await store.moveSweepCursor(key, "2026-03-02T09");
    expect(await store.readSweepCursor(sweepCursorKey(1))).toBeUndefined();
  });
});

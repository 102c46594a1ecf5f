import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Blocker, EscrowHold, PayoutSchedule } from "../../../shared/domain/model.ts";
import { createDueQueries } from "../../../shared/queries/due-schedules.ts";
import { createListReader, type ListReader } from "../../../shared/store/list-reader.ts";
import { createStore, type Store } from "../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { holdRecord, ORG, scheduleRecord } from "../../support/records.ts";

const NOW = "2026-05-31T00:00:00.000Z";
const LATER = "2026-05-31T00:00:00.001Z";
const EARLIER = "2026-05-01T00:00:00.000Z";

let dynamo: TestDynamo;
let store: Store;
let reader: ListReader;
let due: ReturnType<typeof createDueQueries>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const { table } = await dynamo.createTables();
  const options = { client: dynamo.client, tableName: table };
  store = createStore(options);
  reader = createListReader(options);
  due = createDueQueries({ reader, getMany: store.getMany });
});

const blocked = (nextCheckAt: string): { blocker: Blocker } => ({
  blocker: { code: "approval_pending", since: EARLIER, fixableBy: "approver", nextCheckAt },
});

async function schedules(...states: readonly Partial<PayoutSchedule>[]): Promise<readonly string[]> {
  const records = states.map((state, index) => scheduleRecord(state, index + 1));
  await store.commit(records.map((after) => ({ entity: "payout_schedule", after })));
  return records.map(({ id }) => id);
}

describe("due schedules", () => {
  it("are pending, not after now and not to be left alone for a while, the longest due first", async () => {
    const ids = await schedules(
      { scheduledDate: NOW },
      { scheduledDate: EARLIER },
      { scheduledDate: LATER },
      { scheduledDate: EARLIER, status: "completed" },
      { scheduledDate: EARLIER, ...blocked(LATER) },
      { scheduledDate: EARLIER, ...blocked(NOW) },
    );
    expect(await due.dueSchedules(ORG, NOW, 10)).toEqual({ ids: [ids[1], ids[5], ids[0]], more: false });
  });

  it("don't include one that waits for its trigger", async () => {
    const { scheduledDate: _date, ...undated } = scheduleRecord();
    await store.commit([{ entity: "payout_schedule", after: undated }]);
    expect(await due.dueSchedules(ORG, NOW, 10)).toEqual({ ids: [], more: false });
  });

  it("are no more than were asked for, and say that there are more", async () => {
    const ids = await schedules({ scheduledDate: EARLIER }, { scheduledDate: NOW });
    expect(await due.dueSchedules(ORG, NOW, 1)).toEqual({ ids: [ids[0]], more: true });
    expect(await due.dueSchedules(ORG, NOW, 2)).toEqual({ ids, more: false });
  });

  it("are an organization's own", async () => {
    await schedules({ scheduledDate: EARLIER });
    expect(await due.dueSchedules("other", NOW, 10)).toEqual({ ids: [], more: false });
  });

  it("behind a thousand blocked ones are left to the sweep, and nobody calls again for them", async () => {
    let pages = 0;
    const stuck = createDueQueries({
      reader: {
        ...reader,
        index: async ({ limit }) => {
          pages += 1;
          const position = `${EARLIER}#${scheduleRecord().id}`;
          return {
            entries: Array.from({ length: limit }, () => ({ key: { pk: "p", sk: "s" }, position })),
            isEnd: false,
          };
        },
      },
      getMany: async () => [],
    });
    expect(await stuck.dueSchedules(ORG, NOW, 10)).toEqual({ ids: [], more: false });
    expect(pages).toBe(10);
  });
});

describe("the number of records past their date", () => {
  it("counts a status' records up to now, blocked ones too", async () => {
    await schedules({ scheduledDate: NOW }, { scheduledDate: LATER }, { scheduledDate: EARLIER, ...blocked(LATER) });
    const holds: Partial<EscrowHold>[] = [{ releaseDate: EARLIER }, { releaseDate: EARLIER, status: "released" }];
    await store.commit(holds.map((state, index) => ({ entity: "escrow_hold", after: holdRecord(state, index + 5) })));
    expect(await due.countDue(ORG, "ps", "pending", NOW)).toEqual({ count: 2, capped: false });
    expect(await due.countDue(ORG, "eh", "active", NOW)).toEqual({ count: 1, capped: false });
    expect(await due.countDue("other", "eh", "active", NOW)).toEqual({ count: 0, capped: false });
  });

  it.each([
    [1_000, { count: 1_000, capped: false }],
    [1_001, { count: 1_000, capped: true }],
  ])("goes no further than a thousand: of %i", async (size, counted) => {
    const many = createDueQueries({
      reader: { ...reader, count: async (_read, limit) => Math.min(size, limit) },
      getMany: store.getMany,
    });
    expect(await many.countDue(ORG, "ps", "pending", NOW)).toEqual(counted);
  });
});

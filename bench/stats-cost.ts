/** What an organization's stats read: with all the seeded records counted, and with ten of each. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { readActions, readCounters, readLineCounts } from "../shared/counters/counter.ts";
import { addMove, type Deltas, standingOf } from "../shared/counters/tally.ts";
import { createDueQueries } from "../shared/queries/due-schedules.ts";
import { readStats } from "../shared/queries/stats.ts";
import { countersKey } from "../shared/store/keys.ts";
import { createListReader } from "../shared/store/list-reader.ts";
import { createStore } from "../shared/store/store.ts";
import { collections, listRecords, ORGANIZATION, type SeededStore, type Sizes } from "./list-records.ts";
import { watchCalls } from "./prepared-store.ts";

export interface StatsCost {
  readonly entity: (typeof collections)[number];
  readonly records: number;
  readonly calls: number;
  readonly readUnits: number;
}

/** Before the first record's date: what is due is counted by looking at it, up to 1,000, and is no part of the stock. */
const NOW = "2026-01-05T00:00:00.000Z";
const FEW = 10;

async function writeCounters(store: SeededStore, organizationId: string, sizes: Sizes): Promise<void> {
  const deltas: Deltas = new Map();
  for (const entity of collections) {
    for (let number = 0; number < sizes[entity]; number += 1) {
      const record = listRecords[entity](number) as unknown as Readonly<Record<string, unknown>>;
      addMove(deltas, entity, undefined, standingOf(entity, record));
    }
  }
  const Item = { ...countersKey(organizationId, 0), entity: "counters", ...Object.fromEntries(deltas) };
  await store.client.send(new PutCommand({ TableName: store.tableName, Item }));
}

/** The real reading, over a table in which `sizes` records of the first organization lie. */
export async function statsCost(store: SeededStore, sizes: Sizes): Promise<readonly StatsCost[]> {
  const { client, tableName } = store;
  const few: Sizes = { payout_schedule: FEW, escrow_hold: FEW, payout: FEW, transfer: FEW };
  await writeCounters(store, ORGANIZATION, sizes);
  await writeCounters(store, "few", few);
  const { getMany } = createStore({ client, tableName });
  const { countDue } = createDueQueries({ reader: createListReader({ client, tableName }), getMany });
  const source = {
    counts: (organizationId: string) => readCounters(client, tableName, organizationId),
    lineCounts: (organizationId: string) => readLineCounts(client, tableName, organizationId),
    actions: (organizationId: string, day: string) => readActions(client, tableName, { organizationId, day }),
    countDue,
  };
  const watch = watchCalls(client);
  const costs: StatsCost[] = [];
  for (const entity of collections) {
    for (const organizationId of ["few", ORGANIZATION]) {
      watch.calls.length = 0;
      const { total } = await readStats(source, organizationId, entity, NOW);
      const readUnits = watch.calls.reduce((sum, { units }) => sum + units, 0);
      costs.push({ entity, records: total, calls: watch.calls.length, readUnits });
    }
  }
  watch.stop();
  return costs;
}

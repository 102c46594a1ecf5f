/** P2: what the sweep reads to find what is due, with ever more holds in the table and always as many of them due. */
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { createReleases } from "../shared/commands/releases.ts";
import { createSweep } from "../shared/commands/sweep.ts";
import { toInstant } from "../shared/domain/dates.ts";
import { childId, familyOfCause, payoutIdOf } from "../shared/domain/ids.ts";
import type { EscrowHold } from "../shared/domain/model.ts";
import { toItem } from "../shared/store/items.ts";
import { createStore, type Store } from "../shared/store/store.ts";
import { type PreparedStore, watchCalls } from "./prepared-store.ts";
import { runAtOnce } from "./ratio.ts";

export interface Lookup {
  readonly holds: number;
  readonly due: number;
  readonly found: number;
  readonly calls: number;
  readonly readUnits: number;
}

const DUE = 200;
const HOUR_MS = 3_600_000;
const SPREAD_MS = 90 * 24 * HOUR_MS;
/** Between due and not due nothing lies, so that the sweep's grace doesn't matter. */
const MARGIN_MS = 10 * 60_000;
const NOW_MS = Date.parse("2026-11-21T09:30:00.000Z");
const BATCH = 25;
const BATCHES_AT_ONCE = 4;

function hold(number: number, releaseMs: number): EscrowHold {
  const family = familyOfCause("placement", "bench", `pl-${number}`, "payee");
  const createdAt = toInstant(NOW_MS - SPREAD_MS);
  const id = childId("eh", family, 2);
  return {
    id,
    organizationId: `org-${number % 10}`,
    payoutId: payoutIdOf(family),
    payeeId: "payee",
    amountMinor: 250_000,
    originalMinor: 250_000,
    currency: "USD",
    holdReason: "guarantee_period",
    holdDate: createdAt,
    releaseDate: toInstant(releaseMs),
    status: "active",
    version: 1,
    createdAt,
    updatedAt: createdAt,
    change: {
      eventId: `bench/escrow_hold/${id}/1`,
      action: "escrow_hold.created",
      actor: { type: "system", id: "bench" },
      correlationId: "bench",
      at: createdAt,
    },
  };
}

/** The first `DUE` holds are due within the last two hours, all others after now, spread over 90 days. */
function releaseMsOf(number: number): number {
  if (number < DUE) return NOW_MS - MARGIN_MS - Math.floor((number / DUE) * 2 * HOUR_MS);
  return NOW_MS + MARGIN_MS + ((number * 7_919_777) % SPREAD_MS);
}

async function seed({ client, tableName }: PreparedStore, from: number, to: number): Promise<void> {
  async function write(start: number): Promise<void> {
    const numbers = Array.from({ length: Math.min(BATCH, to - start) }, (_, index) => start + index);
    const requests = numbers.map((number) => ({
      PutRequest: { Item: toItem("escrow_hold", hold(number, releaseMsOf(number))) },
    }));
    const answer = await client.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
    if (Object.keys(answer.UnprocessedItems ?? {}).length > 0) throw new Error("the store left items unwritten");
  }
  const starts = Array.from({ length: Math.ceil((to - from) / BATCH) }, (_, index) => from + index * BATCH);
  await runAtOnce(
    starts.map((start) => () => write(start)),
    BATCHES_AT_ONCE,
  );
}

/** The real sweep, with commands that are told to release and do not, so that the next size finds the same. */
async function look(store: PreparedStore, holds: number): Promise<Lookup> {
  const real = createStore({ client: store.client, tableName: store.tableName });
  // The cursor stays where a fresh table has it: every look closes the same hours.
  const keptCursor: Store = { ...real, readSweepCursor: async () => undefined, moveSweepCursor: async () => {} };
  const world = { store: keptCursor, now: () => NOW_MS, random: () => 0, sleep: async () => {} };
  let found = 0;
  const sweep = createSweep({
    ...world,
    releases: {
      ...createReleases(world),
      releaseHold: async () => {
        found += 1;
        return { ok: false, refusal: { code: "hold_not_due", message: "only looked up" } };
      },
    },
    requestAttempts: async () => {},
    onFailure: (_id, error) => {
      throw error;
    },
  });
  const watch = watchCalls(store.client);
  await sweep.run(() => Number.POSITIVE_INFINITY);
  watch.stop();
  const readUnits = watch.calls.reduce((sum, { units }) => sum + units, 0);
  return { holds, due: DUE, found, calls: watch.calls.length, readUnits };
}

export async function dueLookup(store: PreparedStore, sizes: readonly number[]): Promise<Lookup[]> {
  const lookups: Lookup[] = [];
  let stored = 0;
  for (const size of sizes) {
    await seed(store, stored, size);
    stored = size;
    lookups.push(await look(store, size));
  }
  return lookups;
}

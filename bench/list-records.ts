/** Records of one organization for benchmarks of lists: cheap to make, and enough of each kind for a hundred pages. */
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { toInstant } from "../shared/domain/dates.ts";
import { childId, familyOfCause, payoutIdOf } from "../shared/domain/ids.ts";
import type { EscrowHold, Payout, PayoutSchedule, Transfer } from "../shared/domain/model.ts";
import { type Item, toItem } from "../shared/store/items.ts";
import type { PreparedStore } from "./prepared-store.ts";
import { runAtOnce } from "./ratio.ts";

export const ORGANIZATION = "bench";
const START_MS = Date.parse("2026-01-05T08:00:00.000Z");
const STEP_MS = 7 * 60_000;
const BATCH = 25;
const BATCHES_AT_ONCE = 4;
/** A payout has at most 1,023 children. */
const PARTS = 1_000;

/** The payout of the first thousand schedules and holds. */
const sharedFamily = familyOfCause("bench", "shared");
export const SHARED_PAYOUT = payoutIdOf(sharedFamily);

export const scheduleStatuses = ["pending", "processing", "completed", "failed", "cancelled"] as const;
export const triggerEvents = ["guarantee_period_end", "milestone_reached", "contract_signed", "manual"] as const;
export const holdStatuses = ["active", "released", "forfeited", "cancelled"] as const;
export const holdReasons = ["guarantee_period", "dispute", "verification", "other"] as const;
export const payoutStatuses = ["pending_approval", "approved", "processing", "paid"] as const;
export const transferStatuses = ["pending", "completed", "failed_terminal"] as const;

/** Spreads numbers evenly and without a pattern that an index could profit from. */
function spread(number: number, salt: number): number {
  let hash = Math.imul(number ^ (salt * 0x9e3779b9), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const pick = <const Values extends readonly unknown[]>(values: Values, number: number, salt: number) =>
  values[spread(number, salt) % values.length] as Values[number];

const familyFor = (number: number) => (number < PARTS ? sharedFamily : familyOfCause("bench", String(number)));
const ordinalFor = (number: number) => (number < PARTS ? number + 1 : 1);

/** A quarter of everything is the first payee's, company's and placement's. */
function common(entity: string, id: string, number: number) {
  const createdAt = toInstant(START_MS + number * STEP_MS);
  const isFirst = (salt: number) => spread(number, salt) % 4 === 0;
  return {
    id,
    organizationId: ORGANIZATION,
    payeeId: isFirst(1) ? "payee-1" : `payee-${2 + (number % 5_000)}`,
    companyId: isFirst(2) ? "company-1" : `company-${2 + (number % 200)}`,
    placementId: isFirst(3) ? "placement-1" : `placement-${number}`,
    currency: spread(number, 4) % 3 === 0 ? "EUR" : "USD",
    amountMinor: 1_000 + (spread(number, 5) % 1_000_000),
    version: 1,
    createdAt,
    updatedAt: createdAt,
    change: {
      eventId: `${ORGANIZATION}/${entity}/${id}/1`,
      action: `${entity}.created`,
      actor: { type: "system", id: "bench" },
      correlationId: "bench",
      at: createdAt,
    },
  } as const;
}

function schedule(number: number): PayoutSchedule {
  const family = familyFor(number);
  const trigger = pick(triggerEvents, number, 6);
  return {
    ...common("payout_schedule", childId("ps", family, ordinalFor(number)), number),
    payoutId: payoutIdOf(family),
    triggerEvent: trigger,
    ...(trigger === "manual" ? {} : { scheduledDate: toInstant(START_MS + (spread(number, 7) % 90_000) * STEP_MS) }),
    status: pick(scheduleStatuses, number, 8),
    retryCount: 0,
  };
}

function hold(number: number): EscrowHold {
  const family = number < PARTS ? familyOfCause("bench", "shared holds") : familyFor(number);
  const record = common("escrow_hold", childId("eh", family, number < PARTS ? ordinalFor(number) : 2), number);
  return {
    ...record,
    payoutId: payoutIdOf(family),
    originalMinor: record.amountMinor,
    holdReason: pick(holdReasons, number, 9),
    holdDate: record.createdAt,
    // Guarantees end at midnight: many holds have the very same date.
    releaseDate: `${toInstant(START_MS + (spread(number, 10) % 90_000) * STEP_MS).slice(0, 10)}T00:00:00.000Z`,
    status: pick(holdStatuses, number, 11),
  };
}

export const SHARED_HOLDS = payoutIdOf(familyOfCause("bench", "shared holds"));

function payout(number: number): Payout {
  const family = familyOfCause("bench", "payout", String(number));
  const record = common("payout", payoutIdOf(family), number);
  return {
    ...record,
    source: "commission",
    period: spread(number, 12) % 2 === 0 ? "2026-11" : "2026-W48",
    heldMinor: 0,
    paidMinor: 0,
    inTransferMinor: 0,
    setOffMinor: 0,
    forfeitedMinor: 0,
    cancelledMinor: 0,
    reversedMinor: 0,
    status: pick(payoutStatuses, number, 13),
    approval: { mode: "manual", state: "pending" },
    policy: {
      holdbackBp: 0,
      guaranteeDays: 0,
      triggerEvent: "manual",
      approval: "manual",
      timeZone: "UTC",
    },
    children: 0,
    createdBy: "bench",
  };
}

function transfer(number: number): Transfer {
  const family = number < PARTS ? familyOfCause("bench", "shared transfers") : familyFor(number);
  const ordinal = number < PARTS ? ordinalFor(number) : 3;
  return {
    ...common("transfer", childId("tr", family, ordinal), number),
    payoutId: payoutIdOf(family),
    cause: { entity: "payout_schedule", id: childId("ps", family, 1) },
    provider: "stripe",
    destination: { provider: "stripe", account: "acct_bench" },
    status: pick(transferStatuses, number, 14),
    epoch: 1,
    attempts: 0,
    unknowns: 0,
    reversedMinor: 0,
  };
}

export const SHARED_TRANSFERS = payoutIdOf(familyOfCause("bench", "shared transfers"));

export type SeededStore = Pick<PreparedStore, "client" | "tableName">;

/** A number's record; always the same. */
export const listRecords = { payout_schedule: schedule, escrow_hold: hold, payout, transfer };

export const collections = ["payout_schedule", "escrow_hold", "payout", "transfer"] as const;
export type ListCollection = (typeof collections)[number];

/** How many there are of each. */
export type Sizes = Readonly<Record<ListCollection, number>>;

const items: Readonly<Record<ListCollection, (number: number) => Item>> = {
  payout_schedule: (number) => toItem("payout_schedule", schedule(number)),
  escrow_hold: (number) => toItem("escrow_hold", hold(number)),
  payout: (number) => toItem("payout", payout(number)),
  transfer: (number) => toItem("transfer", transfer(number)),
};

async function write({ client, tableName }: SeededStore, batch: readonly Item[]): Promise<void> {
  const requests = batch.map((Item) => ({ PutRequest: { Item } }));
  const answer = await client.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
  if (Object.keys(answer.UnprocessedItems ?? {}).length > 0) throw new Error("the store left items unwritten");
}

/** Writes the records; they are the same each time. */
export async function seedLists(store: SeededStore, sizes: Sizes): Promise<void> {
  const batches = collections.flatMap((collection) =>
    Array.from({ length: Math.ceil(sizes[collection] / BATCH) }, (_, batch) => () => {
      const first = batch * BATCH;
      const length = Math.min(BATCH, sizes[collection] - first);
      return write(
        store,
        Array.from({ length }, (__, place) => items[collection](first + place)),
      );
    }),
  );
  await runAtOnce(batches, BATCHES_AT_ONCE);
}

import { expect, test } from "vitest";
import { auditLogOperations } from "../../../shared/api/contract/audit-log.ts";
import { holdOperations } from "../../../shared/api/contract/holds.ts";
import { payoutOperations } from "../../../shared/api/contract/payouts.ts";
import { scheduleOperations } from "../../../shared/api/contract/schedules.ts";
import { transferOperations } from "../../../shared/api/contract/transfers.ts";
import { statsSchema } from "../../../shared/api/stats-schema.ts";
import { recountLines } from "../../../shared/counters/tally.ts";
import { readAuditStats, readStats, type StatsSource } from "../../../shared/queries/stats.ts";

const NOW = "2026-11-21T12:00:00.000Z";
const asked: unknown[] = [];

const source: StatsSource = {
  counts: async () => ({
    escrow_hold: {
      active: { USD: { count: 2, amountMinor: 300 }, EUR: { count: 1, amountMinor: 50 } },
      released: { USD: { count: 1, amountMinor: 10 }, GBP: { count: 0, amountMinor: 0 } },
    },
  }),
  lineCounts: async () => ({ ...recountLines([]), payout: 7, settings: 1 }),
  actions: async (organizationId, day) => {
    asked.push([organizationId, day]);
    return {
      "escrow_hold.released": { USD: { count: 1, amountMinor: 10 } },
      "payout.updated": { XXX: { count: 4, amountMinor: 0 } },
    };
  },
  countDue: async (...place) => {
    asked.push(place);
    return { count: 1_000, capped: true };
  },
};

test("every status is there, the sums tie out, and today is the day in UTC", async () => {
  const stats = await readStats(source, "acme", "escrow_hold", NOW);
  expect(stats).toEqual({
    total: 4,
    by_status: {
      active: { count: 3, by_currency: { USD: { count: 2, amount: 300 }, EUR: { count: 1, amount: 50 } } },
      released: { count: 1, by_currency: { USD: { count: 1, amount: 10 } } },
      forfeited: { count: 0, by_currency: {} },
      cancelled: { count: 0, by_currency: {} },
    },
    due: { count: 1_000, capped: true },
    today: {
      released: { count: 1, by_currency: { USD: { count: 1, amount: 10 } } },
      partially_released: { count: 0, by_currency: {} },
      forfeited: { count: 0, by_currency: {} },
      cancelled: { count: 0, by_currency: {} },
    },
  });
  expect(asked).toEqual([
    ["acme", "2026-11-21"],
    ["acme", "eh", "active", NOW],
  ]);
});

test.each([
  ["payout", payoutOperations.getPayoutStats],
  ["payout_schedule", scheduleOperations.getPayoutScheduleStats],
  ["escrow_hold", holdOperations.getEscrowHoldStats],
  ["transfer", transferOperations.getTransferStats],
] as const)("the figures of a %s are what its operation documents, no more and no less", async (entity, { answer }) => {
  const data = await readStats(source, "acme", entity, NOW);
  expect(answer.schema.parse({ data })).toEqual({ data });
  expect(statsSchema(["x"]).shape.today.safeParse(data.today).success).toBe(true);
});

test("audit lines are counted by kind of record, today's by action", async () => {
  const data = await readAuditStats(source, "acme", NOW);
  expect(data).toMatchObject({ total: 8, by_entity: { payout: 7, settings: 1, transfer: 0 } });
  expect(data.today).toEqual({ "escrow_hold.released": 1, "payout.updated": 4 });
  expect(auditLogOperations.getAuditStats.answer.schema.parse({ data })).toEqual({ data });
});

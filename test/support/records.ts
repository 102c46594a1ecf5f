import { type CommandContext, create } from "../../shared/domain/decision.ts";
import { childId, familyOfCause, payoutIdOf } from "../../shared/domain/ids.ts";
import type { EscrowHold, JournalEntry, Payee, PayoutSchedule, Posting, Transfer } from "../../shared/domain/model.ts";

/** Single records for tests of how they are stored; whole families come from the commands. */
export const ORG = "acme";
export const FAMILY = familyOfCause("records");
export const PAYOUT_ID = payoutIdOf(FAMILY);

export const CONTEXT: CommandContext = {
  now: "2026-03-02T09:30:00.000Z",
  actor: { type: "system", id: "test" },
  correlationId: "test",
};

export function payeeRecord(id = "payee-1", context = CONTEXT): Payee {
  const sourceTime = context.now;
  const body = {
    id,
    organizationId: ORG,
    name: "Grace",
    defaultCurrency: "USD",
    verified: true,
    destinations: [],
    sourceTime,
  };
  return create("payee", body, "payee.created", context);
}

const common = { organizationId: ORG, payoutId: PAYOUT_ID, payeeId: "payee-1", currency: "USD" };

export function holdRecord(more: Partial<EscrowHold> = {}, ordinal = 1): EscrowHold {
  const hold = create(
    "escrow_hold",
    {
      ...common,
      id: childId("eh", FAMILY, ordinal),
      amountMinor: 200,
      originalMinor: 200,
      holdReason: "guarantee_period",
      holdDate: CONTEXT.now,
      releaseDate: "2026-05-31T00:00:00.000Z",
      status: "active",
    },
    "escrow_hold.created",
    CONTEXT,
  );
  return { ...hold, ...more };
}

export function scheduleRecord(more: Partial<PayoutSchedule> = {}, ordinal = 2): PayoutSchedule {
  const schedule = create(
    "payout_schedule",
    {
      ...common,
      id: childId("ps", FAMILY, ordinal),
      triggerEvent: "guarantee_period_end",
      amountMinor: 800,
      status: "pending",
      retryCount: 0,
      scheduledDate: "2026-05-31T00:00:00.000Z",
    },
    "payout_schedule.created",
    CONTEXT,
  );
  return { ...schedule, ...more };
}

export function transferRecord(more: Partial<Transfer> = {}, ordinal = 3): Transfer {
  const transfer = create(
    "transfer",
    {
      ...common,
      id: childId("tr", FAMILY, ordinal),
      cause: { entity: "payout_schedule", id: childId("ps", FAMILY, 2) },
      provider: "stripe",
      destination: { provider: "stripe", account: "acct_1" },
      amountMinor: 800,
      status: "pending",
      epoch: 1,
      attempts: 0,
      unknowns: 0,
      nextAttemptAt: "2026-03-02T09:40:00.000Z",
      reversedMinor: 0,
    },
    "transfer.created",
    CONTEXT,
  );
  return { ...transfer, ...more };
}

/** A journal entry of some payee, as a command would post it. */
export function entryRecord(
  postings: readonly Posting[],
  ordinal: number,
  owner: { payeeId?: string; currency?: string } = {},
): JournalEntry {
  return create(
    "journal_entry",
    {
      id: childId("je", FAMILY, ordinal),
      organizationId: ORG,
      payoutId: PAYOUT_ID,
      payeeId: owner.payeeId ?? "payee-1",
      currency: owner.currency ?? "USD",
      kind: "accrual",
      postings,
      cause: { entity: "payout", id: PAYOUT_ID, version: 1 },
    },
    "journal_entry.posted",
    CONTEXT,
  );
}

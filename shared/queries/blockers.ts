import type { LimitSettings } from "../access/limits.ts";
import { defined, readFamily, recordsIn } from "../commands/records.ts";
import type { Blocker, EscrowHold, Instant, Payee, PayoutSchedule, SendingControl, Transfer } from "../domain/model.ts";
import { type Family, remainingMinor } from "../domain/payout.ts";
import { approversNeeded } from "../domain/payout-approval.ts";
import { blockerOf, obstacleTo } from "../domain/release.ts";
import { controlInTheWay, controlName } from "../domain/sending-control.ts";
import { isFinished, mayHaveBeenSent } from "../domain/transfer.ts";
import { payeeKey, sendingControlKeys } from "../store/keys.ts";
import type { Store } from "../store/store.ts";

/** What is in the way, over and above the blockers that records carry: dates, triggers and money that is on its way. */
type PartCode = "not_due" | "trigger_pending" | "in_escrow" | "due_now" | "retry_scheduled" | "in_progress";

/** One reason why (part of) a payout is not paid. */
export interface PayoutBlocker {
  readonly code: Blocker["code"] | PartCode;
  readonly entity: "payout" | "payout_schedule" | "escrow_hold" | "transfer" | "sending_control";
  readonly entityId: string;
  readonly since: Instant;
  readonly fixableBy: Blocker["fixableBy"];
  /** When the system looks again, or acts, by itself. */
  readonly nextCheckAt?: Instant | undefined;
  readonly detail?: string | undefined;
}

export interface BlockerSurroundings {
  readonly payee?: Payee | undefined;
  /** The deployment's and the organization's, for the provider and for all; absent ones are open. */
  readonly controls: readonly SendingControl[];
  readonly settings: LimitSettings;
}

const ENDED: ReadonlySet<string> = new Set(["paid", "rejected", "cancelled"]);

/**
 * Why a payout is not paid: what stands in the way of all that is still to be sent, then each open part's own reason.
 * Never empty while something is open, always empty for a payout that is paid, rejected or cancelled.
 */
export function blockersOf(family: Family, around: BlockerSurroundings, now: Instant): readonly PayoutBlocker[] {
  const { payout, schedules, holds, transfers } = family;
  if (ENDED.has(payout.status) || remainingMinor(payout) === 0) return [];
  const pending = schedules.filter(({ status }) => status === "pending");
  const active = holds.filter(({ status }) => status === "active");
  const moving = transfers.filter((transfer) => !isFinished(transfer));
  const unsent = pending.length + active.length + moving.filter((transfer) => !mayHaveBeenSent(transfer)).length > 0;
  const obstacle = unsent ? payoutBlocker(family, around, now) : undefined;
  return [
    ...(obstacle === undefined ? [] : [obstacle]),
    ...(unsent || moving.length > 0 ? controlBlockers(around.controls, now) : []),
    ...pending.map((schedule) => scheduleBlocker(schedule, obstacle, now)),
    ...active.map((hold) => holdBlocker(hold, obstacle, now)),
    ...transfers.flatMap((transfer) => transferBlocker(transfer, now) ?? []),
  ];
}

/** The obstacle that a release would meet now, since when, and what would remove it. */
function payoutBlocker(family: Family, around: BlockerSurroundings, now: Instant): PayoutBlocker | undefined {
  const { payout } = family;
  const obstacle = obstacleTo({ payout, payee: around.payee }, now);
  if (obstacle === undefined) return undefined;
  const told = [...family.schedules, ...family.holds, ...family.transfers]
    .map(({ blocker }) => (blocker?.code === obstacle.code ? blocker.since : undefined))
    .filter((since) => since !== undefined)
    .sort();
  const known = {
    approval_pending: payout.createdAt,
    destination_changed: around.payee?.destinationChangedAt,
    destination_cooling_off: around.payee?.destinationChangedAt,
    person_required: payout.markedFailed?.at,
  };
  const since = known[obstacle.code as keyof typeof known] ?? told[0] ?? payout.updatedAt;
  const { fixableBy } = blockerOf(obstacle.code, undefined, now);
  const detail = obstacle.code === "approval_pending" ? votesMissing(family, around.settings) : obstacle.detail;
  return {
    code: obstacle.code,
    entity: "payout",
    entityId: payout.id,
    since,
    fixableBy,
    nextCheckAt: obstacle.until,
    detail,
  };
}

function votesMissing({ payout }: Family, settings: LimitSettings): string {
  const { votes = [], votesNeeded } = payout.approval;
  const needed = votesNeeded ?? approversNeeded(settings, payout.amountMinor, payout.currency);
  return `${Math.max(1, needed - votes.length)} of ${needed} approvals missing`;
}

function controlBlockers(controls: readonly SendingControl[], now: Instant): PayoutBlocker[] {
  const control = controlInTheWay(controls, now);
  if (control === undefined) return [];
  const code = control.status === "paused" ? "sending_paused" : "provider_circuit_open";
  const { fixableBy } = blockerOf(code, undefined, now);
  return [
    {
      code,
      entity: "sending_control",
      entityId: controlName(control),
      since: control.updatedAt,
      fixableBy,
      nextCheckAt: control.probeAt,
      detail: control.reason,
    },
  ];
}

type Part = Pick<PayoutBlocker, "entity" | "entityId">;

/** A part that is due: its own blocker where the payout's obstacle doesn't say it already, or that it goes out now. */
function duePart(
  part: Part,
  record: PayoutSchedule | EscrowHold,
  dueSince: Instant,
  obstacle: PayoutBlocker | undefined,
) {
  const { blocker } = record;
  if (obstacle !== undefined) {
    const { code, fixableBy, detail } = obstacle;
    const nextCheckAt = obstacle.nextCheckAt ?? blocker?.nextCheckAt;
    return { ...part, code, since: blocker?.since ?? dueSince, fixableBy, nextCheckAt, detail };
  }
  // What it was blocked by is gone; the event that says so, or the next look, sends it.
  return {
    ...part,
    code: "due_now" as const,
    since: dueSince,
    fixableBy: "system" as const,
    nextCheckAt: blocker?.nextCheckAt,
  };
}

function scheduleBlocker(schedule: PayoutSchedule, obstacle: PayoutBlocker | undefined, now: Instant): PayoutBlocker {
  const part = { entity: "payout_schedule", entityId: schedule.id } as const;
  const { scheduledDate, triggerEvent, createdAt } = schedule;
  if (scheduledDate === undefined) {
    const fixableBy = triggerEvent === "manual" ? "finance" : "system";
    return { ...part, code: "trigger_pending", since: createdAt, fixableBy, detail: triggerEvent };
  }
  if (now < scheduledDate) {
    return { ...part, code: "not_due", since: createdAt, fixableBy: "system", nextCheckAt: scheduledDate };
  }
  return duePart(part, schedule, scheduledDate, obstacle);
}

function holdBlocker(hold: EscrowHold, obstacle: PayoutBlocker | undefined, now: Instant): PayoutBlocker {
  const part = { entity: "escrow_hold", entityId: hold.id } as const;
  const { releaseDate, holdDate, holdReason } = hold;
  if (now >= releaseDate) return duePart(part, hold, releaseDate, obstacle);
  return {
    ...part,
    code: "in_escrow",
    since: holdDate,
    fixableBy: "system",
    nextCheckAt: releaseDate,
    detail: holdReason,
  };
}

function transferBlocker(transfer: Transfer, now: Instant): PayoutBlocker | undefined {
  const { status, blocker, outcome, nextAttemptAt, updatedAt, createdAt } = transfer;
  const part = { entity: "transfer", entityId: transfer.id } as const;
  const told = outcome === undefined ? undefined : (outcome.message ?? outcome.code);
  const waiting = { ...part, nextCheckAt: nextAttemptAt, detail: told };
  if (status === "completed" || status === "reversed") return undefined;
  if (status === "failed_terminal" && outcome?.class === "ended") return undefined;
  if (blocker !== undefined) {
    const { code, since, fixableBy, detail } = blocker;
    return {
      ...part,
      code,
      since,
      fixableBy,
      nextCheckAt: nextAttemptAt ?? blocker.nextCheckAt,
      detail: detail ?? told,
    };
  }
  switch (status) {
    case "pending":
    case "processing":
      return { ...waiting, code: "in_progress", since: createdAt, fixableBy: "system" };
    case "retryable":
      return { ...waiting, code: "retry_scheduled", since: updatedAt, fixableBy: "system" };
    case "outcome_unknown":
      return { ...waiting, code: "outcome_unknown", since: updatedAt, fixableBy: "system" };
    case "awaiting_funds":
    case "awaiting_payee":
    case "failed_terminal": {
      const code = WAITS_FOR[status];
      const { fixableBy } = blockerOf(code, undefined, now);
      return { ...waiting, code, since: updatedAt, fixableBy };
    }
  }
}

const WAITS_FOR = {
  awaiting_funds: "insufficient_funds",
  awaiting_payee: "payee_action_required",
  failed_terminal: "person_required",
} as const;

/** A payout and why it is not paid; undefined where there is no such payout in the organization. */
export async function readBlockers(
  store: Store,
  organizationId: string,
  payoutId: string,
  { settings, now }: { readonly settings: LimitSettings; readonly now: Instant },
): Promise<{ readonly payout: Family["payout"]; readonly blockers: readonly PayoutBlocker[] } | undefined> {
  const family = await readFamily(store, organizationId, payoutId);
  if (family === undefined || family.payout.id !== payoutId) return undefined;
  const { payout } = family;
  const provider = payout.destination?.provider ?? "stripe";
  const items = await store.getMany(
    defined([payeeKey(organizationId, payout.payeeId), ...sendingControlKeys(organizationId, provider)]),
  );
  const around = {
    payee: recordsIn("payee", items)[0],
    controls: recordsIn("sending_control", items),
    settings,
  };
  return { payout, blockers: blockersOf(family, around, now) };
}

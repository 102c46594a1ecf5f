import { addMs } from "../../shared/domain/dates.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import { changeHold, endHold, extendHold, holdBack } from "../../shared/domain/hold-change.ts";
import type { EscrowHold, Instant, PayoutSchedule } from "../../shared/domain/model.ts";
import { cancelSchedule, moveSchedule, splitSchedule } from "../../shared/domain/schedule-change.ts";
import type { DomainLedger } from "./domain-ledger.ts";
import { contextAt } from "./domain-records.ts";

/** What people do to schedules; `ms` from now is the new date. */
type ScheduleStep =
  | { readonly kind: "split"; readonly pick: number; readonly share: number; readonly ms: number }
  | { readonly kind: "hold_back"; readonly pick: number; readonly share: number; readonly ms: number }
  | { readonly kind: "move"; readonly pick: number; readonly ms: number }
  | { readonly kind: "cancel_schedule"; readonly pick: number };
/** And to holds. */
type HoldStep =
  | { readonly kind: "change_hold"; readonly pick: number; readonly ms: number }
  | { readonly kind: "extend"; readonly pick: number; readonly ms: number }
  | { readonly kind: "end_hold"; readonly pick: number; readonly end: "forfeited" | "cancelled" };
export type ChangeStep = ScheduleStep | HoldStep;

/** The decision that a change comes to; undefined where there is nothing to change. */
export function decideChange(step: ChangeStep, ledger: DomainLedger, now: Instant): Decision<unknown> | undefined {
  switch (step.kind) {
    case "split":
    case "hold_back":
    case "move":
    case "cancel_schedule": {
      const schedule = pickOf(ledger.all("payout_schedule"), step.pick);
      return schedule === undefined ? undefined : decideOnSchedule(step, schedule, ledger, now);
    }
    default: {
      const hold = pickOf(ledger.all("escrow_hold"), step.pick);
      return hold === undefined ? undefined : decideOnHold(step, hold, ledger, now);
    }
  }
}

function decideOnSchedule(step: ScheduleStep, schedule: PayoutSchedule, ledger: DomainLedger, now: Instant) {
  const payout = ledger.get("payout", schedule.payoutId);
  const context = contextAt(now, "rita");
  switch (step.kind) {
    case "split": {
      const amountMinor = Math.ceil(schedule.amountMinor * step.share);
      const split = { schedule, amountMinor, triggerEvent: "manual", scheduledDate: addMs(now, step.ms) } as const;
      return splitSchedule(split, payout, undefined, context);
    }
    case "hold_back": {
      const amountMinor = Math.ceil(schedule.amountMinor * step.share);
      const why = { holdReason: "dispute", reason: "disputed" } as const;
      return holdBack({ schedule, amountMinor, ...why, releaseDate: addMs(now, step.ms) }, payout, context);
    }
    case "move":
      return moveSchedule(schedule, addMs(now, step.ms), context);
    case "cancel_schedule": {
      const transfer = schedule.transferId === undefined ? undefined : ledger.find("transfer", schedule.transferId);
      return cancelSchedule(schedule, { payout, transfer }, context);
    }
  }
}

function decideOnHold(step: HoldStep, hold: EscrowHold, ledger: DomainLedger, now: Instant) {
  const context = contextAt(now, "rita");
  switch (step.kind) {
    case "change_hold":
      return changeHold(hold, { releaseDate: addMs(now, step.ms), reason: "other" }, context);
    case "extend":
      return extendHold(hold, addMs(now, step.ms), context);
    case "end_hold":
      return endHold(hold, step.end, ledger.get("payout", hold.payoutId), context);
  }
}

/** Picks modulo the number of what there is. */
export function pickOf<T>(list: readonly T[], pick: number): T | undefined {
  return list.length === 0 ? undefined : list[pick % list.length];
}

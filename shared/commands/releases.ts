import { toInstant } from "../domain/dates.ts";
import { type CommandContext, type Decision, refuse } from "../domain/decision.ts";
import type { Actor, Payout, ReleasePath } from "../domain/model.ts";
import { fireSchedule, type ReleaseResult, type ReleaseSurroundings, releaseHold } from "../domain/release.ts";
import { retryTransfer } from "../domain/transfer-outcome.ts";
import { debtSettledBy } from "./debts.ts";
import { readPayee, readWithPayout } from "./records.ts";
import { decideAndCommit, type Planned, type Surroundings } from "./run.ts";

export interface CommandOrigin {
  readonly organizationId: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly reason?: string;
}

export interface HoldReleaseCommand extends CommandOrigin {
  readonly holdId: string;
  readonly path: ReleasePath;
  readonly amountMinor?: number;
  readonly notes?: string;
}

export interface ScheduleFireCommand extends CommandOrigin {
  readonly scheduleId: string;
  readonly path: ReleasePath;
}

export function contextOf(origin: CommandOrigin, nowMs: number): CommandContext {
  const { actor, correlationId, reason } = origin;
  return { now: toInstant(nowMs), actor, correlationId, ...(reason === undefined ? {} : { reason }) };
}

export type Releases = ReturnType<typeof createReleases>;

/** The release commands: the scheduler, the sweep, an event and a person all come through here. */
export function createReleases(surroundings: Surroundings) {
  const { store } = surroundings;

  async function around(payout: Payout): Promise<ReleaseSurroundings> {
    const { payee, owedMinor } = await readPayee(store, payout.organizationId, payout.payeeId, payout.currency);
    return { payout, payee, owedMinor };
  }

  /** A debt that is set off must still be there at the commit. */
  function planned<Value>(decision: Decision<Value>): Planned<Value> {
    return { decision, owed: decision.ok ? debtSettledBy(decision.changes) : undefined };
  }

  return {
    /** Releases a hold, whole or in part; the result says whether money is on its way or what is in the way. */
    releaseHold(command: HoldReleaseCommand): Promise<Decision<ReleaseResult>> {
      return decideAndCommit(surroundings, async () => {
        const read = await readWithPayout(store, "escrow_hold", command.organizationId, command.holdId);
        if (read === undefined) return { decision: refuse("not_found", `no hold ${command.holdId}`) };
        const surrounding = await around(read.payout);
        const release = {
          hold: read.record,
          path: command.path,
          ...(command.amountMinor === undefined ? {} : { amountMinor: command.amountMinor }),
          ...(command.notes === undefined ? {} : { notes: command.notes }),
        };
        return planned(releaseHold(release, surrounding, contextOf(command, surroundings.now())));
      });
    },

    /** Fires a payout schedule; a failed one goes again through its transfer when a person says so. */
    fireSchedule(command: ScheduleFireCommand): Promise<Decision<ReleaseResult>> {
      return decideAndCommit(surroundings, async () => {
        const read = await readWithPayout(store, "payout_schedule", command.organizationId, command.scheduleId);
        if (read === undefined) return { decision: refuse("not_found", `no schedule ${command.scheduleId}`) };
        const surrounding = await around(read.payout);
        const context = contextOf(command, surroundings.now());
        const { record: schedule } = read;
        if (schedule.status === "failed" && command.path === "manual" && schedule.transferId !== undefined) {
          const transfer = await readWithPayout(store, "transfer", command.organizationId, schedule.transferId);
          if (transfer === undefined) return { decision: refuse("not_found", `no transfer ${schedule.transferId}`) };
          const decision = retryTransfer(transfer.record, schedule, surrounding, context);
          return {
            decision: decision.ok ? { ...decision, value: { kind: "sent", transferId: decision.value.id } } : decision,
          };
        }
        return planned(fireSchedule({ schedule, path: command.path }, surrounding, context));
      });
    },
  };
}

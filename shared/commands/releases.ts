import { type Decision, refuse } from "../domain/decision.ts";
import type { Payout, ReleasePath } from "../domain/model.ts";
import { fireSchedule, type ReleaseResult, type ReleaseSurroundings, releaseHold } from "../domain/release.ts";
import { retryTransfer } from "../domain/transfer-correction.ts";
import { familyKey } from "../store/keys.ts";
import { debtSettledBy } from "./debts.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { readPayee, readWithPayout } from "./records.ts";
import { decideAndCommit, type Planned, type Surroundings } from "./run.ts";

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

export interface TransferRetryCommand extends CommandOrigin {
  readonly transferId: string;
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

  /**
   * What was in the way may have gone between the read and the commit, and its event may have found nobody waiting yet.
   * So a release that has just become blocked looks once more; where its own commit is what blocks it, it needn't.
   */
  async function lookAgain(release: () => Promise<Decision<ReleaseResult>>): Promise<Decision<ReleaseResult>> {
    const first = await release();
    return first.ok && first.value.kind === "blocked" && first.changes.length === 1 ? release() : first;
  }

  /** Sends a failed transfer again, under a new key, to the destination that is approved now. */
  async function planRetry(command: CommandOrigin, transferId: string): Promise<Planned<ReleaseResult>> {
    const { organizationId } = command;
    const read = await readWithPayout(store, "transfer", organizationId, transferId);
    if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
    const { record: transfer, payout } = read;
    const bySchedule = transfer.cause.entity === "payout_schedule";
    const key = bySchedule ? familyKey(organizationId, transfer.cause.id) : undefined;
    const [schedule, surrounding] = await Promise.all([store.get("payout_schedule", key), around(payout)]);
    const decision = retryTransfer(transfer, schedule, surrounding, contextOf(command, surroundings.now()));
    return {
      decision: decision.ok ? { ...decision, value: { kind: "sent", transferId: decision.value.id } } : decision,
    };
  }

  return {
    /** A failed transfer once more; whatever it was for. */
    retryTransfer: (command: TransferRetryCommand): Promise<Decision<ReleaseResult>> =>
      decideAndCommit(surroundings, () => planRetry(command, command.transferId), command.receipt),

    /** Releases a hold, whole or in part; the result says whether money is on its way or what is in the way. */
    releaseHold: (command: HoldReleaseCommand): Promise<Decision<ReleaseResult>> =>
      lookAgain(() =>
        decideAndCommit(surroundings, async () => {
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
        }),
      ),

    /** Fires a payout schedule; a failed one goes again through its transfer when a person says so. */
    fireSchedule: (command: ScheduleFireCommand): Promise<Decision<ReleaseResult>> =>
      lookAgain(() =>
        decideAndCommit(surroundings, async () => {
          const read = await readWithPayout(store, "payout_schedule", command.organizationId, command.scheduleId);
          if (read === undefined) return { decision: refuse("not_found", `no schedule ${command.scheduleId}`) };
          const { status, transferId } = read.record;
          if (status === "failed" && command.path === "manual" && transferId !== undefined) {
            return planRetry(command, transferId);
          }
          const surrounding = await around(read.payout);
          const firing = { schedule: read.record, path: command.path };
          return planned(fireSchedule(firing, surrounding, contextOf(command, surroundings.now())));
        }),
      ),
  };
}

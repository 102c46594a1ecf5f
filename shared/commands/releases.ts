import { type CommandContext, type Decision, type RecordChange, refuse } from "../domain/decision.ts";
import type { EscrowHold, Payout, PayoutSchedule, ReleasePath, Transfer, TransferStatus } from "../domain/model.ts";
import {
  fireSchedule,
  type ReleaseOutcome,
  type ReleaseResult,
  type ReleaseSurroundings,
  releaseHold,
} from "../domain/release.ts";
import { retryTransfer } from "../domain/transfer-correction.ts";
import { familyKey, settingsKey } from "../store/keys.ts";
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

export type HoldReleaseResult = ReleaseResult<EscrowHold> & {
  /** Of the hold's latest transfer; absent where it has none, and for what the clock finds still blocked. */
  readonly transferStatus?: TransferStatus;
};

export type Releases = ReturnType<typeof createReleases>;

/** The release commands: the scheduler, the sweep, an event and a person all come through here. */
export function createReleases(surroundings: Surroundings) {
  const { store } = surroundings;
  const contextFor = (command: CommandOrigin): CommandContext => contextOf(command, surroundings.now());

  /** Limits are for people: what the clock releases reads no settings. */
  async function around(payout: Payout, { organizationId, actor }: CommandOrigin): Promise<ReleaseSurroundings> {
    const [{ payee, owedMinor }, settings] = await Promise.all([
      readPayee(store, organizationId, payout.payeeId, payout.currency),
      actor.type === "user" ? store.get("settings", settingsKey(organizationId)) : undefined,
    ]);
    return { payout, payee, owedMinor, settings };
  }

  /** A debt that is set off must still be there at the commit. */
  function planned<Value>(decision: Decision<Value>): Planned<Value> {
    return { decision, owed: decision.ok ? debtSettledBy(decision.changes) : undefined };
  }

  /**
   * What was in the way may have gone between the read and the commit, and its event may have found nobody waiting yet.
   * So a release that has just become blocked looks once more; where its own commit is what blocks it, it needn't.
   */
  async function lookAgain<Result extends ReleaseOutcome>(
    release: () => Promise<Decision<Result>>,
  ): Promise<Decision<Result>> {
    const first = await release();
    if (!first.ok || first.value.kind !== "blocked" || first.changes.length === 0) return first;
    // This commit has voided the approval.
    if (first.value.blocker.code === "destination_changed") return first;
    return release();
  }

  /** Sends a failed transfer again, under a new key, to the destination that is approved now. */
  async function planRetry(command: CommandOrigin, transferId: string): Promise<Planned<Transfer>> {
    const { organizationId } = command;
    const read = await readWithPayout(store, "transfer", organizationId, transferId);
    if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
    const { record: transfer, payout } = read;
    const bySchedule = transfer.cause.entity === "payout_schedule";
    const key = bySchedule ? familyKey(organizationId, transfer.cause.id) : undefined;
    const [schedule, surrounding] = await Promise.all([store.get("payout_schedule", key), around(payout, command)]);
    return { decision: retryTransfer(transfer, schedule, surrounding, contextFor(command)) };
  }

  async function planRelease(command: HoldReleaseCommand): Promise<Planned<HoldReleaseResult>> {
    const { organizationId, holdId, path, amountMinor, notes } = command;
    const read = await readWithPayout(store, "escrow_hold", organizationId, holdId);
    if (read === undefined) return { decision: refuse("not_found", `no hold ${holdId}`) };
    const surrounding = await around(read.payout, command);
    const release = {
      hold: read.record,
      path,
      ...(amountMinor === undefined ? {} : { amountMinor }),
      ...(notes === undefined ? {} : { notes }),
    };
    const decision = releaseHold(release, surrounding, contextFor(command));
    if (!decision.ok) return planned(decision);
    const transferStatus = await statusOfTransfer(command, decision.value);
    return planned({ ...decision, value: { ...decision.value, ...(transferStatus && { transferStatus }) } });
  }

  /** A fresh transfer is pending; of an earlier partial release only a person is told. */
  async function statusOfTransfer(
    { organizationId, actor }: CommandOrigin,
    { kind, record }: ReleaseResult<EscrowHold>,
  ): Promise<TransferStatus | undefined> {
    if (kind === "sent") return "pending";
    if (actor.type !== "user" || record.transferId === undefined) return undefined;
    const transfer = await store.get("transfer", familyKey(organizationId, record.transferId));
    return transfer?.status;
  }

  async function planFiring(command: ScheduleFireCommand): Promise<Planned<ReleaseResult<PayoutSchedule>>> {
    const { organizationId, scheduleId, path } = command;
    const read = await readWithPayout(store, "payout_schedule", organizationId, scheduleId);
    if (read === undefined) return { decision: refuse("not_found", `no schedule ${scheduleId}`) };
    const { record: schedule, payout } = read;
    if (schedule.status === "failed" && path === "manual" && schedule.transferId !== undefined) {
      const { decision } = await planRetry(command, schedule.transferId);
      if (!decision.ok) return { decision };
      const record = scheduleIn(decision.changes) ?? schedule;
      return { decision: { ...decision, value: { kind: "sent", transferId: decision.value.id, record } } };
    }
    const surrounding = await around(payout, command);
    return planned(fireSchedule({ schedule, path }, surrounding, contextFor(command)));
  }

  return {
    /** Releases a hold, whole or in part; the result says whether money is on its way or what is in the way. */
    releaseHold: (command: HoldReleaseCommand): Promise<Decision<HoldReleaseResult>> =>
      lookAgain(() => decideAndCommit(surroundings, () => planRelease(command), command.receipt)),

    /** Fires a payout schedule; a failed one goes again through its transfer when a person says so. */
    fireSchedule: (command: ScheduleFireCommand): Promise<Decision<ReleaseResult<PayoutSchedule>>> =>
      lookAgain(() => decideAndCommit(surroundings, () => planFiring(command), command.receipt)),
  };
}

function scheduleIn(changes: readonly RecordChange[]): PayoutSchedule | undefined {
  const change = changes.find(({ entity }) => entity === "payout_schedule");
  return change?.entity === "payout_schedule" ? change.after : undefined;
}

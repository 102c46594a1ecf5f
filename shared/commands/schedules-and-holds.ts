import { type Decision, type Refusal, refuse } from "../domain/decision.ts";
import { changeHold, endHold, extendHold, type HoldBack, type HoldChange, holdBack } from "../domain/hold-change.ts";
import type { EscrowHold, Instant, Payout, PayoutSchedule, Placement, TransferStatus } from "../domain/model.ts";
import { cancelSchedule, moveSchedule, type ScheduleSplit, splitSchedule } from "../domain/schedule-change.ts";
import { familyKey, placementKey } from "../store/keys.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { readWithPayout } from "./records.ts";
import type { Releases } from "./releases.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

export interface ScheduleCommand extends CommandOrigin {
  readonly scheduleId: string;
}

export interface ScheduleSplitCommand extends ScheduleCommand, Omit<ScheduleSplit, "schedule"> {}

export interface ScheduleMoveCommand extends ScheduleCommand {
  readonly scheduledDate: Instant;
  readonly expectedVersion: number;
}

export interface HoldCommand extends CommandOrigin {
  readonly holdId: string;
}

export interface HoldBackCommand extends ScheduleCommand, Omit<HoldBack, "schedule"> {
  readonly reason: string;
}

export interface HoldChangeCommand extends HoldCommand {
  readonly change: HoldChange;
  readonly expectedVersion: number;
}

export interface HoldExtensionCommand extends HoldCommand {
  readonly releaseDate: Instant;
}

/** A hold as it stands after a command, and how its latest transfer stands. */
export interface HoldState {
  readonly hold: EscrowHold;
  readonly transferStatus?: TransferStatus;
}

export interface SchedulesAndHoldsOptions extends Surroundings {
  readonly releases: Releases;
}

function versionRefusal(record: { readonly id: string; readonly version: number }, expected: number) {
  if (record.version === expected) return undefined;
  const message = `${record.id} is at version ${record.version}, not ${expected}`;
  return { code: "version_mismatch", message } as const satisfies Refusal;
}

/** What people change about schedules and holds. All of it waits for nobody; sending is for the release commands. */
export function createSchedulesAndHolds(options: SchedulesAndHoldsOptions) {
  const { store, releases } = options;
  const contextFor = (command: CommandOrigin) => contextOf(command, options.now());

  async function readPlacement(organizationId: string, id: string | undefined): Promise<Placement | undefined> {
    return id === undefined ? undefined : store.get("placement", placementKey(organizationId, id));
  }

  function onSchedule<Value>(
    command: ScheduleCommand,
    decide: (read: { record: PayoutSchedule; payout: Payout }) => Decision<Value> | Promise<Decision<Value>>,
  ): Promise<Decision<Value>> {
    const { organizationId, scheduleId } = command;
    return decideAndCommit(
      options,
      async () => {
        const read = await readWithPayout(store, "payout_schedule", organizationId, scheduleId);
        return { decision: read === undefined ? refuse("not_found", `no schedule ${scheduleId}`) : await decide(read) };
      },
      command.receipt,
    );
  }

  function onHold(
    command: HoldCommand,
    decide: (read: { record: EscrowHold; payout: Payout }) => Decision<EscrowHold>,
  ): Promise<Decision<HoldState>> {
    const { organizationId, holdId } = command;
    return decideAndCommit(
      options,
      async () => {
        const read = await readWithPayout(store, "escrow_hold", organizationId, holdId);
        if (read === undefined) return { decision: refuse("not_found", `no hold ${holdId}`) };
        const decision = decide(read);
        if (!decision.ok) return { decision };
        return { decision: { ...decision, value: await joined(decision.value) } };
      },
      command.receipt,
    );
  }

  async function joined(hold: EscrowHold): Promise<HoldState> {
    if (hold.transferId === undefined) return { hold };
    const transfer = await store.get("transfer", familyKey(hold.organizationId, hold.transferId));
    return transfer === undefined ? { hold } : { hold, transferStatus: transfer.status };
  }

  /**
   * Its event may have come between the read and the commit and found nobody waiting yet. Where it comes after this look,
   * it finds the schedule itself.
   */
  async function fireIfSignalled(part: PayoutSchedule, { receipt: _receipt, ...origin }: CommandOrigin): Promise<void> {
    const { triggerEvent, placementId, scheduledDate, organizationId } = part;
    if (scheduledDate !== undefined) return;
    if (triggerEvent !== "contract_signed" && triggerEvent !== "milestone_reached") return;
    const placement = await readPlacement(organizationId, placementId);
    const signalledAt =
      triggerEvent === "contract_signed" ? placement?.contractSignedAt : placement?.milestoneReachedAt;
    if (signalledAt !== undefined) await releases.fireSchedule({ ...origin, scheduleId: part.id, path: "event" });
  }

  return {
    /** Splits part of a pending schedule off; the value is the new one. */
    async splitSchedule(command: ScheduleSplitCommand): Promise<Decision<PayoutSchedule>> {
      const { amountMinor, triggerEvent, scheduledDate } = command;
      const decision = await onSchedule(command, async ({ record: schedule, payout }) => {
        const placement = await readPlacement(command.organizationId, schedule.placementId);
        const date = scheduledDate === undefined ? {} : { scheduledDate };
        const split = { schedule, amountMinor, triggerEvent, ...date };
        return splitSchedule(split, payout, placement, contextFor(command));
      });
      if (decision.ok) await fireIfSignalled(decision.value, command);
      return decision;
    },

    moveSchedule: (command: ScheduleMoveCommand): Promise<Decision<PayoutSchedule>> =>
      onSchedule(command, ({ record }) => {
        const mismatch = versionRefusal(record, command.expectedVersion);
        if (mismatch !== undefined) return { ok: false, refusal: mismatch };
        return moveSchedule(record, command.scheduledDate, contextFor(command));
      }),

    /** Cancels a schedule that is pending or has failed; its reason is the command's. */
    cancelSchedule: (command: ScheduleCommand): Promise<Decision<PayoutSchedule>> =>
      onSchedule(command, async ({ record, payout }) => {
        const failed = record.status === "failed" && record.transferId !== undefined;
        const key = failed ? familyKey(command.organizationId, record.transferId) : undefined;
        const transfer = await store.get("transfer", key);
        return cancelSchedule(record, { payout, transfer }, contextFor(command));
      }),

    /** Holds back part or all of a pending schedule; the value is the new hold. */
    holdBack: (command: HoldBackCommand): Promise<Decision<HoldState>> =>
      onSchedule(command, ({ record: schedule, payout }) => {
        const { amountMinor, holdReason, reason, releaseDate } = command;
        const decision = holdBack(
          { schedule, amountMinor, holdReason, reason, releaseDate },
          payout,
          contextFor(command),
        );
        return decision.ok ? { ...decision, value: { hold: decision.value } } : decision;
      }),

    changeHold: (command: HoldChangeCommand): Promise<Decision<HoldState>> =>
      onHold(command, ({ record }) => {
        const mismatch = versionRefusal(record, command.expectedVersion);
        if (mismatch !== undefined) return { ok: false, refusal: mismatch };
        return changeHold(record, command.change, contextFor(command));
      }),

    extendHold: (command: HoldExtensionCommand): Promise<Decision<HoldState>> =>
      onHold(command, ({ record }) => extendHold(record, command.releaseDate, contextFor(command))),

    /** The payee loses what the hold still holds; its reason is the command's. */
    forfeitHold: (command: HoldCommand): Promise<Decision<HoldState>> =>
      onHold(command, ({ record, payout }) => endHold(record, "forfeited", payout, contextFor(command))),

    /** What the hold still holds is no longer promised; its reason is the command's. */
    cancelHold: (command: HoldCommand): Promise<Decision<HoldState>> =>
      onHold(command, ({ record, payout }) => endHold(record, "cancelled", payout, contextFor(command))),
  };
}

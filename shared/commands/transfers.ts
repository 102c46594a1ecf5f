import { type Decision, refuse } from "../domain/decision.ts";
import type { Transfer } from "../domain/model.ts";
import { requestReversal } from "../domain/transfer-reversal.ts";
import { type Finding, settleTransfer } from "../domain/transfer-settlement.ts";
import { familyKey, settingsKey } from "../store/keys.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { readWithPayout } from "./records.ts";
import { decideAndCommit, type Planned, type Surroundings } from "./run.ts";

export interface ReversalRequestCommand extends CommandOrigin {
  readonly transferId: string;
  /** Minor units; absent: all that has not been taken back. */
  readonly amountMinor?: number | undefined;
  readonly reason: string;
}

export interface SettlementCommand extends CommandOrigin {
  readonly transferId: string;
  readonly finding: Finding;
}

export type Transfers = ReturnType<typeof createTransfers>;

/** What people do with transfers. */
export function createTransfers(surroundings: Surroundings) {
  const { store, now } = surroundings;

  async function planReversal(command: ReversalRequestCommand): Promise<Planned<Transfer>> {
    const { organizationId, transferId, amountMinor, reason } = command;
    const [read, settings] = await Promise.all([
      readWithPayout(store, "transfer", organizationId, transferId),
      store.get("settings", settingsKey(organizationId)),
    ]);
    if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
    const request = { amountMinor, reason };
    return { decision: requestReversal(read.record, request, settings, contextOf(command, now())) };
  }

  async function planSettlement(command: SettlementCommand): Promise<Planned<Transfer>> {
    const { organizationId, transferId, finding } = command;
    const [read, settings] = await Promise.all([
      readWithPayout(store, "transfer", organizationId, transferId),
      store.get("settings", settingsKey(organizationId)),
    ]);
    if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
    const { payout, record: transfer } = read;
    const bySchedule = transfer.cause.entity === "payout_schedule";
    const schedule = await store.get(
      "payout_schedule",
      bySchedule ? familyKey(organizationId, transfer.cause.id) : undefined,
    );
    const context = contextOf({ ...command, reason: finding.evidence }, now());
    return { decision: settleTransfer(transfer, finding, { payout, schedule }, settings, context) };
  }

  return {
    /** Asks for a transfer's money back; the provider is called by whoever takes up the change. */
    requestReversal: (command: ReversalRequestCommand): Promise<Decision<Transfer>> =>
      decideAndCommit(surroundings, () => planReversal(command), command.receipt),

    /** Settles an outcome that the provider wouldn't tell, by what a person has found there. */
    settleTransfer: (command: SettlementCommand): Promise<Decision<Transfer>> =>
      decideAndCommit(surroundings, () => planSettlement(command), command.receipt),
  };
}

import { type Decision, refuse } from "../domain/decision.ts";
import type { Transfer } from "../domain/model.ts";
import {
  claimReversal,
  type ReversalClaim,
  type ReversalOutcome,
  recordReversalOutcome,
} from "../domain/transfer-reversal.ts";
import type { PayoutGateway } from "../providers/gateway.ts";
import { debtSettledBy } from "./debts.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { readPayee, readWithPayout } from "./records.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

export interface ReversalCommand extends CommandOrigin {
  readonly transferId: string;
}

export type ReversalResult =
  | { readonly outcome: "completed" | "failed" | "waiting" }
  /** There was nothing to do now; the code says why. */
  | { readonly outcome: "nothing"; readonly reason: string };

export interface ReversalOptions extends Surroundings {
  readonly gateway: PayoutGateway;
  /** Tells people that a reversal needs one. */
  readonly alert: (message: string, reversalId: string) => void;
}

/** Whether the provider has taken the money back is not known: the same key has to be used again. */
export class ReversalUnsettled extends Error {
  override readonly name = "ReversalUnsettled";
}

/** Answers that say nothing about this reversal: the same call goes again. */
const SAYS_NOTHING = new Set(["throttled", "in_progress", "configuration"]);

/**
 * Takes money back that a person has asked for: the intent is on record before the provider is called, outside of any
 * transaction, and what it came to afterwards. Killed at any point it leaves a reversal that the next call takes up under
 * the same key; once the key may be forgotten, the provider's total decides.
 */
export function createReversals(options: ReversalOptions) {
  const { store, gateway } = options;

  function claim(command: ReversalCommand): Promise<Decision<ReversalClaim>> {
    const { organizationId, transferId } = command;
    return decideAndCommit(options, async () => {
      const read = await readWithPayout(store, "transfer", organizationId, transferId);
      if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
      return { decision: claimReversal(read.record, contextOf(command, options.now())) };
    });
  }

  async function send(claimed: Extract<ReversalClaim, { kind: "send" }>): Promise<ReversalOutcome> {
    const { transfer, reversal, providerTransferId, first } = claimed;
    const answer = await gateway.createReversal({
      organizationId: transfer.organizationId,
      transferId: transfer.id,
      reversalId: reversal.id,
      // One key for each reversal: another try after a failure is another reversal.
      epoch: 1,
      providerTransferId,
      amountMinor: reversal.amountMinor,
      currency: transfer.currency,
    });
    if (answer.kind === "accepted") return { kind: "accepted", providerReversalId: answer.providerReversalId };
    const { code, message } = answer;
    if (answer.class === "mismatch") options.alert(message, reversal.id);
    if (answer.class === "mismatch" || (answer.class === "unknown" && answer.replayed)) return { kind: "unclear" };
    if (answer.kind === "unknown" || SAYS_NOTHING.has(answer.class)) {
      throw new ReversalUnsettled(`reversal ${reversal.id}: ${code}: ${message}`);
    }
    // A refusal that isn't stored under the key says nothing about an earlier call.
    return first || answer.meaning.settlesKey ? { kind: "refused", code, message } : { kind: "unclear" };
  }

  async function lookUp({
    reversal,
    providerTransferId,
  }: Extract<ReversalClaim, { kind: "look_up" }>): Promise<ReversalOutcome> {
    const answer = await gateway.getTransfer(providerTransferId);
    if (answer.kind === "found") return { kind: "looked_up", reversedTotalMinor: answer.transfer.reversedMinor };
    const why = answer.kind === "absent" ? "the provider has no such transfer" : `${answer.code}: ${answer.message}`;
    throw new ReversalUnsettled(`reversal ${reversal.id} can't be looked up: ${why}`);
  }

  async function record(
    command: ReversalCommand,
    reversalId: string,
    outcome: ReversalOutcome,
  ): Promise<Decision<Transfer>> {
    const { organizationId, transferId } = command;
    return decideAndCommit(options, async () => {
      const read = await readWithPayout(store, "transfer", organizationId, transferId);
      if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
      const { payout, record: transfer } = read;
      const { owedMinor } = await readPayee(store, organizationId, transfer.payeeId, transfer.currency);
      const context = contextOf(command, options.now());
      const decision = recordReversalOutcome(transfer, reversalId, outcome, { payout, owedMinor }, context);
      return { decision, owed: decision.ok ? debtSettledBy(decision.changes) : undefined };
    });
  }

  return {
    /** Takes up the transfer's reversal, if one is under way. Throws `ReversalUnsettled` where it has to be called again. */
    async reverse(command: ReversalCommand): Promise<ReversalResult> {
      const claimed = await claim(command);
      if (!claimed.ok) return { outcome: "nothing", reason: claimed.refusal.code };
      const { value } = claimed;
      if (value.kind === "waiting") return { outcome: "waiting" };
      const outcome = value.kind === "send" ? await send(value) : await lookUp(value);
      const recorded = await record(command, value.reversal.id, outcome);
      if (!recorded.ok) return { outcome: "nothing", reason: recorded.refusal.code };
      const reversal = recorded.value.reversals?.find(({ id }) => id === value.reversal.id);
      return { outcome: reversal?.status === "requested" || reversal === undefined ? "waiting" : reversal.status };
    },
  };
}

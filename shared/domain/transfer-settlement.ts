import { highValueRefusal, type LimitSettings } from "../access/limits.ts";
import type { ChangeAction } from "../events/event-types.ts";
import { addMs } from "./dates.ts";
import { accept, type CommandContext, type Decision, refuse } from "./decision.ts";
import type { Payout, PayoutSchedule, Settlement, Transfer } from "./model.ts";
import { completeTransfer, LOOK_UP_PROOF_MS, type OutcomeResult, recordVerdict } from "./transfer-outcome.ts";

/** What a person found at the provider. */
export type Finding =
  | { readonly outcome: "completed"; readonly providerTransferId: string; readonly evidence: string }
  | { readonly outcome: "not_created"; readonly evidence: string };

export interface SettlementSurroundings {
  readonly payout: Payout;
  readonly schedule?: PayoutSchedule | undefined;
}

/**
 * A person says what became of a transfer whose outcome is unknown. Completed, it is booked like any other; not created,
 * it fails under a new key and can be sent again. That nothing was created can be seen only some time after the last
 * call, because the provider's lists lag.
 */
export function settleTransfer(
  transfer: Transfer,
  finding: Finding,
  { payout, schedule }: SettlementSurroundings,
  settings: LimitSettings,
  context: CommandContext,
): Decision<Transfer> {
  const { now, actor } = context;
  const { id, status, lease, amountMinor, currency } = transfer;
  if (status !== "outcome_unknown") {
    return refuse("transfer_not_settleable", `transfer ${id} is ${status}; only an unknown outcome is settled by hand`);
  }
  if (lease !== undefined && lease.until > now) {
    return refuse("transfer_not_settleable", `transfer ${id} is being attempted until ${lease.until}`);
  }
  const provenFrom = addMs(transfer.lastSentAt ?? transfer.createdAt, LOOK_UP_PROOF_MS);
  if (finding.outcome === "not_created" && now < provenFrom) {
    return refuse("evidence_contradicts", `the last call for transfer ${id} may still show up until ${provenFrom}`);
  }
  const refused = highValueRefusal(amountMinor, currency, settings, context);
  if (refused !== undefined) return { ok: false, refusal: refused };
  const { outcome, evidence } = finding;
  const settled: Settlement = { outcome, evidence, by: actor.id, at: now };
  const around = { payout, schedule, random: 0 };
  if (finding.outcome === "completed") {
    return withSettlement(completeTransfer(transfer, finding.providerTransferId, around, context), settled);
  }
  const verdict = {
    kind: "refused",
    class: "rejected",
    code: "settled_not_created",
    message: evidence,
    settlesKey: true,
  } as const;
  return withSettlement(recordVerdict(transfer, verdict, around, context), settled, "transfer.settled");
}

/** The same changes, with the settlement in the transfer and, where it has one, under its own name. */
function withSettlement(
  decision: Decision<OutcomeResult>,
  settled: Settlement,
  action?: ChangeAction,
): Decision<Transfer> {
  if (!decision.ok) return decision;
  const { transfer } = decision.value;
  const after: Transfer = {
    ...transfer,
    settled,
    change: action === undefined ? transfer.change : { ...transfer.change, action },
  };
  return accept(
    decision.changes.map((change) => (change.entity === "transfer" ? { ...change, after } : change)),
    after,
  );
}

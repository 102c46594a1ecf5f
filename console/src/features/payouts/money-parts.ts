import { type Payout, payableOf } from "./payout-duties.ts";

/** The fields that tell whether a transfer failed for good and could be sent again. */
export interface TransferEnd {
  readonly status: string;
  readonly amount: number;
  readonly outcome: { readonly class: string } | null;
}

export interface MoneyPart {
  readonly id:
    | "paid"
    | "outside"
    | "moving"
    | "unknown"
    | "failed"
    | "payable"
    | "held"
    | "set_off"
    | "forfeited"
    | "cancelled";
  readonly label: string;
  /** Minor units. */
  readonly amountMinor: number;
}

const sumOf = (transfers: readonly TransferEnd[]) => transfers.reduce((sum, { amount }) => sum + amount, 0);

/** What a provider has refused for good and a person can send again; minor units. */
export function failedMinor(transfers: readonly TransferEnd[]): number {
  return sumOf(transfers.filter(({ status, outcome }) => status === "failed_terminal" && outcome?.class !== "ended"));
}

/** Where each part of a payout's amount is. The parts sum to the amount; empty ones are left out. */
export function moneyParts(payout: Payout, transfers: readonly TransferEnd[]): readonly MoneyPart[] {
  // Transfers may be a moment behind the payout, or not have been read yet: its own figure stands.
  const failed = Math.min(failedMinor(transfers), payout.in_transfer_amount);
  const unknown = Math.min(
    sumOf(transfers.filter(({ status }) => status === "outcome_unknown")),
    payout.in_transfer_amount - failed,
  );
  const parts: readonly MoneyPart[] = [
    { id: "paid", label: "Paid", amountMinor: payout.paid_amount - payout.paid_outside_amount },
    { id: "outside", label: "Paid outside", amountMinor: payout.paid_outside_amount },
    { id: "moving", label: "On its way", amountMinor: payout.in_transfer_amount - failed - unknown },
    { id: "unknown", label: "Outcome unknown", amountMinor: unknown },
    { id: "failed", label: "Failed", amountMinor: failed },
    { id: "payable", label: "Scheduled", amountMinor: payableOf(payout) },
    { id: "held", label: "In escrow", amountMinor: payout.held_amount },
    { id: "set_off", label: "Set off", amountMinor: payout.set_off_amount },
    { id: "forfeited", label: "Forfeited", amountMinor: payout.forfeited_amount },
    { id: "cancelled", label: "Cancelled", amountMinor: payout.cancelled_amount },
  ];
  return parts.filter(({ amountMinor }) => amountMinor !== 0);
}

import type { Payout } from "../../../console/src/features/payouts/payout-duties.ts";

const AT = "2026-11-21T12:00:00.000Z";

/** A payout made by hand that waits for its first approval: 2,500.00 USD, a fifth of it held. */
export function samplePayout(changes: Partial<Payout> = {}): Payout {
  return {
    id: "po_01JDR2V0Q8Z5Y7X3W1T9S6R400",
    organization_id: "acme",
    payee_id: "amara",
    company_id: null,
    placement_id: null,
    source: "manual",
    period: null,
    amount: 250_000,
    held_amount: 50_000,
    paid_amount: 0,
    in_transfer_amount: 0,
    set_off_amount: 0,
    forfeited_amount: 0,
    cancelled_amount: 0,
    reversed_amount: 0,
    paid_outside_amount: 0,
    external_reference: null,
    currency: "USD",
    status: "pending_approval",
    approval_mode: "manual",
    approval_state: "pending",
    approved_by: null,
    approved_at: null,
    approval_votes: [],
    approval_votes_needed: 2,
    rejected_reason: null,
    policy: {
      holdback_percentage: 20,
      guarantee_days: 90,
      trigger_event: "manual",
      approval: "manual",
      time_zone: "UTC",
    },
    destination: null,
    notes: null,
    created_by: "olga",
    sent_by: [],
    paid_at: null,
    end_reason: null,
    clawback: null,
    version: 1,
    created_at: AT,
    updated_at: AT,
    ...changes,
  };
}

import { describe, expect, it } from "vitest";
import {
  causeOf,
  hasEnded,
  meaningOf,
  pendingReversal,
  type Transfer,
  transferStatuses,
} from "../../../console/src/features/transfers/transfer-meaning.ts";
import { transferOperations } from "../../../shared/api/contract/transfers.ts";

const at = "2026-11-21T12:00:00.000Z";

function transferWith(changes: Partial<Transfer> = {}): Transfer {
  return {
    id: "tr_01JDR2V0Q8Z5Y7X3W1T9S6R403",
    organization_id: "acme",
    payout_id: "po_01JDR2V0Q8Z5Y7X3W1T9S6R400",
    payee_id: "amara",
    placement_id: null,
    company_id: null,
    cause_entity_type: "payout_schedule",
    cause_entity_id: "ps_01JDR2V0Q8Z5Y7X3W1T9S6R401",
    provider: "stripe",
    destination: { provider: "stripe", account: "acct_amara" },
    amount: 100_000,
    currency: "USD",
    status: "completed",
    epoch: 1,
    attempts: 1,
    unknowns: 0,
    last_attempt_at: at,
    next_attempt_at: null,
    outcome: null,
    provider_transfer_id: "tr_1QX2ab",
    completed_at: at,
    reversed_amount: 0,
    reversals: [],
    settled: null,
    paid_out_at: null,
    blocker: null,
    version: 3,
    created_at: at,
    updated_at: at,
    ...changes,
  };
}

const reversal = {
  id: "tr_01JDR2V0Q8Z5Y7X3W1T9S6R403-r1",
  amount: 20_000,
  reason: "ended early",
  requested_by: "ada",
  requested_at: at,
  failure_code: null,
  failure_reason: null,
  provider_reversal_id: null,
} as const;

describe("what a transfer's status means", () => {
  it("is said of every status that the API knows", () => {
    const known = transferOperations.listTransfers.query.shape.status;
    expect(known.parse(transferStatuses.join(","))).toEqual([...transferStatuses]);
    const said = transferStatuses.map((status) => meaningOf(transferWith({ status })));
    expect(new Set(said.map(({ means, next }) => means + next)).size).toBe(transferStatuses.length);
  });

  it("tells a failure that can be sent again from a payout's end", () => {
    const outcome = { code: "amount_too_small", message: null, at };
    const failed = transferWith({ status: "failed_terminal", outcome: { ...outcome, class: "rejected" } });
    const ended = transferWith({ status: "failed_terminal", outcome: { ...outcome, class: "ended" } });
    expect([hasEnded(failed), hasEnded(ended)]).toEqual([false, true]);
    expect(meaningOf(failed).next).toContain("retries");
    expect(meaningOf(ended).next).toContain("never sent");
  });

  it("names a reversal that is under way, and none that is over", () => {
    const under = transferWith({ reversals: [{ ...reversal, status: "requested" }] });
    expect(pendingReversal(under)?.id).toBe(reversal.id);
    expect(meaningOf(under).next).toContain("under way");
    for (const status of ["completed", "failed"] as const) {
      expect(pendingReversal(transferWith({ reversals: [{ ...reversal, status }] }))).toBeUndefined();
    }
  });
});

describe("what a transfer pays", () => {
  it("leads to the record that caused it", () => {
    expect(causeOf(transferWith())).toEqual({
      name: "Schedule",
      to: "/payout-schedules",
      search: { open: "ps_01JDR2V0Q8Z5Y7X3W1T9S6R401" },
    });
    const byHold = transferWith({ cause_entity_type: "escrow_hold", cause_entity_id: "eh_1" });
    expect(causeOf(byHold)).toMatchObject({ to: "/escrow-holds", search: { open: "eh_1" } });
  });
});

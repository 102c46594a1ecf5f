import { strict as assert } from "node:assert";
import type { Payout, Transfer } from "../../shared/domain/model.ts";
import type { PlacementSimulation } from "./domain-simulation.ts";

function total<T>(list: readonly T[], of: (each: T) => number): number {
  return list.reduce((sum, each) => sum + of(each), 0);
}

function hasMoved(transfer: Transfer): boolean {
  return transfer.status === "completed" || transfer.status === "reversed";
}

function isOver(transfer: Transfer): boolean {
  return hasMoved(transfer) || transfer.outcome?.class === "ended";
}

/** What is promised is in exactly one place, and the payout's sums are those of its parts. */
function checkMoney(simulation: PlacementSimulation, payout: Payout): void {
  const { schedules, holds, transfers } = simulation.family(payout);
  const open = total(
    schedules.filter(({ status }) => status === "pending"),
    ({ amountMinor }) => amountMinor,
  );
  const held = total(
    holds.filter(({ status }) => status === "active"),
    ({ amountMinor }) => amountMinor,
  );
  const inTransfer = total(
    transfers.filter((transfer) => !isOver(transfer)),
    ({ amountMinor }) => amountMinor,
  );
  assert.equal(payout.heldMinor, held, "heldMinor is not what active holds hold");
  assert.equal(payout.inTransferMinor, inTransfer, "inTransferMinor is not what open transfers carry");
  assert.equal(
    payout.paidMinor,
    total(transfers.filter(hasMoved), ({ amountMinor }) => amountMinor) + (payout.paidOutsideMinor ?? 0),
    "paidMinor",
  );
  assert.equal(
    payout.reversedMinor,
    total(transfers, ({ reversedMinor }) => reversedMinor),
    "reversedMinor",
  );
  const { paidMinor, setOffMinor, forfeitedMinor, cancelledMinor } = payout;
  const placed = open + held + inTransfer + paidMinor + setOffMinor + forfeitedMinor + cancelledMinor;
  assert.equal(placed, payout.amountMinor, "the payout's amount is not where its parts are");
  checkLedger(simulation, payout, open + inTransfer);
  const rest = open + held + inTransfer;
  const isDone = ["paid", "cancelled", "rejected"].includes(payout.status);
  assert.equal(isDone, rest === 0, `a payout is ${payout.status} with ${rest} left`);
  assert.equal(payout.paidAt !== undefined, payout.status === "paid", `a ${payout.status} payout's paidAt`);
}

/**
 * The accounts tell the same as the payout. While the promise stands, a debt that was set off is all that touches
 * `receivable`; once it is clawed back, the payee owes whatever has reached them and has not come back.
 */
function checkLedger(simulation: PlacementSimulation, payout: Payout, toSendMinor: number): void {
  const posted = simulation.ledger.postedFor(payout.id);
  const kept = payout.paidMinor - payout.reversedMinor;
  const ended = payout.clawback !== undefined;
  const expected = {
    payable: -toSendMinor || 0,
    held: -payout.heldMinor || 0,
    cash: -kept || 0,
    receivable: ended ? kept : -payout.setOffMinor || 0,
    expense: ended
      ? toSendMinor + payout.heldMinor
      : payout.amountMinor - payout.forfeitedMinor - payout.cancelledMinor - payout.reversedMinor,
  };
  assert.deepEqual(posted, expected, `the journal of a ${ended ? "clawed back" : "standing"} payout`);
}

/** What people approved was approved by enough of them, each of whom is another than who created it. */
function checkApproval({ id, approval, createdBy }: Payout): void {
  const voters = new Set((approval.votes ?? []).map(({ by }) => by));
  assert.ok(!voters.has(createdBy), `${id} was approved by who created it`);
  if (approval.state !== "approved" || approval.by === "policy") return;
  assert.equal(voters.size, approval.votesNeeded, `${id} was approved by ${[...voters].join(" and ")}`);
}

/** At most one movement per transfer, of its amount and to its destination; none where the transfer says so. */
function checkProvider(simulation: PlacementSimulation, transfer: Transfer): void {
  const created = simulation.provider.createdFor(transfer.id);
  const [first] = created;
  assert.ok(created.length <= 1, `the provider holds ${created.length} transfers for ${transfer.id}`);
  if (hasMoved(transfer)) assert.equal(first?.id, transfer.providerTransferId, "completed without a movement");
  if (transfer.status === "failed_terminal") assert.equal(first, undefined, "failed, though the money has moved");
  if (first === undefined) return;
  assert.equal(first.amountMinor, transfer.amountMinor);
  assert.equal(first.epoch, transfer.epoch, "created under another epoch than the current one");
  assert.deepEqual(first.destination, transfer.destination);
}

function checkBalances(simulation: PlacementSimulation): void {
  for (const payee of simulation.ledger.all("payee")) {
    const { expense, payable, held, cash, receivable } = simulation.ledger.balancesOf(payee.id);
    assert.equal(expense + payable + held + cash + receivable, 0, `the balances of ${payee.id} don't sum to zero`);
    assert.ok(payable <= 0 && held <= 0 && cash <= 0, `a balance of ${payee.id} has the wrong sign`);
    assert.ok(receivable >= 0, `${payee.id} was charged more than was owed`);
  }
}

export function checkInvariants(simulation: PlacementSimulation): void {
  const { ledger, provider } = simulation;
  for (const payout of ledger.all("payout")) {
    checkMoney(simulation, payout);
    checkApproval(payout);
  }
  for (const transfer of ledger.all("transfer")) checkProvider(simulation, transfer);
  checkBalances(simulation);
  assert.equal(provider.mismatches, 0, "a key was used with other parameters");
  for (const hold of ledger.all("escrow_hold")) {
    if (hold.firing === undefined || hold.firing.path === "manual") continue;
    assert.ok(hold.firing.firedAt >= hold.releaseDate, "released before its date, and not by a person");
  }
}

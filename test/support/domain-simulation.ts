import { strict as assert } from "node:assert";
import { closeCircuit } from "../../shared/domain/circuit.ts";
import { addMs } from "../../shared/domain/dates.ts";
import { amend, changeOf, create, type Decision } from "../../shared/domain/decision.ts";
import type { Destination, Instant, Payout, ReleasePath, Transfer } from "../../shared/domain/model.ts";
import { upsertPayee } from "../../shared/domain/payee.ts";
import type { Family } from "../../shared/domain/payout.ts";
import { approvePayout, rejectPayout } from "../../shared/domain/payout-approval.ts";
import { cancelPayout, markFailed, markPaid, retryPayout } from "../../shared/domain/payout-end.ts";
import { activatePlacement, endPayout, endPlacement, type PlacementEnd } from "../../shared/domain/placement.ts";
import { currentDestination, fireSchedule, releaseHold } from "../../shared/domain/release.ts";
import { claimTransfer } from "../../shared/domain/transfer.ts";
import { recordReversal, retryTransfer } from "../../shared/domain/transfer-correction.ts";
import { completeTransfer, recordVerdict, type Verdict } from "../../shared/domain/transfer-outcome.ts";
import { type ChangeStep, decideChange, pickOf } from "./domain-changes.ts";
import { DomainLedger } from "./domain-ledger.ts";
import { FakeProvider, type Fate } from "./domain-provider.ts";
import { activationOf, contextAt, ORGANIZATION, POLICY, payeeWith, START } from "./domain-records.ts";

export const APPROVERS = ["maria", "olga"] as const;
type Approver = (typeof APPROVERS)[number];
const COOLING_OFF_HOURS = 24;
/** The larger of the two payouts is high value, the other isn't. */
const SETTINGS = { highValueMinor: { USD: 50_000 } };

/** One thing that happens. Indexes pick among what there is, modulo its number. */
export type Step =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "release"; readonly pick: number; readonly path: ReleasePath; readonly share: number }
  | { readonly kind: "fire"; readonly pick: number; readonly path: ReleasePath }
  | { readonly kind: "approve"; readonly pick: number; readonly by: Approver }
  | { readonly kind: "reject"; readonly pick: number }
  | { readonly kind: "cancel_payout"; readonly pick: number }
  | { readonly kind: "mark_paid"; readonly pick: number }
  | { readonly kind: "mark_failed"; readonly pick: number }
  | { readonly kind: "retry_payout"; readonly pick: number }
  | { readonly kind: "end"; readonly end: PlacementEnd }
  | { readonly kind: "claim"; readonly pick: number; readonly resumed: boolean }
  | { readonly kind: "call"; readonly pick: number; readonly fate: Fate }
  | { readonly kind: "record"; readonly pick: number }
  | { readonly kind: "die"; readonly pick: number }
  | { readonly kind: "attempt"; readonly pick: number; readonly fate: Fate }
  | { readonly kind: "webhook"; readonly pick: number }
  | { readonly kind: "reverse"; readonly pick: number; readonly share: number }
  | { readonly kind: "retry"; readonly pick: number }
  | { readonly kind: "payee"; readonly pick: number; readonly destinations: readonly Destination[] }
  | { readonly kind: "debt"; readonly pick: number; readonly amountMinor: number }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | ChangeStep;

/** A function between its claim and its record: killed, slow or overtaken at any point. */
interface Worker {
  readonly claimed: Transfer;
  readonly mode: "send" | "look_up";
  verdict?: Verdict;
}

export interface SimulationOptions {
  readonly approval: "auto" | "manual";
  readonly holdbackBp: number;
  /** What each of the two payees owes from before, minor units. */
  readonly debtMinor: number;
}

/** One placement with two payees, the domain's decisions applied in memory, and a provider with every fault. */
export class PlacementSimulation {
  readonly ledger = new DomainLedger();
  readonly provider = new FakeProvider();
  readonly #workers: Worker[] = [];
  #now: Instant = START;
  #claims = 0;

  constructor(options: SimulationOptions) {
    const payees = ["payee-1", "payee-2"].map((id) => payeeWith([{ provider: "stripe", account: "acct_a" }], id));
    this.ledger.commit(
      payees.map((payee) => changeOf("payee", payee)),
      START,
    );
    for (const payee of payees) this.ledger.seedDebt(payee.id, options.debtMinor);
    const activation = activationOf({
      feeMinor: 100_001,
      payees: [
        { payeeId: "payee-1", shareBp: 6_667 },
        { payeeId: "payee-2", shareBp: 3_333 },
      ],
      policy: { ...POLICY, holdbackBp: options.holdbackBp, approval: options.approval },
    });
    const known = new Map(payees.map((payee) => [payee.id, payee]));
    this.#decide(activatePlacement(activation, undefined, known, contextAt(START, "placements")));
  }

  get now(): Instant {
    return this.#now;
  }

  #decide<Value>(decision: Decision<Value>): Value | undefined {
    if (!decision.ok) return undefined;
    this.ledger.commit(decision.changes, this.#now);
    return decision.value;
  }

  family(payout: Payout): Required<Family> {
    const mine = <T extends { payoutId: string }>(records: readonly T[]) =>
      records.filter((record) => record.payoutId === payout.id);
    return {
      payout,
      schedules: mine(this.ledger.all("payout_schedule")),
      holds: mine(this.ledger.all("escrow_hold")),
      transfers: mine(this.ledger.all("transfer")),
    };
  }

  #surroundings(payoutId: string) {
    const payout = this.ledger.get("payout", payoutId);
    const owedMinor = Math.max(0, this.ledger.balancesOf(payout.payeeId).receivable);
    return { payout, payee: this.ledger.get("payee", payout.payeeId), owedMinor };
  }

  #around(transfer: Transfer) {
    const { payout, payee } = this.#surroundings(transfer.payoutId);
    const { cause } = transfer;
    const schedule = cause.entity === "payout_schedule" ? this.ledger.get("payout_schedule", cause.id) : undefined;
    const controls = this.ledger.all("sending_control");
    return { payout, payee, schedule, controls, control: controls.find(({ id }) => id === "stripe"), random: 0.5 };
  }

  claim(transfer: Transfer, resumed: boolean): Worker | undefined {
    this.#claims += 1;
    const options = { leaseId: `lease-${this.#claims}`, resumed };
    const claim = this.#decide(claimTransfer(transfer, this.#around(transfer), options, contextAt(this.#now)));
    if (claim?.kind !== "claimed") return undefined;
    if (claim.mode === "send" && transfer.epochSentAt === undefined) this.#assertApproved(claim.transfer);
    return { claimed: claim.transfer, mode: claim.mode };
  }

  /** The first call under a key goes to the destination that was approved and still is the payee's. */
  #assertApproved(transfer: Transfer): void {
    const { payout, payee } = this.#surroundings(transfer.payoutId);
    assert.equal(payout.approval.state, "approved");
    assert.deepEqual(transfer.destination, payout.destination);
    assert.deepEqual(transfer.destination, currentDestination(payee));
    assert.ok((payee.destinationUsableFrom ?? this.#now) <= this.#now, "sent to a destination that was cooling off");
  }

  /** The provider is only called under a lease that still holds: a call never takes longer. */
  call(worker: Worker, fate: Fate): void {
    const { claimed, mode } = worker;
    if (worker.verdict !== undefined || claimed.lease === undefined || this.#now >= claimed.lease.until) return;
    worker.verdict =
      mode === "send"
        ? this.provider.send(claimed, fate, this.#now)
        : this.provider.lookUp(claimed, this.#now, fate === "lost");
  }

  record(worker: Worker): void {
    const { verdict, claimed } = worker;
    if (verdict === undefined) return;
    const transfer = this.ledger.get("transfer", claimed.id);
    const attempt = { leaseId: claimed.lease?.id ?? "", epoch: claimed.epoch };
    const around = { ...this.#around(transfer), attempt };
    const recorded = this.#decide(recordVerdict(transfer, verdict, around, contextAt(this.#now)));
    if (recorded?.transfer.status !== "completed" || around.control?.status !== "tripped") return;
    this.#decide(closeCircuit(around.control, contextAt(this.#now)));
  }

  attempt(transfer: Transfer, fate: Fate): void {
    const worker = this.claim(transfer, true);
    if (worker === undefined) return;
    this.call(worker, fate);
    this.record(worker);
  }

  setPaused(paused: boolean): void {
    const status = paused ? ("paused" as const) : ("open" as const);
    const action = paused ? "sending_control.paused" : "sending_control.resumed";
    const control = this.ledger.find("sending_control", "stripe");
    const context = contextAt(this.#now);
    // The operators' command is no part of the domain; it does no more than this.
    if (control === undefined) {
      const created = create("sending_control", { id: "stripe", organizationId: "platform", status }, action, context);
      this.ledger.commit([changeOf("sending_control", created)], this.#now);
      return;
    }
    if (control.status === status) return;
    const changed = amend("sending_control", control, { status, probeAt: undefined }, action, context);
    this.ledger.commit([changeOf("sending_control", changed, control)], this.#now);
  }

  wait(ms: number): void {
    this.#now = addMs(this.#now, ms);
  }

  approve(payout: Payout, by: Approver): void {
    const destination = currentDestination(this.ledger.get("payee", payout.payeeId));
    const usage = this.ledger.find("approver_usage", `${by}#${payout.currency}`);
    const around = { destination, settings: SETTINGS, usage };
    this.#decide(approvePayout(payout, around, contextAt(this.#now, by, "manager")));
  }

  retryPayout(payout: Payout): void {
    const { payee } = this.#surroundings(payout.id);
    const sender = contextAt(this.#now, "tests", "manager");
    this.#decide(retryPayout(this.family(payout), { payee, settings: SETTINGS }, sender));
  }

  #markPaid(payout: Payout): void {
    const sender = contextAt(this.#now, "tests", "manager");
    this.#decide(markPaid(this.family(payout), { reference: "bank" }, SETTINGS, sender));
  }

  fire(pick: number, path: ReleasePath): void {
    const schedule = pickOf(this.ledger.all("payout_schedule"), pick);
    if (schedule === undefined) return;
    const around = this.#surroundings(schedule.payoutId);
    this.#decide(fireSchedule({ schedule, path }, around, contextAt(this.#now)));
  }

  release(pick: number, path: ReleasePath, share: number): void {
    const hold = pickOf(this.ledger.all("escrow_hold"), pick);
    if (hold === undefined) return;
    const amountMinor = path === "manual" ? Math.max(1, Math.ceil(hold.amountMinor * share)) : hold.amountMinor;
    this.#decide(releaseHold({ hold, path, amountMinor }, this.#surroundings(hold.payoutId), contextAt(this.#now)));
  }

  retry(transfer: Transfer): void {
    const { schedule } = this.#around(transfer);
    this.#decide(retryTransfer(transfer, schedule, this.#surroundings(transfer.payoutId), contextAt(this.#now)));
  }

  setDestinations(pick: number, destinations: readonly Destination[]): void {
    const payee = pickOf(this.ledger.all("payee"), pick);
    assert.ok(payee !== undefined);
    const { id, name, defaultCurrency, verified } = payee;
    const sourceTime = this.#now > payee.sourceTime ? this.#now : addMs(payee.sourceTime, 1);
    const facts = { id, organizationId: ORGANIZATION, name, defaultCurrency, verified, destinations, sourceTime };
    this.#decide(upsertPayee(facts, payee, COOLING_OFF_HOURS, contextAt(this.#now, "partners")));
  }

  end(end: PlacementEnd): void {
    const placement = this.ledger.get("placement", "placement-1");
    const ids = { organizationId: ORGANIZATION, placementId: placement.id };
    this.#decide(endPlacement(end, ids, placement, contextAt(this.#now, "placements")));
    const { status } = this.ledger.get("placement", placement.id);
    const first: PlacementEnd = status === "guarantee_failed" ? "guarantee_failed" : "cancelled";
    for (const payout of this.ledger.all("payout")) {
      this.#decide(endPayout(this.family(payout), first, "placement ended", contextAt(this.#now, "placements")));
    }
  }

  #webhook(transfer: Transfer): void {
    const found = this.provider.createdFor(transfer.id)[0];
    if (found === undefined) return;
    const around = { ...this.#around(transfer), random: 0 };
    this.#decide(completeTransfer(transfer, found.id, around, contextAt(this.#now, "stripe")));
    const current = this.ledger.get("transfer", transfer.id);
    const { payout, owedMinor } = this.#surroundings(transfer.payoutId);
    this.#decide(recordReversal(current, found.reversedMinor, owedMinor, payout, contextAt(this.#now, "stripe")));
  }

  #reject(payout: Payout): void {
    this.#decide(rejectPayout(this.family(payout), "no", contextAt(this.#now, "approver")));
  }

  #start(transfer: Transfer, resumed: boolean): void {
    const worker = this.claim(transfer, resumed);
    if (worker !== undefined) this.#workers.push(worker);
  }

  run(step: Step): void {
    const transfer = "pick" in step ? pickOf(this.ledger.all("transfer"), step.pick) : undefined;
    const worker = "pick" in step ? pickOf(this.#workers, step.pick) : undefined;
    const payout = "pick" in step ? pickOf(this.ledger.all("payout"), step.pick) : undefined;
    switch (step.kind) {
      case "wait":
        this.wait(step.ms);
        break;
      case "release":
        this.release(step.pick, step.path, step.share);
        break;
      case "fire":
        this.fire(step.pick, step.path);
        break;
      case "approve":
        if (payout !== undefined) this.approve(payout, step.by);
        break;
      case "cancel_payout":
        if (payout !== undefined) this.#decide(cancelPayout(this.family(payout), "no", contextAt(this.#now)));
        break;
      case "mark_paid":
        if (payout !== undefined) this.#markPaid(payout);
        break;
      case "mark_failed":
        if (payout !== undefined) this.#decide(markFailed(this.family(payout), "stop", contextAt(this.#now)));
        break;
      case "retry_payout":
        if (payout !== undefined) this.retryPayout(payout);
        break;
      case "reject":
        if (payout !== undefined) this.#reject(payout);
        break;
      case "end":
        this.end(step.end);
        break;
      case "claim":
        if (transfer !== undefined) this.#start(transfer, step.resumed);
        break;
      case "call":
        if (worker !== undefined) this.call(worker, step.fate);
        break;
      case "record":
        if (worker !== undefined) this.record(worker);
        break;
      case "die":
        if (worker !== undefined) this.#workers.splice(this.#workers.indexOf(worker), 1);
        break;
      case "attempt":
        if (transfer !== undefined) this.attempt(transfer, step.fate);
        break;
      case "webhook":
        if (transfer !== undefined) this.#webhook(transfer);
        break;
      case "reverse":
        if (transfer !== undefined) this.provider.reverse(transfer.id, step.share);
        break;
      case "retry":
        if (transfer !== undefined) this.retry(transfer);
        break;
      case "payee":
        this.setDestinations(step.pick, step.destinations);
        break;
      case "debt":
        this.ledger.seedDebt(step.pick % 2 === 0 ? "payee-1" : "payee-2", step.amountMinor);
        break;
      case "pause":
      case "resume":
        this.setPaused(step.kind === "pause");
        break;
      default:
        this.#change(step);
    }
  }

  #change(step: ChangeStep): void {
    const decision = decideChange(step, this.ledger, this.#now);
    if (decision !== undefined) this.#decide(decision);
  }
}

import { addMs } from "../../shared/domain/dates.ts";
import type { CommandContext, Decision, RecordChange, RefusalCode } from "../../shared/domain/decision.ts";
import { create } from "../../shared/domain/decision.ts";
import type {
  Actor,
  Blocker,
  Destination,
  EntityName,
  EscrowHold,
  Instant,
  Payee,
  Payout,
  PayoutPolicy,
  PayoutSchedule,
  RecordTypes,
  SendingControl,
  StaffRole,
  Transfer,
} from "../../shared/domain/model.ts";
import { type Activation, activatePlacement } from "../../shared/domain/placement.ts";
import { fireSchedule, type ReleaseSurroundings } from "../../shared/domain/release.ts";
import { claimTransfer } from "../../shared/domain/transfer.ts";

export const ORGANIZATION = "acme";
export const START: Instant = "2026-01-05T09:00:00.000Z";
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const ACCOUNT_A: Destination = { provider: "stripe", account: "acct_a" };
export const ACCOUNT_B: Destination = { provider: "stripe", account: "acct_b" };

/** A manager unless told: the records here are of high value. */
export function contextAt(now: Instant, actorId = "tests", role: StaffRole = "manager"): CommandContext {
  const actor: Actor = { type: "user", id: actorId, role };
  return { now, actor, correlationId: `at ${now}` };
}

/** The instant so many milliseconds after `START`. */
export function afterStart(ms: number): Instant {
  return addMs(START, ms);
}

export const POLICY: PayoutPolicy = {
  holdbackBp: 2_000,
  guaranteeDays: 90,
  triggerEvent: "guarantee_period_end",
  approval: "auto",
  timeZone: "Europe/Berlin",
};
/** 90 days after 2026-01-05 at midnight in Berlin, by then summer time. */
export const GUARANTEE_END: Instant = "2026-04-04T22:00:00.000Z";

export function activationOf(overrides: Partial<Activation> = {}): Activation {
  return {
    organizationId: ORGANIZATION,
    placementId: "placement-1",
    companyId: "company-1",
    currency: "USD",
    feeMinor: 100_000,
    startDate: "2026-01-05",
    payees: [{ payeeId: "payee-1", shareBp: 10_000 }],
    policy: POLICY,
    contentHash: "content-1",
    ...overrides,
  };
}

export function payeeWith(destinations: readonly Destination[], id = "payee-1"): Payee {
  const facts = {
    id,
    organizationId: ORGANIZATION,
    name: "Pat",
    defaultCurrency: "USD",
    verified: true,
    destinations,
    sourceTime: START,
  };
  return create("payee", facts, "payee.created", contextAt(START, "partners"));
}

export const PAYEE: Payee = payeeWith([ACCOUNT_A]);

/** The value and changes of a decision that has to be accepted. */
export function accepted<Value>(decision: Decision<Value>): {
  readonly changes: readonly RecordChange[];
  readonly value: Value;
} {
  if (!decision.ok) throw new Error(`refused: ${decision.refusal.code}: ${decision.refusal.message}`);
  return decision;
}

/** The code of a refusal, `accepted` where there is none. */
export function verdictOn(decision: Decision<unknown>): RefusalCode | "accepted" {
  return decision.ok ? "accepted" : decision.refusal.code;
}

export function afterOf<E extends EntityName>(entity: E, changes: readonly RecordChange[]): RecordTypes[E][] {
  return changes.filter((change) => change.entity === entity).map((change) => change.after as RecordTypes[E]);
}

/** The one record of its kind that a decision changes. */
export function onlyAfter<E extends EntityName>(entity: E, changes: readonly RecordChange[]): RecordTypes[E] {
  const found = afterOf(entity, changes);
  const first = found[0];
  if (first === undefined || found.length > 1) throw new Error(`${found.length} changes of a ${entity}`);
  return first;
}

export interface Active {
  readonly payout: Payout;
  readonly schedule: PayoutSchedule;
  readonly hold: EscrowHold;
}

/** An activated placement with one payee: 80,000 in its schedule, 20,000 in its hold. */
export function activeFamily(
  policy: Partial<PayoutPolicy> = {},
  payee: Payee | undefined = PAYEE,
  overrides: Partial<Activation> = {},
): Active {
  const payees = new Map(payee === undefined ? [] : [[payee.id, payee]]);
  const activation = activationOf({ ...overrides, policy: { ...POLICY, ...policy } });
  const { changes } = accepted(activatePlacement(activation, undefined, payees, contextAt(START, "placements")));
  return {
    payout: onlyAfter("payout", changes),
    schedule: onlyAfter("payout_schedule", changes),
    hold: onlyAfter("escrow_hold", changes),
  };
}

export function surroundingsOf(payout: Payout, overrides: Partial<ReleaseSurroundings> = {}): ReleaseSurroundings {
  return { payout, payee: PAYEE, owedMinor: 0, ...overrides };
}

export interface Sending {
  readonly payout: Payout;
  readonly schedule: PayoutSchedule;
  readonly transfer: Transfer;
}

/** A fired schedule with its fresh transfer of 80,000. */
export function firedFamily(now: Instant = START): Sending & { readonly hold: EscrowHold } {
  const { payout, schedule, hold } = activeFamily();
  const { changes } = accepted(
    fireSchedule({ schedule, path: "manual" }, surroundingsOf(payout), contextAt(now, "tests", "manager")),
  );
  return {
    payout: onlyAfter("payout", changes),
    schedule: onlyAfter("payout_schedule", changes),
    transfer: onlyAfter("transfer", changes),
    hold,
  };
}

/** A claimed transfer; its lease is called after the instant. */
export function claimedAt(sending: Sending, now: Instant, resumed = true): Transfer {
  const around = { ...sending, payee: PAYEE, controls: [] };
  const claim = accepted(claimTransfer(sending.transfer, around, { leaseId: now, resumed }, contextAt(now))).value;
  if (claim.kind !== "claimed") throw new Error(`not claimed but ${claim.kind}`);
  return claim.transfer;
}

export function controlOf(
  status: SendingControl["status"],
  probeAt?: Instant,
  id: SendingControl["id"] = "stripe",
): SendingControl {
  const body = { id, organizationId: "platform", status, ...(probeAt === undefined ? {} : { probeAt }) };
  return create("sending_control", body, "sending_control.tripped", contextAt(START));
}

export function blockerCode(record: { readonly blocker?: Blocker }): string | undefined {
  return record.blocker?.code;
}

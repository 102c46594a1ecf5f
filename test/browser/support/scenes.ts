/** Situations for a browser to work with, each with a payee of its own, so that the tests don't meet. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import type { ApiClient } from "../../../client/api-client.ts";
import type { components } from "../../../client/api-types.ts";
import { control } from "../../../local/client.ts";
import { apiOf } from "./examples.ts";
import type { Person } from "./visits.ts";

type Schemas = components["schemas"];
/** The API as each of the people: of the demo organization, unless a scene is told otherwise. */
export type Staff = (person: Person) => ApiClient;

const PATIENCE_MS = 30_000;

export const once = () => ({ "Idempotency-Key": randomUUID() });

/** The data of an answer; throws what a refusal says. */
export async function granted<Data>(asked: Promise<{ data?: Data; error?: unknown }>): Promise<Data> {
  const { data, error } = await asked;
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

/** Asks again until it is as wanted: what follows a deed follows within seconds. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await ask();
    if (wanted(found)) return found;
    if (Date.now() > until)
      throw new Error(`not within ${PATIENCE_MS / 1000} s: ${JSON.stringify(found).slice(0, 1_000)}`);
    await sleep(100);
  }
}

/** A payee with a Stripe account; with a refusing one the provider refuses every transfer for good. */
export async function aPayee({
  refusing = false,
  as = apiOf,
}: {
  refusing?: boolean;
  as?: Staff;
} = {}): Promise<{ id: string; account: string }> {
  const unique = randomUUID().slice(0, 8);
  const id = `payee-${unique}`;
  // The simulated Stripe knows by the prefix that it refuses.
  const account = `acct_${refusing ? "livemode" : "1"}${unique}`;
  await granted(
    as("olga").POST("/v2/payees", {
      body: {
        payee_id: id,
        name: `Payee ${unique}`,
        default_currency: "USD",
        destinations: [{ provider: "stripe", account }],
      },
    }),
  );
  return { id, account };
}

export interface PayoutWish {
  readonly as?: Staff;
  readonly payeeId?: string;
  /** Minor units of USD; below 100,000 one approver is enough. */
  readonly amount?: number;
  /** Minor units of it that are held back. */
  readonly held?: number;
  /** Until when, ISO 8601; for sixty days by default. */
  readonly heldUntil?: string;
  /** Who enters it; olga by default. */
  readonly createdBy?: Person;
  /** Who approves; nobody by default. */
  readonly approvedBy?: readonly Person[];
}

/** A payout that somebody entered by hand, to be paid when somebody triggers it. */
export async function aPayout(wish: PayoutWish = {}): Promise<Schemas["Payout"]> {
  const { as = apiOf, amount = 80_000, held = 0, heldUntil = inDays(60), createdBy = "olga", approvedBy = [] } = wish;
  const { payeeId = (await aPayee({ as })).id } = wish;
  const created = await granted(
    as(createdBy).POST("/v2/payouts", {
      params: { header: once() },
      body: {
        payee_id: payeeId,
        amount,
        currency: "USD",
        schedule: { trigger_event: "manual" },
        ...(held === 0
          ? {}
          : { hold: { amount: held, release_date: heldUntil, hold_reason: "verification" as const } }),
      },
    }),
  );
  let payout = created.data;
  for (const person of approvedBy) {
    const approved = await granted(
      as(person).POST("/v2/payouts/{id}/approve", { params: { path: { id: payout.id }, header: once() }, body: {} }),
    );
    payout = approved.data;
  }
  return payout;
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}

/** The schedule of a payout that has one. */
export async function scheduleOf(payoutId: string, as: Staff = apiOf): Promise<Schemas["PayoutSchedule"]> {
  const { data } = await granted(
    as("vera").GET("/v2/payout-schedules", { params: { query: { payout_id: payoutId } } }),
  );
  const [schedule] = data;
  if (schedule === undefined) throw new Error(`${payoutId} has no schedule`);
  return schedule;
}

/** The hold of a payout that has one. */
export async function holdOf(payoutId: string, as: Staff = apiOf): Promise<Schemas["EscrowHold"]> {
  const { data } = await granted(as("vera").GET("/v2/escrow-holds", { params: { query: { payout_id: payoutId } } }));
  const [hold] = data;
  if (hold === undefined) throw new Error(`${payoutId} has no hold`);
  return hold;
}

/** A schedule that is approved and waits for its trigger. */
export async function aPendingSchedule(wish: PayoutWish = {}): Promise<Schemas["PayoutSchedule"]> {
  return scheduleOf((await aPayout({ approvedBy: ["miro"], ...wish })).id, wish.as);
}

/** An active hold of an approved payout, months before its date. */
export async function anActiveHold(wish: PayoutWish = {}): Promise<Schemas["EscrowHold"]> {
  return holdOf((await aPayout({ approvedBy: ["miro"], held: 30_000, ...wish })).id, wish.as);
}

/** A hold whose date has come, and that nobody has approved: it stays due. */
export async function aDueHold(): Promise<Schemas["EscrowHold"]> {
  const { now } = await control<{ now: string }>(inject("endpoints").local, "/clock");
  const heldUntil = new Date(Date.parse(now) + 2_000).toISOString();
  const { id } = await aPayout({ held: 30_000, heldUntil });
  return eventually(
    () => holdOf(id),
    ({ blocker }) => blocker !== null,
  );
}

/** A schedule whose transfer the provider refused for good, by an account that is in order again. */
export async function aFailedSchedule(): Promise<Schemas["PayoutSchedule"]> {
  const { id: payeeId, account } = await aPayee({ refusing: true });
  const schedule = await aPendingSchedule({ payeeId });
  await trigger(schedule.id);
  const failed = await eventually(
    () => scheduleOf(schedule.payout_id),
    ({ status }) => status === "failed",
  );
  await control(inject("endpoints").stripe, `/_control/accounts/${account}`, { problem: null });
  return failed;
}

/** A payout of which all that isn't held back was sent: miro approved it, pete sent it. */
export async function aSentPayout(wish: PayoutWish = {}): Promise<Schemas["Payout"]> {
  const schedule = await aPendingSchedule(wish);
  const path = { id: schedule.payout_id };
  await trigger(schedule.id);
  const { data } = await eventually(
    () => granted(apiOf("vera").GET("/v2/payouts/{id}", { params: { path } })),
    ({ data: { status } }) => status === "paid" || status === "partially_paid",
  );
  return data;
}

/** A transfer of which Stripe doesn't say whether it was made, however often it is asked. */
export async function anUnknownOutcome(): Promise<Schemas["Transfer"]> {
  const { id: payeeId, account } = await aPayee();
  await control(inject("endpoints").stripe, "/_control/faults", {
    match: { destination: account },
    fault: "html_502_before",
  });
  await trigger((await aPendingSchedule({ payeeId })).id);
  const [transfer] = await eventually(
    () => transfersOf(payeeId),
    ([found]) => found?.status === "outcome_unknown",
  );
  if (transfer === undefined) throw new Error(`${payeeId} was sent nothing`);
  return transfer;
}

/** Has a schedule sent by pete. */
export async function trigger(scheduleId: string, as: Staff = apiOf): Promise<void> {
  await granted(
    as("pete").POST("/v2/payout-schedules/{id}/trigger", {
      params: { path: { id: scheduleId }, header: once() },
      body: {},
    }),
  );
}

/** Transfers of a payee, as the provider's simulation has booked them. */
export async function transfersOf(payeeId: string, as: Staff = apiOf): Promise<readonly Schemas["Transfer"][]> {
  const { data } = await granted(as("vera").GET("/v2/transfers", { params: { query: { payee_id: payeeId } } }));
  return data;
}

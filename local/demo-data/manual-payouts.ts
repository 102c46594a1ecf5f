/** Payouts that staff enter by hand, and what other staff decide about them. */
import { endOfDayFrom } from "./dates.ts";
import { forEach, granted, type OutsideWorld } from "./outside-world.ts";
import { currencyOf, STAFF } from "./people.ts";

/** What becomes of it after it was entered; high value takes two votes. */
type Decision = "none" | "one_vote" | "approved" | "rejected";

interface ManualPayout {
  readonly payeeId: string;
  readonly amountMinor: number;
  readonly notes: string;
  readonly decision: Decision;
  /** From today; without it the payout's schedule waits for a person. */
  readonly scheduledInDays?: number;
  /** Kept back until it is released. */
  readonly held?: { readonly amountMinor: number; readonly days: number; readonly reason: "dispute" | "verification" };
}

const PAYOUTS: readonly ManualPayout[] = [
  { payeeId: "marcus-bell", amountMinor: 4_500, notes: "travel to a candidate", decision: "none" },
  { payeeId: "grace-mwangi", amountMinor: 12_050, notes: "referral of a colleague", decision: "none" },
  { payeeId: "camille-laurent", amountMinor: 38_000, notes: "background checks, October", decision: "none" },
  { payeeId: "niamh-gallagher", amountMinor: 64_000, notes: "retainer, first half", decision: "none" },
  { payeeId: "alicia-romero", amountMinor: 89_999, notes: "bonus for the third quarter", decision: "none" },
  { payeeId: "priyanka-shah", amountMinor: 125_000, notes: "retainer", decision: "one_vote", scheduledInDays: 14 },
  {
    payeeId: "lukas-brandt",
    amountMinor: 240_000,
    notes: "search for a plant manager",
    decision: "none",
    held: { amountMinor: 60_000, days: 45, reason: "verification" },
  },
  { payeeId: "oliver-hartley", amountMinor: 480_000, notes: "interim director", decision: "one_vote" },
  { payeeId: "yui-nakamura", amountMinor: 350_000, notes: "market study in Osaka", decision: "none" },
  {
    payeeId: "daniel-whitfield",
    amountMinor: 960_000,
    notes: "team of four",
    decision: "none",
    held: { amountMinor: 192_000, days: 60, reason: "dispute" },
  },
  { payeeId: "renata-oliveira", amountMinor: 1_850_000, notes: "country launch", decision: "one_vote" },
  { payeeId: "marta-iglesias", amountMinor: 4_200_000, notes: "executive search", decision: "none" },
  { payeeId: "kwame-boateng", amountMinor: 75_000, notes: "advance without an agreement", decision: "rejected" },
  { payeeId: "alicia-romero", amountMinor: 56_000, notes: "workshop", decision: "approved" },
  { payeeId: "sanne-de-vries", amountMinor: 82_000, notes: "retainer", decision: "approved", scheduledInDays: 2 },
  { payeeId: "marcus-bell", amountMinor: 310_000, notes: "bonus", decision: "approved", scheduledInDays: 7 },
];

/** All of them, entered by operators and decided on by managers; most wait for their approval. */
export async function enterManualPayouts(world: OutsideWorld): Promise<void> {
  await forEach(PAYOUTS, async (wish, index) => {
    const enteredBy = index % 3 === 2 ? STAFF.priya : STAFF.tomas;
    const { payeeId, amountMinor, notes, held, scheduledInDays } = wish;
    const deed = `payout ${index + 1}`;
    const entered = await granted(
      deed,
      (await world.as(enteredBy.subject)).POST("/v2/payouts", {
        params: { header: world.once(deed) },
        body: {
          payee_id: payeeId,
          amount: amountMinor,
          currency: currencyOf(payeeId),
          notes,
          ...(scheduledInDays === undefined
            ? {}
            : { schedule: { scheduled_date: endOfDayFrom(world.todayMs, scheduledInDays) } }),
          ...(held === undefined
            ? {}
            : {
                hold: {
                  amount: held.amountMinor,
                  release_date: endOfDayFrom(world.todayMs, held.days),
                  hold_reason: held.reason,
                },
              }),
        },
      }),
    );
    if (entered !== undefined) await decide(world, wish.decision, entered.data);
  });
}

async function decide(
  world: OutsideWorld,
  decision: Decision,
  payout: { readonly id: string; readonly approval_votes_needed: number | null },
): Promise<void> {
  const path = { id: payout.id };
  if (decision === "rejected") {
    const deed = `reject ${payout.id}`;
    const asked = (await world.as(STAFF.david.subject)).POST("/v2/payouts/{id}/reject", {
      params: { path, header: world.once(deed) },
      body: { reason: "there is no agreement with the payee" },
    });
    await granted(deed, asked);
  }
  if (decision === "one_vote") await approve(world, payout.id, [STAFF.ines]);
  if (decision === "approved") {
    await approve(world, payout.id, payout.approval_votes_needed === 2 ? [STAFF.ines, STAFF.david] : [STAFF.ines]);
  }
}

export async function approve(
  world: OutsideWorld,
  payoutId: string,
  approvers: readonly { readonly subject: string }[],
): Promise<void> {
  for (const { subject } of approvers) {
    const asked = (await world.as(subject)).POST("/v2/payouts/{id}/approve", {
      params: { path: { id: payoutId }, header: world.once(`approve ${payoutId}`) },
      body: { notes: "checked against the agreement" },
    });
    await granted(`${subject} approves ${payoutId}`, asked);
  }
}

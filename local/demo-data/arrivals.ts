/** What comes first: staff get their roles, payees and placements are told of by other systems. */
import { control } from "../client.ts";
import { LOCAL_ROOT } from "../controls/local-roles.ts";
import { dayFrom } from "./dates.ts";
import { forEach, granted, type OutsideEvent, type OutsideWorld } from "./outside-world.ts";
import { accountOf, type DemoPayee, PAYEES, STAFF } from "./people.ts";
import { type DemoPlacement, PLACEMENTS, placementsOf } from "./placements.ts";

/** The first super_admin, and by them a role for each of the staff. */
export async function hireStaff(world: OutsideWorld): Promise<void> {
  const root = await world.as(LOCAL_ROOT, "super_admin");
  await forEach(Object.values(STAFF), async ({ subject, name, role }) => {
    const asked = root.POST("/v2/roles", { body: { subject, role, label: name } });
    await granted(`a role for ${subject}`, asked, ["role_exists"]);
  });
}

function destinationsOf(organizationId: string, payee: DemoPayee) {
  switch (payee.destination) {
    case "none":
      return [];
    case "xendit":
      return [
        {
          provider: "xendit" as const,
          channel_code: "PH_BDO",
          account_number: "004730098812",
          account_holder_name: payee.name,
        },
      ];
    default:
      return [{ provider: "stripe" as const, account: accountOf(organizationId, payee) }];
  }
}

export function announcePayees(world: OutsideWorld): Promise<void> {
  return world.publish(
    PAYEES.map((payee): OutsideEvent => {
      const { id, name, country, currency, tier, destination } = payee;
      return {
        source: "partners",
        type: "payee.upserted",
        detail: {
          payee_id: id,
          name,
          email: `${id.replaceAll("-", ".")}@example.com`,
          country,
          default_currency: currency,
          tier,
          payout_frequency: "monthly",
          verified: destination !== "none",
          destinations: destinationsOf(world.organizationId, payee),
        },
      };
    }),
  );
}

export function announcePlacements(world: OutsideWorld): Promise<void> {
  return world.publish(PLACEMENTS.map((placement) => activationOf(world, placement)));
}

function activationOf({ todayMs }: OutsideWorld, placement: DemoPlacement): OutsideEvent {
  const { id, companyId, currency, feeMinor, guaranteeDays, endsInDays, shares } = placement;
  return {
    source: "placements",
    type: "placement.activated",
    detail: {
      placement_id: id,
      company_id: companyId,
      currency,
      fee_amount: feeMinor,
      start_date: dayFrom(todayMs, endsInDays - guaranteeDays),
      guarantee_days: guaranteeDays,
      payees: shares.map(({ payeeId: payee_id, shareBp: share_bp }) => ({ payee_id, share_bp })),
      policy: {
        holdback_bp: placement.holdbackBp,
        trigger_event: placement.triggerEvent,
        approval: placement.approval,
      },
      occurred_at: new Date(todayMs).toISOString(),
    },
  };
}

/** Contracts are signed and a milestone is reached: what waited for it is sent. */
export function announceProgress(world: OutsideWorld): Promise<void> {
  const occurred_at = new Date(world.todayMs).toISOString();
  const signed = placementsOf(
    ...(["paidInPart", "failed", "awaitingPayee", "awaitingFunds", "outcomeUnknown"] as const),
    ...(["clawedBack", "reversedInPart", "reversed"] as const),
  );
  return world.publish([
    ...signed.map(({ id: placement_id }): OutsideEvent => {
      return { source: "placements", type: "placement.contract_signed", detail: { placement_id, occurred_at } };
    }),
    ...placementsOf("milestoneReached").map(({ id: placement_id }): OutsideEvent => {
      const detail = { placement_id, occurred_at, milestone: "three months in the job" };
      return { source: "placements", type: "placement.milestone_reached", detail };
    }),
  ]);
}

/** Stripe refuses these payees' accounts for good, or takes them again. Nobody else's account is touched. */
export async function refuseAccounts(world: OutsideWorld, refuse: boolean): Promise<void> {
  await forEach(
    PAYEES.filter(({ destination }) => destination === "refusing"),
    (payee) =>
      control(world.endpoints.stripe, `/_control/accounts/${accountOf(world.organizationId, payee)}`, {
        problem: refuse ? "livemode_mismatch" : null,
      }),
  );
}

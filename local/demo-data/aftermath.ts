/** What happens once money has moved: it is taken back, placements fail, an account changes, people look at things. */
import { DEFAULT_API_KEYS } from "../stripe/api-keys.ts";
import { approve } from "./manual-payouts.ts";
import { DemoDataRefused, forEach, granted, type OutsideEvent, type OutsideWorld } from "./outside-world.ts";
import { payoutsOf, transfersOf } from "./parts.ts";
import { accountOf, PAYEES, SPECIAL_PAYEES, STAFF } from "./people.ts";
import { type DemoPlacement, placementsOf } from "./placements.ts";

async function reverse(world: OutsideWorld, placement: DemoPlacement, inPart: boolean): Promise<void> {
  const client = await world.as(STAFF.hanna.subject);
  for (const { id, amount } of await transfersOf(world, placement)) {
    const deed = `reverse ${id}`;
    const asked = client.POST("/v2/transfers/{id}/reverse", {
      params: { path: { id }, header: world.once(deed) },
      body: { ...(inPart ? { amount: Math.floor(amount / 4) } : {}), reason: "the fee was invoiced too high" },
    });
    await granted(deed, asked);
  }
}

/** An API key of the simulated Stripe, as a person has it who works in its dashboard. */
function stripeKey(): string {
  const found = Object.entries(DEFAULT_API_KEYS).find(([, status]) => status === "active");
  if (found === undefined) throw new RangeError("the simulated Stripe has no key that works");
  return found[0];
}

/**
 * Somebody sends the money by hand while the transfer's outcome is unknown, and rounds the amount. From then on the
 * look-up finds a movement that isn't the transfer, which only a person can settle.
 */
async function payByHand(world: OutsideWorld, placement: DemoPlacement): Promise<void> {
  for (const { id, amount, currency, destination } of await transfersOf(world, placement)) {
    if (destination.provider !== "stripe") throw new DemoDataRefused(`transfer ${id} is not Stripe's`);
    const answer = await fetch(`${world.endpoints.stripe}/v1/transfers`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${stripeKey()}`,
        "content-type": "application/x-www-form-urlencoded",
        ...world.once(`by hand ${id}`),
      },
      body: new URLSearchParams({
        amount: String(Math.floor(amount / 1_000) * 1_000),
        currency: currency.toLowerCase(),
        destination: destination.account,
        transfer_group: id,
        description: "sent by hand after the error",
      }),
    });
    if (!answer.ok) throw new DemoDataRefused(`a transfer by hand: ${answer.status} ${await answer.text()}`);
  }
}

type PlacementSays = Extract<OutsideEvent, { type: `placement.${string}` }>;

/** Placements that end before their time. Of those whose payee was paid only one, so that something stays with the payee. */
function endsOfPlacements({ todayMs }: OutsideWorld): readonly PlacementSays[] {
  const occurred_at = new Date(todayMs).toISOString();
  const failed = [...placementsOf("clawedBack").slice(0, 1), ...placementsOf("guaranteeFailed")];
  return [
    ...failed.map(({ id: placement_id }): PlacementSays => {
      const detail = { placement_id, occurred_at, reason: "the candidate left within the guarantee" };
      return { source: "placements", type: "placement.guarantee_failed", detail };
    }),
    ...placementsOf("placementCancelled").map(({ id: placement_id }): PlacementSays => {
      const detail = { placement_id, occurred_at, reason: "the client withdrew the offer" };
      return { source: "placements", type: "placement.cancelled", detail };
    }),
  ];
}

/**
 * A payee's account changes, and soon after a manager approves a payout to it: flagged, and nothing is sent before the
 * cooling-off is over.
 */
async function changeAccount(world: OutsideWorld): Promise<void> {
  const payee = SPECIAL_PAYEES.changingAccount;
  const path = { id: payee.id };
  const client = await world.as(STAFF.priya.subject);
  const known = await granted(payee.id, client.GET("/v2/payees/{id}", { params: { path } }));
  const destinations = [{ provider: "stripe" as const, account: accountOf(world.organizationId, payee, "second") }];
  const asked = client.PUT("/v2/payees/{id}/destinations", {
    params: { path, header: { "If-Match": `"${known?.data.version}"` } },
    body: { destinations },
  });
  await granted(`another account of ${payee.id}`, asked);
  const waiting = await Promise.all(
    placementsOf("overdueForCoolingOff").map((placement) => payoutsOf(world, placement)),
  );
  await forEach(waiting.flat(), ({ id }) => approve(world, id, [STAFF.ines]));
}

/** Reads that are on record: an export, and full account numbers. */
async function lookAtData(world: OutsideWorld): Promise<void> {
  const hanna = await world.as(STAFF.hanna.subject);
  const params = { query: { format: "json" as const, status: ["paid" as const] } };
  await granted("an export", hanna.GET("/v2/payouts/export", { params }));
  const elena = await world.as(STAFF.elena.subject);
  const path = { id: SPECIAL_PAYEES.atXendit.id };
  await granted("account numbers", elena.GET("/v2/payees/{id}/destinations", { params: { path } }));
}

export async function doAftermath(world: OutsideWorld): Promise<void> {
  await Promise.all([
    world.publish(endsOfPlacements(world)),
    forEach(placementsOf("outcomeUnknown"), (placement) => payByHand(world, placement)),
    forEach(placementsOf("reversed", "reversedInPart"), (placement) =>
      reverse(world, placement, placement.scene === "reversedInPart"),
    ),
    changeAccount(world),
    lookAtData(world),
  ]);
}

/** Events that can't be used: they end in the queue of refused events, with the reason and the field. */
export function sendMalformedEvents(world: OutsideWorld): Promise<void> {
  const occurred_at = new Date(world.todayMs).toISOString();
  const [payee] = PAYEES;
  return world.publishMalformed([
    { type: "payee.upserted", detail: { payee_id: "new-partner", name: "New Partner", default_currency: "DOLLARS" } },
    { type: "placement.contract_signed", detail: { placement_id: "pl 5099", occurred_at } },
    {
      type: "placement.activated",
      detail: {
        placement_id: "pl-5998",
        company_id: "fjordbank",
        currency: "USD",
        fee_amount: 1250.5,
        start_date: occurred_at.slice(0, 10),
        payees: [{ payee_id: payee?.id, share_bp: 10_000 }],
        occurred_at,
      },
    },
  ]);
}

/** What staff do about holds, schedules and payouts of placements while nothing has been sent of them. */
import { endOfDayFrom } from "./dates.ts";
import { approve } from "./manual-payouts.ts";
import { forEach, granted, type OutsideWorld } from "./outside-world.ts";
import { holdsOf, payoutsOf, schedulesOf } from "./parts.ts";
import { STAFF } from "./people.ts";
import { type DemoPlacement, placementsOf, type Scene } from "./placements.ts";

/** Of the placements' high payouts that wait for approval, so many have one vote already. */
const VOTED_ON = 3;
/** Enough that one person's refused actions are flagged. */
const REFUSALS = 6;

type Work = (world: OutsideWorld, placement: DemoPlacement) => Promise<void>;

/** Of a hold that is released in part. */
const PART = 1 / 3;

/** So many days after the end of the placement's guarantee. */
function laterThanPlanned({ todayMs }: OutsideWorld, { endsInDays }: DemoPlacement, days: number): string {
  return endOfDayFrom(todayMs, endsInDays + days);
}

function releaseHold(wish: { readonly by: { readonly subject: string }; readonly inPart: boolean }): Work {
  return async (world, placement) => {
    const client = await world.as(wish.by.subject);
    for (const { id, original_amount: whole } of await holdsOf(world, placement)) {
      const deed = `release ${id}`;
      const asked = client.POST("/v2/escrow-holds/{id}/release", {
        params: { path: { id }, header: world.once(deed) },
        body: {
          ...(wish.inPart ? { amount: Math.floor(whole * PART) } : {}),
          notes: "the client is content with the placement",
        },
      });
      await granted(deed, asked);
    }
  };
}

const forfeitHold: Work = async (world, placement) => {
  const client = await world.as(STAFF.hanna.subject);
  for (const { id } of await holdsOf(world, placement)) {
    const deed = `forfeit ${id}`;
    const asked = client.POST("/v2/escrow-holds/{id}/forfeit", {
      params: { path: { id }, header: world.once(deed) },
      body: { reason: "the candidate left in the first month" },
    });
    await granted(deed, asked);
  }
};

const cancelHold: Work = async (world, placement) => {
  const client = await world.as(STAFF.ines.subject);
  for (const { id } of await holdsOf(world, placement)) {
    const params = { path: { id }, query: { reason: "agreed without a guarantee" } };
    await granted(`cancel ${id}`, client.DELETE("/v2/escrow-holds/{id}", { params }), ["hold_already_cancelled"]);
  }
};

const extendHold: Work = async (world, placement) => {
  const client = await world.as(STAFF.david.subject);
  for (const { id } of await holdsOf(world, placement)) {
    const deed = `extend ${id}`;
    const asked = client.POST("/v2/escrow-holds/{id}/extend", {
      params: { path: { id }, header: world.once(deed) },
      body: { release_date: laterThanPlanned(world, placement, 30), reason: "the client disputes the start date" },
    });
    await granted(deed, asked);
  }
};

const cancelPayout: Work = async (world, placement) => {
  const client = await world.as(STAFF.elena.subject);
  for (const { id } of await payoutsOf(world, placement)) {
    const deed = `cancel ${id}`;
    const asked = client.POST("/v2/payouts/{id}/cancel", {
      params: { path: { id }, header: world.once(deed) },
      body: { reason: "entered twice" },
    });
    await granted(deed, asked);
  }
};

const cancelSchedule: Work = async (world, placement) => {
  const client = await world.as(STAFF.samuel.subject);
  for (const { id } of await schedulesOf(world, placement)) {
    const params = { path: { id }, query: { reason: "paid by the client directly" } };
    const asked = client.DELETE("/v2/payout-schedules/{id}", { params });
    await granted(`cancel ${id}`, asked, ["schedule_not_cancellable"]);
  }
};

const moveSchedule: Work = async (world, placement) => {
  const client = await world.as(STAFF.tomas.subject);
  for (const { id, version } of await schedulesOf(world, placement)) {
    const asked = client.PATCH("/v2/payout-schedules/{id}", {
      params: { path: { id }, header: { "If-Match": `"${version}"` } },
      body: { scheduled_date: laterThanPlanned(world, placement, 14), reason: "agreed with the payee" },
    });
    await granted(`move ${id}`, asked);
  }
};

const markPaid: Work = async (world, placement) => {
  const client = await world.as(STAFF.elena.subject);
  for (const { id } of await payoutsOf(world, placement)) {
    const deed = `mark ${id} as paid`;
    const asked = client.POST("/v2/payouts/{id}/mark-paid", {
      params: { path: { id }, header: world.once(deed) },
      body: { reference: "wire transfer 8841-07", notes: "paid from the bank" },
    });
    await granted(deed, asked);
  }
};

const markFailed: Work = async (world, placement) => {
  const client = await world.as(STAFF.samuel.subject);
  for (const { id } of await payoutsOf(world, placement)) {
    const asked = client.POST("/v2/payouts/{id}/mark-failed", {
      params: { path: { id } },
      body: { reason: "the payee asks to wait for another account" },
    });
    await granted(`mark ${id} as failed`, asked, ["payout_not_markable"]);
  }
};

const note: Work = async (world, placement) => {
  const client = await world.as(STAFF.tomas.subject);
  for (const { id, version } of await payoutsOf(world, placement)) {
    const asked = client.PATCH("/v2/payouts/{id}", {
      params: { path: { id }, header: { "If-Match": `"${version}"` } },
      body: { notes: `invoice 2026-${placement.id.slice(-4)}, checked` },
    });
    await granted(`note on ${id}`, asked);
  }
};

const DEEDS: readonly (readonly [Scene, Work])[] = [
  ["holdReleased", releaseHold({ by: STAFF.ines, inPart: false })],
  ["holdReleasedInPart", releaseHold({ by: STAFF.david, inPart: true })],
  ["holdForfeited", forfeitHold],
  ["holdCancelled", cancelHold],
  ["holdExtended", extendHold],
  ["payoutCancelled", cancelPayout],
  ["scheduleCancelled", cancelSchedule],
  ["scheduleMoved", moveSchedule],
  ["markedPaid", markPaid],
  ["markedFailed", markFailed],
  ["scheduled", note],
  ["awaitingMilestone", note],
  ["awaitingSignature", note],
];

async function voteOnSome(world: OutsideWorld): Promise<void> {
  const waiting = await Promise.all(placementsOf("awaitingApproval").map((placement) => payoutsOf(world, placement)));
  const high = waiting.flat().filter((payout) => payout.approval_votes_needed === 2);
  await forEach(high.slice(0, VOTED_ON), ({ id }) => approve(world, id, [STAFF.ines]));
}

/** Somebody who may only look tries to approve: each time it is refused, written down, and in the end flagged. */
async function tryWithoutPermission(world: OutsideWorld): Promise<void> {
  const client = await world.as(STAFF.jonas.subject);
  const waiting = await Promise.all(placementsOf("awaitingApproval").map((placement) => payoutsOf(world, placement)));
  await forEach(waiting.flat().slice(0, REFUSALS), async ({ id }) => {
    const asked = client.POST("/v2/payouts/{id}/approve", {
      params: { path: { id }, header: world.once(`try ${id}`) },
      body: {},
    });
    await granted(`a viewer approves ${id}`, asked, ["permission_required"]);
  });
}

export async function doStaffDeeds(world: OutsideWorld): Promise<void> {
  const deeds = DEEDS.flatMap(([scene, work]) => placementsOf(scene).map((placement) => ({ work, placement })));
  await forEach(deeds, ({ work, placement }) => work(world, placement));
  await voteOnSome(world);
  await tryWithoutPermission(world);
}

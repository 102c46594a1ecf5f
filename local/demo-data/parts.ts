/** What the API says has become of a placement. */

import { granted, type OutsideWorld } from "./outside-world.ts";
import { STAFF } from "./people.ts";
import type { DemoPlacement } from "./placements.ts";

/** A placement has at most so many payouts here, each with one schedule and one hold. */
const LIMIT = 10;

async function asked(world: OutsideWorld, placement: DemoPlacement) {
  const client = await world.as(STAFF.hanna.subject);
  return { client, params: { query: { placement_id: placement.id, limit: LIMIT } }, what: `parts of ${placement.id}` };
}

export async function payoutsOf(world: OutsideWorld, placement: DemoPlacement) {
  const { client, params, what } = await asked(world, placement);
  return (await granted(what, client.GET("/v2/payouts", { params })))?.data ?? [];
}

export async function schedulesOf(world: OutsideWorld, placement: DemoPlacement) {
  const { client, params, what } = await asked(world, placement);
  return (await granted(what, client.GET("/v2/payout-schedules", { params })))?.data ?? [];
}

export async function holdsOf(world: OutsideWorld, placement: DemoPlacement) {
  const { client, params, what } = await asked(world, placement);
  return (await granted(what, client.GET("/v2/escrow-holds", { params })))?.data ?? [];
}

export async function transfersOf(world: OutsideWorld, placement: DemoPlacement) {
  const client = await world.as(STAFF.hanna.subject);
  const found = await Promise.all(
    (await payoutsOf(world, placement)).map(async ({ id }) => {
      const params = { query: { payout_id: id, limit: LIMIT } };
      return (await granted(`transfers of ${id}`, client.GET("/v2/transfers", { params })))?.data ?? [];
    }),
  );
  return found.flat();
}

import { strict as assert } from "node:assert";
import fc from "fast-check";
import { describe, it } from "vitest";
import type { Destination, ReleasePath } from "../../../shared/domain/model.ts";
import { isFinished } from "../../../shared/domain/transfer.ts";
import { checkInvariants } from "../../support/domain-invariants.ts";
import { FATES } from "../../support/domain-provider.ts";
import { ACCOUNT_A, ACCOUNT_B, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../support/domain-records.ts";
import { APPROVERS, PlacementSimulation, type SimulationOptions, type Step } from "../../support/domain-simulation.ts";

const pick = fc.nat({ max: 11 });
const path = fc.constantFrom<ReleasePath>("scheduler", "sweep", "manual", "event", "resume");
const fate = fc.constantFrom(...FATES);
const share = fc.constantFrom(0.01, 0.3, 0.5, 1);
const destinations = fc.constantFrom<readonly Destination[]>([ACCOUNT_A], [ACCOUNT_B], [], [ACCOUNT_B, ACCOUNT_A]);
const ms = fc.constantFrom(
  SECOND_MS,
  MINUTE_MS,
  130 * SECOND_MS,
  14 * MINUTE_MS,
  16 * MINUTE_MS,
  HOUR_MS,
  22 * HOUR_MS,
  DAY_MS,
  100 * DAY_MS,
);
function of<const K extends Step["kind"], R>(
  kind: K,
  fields: { [F in keyof R]: fc.Arbitrary<R[F]> },
): fc.Arbitrary<{ kind: K } & R> {
  return fc.record<R>(fields).map((drawn) => ({ kind, ...drawn }));
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: of("wait", { ms }) },
  { weight: 4, arbitrary: of("fire", { pick, path }) },
  { weight: 4, arbitrary: of("release", { pick, path, share }) },
  { weight: 6, arbitrary: of("claim", { pick, resumed: fc.boolean() }) },
  { weight: 6, arbitrary: of("call", { pick, fate }) },
  { weight: 6, arbitrary: of("record", { pick }) },
  { weight: 8, arbitrary: of("attempt", { pick, fate }) },
  { weight: 1, arbitrary: of("die", { pick }) },
  { weight: 2, arbitrary: of("webhook", { pick }) },
  { weight: 2, arbitrary: of("reverse", { pick, share }) },
  { weight: 2, arbitrary: of("retry", { pick }) },
  { weight: 3, arbitrary: of("approve", { pick, by: fc.constantFrom(...APPROVERS) }) },
  { weight: 2, arbitrary: of("payee", { pick, destinations }) },
  { weight: 1, arbitrary: of("reject", { pick }) },
  { weight: 1, arbitrary: of("cancel_payout", { pick }) },
  { weight: 1, arbitrary: of("mark_paid", { pick }) },
  { weight: 1, arbitrary: of("mark_failed", { pick }) },
  { weight: 1, arbitrary: of("retry_payout", { pick }) },
  { weight: 2, arbitrary: of("split", { pick, share, ms }) },
  { weight: 1, arbitrary: of("hold_back", { pick, share, ms }) },
  { weight: 1, arbitrary: of("move", { pick, ms }) },
  { weight: 3, arbitrary: of("cancel_schedule", { pick }) },
  { weight: 1, arbitrary: of("change_hold", { pick, ms }) },
  { weight: 1, arbitrary: of("extend", { pick, ms }) },
  {
    weight: 1,
    arbitrary: of("end_hold", { pick, end: fc.constantFrom("forfeited" as const, "cancelled" as const) }),
  },
  { weight: 1, arbitrary: of("debt", { pick, amountMinor: fc.constantFrom(1, 9_000) }) },
  { weight: 1, arbitrary: of("end", { end: fc.constantFrom("cancelled" as const, "guarantee_failed" as const) }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: "pause" }, { kind: "resume" }) },
);

const options: fc.Arbitrary<SimulationOptions> = fc.record({
  approval: fc.constantFrom("auto" as const, "manual" as const),
  holdbackBp: fc.constantFrom(0, 2_000, 10_000),
  debtMinor: fc.constantFrom(0, 0, 7_000, 60_000),
});

function play(given: SimulationOptions, story: readonly Step[]): PlacementSimulation {
  const simulation = new PlacementSimulation(given);
  checkInvariants(simulation);
  for (const step of story) {
    simulation.run(step);
    checkInvariants(simulation);
  }
  return simulation;
}

/** Everybody does their part and the provider works: one day of the sweep, the approver and the operator. */
function goodDay(simulation: PlacementSimulation): void {
  simulation.wait(25 * HOUR_MS);
  simulation.setPaused(false);
  const { ledger } = simulation;
  for (const by of APPROVERS) for (const payout of ledger.all("payout")) simulation.approve(payout, by);
  for (const payout of ledger.all("payout")) simulation.retryPayout(payout);
  ledger.all("payout_schedule").forEach((_, index) => {
    simulation.fire(index, "sweep");
  });
  ledger.all("escrow_hold").forEach((_, index) => {
    simulation.release(index, "sweep", 1);
  });
  for (const transfer of ledger.all("transfer")) if (transfer.status === "failed_terminal") simulation.retry(transfer);
  for (const transfer of ledger.all("transfer")) if (!isFinished(transfer)) simulation.attempt(transfer, "works");
  checkInvariants(simulation);
}

describe("a placement's payouts, whatever happens in whatever order", () => {
  it("conserve money, pay each transfer at most once and keep journal, versions and stamps whole", () => {
    fc.assert(
      fc.property(options, fc.array(steps, { maxLength: 60, size: "max" }), (given, story) => {
        play(given, story);
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it("are all paid, cancelled or rejected in the end, once the world behaves", () => {
    fc.assert(
      fc.property(options, fc.array(steps, { maxLength: 40, size: "max" }), (given, story) => {
        const simulation = play(given, story);
        simulation.wait(100 * DAY_MS);
        simulation.setDestinations(0, [ACCOUNT_B]);
        simulation.setDestinations(1, [ACCOUNT_A]);
        for (let day = 0; day < 6; day += 1) goodDay(simulation);
        for (const payout of simulation.ledger.all("payout")) {
          const rest = payout.heldMinor + payout.inTransferMinor;
          assert.ok(["paid", "cancelled", "rejected"].includes(payout.status), `${payout.status} with ${rest} left`);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

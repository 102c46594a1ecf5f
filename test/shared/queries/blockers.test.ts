import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CommandContext } from "../../../shared/domain/decision.ts";
import type { Payee, Payout } from "../../../shared/domain/model.ts";
import type { Family } from "../../../shared/domain/payout.ts";
import { fireSchedule, releaseHold } from "../../../shared/domain/release.ts";
import { isFinished } from "../../../shared/domain/transfer.ts";
import { type BlockerSurroundings, blockersOf } from "../../../shared/queries/blockers.ts";
import { FATES } from "../../support/domain-provider.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  activeFamily,
  afterStart,
  claimedAt,
  controlOf,
  DAY_MS,
  firedFamily,
  GUARANTEE_END,
  HOUR_MS,
  PAYEE,
  payeeWith,
  START,
} from "../../support/domain-records.ts";
import { APPROVERS, PlacementSimulation, type Step } from "../../support/domain-simulation.ts";

const around: BlockerSurroundings = { payee: PAYEE, controls: [], settings: undefined };

function familyOf(policy: Parameters<typeof activeFamily>[0] = {}, payee: Payee = PAYEE): Family {
  const { payout, schedule, hold } = activeFamily(policy, payee);
  return { payout, schedules: [schedule], holds: [hold], transfers: [] };
}

const tell = (family: Family, given: Partial<BlockerSurroundings> = {}, now = START) =>
  blockersOf(family, { ...around, ...given }, now).map(({ code, entity }) => `${entity}: ${code}`);

describe("why a payout is not paid", () => {
  test("its parts are not due yet, and say when they will be", () => {
    const blockers = blockersOf(familyOf(), around, START);
    expect(blockers).toMatchObject([
      { entity: "payout_schedule", code: "not_due", nextCheckAt: GUARANTEE_END, fixableBy: "system" },
      { entity: "escrow_hold", code: "in_escrow", nextCheckAt: GUARANTEE_END, detail: "guarantee_period" },
    ]);
  });

  test.each([
    ["manual", "finance"],
    ["contract_signed", "system"],
  ] as const)("a schedule waits for its trigger %s", (triggerEvent, fixableBy) => {
    const [first] = blockersOf(familyOf({ triggerEvent }), around, START);
    expect(first).toMatchObject({ code: "trigger_pending", detail: triggerEvent, fixableBy });
  });

  test("approval is pending, and how many people are missing", () => {
    const family = familyOf({ approval: "manual" });
    expect(blockersOf(family, { ...around, settings: { highValueMinor: { USD: 1 } } }, START)[0]).toMatchObject({
      code: "approval_pending",
      entityId: family.payout.id,
      fixableBy: "approver",
      since: family.payout.createdAt,
      detail: "2 of 2 approvals missing",
    });
    const vote = { by: "ann", role: "manager", at: START, approvedMinor: 1 };
    const voted = { ...family.payout, approval: { ...family.payout.approval, votes: [vote], votesNeeded: 2 } };
    expect(blockersOf({ ...family, payout: voted }, around, START)[0]).toMatchObject({
      detail: "1 of 2 approvals missing",
    });
  });

  test("the destination is missing, changed or cooling off", () => {
    const family = familyOf();
    expect(tell(family, { payee: payeeWith([]) })[0]).toBe("payout: destination_missing");
    expect(tell(family, { payee: payeeWith([ACCOUNT_B]) })[0]).toBe("payout: destination_changed");
    const usableFrom = afterStart(HOUR_MS);
    const cooling = { ...PAYEE, destinationUsableFrom: usableFrom, destinationChangedAt: START };
    expect(blockersOf(family, { ...around, payee: cooling }, START)[0]).toMatchObject({
      code: "destination_cooling_off",
      since: START,
      nextCheckAt: usableFrom,
    });
    expect(tell(family, { payee: cooling }, usableFrom)[0]).toBe("payout_schedule: not_due");
  });

  test("sending is paused or the circuit is open; whichever control stops it is named", () => {
    const paused = { ...controlOf("paused", undefined, "all"), organizationId: "acme" };
    expect(blockersOf(familyOf(), { ...around, controls: [paused] }, START)[0]).toMatchObject({
      code: "sending_paused",
      entity: "sending_control",
      entityId: "acme/all",
      fixableBy: "admin",
    });
    const tripped = controlOf("tripped", afterStart(HOUR_MS));
    expect(blockersOf(familyOf(), { ...around, controls: [tripped] }, START)[0]).toMatchObject({
      code: "provider_circuit_open",
      nextCheckAt: afterStart(HOUR_MS),
    });
  });

  test("a part that is due carries what is in the payout's way, and goes out once nothing is", () => {
    const family = familyOf({ approval: "manual" });
    expect(tell(family, {}, GUARANTEE_END)).toEqual([
      "payout: approval_pending",
      "payout_schedule: approval_pending",
      "escrow_hold: approval_pending",
    ]);
    expect(tell(familyOf(), {}, GUARANTEE_END)).toEqual(["payout_schedule: due_now", "escrow_hold: due_now"]);
  });

  test("a transfer that is under way says so; once sent, the payout's own obstacles don't concern it", () => {
    const { payout, schedule, transfer } = firedFamily();
    const claimed = claimedAt({ payout, schedule, transfer }, START);
    const family: Family = { payout, schedules: [schedule], holds: [], transfers: [claimed] };
    expect(tell(family, { payee: payeeWith([ACCOUNT_B]) })).toEqual(["transfer: in_progress"]);
    expect(tell({ ...family, transfers: [transfer] }, { payee: payeeWith([ACCOUNT_B]) })).toEqual([
      "payout: destination_changed",
      "transfer: in_progress",
    ]);
  });

  test.each([
    ["retryable", "retry_scheduled", "system"],
    ["outcome_unknown", "outcome_unknown", "system"],
    ["awaiting_funds", "insufficient_funds", "finance"],
    ["awaiting_payee", "payee_action_required", "payee"],
    ["failed_terminal", "person_required", "admin"],
  ] as const)("a transfer that is %s: %s", (status, code, fixableBy) => {
    const { payout, schedule, transfer } = firedFamily();
    const outcome = { class: "funds", code: "balance_insufficient", message: "no money", at: START };
    const family = { payout, schedules: [schedule], holds: [], transfers: [{ ...transfer, status, outcome }] };
    expect(blockersOf(family, around, START)).toMatchObject([{ code, fixableBy, detail: "no money" }]);
  });

  test.each(["paid", "rejected", "cancelled"] as const)("nothing for one that is %s", (status) => {
    const family = familyOf();
    expect(tell({ ...family, payout: { ...family.payout, status } })).toEqual([]);
  });
});

const pick = fc.nat({ max: 7 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(HOUR_MS, DAY_MS, 100 * DAY_MS) }),
  fc.record({ kind: fc.constant("fire" as const), pick, path: fc.constantFrom("sweep" as const, "manual" as const) }),
  fc.record({
    kind: fc.constant("release" as const),
    pick,
    path: fc.constantFrom("sweep" as const, "manual" as const),
    share: fc.constantFrom(0.3, 1),
  }),
  fc.record({ kind: fc.constant("attempt" as const), pick, fate: fc.constantFrom(...FATES) }),
  fc.record({ kind: fc.constant("approve" as const), pick, by: fc.constantFrom(...APPROVERS) }),
  fc.record({
    kind: fc.constant("payee" as const),
    pick,
    destinations: fc.constantFrom([ACCOUNT_A], [ACCOUNT_B], []),
  }),
  fc.record({ kind: fc.constantFrom("reject" as const, "mark_paid" as const, "mark_failed" as const), pick }),
  fc.record({ kind: fc.constantFrom("retry_payout" as const, "cancel_payout" as const), pick }),
  fc.record({
    kind: fc.constant("end" as const),
    end: fc.constantFrom("cancelled" as const, "guarantee_failed" as const),
  }),
  fc.constantFrom<Step>({ kind: "pause" }, { kind: "resume" }),
);

const CLOCK = { type: "system", id: "sweep" } as const;

/** What the sweep would do with each open part now: send it or not. */
function expectExplained(simulation: PlacementSimulation, payout: Payout): void {
  const { now, ledger } = simulation;
  const family = simulation.family(payout);
  const payee = ledger.get("payee", payout.payeeId);
  const blockers = blockersOf(family, { payee, controls: ledger.all("sending_control"), settings: undefined }, now);
  const context: CommandContext = { now, actor: CLOCK, correlationId: "sweep" };
  const surroundings = { payout, payee, owedMinor: 0 };
  const told = (id: string) => blockers.filter(({ entityId }) => entityId === id).map(({ code }) => code);
  if (["paid", "rejected", "cancelled"].includes(payout.status)) {
    expect(blockers).toEqual([]);
    return;
  }
  expect(blockers).not.toEqual([]);
  for (const schedule of family.schedules.filter(({ status }) => status === "pending")) {
    const fired = fireSchedule({ schedule, path: "sweep" }, surroundings, context);
    const goes = fired.ok && fired.value.kind !== "blocked";
    expect(told(schedule.id)).toEqual([goes ? "due_now" : expect.not.stringMatching("due_now")]);
  }
  for (const hold of family.holds.filter(({ status }) => status === "active")) {
    const released = releaseHold({ hold, path: "sweep" }, surroundings, context);
    const goes = released.ok && released.value.kind !== "blocked";
    expect(told(hold.id)).toEqual([goes ? "due_now" : expect.not.stringMatching("due_now")]);
  }
  for (const { id } of family.transfers.filter((transfer) => !isFinished(transfer))) expect(told(id)).toHaveLength(1);
}

test("whatever happens, every open part is explained, and only what would go out now is said to", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("auto" as const, "manual" as const),
      fc.constantFrom(0, 2_000, 10_000),
      fc.array(steps, { maxLength: 25 }),
      (approval, holdbackBp, story) => {
        const simulation = new PlacementSimulation({ approval, holdbackBp, debtMinor: 0 });
        for (const step of story) {
          simulation.run(step);
          for (const payout of simulation.ledger.all("payout")) expectExplained(simulation, payout);
        }
      },
    ),
    { numRuns: 120 },
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Payee, Placement, TriggerEvent } from "../../../shared/domain/model.ts";
import {
  type Activation,
  activatePlacement,
  amountsOf,
  endPlacement,
  MAX_PAYEES,
  type PlacementEnd,
  type Signal,
  signalPlacement,
} from "../../../shared/domain/placement.ts";
import { DomainLedger } from "../../support/domain-ledger.ts";
import {
  accepted,
  activationOf,
  afterOf,
  afterStart,
  contextAt,
  DAY_MS,
  GUARANTEE_END,
  ORGANIZATION,
  onlyAfter,
  PAYEE,
  POLICY,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const ids = { organizationId: ORGANIZATION, placementId: "placement-1" };
const KNOWN: ReadonlyMap<string, Payee> = new Map([[PAYEE.id, PAYEE]]);
const LATER = afterStart(DAY_MS);

function activate(placement: Placement | undefined, overrides: Partial<Activation> = {}, now = START) {
  return activatePlacement(activationOf(overrides), placement, KNOWN, contextAt(now, "placements"));
}
function signal(kind: Signal, placement: Placement | undefined, now = START) {
  return signalPlacement(kind, ids, placement, contextAt(now, "placements"));
}
function end(kind: PlacementEnd, placement: Placement | undefined, now = START) {
  return endPlacement(kind, ids, placement, { ...contextAt(now, "placements"), reason: kind });
}
function placementAfter(decision: Decision<unknown>): Placement {
  return onlyAfter("placement", accepted(decision).changes);
}

const active = placementAfter(activate(undefined));
const STATES: Readonly<Record<string, Placement | undefined>> = {
  none: undefined,
  announced: placementAfter(signal("contract_signed", undefined)),
  active,
  cancelled: placementAfter(end("cancelled", active)),
  "cancelled first": placementAfter(end("cancelled", undefined)),
  "failed first": placementAfter(end("guarantee_failed", undefined)),
  "refused after its end": placementAfter(activate(placementAfter(end("cancelled", undefined)))),
};

/** Payouts created, or the refusal; `same` where nothing changes. */
function summary(decision: Decision<unknown>): string {
  if (!decision.ok) return decision.refusal.code;
  if (decision.changes.length === 0) return "same";
  return `${onlyAfter("placement", decision.changes).status}, ${afterOf("payout", decision.changes).length} payouts`;
}

describe("activation, by what is known of the placement", () => {
  it.each([
    ["none", "active, 1 payouts", "active, 1 payouts"],
    ["announced", "active, 1 payouts", "active, 1 payouts"],
    ["active", "same", "placement_already_active"],
    ["cancelled", "same", "placement_ended"],
    ["cancelled first", "cancelled, 0 payouts", "cancelled, 0 payouts"],
    ["failed first", "guarantee_failed, 0 payouts", "guarantee_failed, 0 payouts"],
    ["refused after its end", "same", "placement_ended"],
  ])("%s: the first content → %s, other content → %s", (state, first, other) => {
    expect(summary(activate(STATES[state], {}, LATER))).toBe(first);
    expect(summary(activate(STATES[state], { contentHash: "other", feeMinor: 7 }, LATER))).toBe(other);
  });

  it("the same again gives the same payouts", () => {
    expect(accepted(activate(active, {}, LATER)).value).toEqual(active.payoutIds);
  });

  it("refused after an end is on record, with its content and no payout", () => {
    const refused = STATES["refused after its end"];
    expect(refused).toMatchObject({ status: "cancelled", activationHash: "content-1", payoutIds: [] });
    expect(refused?.change.action).toBe("placement.activation_refused");
  });
});

describe("signals and ends, by what is known of the placement", () => {
  it.each([
    ["none", "announced", "announced", "cancelled", "guarantee_failed"],
    ["announced", "same", "announced", "cancelled", "guarantee_failed"],
    ["active", "active", "active", "cancelled", "guarantee_failed"],
    ["cancelled", "cancelled", "cancelled", "same", "same"],
    ["cancelled first", "cancelled", "cancelled", "same", "same"],
    ["failed first", "guarantee_failed", "guarantee_failed", "same", "same"],
  ])("%s: signed → %s, milestone → %s, cancelled → %s, guarantee failed → %s", (state, ...expected) => {
    const placement = STATES[state];
    const decisions = [
      signal("contract_signed", placement, LATER),
      signal("milestone_reached", placement, LATER),
      end("cancelled", placement, LATER),
      end("guarantee_failed", placement, LATER),
    ];
    const status = (decision: Decision) => summary(decision).split(",")[0];
    expect(decisions.map(status)).toEqual(expected);
  });

  it("the first instant of each signal and the first end stay, whatever the order", () => {
    type Event = readonly ["signal", Signal] | readonly ["end", PlacementEnd] | readonly ["activate"];
    const event = fc.constantFrom<Event>(
      ["signal", "contract_signed"],
      ["signal", "milestone_reached"],
      ["end", "cancelled"],
      ["end", "guarantee_failed"],
      ["activate"],
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const ledger = new DomainLedger();
        events.forEach(([kind, detail], index) => {
          const now = afterStart(index * 1_000);
          const placement = ledger.find("placement", ids.placementId);
          const decision =
            kind === "activate"
              ? activate(placement, {}, now)
              : kind === "end"
                ? end(detail, placement, now)
                : signal(detail, placement, now);
          ledger.commit(accepted<unknown>(decision).changes, now);
        });
        const at = (wanted: string) => {
          const index = events.findIndex(([, detail]) => detail === wanted);
          return index < 0 ? undefined : afterStart(index * 1_000);
        };
        const firstEnd = events.findIndex(([kind]) => kind === "end");
        const activation = events.findIndex(([kind]) => kind === "activate");
        const placement = ledger.find("placement", ids.placementId);
        expect(placement?.contractSignedAt).toBe(at("contract_signed"));
        expect(placement?.milestoneReachedAt).toBe(at("milestone_reached"));
        expect(placement?.endedAt).toBe(firstEnd < 0 ? undefined : afterStart(firstEnd * 1_000));
        if (firstEnd >= 0) expect(placement?.status).toBe(events[firstEnd]?.[1]);
        const payable = activation >= 0 && (firstEnd < 0 || activation < firstEnd);
        expect(ledger.all("payout")).toHaveLength(payable ? 1 : 0);
      }),
    );
  });
});

describe("what an activation creates", () => {
  it("per payee a payout, its schedule, its hold and the accrual; the hold until the guarantee's end", () => {
    const { changes } = accepted(activate(undefined));
    expect(changes.map((change) => change.entity)).toEqual([
      "placement",
      "payout",
      "payout_schedule",
      "escrow_hold",
      "journal_entry",
    ]);
    expect(onlyAfter("payout", changes)).toMatchObject({ amountMinor: 100_000, heldMinor: 20_000, status: "approved" });
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({ amountMinor: 80_000, scheduledDate: GUARANTEE_END });
    expect(onlyAfter("escrow_hold", changes)).toMatchObject({
      amountMinor: 20_000,
      releaseDate: GUARANTEE_END,
      dateRule: { startDate: "2026-01-05", days: 90, timeZone: "Europe/Berlin" },
    });
  });

  it.each([
    [0, 1, 0],
    [10_000, 0, 1],
    [2_000, 1, 1],
  ])("a holdback of %d bp: %d schedules, %d holds", (holdbackBp, schedules, holds) => {
    const { changes } = accepted(activate(undefined, { policy: { ...POLICY, holdbackBp } }));
    expect(afterOf("payout_schedule", changes)).toHaveLength(schedules);
    expect(afterOf("escrow_hold", changes)).toHaveLength(holds);
  });

  it("waits for approval where the policy asks for it", () => {
    const { changes } = accepted(activate(undefined, { policy: { ...POLICY, approval: "manual" } }));
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "pending_approval", approval: { state: "pending" } });
  });

  it("a payee that isn't known yet gets a payout without a destination", () => {
    const decision = activatePlacement(activationOf(), undefined, new Map(), contextAt(START));
    expect(onlyAfter("payout", accepted(decision).changes).destination).toBeUndefined();
  });

  it("shares conserve the fee, ids never collide and the commit fits, up to the greatest number of payees", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 10 ** 12 }),
        fc.integer({ min: 1, max: MAX_PAYEES }),
        (feeMinor, many) => {
          const share = Math.floor(10_000 / many);
          const payees = Array.from({ length: many }, (_, index) => ({
            payeeId: `payee-${index}`,
            shareBp: index === 0 ? 10_000 - share * (many - 1) : share,
          }));
          const ledger = new DomainLedger();
          ledger.commit(accepted(activate(undefined, { feeMinor, payees })).changes, START);
          const payouts = ledger.all("payout");
          expect(payouts.reduce((sum, payout) => sum + payout.amountMinor, 0)).toBe(feeMinor);
          expect(payouts).toHaveLength(many);
        },
      ),
    );
  });

  it("more payees than a commit takes are refused", () => {
    const payees = Array.from({ length: MAX_PAYEES + 1 }, (_, index) => ({ payeeId: `p${index}`, shareBp: 1 }));
    expect(verdictOn(activate(undefined, { payees }))).toBe("too_many_children");
  });
});

describe("the schedule's date", () => {
  const signed = STATES.announced;
  it.each<[TriggerEvent, string | undefined, string | undefined]>([
    ["guarantee_period_end", GUARANTEE_END, GUARANTEE_END],
    ["contract_signed", undefined, START],
    ["milestone_reached", undefined, undefined],
    ["manual", undefined, undefined],
  ])("for %s is %s, and %s when the contract was signed before", (triggerEvent, fresh, whenSigned) => {
    const dateOf = (placement: Placement | undefined) =>
      onlyAfter(
        "payout_schedule",
        accepted(activate(placement, { policy: { ...POLICY, triggerEvent } }, LATER)).changes,
      ).scheduledDate;
    expect([dateOf(undefined), dateOf(signed)]).toEqual([fresh, whenSigned]);
  });

  it("of the event's own wins, in the one format of instants", () => {
    const { changes } = accepted(activate(undefined, { scheduledDate: "2026-03-01T10:00:00+01:00" }));
    expect(onlyAfter("payout_schedule", changes).scheduledDate).toBe("2026-03-01T09:00:00.000Z");
  });
});

describe("amountsOf", () => {
  const payee = (payeeId: string, part: { shareBp?: number; amountMinor?: number }) => ({ payeeId, ...part });
  it.each([
    ["shares", [payee("a", { shareBp: 7_000 }), payee("b", { shareBp: 3_000 })], [700, 300]],
    ["amounts", [payee("a", { amountMinor: 400 }), payee("b", { amountMinor: 600 })], [400, 600]],
    ["both", [payee("a", { shareBp: 5_000 }), payee("b", { amountMinor: 500 })], [500, 500]],
    ["less than the fee", [payee("a", { shareBp: 1 })], "amount_too_small"],
    ["shares beyond the whole", [payee("a", { shareBp: 9_000 }), payee("b", { shareBp: 1_001 })], "fee_exceeded"],
    ["amounts beyond the fee", [payee("a", { amountMinor: 1_001 })], "fee_exceeded"],
    ["together beyond the fee", [payee("a", { shareBp: 5_001 }), payee("b", { amountMinor: 501 })], "fee_exceeded"],
    ["a payee with nothing", [payee("a", { shareBp: 10_000 }), payee("b", {})], "amount_too_small"],
  ])("%s", (_name, payees, expected) => {
    const decision = amountsOf({ feeMinor: 1_000, payees });
    expect(decision.ok ? decision.value : decision.refusal.code).toEqual(expected);
  });
});

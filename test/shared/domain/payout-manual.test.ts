import { describe, expect, it } from "vitest";
import { familyOfCause } from "../../../shared/domain/ids.ts";
import type { Payee } from "../../../shared/domain/model.ts";
import { createManualPayout, type ManualPayout, notePayout } from "../../../shared/domain/payout-manual.ts";
import {
  ACCOUNT_A,
  accepted,
  activeFamily,
  afterOf,
  afterStart,
  contextAt,
  DAY_MS,
  ORGANIZATION,
  onlyAfter,
  PAYEE,
  POLICY,
  payeeWith,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const ada = contextAt(START, "ada", "operator");
const LATER = afterStart(DAY_MS);

function created(more: Partial<ManualPayout> = {}, payee: Payee | undefined = PAYEE) {
  const wish: ManualPayout = {
    organizationId: ORGANIZATION,
    payeeId: "payee-1",
    amountMinor: 50_000,
    currency: "USD",
    schedule: { triggerEvent: "manual" },
    ...more,
  };
  const around = { family: familyOfCause("manual"), payee, settings: undefined, policy: POLICY };
  return createManualPayout(wish, around, ada);
}

const hold = { amountMinor: 20_000, releaseDate: LATER, holdReason: "verification" } as const;

describe("a payout created by hand", () => {
  it("waits for somebody else's approval, whatever the organization's policy, and pins the destination", () => {
    const { changes, value } = accepted(created({ notes: "bonus", companyId: "company-1" }));
    expect(onlyAfter("payout", changes)).toBe(value);
    expect(POLICY.approval).toBe("auto");
    expect(value).toMatchObject({
      source: "manual",
      status: "pending_approval",
      approval: { mode: "manual", state: "pending", votesNeeded: 1 },
      policy: { approval: "manual", timeZone: POLICY.timeZone },
      createdBy: "ada",
      destination: ACCOUNT_A,
      notes: "bonus",
      companyId: "company-1",
      amountMinor: 50_000,
      heldMinor: 0,
      change: { action: "payout.created" },
    });
  });

  it("of high value says from the start that it takes two", () => {
    expect(accepted(created({ amountMinor: 100_000 })).value.approval.votesNeeded).toBe(2);
  });

  it("splits into what is held and what is scheduled, and accrues both", () => {
    const schedule = { triggerEvent: "manual", scheduledDate: LATER } as const;
    const { changes, value } = accepted(created({ hold: { ...hold, reason: "papers" }, schedule, placementId: "p-1" }));
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({
      amountMinor: 30_000,
      scheduledDate: LATER,
      status: "pending",
      placementId: "p-1",
    });
    expect(onlyAfter("escrow_hold", changes)).toMatchObject({
      amountMinor: 20_000,
      originalMinor: 20_000,
      releaseDate: LATER,
      holdDate: START,
      holdReason: "verification",
      reason: "papers",
      status: "active",
    });
    expect(onlyAfter("journal_entry", changes)).toMatchObject({
      kind: "accrual",
      postings: [
        { account: "expense", amountMinor: 50_000 },
        { account: "payable", amountMinor: -30_000 },
        { account: "held", amountMinor: -20_000 },
      ],
    });
    expect(value).toMatchObject({ heldMinor: 20_000, children: 3 });
    expect(new Set(changes.slice(1).map(({ after }) => after.id.slice(-2)))).toEqual(new Set(["01", "02", "03"]));
  });

  it("that is held as a whole has no schedule", () => {
    const { changes } = accepted(created({ hold: { ...hold, amountMinor: 50_000 } }));
    expect(afterOf("payout_schedule", changes)).toEqual([]);
    expect(onlyAfter("escrow_hold", changes).amountMinor).toBe(50_000);
  });

  it("without a date waits for a person", () => {
    expect(onlyAfter("payout_schedule", accepted(created()).changes).scheduledDate).toBeUndefined();
  });

  it("to a payee without a destination pins none", () => {
    expect(accepted(created({}, payeeWith([]))).value.destination).toBeUndefined();
  });

  it.each([
    ["a schedule now", { schedule: { triggerEvent: "manual", scheduledDate: START } }, "date_in_past"],
    ["a release now", { hold: { ...hold, releaseDate: START } }, "date_in_past"],
    ["a hold of more than the whole", { hold: { ...hold, amountMinor: 50_001 } }, "fee_exceeded"],
  ] as const)("is refused with %s: %s", (_what, more, code) => {
    expect(verdictOn(created(more))).toBe(code);
  });

  it("is refused for a payee that nobody knows", () => {
    const around = { family: familyOfCause("manual"), payee: undefined, settings: undefined, policy: POLICY };
    const { value } = accepted(created());
    const wish = { ...value, schedule: { triggerEvent: "manual" as const } };
    expect(createManualPayout(wish, around, ada)).toMatchObject({
      refusal: { code: "payee_unknown", field: "payee_id" },
    });
  });
});

describe("notes", () => {
  const { payout } = activeFamily();

  it("are changed and removed", () => {
    const noted = accepted(notePayout(payout, { notes: "called", expectedVersion: 1 }, ada)).value;
    expect(noted).toMatchObject({ version: 2, notes: "called", change: { action: "payout.updated" } });
    expect("notes" in accepted(notePayout(noted, { notes: undefined, expectedVersion: 2 }, ada)).value).toBe(false);
  });

  it("are refused to whoever has read another version", () => {
    expect(verdictOn(notePayout(payout, { notes: "called", expectedVersion: 2 }, ada))).toBe("version_mismatch");
  });
});

import { describe, expect, it } from "vitest";
import { addMs } from "../../../shared/domain/dates.ts";
import type { CommandContext, Decision } from "../../../shared/domain/decision.ts";
import type { Payee, Payout, ReleasePath, StaffRole } from "../../../shared/domain/model.ts";
import { fireSchedule, obstacleTo, type ReleaseSurroundings, releaseHold } from "../../../shared/domain/release.ts";
import { retryTransfer } from "../../../shared/domain/transfer-correction.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  activeFamily,
  contextAt,
  DAY_MS,
  firedFamily,
  GUARANTEE_END,
  HOUR_MS,
  onlyAfter,
  PAYEE,
  payeeWith,
  START,
  surroundingsOf,
  verdictOn,
} from "../../support/domain-records.ts";

const { schedule, hold, ...family } = activeFamily();
const voted: Payout = {
  ...family.payout,
  createdBy: "carla",
  approval: {
    mode: "manual",
    state: "approved",
    by: "olga",
    at: START,
    votes: ["maria", "olga"].map((by) => ({ by, role: "manager", at: START, approvedMinor: 100_000 })),
    votesNeeded: 2,
  },
};
const settings = { highValueMinor: { USD: 80_000 } };
const around = surroundingsOf(voted, { settings });

interface Person {
  readonly id: string;
  readonly role: StaffRole;
  readonly addressAllowed?: boolean;
}

function by({ id, role, addressAllowed }: Person, now = GUARANTEE_END): CommandContext {
  const context = contextAt(now, id, role);
  return addressAllowed === undefined ? context : { ...context, addressAllowed };
}

const fired = firedFamily();
const failed = { ...fired.transfer, status: "failed_terminal" as const };
const failedAround: ReleaseSurroundings = {
  ...around,
  payout: { ...voted, inTransferMinor: 80_000, status: "failed" },
};

type Send = (path: ReleasePath, context: CommandContext) => Decision<unknown>;
/** Each sends 80,000, or 20,000 of a hold. */
const sendings: readonly (readonly [string, Send])[] = [
  ["firing a schedule", (path, context) => fireSchedule({ schedule, path }, around, context)],
  ["releasing a hold", (path, context) => releaseHold({ hold, path }, around, context)],
  [
    "retrying a transfer",
    (path, context) =>
      path === "manual"
        ? retryTransfer(failed, { ...fired.schedule, status: "failed" }, failedAround, context)
        : fireSchedule({ schedule, path }, around, context),
  ],
];

describe.each(sendings)("%s", (_what, send) => {
  it.each<[string, Person, string]>([
    ["who created the payout", { id: "carla", role: "super_admin" }, "sent_by_creator"],
    ["who approved it first", { id: "maria", role: "admin" }, "sent_by_approver"],
    ["who approved it last", { id: "olga", role: "manager" }, "sent_by_approver"],
    ["somebody else", { id: "sven", role: "manager" }, "accepted"],
  ])("by %s", (_who, person, verdict) => {
    expect(verdictOn(send("manual", by(person)))).toBe(verdict);
  });

  it.each(["scheduler", "sweep", "resume"] as const)("by the %s has no sender, whoever asks for it", (path) => {
    expect(verdictOn(send(path, by({ id: "carla", role: "processor", addressAllowed: false })))).toBe("accepted");
  });
});

describe("high value", () => {
  const firedBy = (person: Person) => verdictOn(fireSchedule({ schedule, path: "manual" }, around, by(person)));
  it.each<[Person, string]>([
    [{ id: "petra", role: "processor" }, "permission_required"],
    [{ id: "sven", role: "manager" }, "accepted"],
    [{ id: "sven", role: "manager", addressAllowed: true }, "accepted"],
    [{ id: "sven", role: "super_admin", addressAllowed: false }, "address_not_allowed"],
  ])("sent by %o: %s", (person, verdict) => {
    expect(firedBy(person)).toBe(verdict);
  });

  it("is measured by the whole payout: parts don't get below the threshold", () => {
    const release = (highValueMinor: number, amountMinor: number) => {
      const settings = { highValueMinor: { USD: highValueMinor } };
      const petra = by({ id: "petra", role: "processor" });
      return verdictOn(releaseHold({ hold, path: "manual", amountMinor }, { ...around, settings }, petra));
    };
    expect([release(100_000, 1), release(100_001, 1)]).toEqual(["permission_required", "accepted"]);
  });

  it("refused leaves a schedule without a date as it is: it doesn't fall due by the attempt", () => {
    const undated = activeFamily({ triggerEvent: "manual" }).schedule;
    const blocked = { ...around, payee: payeeWith([]) };
    const person = by({ id: "petra", role: "processor" });
    expect(verdictOn(fireSchedule({ schedule: undated, path: "manual" }, blocked, person))).toBe("permission_required");
  });
});

describe("what is in the way of a payout", () => {
  const cooling: Payee = { ...PAYEE, destinationUsableFrom: addMs(GUARANTEE_END, HOUR_MS / 2) };
  const marked: Payout = { ...voted, status: "failed", markedFailed: { reason: "fraud", by: "olga", at: START } };
  const pending: Payout = { ...voted, approval: { mode: "manual", state: "pending" } };
  const movedCooling: Payee = { ...cooling, destinations: [ACCOUNT_B] };

  it.each<[string, Payout, Payee, string | undefined]>([
    ["nothing", voted, PAYEE, undefined],
    ["one transfer that failed", { ...voted, status: "failed" }, PAYEE, undefined],
    ["a person's mark, whatever else", { ...marked, approval: pending.approval }, cooling, "person_required"],
    ["the approval before the destination", pending, movedCooling, "approval_pending"],
    [
      "another destination before its cooling-off",
      { ...voted, destination: ACCOUNT_A },
      movedCooling,
      "destination_changed",
    ],
    ["the cooling-off", voted, cooling, "destination_cooling_off"],
    ["the cooling-off that is over", voted, { ...cooling, destinationUsableFrom: GUARANTEE_END }, undefined],
  ])("is %s", (_what, payout, payee, code) => {
    expect(obstacleTo({ payout, payee }, GUARANTEE_END)?.code).toBe(code);
  });

  it("while a destination cools off, is looked at again at the very instant at which it is usable", () => {
    const cold = { ...around, payee: cooling };
    const scheduled = accepted(fireSchedule({ schedule, path: "scheduler" }, cold, contextAt(GUARANTEE_END)));
    expect(scheduled.value).toMatchObject({
      kind: "blocked",
      blocker: { code: "destination_cooling_off", nextCheckAt: cooling.destinationUsableFrom, fixableBy: "system" },
    });
    const held = accepted(releaseHold({ hold, path: "scheduler" }, cold, contextAt(GUARANTEE_END)));
    expect(held.value.record.blocker?.nextCheckAt).toBe(cooling.destinationUsableFrom);
    const warm = contextAt(addMs(GUARANTEE_END, HOUR_MS / 2));
    const again = releaseHold({ hold: held.value.record, path: "sweep" }, cold, warm);
    expect(accepted(again).value.kind).toBe("sent");
  });

  it("and is already on record, is told again with the record as it stands, and changes nothing", () => {
    const stuck = { ...around, payout: pending };
    const first = accepted(releaseHold({ hold, path: "scheduler" }, stuck, contextAt(GUARANTEE_END))).value;
    const soon = contextAt(addMs(GUARANTEE_END, 1_000), "sven", "manager");
    const again = accepted(releaseHold({ hold: first.record, path: "manual" }, stuck, soon));
    expect(again.changes).toEqual([]);
    expect(again.value).toMatchObject({ kind: "blocked", record: first.record });
  });

  it("keeps a person from releasing early, and a due hold due", () => {
    const cold = { ...around, payee: { ...cooling, destinationUsableFrom: addMs(GUARANTEE_END, DAY_MS) } };
    const release = (now: string) =>
      releaseHold({ hold, path: "manual" }, cold, by({ id: "sven", role: "manager" }, now));
    expect(verdictOn(release(START))).toBe("blocked");
    expect(accepted(release(GUARANTEE_END)).value.kind).toBe("blocked");
  });

  it("takes the votes away where what they were given for has changed", () => {
    const moved = {
      ...around,
      payout: { ...voted, destination: ACCOUNT_A },
      payee: payeeWith([ACCOUNT_B]),
    };
    const { changes } = accepted(fireSchedule({ schedule, path: "scheduler" }, moved, contextAt(GUARANTEE_END)));
    const { approval } = onlyAfter("payout", changes);
    expect(approval).toMatchObject({ state: "void", votesNeeded: 2 });
    expect(approval).not.toHaveProperty("votes");
  });
});

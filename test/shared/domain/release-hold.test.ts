import { describe, expect, it } from "vitest";
import { addMs } from "../../../shared/domain/dates.ts";
import { amend } from "../../../shared/domain/decision.ts";
import type { EscrowHold, ReleasePath } from "../../../shared/domain/model.ts";
import { releaseHold } from "../../../shared/domain/release.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  activeFamily,
  afterOf,
  afterStart,
  blockerCode,
  contextAt,
  DAY_MS,
  GUARANTEE_END,
  onlyAfter,
  payeeWith,
  START,
  surroundingsOf,
  verdictOn,
} from "../../support/domain-records.ts";

const family = activeFamily();
const { payout } = family;
const BEFORE_END = addMs(GUARANTEE_END, -1);
const context = contextAt(START);

const holds: Readonly<Record<string, EscrowHold>> = {
  active: family.hold,
  partly_released: amend(
    "escrow_hold",
    family.hold,
    { amountMinor: 15_000 },
    "escrow_hold.partially_released",
    context,
  ),
  released: amend("escrow_hold", family.hold, { status: "released" }, "escrow_hold.released", context),
  forfeited: amend("escrow_hold", family.hold, { status: "forfeited" }, "escrow_hold.forfeited", context),
  cancelled: amend("escrow_hold", family.hold, { status: "cancelled" }, "escrow_hold.cancelled", context),
};

function release(hold: EscrowHold, path: ReleasePath, now: string, amountMinor?: number) {
  const part = amountMinor === undefined ? {} : { amountMinor };
  return releaseHold({ hold, path, ...part }, surroundingsOf(payout), contextAt(now));
}

const COMMANDS = [
  { name: "scheduler, early", path: "scheduler", now: BEFORE_END },
  { name: "scheduler, on the instant", path: "scheduler", now: GUARANTEE_END },
  { name: "sweep, early", path: "sweep", now: BEFORE_END },
  { name: "sweep, late", path: "sweep", now: addMs(GUARANTEE_END, DAY_MS) },
  { name: "resume, early", path: "resume", now: BEFORE_END },
  { name: "resume, late", path: "resume", now: addMs(GUARANTEE_END, DAY_MS) },
  { name: "event, early", path: "event", now: BEFORE_END },
  { name: "manual, early", path: "manual", now: START },
  { name: "manual, part", path: "manual", now: START, amountMinor: 5_000 },
  { name: "manual, all that was held at first", path: "manual", now: START, amountMinor: 20_000 },
  { name: "manual, more than was ever held", path: "manual", now: START, amountMinor: 20_001 },
  { name: "manual, nothing", path: "manual", now: START, amountMinor: 0 },
  { name: "manual, a negative part", path: "manual", now: START, amountMinor: -1 },
  { name: "manual, a fraction", path: "manual", now: START, amountMinor: 0.5 },
] as const satisfies readonly { name: string; path: ReleasePath; now: string; amountMinor?: number }[];

/** What each command comes to: the next status and what is still held, or the refusal. */
const EXPECTED: Readonly<Record<string, Readonly<Record<(typeof COMMANDS)[number]["name"], string>>>> = {
  active: {
    "scheduler, early": "hold_not_due",
    "scheduler, on the instant": "released",
    "sweep, early": "hold_not_due",
    "sweep, late": "released",
    "resume, early": "hold_not_due",
    "resume, late": "released",
    "event, early": "hold_not_due",
    "manual, early": "released",
    "manual, part": "active 15000",
    "manual, all that was held at first": "released",
    "manual, more than was ever held": "hold_amount_exceeded",
    "manual, nothing": "amount_too_small",
    "manual, a negative part": "amount_too_small",
    "manual, a fraction": "amount_too_small",
  },
  partly_released: {
    "scheduler, early": "hold_not_due",
    "scheduler, on the instant": "released",
    "sweep, early": "hold_not_due",
    "sweep, late": "released",
    "resume, early": "hold_not_due",
    "resume, late": "released",
    "event, early": "hold_not_due",
    "manual, early": "released",
    "manual, part": "active 10000",
    "manual, all that was held at first": "hold_amount_exceeded",
    "manual, more than was ever held": "hold_amount_exceeded",
    "manual, nothing": "amount_too_small",
    "manual, a negative part": "amount_too_small",
    "manual, a fraction": "amount_too_small",
  },
};

describe.each(["active", "partly_released"])("a hold that is %s", (state) => {
  it.each(COMMANDS)("released by $name", ({ name, path, now, ...rest }) => {
    const hold = holds[state] ?? family.hold;
    const decision = release(hold, path, now, "amountMinor" in rest ? rest.amountMinor : undefined);
    if (!decision.ok) return expect(decision.refusal.code).toBe(EXPECTED[state]?.[name]);
    const changed = onlyAfter("escrow_hold", decision.changes);
    const result = changed.status === "active" ? `active ${changed.amountMinor}` : changed.status;
    expect(result).toBe(EXPECTED[state]?.[name]);
  });
});

describe.each(["released", "forfeited", "cancelled"])("a hold that is already %s", (state) => {
  it.each(COMMANDS)("refuses $name with its own code, naming the state", ({ path, now }) => {
    const decision = release(holds[state] ?? family.hold, path, now);
    expect(verdictOn(decision)).toBe(`hold_already_${state}`);
    if (!decision.ok) expect(decision.refusal.message).toContain(state);
  });
});

describe("a release", () => {
  it("moves hold, payout, transfer and journal in one decision, the payout once", () => {
    const { changes, value } = accepted(release(family.hold, "scheduler", GUARANTEE_END));
    const transfer = onlyAfter("transfer", changes);
    expect(changes.map((change) => change.entity)).toEqual(["payout", "journal_entry", "transfer", "escrow_hold"]);
    expect(value).toEqual({ kind: "sent", transferId: transfer.id, record: onlyAfter("escrow_hold", changes) });
    expect(transfer).toMatchObject({ amountMinor: 20_000, currency: "USD", status: "pending", epoch: 1 });
    expect(transfer).toMatchObject({ destination: ACCOUNT_A, cause: { entity: "escrow_hold", id: family.hold.id } });
    expect(onlyAfter("payout", changes)).toMatchObject({ heldMinor: 0, inTransferMinor: 20_000, status: "processing" });
    expect(onlyAfter("escrow_hold", changes)).toMatchObject({ transferId: transfer.id, originalMinor: 20_000 });
  });

  it("records the planned and the fired instant, the path and the lateness", () => {
    const late = addMs(GUARANTEE_END, 90_500);
    const firing = onlyAfter("escrow_hold", accepted(release(family.hold, "sweep", late)).changes).firing;
    expect(firing).toEqual({ plannedAt: GUARANTEE_END, firedAt: late, path: "sweep", latenessSeconds: 90 });
    const early = onlyAfter("escrow_hold", accepted(release(family.hold, "manual", START)).changes).firing;
    expect(early).toEqual({ firedAt: START, path: "manual", latenessSeconds: 0 });
  });

  it("parts add up to the whole hold, each with a transfer of its own", () => {
    const first = accepted(release(family.hold, "manual", START, 5_000)).changes;
    const second = accepted(
      releaseHold(
        { hold: onlyAfter("escrow_hold", first), path: "scheduler" },
        surroundingsOf(onlyAfter("payout", first)),
        contextAt(GUARANTEE_END),
      ),
    ).changes;
    const sent = [first, second].map((changes) => onlyAfter("transfer", changes));
    expect(sent.map(({ amountMinor }) => amountMinor)).toEqual([5_000, 15_000]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
    expect(onlyAfter("payout", second)).toMatchObject({ heldMinor: 0, inTransferMinor: 20_000 });
  });

  it("sets off a debt first: partly, wholly, never more than is released or owed", () => {
    const owing = (owedMinor: number) =>
      accepted(
        releaseHold(
          { hold: family.hold, path: "scheduler" },
          surroundingsOf(payout, { owedMinor }),
          contextAt(GUARANTEE_END),
        ),
      );
    expect(onlyAfter("transfer", owing(5_000).changes).amountMinor).toBe(15_000);
    expect(onlyAfter("payout", owing(5_000).changes)).toMatchObject({ setOffMinor: 5_000, status: "partially_paid" });
    for (const owedMinor of [20_000, 1_000_000]) {
      const { changes, value } = owing(owedMinor);
      expect(value).toEqual({ kind: "set_off", record: onlyAfter("escrow_hold", changes) });
      expect(afterOf("transfer", changes)).toEqual([]);
      expect(onlyAfter("payout", changes)).toMatchObject({ setOffMinor: 20_000, inTransferMinor: 0 });
    }
    expect(onlyAfter("transfer", owing(-5).changes).amountMinor).toBe(20_000);
  });

  it("a payout that a set-off settles to the end is paid, and since when", () => {
    const whole = activeFamily({ holdbackBp: 9_999 });
    const settledButHold = { ...whole.payout, paidMinor: whole.schedule.amountMinor };
    const { changes } = accepted(
      releaseHold(
        { hold: whole.hold, path: "manual" },
        surroundingsOf(settledButHold, { owedMinor: 1_000_000 }),
        contextAt(afterStart(DAY_MS)),
      ),
    );
    expect(onlyAfter("payout", changes)).toMatchObject({ status: "paid", paidAt: afterStart(DAY_MS) });
  });

  it("in ever more parts is refused before they are too many to be ended in one commit", () => {
    const crowded = { ...payout, children: 101 };
    const part = releaseHold(
      { hold: family.hold, path: "manual", amountMinor: 1 },
      surroundingsOf(crowded),
      contextAt(START),
    );
    expect(verdictOn(part)).toBe("too_many_children");
    const whole = releaseHold({ hold: family.hold, path: "manual" }, surroundingsOf(crowded), contextAt(START));
    expect(verdictOn(whole)).toBe("accepted");
  });
});

describe("an obstacle leaves the hold active and due, and says why", () => {
  const approval = (state: "pending" | "void") => ({ ...payout, approval: { mode: "manual" as const, state } });
  it.each([
    ["approval_pending", surroundingsOf(approval("pending")), "approver"],
    ["approval_void", surroundingsOf(approval("void")), "approver"],
    ["destination_missing", surroundingsOf(payout, { payee: payeeWith([]) }), "payee"],
    ["destination_missing", surroundingsOf(payout, { payee: undefined }), "payee"],
    ["destination_changed", surroundingsOf(payout, { payee: payeeWith([ACCOUNT_B]) }), "approver"],
  ] as const)("%s", (code, around, fixableBy) => {
    const decision = releaseHold({ hold: family.hold, path: "scheduler" }, around, contextAt(GUARANTEE_END));
    const { changes, value } = accepted(decision);
    const hold = onlyAfter("escrow_hold", changes);
    expect(hold).toMatchObject({ status: "active", amountMinor: 20_000, blocker: { code, fixableBy } });
    expect(hold.change.action).toBe("escrow_hold.release_failed");
    expect(value.kind).toBe("blocked");
    expect(afterOf("transfer", changes)).toEqual([]);
  });

  it("a destination changed after the approval voids it, with the reason, in the same commit", () => {
    const around = surroundingsOf(payout, { payee: payeeWith([ACCOUNT_B]) });
    const { changes } = accepted(
      releaseHold({ hold: family.hold, path: "scheduler" }, around, contextAt(GUARANTEE_END)),
    );
    expect(onlyAfter("payout", changes)).toMatchObject({
      status: "pending_approval",
      approval: { state: "void", reason: expect.stringContaining("destination") },
    });
  });

  it("what people approved before there was a destination doesn't go to the first one without another look", () => {
    const { destination: _none, ...unpinned } = payout;
    const byPeople = { ...unpinned, approval: { mode: "manual" as const, state: "approved" as const, by: "maya" } };
    const decision = releaseHold(
      { hold: family.hold, path: "scheduler" },
      surroundingsOf(byPeople),
      contextAt(GUARANTEE_END),
    );
    const { changes } = accepted(decision);
    expect(blockerCode(onlyAfter("escrow_hold", changes))).toBe("destination_changed");
    expect(onlyAfter("payout", changes)).toMatchObject({ approval: { state: "void" } });
    // What nobody has to approve goes on by itself once there is a destination.
    const byItself = { ...unpinned, approval: { mode: "auto" as const, state: "approved" as const } };
    const released = releaseHold(
      { hold: family.hold, path: "scheduler" },
      surroundingsOf(byItself),
      contextAt(GUARANTEE_END),
    );
    expect(accepted(released).value.kind).toBe("sent");
  });

  it("a blocker keeps its start while it stays, and is looked at ever more slowly, daily at the most", () => {
    let hold = family.hold;
    const around = surroundingsOf({ ...payout, approval: { mode: "manual", state: "pending" } });
    const waits: number[] = [];
    let now = GUARANTEE_END;
    for (let look = 0; look < 8; look += 1) {
      hold = onlyAfter("escrow_hold", accepted(releaseHold({ hold, path: "sweep" }, around, contextAt(now))).changes);
      const next = hold.blocker?.nextCheckAt ?? now;
      waits.push((Date.parse(next) - Date.parse(now)) / 3_600_000);
      now = next;
    }
    expect(hold.blocker?.since).toBe(GUARANTEE_END);
    expect(waits).toEqual([1, 1, 2, 4, 8, 16, 24, 24]);
  });
});

import { describe, expect, it } from "vitest";
import type { BlockerCode, EscrowHold, PayoutSchedule, Transfer } from "../../../shared/domain/model.ts";
import { fromItem, keyOf, toItem } from "../../../shared/store/items.ts";
import { dueShard } from "../../../shared/store/keys.ts";
import { holdRecord, payeeRecord, scheduleRecord, transferRecord } from "../../support/records.ts";

const RELEASE = "2026-05-31T00:00:00.000Z";
const NEXT_CHECK = "2026-06-01T07:00:00.000Z";

function blocked(code: BlockerCode, detail?: string, nextCheckAt: string | undefined = NEXT_CHECK) {
  const since = "2026-03-02T09:30:00.000Z";
  const blocker = { code, since, fixableBy: "system" as const, nextCheckAt };
  return { blocker: detail === undefined ? blocker : { ...blocker, detail } };
}

const dueOf = (item: Record<string, unknown>) =>
  item.duePk === undefined && item.dueSk === undefined ? undefined : String(item.dueSk).split("#")[0];
const waitOf = (item: Record<string, unknown>) =>
  item.waitPk === undefined && item.waitSk === undefined ? undefined : String(item.waitPk).replace(/#\d$/, "");

describe("a hold's entries", () => {
  it.each<[string, Partial<EscrowHold>, string | undefined, string | undefined]>([
    ["active: due at its date", {}, RELEASE, undefined],
    [
      "active and blocked: due when it is looked at again, found by its payee",
      blocked("destination_missing"),
      NEXT_CHECK,
      "wait#payee#acme#payee-1",
    ],
    [
      "blocked before its date: due at its date",
      blocked("approval_pending", undefined, "2026-03-02T10:30:00.000Z"),
      RELEASE,
      "wait#payee#acme#payee-1",
    ],
    ["released: none", { status: "released" }, undefined, undefined],
    ["forfeited: none", { status: "forfeited" }, undefined, undefined],
    ["cancelled: none", { status: "cancelled" }, undefined, undefined],
  ])("%s", (_name, state, due, wait) => {
    const item = toItem("escrow_hold", holdRecord(state));
    expect(dueOf(item)).toBe(due);
    expect(waitOf(item)).toBe(wait);
  });

  it("never lie before the change that made them, so that a cursor which has passed its date finds it", () => {
    const hold = holdRecord({ releaseDate: "2026-03-05T00:00:00.000Z", updatedAt: "2026-03-20T12:00:00.000Z" });
    expect(dueOf(toItem("escrow_hold", hold))).toBe("2026-03-20T12:00:00.000Z");
  });

  it("lie in the hour and the shard that the sweep looks into", () => {
    const hold = holdRecord();
    const item = toItem("escrow_hold", hold);
    expect(item.duePk).toBe(`due#2026-05-31T00#${dueShard(hold.id)}`);
    expect(item.dueSk).toBe(`${RELEASE}#${hold.id}`);
  });
});

describe("a schedule's entries", () => {
  it.each<[string, Partial<PayoutSchedule>, string | undefined, string | undefined]>([
    ["pending with a date: due then", {}, RELEASE, undefined],
    ["pending and blocked", blocked("approval_void"), NEXT_CHECK, "wait#payee#acme#payee-1"],
    ["processing: none", { status: "processing" }, undefined, undefined],
    ["completed: none", { status: "completed" }, undefined, undefined],
    ["failed: none, a person has it", { status: "failed" }, undefined, undefined],
    ["cancelled: none", { status: "cancelled" }, undefined, undefined],
  ])("%s", (_name, state, due, wait) => {
    const item = toItem("payout_schedule", scheduleRecord(state));
    expect(dueOf(item)).toBe(due);
    expect(waitOf(item)).toBe(wait);
  });

  it("pending and waiting for its trigger: none", () => {
    const { scheduledDate: _date, ...schedule } = scheduleRecord();
    expect(dueOf(toItem("payout_schedule", schedule))).toBeUndefined();
  });
});

describe("a transfer's entries", () => {
  const at = "2026-03-02T09:40:00.000Z";
  it.each<[string, Partial<Transfer>, string | undefined]>([
    ["pending: due by its first attempt's grace", { status: "pending" }, undefined],
    ["processing: due until the outcome is on record", { status: "processing" }, undefined],
    ["retryable", { status: "retryable" }, undefined],
    ["outcome unknown", { status: "outcome_unknown" }, undefined],
    ["awaiting funds", { status: "awaiting_funds", ...blocked("insufficient_funds") }, "wait#funds#stripe"],
    [
      "awaiting the payee's account",
      { status: "awaiting_payee", ...blocked("payee_action_required") },
      "wait#account#stripe#acct_1",
    ],
    [
      "awaiting a destination",
      { status: "awaiting_payee", ...blocked("destination_missing") },
      "wait#payee#acme#payee-1",
    ],
    ["destination changed", { status: "awaiting_payee", ...blocked("destination_changed") }, "wait#payee#acme#payee-1"],
    ["approval void", { status: "awaiting_payee", ...blocked("approval_void") }, "wait#payee#acme#payee-1"],
    ["paused", { ...blocked("sending_paused", "all") }, "wait#sending#all"],
    ["circuit open", { ...blocked("provider_circuit_open", "stripe") }, "wait#sending#stripe"],
    ["waiting for a person", { status: "outcome_unknown", ...blocked("person_required") }, undefined],
  ])("%s", (_name, state, wait) => {
    const item = toItem("transfer", transferRecord(state));
    expect(dueOf(item)).toBe(at);
    expect(waitOf(item)).toBe(wait);
  });

  it.each(["completed", "reversed", "failed_terminal"] as const)("%s: none", (status) => {
    const { nextAttemptAt: _next, ...transfer } = transferRecord({ status });
    const item = toItem("transfer", transfer);
    expect([dueOf(item), waitOf(item)]).toEqual([undefined, undefined]);
  });
});

describe("an item", () => {
  it("gives back its record without what only the table needs", () => {
    const hold = holdRecord({ ...blocked("destination_missing") });
    expect(fromItem("escrow_hold", { ...toItem("escrow_hold", hold), expiresAt: 1 })).toEqual(hold);
  });

  it("of a payee has no entries", () => {
    const item = toItem("payee", payeeRecord());
    expect([dueOf(item), waitOf(item)]).toEqual([undefined, undefined]);
  });

  it("of an id that belongs to no family is a bug and says so", () => {
    expect(() => keyOf("transfer", transferRecord({ id: "tr_guess" }))).toThrow("tr_guess is not the id of a transfer");
  });
});

import { describe, expect, it } from "vitest";
import { addMs } from "../../../shared/domain/dates.ts";
import { amend } from "../../../shared/domain/decision.ts";
import type { PayoutSchedule, ReleasePath, ScheduleStatus } from "../../../shared/domain/model.ts";
import { fireSchedule } from "../../../shared/domain/release.ts";
import {
  ACCOUNT_B,
  accepted,
  activeFamily,
  afterOf,
  afterStart,
  contextAt,
  DAY_MS,
  GUARANTEE_END,
  onlyAfter,
  payeeWith,
  START,
  surroundingsOf,
  verdictOn,
} from "../../support/domain-records.ts";

const dated = activeFamily();
const undated = activeFamily({ triggerEvent: "contract_signed" });
const LATE = addMs(GUARANTEE_END, 3_000);
const PATHS = ["scheduler", "sweep", "resume", "event", "manual"] as const;

function inStatus(status: ScheduleStatus): PayoutSchedule {
  return amend("payout_schedule", dated.schedule, { status }, "payout_schedule.updated", contextAt(START));
}

function fire(schedule: PayoutSchedule, path: ReleasePath, now: string, around = surroundingsOf(dated.payout)) {
  return fireSchedule({ schedule, path }, around, contextAt(now));
}

describe("a pending schedule with a date", () => {
  it.each([
    ["scheduler", START, "schedule_not_due"],
    ["sweep", START, "schedule_not_due"],
    ["resume", START, "schedule_not_due"],
    ["event", START, "accepted"],
    ["manual", START, "accepted"],
    ["scheduler", addMs(GUARANTEE_END, -1), "schedule_not_due"],
    ["scheduler", GUARANTEE_END, "accepted"],
    ["sweep", LATE, "accepted"],
    ["resume", LATE, "accepted"],
    ["event", LATE, "accepted"],
    ["manual", LATE, "accepted"],
  ] as const)("fired by %s at %s: %s", (path, now, verdict) => {
    expect(verdictOn(fire(dated.schedule, path, now))).toBe(verdict);
  });
});

describe("a pending schedule that waits for its trigger", () => {
  it.each([
    ["scheduler", "schedule_not_due"],
    ["sweep", "schedule_not_due"],
    ["resume", "schedule_not_due"],
    ["event", "accepted"],
    ["manual", "accepted"],
  ] as const)("fired by %s: %s", (path, verdict) => {
    expect(undated.schedule.scheduledDate).toBeUndefined();
    expect(verdictOn(fire(undated.schedule, path, LATE, surroundingsOf(undated.payout)))).toBe(verdict);
  });

  it("is dated by what fired it", () => {
    const { changes } = accepted(fire(undated.schedule, "event", LATE, surroundingsOf(undated.payout)));
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({ status: "processing", scheduledDate: LATE });
  });
});

describe.each([
  ["processing", "schedule_already_processing"],
  ["completed", "schedule_already_completed"],
  ["failed", "schedule_not_due"],
  ["cancelled", "schedule_cancelled"],
] as const)("a schedule that is %s", (status, code) => {
  it.each(PATHS)(`refuses %s with ${code}`, (path) => {
    expect(verdictOn(fire(inStatus(status), path, LATE))).toBe(code);
  });
});

describe("firing", () => {
  it("moves schedule, payout and transfer in one decision", () => {
    const { changes, value } = accepted(fire(dated.schedule, "scheduler", LATE));
    const transfer = onlyAfter("transfer", changes);
    expect(changes.map((change) => change.entity)).toEqual(["payout", "transfer", "payout_schedule"]);
    expect(value).toEqual({ kind: "sent", transferId: transfer.id, record: onlyAfter("payout_schedule", changes) });
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({
      status: "processing",
      transferId: transfer.id,
      sentMinor: 80_000,
      firing: { plannedAt: GUARANTEE_END, firedAt: LATE, path: "scheduler", latenessSeconds: 3 },
    });
    expect(onlyAfter("payout", changes)).toMatchObject({ inTransferMinor: 80_000, status: "processing" });
  });

  it("is over at once where a debt takes all of it", () => {
    const around = surroundingsOf(dated.payout, { owedMinor: 80_000 });
    const { changes, value } = accepted(fire(dated.schedule, "scheduler", LATE, around));
    expect(value).toEqual({ kind: "set_off", record: onlyAfter("payout_schedule", changes) });
    expect(onlyAfter("payout_schedule", changes)).toMatchObject({
      status: "completed",
      processedAt: LATE,
      sentMinor: 0,
    });
    expect(afterOf("transfer", changes)).toEqual([]);
  });
});

describe("a blocked firing", () => {
  const pending = surroundingsOf({ ...dated.payout, approval: { mode: "manual", state: "pending" } });

  it("leaves the schedule pending and due, with the blocker", () => {
    const { changes } = accepted(fire(dated.schedule, "scheduler", LATE, pending));
    const schedule = onlyAfter("payout_schedule", changes);
    expect(schedule).toMatchObject({ status: "pending", scheduledDate: GUARANTEE_END });
    expect(schedule.blocker).toMatchObject({ code: "approval_pending", since: LATE, fixableBy: "approver" });
    expect(changes).toHaveLength(1);
  });

  it.each(["event", "manual"] as const)("by %s makes it due from then on, to go by itself", (path) => {
    const undatedPending = surroundingsOf({ ...undated.payout, approval: { mode: "manual", state: "pending" } });
    const blocked = onlyAfter(
      "payout_schedule",
      accepted(fire(undated.schedule, path, afterStart(DAY_MS), undatedPending)).changes,
    );
    expect(blocked.scheduledDate).toBe(afterStart(DAY_MS));
    const approved = surroundingsOf(undated.payout);
    expect(verdictOn(fire(blocked, "resume", afterStart(2 * DAY_MS), approved))).toBe("accepted");
  });

  it("keeps the date of one that was due before, so that its lateness stays true", () => {
    const again = accepted(fire(dated.schedule, "manual", addMs(GUARANTEE_END, DAY_MS), pending)).changes;
    const blocked = onlyAfter("payout_schedule", again);
    expect(blocked.scheduledDate).toBe(GUARANTEE_END);
    const fired = accepted(fire(blocked, "resume", addMs(GUARANTEE_END, 2 * DAY_MS))).changes;
    expect(onlyAfter("payout_schedule", fired).firing?.latenessSeconds).toBe(2 * 86_400);
  });

  it("by a changed destination voids the approval", () => {
    const around = surroundingsOf(dated.payout, { payee: payeeWith([ACCOUNT_B]) });
    const { changes } = accepted(fire(dated.schedule, "scheduler", LATE, around));
    expect(onlyAfter("payout", changes)).toMatchObject({ approval: { state: "void" }, status: "pending_approval" });
    expect(onlyAfter("payout_schedule", changes).blocker?.code).toBe("destination_changed");
  });
});

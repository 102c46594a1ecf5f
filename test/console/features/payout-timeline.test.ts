import { describe, expect, it } from "vitest";
import type { JournalEntry } from "../../../console/src/features/payouts/journal-entries.ts";
import { byDay, timelineLines } from "../../../console/src/features/payouts/timeline-lines.ts";

type Entry = Parameters<typeof timelineLines>[0][number];

const entry = (changes: Partial<Entry>): Entry => ({
  at: "2026-11-21T12:00:00.000Z",
  entity_type: "payout",
  entity_id: "po_1",
  version: 1,
  action: "payout.created",
  actor_type: "system",
  actor: "placements",
  actor_role: null,
  reason: null,
  old_status: null,
  new_status: null,
  amount: 100,
  detail: null,
  ...changes,
});

const posting: JournalEntry = {
  id: "je_1",
  at: "2026-11-21T12:00:00.000Z",
  kind: "hold_release",
  postings: [
    { account: "held", amountMinor: 100 },
    { account: "payable", amountMinor: -100 },
  ],
  causeId: "eh_1",
  actor: "nina",
  actorType: "user",
};

describe("a payout's timeline", () => {
  it("is newest first; what happened at once stays in its order, turned round, with its posting last written", () => {
    const later = entry({ at: "2026-11-22T08:00:00.000Z", action: "payout.approved", version: 2 });
    const hold = entry({ entity_type: "escrow_hold", entity_id: "eh_1", action: "escrow_hold.created" });
    const lines = timelineLines([entry({}), hold, later], [posting]);
    expect(lines.map(({ title }) => title)).toEqual([
      "Payout approved",
      "Posted: hold release",
      "Hold created",
      "Payout created",
    ]);
  });

  it.each([
    ["escrow_hold", "escrow_hold.partially_released", "hold", "Hold released in part"],
    ["transfer", "transfer.attempted", "transfer", "Transfer handed to the provider"],
    ["payout_schedule", "payout_schedule.triggered", "schedule", "Schedule triggered"],
    ["payout", "payout.vote_recorded", "payout", "Approved, one more person needed"],
    ["transfer", "transfer.something_new", "transfer", "Transfer something new"],
  ])("tells of %s %s", (entity_type, action, kind, title) => {
    expect(timelineLines([entry({ entity_type, action })], [])).toMatchObject([{ kind, title }]);
  });

  it("tells who did it and why, and a status only where it changed", () => {
    const [line] = timelineLines(
      [
        entry({
          action: "payout.rejected",
          actor_type: "user",
          actor: "miro",
          actor_role: "manager",
          reason: "not ours",
          old_status: "pending_approval",
          new_status: "rejected",
        }),
      ],
      [],
    );
    expect(line).toMatchObject({
      actor: "miro",
      actorRole: "manager",
      reason: "not ours",
      oldStatus: "pending_approval",
      newStatus: "rejected",
    });
    const [same] = timelineLines([entry({ old_status: "approved", new_status: "approved" })], []);
    expect(same).not.toHaveProperty("newStatus");
  });

  it("repeats a payout's amount only where it matters, a part's always", () => {
    const part = entry({ entity_type: "transfer", entity_id: "tr_1", action: "transfer.updated", amount: 40 });
    const [transfer, processing, created] = timelineLines(
      [entry({}), entry({ action: "payout.processing", version: 2 }), part],
      [],
    );
    expect(created?.amountMinor).toBe(100);
    expect(processing).not.toHaveProperty("amountMinor");
    expect(transfer?.amountMinor).toBe(40);
  });

  it("says lateness as people do", () => {
    const lateness = (seconds: number) =>
      timelineLines([entry({ detail: `scheduler, ${seconds} s late; blocked: x` })], [])[0]?.detail;
    expect(lateness(0)).toBe("scheduler, on time; blocked: x");
    expect(lateness(7_200)).toBe("scheduler, 2 hours late; blocked: x");
    expect(lateness(86_400)).toBe("scheduler, 1 day late; blocked: x");
  });

  it("is grouped by day, newest day first", () => {
    const lines = timelineLines(
      [entry({}), entry({ version: 2 }), entry({ version: 3, at: "2026-11-22T08:00:00.000Z" })],
      [],
    );
    const days = byDay(lines, (instant) => instant.slice(0, 10));
    expect(days.map(({ day, lines: { length } }) => [day, length])).toEqual([
      ["2026-11-22", 1],
      ["2026-11-21", 2],
    ]);
  });
});

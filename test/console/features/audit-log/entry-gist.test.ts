import { expect, test } from "vitest";
import { type GistSource, gistOf } from "../../../../console/src/features/audit-log/entry-gist.ts";

function gist(more: Partial<GistSource>) {
  return gistOf({
    entity_type: "escrow_hold",
    entity_id: "eh_1",
    action: "escrow_hold.updated",
    before_state: null,
    after_state: null,
    metadata: {},
    ...more,
  });
}

const hold = { currency: "EUR", amountMinor: 290_000, status: "active", releaseDate: "2026-12-01T00:00:00.000Z" };

test("money that has changed is said before and after, money that stayed once", () => {
  const part = gist({
    action: "escrow_hold.partially_released",
    before_state: hold,
    after_state: { ...hold, amountMinor: 90_000 },
  });
  expect(part).toEqual({ money: { before: 290_000, after: 90_000, currency: "EUR" } });
  expect(gist({ after_state: hold }).money).toEqual({ after: 290_000, currency: "EUR" });
});

test("an update names what it changed, three fields at the most", () => {
  const two = { ...hold, releaseDate: "2026-12-09T00:00:00.000Z", notes: "x" };
  expect(gist({ before_state: hold, after_state: two }).words).toBe("notes, release date");
  const five = { ...two, companyId: "a", placementId: "b", payeeId: "c" };
  expect(gist({ before_state: hold, after_state: five }).words).toBe("company, notes, payee and 2 more");
});

test("what is newly in the way is said, and what the provider answered other than yes", () => {
  const blocker = { code: "insufficient_funds", since: "2026-11-21T09:00:00.000Z" };
  const waiting = { ...hold, blocker };
  expect(gist({ before_state: hold, after_state: waiting }).words).toBe("waits: insufficient funds");
  expect(gist({ before_state: waiting, after_state: { ...waiting, notes: "x" } }).words).toBe("notes");
  const outcome = { class: "awaiting_funds", code: "balance_insufficient", at: "2026-11-21T09:00:00.000Z" };
  const attempted = { entity_type: "transfer", action: "transfer.attempted", before_state: hold };
  expect(gist({ ...attempted, after_state: { ...hold, outcome } }).words).toBe("balance insufficient");
  expect(
    gist({ ...attempted, after_state: { ...hold, outcome: { ...outcome, code: "accepted" } } }).words,
  ).toBeUndefined();
});

test("an entry of the journal moves the sum of its debits", () => {
  const postings = [
    { account: "payable", amountMinor: 500 },
    { account: "cash", amountMinor: -500 },
  ];
  const after_state = { currency: "USD", kind: "hold_release", postings };
  expect(gist({ entity_type: "journal_entry", action: "journal_entry.posted", after_state })).toEqual({
    words: "hold release",
    money: { after: 500, currency: "USD" },
  });
});

test("a role says what it was and what it is", () => {
  const role = { entity_type: "role_assignment", action: "role_assignment.changed" };
  expect(gist({ ...role, after_state: { role: "super_admin" } }).words).toBe("super admin");
  expect(gist({ ...role, before_state: { role: "viewer" }, after_state: { role: "super_admin" } }).words).toBe(
    "viewer → super admin",
  );
});

test("a change that no command made says what is wrong with it, whatever the record looks like", () => {
  const flagged = { metadata: { problem: "unstamped" }, before_state: hold, after_state: { amountMinor: "much" } };
  expect(gist(flagged)).toEqual({ words: "unstamped" });
});

import { describe, expect, test } from "vitest";
import {
  differenceOf,
  type FieldDifference,
  type StatesOfEntry,
} from "../../../../console/src/features/audit-log/record-difference.ts";

const stamp = (version: number) => ({
  change: { action: "payout.updated", at: `2026-11-21T09:00:0${version}.000Z` },
  version,
  updatedAt: `2026-11-21T09:00:0${version}.000Z`,
});

const payout = {
  id: "po_4Z1W92K683X3S1MBW0PAEFE100",
  entity: "payout",
  currency: "KWD",
  amountMinor: 1_250_000,
  heldMinor: 0,
  status: "pending_approval",
  policy: { holdbackBp: 2_000, triggerEvent: "guarantee_period_end" },
  ...stamp(1),
};

function difference(before: object | null, after: object | null, more: Partial<StatesOfEntry> = {}) {
  const entry = { entity_type: "payout", entity_id: payout.id, metadata: {}, ...more };
  return differenceOf({ ...entry, before_state: before as never, after_state: after as never });
}

const byPath = (fields: readonly FieldDifference[] = []) =>
  Object.fromEntries(fields.map((field) => [field.path, field]));
const text = (said: string) => ({ kind: "text", text: said });
const kwd = (amountMinor: number) => ({ kind: "money", amountMinor, currency: "KWD" });

describe("what has changed", () => {
  const after = {
    ...payout,
    ...stamp(2),
    amountMinor: 1_000_000,
    status: "approved",
    notes: "as agreed",
    policy: { triggerEvent: "guarantee_period_end" },
    approval: { votes: [{ by: "maya", at: "2026-11-21T09:00:00.000Z", approvedMinor: 1_000_000 }] },
  };
  const found = difference(payout, after);
  const told = byPath(found?.told);

  test("is told field by field, in the record's currency, whatever is inside of what", () => {
    expect(found?.kind).toBe("changed");
    expect(told).toEqual({
      amountMinor: {
        path: "amountMinor",
        label: "Amount",
        mark: "changed",
        before: kwd(1_250_000),
        after: kwd(1_000_000),
      },
      status: {
        path: "status",
        label: "Status",
        mark: "changed",
        before: text("pending approval"),
        after: text("approved"),
      },
      notes: { path: "notes", label: "Notes", mark: "added", after: text("as agreed") },
      "policy/holdbackBp": {
        path: "policy/holdbackBp",
        label: "Policy › Holdback",
        mark: "removed",
        before: text("20 %"),
      },
      "approval/votes/maya/at": {
        path: "approval/votes/maya/at",
        label: "Approval › Votes › maya › At",
        mark: "added",
        after: { kind: "instant", at: "2026-11-21T09:00:00.000Z" },
      },
      "approval/votes/maya/approvedMinor": {
        path: "approval/votes/maya/approvedMinor",
        label: "Approval › Votes › maya › Approved",
        mark: "added",
        after: kwd(1_000_000),
      },
    });
  });

  test("isn't mixed with what stayed, nor with what the line says itself", () => {
    const folded = byPath(found?.folded);
    expect(folded["policy/triggerEvent"]).toMatchObject({ mark: "same" });
    expect(folded.version).toMatchObject({ mark: "changed", before: text("1"), after: text("2") });
    expect(folded["change/at"]).toMatchObject({ mark: "changed" });
    expect(told.version).toBeUndefined();
  });

  test("behind the commands' back is told whatever it is", () => {
    const flagged = difference(payout, { ...payout, version: 7 }, { metadata: { problem: "version_jump" } });
    expect(flagged?.told).toEqual([
      { path: "version", label: "Version", mark: "changed", before: text("1"), after: text("7") },
    ]);
  });
});

test("of a new record everything is told that says something", () => {
  const found = difference(null, payout);
  expect(found?.kind).toBe("created");
  expect(found?.told.map(({ label, mark }) => `${label} ${mark}`)).toEqual([
    "Amount added",
    "Currency added",
    "Policy › Holdback added",
    "Policy › Trigger event added",
    "Status added",
  ]);
  expect(byPath(found?.folded).heldMinor).toMatchObject({ after: kwd(0) });
});

test("of a record that is gone everything is told as removed", () => {
  const found = difference(payout, null, { metadata: { problem: "removed" } });
  expect(found?.kind).toBe("removed");
  expect(new Set(found?.told.map(({ mark }) => mark))).toEqual(new Set(["removed"]));
  expect(found?.told).toHaveLength(12);
});

test("a line with neither state has no difference", () => {
  expect(difference(null, null)).toBeUndefined();
});

describe("values:", () => {
  const shown = (state: object, more?: Partial<StatesOfEntry>) => byPath(difference({}, state, more)?.told);

  test("amounts by currency are each in their own", () => {
    expect(shown({ highValueMinor: { USD: 100_000, JPY: 5 } })).toMatchObject({
      "highValueMinor/USD": {
        label: "High value › USD",
        after: { kind: "money", amountMinor: 100_000, currency: "USD" },
      },
      "highValueMinor/JPY": { after: { kind: "money", amountMinor: 5, currency: "JPY" } },
    });
  });

  test("an approver's usage is in the currency of its id", () => {
    const usage = { entity_type: "approver_usage", entity_id: "maya#EUR" };
    const quarters = [{ from: "2026-11-21T09:00:00.000Z", amountMinor: 700 }];
    const [field] = Object.values(shown({ quarters }, usage));
    expect(field?.after).toEqual({ kind: "money", amountMinor: 700, currency: "EUR" });
  });

  test("an amount without a currency that is known stays a number of minor units", () => {
    expect(shown({ amountMinor: 5 }).amountMinor?.after).toEqual(text("5 minor units"));
    expect(shown({ amountMinor: 5, currency: "???" }).amountMinor?.after).toEqual(text("5 minor units"));
    expect(shown({ amountMinor: "5", currency: "USD" }).amountMinor?.after).toEqual(text("5"));
  });

  test("ids, times, yes and no, lists and nothing", () => {
    expect(shown({ transferId: "tr_4Z1W92K683X3S1MBW0PAEFE104" }).transferId).toMatchObject({
      label: "Transfer",
      after: { kind: "id", id: "tr_4Z1W92K683X3S1MBW0PAEFE104" },
    });
    expect(shown({ latenessSeconds: 347_447 }).latenessSeconds?.after).toEqual(text("4 d 30 min 47 s"));
    expect(shown({ verified: true }).verified?.after).toEqual(text("yes"));
    expect(shown({ superAdmins: ["root", "ada"] }).superAdmins?.after).toEqual(text("root, ada"));
    expect(shown({ superAdmins: [] }).superAdmins?.after).toEqual(text("none"));
    expect(shown({ notes: null }).notes?.after).toEqual(text("null"));
  });

  test("an element that moves in its list is the same element", () => {
    const [a, b] = [
      { account: "payable", amountMinor: 5 },
      { account: "cash", amountMinor: -5 },
    ];
    const found = difference({ currency: "USD", postings: [a, b] }, { currency: "USD", postings: [b, a] });
    expect(found?.told).toEqual([]);
  });

  test("an element whose name has a slash stays one step of the path", () => {
    const found = shown({ votes: [{ by: "idp/maya", role: "manager" }] });
    expect(Object.keys(found)).toEqual(["votes/idp~1maya/role"]);
  });
});

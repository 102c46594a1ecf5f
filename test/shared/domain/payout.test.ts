import { describe, expect, it } from "vitest";
import { changeOf } from "../../../shared/domain/decision.ts";
import { FamilyDraft, sameDestination } from "../../../shared/domain/payout.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  activeFamily,
  contextAt,
  START,
  verdictOn,
} from "../../support/domain-records.ts";

const family = activeFamily({ approval: "manual" });
const context = contextAt(START);

describe("a family's draft", () => {
  it("changes the payout once, first, however many parts change", () => {
    const draft = new FamilyDraft(family.payout, context);
    draft.update({ heldMinor: 1 });
    draft.update({ heldMinor: 2, notes: "two" });
    const ids = [draft.nextId("tr"), draft.nextId("je")];
    const [first, ...rest] = draft.finish();
    expect(rest).toEqual([]);
    expect(first?.after).toMatchObject({
      version: 2,
      heldMinor: 2,
      notes: "two",
      children: family.payout.children + 2,
    });
    expect(new Set(ids.map((id) => id.slice(3))).size).toBe(2);
  });

  it("removes a field given as undefined, also from what later steps see", () => {
    const draft = new FamilyDraft(family.payout, context);
    draft.update({ destination: undefined });
    expect("destination" in draft.payout).toBe(false);
    expect("destination" in (draft.finish()[0]?.after ?? {})).toBe(false);
  });

  it.each([
    [97, "accepted"],
    [98, "too_many_children"],
  ] as const)("of the payout and %i parts, in a commit of at most 98 records: %s", (parts, verdict) => {
    const draft = new FamilyDraft(family.payout, context);
    for (let part = 0; part < parts; part += 1) draft.add(changeOf("payout_schedule", family.schedule));
    expect(verdictOn(draft.decide())).toBe(verdict);
  });

  it("gives the payout as it stands afterwards", () => {
    const draft = new FamilyDraft(family.payout, context);
    draft.update({ notes: "new" });
    const { changes, value } = accepted(draft.decide());
    expect(value).toMatchObject({ version: 2, notes: "new" });
    expect(changes[0]?.after).toBe(value);
  });
});

describe("sameDestination", () => {
  const bank = { provider: "xendit", channelCode: "ID_BCA", accountNumber: "1", accountHolderName: "Pat" } as const;
  it.each([
    [undefined, undefined, true],
    [ACCOUNT_A, undefined, false],
    [undefined, ACCOUNT_A, false],
    [ACCOUNT_A, { ...ACCOUNT_A }, true],
    [ACCOUNT_A, ACCOUNT_B, false],
    [ACCOUNT_A, bank, false],
    [bank, ACCOUNT_A, false],
    [bank, { ...bank }, true],
    [bank, { ...bank, channelCode: "ID_BNI" }, false],
    [bank, { ...bank, accountNumber: "2" }, false],
    [bank, { ...bank, accountHolderName: "Sam" }, false],
  ] as const)("%j and %j: %s", (a, b, same) => expect(sameDestination(a, b)).toBe(same));
});

import { describe, expect, it } from "vitest";
import type { Destination, Payee } from "../../../shared/domain/model.ts";
import { type PayeeFacts, upsertPayee } from "../../../shared/domain/payee.ts";
import { currentDestination } from "../../../shared/domain/release.ts";
import {
  ACCOUNT_A,
  ACCOUNT_B,
  accepted,
  afterStart,
  contextAt,
  DAY_MS,
  ORGANIZATION,
  onlyAfter,
  PAYEE,
  payeeWith,
  START,
} from "../../support/domain-records.ts";

const NOW = afterStart(DAY_MS);

function facts(overrides: Partial<PayeeFacts> = {}): PayeeFacts {
  return {
    organizationId: ORGANIZATION,
    id: "payee-1",
    name: "Pat",
    defaultCurrency: "USD",
    verified: true,
    destinations: [ACCOUNT_A],
    sourceTime: NOW,
    ...overrides,
  };
}

function upserted(overrides: Partial<PayeeFacts>, payee: Payee | undefined = PAYEE): Payee {
  return onlyAfter("payee", accepted(upsertPayee(facts(overrides), payee, contextAt(NOW))).changes);
}

describe("what the source knows of a payee", () => {
  it("creates one, without fields that weren't given", () => {
    const decision = upsertPayee(facts({ email: undefined }), undefined, contextAt(NOW));
    const created = onlyAfter("payee", accepted(decision).changes);
    expect(created).toMatchObject({ version: 1, name: "Pat" });
    expect("email" in created).toBe(false);
  });

  it.each([
    ["an older fact", { sourceTime: START.replace("2026", "2025"), name: "Sam" }],
    ["the same fact again", { sourceTime: START }],
    [
      "the same fact with its fields in another order",
      { sourceTime: START, destinations: [{ account: "acct_a", provider: "stripe" as const }] },
    ],
  ])("%s changes nothing", (_name, given) => {
    const decision = upsertPayee(facts(given), PAYEE, contextAt(NOW));
    expect(accepted(decision).changes).toEqual([]);
  });

  it("of two different facts of one second the later arrival wins", () => {
    const decision = upsertPayee(facts({ sourceTime: START, name: "Sam" }), PAYEE, contextAt(NOW));
    expect(onlyAfter("payee", accepted(decision).changes)).toMatchObject({ name: "Sam", version: 2 });
  });

  it("a field that the source no longer gives is removed", () => {
    expect("email" in upserted({ email: undefined }, { ...PAYEE, email: "pat@example.com" })).toBe(false);
  });

  it.each<[string, readonly Destination[], boolean, readonly string[] | undefined]>([
    ["the same destinations", [ACCOUNT_A], false, undefined],
    ["another one", [ACCOUNT_B], true, ["acct_a"]],
    ["none", [], true, ["acct_a"]],
    ["one more, behind", [ACCOUNT_A, ACCOUNT_B], true, []],
  ])("%s", (_name, destinations, changed, former) => {
    const payee = upserted({ destinations });
    expect(payee.destinationChangedAt).toBe(changed ? NOW : undefined);
    expect(payee.formerAccounts).toEqual(former);
  });

  it("remembers the latest five former accounts, and none that is current again", () => {
    let payee = PAYEE;
    for (const [index, account] of ["b", "c", "d", "e", "f", "g", "c"].entries()) {
      const sourceTime = afterStart((index + 1) * DAY_MS);
      payee = upserted({ sourceTime, destinations: [{ provider: "stripe", account: `acct_${account}` }] }, payee);
    }
    expect(payee.formerAccounts).toEqual(["acct_g", "acct_f", "acct_e", "acct_d", "acct_b"]);
  });
});

describe("the current destination", () => {
  const bank = { provider: "xendit", channelCode: "ID_BCA", accountNumber: "1", accountHolderName: "Pat" } as const;
  it.each<[string, readonly Destination[], Destination | undefined]>([
    ["none", [], undefined],
    ["the first that can be sent to", [bank, ACCOUNT_B, ACCOUNT_A], ACCOUNT_B],
    ["none where no provider can send", [bank], undefined],
  ])("%s", (_name, destinations, expected) => {
    expect(currentDestination(payeeWith(destinations))).toEqual(expected);
  });

  it("of nobody is none", () => expect(currentDestination(undefined)).toBeUndefined());
});

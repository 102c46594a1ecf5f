import { describe, expect, it } from "vitest";
import type { Destination, Payee } from "../../../shared/domain/model.ts";
import { correctPayee, createPayee, type PayeeFacts, upsertPayee } from "../../../shared/domain/payee.ts";
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
  verdictOn,
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
  return onlyAfter("payee", accepted(upsertPayee(facts(overrides), payee, 24, contextAt(NOW))).changes);
}

describe("what the source knows of a payee", () => {
  it("creates one, without fields that weren't given", () => {
    const decision = upsertPayee(facts({ email: undefined }), undefined, 24, contextAt(NOW));
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
    const decision = upsertPayee(facts(given), PAYEE, 24, contextAt(NOW));
    expect(accepted(decision).changes).toEqual([]);
  });

  it("of two different facts of one second the later arrival wins", () => {
    const decision = upsertPayee(facts({ sourceTime: START, name: "Sam" }), PAYEE, 24, contextAt(NOW));
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

describe("cooling off", () => {
  const LATER = afterStart(2 * DAY_MS);
  const bank = { provider: "xendit", channelCode: "ID_BCA", accountNumber: "1", accountHolderName: "Pat" } as const;

  /** Told one after the other, a day apart; the payee as it is in the end. */
  function told(...lists: readonly (readonly Destination[])[]): Payee {
    const [first = [], ...rest] = lists;
    let payee = payeeWith(first);
    for (const [index, destinations] of rest.entries()) {
      const now = afterStart((index + 1) * DAY_MS);
      const decision = upsertPayee(facts({ destinations, sourceTime: now }), payee, 24, contextAt(now));
      payee = onlyAfter("payee", accepted(decision).changes);
    }
    return payee;
  }

  it.each<[string, readonly (readonly Destination[])[], string | undefined]>([
    ["the first destinations ever", [[], [ACCOUNT_A]], undefined],
    ["another one", [[ACCOUNT_A], [ACCOUNT_B]], LATER],
    ["one that is added", [[ACCOUNT_A], [ACCOUNT_A, ACCOUNT_B]], LATER],
    [
      "the same ones in another order",
      [
        [ACCOUNT_A, ACCOUNT_B],
        [ACCOUNT_B, ACCOUNT_A],
      ],
      LATER,
    ],
    ["another bank account", [[bank], [{ ...bank, accountNumber: "2" }]], LATER],
    ["none any more", [[ACCOUNT_A], []], LATER],
    ["another one after there was none", [[ACCOUNT_A], [], [ACCOUNT_B]], afterStart(3 * DAY_MS)],
    ["back to the former one", [[ACCOUNT_A], [ACCOUNT_B], [ACCOUNT_A]], afterStart(3 * DAY_MS)],
  ])("%s", (_name, lists, usableFrom) => {
    expect(told(...lists).destinationUsableFrom).toBe(usableFrom);
  });

  it("goes on while other things of the payee change", () => {
    const payee = told([ACCOUNT_A], [ACCOUNT_B]);
    expect(upserted({ name: "Sam", destinations: [ACCOUNT_B] }, payee).destinationUsableFrom).toBe(LATER);
  });

  it("of no hours is none, also where one was running", () => {
    const payee = told([ACCOUNT_A], [ACCOUNT_B]);
    const changed = facts({ destinations: [ACCOUNT_A] });
    const { changes } = accepted(upsertPayee(changed, payee, 0, contextAt(NOW)));
    expect(onlyAfter("payee", changes).destinationUsableFrom).toBeUndefined();
  });
});

describe("a person", () => {
  it("creates a payee whose destinations can be used at once", () => {
    const { value } = accepted(createPayee(facts(), undefined, contextAt(NOW)));
    expect(value).toMatchObject({ version: 1, change: { action: "payee.created" }, destinations: [ACCOUNT_A] });
    expect(value.destinationUsableFrom).toBeUndefined();
  });

  it("doesn't create one that exists", () => {
    expect(verdictOn(createPayee(facts(), PAYEE, contextAt(NOW)))).toBe("payee_exists");
  });

  it("changes what is given and removes what is given as nothing; the rest stays", () => {
    const payee = { ...PAYEE, email: "pat@example.com", tier: "gold" };
    const { value } = accepted(correctPayee(payee, { name: "Sam", email: undefined }, 24, contextAt(NOW)));
    expect(value).toMatchObject({ name: "Sam", tier: "gold", verified: true, sourceTime: NOW, version: 2 });
    expect("email" in value).toBe(false);
  });

  it("who says what is known already changes nothing", () => {
    const correction = { name: PAYEE.name, verified: true, destinations: [ACCOUNT_A] };
    expect(accepted(correctPayee(PAYEE, correction, 24, contextAt(NOW)))).toMatchObject({ changes: [], value: PAYEE });
  });

  it("gives other destinations, which cool off", () => {
    const { value } = accepted(correctPayee(PAYEE, { destinations: [ACCOUNT_B] }, 48, contextAt(NOW)));
    expect(value).toMatchObject({
      destinations: [ACCOUNT_B],
      destinationChangedAt: NOW,
      destinationUsableFrom: afterStart(3 * DAY_MS),
      formerAccounts: ["acct_a"],
    });
  });

  it("counts more than what the source said before, and less than what it says from then on", () => {
    const { value } = accepted(correctPayee(PAYEE, { name: "Sam" }, 24, contextAt(NOW)));
    const saidAt = (sourceTime: string) => upsertPayee(facts({ sourceTime }), value, 24, contextAt(NOW));
    expect(accepted(saidAt(afterStart(DAY_MS - 1))).changes).toEqual([]);
    expect(onlyAfter("payee", accepted(saidAt(afterStart(DAY_MS + 1))).changes).name).toBe("Pat");
  });

  it("is no step back for a source whose clock is ahead", () => {
    const ahead = { ...PAYEE, sourceTime: afterStart(2 * DAY_MS) };
    const { value } = accepted(correctPayee(ahead, { name: "Sam" }, 24, contextAt(NOW)));
    expect(value.sourceTime).toBe(ahead.sourceTime);
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

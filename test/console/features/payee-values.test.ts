import { describe, expect, it } from "vitest";
import {
  changedFields,
  correctionBody,
  creationBody,
  destinationOf,
  draftsOf,
  noValues,
  type Payee,
  unmasked,
  valuesOfPayee,
} from "../../../console/src/features/payees/payee-values.ts";
import { payeeOperations } from "../../../shared/api/contract/payees.ts";

const at = "2026-11-21T12:00:00.000Z";
const payee: Payee = {
  id: "amara",
  organization_id: "acme",
  name: "Amara Osei",
  email: "amara@example.com",
  country: "GH",
  default_currency: "USD",
  tier: null,
  payout_frequency: null,
  minimum_payout: 1_250,
  verified: false,
  destinations: [],
  destination_changed_at: null,
  destination_usable_from: null,
  version: 3,
  created_at: at,
  updated_at: at,
};

describe("what is typed of a payee", () => {
  it("becomes a body that the API takes, without what was left empty", () => {
    const destinations = draftsOf([{ provider: "stripe", account: " acct_amara " }]);
    const body = creationBody({
      ...noValues,
      payee_id: " amara ",
      name: "Amara",
      default_currency: "USD",
      destinations,
    });
    expect(payeeOperations.createPayee.body.parse(body)).toEqual({
      payee_id: "amara",
      name: "Amara",
      default_currency: "USD",
      verified: false,
      destinations: [{ provider: "stripe", account: "acct_amara" }],
    });
  });

  it("is sent as a correction only where it differs", () => {
    const before = valuesOfPayee(payee);
    expect(correctionBody(before, { ...before, name: "Amara Osei " })).toEqual({});
    const after = { ...before, tier: "gold", verified: true };
    expect(changedFields(before, after)).toEqual(["tier", "verified"]);
    expect(payeeOperations.updatePayee.body.parse(correctionBody(before, after))).toEqual({
      tier: "gold",
      verified: true,
    });
  });

  it("removes with null what was emptied, and refuses to empty the name", () => {
    const before = valuesOfPayee(payee);
    const emptied = correctionBody(before, { ...before, email: " ", country: "", minimum_payout: undefined });
    expect(payeeOperations.updatePayee.body.parse(emptied)).toEqual({
      email: null,
      country: null,
      minimum_payout: null,
    });
    const nameless = correctionBody(before, { ...before, name: "" });
    expect(payeeOperations.updatePayee.body.safeParse(nameless).success).toBe(false);
  });

  it("keeps a minimum of zero apart from none", () => {
    const before = valuesOfPayee(payee);
    expect(correctionBody(before, { ...before, minimum_payout: 0 })).toEqual({ minimum_payout: 0 });
  });
});

describe("masked account numbers", () => {
  const bank = (account_number: string) =>
    ({ provider: "xendit", channel_code: "ID_BCA", account_number, account_holder_name: "Amara Osei" }) as const;
  const masked = [{ provider: "stripe", account: "acct_a" } as const, bank("******7890"), bank("******7890")];
  const full = [{ provider: "stripe", account: "acct_a" } as const, bank("1111117890"), bank("2222227890")];

  it("are never sent as if they were numbers", () => {
    const body = { destinations: draftsOf(masked).map(destinationOf) };
    expect(payeeOperations.replacePayeeDestinations.body.safeParse(body).success).toBe(false);
  });

  it("are filled in each with its own, also where they look the same, in whatever order", () => {
    const drafts = draftsOf(masked).toReversed();
    expect(unmasked(drafts, full).map(destinationOf)).toEqual(full.toReversed());
  });

  it("stay masked where the destination is another one by now", () => {
    const [draft] = unmasked(draftsOf([bank("******7890")]), [bank("1111110000")]);
    expect(draft).toMatchObject({ account_number: "", masked: { number: "******7890" } });
    const [moved] = unmasked(draftsOf([bank("******7890")]), [{ provider: "stripe", account: "acct_a" }]);
    expect(moved).toMatchObject({ account_number: "" });
  });

  it("don't replace what somebody has typed", () => {
    const typed = draftsOf([bank("******7890")]).map((draft) => ({ ...draft, account_number: "9999999999" }));
    expect(unmasked(typed, [bank("1111117890")])[0]?.account_number).toBe("9999999999");
  });
});

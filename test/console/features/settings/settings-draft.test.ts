import { describe, expect, it } from "vitest";
import { draftOf, patchOf, rebased, type Settings } from "../../../../console/src/features/settings/settings-draft.ts";
import { errorsOf } from "../../../../console/src/features/settings/settings-errors.ts";

const defaults: Settings = {
  organization_id: "acme",
  version: 0,
  policy: {
    holdback_percentage: 20,
    guarantee_days: 90,
    trigger_event: "guarantee_period_end",
    approval: "auto",
    time_zone: "UTC",
  },
  high_value_amounts: { EUR: 100_000, USD: 100_000 },
  approver_limit_amounts: {},
  cooling_off_hours: 24,
  allowed_cidrs: [],
  working_hours: null,
  own: [],
  updated_at: null,
};

const own: Settings = {
  ...defaults,
  version: 4,
  policy: { ...defaults.policy, holdback_percentage: 12.5 },
  high_value_amounts: { EUR: 100_000, USD: 500_000 },
  approver_limit_amounts: { USD: 5_000_000 },
  allowed_cidrs: ["203.0.113.0/24"],
  working_hours: { from: 7, to: 19 },
  own: [
    "allowed_cidrs",
    "approver_limit_amounts.USD",
    "high_value_amounts.USD",
    "policy.holdback_percentage",
    "working_hours",
  ],
};

describe("patchOf", () => {
  it("asks for nothing where nothing differs", () => {
    expect(patchOf(draftOf(defaults), defaults)).toEqual({});
    expect(patchOf(draftOf(own), own)).toEqual({});
  });

  it("asks only for what differs", () => {
    const draft = { ...draftOf(own), guarantee_days: 60, cooling_off_hours: 48 };
    expect(patchOf(draft, own)).toEqual({ policy: { guarantee_days: 60 }, cooling_off_hours: 48 });
  });

  it("gives a value back to the default with null", () => {
    const draft = { ...draftOf(own), holdback_percentage: null, working_hours: null, allowed_cidrs: " \n" };
    expect(patchOf(draft, own)).toEqual({
      policy: { holdback_percentage: null },
      working_hours: null,
      allowed_cidrs: null,
    });
  });

  it("sends the amounts that differ, and null for an own one that is gone", () => {
    const draft = {
      ...draftOf(own),
      high_value_amounts: [
        { currency: "EUR", amount: 200_000 },
        { currency: "KWD", amount: 1_000 },
      ],
      approver_limit_amounts: [],
    };
    expect(patchOf(draft, own)).toEqual({
      high_value_amounts: { EUR: 200_000, KWD: 1_000, USD: null },
      approver_limit_amounts: { USD: null },
    });
  });

  it("reads ranges by line, comma or space", () => {
    const draft = { ...draftOf(defaults), allowed_cidrs: "203.0.113.0/24, 10.0.0.0/8\n\n2001:db8::/32 " };
    expect(patchOf(draft, defaults)).toEqual({ allowed_cidrs: ["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"] });
  });
});

describe("errorsOf", () => {
  it("finds nothing wrong with what the API takes", () => {
    expect(errorsOf({ ...draftOf(own), holdback_percentage: 15.25 }, own)).toEqual({});
    expect(errorsOf(draftOf(own), own)).toEqual({});
  });

  it("says at which field the API's schema has an objection", () => {
    const draft = {
      ...draftOf(defaults),
      holdback_percentage: 101,
      guarantee_days: "" as const,
      allowed_cidrs: "203.0.113.0/24\n10.0.0.1/8",
      high_value_amounts: [{ currency: "USD", amount: "" as const }],
      working_hours: { from: 19, to: 7 },
    };
    const errors = errorsOf(draft, defaults);
    expect(Object.keys(errors).toSorted()).toEqual([
      "allowed_cidrs",
      "guarantee_days",
      "high_value_amounts.USD",
      "holdback_percentage",
      "working_hours",
    ]);
    expect(errors.allowed_cidrs).toMatch(/^10\.0\.0\.1\/8 must be/);
  });
});

describe("rebased", () => {
  it("keeps what the person has changed and takes everything else as it is now", () => {
    const draft = {
      ...draftOf(own),
      guarantee_days: 60,
      high_value_amounts: [
        { currency: "EUR", amount: 250_000 },
        { currency: "USD", amount: 500_000 },
      ],
    };
    const newer: Settings = {
      ...own,
      version: 5,
      policy: { ...own.policy, holdback_percentage: 10, guarantee_days: 30 },
      high_value_amounts: { EUR: 100_000, GBP: 90_000, USD: 700_000 },
    };
    const result = rebased(draft, own, newer);
    expect(result.guarantee_days).toBe(60);
    expect(result.holdback_percentage).toBe(10);
    expect(Object.fromEntries(result.high_value_amounts.map(({ currency, amount }) => [currency, amount]))).toEqual({
      EUR: 250_000,
      GBP: 90_000,
      USD: 700_000,
    });
  });

  it("does not bring back an amount that the person has removed", () => {
    const draft = { ...draftOf(own), approver_limit_amounts: [] };
    const newer: Settings = { ...own, version: 5, cooling_off_hours: 12 };
    expect(patchOf(rebased(draft, own, newer), newer)).toEqual({ approver_limit_amounts: { USD: null } });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inboundSchemas, parseInbound } from "../../../shared/events/inbound.ts";

const activated = {
  organization_id: "acme",
  placement_id: "pl-1",
  company_id: "co:1",
  currency: "USD",
  fee_amount: 500_000,
  start_date: "2028-02-29",
  guarantee_days: 90,
  payees: [
    { payee_id: "a", share_bp: 6000 },
    { payee_id: "b", amount: 1_000 },
  ],
  policy: { holdback_bp: 2000, trigger_event: "manual", scheduled_date: "2026-12-01T10:00:00+01:00", approval: "auto" },
  occurred_at: "2026-11-21T09:00:00Z",
};
const upserted = {
  organization_id: "acme",
  payee_id: "a",
  name: "Ana Müller",
  default_currency: "EUR",
  destinations: [
    { provider: "stripe", account: "acct_1" },
    { provider: "xendit", channel_code: "ID_BCA", account_number: "123", account_holder_name: "Ana" },
  ],
};
const signal = { organization_id: "acme", placement_id: "pl-1", occurred_at: "2026-11-21T09:00:00.5Z" };

function reasonOf(type: string, detail: unknown): string {
  const result = parseInbound(type, detail);
  return result.ok ? "accepted" : result.reason;
}

test("an activation comes in with its version filled in and its instants in UTC", () => {
  const result = parseInbound("placement.activated", activated);
  expect(result).toEqual({
    ok: true,
    event: {
      type: "placement.activated",
      detail: {
        ...activated,
        schema_version: 1,
        policy: { ...activated.policy, scheduled_date: "2026-12-01T09:00:00.000Z" },
        occurred_at: "2026-11-21T09:00:00.000Z",
      },
    },
  });
});

test.each([
  ["payee.upserted", upserted],
  ["placement.contract_signed", signal],
  ["placement.milestone_reached", { ...signal, milestone: "first month" }],
  ["placement.guarantee_failed", { ...signal, reason: "left" }],
  ["placement.cancelled", { ...signal, schema_version: 1 }],
])("%s comes in", (type, detail) => {
  expect(reasonOf(type, detail)).toBe("accepted");
});

describe("a refusal names the field and what is expected", () => {
  const share = (payee: object) => ({ payees: [payee] });
  test.each<[object, string]>([
    [{ schema_version: 2 }, "schema_version 2 is not supported; expected 1"],
    [{ schema_version: 2, extra: 1 }, "schema_version 2 is not supported; expected 1"],
    [{ schema_version: "1" }, "schema_version is not supported; expected 1"],
    [{ surprise: 1 }, '"surprise" is not a field of placement.activated'],
    [{ policy: { fee: 1 } }, '"policy.fee" is not a field of placement.activated'],
    [
      { organization_id: "platform" },
      'organization_id must be an id of 1 to 64 letters, digits, "_" or "-", and not "platform"',
    ],
    [
      { organization_id: "a#b" },
      'organization_id must be an id of 1 to 64 letters, digits, "_" or "-", and not "platform"',
    ],
    [{ placement_id: "a#b" }, 'placement_id must be an id of 1 to 128 letters, digits, ".", "_", ":" or "-"'],
    [
      { placement_id: undefined },
      'placement_id is missing; it must be an id of 1 to 128 letters, digits, ".", "_", ":" or "-"',
    ],
    [{ currency: "usd" }, "currency must be an upper-case ISO 4217 code of a supported currency"],
    [{ currency: "XXX" }, "currency must be an upper-case ISO 4217 code of a supported currency"],
    [{ fee_amount: 0 }, "fee_amount must be a whole number of minor units from 1 to 1000000000000"],
    [{ fee_amount: 1e12 + 1 }, "fee_amount must be a whole number of minor units from 1 to 1000000000000"],
    [{ fee_amount: 1.5 }, "fee_amount must be a whole number of minor units from 1 to 1000000000000"],
    [{ fee_amount: "100" }, "fee_amount must be a whole number of minor units from 1 to 1000000000000"],
    [{ start_date: "2026-02-29" }, "start_date must be a calendar date that exists, YYYY-MM-DD, from 1970 to 2199"],
    [{ start_date: "9999-01-01" }, "start_date must be a calendar date that exists, YYYY-MM-DD, from 1970 to 2199"],
    [{ guarantee_days: 3651 }, "guarantee_days must be a whole number from 0 to 3650"],
    [{ guarantee_days: null }, "guarantee_days must be a whole number from 0 to 3650"],
    [{ occurred_at: "yesterday" }, 'occurred_at must be an ISO 8601 instant with "Z" or an offset, from 1970 to 2199'],
    [{ payees: [] }, "payees must be a list of 1 to 16 payees"],
    [{ payees: {} }, "payees must be a list of 1 to 16 payees"],
    [
      { payees: Array.from({ length: 17 }, (_, n) => ({ payee_id: `p${n}`, amount: 1 })) },
      "payees must be a list of 1 to 16 payees",
    ],
    [
      {
        payees: [
          { payee_id: "a", amount: 1 },
          { payee_id: "a", amount: 2 },
        ],
      },
      "payees must be a list that names each payee once",
    ],
    [
      {
        payees: [
          { payee_id: "a", share_bp: 6000 },
          { payee_id: "b", share_bp: 4001 },
        ],
      },
      "payees must be a list whose share_bp add up to at most 10000",
    ],
    [share({ payee_id: "a" }), "payees[0] must be an object with payee_id and either share_bp or amount"],
    [
      share({ payee_id: "a", share_bp: 1, amount: 1 }),
      "payees[0] must be an object with payee_id and either share_bp or amount",
    ],
    [
      share({ payee_id: "a", share_bp: 0 }),
      "payees[0].share_bp must be a whole number of basis points from 1 to 10000",
    ],
    [{ policy: { holdback_bp: 10_001 } }, "policy.holdback_bp must be a whole number of basis points from 0 to 10000"],
    [
      { policy: { trigger_event: "now" } },
      "policy.trigger_event must be one of guarantee_period_end, milestone_reached, contract_signed, manual",
    ],
  ])("%j", (patch, reason) => {
    expect(reasonOf("placement.activated", { ...activated, ...patch })).toBe(reason);
  });

  test.each<[object, string]>([
    [{ destinations: [{ provider: "paypal" }] }, 'destinations[0].provider must be "stripe" or "xendit"'],
    [
      { destinations: [{ provider: "stripe", account: "x" }] },
      'destinations[0].account must be a Stripe account id, "acct_" and 1 to 64 letters or digits',
    ],
    [{ name: "a\u0000b" }, "name must be text of 1 to 200 characters without control characters"],
    [{ minimum_payout: -1 }, "minimum_payout must be a whole number of minor units from 0 to 1000000000000"],
    [{ email: "x" }, "email must be an e-mail address"],
  ])("payee %j", (patch, reason) => {
    expect(reasonOf("payee.upserted", { ...upserted, ...patch })).toBe(reason);
  });
});

test("an unknown type is refused by name, shortened", () => {
  expect(reasonOf("placement.paused", {})).toBe('event type "placement.paused" is not known');
  expect(reasonOf("constructor", {})).toBe('event type "constructor" is not known');
  expect(reasonOf("x".repeat(500), {}).length).toBeLessThan(120);
});

test.each([[null], ["text"], [[]], [undefined]])("a detail that is no object is refused: %j", (detail) => {
  expect(reasonOf("payee.upserted", detail)).toBe("detail must be a JSON object");
});

test("a large or deep detail is refused before anything else looks at it", () => {
  expect(reasonOf("payee.upserted", { ...upserted, name: "x".repeat(70_000) })).toBe(
    "detail must not be larger than 65536 bytes",
  );
  let deep: object = {};
  for (let level = 0; level < 100_000; level += 1) deep = { deep };
  expect(reasonOf("payee.upserted", deep)).toBe("detail must not nest deeper than 8 levels");
});

test("whatever comes, the answer is an answer", () => {
  const types = fc.constantFrom(...Object.keys(inboundSchemas), "other");
  fc.assert(
    fc.property(types, fc.jsonValue(), fc.constantFrom(...Object.keys(activated)), (type, value, field) => {
      expect(parseInbound(type, { ...activated, [field]: value })).toHaveProperty("ok");
      expect(parseInbound(type, value)).toHaveProperty("ok");
    }),
    { numRuns: 200 },
  );
});

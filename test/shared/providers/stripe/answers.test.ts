import fc from "fast-check";
import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import {
  type AnswerMatch,
  NOT_SENT,
  rowFor,
  STRIPE_ANSWERS,
  WRONG_SUCCESS,
} from "../../../../shared/providers/stripe/answers.ts";
import { classifyStripeError } from "../../../../shared/providers/stripe/classify.ts";
import { stripeError, type WireError } from "./errors.ts";

interface Expected {
  readonly kind: "refused" | "unknown";
  readonly class: string;
  readonly status: string;
  readonly newEpoch: string;
  readonly probe: string;
  readonly countsAsAttempt?: true;
  readonly opensCircuit?: true;
  readonly alert?: true;
}

const unknown = { kind: "unknown", class: "unknown", status: "outcome_unknown", newEpoch: "after_look_up" } as const;
const rejected = {
  kind: "refused",
  class: "rejected",
  status: "failed_terminal",
  newEpoch: "yes",
  probe: "none",
} as const;
const configuration = { kind: "refused", class: "configuration", status: "unchanged", newEpoch: "not_needed" } as const;
const throttled = { kind: "refused", class: "throttled", status: "retryable", newEpoch: "not_needed" } as const;

const PAYEE_CODES = [
  "account_invalid",
  "no_account",
  "account_closed",
  "transfers_not_allowed",
  "not_allowed_on_standard_account",
  "country_unsupported",
  "capability_not_active",
  "insufficient_capabilities_for_transfer",
];
const CONFIGURATION_CODES = [
  "api_key_expired",
  "platform_api_key_expired",
  "secret_key_required",
  "platform_account_required",
  "testmode_charges_only",
  "tls_version_unsupported",
];
const REJECTED_CODES = [
  "amount_too_small",
  "amount_too_large",
  "balance_invalid_parameter",
  "invalid_characters",
  "livemode_mismatch",
  "parameter_invalid_empty",
  "parameter_invalid_integer",
  "parameter_invalid_string_blank",
  "parameter_invalid_string_empty",
  "parameter_missing",
  "parameter_unknown",
  "parameters_exclusive",
  "resource_missing",
  "transfer_source_balance_parameters_mismatch",
];

/** By the name of the row: what it means, and errors that have to find it. */
const CASES: Readonly<Record<string, { readonly expected: Expected; readonly thrown: readonly unknown[] }>> = {
  "no readable answer": {
    expected: { ...unknown, probe: "same_key" },
    thrown: [
      new Stripe.errors.StripeConnectionError({ message: "reset" } as never),
      new Stripe.errors.StripeAPIError({ message: "Invalid JSON received from the Stripe API" } as never),
      new TypeError("fetch failed"),
      "a string",
      undefined,
    ],
  },
  "server error, replayed": {
    expected: { ...unknown, probe: "look_up" },
    thrown: [500, 503].map((statusCode) =>
      stripeError({ statusCode, type: "api_error", headers: { "idempotent-replayed": "true" } }),
    ),
  },
  "server error": {
    expected: { ...unknown, probe: "same_key" },
    thrown: [500, 502, 503, 504, 599].map((statusCode) => stripeError({ statusCode, type: "api_error" })),
  },
  "throttled by code": {
    expected: { ...throttled, probe: "same_key", countsAsAttempt: true },
    thrown: [
      stripeError({ statusCode: 400, code: "rate_limit" }),
      stripeError({ statusCode: 429, code: "lock_timeout" }),
      stripeError({ statusCode: 409, code: "lock_timeout" }),
    ],
  },
  throttled: {
    expected: { ...throttled, probe: "same_key", countsAsAttempt: true },
    thrown: [stripeError({ statusCode: 429 }), stripeError({ statusCode: 429, code: "new_limit" })],
  },
  "key in use": {
    expected: { kind: "unknown", class: "in_progress", status: "outcome_unknown", newEpoch: "no", probe: "same_key" },
    thrown: [
      stripeError({ statusCode: 409, type: "idempotency_error", code: "idempotency_key_in_use" }),
      stripeError({ statusCode: 409 }),
    ],
  },
  "key used with other parameters": {
    expected: {
      kind: "unknown",
      class: "mismatch",
      status: "outcome_unknown",
      newEpoch: "no",
      probe: "look_up",
      alert: true,
    },
    thrown: [stripeError({ statusCode: 400, type: "idempotency_error" })],
  },
  "platform balance too low": {
    expected: { kind: "refused", class: "funds", status: "awaiting_funds", newEpoch: "yes", probe: "none" },
    thrown: [
      stripeError({ statusCode: 400, code: "balance_insufficient" }),
      stripeError({ statusCode: 402, type: "card_error", code: "balance_insufficient" }),
    ],
  },
  "payee's account can't receive": {
    expected: { kind: "refused", class: "payee", status: "awaiting_payee", newEpoch: "yes", probe: "none" },
    thrown: [
      ...PAYEE_CODES.map((code) => stripeError({ statusCode: 400, code })),
      stripeError({ statusCode: 403, code: "account_invalid" }),
    ],
  },
  "key or platform not usable": {
    expected: { ...configuration, probe: "none", opensCircuit: true, alert: true },
    thrown: CONFIGURATION_CODES.flatMap((code) => [
      stripeError({ statusCode: 400, code }),
      stripeError({ statusCode: 401, code }),
    ]),
  },
  "not authenticated or not permitted": {
    expected: { ...configuration, probe: "none", opensCircuit: true, alert: true },
    thrown: [stripeError({ statusCode: 401 }), stripeError({ statusCode: 403 })],
  },
  "amount, object or parameter refused": {
    expected: { ...rejected, countsAsAttempt: true },
    thrown: [
      ...REJECTED_CODES.map((code) => stripeError({ statusCode: 400, code })),
      stripeError({ statusCode: 404, code: "resource_missing", param: "destination" }),
    ],
  },
  "parameter refused without a code": {
    expected: { ...rejected, countsAsAttempt: true },
    thrown: [stripeError({ statusCode: 400, param: "currency" })],
  },
  "refused for a reason that is not known here": {
    expected: {
      kind: "refused",
      class: "unrecognised",
      status: "failed_terminal",
      newEpoch: "after_look_up",
      probe: "look_up",
      countsAsAttempt: true,
      alert: true,
    },
    thrown: [
      stripeError({ statusCode: 400, code: "invented_next_year" }),
      stripeError({ statusCode: 400 }),
      stripeError({ statusCode: 402, type: "card_error", code: "card_declined" }),
      stripeError({ statusCode: 404 }),
    ],
  },
  "an answer that Stripe does not give": {
    expected: { ...unknown, probe: "same_key" },
    thrown: [
      stripeError({ statusCode: 408 }),
      stripeError({ statusCode: 424 }),
      stripeError({ statusCode: 302 }),
      stripeError({ statusCode: 200, code: "balance_insufficient" }),
      stripeError({ statusCode: 400, type: "proxy says no" }),
    ],
  },
};

describe("the table of Stripe's answers", () => {
  it("has examples for every row, and no two rows of one name", () => {
    const names = STRIPE_ANSWERS.map((row) => row.name);
    expect(Object.keys(CASES).sort()).toEqual([...new Set(names)].sort());
    expect(new Set(names).size).toBe(names.length);
  });

  for (const [name, { expected, thrown }] of Object.entries(CASES)) {
    it(`${name}: ${expected.class}, ${expected.status}, new epoch: ${expected.newEpoch}`, () => {
      const row = STRIPE_ANSWERS.find((candidate) => candidate.name === name);
      expect(thrown.length).toBeGreaterThan(0);
      for (const error of thrown) {
        const answer = classifyStripeError(error);
        expect(answer.meaning.next).toBe(row?.next);
        expect(answer).toMatchObject({
          kind: expected.kind,
          class: expected.class,
          meaning: {
            status: expected.status,
            newEpoch: expected.newEpoch,
            probe: expected.probe,
            countsAsAttempt: expected.countsAsAttempt ?? false,
            opensCircuit: expected.opensCircuit ?? false,
            alert: expected.alert ?? false,
          },
        });
      }
    });
  }

  it("never reaches a row by a code that an earlier row of the same status has taken", () => {
    for (const row of STRIPE_ANSWERS) {
      for (const code of row.match.codes ?? []) {
        const seen = { status: firstStatus(row.match), code, type: "invalid_request_error", namesParameter: false };
        expect(rowFor({ ...seen, replayed: false }).name).toBe(row.name);
      }
    }
  });
});

describe("what every row keeps to", () => {
  const rows = [...STRIPE_ANSWERS, WRONG_SUCCESS, NOT_SENT];

  it("allows a new epoch without a look-up only where no money moved", () => {
    for (const row of rows) {
      if (row.newEpoch === "yes" || row.newEpoch === "not_needed") expect(row.moneyMoved, row.name).toBe("no");
    }
  });

  it("ends a transfer only on a definite refusal", () => {
    for (const row of rows) {
      if (row.moneyMoved !== "no") expect(row.status, row.name).toBe("outcome_unknown");
    }
  });

  it("settles earlier calls only by an answer that Stripe stores under the key", () => {
    expect(rows.filter((row) => row.settlesKey).map((row) => row.class)).toEqual(["funds"]);
  });

  it("uses up no attempt for what the transfer can't help", () => {
    for (const row of rows) {
      if (row.class === "funds" || row.class === "configuration") expect(row.countsAsAttempt, row.name).toBe(false);
    }
  });
});

describe("properties of the classification", () => {
  const codes = fc.oneof(fc.string(), fc.constantFrom(...STRIPE_ANSWERS.flatMap((row) => row.match.codes ?? [])));
  const types = fc.oneof(
    fc.string(),
    fc.constantFrom("api_error", "card_error", "idempotency_error", "invalid_request_error"),
  );
  const wireErrors: fc.Arbitrary<WireError> = fc.record(
    {
      statusCode: fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom(400, 401, 402, 403, 404, 409, 429, 500)),
      type: types,
      code: codes,
      param: fc.string(),
      headers: fc.constantFrom({}, { "idempotent-replayed": "true" }, { "retry-after": "3" }),
    },
    { requiredKeys: ["statusCode"] },
  );

  it("a new epoch without a look-up needs a definite 4xx and no money moved", () => {
    fc.assert(
      fc.property(wireErrors, (wire) => {
        const { meaning, kind } = classifyStripeError(stripeError(wire));
        if (meaning.newEpoch !== "yes" && meaning.newEpoch !== "not_needed") return;
        expect(kind).toBe("refused");
        expect(meaning.moneyMoved).toBe("no");
        expect(wire.statusCode).toBeGreaterThanOrEqual(400);
        expect(wire.statusCode).toBeLessThan(500);
      }),
    );
  });

  it("without a definite 4xx answer it is unknown, whatever else the error says", () => {
    const statusless = fc.oneof(
      fc.constant(undefined),
      fc.integer({ min: -1000, max: 399 }),
      fc.integer({ min: 500, max: 100_000 }),
      fc.string(),
      fc.double({ noInteger: true }),
    );
    fc.assert(
      fc.property(wireErrors, statusless, (wire, statusCode) => {
        const answer = classifyStripeError({ ...wire, raw: wire, rawType: wire.type, statusCode });
        expect(answer).toMatchObject({ kind: "unknown", class: "unknown", meaning: { status: "outcome_unknown" } });
      }),
    );
  });

  it("anything that can be thrown is classified, and is unknown unless it carries a 4xx", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const answer = classifyStripeError(thrown);
        if (answer.httpStatus === undefined) expect(answer.class).toBe("unknown");
        expect(answer.message.length).toBeLessThanOrEqual(500);
      }),
    );
  });
});

function firstStatus({ status }: AnswerMatch): number {
  if (!Array.isArray(status)) throw new Error("a row with codes names its statuses");
  return status[0] as number;
}

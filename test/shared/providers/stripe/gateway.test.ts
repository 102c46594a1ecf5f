import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PayoutGateway, TransferOrder } from "../../../../shared/providers/gateway.ts";
import { createStripeGateway } from "../../../../shared/providers/stripe/gateway.ts";
import { error, FakeStripe, json } from "./fake-stripe.ts";

const TIMEOUT_MS = 300;
const ORDER: TransferOrder = {
  organizationId: "org_1",
  transferId: "trf_1",
  epoch: 2,
  amountMinor: 12_500,
  currency: "USD",
  destination: { provider: "stripe", account: "acct_1" },
  payoutId: "pay_1",
};
const TRANSFER = {
  object: "transfer",
  id: "tr_1",
  amount: 12_500,
  amount_reversed: 0,
  currency: "usd",
  created: 1_795_251_600,
  destination: "acct_1",
  reversed: false,
  metadata: { transferId: "trf_1", epoch: "2", organizationId: "org_1", payoutId: "pay_1" },
};
const REVERSAL_ORDER = {
  organizationId: "org_1",
  transferId: "trf_1",
  reversalId: "rev_1",
  epoch: 1,
  providerTransferId: "tr_1",
  amountMinor: 500,
  currency: "USD",
};
const REVERSAL = {
  object: "transfer_reversal",
  id: "trr_1",
  amount: 500,
  currency: "usd",
  created: 1_795_251_600,
  transfer: "tr_1",
};
const CREATED_AT = "2026-11-21T09:00:00.000Z";
const UNKNOWN = { kind: "unknown", class: "unknown", meaning: { status: "outcome_unknown", moneyMoved: "unknown" } };

const fake = new FakeStripe();
let apiUrl = "";
let gateway: PayoutGateway;

beforeAll(async () => {
  apiUrl = await fake.listen();
  gateway = createStripeGateway({ apiKey: "sk_test_1", apiUrl, timeoutMs: TIMEOUT_MS });
});
beforeEach(() => fake.reset());
afterAll(() => fake.close());

describe("createTransfer sends", () => {
  it("amount, lower-case currency, group, metadata, key and pinned version", async () => {
    fake.reply = json(200, TRANSFER);
    await gateway.createTransfer(ORDER);
    expect(fake.seen).toHaveLength(1);
    expect(fake.seen[0]).toMatchObject({ method: "POST", path: "/v1/transfers" });
    expect(fake.seen[0]?.form).toEqual({
      amount: "12500",
      currency: "usd",
      destination: "acct_1",
      transfer_group: "trf_1",
      "metadata[transferId]": "trf_1",
      "metadata[epoch]": "2",
      "metadata[organizationId]": "org_1",
      "metadata[payoutId]": "pay_1",
    });
    expect(fake.seen[0]?.headers).toMatchObject({
      "idempotency-key": "transfer:trf_1:2",
      "stripe-version": "2026-10-28.endive",
      authorization: "Bearer sk_test_1",
    });
  });

  it("nothing when it refuses the order itself", async () => {
    const refusals = [
      [{ currency: "XTS" }, "local_unsupported_currency"],
      [{ currency: "KWD", amountMinor: 5_124 }, "local_amount_increment"],
      [{ amountMinor: 0 }, "local_amount_not_positive"],
      [{ destination: { provider: "stripe", account: "../balance" } }, "local_destination"],
      [
        { destination: { provider: "xendit", channelCode: "ID_BCA", accountNumber: "1", accountHolderName: "A" } },
        "local_destination",
      ],
      [{ transferId: "x".repeat(250) }, "local_key_too_long"],
    ] as const;
    for (const [change, code] of refusals) {
      const answer = await gateway.createTransfer({ ...ORDER, ...change });
      expect(answer).toMatchObject({ kind: "refused", class: "rejected", code, meaning: { moneyMoved: "no" } });
    }
    expect(fake.seen).toHaveLength(0);
  });
});

describe("createTransfer answers", () => {
  it("accepted, with Stripe's id and time", async () => {
    fake.reply = json(200, TRANSFER);
    expect(await gateway.createTransfer(ORDER)).toMatchObject({
      kind: "accepted",
      providerTransferId: "tr_1",
      createdAt: CREATED_AT,
      replayed: false,
      meaning: { status: "completed", moneyMoved: "yes" },
    });
  });

  it("accepted and replayed when Stripe repeats a stored success", async () => {
    fake.reply = json(200, TRANSFER, { "idempotent-replayed": "true" });
    expect(await gateway.createTransfer(ORDER)).toMatchObject({ kind: "accepted", replayed: true });
  });

  it.each([
    ["another amount", { ...TRANSFER, amount: 12_501 }],
    ["another currency", { ...TRANSFER, currency: "eur" }],
    ["another destination", { ...TRANSFER, destination: "acct_2" }],
    ["another transfer", { ...TRANSFER, metadata: { ...TRANSFER.metadata, transferId: "trf_2" } }],
    ["another epoch", { ...TRANSFER, metadata: { ...TRANSFER.metadata, epoch: "1" } }],
  ])("unknown with an alert, not accepted, for a success with %s", async (_what, body) => {
    fake.reply = json(200, body);
    const answer = await gateway.createTransfer(ORDER);
    expect(answer).toMatchObject({
      kind: "unknown",
      class: "mismatch",
      code: "answer_mismatch",
      meaning: { newEpoch: "no", alert: true },
    });
  });

  it.each([
    ["an object of another kind", 200, { object: "charge", id: "ch_1" }],
    ["an empty object", 200, {}],
    ["a list", 200, []],
    ["null", 200, null],
    ["a number", 200, 5],
    ["a string", 503, "busy"],
    ["a proxy's 502 in JSON", 502, { message: "Internal server error" }],
    ["a proxy's 400 in JSON", 400, { message: "Bad request" }],
    ["a proxy's 408 in JSON", 408, { error: "timeout" }],
  ])("unknown for %s", async (_what, status, body) => {
    fake.reply = json(status, body);
    expect(await gateway.createTransfer(ORDER)).toMatchObject(UNKNOWN);
  });

  it("unknown for an HTML 502", async () => {
    fake.reply = (response) => {
      response.writeHead(502, { "content-type": "text/html" });
      response.end("<html>Bad Gateway</html>");
    };
    const answer = await gateway.createTransfer(ORDER);
    expect(answer).toMatchObject({ ...UNKNOWN, code: "unreadable_answer" });
    expect(answer).not.toHaveProperty("httpStatus");
  });

  it("unknown within the time-out when no answer comes", async () => {
    fake.reply = () => {};
    const startedMs = performance.now();
    expect(await gateway.createTransfer(ORDER)).toMatchObject({ ...UNKNOWN, code: "timeout" });
    expect(performance.now() - startedMs).toBeLessThan(TIMEOUT_MS * 4);
    expect(fake.seen).toHaveLength(1);
  });

  it("unknown within the time-out when the answer drips", async () => {
    let drip: NodeJS.Timeout | undefined;
    fake.reply = (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      drip = setInterval(() => response.write(" "), TIMEOUT_MS / 10);
    };
    expect(await gateway.createTransfer(ORDER)).toMatchObject({ ...UNKNOWN, code: "timeout" });
    clearInterval(drip);
  });

  it("unknown after a reset, which the SDK repeats once under the same key", async () => {
    fake.reply = (response) => response.socket?.resetAndDestroy();
    const patient = createStripeGateway({ apiKey: "sk_test_1", apiUrl, timeoutMs: 5_000 });
    expect(await patient.createTransfer(ORDER)).toMatchObject({ ...UNKNOWN, code: "connection_error" });
    expect(fake.seen.map((request) => request.headers["idempotency-key"])).toEqual([
      "transfer:trf_1:2",
      "transfer:trf_1:2",
    ]);
  });

  it("unknown when the answer breaks off", async () => {
    fake.reply = (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"object":');
      setImmediate(() => response.socket?.destroy());
    };
    expect(await gateway.createTransfer(ORDER)).toMatchObject(UNKNOWN);
  });

  it("unknown when nobody listens", async () => {
    const nowhere = createStripeGateway({ apiKey: "sk_test_1", apiUrl: "http://127.0.0.1:1", timeoutMs: TIMEOUT_MS });
    expect(await nowhere.createTransfer(ORDER)).toMatchObject({ ...UNKNOWN, code: "connection_error" });
  });

  it("a replayed server error as one that only a look-up can settle", async () => {
    fake.reply = error(500, { type: "api_error" }, { "idempotent-replayed": "true" });
    const answer = await gateway.createTransfer(ORDER);
    expect(answer).toMatchObject({ ...UNKNOWN, replayed: true, httpStatus: 500, meaning: { probe: "look_up" } });
    expect(fake.seen).toHaveLength(1);
  });

  it.each([
    ["500", error(500, { type: "api_error" }), "unknown"],
    ["409", error(409, { type: "idempotency_error", code: "idempotency_key_in_use" }), "in_progress"],
    ["429", error(429, { code: "rate_limit" }, { "retry-after": "2" }), "throttled"],
    ["insufficient funds", error(400, { code: "balance_insufficient" }), "funds"],
    ["a closed account", error(400, { code: "account_closed" }), "payee"],
    ["an account without access (403)", error(403, { code: "account_invalid" }), "payee"],
    ["other parameters under the key", error(400, { type: "idempotency_error" }), "mismatch"],
    ["an expired key", error(401, { code: "api_key_expired" }), "configuration"],
    ["a key without the permission", error(403, {}), "configuration"],
    ["a proxy's 403", json(403, { message: "Forbidden" }), "configuration"],
    ["an unknown destination", error(400, { code: "resource_missing", param: "destination" }), "rejected"],
    ["an unknown code", error(400, { code: "invented_next_year" }), "unrecognised"],
  ])("%s by the table, after one request", async (_what, reply, expected) => {
    fake.reply = reply;
    expect(await gateway.createTransfer(ORDER)).toMatchObject({ class: expected });
    expect(fake.seen).toHaveLength(1);
  });
});

describe("findTransfers", () => {
  const query = { transferId: "trf_1", destination: ORDER.destination };
  const list = (data: readonly unknown[], has_more = false) => json(200, { object: "list", data, has_more });

  it("asks by group only, and returns what it finds, to whatever destination", async () => {
    const byHand = {
      ...TRANSFER,
      id: "tr_2",
      destination: "acct_2",
      metadata: {},
      reversed: true,
      amount_reversed: 12_500,
    };
    fake.reply = list([TRANSFER, byHand]);
    expect(await gateway.findTransfers(query)).toEqual({
      kind: "found",
      transfers: [
        {
          providerTransferId: "tr_1",
          transferId: "trf_1",
          organizationId: "org_1",
          epoch: 2,
          amountMinor: 12_500,
          currency: "USD",
          destination: "acct_1",
          reversed: false,
          reversedMinor: 0,
          createdAt: CREATED_AT,
        },
        {
          providerTransferId: "tr_2",
          amountMinor: 12_500,
          currency: "USD",
          destination: "acct_2",
          reversed: true,
          reversedMinor: 12_500,
          createdAt: CREATED_AT,
        },
      ],
    });
    expect(fake.seen[0]).toMatchObject({ method: "GET", path: "/v1/transfers?transfer_group=trf_1&limit=100" });
  });

  it("says none for an empty list", async () => {
    fake.reply = list([]);
    expect(await gateway.findTransfers(query)).toEqual({ kind: "none" });
  });

  it.each([
    ["the answer is an error", error(500, { type: "api_error" })],
    ["the list is not whole", list([TRANSFER], true)],
    ["an amount can't be read", list([{ ...TRANSFER, currency: "xts" }])],
    ["the list is something else", json(200, { object: "list", data: [{ id: "x" }], has_more: false })],
    ["a proxy answers with an empty list", json(404, { object: "list", data: [], has_more: false })],
  ])("is unavailable, never none, when %s", async (_what, reply) => {
    fake.reply = reply;
    expect(await gateway.findTransfers(query)).toMatchObject({ kind: "unavailable", class: "unknown" });
  });
});

describe("getTransfer", () => {
  it.each([
    ["found", "tr_1", json(200, TRANSFER), { kind: "found", transfer: { providerTransferId: "tr_1" } }],
    ["absent by Stripe's word", "tr_9", error(404, { code: "resource_missing" }), { kind: "absent" }],
    ["absent where the id can't be one", "../balance", json(200, TRANSFER), { kind: "absent" }],
    ["unavailable for a bare 404", "tr_1", json(404, { message: "no route" }), { kind: "unavailable" }],
    ["unavailable when the key has expired", "tr_1", error(401, {}), { kind: "unavailable", class: "configuration" }],
  ])("is %s", async (_what, id, reply, expected) => {
    fake.reply = reply;
    expect(await gateway.getTransfer(id)).toMatchObject(expected);
  });
});

describe("createReversal", () => {
  it("takes back a part under a key of its own", async () => {
    fake.reply = json(200, REVERSAL);
    const answer = await gateway.createReversal(REVERSAL_ORDER);
    expect(answer).toMatchObject({ kind: "accepted", providerReversalId: "trr_1", createdAt: CREATED_AT });
    expect(fake.seen[0]).toMatchObject({ method: "POST", path: "/v1/transfers/tr_1/reversals" });
    expect(fake.seen[0]?.form).toMatchObject({ amount: "500", "metadata[reversalId]": "rev_1" });
    expect(fake.seen[0]?.headers["idempotency-key"]).toBe("reversal:rev_1:1");
  });

  it.each([
    ["insufficient funds by the table", error(400, { code: "balance_insufficient" }), "funds"],
    ["a reversal of another amount as a mismatch", json(200, { ...REVERSAL, amount: 501 }), "mismatch"],
    ["a reversal of another transfer as a mismatch", json(200, { ...REVERSAL, transfer: "tr_2" }), "mismatch"],
  ])("answers %s", async (_what, reply, expected) => {
    fake.reply = reply;
    expect(await gateway.createReversal(REVERSAL_ORDER)).toMatchObject({ class: expected });
  });

  it("sends nothing for an id that is not a transfer's, or an amount that can't be sent", async () => {
    const badId = await gateway.createReversal({ ...REVERSAL_ORDER, providerTransferId: "po_1" });
    const badAmount = await gateway.createReversal({ ...REVERSAL_ORDER, amountMinor: -5 });
    expect([badId, badAmount]).toMatchObject([{ code: "local_transfer" }, { code: "local_amount_not_positive" }]);
    expect(fake.seen).toHaveLength(0);
  });
});

describe("the gateway's connection", () => {
  it("is kept alive from call to call", async () => {
    fake.reply = json(200, TRANSFER);
    await gateway.createTransfer(ORDER);
    const before = fake.connections;
    for (let call = 0; call < 5; call++) await gateway.createTransfer(ORDER);
    expect(fake.connections).toBe(before);
  });

  it.each([
    ["a live key over plain http", { apiKey: "sk_live_1", apiUrl: "http://localhost:4010" }, "live key"],
    ["a restricted live key over plain http", { apiKey: "rk_live_1", apiUrl: "http://localhost:4010" }, "live key"],
    ["an address with a path", { apiKey: "sk_test_1", apiUrl: "http://localhost:4010/v1" }, "origin"],
    ["another protocol", { apiKey: "sk_test_1", apiUrl: "ftp://localhost" }, "origin"],
  ])("refuses %s", (_what, options, message) => {
    expect(() => createStripeGateway(options)).toThrow(message);
  });
});

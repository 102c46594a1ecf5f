import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualClock } from "../../local/clock.ts";
import { openHostDatabase } from "../../local/database.ts";
import { MAGIC_ACCOUNT_PREFIXES } from "../../local/stripe/accounts.ts";
import { MAGIC_AMOUNTS } from "../../local/stripe/faults.ts";
import { type SimulatedStripe, startSimulatedStripe } from "../../local/stripe/simulated-stripe.ts";

const DAY_MS = 86_400_000;
const params = { amount: 1_500, currency: "usd", destination: "acct_1Ada", transfer_group: "trf_1" };

async function startHost(dataDir: string) {
  const db = openHostDatabase(dataDir);
  const clock = createVirtualClock({ db, onError: (error) => void console.error(error) });
  const stripe = await startSimulatedStripe({
    context: { db, clock, log: () => {} },
    port: 0,
    webhookTargets: () => [],
  });
  stripe.control.updateSettings({ rateLimit: { enabled: false } });
  return {
    stripe,
    move: (ms: number) => clock.advanceTo(clock.now() + ms, () => sleep(1)),
    async stop() {
      clock.close();
      await stripe.stop();
      db.close();
    },
  };
}

function clientOf({ url }: SimulatedStripe, key = "sk_test_simulated", timeout = 5_000): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(key, { host: hostname, port: Number(port), protocol: "http", maxNetworkRetries: 0, timeout });
}

/** What an answer shows that is not a 2xx; `statusCode` is absent where there was no readable answer. */
async function failureOf(call: Promise<unknown>) {
  const error = await call.then(
    () => new Error("it succeeded"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { type, statusCode, code, param, headers } = error;
  return {
    type,
    statusCode,
    code,
    param,
    replayed: headers?.["idempotent-replayed"] === "true",
    headers: headers ?? {},
  };
}

let dataDir: string;
let host: Awaited<ReturnType<typeof startHost>>;
let api: Stripe;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "simulated-stripe-"));
  host = await startHost(dataDir);
  api = clientOf(host.stripe);
});

afterEach(async () => {
  await host.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const create = (idempotencyKey: string, change: Partial<typeof params> = {}, client = api) =>
  client.transfers.create({ ...params, ...change }, { idempotencyKey });

describe("transfers", () => {
  it("creates one that its group, its destination and its id find again", async () => {
    const metadata = { transferId: "trf_1", epoch: "0" };
    const created = await api.transfers.create({ ...params, metadata }, { idempotencyKey: "k" });
    await create("other", { transfer_group: "trf_2", destination: "acct_1Bob" });
    expect(created).toMatchObject({
      object: "transfer",
      amount: 1_500,
      metadata,
      reversed: false,
      amount_reversed: 0,
      livemode: false,
    });
    expect(created.lastResponse.headers).toMatchObject({
      "request-id": expect.stringMatching(/^req_/),
      "stripe-version": "2026-10-28.endive",
    });
    expect(await api.transfers.retrieve(created.id)).toEqual(created);
    expect((await api.transfers.list({ transfer_group: "trf_1" })).data).toEqual([created]);
    expect((await api.transfers.list({ destination: "acct_1Ada" })).data).toEqual([created]);
    expect((await api.balance.retrieve()).available).toMatchObject([
      { currency: "usd", amount: 1_000_000_000_000 - 3_000 },
    ]);
  });

  it("pages newest first, each once", async () => {
    for (let index = 0; index < 5; index += 1) await create(`k${index}`, { amount: 100 + index });
    const amounts: number[] = [];
    for await (const transfer of api.transfers.list({ limit: 2 })) amounts.push(transfer.amount);
    expect(amounts).toEqual([104, 103, 102, 101, 100]);
  });

  it("keeps a new one out of lists while they lag", async () => {
    host.stripe.control.updateSettings({ listLagMs: 60_000 });
    const { id } = await create("k");
    expect((await api.transfers.list({ transfer_group: "trf_1" })).data).toEqual([]);
    expect((await api.transfers.retrieve(id)).id).toBe(id);
    await host.move(60_000);
    expect((await api.transfers.list({ transfer_group: "trf_1" })).data).toHaveLength(1);
  });

  it("updates metadata: adds, replaces, removes", async () => {
    const { id } = await api.transfers.create({ ...params, metadata: { a: "1", b: "2" } });
    expect((await api.transfers.update(id, { metadata: { a: "", b: "3", c: "4" } })).metadata).toEqual({
      b: "3",
      c: "4",
    });
  });

  it("reverses in parts, never more than the rest, each part under its own key", async () => {
    const { id } = await create("k");
    const part = await api.transfers.createReversal(id, { amount: 500 }, { idempotencyKey: "r1" });
    expect(await api.transfers.createReversal(id, { amount: 500 }, { idempotencyKey: "r1" })).toEqual(part);
    expect(await failureOf(api.transfers.createReversal(id, { amount: 1_001 }))).toMatchObject({
      statusCode: 400,
      param: "amount",
    });
    await api.transfers.createReversal(id);
    expect(await api.transfers.retrieve(id)).toMatchObject({ amount_reversed: 1_500, reversed: true });
    expect((await api.transfers.listReversals(id)).data.map(({ amount }) => amount)).toEqual([1_000, 500]);
    expect(await failureOf(api.transfers.createReversal(id))).toMatchObject({ statusCode: 400 });
    expect(host.stripe.control.balance("usd")).toBe(1_000_000_000_000);
  });

  it("refuses a reversal when the payee has been paid out", async () => {
    const { id } = await create("k");
    await host.move(3 * DAY_MS);
    expect(await failureOf(api.transfers.createReversal(id))).toMatchObject({ code: "balance_insufficient" });
  });
});

describe("refusals", () => {
  it.each([
    [{ amount: 0 }, "parameter_invalid_integer", "amount"],
    [{ amount: -5 }, "parameter_invalid_integer", "amount"],
    [{ amount: 1.5 }, "parameter_invalid_integer", "amount"],
    [{ amount: 1_000_000_000_000 }, "amount_too_large", "amount"],
    [{ currency: "USD" }, undefined, "currency"],
    [{ currency: "xxq" }, undefined, "currency"],
    [{ destination: "ba_1" }, "resource_missing", "destination"],
    [{ destination: undefined }, "parameter_missing", "destination"],
    [{ colour: "red" }, "parameter_unknown", "colour"],
    [{ source_transaction: "ch_1" }, "resource_missing", "source_transaction"],
  ])("%j is answered with 400 %s for %s", async (change, code, param) => {
    const call = api.transfers.create({ ...params, ...change } as unknown as Stripe.TransferCreateParams);
    expect(await failureOf(call)).toMatchObject({ type: "StripeInvalidRequestError", statusCode: 400, code, param });
    expect(host.stripe.control.books().transfers).toEqual([]);
  });

  it.each(Object.entries(MAGIC_ACCOUNT_PREFIXES))(
    "a transfer to %s… is refused with %s, and the refusal is stored",
    async (prefix, code) => {
      const first = await failureOf(create("k", { destination: `${prefix}1` }));
      expect(first).toMatchObject({ code, statusCode: code === "account_invalid" ? 403 : 400, replayed: false });
      host.stripe.control.setAccount(`${prefix}1`, { problem: null });
      expect(await failureOf(create("k", { destination: `${prefix}1` }))).toMatchObject({ code, replayed: true });
      await expect(create("next epoch", { destination: `${prefix}1` })).resolves.toMatchObject({ amount: 1_500 });
    },
  );

  it.each([
    ["sk_test_unknown", 401, undefined, "StripeAuthenticationError"],
    ["sk_test_simulatedExpired", 401, "api_key_expired", "StripeAuthenticationError"],
    ["rk_test_simulatedRestricted", 403, undefined, "StripePermissionError"],
  ])("the key %s gets %i %s", async (key, statusCode, code, type) => {
    expect(await failureOf(create("k", {}, clientOf(host.stripe, key)))).toMatchObject({ statusCode, code, type });
  });

  it("an object that is not there is a 404, an account that is not ours a 403", async () => {
    expect(await failureOf(api.transfers.retrieve("tr_none"))).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
    expect(await failureOf(api.accounts.retrieve("acct_invalid1"))).toMatchObject({
      statusCode: 403,
      code: "account_invalid",
    });
  });

  it("the 26th request to an endpoint within a second gets 429, and other endpoints none", async () => {
    host.stripe.control.updateSettings({ rateLimit: { enabled: true } });
    const calls = await Promise.allSettled(Array.from({ length: 30 }, (_, index) => create(`k${index}`)));
    const refused = calls.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(5);
    const { headers } = await failureOf(create("one more"));
    expect(headers).toMatchObject({ "stripe-rate-limited-reason": "endpoint-rate" });
    await expect(api.balance.retrieve()).resolves.toBeDefined();
    await host.move(1_000);
    await expect(create("later")).resolves.toBeDefined();
  });
});

describe("idempotency keys", () => {
  it("give the first answer again and move money once, also in parallel after it", async () => {
    const first = await create("k");
    const again = await Promise.all([create("k"), create("k")]);
    expect(again.map(({ id }) => id)).toEqual([first.id, first.id]);
    expect(again[0]?.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
    expect(host.stripe.control.books().creates).toEqual({ executed: 1, created: 1, replayed: 2, refused: 0 });
  });

  it("keep an insufficient balance after the funds have come; a new key succeeds", async () => {
    host.stripe.control.setBalance({ currency: "usd", amount: 1_499 });
    expect(await failureOf(create("e0"))).toMatchObject({
      code: "balance_insufficient",
      statusCode: 400,
      replayed: false,
    });
    host.stripe.control.topUp({ currency: "usd", amount: 1 });
    expect(await failureOf(create("e0"))).toMatchObject({ code: "balance_insufficient", replayed: true });
    await create("e1");
    expect(host.stripe.control.balance("usd")).toBe(0);
  });

  it("refuse other parameters and another endpoint", async () => {
    const { id } = await create("k");
    const refusal = { type: "StripeIdempotencyError", statusCode: 400 };
    expect(await failureOf(create("k", { amount: 1_501 }))).toMatchObject(refusal);
    expect(await failureOf(api.transfers.createReversal(id, {}, { idempotencyKey: "k" }))).toMatchObject(refusal);
  });

  it("are in use while the first call runs", async () => {
    host.stripe.control.addFault({ fault: "slow", delayRealMs: 150, count: 1 });
    const first = create("k");
    await sleep(50);
    expect(await failureOf(create("k"))).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    const { id } = await first;
    expect((await create("k")).id).toBe(id);
  });

  it("do not keep what was refused before execution", async () => {
    expect(await failureOf(create("k", { amount: 0 }))).toMatchObject({ statusCode: 400 });
    await expect(create("k")).resolves.toMatchObject({ amount: 1_500 });
  });

  it("protect for 24 h and no longer", async () => {
    await create("k");
    await host.move(DAY_MS - 60_000);
    await create("k");
    expect(host.stripe.control.books().transfers).toHaveLength(1);
    await host.move(120_000);
    await create("k");
    expect(host.stripe.control.books().transfers).toHaveLength(2);
  });

  it("and transfers outlive the process", async () => {
    const { id } = await create("k");
    await host.stop();
    host = await startHost(dataDir);
    api = clientOf(host.stripe);
    expect((await create("k")).id).toBe(id);
    expect(host.stripe.control.books().transfers).toHaveLength(1);
  });
});

describe("magic amounts", () => {
  const amountOf = (fault: string) => MAGIC_AMOUNTS.find((magic) => magic.fault === fault)?.amount ?? 0;
  const connectionError = { type: "StripeConnectionError", statusCode: undefined };

  it.each([
    // [fault, what the caller sees, transfers by then, what the same key gives afterwards]
    ["timeout", connectionError, 1, "replay"],
    ["timeout_before", connectionError, 0, "created"],
    ["reset_after", connectionError, 1, "replay"],
    ["reset_before", connectionError, 0, "created"],
    ["html_502", { type: "StripeAPIError", statusCode: undefined }, 1, "replay"],
    ["html_502_before", { type: "StripeAPIError", statusCode: undefined }, 0, "created"],
    ["500_before", { type: "StripeAPIError", statusCode: 500 }, 0, "stored"],
    ["500_after", { type: "StripeAPIError", statusCode: 500 }, 1, "stored"],
    ["insufficient_funds", { statusCode: 400, code: "balance_insufficient" }, 0, "stored"],
    ["account_closed", { statusCode: 400, code: "account_closed" }, 0, "stored"],
    ["account_invalid", { statusCode: 403, code: "account_invalid" }, 0, "stored"],
    ["expired_key", { statusCode: 401, code: "api_key_expired" }, 0, "refused"],
    ["amount_too_small", { statusCode: 400, code: "amount_too_small" }, 0, "refused"],
  ])("%s", async (fault, seen, transfers, afterwards) => {
    const client = clientOf(host.stripe, "sk_test_simulated", 150);
    const again = () => create("k", { amount: amountOf(fault) }, client);
    expect(await failureOf(again())).toMatchObject(seen);
    expect(host.stripe.control.books().transfers).toHaveLength(transfers);
    if (afterwards === "stored") expect(await failureOf(again())).toMatchObject({ ...seen, replayed: true });
    else if (afterwards === "refused") expect(await failureOf(again())).toMatchObject({ ...seen, replayed: false });
    else {
      const replayed = (await again()).lastResponse.headers["idempotent-replayed"];
      expect(replayed).toBe(afterwards === "replay" ? "true" : undefined);
      expect(host.stripe.control.books().transfers).toHaveLength(1);
    }
  });

  it.each([
    ["429", 429, "rate_limit"],
    ["lock_timeout", 429, "lock_timeout"],
    ["409", 409, "idempotency_key_in_use"],
    ["500_unstored", 500, undefined],
  ])("%s comes twice, then the same key works", async (fault, statusCode, code) => {
    const again = () => create("k", { amount: amountOf(fault) });
    expect(await failureOf(again())).toMatchObject({ statusCode, code });
    expect(await failureOf(again())).toMatchObject({ statusCode, code });
    await expect(again()).resolves.toBeDefined();
  });
});

describe("control over HTTP", () => {
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${host.stripe.url}/_control/${path}`, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };

  it("sets faults by match and count, clears them, and shows the books", async () => {
    await post("faults", { match: { destination: "acct_1Ada" }, fault: "transfers_not_allowed", skip: 1, count: 1 });
    await create("k1");
    await create("b", { destination: "acct_1Bob" });
    expect(await failureOf(create("k2"))).toMatchObject({ code: "transfers_not_allowed" });
    await create("k3");
    await post("faults", { match: { endpoint: "transfers.list" }, fault: "500_unstored" });
    expect(await failureOf(api.transfers.list())).toMatchObject({ statusCode: 500 });
    await post("faults/clear", {});
    await expect(api.transfers.list()).resolves.toBeDefined();
    const books = await (await fetch(`${host.stripe.url}/_control/books`)).json();
    expect(books).toMatchObject({
      sums: [
        { destination: "acct_1Ada", currency: "usd", net: 3_000, transfers: 2 },
        { destination: "acct_1Bob", currency: "usd", net: 1_500, transfers: 1 },
      ],
      creates: { executed: 4, created: 3, replayed: 0, refused: 0 },
    });
  });

  it("sets balances, accounts, keys and settings, and refuses what it does not know", async () => {
    expect(await post("balance", { currency: "eur", set: 7 })).toEqual({
      status: 200,
      body: { currency: "eur", amount: 7 },
    });
    await post("accounts/acct_1Ada", { problem: "account_closed" });
    expect(await failureOf(create("k"))).toMatchObject({ code: "account_closed" });
    expect((await post("settings", { maxAmount: 10 })).body).toMatchObject({ maxAmount: 10 });
    await post("keys/sk_test_simulated", { status: "expired" });
    expect(await failureOf(create("k"))).toMatchObject({ code: "api_key_expired" });
    expect(await post("settings", { colour: "red" })).toMatchObject({ status: 400 });
    expect(await post("accounts/nobody", {})).toMatchObject({ status: 400 });
    expect(await post("nothing", {})).toMatchObject({ status: 404 });
  });
});

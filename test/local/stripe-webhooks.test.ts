import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualClock } from "../../local/clock.ts";
import { openHostDatabase } from "../../local/database.ts";
import { MAGIC_PAYOUT_PREFIXES } from "../../local/stripe/accounts.ts";
import { type SimulatedStripe, startSimulatedStripe } from "../../local/stripe/simulated-stripe.ts";
import type { WebhookTarget } from "../../local/stripe/webhook-deliveries.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SECRET = "whsec_first";
const params = { amount: 1_500, currency: "usd", destination: "acct_1Ada", transfer_group: "trf_1" };

interface Received {
  readonly event: Stripe.Event;
  readonly payload: string;
  readonly signature: string;
}

/** A receiver that records what comes and answers with `status`. */
async function startReceiver() {
  const received: Received[] = [];
  const receiver = { received, status: 200, url: "", close: () => void server.close() };
  const server = createServer(async (request, response) => {
    let payload = "";
    for await (const chunk of request) payload += String(chunk);
    received.push({ event: JSON.parse(payload), payload, signature: String(request.headers["stripe-signature"]) });
    response.writeHead(receiver.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`;
  return receiver;
}

async function startHost(dataDir: string, webhookTargets: () => readonly WebhookTarget[]) {
  const db = openHostDatabase(dataDir);
  const clock = createVirtualClock({ db, onError: (error) => void console.error(error) });
  const stripe = await startSimulatedStripe({ context: { db, clock, log: () => {} }, port: 0, webhookTargets });
  const settle = async () => {
    do await sleep(5);
    while (stripe.busy.pending() > 0);
  };
  return {
    stripe,
    settle,
    nowMs: () => clock.now(),
    move: (ms: number) => clock.advanceTo(clock.now() + ms, settle),
    async stop() {
      clock.close();
      await stripe.stop();
      db.close();
    },
  };
}

function clientOf({ url }: SimulatedStripe): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe("sk_test_simulated", {
    host: hostname,
    port: Number(port),
    protocol: "http",
    maxNetworkRetries: 0,
  });
}

let dataDir: string;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let targets: WebhookTarget[];
let host: Awaited<ReturnType<typeof startHost>>;
let api: Stripe;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "simulated-stripe-"));
  receiver = await startReceiver();
  targets = [{ url: receiver.url, secret: SECRET }];
  host = await startHost(dataDir, () => targets);
  api = clientOf(host.stripe);
});

afterEach(async () => {
  await host.stop();
  receiver.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const types = () => receiver.received.map(({ event }) => event.type);
const last = () => {
  const latest = receiver.received.at(-1);
  if (latest === undefined) throw new Error("nothing was received");
  return latest;
};
const verify = ({ payload, signature }: Received, secret: string) =>
  api.webhooks.constructEvent(payload, signature, secret, undefined, undefined, host.nowMs());

describe("events", () => {
  it("tell of a transfer, its change and its reversal, signed, with the request's key", async () => {
    const { id } = await api.transfers.create(params, { idempotencyKey: "k" });
    await host.settle();
    await api.transfers.update(id, { metadata: { a: "1" } });
    await host.settle();
    await api.transfers.createReversal(id, { amount: 500 });
    await host.settle();
    expect(types()).toEqual(["transfer.created", "transfer.updated", "transfer.reversed"]);
    const [created, updated, reversed] = receiver.received.map((delivery) => verify(delivery, SECRET));
    expect(created).toMatchObject({
      api_version: "2026-10-28.endive",
      request: { idempotency_key: "k" },
      data: { object: { id } },
    });
    expect(updated).toMatchObject({ data: { previous_attributes: { metadata: {} } } });
    expect(reversed).toMatchObject({ data: { object: { amount_reversed: 500, reversed: false } } });
    expect(await api.events.retrieve(created?.id ?? "")).toEqual(created);
    expect((await api.events.list({ type: "transfer.*", limit: 2 })).data.map(({ type }) => type)).toEqual([
      "transfer.reversed",
      "transfer.updated",
    ]);
  });

  it("are not sent for a replay or a refusal", async () => {
    await api.transfers.create(params, { idempotencyKey: "k" });
    await api.transfers.create(params, { idempotencyKey: "k" });
    await expect(api.transfers.create({ ...params, destination: "acct_closed1" })).rejects.toThrow();
    await host.settle();
    expect(types()).toEqual(["transfer.created"]);
  });

  it("tell of funds and of an account's repair", async () => {
    host.stripe.control.topUp({ currency: "usd", amount: 100 });
    await host.settle();
    expect(last().event).toMatchObject({
      type: "balance.available",
      data: { object: { available: [{ amount: 1_000_000_000_100 }] } },
    });
    await expect(api.transfers.create({ ...params, destination: "acct_restricted1" })).rejects.toThrow();
    expect((await api.accounts.retrieve("acct_restricted1")).capabilities).toMatchObject({ transfers: "inactive" });
    host.stripe.control.setAccount("acct_restricted1", { problem: null });
    await host.settle();
    expect(types().slice(1).sort()).toEqual(["account.updated", "capability.updated"]);
    expect(last().event.account).toBe("acct_restricted1");
    expect((await api.accounts.retrieve("acct_restricted1")).capabilities).toMatchObject({ transfers: "active" });
  });

  const payouts: [destination: string, amount: number, expected: string[]][] = [
    ["acct_1Ada", 1_500, ["payout.paid"]],
    ...Object.entries(MAGIC_PAYOUT_PREFIXES).map(([prefix, outcome]): [string, number, string[]] => [
      `${prefix}1`,
      1_500,
      outcome === "failed" ? ["payout.failed"] : ["payout.paid", "payout.failed"],
    ]),
    ["acct_1Ada", 4_040_301, ["payout.failed"]],
    ["acct_1Ada", 4_040_302, ["payout.paid", "payout.failed"]],
  ];
  it.each(payouts)("tell of the payout to %s of %i: %j", async (destination, amount, expected) => {
    await api.transfers.create({ ...params, destination, amount });
    const onBehalf = { stripeAccount: destination };
    expect((await api.payouts.list({}, onBehalf)).data).toMatchObject([{ status: "pending", amount }]);
    await host.move(2 * DAY_MS - MINUTE_MS);
    expect(types()).toEqual(["transfer.created"]);
    await host.move(5 * DAY_MS);
    expect(types().slice(1)).toEqual(expected);
    expect(last().event).toMatchObject({ account: destination, data: { object: { amount } } });
    const [payout] = (await api.payouts.list({}, onBehalf)).data;
    expect(payout?.status).toBe(expected.at(-1)?.slice("payout.".length));
    const held = (await api.balance.retrieve({}, onBehalf)).available.find(({ currency }) => currency === "usd");
    expect(held?.amount).toBe(payout?.status === "failed" ? amount : 0);
  });

  it("can be about an object that nobody knows", async () => {
    host.stripe.control.emitEvent({ type: "transfer.created", object: { id: "tr_unknown", object: "transfer" } });
    await host.settle();
    expect(verify(last(), SECRET)).toMatchObject({ data: { object: { id: "tr_unknown" } } });
  });
});

describe("deliveries", () => {
  it("are tried again with growing pauses for three days, then given up", async () => {
    receiver.status = 500;
    await api.transfers.create(params);
    await host.settle();
    expect(receiver.received).toHaveLength(1);
    await host.move(MINUTE_MS);
    expect(receiver.received).toHaveLength(2);
    await host.move(MINUTE_MS);
    expect(receiver.received).toHaveLength(2);
    host.stripe.control.updateSettings({ payouts: { enabled: false } });
    await host.move(4 * DAY_MS);
    const [delivery] = host.stripe.control.deliveries();
    expect(delivery).toMatchObject({ status: "given_up", lastAnswer: "500" });
    expect(delivery?.attempts).toBeGreaterThan(10);
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBeLessThanOrEqual(2);
    receiver.status = 200;
    host.stripe.control.resendEvent(delivery?.eventId ?? "");
    await host.settle();
    expect(host.stripe.control.deliveries().at(-1)).toMatchObject({ status: "delivered" });
  });

  it("stop after the first 2xx", async () => {
    receiver.status = 302;
    await api.transfers.create(params);
    await host.settle();
    receiver.status = 204;
    await host.move(DAY_MS);
    expect(receiver.received).toHaveLength(2);
  });

  it("come twice, late and out of order when told so", async () => {
    host.stripe.control.updateSettings({
      webhooks: { duplicates: 2, delayMs: MINUTE_MS, disorderWindowMs: 30 * MINUTE_MS },
    });
    for (let index = 0; index < 8; index += 1) await api.transfers.create({ ...params, amount: 100 + index });
    await host.settle();
    expect(receiver.received).toHaveLength(0);
    await host.move(31 * MINUTE_MS);
    const amounts = receiver.received.map(({ event }) => (event.data.object as Stripe.Transfer).amount);
    expect(amounts).toHaveLength(24);
    expect(new Set(amounts).size).toBe(8);
    expect(amounts).not.toEqual([...amounts].sort((left, right) => left - right));
  });

  it("can come before the answer of the API", async () => {
    host.stripe.control.updateSettings({ webhooks: { beforeAnswer: true } });
    await api.transfers.create(params);
    expect(types()).toEqual(["transfer.created"]);
  });

  it("can be lost altogether, while the event stays in the list", async () => {
    host.stripe.control.updateSettings({ webhooks: { enabled: false } });
    await api.transfers.create(params);
    await host.settle();
    expect(receiver.received).toHaveLength(0);
    expect((await api.events.list()).data).toHaveLength(1);
  });

  it("go to the target for connected accounts or to the platform's", async () => {
    targets = [{ url: receiver.url, secret: SECRET, connect: true }];
    await api.transfers.create(params);
    await host.move(2 * DAY_MS);
    expect(types()).toEqual(["payout.paid"]);
  });

  it("are signed with both secrets while one is being rolled, then with the new one", async () => {
    const { secret } = host.stripe.control.rollWebhookSecret({ target: receiver.url, keepPreviousMs: 60 * MINUTE_MS });
    await api.transfers.create(params);
    await host.settle();
    expect(verify(last(), secret)).toBeDefined();
    expect(verify(last(), SECRET)).toBeDefined();
    await host.move(61 * MINUTE_MS);
    await api.transfers.create(params);
    await host.settle();
    expect(verify(last(), secret)).toBeDefined();
    expect(() => verify(last(), SECRET)).toThrow();
  });
});

describe("a process that is killed", () => {
  it("has kept the transfer, its key, its delivery and its payout", async () => {
    await host.stop();
    const module = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../local", name)).href);
    const program = `
      import { createVirtualClock } from ${module("clock.ts")};
      import { openHostDatabase } from ${module("database.ts")};
      import { startSimulatedStripe } from ${module("stripe/simulated-stripe.ts")};
      const db = openHostDatabase(${JSON.stringify(dataDir)});
      const clock = createVirtualClock({ db, onError: console.error });
      const webhookTargets = () => [{ id: "app", url: "http://127.0.0.1:1/", secret: "s" }];
      const stripe = await startSimulatedStripe({ context: { db, clock, log() {} }, port: 0, webhookTargets });
      stripe.control.addFault({ fault: "timeout", count: 1 });
      console.log(stripe.url);`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const lost = clientOf({ ...host.stripe, url: line.toString().trim() }).transfers.create(params, {
      idempotencyKey: "k",
      timeout: 300,
    });
    await expect(lost).rejects.toThrow();
    child.kill("SIGKILL");
    await once(child, "exit");

    targets = [{ id: "app", url: receiver.url, secret: SECRET }];
    host = await startHost(dataDir, () => targets);
    api = clientOf(host.stripe);
    const replayed = await api.transfers.create(params, { idempotencyKey: "k" });
    expect(replayed.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(host.stripe.control.books().transfers.map(({ id }) => id)).toEqual([replayed.id]);
    await host.move(3 * DAY_MS);
    expect(types()).toEqual(["transfer.created", "payout.paid"]);
  });
});

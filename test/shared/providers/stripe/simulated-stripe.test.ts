import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../../local/clock.ts";
import type { VirtualClock } from "../../../../local/contracts.ts";
import { type SimulatedStripe, startSimulatedStripe } from "../../../../local/stripe/simulated-stripe.ts";
import type { PayoutGateway, TransferOrder } from "../../../../shared/providers/gateway.ts";
import { createStripeGateway } from "../../../../shared/providers/stripe/gateway.ts";
import { verifyStripeWebhook, type WebhookVerdict } from "../../../../shared/providers/stripe/webhook.ts";

const SECRET = "whsec_simulated";
const verdicts: WebhookVerdict[] = [];
let clock: VirtualClock;
let hooks: Server;
let stripe: SimulatedStripe;
let gateway: PayoutGateway;

beforeAll(async () => {
  const db = new DatabaseSync(":memory:");
  clock = createVirtualClock({ db, onError: () => {} });
  hooks = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const signatureHeader = String(request.headers["stripe-signature"]);
      const rawBody = Buffer.concat(chunks);
      verdicts.push(verifyStripeWebhook({ rawBody, signatureHeader, secrets: [SECRET], nowMs: clock.now() }));
      response.end();
    });
  });
  await new Promise<void>((resolve) => hooks.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
  stripe = await startSimulatedStripe({
    context: { db, clock, log: () => {} },
    port: 0,
    webhookTargets: () => [{ url, secret: SECRET }],
  });
  gateway = createStripeGateway({ apiKey: "sk_test_simulated", apiUrl: stripe.url, timeoutMs: 1_000 });
});

afterAll(async () => {
  await stripe.stop();
  clock.close();
  hooks.closeAllConnections();
  hooks.close();
});

function orderOf(transferId: string, change: Partial<TransferOrder> = {}): TransferOrder {
  const destination = { provider: "stripe", account: "acct_1simulated" } as const;
  return { organizationId: "org_1", transferId, epoch: 1, amountMinor: 500, currency: "USD", destination, ...change };
}

function bookedFor(transferId: string): number {
  return stripe.control.books().transfers.filter((transfer) => transfer.transferGroup === transferId).length;
}

describe("the gateway against the simulated Stripe", () => {
  it.each([
    ["html_502", "unreadable_answer"],
    ["timeout", "timeout"],
  ] as const)("pays once when the answer is lost (%s): the same key brings it back", async (fault, code) => {
    const order = orderOf(`trf_${fault}`);
    stripe.control.addFault({ fault, count: 1 });
    expect(await gateway.createTransfer(order)).toMatchObject({ kind: "unknown", class: "unknown", code });
    expect(await gateway.createTransfer(order)).toMatchObject({ kind: "accepted", replayed: true });
    expect(bookedFor(order.transferId)).toBe(1);
    const found = await gateway.findTransfers(order);
    expect(found).toMatchObject({ kind: "found", transfers: [{ transferId: order.transferId, epoch: 1 }] });
  });

  it("is told again that funds were short under the old key, and pays under the next epoch", async () => {
    const order = orderOf("trf_funds", { currency: "EUR" });
    stripe.control.setBalance({ currency: "eur", amount: 100 });
    expect(await gateway.createTransfer(order)).toMatchObject({ kind: "refused", class: "funds", replayed: false });
    stripe.control.topUp({ currency: "eur", amount: 1_000 });
    expect(await gateway.createTransfer(order)).toMatchObject({ kind: "refused", class: "funds", replayed: true });
    expect(await gateway.findTransfers(order)).toEqual({ kind: "none" });
    expect(await gateway.createTransfer({ ...order, epoch: 2 })).toMatchObject({ kind: "accepted", replayed: false });
    expect(bookedFor(order.transferId)).toBe(1);
  });

  it("never sends other parameters under a used key", async () => {
    await gateway.createTransfer(orderOf("trf_edited"));
    const edited = await gateway.createTransfer(orderOf("trf_edited", { amountMinor: 600 }));
    expect(edited).toMatchObject({ kind: "unknown", class: "mismatch", meaning: { newEpoch: "no" } });
    expect(bookedFor("trf_edited")).toBe(1);
  });

  it("takes back a part, and sees it", async () => {
    const order = orderOf("trf_reversed");
    const sent = await gateway.createTransfer(order);
    if (sent.kind !== "accepted") throw new Error("the transfer was not accepted");
    const { providerTransferId } = sent;
    const reversal = { ...order, reversalId: "rev_1", providerTransferId, amountMinor: 200 };
    expect(await gateway.createReversal(reversal)).toMatchObject({ kind: "accepted", replayed: false });
    expect(await gateway.createReversal(reversal)).toMatchObject({ kind: "accepted", replayed: true });
    const seen = await gateway.getTransfer(providerTransferId);
    expect(seen).toMatchObject({ kind: "found", transfer: { reversed: false, reversedMinor: 200 } });
    expect(await gateway.getTransfer("tr_unheardof")).toEqual({ kind: "absent" });
  });

  it("opens the circuit for an expired key", async () => {
    const expired = createStripeGateway({ apiKey: "sk_test_simulatedExpired", apiUrl: stripe.url });
    const answer = await expired.createTransfer(orderOf("trf_expired"));
    expect(answer).toMatchObject({ kind: "refused", class: "configuration", meaning: { opensCircuit: true } });
  });

  it("verifies the webhooks that follow", async () => {
    await gateway.createTransfer(orderOf("trf_hooked"));
    await expect.poll(() => verdicts.map((verdict) => verdict.ok && verdict.event.type)).toContain("transfer.created");
    expect(verdicts.every((verdict) => verdict.ok)).toBe(true);
  });
});

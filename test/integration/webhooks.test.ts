import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Document, localAws } from "../../local/report.ts";
import { signWebhook } from "../../local/stripe/webhook-signature.ts";
import { HOUR_MS, MINUTE_MS, nameOf, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const SECRET = "whsec_local";
let cloud: TestCloud;
let stripe: Stripe;
let url: string;

beforeAll(async () => {
  cloud = await startTestCloud();
  const { endpoints } = cloud.local;
  const { hostname, port } = new URL(endpoints.stripe);
  stripe = new Stripe("sk_test_simulated", { host: hostname, port: Number(port), protocol: "http" });
  url = endpoints.urls[nameOf("receive-stripe-webhook")] ?? "";
});
afterEach(() => {
  cloud.endFaults();
  const calm = { duplicates: 0, disorderWindowMs: 0, beforeAnswer: false };
  control().updateSettings({ payouts: { enabled: false }, webhooks: calm });
});
afterAll(() => cloud.stop());

const control = () => cloud.local.stripe.control;
let lastEvent = 0;

function eventAbout(object: Document, more: Document = {}) {
  lastEvent += 1;
  const created = Math.floor(cloud.now() / 1000);
  const envelope = { object: "event", type: "transfer.created", livemode: false, api_version: null, created };
  return { id: `evt_hand${lastEvent}`, ...envelope, data: { object }, ...more };
}

interface Signing {
  readonly secret?: string;
  readonly agedSeconds?: number;
  readonly header?: string;
}

/** Delivers by hand, as anybody on the internet can. */
async function post(body: string, { secret = SECRET, agedSeconds = 0, header }: Signing = {}) {
  const timestampS = Math.floor(cloud.now() / 1000) - agedSeconds;
  const signature = header ?? signWebhook({ payload: body, secrets: [secret], timestampS });
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(signature === "" ? {} : { "stripe-signature": signature }) },
    body,
  });
  return { status: answer.status, body: (await answer.json()) as Document };
}

const storedEvents = async (objectId: string) =>
  (await cloud.items("platform")).filter(
    ({ entity, objectId: about }) => entity === "provider_event" && about === objectId,
  );

async function reverse(org: Organization, amount: number): Promise<void> {
  const { providerTransferId = "" } = await org.only("transfer");
  await stripe.transfers.createReversal(providerTransferId, { amount });
  await cloud.settle();
}

describe("webhook forged, expired, from the future; too large", () => {
  const good = () => JSON.stringify(eventAbout({ id: "tr_nobody", object: "transfer" }));
  it.each<[string, number, string, () => Promise<{ status: number; body: Document }>]>([
    ["forged", 400, "bad_signature", () => post(good(), { secret: "whsec_forged" })],
    [
      "changed on the way",
      400,
      "bad_signature",
      () => post(good(), { header: `t=${Math.floor(cloud.now() / 1000)},v1=${"0".repeat(64)}` }),
    ],
    ["expired", 400, "too_old", () => post(good(), { agedSeconds: 301 })],
    ["from the future", 400, "from_the_future", () => post(good(), { agedSeconds: -310 })],
    ["unsigned", 400, "missing_signature", () => post(good(), { header: "" })],
    ["signed, but no event", 400, "malformed", () => post('{"id":"evt_1"}')],
    [
      "too large",
      413,
      "too_large",
      () => post(JSON.stringify(eventAbout({ object: "transfer", x: "x".repeat(300_000) }))),
    ],
  ])("%s: %i, and nothing is written", async (_name, status, code, deliver) => {
    const before = await cloud.items();
    expect(await deliver()).toMatchObject({ status, body: { code } });
    await cloud.settle();

    expect(await cloud.items()).toEqual(before);
  });

  it("refuses everything but POST", async () => {
    expect((await fetch(url)).status).toBe(405);
  });
});

describe("webhook twice, out of order, before the API answer, for an unknown object", () => {
  it("twice and more: stored once, one effect", async () => {
    const org = cloud.organization();
    control().updateSettings({ webhooks: { duplicates: 3 } });
    await org.send(100_000);
    await cloud.settle();

    const { providerTransferId = "" } = await org.only("transfer");
    expect(await storedEvents(providerTransferId)).toMatchObject([{ status: "applied", version: 2 }]);
    expect((await org.story("transfer")).filter((action) => action === "transfer.completed")).toHaveLength(1);
    await org.expectInvariants();
  });

  it("the same event again says that it is a duplicate, with 200", async () => {
    const body = JSON.stringify(eventAbout({ id: "tr_twice", object: "transfer" }));
    expect(await post(body)).toMatchObject({ status: 200, body: { duplicate: false } });
    expect(await post(body)).toMatchObject({ status: 200, body: { duplicate: true } });
    await cloud.settle();
    expect(await storedEvents("tr_twice")).toHaveLength(1);
  });

  it("before the API answer: one effect", async () => {
    const org = cloud.organization();
    control().updateSettings({ webhooks: { beforeAnswer: true } });
    await org.send(100_000);
    await cloud.advance(MINUTE_MS);

    expect(await org.only("transfer")).toMatchObject({ status: "completed" });
    expect(org.books()).toHaveLength(1);
    await org.expectInvariants();
  });

  it("instead of the API answer: completes the transfer whose answer was lost", async () => {
    const org = cloud.organization();
    control().addFault({ match: { destination: org.account() }, fault: "html_502", count: 1 });
    await org.send(100_000);
    await cloud.advance(30 * MINUTE_MS);

    expect(await org.only("transfer")).toMatchObject({ status: "completed" });
    expect(org.books()).toHaveLength(1);
    await org.expectInvariants();
  });

  it("out of order: state goes only forward", async () => {
    const org = cloud.organization();
    control().updateSettings({ webhooks: { disorderWindowMs: HOUR_MS, duplicates: 2 } });
    await org.send(100_000);
    await reverse(org, 30_000);
    await reverse(org, 20_000);
    await reverse(org, 50_000);
    await cloud.advance(2 * HOUR_MS);

    expect(await org.only("transfer")).toMatchObject({ status: "reversed", reversedMinor: 100_000 });
    expect(org.books()).toMatchObject([{ reversedMinor: 100_000 }]);
    await org.expectInvariants();
  });

  it("for an unknown object: is kept, and nothing else changes", async () => {
    control().emitEvent({ type: "transfer.created", object: { id: "tr_unknown1", object: "transfer" } });
    control().emitEvent({ type: "customer.created", object: { id: "cus_unknown1", object: "customer" } });
    await cloud.settle();

    expect(await storedEvents("tr_unknown1")).toMatchObject([{ status: "unmatched", note: expect.any(String) }]);
    expect(await storedEvents("cus_unknown1")).toMatchObject([{ status: "ignored" }]);
  });

  it("for a transfer that somebody made at the provider by hand: is kept for a person", async () => {
    const made = await stripe.transfers.create({ amount: 500, currency: "usd", destination: "acct_byhand" });
    await cloud.settle();

    expect(await storedEvents(made.id)).toMatchObject([{ status: "unmatched" }]);
  });
});

describe("reversal", () => {
  it("in part, then the rest: forward only, each difference posted once", async () => {
    const org = cloud.organization();
    await org.send(100_000);
    await reverse(org, 30_000);
    expect(await org.only("transfer")).toMatchObject({ status: "completed", reversedMinor: 30_000 });
    expect(await org.only("payout")).toMatchObject({ reversedMinor: 30_000 });
    await org.expectInvariants();

    await reverse(org, 70_000);
    const { providerTransferId = "" } = await org.only("transfer");
    for (const event of control().deliveries()) control().resendEvent(event.eventId);
    await cloud.settle();
    expect(await org.only("transfer")).toMatchObject({ status: "reversed", reversedMinor: 100_000 });
    const entries = (await org.all("journal_entry")).filter(({ kind }) => kind === "reversal");
    expect(entries.map(({ postings }) => Math.max(...postings.map(({ amountMinor }) => amountMinor)))).toEqual([
      30_000, 70_000,
    ]);
    expect(await storedEvents(providerTransferId)).toHaveLength(3);
    await org.expectInvariants();
  });
});

describe("webhook with the previous secret", () => {
  it("is accepted during the rotation, and refused once another one has followed", async () => {
    const { endpoints } = cloud.local;
    const secrets = new SecretsManagerClient(localAws({ ...endpoints, api: endpoints.api ?? "" }));
    const rotate = async (signingSecret: string) => {
      const SecretString = JSON.stringify({ signingSecret });
      await secrets.send(new PutSecretValueCommand({ SecretId: "payouts/local/stripe-webhook-secret", SecretString }));
      // The function looks at its secrets every five minutes.
      await cloud.advance(6 * MINUTE_MS);
    };
    const tried = async (secret: string) => {
      const { status } = await post(JSON.stringify(eventAbout({ id: "tr_rotation", object: "transfer" })), { secret });
      return status;
    };
    await rotate("whsec_second");
    expect([await tried(SECRET), await tried("whsec_second"), await tried("whsec_third")]).toEqual([200, 200, 400]);
    await rotate("whsec_third");
    expect([await tried(SECRET), await tried("whsec_second"), await tried("whsec_third")]).toEqual([400, 200, 200]);
    secrets.destroy();
  });
});

import { createHmac } from "node:crypto";
import type { LambdaFunctionURLEvent } from "aws-lambda";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ReceivedEvent } from "../../../shared/commands/provider-events.ts";
import { createWebhookHandler } from "../../../shared/http/stripe-webhook.ts";
import { logger } from "../../../shared/runtime/logger.ts";

const NOW_S = 1_772_443_800;
const CURRENT = "whsec_current";
const PREVIOUS = "whsec_previous";

let stored: ReceivedEvent[];
let secrets: string[];
beforeAll(() => logger.setLogLevel("SILENT"));
beforeEach(() => {
  stored = [];
  secrets = [CURRENT];
});

const handle = createWebhookHandler({
  now: () => NOW_S * 1_000,
  signingSecrets: async () => secrets,
  store: async (event) => {
    const first = stored.every(({ id }) => id !== event.id);
    if (first) stored.push(event);
    return first;
  },
});

function stripeEvent(more: Record<string, unknown> = {}) {
  return {
    id: "evt_1",
    object: "event",
    type: "transfer.created",
    created: NOW_S,
    livemode: false,
    api_version: null,
    data: { object: { id: "tr_1", object: "transfer", note: "é" } },
    ...more,
  };
}

interface Sent {
  readonly body?: string;
  readonly secret?: string;
  readonly at?: number;
  readonly signature?: string | undefined;
  readonly method?: string;
  readonly base64?: boolean;
}

function request(sent: Sent = {}): LambdaFunctionURLEvent {
  const { body = JSON.stringify(stripeEvent()), secret = CURRENT, at = NOW_S, method = "POST", base64 = false } = sent;
  const mac = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  const signature = "signature" in sent ? sent.signature : `t=${at},v1=${mac}`;
  return {
    headers: signature === undefined ? {} : { "stripe-signature": signature },
    requestContext: { http: { method, sourceIp: "192.0.2.1" } },
    body: base64 ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: base64,
  } as unknown as LambdaFunctionURLEvent;
}

async function answerTo(sent?: Sent): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await handle(request(sent));
  if (typeof answer === "string") throw new Error("an answer without a status");
  return { status: answer.statusCode ?? 0, body: JSON.parse(String(answer.body)) };
}

describe("Stripe's webhook", () => {
  it("is stored and answered with its id", async () => {
    expect(await answerTo()).toEqual({ status: 200, body: { received: "evt_1", duplicate: false } });
    expect(stored).toEqual([
      {
        provider: "stripe",
        id: "evt_1",
        type: "transfer.created",
        objectId: "tr_1",
        createdAt: "2026-03-02T09:30:00.000Z",
      },
    ]);
  });

  it("again is answered with success, so that Stripe stops sending it", async () => {
    await answerTo();
    expect(await answerTo()).toEqual({ status: 200, body: { received: "evt_1", duplicate: true } });
    expect(stored).toHaveLength(1);
  });

  it("is verified over the bytes that came, also where the gateway wrapped them in base64", async () => {
    expect((await answerTo({ base64: true })).status).toBe(200);
    expect((await answerTo({ body: JSON.stringify(stripeEvent({ id: "evt_2" }), null, 2), base64: true })).status).toBe(
      200,
    );
  });

  it("signed with the previous secret is taken while the secret is being rotated, and not after", async () => {
    secrets = [CURRENT, PREVIOUS];
    expect((await answerTo({ secret: PREVIOUS })).status).toBe(200);
    secrets = [CURRENT];
    expect((await answerTo({ secret: PREVIOUS })).status).toBe(400);
  });

  it.each<[string, Sent, number, string]>([
    ["without a signature", { signature: undefined }, 400, "missing_signature"],
    ["with somebody else's signature", { secret: "whsec_forged" }, 400, "bad_signature"],
    ["with a signature that is none", { signature: "nonsense" }, 400, "malformed"],
    ["signed more than 300 s ago", { at: NOW_S - 301 }, 400, "too_old"],
    ["signed more than 300 s ahead", { at: NOW_S + 301 }, 400, "from_the_future"],
    ["that is no JSON", { body: "{" }, 400, "malformed"],
    ["that is no event", { body: JSON.stringify({ id: "evt_1" }) }, 400, "malformed"],
    ["without a body", { body: "" }, 400, "malformed"],
    ["larger than 256 KiB", { body: JSON.stringify(stripeEvent({ padding: "x".repeat(262_144) })) }, 413, "too_large"],
  ])("%s is refused, and nothing is written", async (_what, sent, status, code) => {
    expect(await answerTo(sent)).toMatchObject({ status, body: { code } });
    expect(stored).toEqual([]);
  });

  it.each([-300, 300])("signed %i s away is still taken", async (offset) => {
    expect((await answerTo({ at: NOW_S + offset })).status).toBe(200);
  });

  it.each(["GET", "PUT", "DELETE", "OPTIONS"])("by %s is refused unread", async (method) => {
    expect(await answerTo({ method })).toEqual({ status: 405, body: { error: "only POST" } });
    expect(stored).toEqual([]);
  });

  it("about a connected account keeps the account", async () => {
    await answerTo({ body: JSON.stringify(stripeEvent({ account: "acct_1" })) });
    expect(stored).toMatchObject([{ account: "acct_1" }]);
  });

  it("about an account itself is about that account", async () => {
    const data = { object: { id: "acct_2", object: "account" } };
    await answerTo({ body: JSON.stringify(stripeEvent({ type: "account.updated", data })) });
    expect(stored).toMatchObject([{ objectId: "acct_2", account: "acct_2" }]);
  });

  it("about an object without an id keeps the object's name", async () => {
    const data = { object: { object: "balance" } };
    await answerTo({ body: JSON.stringify(stripeEvent({ type: "balance.available", data })) });
    expect(stored).toMatchObject([{ objectId: "balance" }]);
  });

  it("is an error where it can't be stored, so that Stripe sends it again", async () => {
    const broken = createWebhookHandler({
      now: () => NOW_S * 1_000,
      signingSecrets: async () => [CURRENT],
      store: () => Promise.reject(new Error("the table is down")),
    });
    await expect(broken(request())).rejects.toThrow("the table is down");
  });

  it("is an error without a signing secret: nobody is let in", async () => {
    secrets = [];
    await expect(handle(request())).rejects.toThrow("signing secret");
    expect(stored).toEqual([]);
  });
});

import { createHmac } from "node:crypto";
import fc from "fast-check";
import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { MAX_WEBHOOK_BYTES, verifyStripeWebhook } from "../../../../shared/providers/stripe/webhook.ts";

const SECRET = "whsec_current";
const PREVIOUS = "whsec_previous";
const NOW_MS = Date.UTC(2026, 10, 21, 9, 0, 0, 250);
const NOW_S = Math.floor(NOW_MS / 1000);
const EVENT = {
  id: "evt_1",
  object: "event",
  type: "transfer.created",
  created: NOW_S - 5,
  livemode: false,
  api_version: "2026-10-28.endive",
  account: "acct_1",
  data: { object: { id: "tr_1", object: "transfer", amount: 100 } },
};
const BODY = JSON.stringify(EVENT);

function sign(body: string | Buffer, secret = SECRET, timestamp: string | number = NOW_S): string {
  return createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
}
function header(body: string | Buffer = BODY, secret = SECRET, timestamp: string | number = NOW_S): string {
  return `t=${timestamp},v1=${sign(body, secret, timestamp)}`;
}
function verify(rawBody: string | Buffer, signatureHeader: string | undefined, secrets: readonly string[] = [SECRET]) {
  return verifyStripeWebhook({ rawBody, signatureHeader, secrets, nowMs: NOW_MS });
}

describe("verifyStripeWebhook accepts", () => {
  it.each([
    ["a fresh event", BODY, header(), [SECRET]],
    ["the bytes of the body", Buffer.from(BODY), header(), [SECRET]],
    ["a body that was base64 on the way and is bytes again", Buffer.from(btoa(BODY), "base64"), header(), [SECRET]],
    ["the previous secret during a rotation", BODY, header(BODY, PREVIOUS), [SECRET, PREVIOUS]],
    ["one right signature among several", BODY, `t=${NOW_S},v1=${"0".repeat(64)},v1=${sign(BODY)},v0=ab`, [SECRET]],
    ["the right signature before a wrong one", BODY, `${header()},v1=${"0".repeat(64)}`, [SECRET]],
    ["the right secret before another", BODY, header(), [SECRET, PREVIOUS]],
    ["an event just as old as tolerated", BODY, header(BODY, SECRET, NOW_S - 300), [SECRET]],
    ["an event just as early as tolerated", BODY, header(BODY, SECRET, NOW_S + 300), [SECRET]],
  ])("%s", (_what, rawBody, signatureHeader, secrets) => {
    expect(verify(rawBody, signatureHeader, secrets)).toMatchObject({
      ok: true,
      event: {
        id: "evt_1",
        type: "transfer.created",
        account: "acct_1",
        data: { object: { id: "tr_1", amount: 100 } },
      },
    });
  });

  it("what Stripe's own SDK signs", () => {
    const signatureHeader = Stripe.webhooks.generateTestHeaderString({
      payload: BODY,
      secret: SECRET,
      timestamp: NOW_S,
    });
    expect(verify(BODY, signatureHeader).ok).toBe(true);
  });

  it("an object without an id, as in balance.available", () => {
    const body = JSON.stringify({ ...EVENT, type: "balance.available", data: { object: { object: "balance" } } });
    expect(verify(body, header(body)).ok).toBe(true);
  });
});

describe("verifyStripeWebhook refuses", () => {
  const noId = JSON.stringify({ ...EVENT, id: undefined });
  const thin = JSON.stringify({ id: "evt_1", object: "v2.core.event", type: "v2.x", created: "2026-11-21T09:00:00Z" });
  const huge = " ".repeat(MAX_WEBHOOK_BYTES + 1);
  it.each([
    ["no header", BODY, undefined, "missing_signature"],
    ["an empty header", BODY, " ", "missing_signature"],
    ["a header without a v1 signature", BODY, `t=${NOW_S},v0=${sign(BODY)}`, "missing_signature"],
    ["a header without a timestamp", BODY, `v1=${sign(BODY)}`, "malformed"],
    ["a header with two timestamps", BODY, `t=${NOW_S},${header()}`, "malformed"],
    ["a timestamp that is no number", BODY, header(BODY, SECRET, "now"), "malformed"],
    ["an endless header", BODY, `${header()},${"v1=0,".repeat(2_000)}`, "malformed"],
    ["a signature by another secret", BODY, header(BODY, "whsec_other"), "bad_signature"],
    ["the previous secret after the rotation", BODY, header(BODY, PREVIOUS), "bad_signature"],
    ["a changed body", BODY.replace('"amount":100', '"amount":900'), header(), "bad_signature"],
    ["a body that was parsed and written again", JSON.stringify(EVENT, null, 2), header(), "bad_signature"],
    ["a body that is still base64", btoa(BODY), header(), "bad_signature"],
    ["a timestamp that was moved after signing", BODY, `t=${NOW_S - 1},v1=${sign(BODY)}`, "bad_signature"],
    ["an event older than tolerated", BODY, header(BODY, SECRET, NOW_S - 301), "too_old"],
    ["an event from the future", BODY, header(BODY, SECRET, NOW_S + 301), "from_the_future"],
    ["a forged and expired event, without saying that it is old", BODY, header(BODY, "x", 1), "bad_signature"],
    ["a body that is not JSON", "{", header("{"), "malformed"],
    ["an event without an id", noId, header(noId), "malformed"],
    ["a thin event of API v2", thin, header(thin), "malformed"],
    ["a body above the limit", huge, header(huge), "too_large"],
  ])("%s", (_what, rawBody, signatureHeader, reason) => {
    expect(verify(rawBody, signatureHeader)).toEqual({ ok: false, reason });
  });

  it("bytes that only look the same once decoded", () => {
    const signed = Buffer.from([0x22, 0xff, 0x22]);
    const sent = Buffer.from([0x22, 0xfe, 0x22]);
    expect(signed.toString("utf8")).toBe(sent.toString("utf8"));
    expect(verify(sent, header(signed))).toEqual({ ok: false, reason: "bad_signature" });
  });

  it("to run without a secret, or with a blank one", () => {
    expect(() => verify(BODY, header(), [])).toThrow("signing secret");
    expect(() => verify(BODY, header(BODY, " "), [SECRET, " "])).toThrow("signing secret");
  });

  it("every header that was not made with the secret", () => {
    fc.assert(
      fc.property(fc.string(), (signatureHeader) => {
        expect(verify(BODY, signatureHeader).ok).toBe(false);
      }),
    );
  });
});

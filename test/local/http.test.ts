import { request as httpRequest } from "node:http";
import { SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { InvokeResult } from "../../local/contracts.ts";
import { startFunctionUrl } from "../../local/http/function-url.ts";
import { startHttpApi } from "../../local/http/http-api.ts";
import type { LocalServer } from "../../local/http/local-server.ts";
import { createTokenIssuer, type TokenIssuer } from "../../local/http/token-issuer.ts";
import type { HttpApiModel } from "../../local/template/model.ts";
import { createFixtureHost, type FixtureHost } from "./cloud-fixture.ts";

const origin = { stack: "S", logicalId: "R" };
const ISSUER = "https://issuer.example.test";
const authorizer = {
  id: "a",
  name: "jwt",
  issuer: ISSUER,
  audience: ["payouts"],
  identitySource: ["$request.header.Authorization"],
};
const route = { ...origin, functionName: "api", timeoutMs: 1000, authorizationScopes: [] };
const api: HttpApiModel = {
  ...origin,
  id: "api1",
  name: "api",
  endpoint: "",
  stages: [{ name: "$default" }],
  cors: {
    allowOrigins: ["https://console.example.test"],
    allowMethods: ["GET", "POST"],
    allowHeaders: ["authorization"],
    exposeHeaders: ["etag"],
    allowCredentials: false,
    maxAgeSeconds: 60,
  },
  routes: [
    { ...route, routeKey: "GET /health" },
    { ...route, routeKey: "GET /v2/holds/{id}", authorizer },
    { ...route, routeKey: "ANY /v2/{proxy+}", authorizer },
  ],
};

let host: FixtureHost;
let issuer: TokenIssuer;
let server: LocalServer;
// biome-ignore lint/suspicious/noExplicitAny: an event's shape is what is tested
let event: any;
let answer: InvokeResult;

beforeEach(async () => {
  host = createFixtureHost();
  issuer = await createTokenIssuer({ dataDir: host.dataDir, clock: host.clock, issuer: ISSUER, audience: ["payouts"] });
  event = undefined;
  answer = {
    statusCode: 200,
    payload: JSON.stringify({ statusCode: 201, headers: { ETag: "1" }, body: '{"ok":true}' }),
  };
  const origins = ["http://127.0.0.1:5199"];
  server = await startHttpApi({ context: host, account: "000000000000", api, port: 0, functions, issuer, origins });
});

afterEach(async () => {
  await server.stop();
  host.remove();
});

const functions = {
  invoke: async (_name: string, payload: string) => {
    event = JSON.parse(payload);
    return answer;
  },
};

const call = (path: string, init: RequestInit = {}) => fetch(server.url + path, init);
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test("a request becomes an event of format 2.0, with the token's claims as texts", async () => {
  const { access_token } = await issuer.issue({
    sub: "u1",
    organizationId: "org_1",
    role: "admin",
    claims: { groups: ["a", "b"] },
  });

  const response = await call("/v2/holds/eh_1%2Fx?a=1&a=2&b=%20", bearer(access_token));

  expect(response.status).toBe(201);
  expect(response.headers.get("etag")).toBe("1");
  expect(await response.json()).toEqual({ ok: true });
  expect(event).toMatchObject({
    version: "2.0",
    routeKey: "GET /v2/holds/{id}",
    rawPath: "/v2/holds/eh_1%2Fx",
    rawQueryString: "a=1&a=2&b=%20",
    queryStringParameters: { a: "1,2", b: " " },
    pathParameters: { id: "eh_1/x" },
    isBase64Encoded: false,
    requestContext: {
      http: { method: "GET", sourceIp: "127.0.0.1" },
      authorizer: {
        jwt: { claims: { sub: "u1", organizationId: "org_1", role: "admin", groups: "[a b]" }, scopes: null },
      },
    },
  });
  expect(event.requestContext.authorizer.jwt.claims.exp).toMatch(/^\d+$/);
});

test("no token, a foreign, unsigned, expired or wrongly addressed one is refused", async () => {
  const { access_token } = await issuer.issue({ sub: "u1" });
  const foreign = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(ISSUER)
    .setAudience("payouts")
    .sign(Buffer.from("secret"));
  const unsigned = new UnsecuredJWT({}).setIssuer(ISSUER).setAudience("payouts").encode();
  const other = await createTokenIssuer({
    dataDir: host.dataDir,
    clock: host.clock,
    issuer: ISSUER,
    audience: ["other"],
  });
  const wrongAudience = (await other.issue({ sub: "u1" })).access_token;
  expect((await call("/v2/payouts", bearer(access_token))).status).toBe(201);
  await host.move(13 * 3_600_000);
  event = undefined;

  for (const token of ["", foreign, unsigned, wrongAudience, access_token]) {
    const response = await call("/v2/payouts", token === "" ? {} : bearer(token));
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ message: "Unauthorized" });
  }
  expect(event).toBeUndefined();
});

test("an open route, an unknown one, a broken and a busy function", async () => {
  expect((await call("/health")).status).toBe(201);
  const unknown = await call("/nothing");
  expect([unknown.status, await unknown.json()]).toEqual([404, { message: "Not Found" }]);
  answer = { statusCode: 200, payload: "{}", functionError: "Unhandled" };
  expect((await call("/health")).status).toBe(500);
  answer = { statusCode: 429, payload: "{}" };
  expect((await call("/health")).status).toBe(503);
});

test("an answer is dated by the clock that the functions go by", async () => {
  await host.move(90 * 24 * 60 * 60 * 1000);
  const date = Date.parse((await call("/health")).headers.get("date") ?? "");
  expect(Math.abs(date - host.clock.now())).toBeLessThan(5_000);
});

test("a preflight is answered by the gateway, for an allowed origin only", async () => {
  const preflight = (from: string) =>
    call("/v2/payouts", { method: "OPTIONS", headers: { origin: from, "access-control-request-method": "POST" } });

  const allowed = await preflight("https://console.example.test");
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://console.example.test");
  expect(allowed.headers.get("access-control-allow-methods")).toBe("GET,POST");
  expect((await preflight("https://evil.example.test")).headers.get("access-control-allow-origin")).toBeNull();
  const served = "http://127.0.0.1:5199";
  expect((await preflight(served)).headers.get("access-control-allow-origin")).toBe(served);
  expect(event).toBeUndefined();
});

test("a function URL hands over the raw body: text as text, the rest as base64, too much not at all", async () => {
  const model = {
    ...origin,
    functionName: "webhook",
    url: "http://webhook.lambda-url.localhost/",
    authType: "NONE" as const,
  };
  const url = await startFunctionUrl({ context: host, account: "000000000000", model, port: 0, functions });
  const post = (body: string | Uint8Array<ArrayBuffer>, type: string) =>
    fetch(`${url.url}/hook`, { method: "POST", body, headers: { "content-type": type, "Stripe-Signature": "t=1" } });

  await post('{"a": "ü"}', "application/json");
  expect(event).toMatchObject({ rawPath: "/hook", routeKey: "$default", body: '{"a": "ü"}', isBase64Encoded: false });
  expect(event.headers["stripe-signature"]).toBe("t=1");
  await post(Uint8Array.from([255, 0, 1]), "application/octet-stream");
  expect(event).toMatchObject({ body: "/wAB", isBase64Encoded: true });

  event = undefined;
  expect(await postLarge(`${url.url}/hook`)).toBe(413);
  expect(event).toBeUndefined();
  await url.stop();
});

function postLarge(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method: "POST" }, (response) => resolve(response.statusCode));
    outgoing.on("error", reject);
    outgoing.end(Buffer.alloc(6 * 1024 * 1024 + 1));
  });
}

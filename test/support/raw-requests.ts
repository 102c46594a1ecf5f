/** Requests to a test cloud's API as no well-meaning client sends them: any token, any header, any body, from any local address. */
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { decodeJwt, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { expect } from "vitest";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import type { Json } from "./api.ts";
import { answerChecker } from "./api-document.ts";
import type { TestCloud } from "./cloud.ts";

export interface RawAsked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** As it is; an object is sent as JSON. */
  readonly body?: string | object;
  /** Over those that the operation needs; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Another address of this machine to come from. */
  readonly from?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined where the answer isn't JSON. */
  readonly json: Json;
}

export type RawRequests = Awaited<ReturnType<typeof createRawRequests>>;

let keys = 0;

export async function createRawRequests(cloud: Pick<TestCloud, "local" | "dataDir" | "now">) {
  const { api, local } = cloud.local.endpoints;
  const { host } = new URL(api ?? "");
  const check = answerChecker();
  const jwk = JSON.parse(readFileSync(join(cloud.dataDir, "token-key.json"), "utf8")) as JWK;
  const good = await importJWK(jwk, "RS256");
  const { privateKey: foreign } = await generateKeyPair("RS256");
  const sample = await fetch(`${local}/token`, { method: "POST", body: JSON.stringify({ sub: "sample" }) });
  const { iss, aud } = decodeJwt(((await sample.json()) as { access_token: string }).access_token);

  function claimsOf(subject: string, organizationId: string | undefined, more: JWTPayload): JWTPayload {
    const now = Math.floor(cloud.now() / 1_000);
    const named = organizationId === undefined ? {} : { organizationId };
    return { sub: subject, iss, aud, iat: now, exp: now + 3_600, ...named, ...more } as JWTPayload;
  }

  const signed = (payload: JWTPayload, key: typeof good) =>
    new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: jwk.kid ?? "" }).sign(key);

  return {
    host,
    /** A token as the issuer gives it, but for the claims that are named. */
    token: (subject: string, organizationId?: string, more: JWTPayload = {}) =>
      signed(claimsOf(subject, organizationId, more), good),
    /** The same, signed with a key of somebody else's. */
    forged: (subject: string, organizationId: string) => signed(claimsOf(subject, organizationId, {}), foreign),
    /** The same with `alg: none`. */
    unsigned: (subject: string, organizationId: string) =>
      Promise.resolve(new UnsecuredJWT(claimsOf(subject, organizationId, {})).encode()),

    /** Fails where the answer isn't described in the OpenAPI document. */
    async send(operationId: OperationId, token: string | undefined, asked: RawAsked = {}): Promise<RawAnswer> {
      const spec: OperationSpec = operations[operationId];
      keys += 1;
      const body = typeof asked.body === "object" ? JSON.stringify(asked.body) : asked.body;
      const headers = {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(spec.movesMoney ? { "idempotency-key": `raw-${keys}` } : {}),
        ...(spec.conditional ? { "if-match": '"0"' } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...asked.headers,
      };
      const sent = Object.fromEntries(
        Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null),
      );
      const path = pathOf(spec, asked.params);
      const url = `http://${host}${path}${asked.query === undefined ? "" : `?${asked.query}`}`;
      const answer = await exchange(url, { method: spec.method, headers: sent, localAddress: asked.from }, body);
      const contentType = answer.headers["content-type"];
      const seen = { status: answer.status, contentType, text: answer.text };
      expect(check(operationId, seen)).toBeUndefined();
      const isJson = /[/+]json\b/.test(contentType ?? "") && answer.text !== "";
      return { ...answer, json: isJson ? JSON.parse(answer.text) : undefined };
    },
  };
}

function pathOf(spec: OperationSpec, params: Readonly<Record<string, string>> = {}): string {
  return spec.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? (name === "entity_type" ? "payout" : name === "version" ? "1" : `no-${name}`)),
  );
}

interface Exchanged {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

function exchange(
  url: string,
  options: { method: string; headers: Record<string, string>; localAddress: string | undefined },
  body: string | undefined,
): Promise<Exchanged> {
  const { localAddress, ...rest } = options;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      url,
      { ...rest, headers: { ...rest.headers, ...length }, ...(localAddress === undefined ? {} : { localAddress }) },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers as Record<string, string | undefined>,
            text: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Several at a time, in order of their beginning. */
export async function severalAtATime<T>(
  list: readonly T[],
  work: (one: T) => Promise<void>,
  atOnce = 8,
): Promise<void> {
  const rest = list.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of rest) await work(one);
    }),
  );
}

/**
 * P3: what the API puts around a handler (routing, access, parsing, idempotency, answer), without any I/O, against a bare
 * handler that parses the same body with the same schema. The gateway's check of the token is shown apart: it is not the
 * function's work.
 */
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import { type ApiEvent, createDispatch } from "../shared/api/dispatch.ts";
import { amount, id, notes } from "../shared/api/fields.ts";
import { answered, operation } from "../shared/api/operation.ts";
import type { ReceiptWrite } from "../shared/store/receipts.ts";

export interface Overhead {
  readonly what: string;
  /** Medians of the rounds, in microseconds a request. */
  readonly apiUs: number;
  readonly bareUs: number;
}

export interface Overheads {
  readonly requests: readonly Overhead[];
  readonly validationUs: number;
  readonly tokenUs: number;
}

const ORGANIZATION = "acme";
const body = z.strictObject({ amount: amount.optional(), notes: notes.optional() });
const params = z.strictObject({ id });
const answer = { status: 200, schema: z.object({}) } as const;
const operations = {
  readOne: operation({
    method: "GET",
    path: "/v2/things/{id}",
    tag: "t",
    summary: "s",
    access: "payouts.view",
    params,
    answer,
  }),
  act: operation({
    method: "POST",
    path: "/v2/things/{id}/release",
    tag: "t",
    summary: "s",
    access: "holds.manage",
    params,
    body,
    answer,
    movesMoney: true,
  }),
};
const record = {
  id: "eh_01JDR2V0Q8Z5Y7X3W1T9S6R4P202",
  version: 3,
  hold_amount: 25_000,
  currency: "USD",
  status: "active",
};
const settings = { policy: {}, allowedCidrs: ["192.0.2.0/24"] };

function apiUnderTest(): (event: ApiEvent) => Promise<unknown> {
  const assignment = { id: "maya", role: "manager", status: "active" };
  return createDispatch({
    operations,
    handlers: {
      readOne: async () => answered({ data: record }),
      act: ({ act }: Acting) =>
        act(
          async () => DONE,
          () => ({ data: record }),
        ),
    } as never,
    store: {
      readReceipt: async () => undefined,
      commit: async (_changes: unknown, _conditions?: { receipt?: ReceiptWrite }) => undefined,
      getMany: async () => [],
    },
    access: { load: async () => ({ assignment, settings }) } as never,
    vigilance: { refused: async () => undefined, acted: async () => undefined, read: async () => undefined },
    now: () => 1_795_252_800_000,
    organizationClaim: "organizationId",
  });
}

type Acting = { act(run: () => Promise<object>, bodyOf: () => object): Promise<unknown> };
const DONE = { ok: true, changes: [], value: undefined };

/** Everything that a handler can't do without: read the body, check it, answer. */
function bare(event: ApiEvent): Promise<unknown> {
  const input = event.body === undefined ? undefined : body.parse(JSON.parse(event.body));
  const checked = params.parse(event.pathParameters);
  return Promise.resolve({
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: record, ...(input === undefined && checked.id === "" ? { input } : {}) }),
  });
}

function eventOf(routeKey: string, text?: string): ApiEvent {
  return {
    routeKey,
    rawQueryString: "",
    pathParameters: { id: record.id },
    headers: { "content-type": "application/json", "idempotency-key": "6f1c2c1e-6a35-4a2e-9d7d-6f7c2b5f0a11" },
    ...(text === undefined ? {} : { body: text }),
    requestContext: {
      requestId: "r-1",
      authorizer: { jwt: { claims: { sub: "maya", organizationId: ORGANIZATION } } },
      http: { sourceIp: "192.0.2.7" },
    } as never,
  };
}

const REQUESTS = 2_000;

async function microseconds(work: () => Promise<unknown> | unknown): Promise<number> {
  const from = performance.now();
  for (let index = 0; index < REQUESTS; index += 1) await work();
  return ((performance.now() - from) * 1_000) / REQUESTS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export async function apiOverhead(rounds: number): Promise<Overheads> {
  const api = apiUnderTest();
  const text = JSON.stringify({ amount: 5_000, notes: "agreed with the client" });
  const cases = [
    { what: "read of one record", event: eventOf("GET /v2/things/{id}") },
    { what: "deed with an idempotency key", event: eventOf("POST /v2/things/{id}/release", text) },
  ];
  const requests: Overhead[] = [];
  for (const { what, event } of cases) {
    const status = (await api(event)) as { statusCode: number };
    if (status.statusCode !== 200) throw new Error(`${what}: ${JSON.stringify(status)}`);
    const apiUs: number[] = [];
    const bareUs: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const turns = [() => api(event), () => bare(event), () => bare(event), () => api(event)].map(
        (work) => () => microseconds(work),
      );
      const times: number[] = [];
      for (const turn of turns) times.push(await turn());
      if (round === 0) continue;
      const [firstApi = 0, firstBare = 0, secondBare = 0, secondApi = 0] = times;
      apiUs.push((firstApi + secondApi) / 2);
      bareUs.push((firstBare + secondBare) / 2);
    }
    requests.push({ what, apiUs: median(apiUs), bareUs: median(bareUs) });
  }
  return {
    requests,
    validationUs: await microseconds(() => body.parse(JSON.parse(text))),
    tokenUs: await tokenCheck(),
  };
}

/** What the gateway does before: the signature of an RS256 token. */
async function tokenCheck(): Promise<number> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const token = await new SignJWT({ organizationId: ORGANIZATION })
    .setProtectedHeader({ alg: "RS256" })
    .setSubject("maya")
    .setExpirationTime("1h")
    .sign(privateKey);
  const key = await importJWK(await exportJWK(publicKey), "RS256");
  return microseconds(() => jwtVerify(token, key));
}

import Stripe from "stripe";
import type { z } from "zod";
import type { NotAccepted } from "../gateway.ts";
import { classifyStripeError } from "./classify.ts";

/** The version whose answers the table describes; a newer one is a change of code, with its tests. */
const API_VERSION = "2026-10-28.endive";
/**
 * None: whoever calls owns waiting and trying again, and each call is one recorded attempt. (The SDK still repeats a
 * broken connection once, which the idempotency key makes harmless.)
 */
const MAX_NETWORK_RETRIES = 0;

type HttpClient = NonNullable<Stripe.StripeConfig["httpClient"]>;

export interface StripeGatewayOptions {
  readonly apiKey: string;
  /** Origin only, `https://api.stripe.com` by default. A live key is refused over plain http. */
  readonly apiUrl?: string;
  /** Bound of a whole call: connecting, waiting, reading, and the SDK's one repetition. 15 s by default. */
  readonly timeoutMs?: number;
  /**
   * Node's http client by default: both clients keep sockets alive between calls, and this one took less than half of
   * the time of fetch per call.
   */
  readonly httpClient?: HttpClient;
}

export function createClient(options: StripeGatewayOptions, timeoutMs: number): Stripe {
  const url = new URL(options.apiUrl ?? "https://api.stripe.com");
  const isOrigin = url.pathname === "/" && url.search === "" && url.username === "";
  if (!isOrigin || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new Error("apiUrl is an http or https origin without a path");
  }
  const isLiveKey = /^[a-z]+_live_/.test(options.apiKey);
  if (isLiveKey && url.protocol === "http:") throw new Error("a live key is never sent over plain http");
  const protocol = url.protocol === "https:" ? "https" : "http";
  return new Stripe(options.apiKey, {
    apiVersion: API_VERSION,
    host: url.hostname,
    port: url.port === "" ? (protocol === "https" ? 443 : 80) : Number(url.port),
    protocol,
    timeout: timeoutMs,
    maxNetworkRetries: MAX_NETWORK_RETRIES,
    httpClient: readingOnlyObjects(options.httpClient ?? Stripe.createNodeHttpClient()),
    telemetry: false,
  });
}

/**
 * The SDK writes a property into the body it has parsed. A body that is a bare string or number (a proxy's `"busy"`)
 * makes that throw where nobody can catch it, and the process would end; here it becomes an unreadable answer.
 */
function readingOnlyObjects(client: HttpClient): HttpClient {
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request) => {
      const response = await client.makeRequest(...request);
      const toJSON = response.toJSON.bind(response);
      response.toJSON = async () => {
        const body: unknown = await toJSON();
        if (typeof body !== "object" || body === null) throw new TypeError("the body is not a JSON object");
        return body;
      };
      return response;
    },
  };
}

export interface Answered {
  readonly lastResponse: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> };
}

type Settled<T> =
  | { readonly ok: true; readonly value: T; readonly replayed: boolean }
  | { readonly ok: false; readonly trouble: NotAccepted };

/**
 * The SDK takes every JSON answer without `error` for a success, whatever its status (a proxy's `502
 * {"message": …}`), so status and shape are checked here.
 */
export async function settle<T>(schema: z.ZodType<T>, call: Promise<Answered>): Promise<Settled<T>> {
  try {
    const answered = await call;
    const { statusCode, headers } = answered.lastResponse;
    const message = `HTTP ${statusCode} without Stripe's error object`;
    if (statusCode < 200 || statusCode > 299) {
      return { ok: false, trouble: classifyStripeError({ statusCode, headers, message }) };
    }
    const parsed = schema.safeParse(answered);
    if (!parsed.success) return { ok: false, trouble: unreadable("a success that is not the object asked for") };
    return { ok: true, value: parsed.data, replayed: headers["idempotent-replayed"] === "true" };
  } catch (thrown) {
    return { ok: false, trouble: classifyStripeError(thrown) };
  }
}

/** The client's own time-out starts again with every byte; this one does not. */
export async function withDeadline<T>(call: () => Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    const message = `no complete answer within ${timeoutMs} ms`;
    const timedOut = { type: "StripeConnectionError", message, detail: { code: "ETIMEDOUT" } };
    timer = setTimeout(() => reject(timedOut), timeoutMs);
  });
  try {
    return await Promise.race([call(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** An answer of Stripe's that says something else than it should: it settles nothing. */
export function unreadable(message: string): NotAccepted {
  return classifyStripeError({ type: "StripeAPIError", message });
}

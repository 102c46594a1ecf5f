import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { inTransaction } from "../database.ts";
import type { AccountStore } from "./accounts.ts";
import { type ApiKeys, expiredKey, restrictedKey } from "./api-keys.ts";
import { ApiRefusal } from "./api-refusal.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Fault, type FaultAt, type FaultStore, isFaultAt } from "./faults.ts";
import { fingerprintOf, parseForm, textParam } from "./form-body.ts";
import { type IdempotencyStore, type KeyedRequest, keyInUse, type StoredAnswer } from "./idempotency.ts";
import { lockTimeout, type RateLimit, rateLimited } from "./rate-limit.ts";
import type { RequestLog, RequestOutcome } from "./request-log.ts";
import type { StripeSettings } from "./settings.ts";
import { newId } from "./stripe-database.ts";
import { API_VERSION } from "./webhook-events.ts";

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly header: (name: string) => string | undefined;
}

/** What goes back over the wire, or does not. */
export type Reply =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "html_502" }
  | { readonly kind: "reset" }
  | { readonly kind: "hang" };

export interface PipelineDeps {
  readonly db: DatabaseSync;
  readonly endpoints: readonly Endpoint[];
  readonly settings: () => StripeSettings;
  readonly apiKeys: ApiKeys;
  readonly accounts: AccountStore;
  readonly rateLimit: RateLimit;
  readonly faults: FaultStore;
  readonly idempotency: IdempotencyStore;
  readonly requestLog: RequestLog;
  /** After the commit and while the idempotency key is still in use. */
  readonly committed: (requestId: string) => Promise<void>;
}

interface Call {
  readonly endpoint: Endpoint;
  readonly ids: readonly string[];
  readonly request: ApiRequest;
  readonly requestId: string;
  readonly maskedKey: string;
  readonly account: string | undefined;
  readonly keyed: KeyedRequest | undefined;
}

type Answer = StoredAnswer & { readonly outcome: RequestOutcome };

/**
 * Authentication, limits, idempotency, faults, execution, in Stripe's order. Whatever has been executed is durable, with the
 * answer under its key, before a reply comes back.
 */
export function createPipeline(deps: PipelineDeps): (request: ApiRequest) => Promise<Reply> {
  const { db, endpoints, settings, apiKeys, accounts, rateLimit, faults, idempotency, requestLog, committed } = deps;

  async function handle(request: ApiRequest): Promise<Reply> {
    const requestId = newId("req");
    const found = findEndpoint(endpoints, request);
    const name = found?.endpoint.name ?? "unknown";
    const log = (status: number, outcome: RequestOutcome) => requestLog.add({ endpoint: name, status, outcome });
    try {
      const { maskedKey } = apiKeys.check(request.header("authorization"));
      if (found === undefined) throw unknownUrl(request);
      rateLimit.check(name);
      const account = request.header("stripe-account");
      if (account !== undefined) accounts.accessible(account, maskedKey);
      const call = {
        ...found,
        request,
        requestId,
        maskedKey,
        account,
        keyed: keyedRequest(found.endpoint, request, account),
      };
      const { reply, outcome } = await answer(call);
      log(reply.kind === "json" ? reply.status : reply.kind === "html_502" ? 502 : 0, outcome);
      return reply;
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      log(error.status, "refused");
      return json(refusalAnswer(error, requestId), request, requestId);
    }
  }

  async function answer(call: Call): Promise<{ reply: Reply; outcome: RequestOutcome }> {
    const stored = call.keyed === undefined ? undefined : idempotency.find(call.keyed);
    const taken = faults.take(factsOf(call, stored !== undefined));
    const fault = taken?.fault;
    if (isFaultAt("beforeExecution", fault)) return { reply: turnAway(fault, call), outcome: "refused" };
    if (stored !== undefined) {
      const replay = { ...stored, headers: { ...stored.headers, "idempotent-replayed": "true" } };
      return { reply: lost(fault) ?? json(replay, call.request, call.requestId), outcome: "replayed" };
    }

    const release = call.keyed === undefined ? undefined : idempotency.begin(call.keyed);
    try {
      const delayMs = settings().latencyRealMs + (fault === "slow" ? (taken?.delayRealMs ?? 0) : 0);
      if (delayMs > 0) await sleep(delayMs);
      const result = execute(call, fault);
      await committed(call.requestId);
      return { reply: lost(fault) ?? json(result, call.request, call.requestId), outcome: result.outcome };
    } finally {
      release?.();
    }
  }

  function execute(call: Call, fault: Fault | undefined): Answer {
    return inTransaction(db, () => {
      const result = { ...runEndpoint(call, fault), requestId: call.requestId };
      if (call.keyed !== undefined && result.outcome === "executed") idempotency.save(call.keyed, result);
      return result;
    });
  }

  function runEndpoint(call: Call, fault: Fault | undefined): Answer {
    const { endpoint, ids, request, requestId, maskedKey, account, keyed } = call;
    try {
      if (fault === "500_before") throw internalError();
      const params = parseForm(request.method === "GET" ? request.query : request.body);
      const idempotencyKey = keyed?.key;
      const body = inTransaction(db, () =>
        endpoint.execute({ ids, params, account, maskedKey, requestId, idempotencyKey, fault }),
      );
      if (fault === "500_after") return { ...refusalAnswer(internalError(), requestId), outcome: "executed" };
      return { status: 200, body: JSON.stringify(body, null, 2), headers: {}, requestId, outcome: "executed" };
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      return { ...refusalAnswer(error, requestId), outcome: error.executionBegan ? "executed" : "refused" };
    }
  }

  function turnAway(fault: FaultAt<"beforeExecution">, call: Call): Reply {
    const refused = (refusal: ApiRefusal) => json(refusalAnswer(refusal, call.requestId), call.request, call.requestId);
    switch (fault) {
      case "timeout_before":
        return { kind: "hang" };
      case "reset_before":
        return { kind: "reset" };
      case "html_502_before":
        return { kind: "html_502" };
      case "500_unstored":
        return refused(new ApiRefusal(500, internalError().body));
      case "429":
        return refused(rateLimited("global-rate"));
      case "lock_timeout":
        return refused(lockTimeout());
      case "409":
        return refused(keyInUse(call.keyed?.key ?? ""));
      case "expired_key":
        return refused(expiredKey(call.maskedKey));
      case "restricted_key":
        return refused(restrictedKey(call.maskedKey));
    }
  }

  return handle;
}

function lost(fault: Fault | undefined): Reply | undefined {
  if (fault === "timeout") return { kind: "hang" };
  if (fault === "reset_after") return { kind: "reset" };
  return fault === "html_502" ? { kind: "html_502" } : undefined;
}

function findEndpoint(endpoints: readonly Endpoint[], request: ApiRequest) {
  for (const endpoint of endpoints) {
    const match = endpoint.method === request.method ? endpoint.path.exec(request.path) : null;
    if (match !== null) return { endpoint, ids: match.slice(1).map(decodeURIComponent) };
  }
  return undefined;
}

/** Keys matter on POST only; a GET may carry one to no effect. */
function keyedRequest(endpoint: Endpoint, request: ApiRequest, account: string | undefined): KeyedRequest | undefined {
  const key = request.header("idempotency-key");
  if (request.method !== "POST" || key === undefined || key === "") return undefined;
  const fingerprint = fingerprintOf(request.body);
  return { account: account ?? "", key, endpoint: endpoint.name, path: request.path, fingerprint };
}

function factsOf(call: Call, replay: boolean) {
  const params = parseForm(call.request.method === "GET" ? call.request.query : call.request.body);
  const amount = textParam(params, "amount");
  return {
    endpoint: call.endpoint.name,
    destination: textParam(params, "destination"),
    amount: amount === undefined ? undefined : Number(amount),
    transferGroup: textParam(params, "transfer_group"),
    idempotencyKey: call.keyed?.key,
    replay,
  };
}

function refusalAnswer(refusal: ApiRefusal, requestId: string): StoredAnswer {
  const { code } = refusal.body;
  const docUrl =
    code === undefined ? {} : { doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}` };
  const error = {
    ...refusal.body,
    ...docUrl,
    request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
  };
  return { status: refusal.status, body: JSON.stringify({ error }, null, 2), headers: refusal.headers, requestId };
}

function json(answer: StoredAnswer, request: ApiRequest, requestId: string): Reply {
  const echoed = {
    "idempotency-key": request.header("idempotency-key"),
    "stripe-account": request.header("stripe-account"),
  };
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "request-id": requestId,
    "stripe-version": request.header("stripe-version") ?? API_VERSION,
    ...(request.method === "POST" && echoed["idempotency-key"] !== undefined
      ? { "original-request": answer.requestId }
      : {}),
    ...answer.headers,
  };
  for (const [name, value] of Object.entries(echoed)) if (value !== undefined) headers[name] = value;
  return { kind: "json", status: answer.status, body: answer.body, headers };
}

/** Stripe tells the client not to try again, as the stored answer would only come back. */
function internalError(): ApiRefusal {
  const message = "An unknown error occurred. Sorry about that!";
  return new ApiRefusal(
    500,
    { type: "api_error", message },
    { executionBegan: true, headers: { "stripe-should-retry": "false" } },
  );
}

function unknownUrl(request: ApiRequest): ApiRefusal {
  const message = `Unrecognized request URL (${request.method}: ${request.path}).`;
  return new ApiRefusal(404, { type: "invalid_request_error", message });
}

import type { APIGatewayProxyEventV2WithJWTAuthorizer } from "aws-lambda";
import type { Access } from "../access/access.ts";
import { addressAllowed } from "../access/network.ts";
import { isOperator } from "../access/operators.ts";
import { isScoped, may } from "../access/roles.ts";
import type { Observed, Vigilance } from "../access/vigilance.ts";
import { recordsIn } from "../commands/records.ts";
import type { RecordChange } from "../domain/decision.ts";
import { organizationId } from "../events/inbound.ts";
import { logger } from "../runtime/logger.ts";
import { payeeKey } from "../store/keys.ts";
import { ReceiptTaken } from "../store/receipts.ts";
import type { Store } from "../store/store.ts";
import { createActing } from "./acting.ts";
import { troubleOf } from "./failures.ts";
import type { ApiResult, Caller, Handler, OperationSpec, Operations } from "./operation.ts";
import { type ParsedRequest, parseRequest, readIdempotencyKey, readIfMatch } from "./parse.ts";
import { type ProblemFacts, problemKinds } from "./problem.ts";
import { type RequestReceipts, receiptsOf } from "./receipts.ts";
import { problemResponse, type Response, replayedResponse, successResponse } from "./responses.ts";

export type ApiEvent = Partial<APIGatewayProxyEventV2WithJWTAuthorizer>;

export interface DispatchOptions {
  readonly operations: Operations;
  /** One per operation, by its id. */
  readonly handlers: Readonly<Record<string, Handler<never>>>;
  readonly store: Pick<Store, "readReceipt" | "commit" | "getMany">;
  readonly access: Access;
  readonly vigilance: Vigilance;
  readonly now: () => number;
  /** The claim that names the organization. */
  readonly organizationClaim: string;
  /** Whose staff may see to the platform itself; absent: nobody's. */
  readonly operatorOrganization?: string | undefined;
}

/** Somebody with a token of the organization, and no role in it. */
interface Stranger {
  readonly organizationId: string;
  readonly subject: string;
  readonly sourceIp: string;
  readonly role: undefined;
}

/** One request on its way. */
interface Call {
  readonly operationId: string;
  readonly spec: OperationSpec;
  readonly event: ApiEvent;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestId: string;
}

/**
 * From an API Gateway event to its answer: who it is, whether they may, what they want, once. Refusals are problems with a
 * stable code; what people were refused is written down before they are told. Nothing is thrown at the gateway.
 */
export function createDispatch(options: DispatchOptions): (event: ApiEvent) => Promise<Response> {
  const { operations, handlers, store, access, vigilance, now, organizationClaim, operatorOrganization } = options;
  const byRoute = new Map(
    Object.entries(operations).map(([operationId, spec]) => [`${spec.method} ${spec.path}`, { operationId, spec }]),
  );

  async function callerOf(event: ApiEvent): Promise<Caller | Stranger | ProblemFacts> {
    const claims = event.requestContext?.authorizer?.jwt.claims;
    const sub = claims?.sub;
    const named = organizationId.safeParse(claims?.[organizationClaim]);
    if (typeof sub !== "string" || sub === "" || !named.success) return { code: "unauthenticated" };
    const sourceIp = event.requestContext?.http.sourceIp ?? "";
    const { assignment, settings } = await access.load(named.data, sub);
    if (assignment === undefined) return { organizationId: named.data, subject: sub, sourceIp, role: undefined };
    return {
      organizationId: named.data,
      subject: sub,
      role: assignment.role,
      ...(assignment.scopeId === undefined ? {} : { scopeId: assignment.scopeId }),
      sourceIp,
      addressAllowed: addressAllowed(settings, sourceIp),
      settings,
    };
  }

  function observed({ operationId, requestId, event }: Call, caller: Caller | Stranger, entityId?: string): Observed {
    const about = entityId ?? event.pathParameters?.id ?? event.pathParameters?.subject;
    return {
      organizationId: caller.organizationId,
      subject: caller.subject,
      ...(caller.role === undefined ? {} : { role: caller.role }),
      sourceIp: caller.sourceIp,
      operation: operationId,
      requestId,
      ...(about === undefined ? {} : { entityId: about.slice(0, 128) }),
    };
  }

  /** Only what was meant and understood is written down: a malformed request is nobody's attempt at anything. */
  async function refuse(call: Call, caller: Caller | Stranger, refusal: ProblemFacts): Promise<Response> {
    const { status } = problemKinds[refusal.code];
    const mutates = call.spec.method !== "GET";
    const told = status === 403 || (mutates && (status === 404 || status === 409 || status === 412 || status === 422));
    if (told) await vigilance.refused(observed(call, caller), refusal.code, refusal.message ?? refusal.code);
    return problemResponse(refusal, call.requestId);
  }

  async function replay(call: Call, caller: Caller, receipts: RequestReceipts): Promise<Response | undefined> {
    const receipt = await store.readReceipt(receipts.key());
    if (receipt === undefined) return undefined;
    if (receipt.requestHash !== receipts.requestHash) return refuse(call, caller, { code: "idempotency_key_reused" });
    return receipt.answer === undefined ? undefined : replayedResponse(receipt.answer, call.requestId);
  }

  async function run(call: Call, caller: Caller, parsed: ParsedRequest): Promise<Response> {
    const { operationId, spec, headers, requestId } = call;
    const key = readIdempotencyKey(headers["idempotency-key"]);
    if (spec.movesMoney && key === undefined) return refuse(call, caller, { code: "idempotency_key_missing" });
    const ifMatch = readIfMatch(headers["if-match"]);
    if (spec.conditional && ifMatch === undefined) return refuse(call, caller, { code: "version_missing" });
    const receipts =
      spec.movesMoney && key !== undefined
        ? receiptsOf(key, caller, { operationId, parsed, requestId }, now())
        : undefined;
    const before = receipts === undefined ? undefined : await replay(call, caller, receipts);
    if (before !== undefined) return before;

    const changes: RecordChange[] = [];
    const acting = createActing({
      spec,
      caller,
      requestId,
      store,
      receipts,
      onRefused: (refusal, id) =>
        vigilance.refused(observed(call, caller, id), refusal.code, refusal.message ?? refusal.code),
      onChanged: (changed) => changes.push(...changed),
    });
    const wantsCsv = spec.answer.csv === true && /\btext\/csv\b/i.test(headers.accept ?? "");
    if (wantsCsv && !may(caller.role, "payouts.export")) {
      return refuse(call, caller, { code: "permission_required", message: "payouts.export is needed for CSV" });
    }
    const handler = handlers[operationId] as unknown as Handler<OperationSpec> | undefined;
    if (handler === undefined) throw new Error(`${operationId} has no handler`);
    const request = { operationId, spec, ...parsed, caller, requestId, ifMatch, wantsCsv, ...acting };
    let result: ApiResult;
    try {
      result = await handler(request as unknown as Parameters<typeof handler>[0]);
    } catch (error) {
      if (!(error instanceof ReceiptTaken)) throw error;
      result = { ok: false, refusal: { code: "idempotency_key_in_use" } };
    }
    if (!result.ok) {
      // The same request at the same time may have been quicker, and its effect be the reason of this refusal.
      const meanwhile = receipts === undefined ? undefined : await replay(call, caller, receipts);
      return meanwhile ?? refuse(call, caller, result.refusal);
    }
    await lookAt(call, caller, changes, wantsCsv);
    const { body, contentType, headers: more } = result;
    const isRead = spec.method === "GET";
    const ifNoneMatch = headers["if-none-match"];
    return successResponse(
      { status: spec.answer.status, body, contentType, headers: more, isRead, ifNoneMatch },
      requestId,
    );
  }

  /** Reads that matter must be on record before they are answered; what is unusual about a deed may be found late. */
  async function lookAt(call: Call, caller: Caller, changes: readonly RecordChange[], csv: boolean): Promise<void> {
    const { spec, event } = call;
    const kind = spec.recorded ?? (csv ? "data_exported" : undefined);
    if (kind !== undefined) {
      await vigilance.read(observed(call, caller), kind, `${spec.path}?${event.rawQueryString ?? ""}`.slice(0, 500));
    }
    if (spec.method === "GET") return;
    const sensitive = spec.movesMoney === true || spec.guarded === true;
    try {
      const changed = sensitive ? await latestDestinationChange(changes) : undefined;
      await vigilance.acted(observed(call, caller, changed?.payoutId), {
        sensitive,
        ...(changed === undefined ? {} : { payoutDestinationChangedAt: changed.at }),
      });
    } catch (error) {
      logger.error("what was done could not be looked at", { error: error as Error, operation: call.operationId });
    }
  }

  /** Of the payees whose payouts a request changed, the one whose destination changed last. */
  async function latestDestinationChange(
    changes: readonly RecordChange[],
  ): Promise<{ readonly payoutId: string; readonly at: string } | undefined> {
    const payouts = changes.flatMap((change) => (change.entity === "payout" ? [change.after] : []));
    const byPayee = new Map(payouts.map(({ id, organizationId, payeeId }) => [payeeId, { id, organizationId }]));
    if (byPayee.size === 0) return undefined;
    const keys = [...byPayee].map(([payeeId, payout]) => payeeKey(payout.organizationId, payeeId));
    const changed = recordsIn("payee", await store.getMany(keys)).flatMap(({ id, destinationChangedAt }) =>
      destinationChangedAt === undefined ? [] : [{ payoutId: byPayee.get(id)?.id ?? id, at: destinationChangedAt }],
    );
    return changed.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0];
  }

  async function answer(call: Call): Promise<Response> {
    const { spec, event, headers, requestId } = call;
    if (spec.access === "public") return run(call, NOBODY, { params: undefined, query: undefined, body: undefined });
    const caller = await callerOf(event);
    if ("code" in caller) return problemResponse(caller, requestId);
    if (caller.role === undefined) {
      const message = `${caller.subject} has no role in ${caller.organizationId}`;
      return refuse(call, caller, { code: "permission_required", message });
    }
    if (!isAllowed(spec, caller)) {
      return refuse(call, caller, { code: "permission_required", message: `${caller.role} may not do this` });
    }
    if (spec.operatorsOnly && !isOperator(caller, operatorOrganization)) {
      const message = `${caller.organizationId} doesn't operate this deployment`;
      return refuse(call, caller, { code: "not_operator_organization", message });
    }
    if (spec.guarded && !caller.addressAllowed) return refuse(call, caller, { code: "address_not_allowed" });
    const parsed = parseRequest(spec, {
      rawQueryString: event.rawQueryString,
      pathParameters: event.pathParameters,
      headers,
      body: event.body,
      isBase64Encoded: event.isBase64Encoded,
    });
    if (!parsed.ok) return refuse(call, caller, parsed.refusal);
    return run(call, caller, parsed.value);
  }

  return async (event) => {
    const requestId = event.requestContext?.requestId ?? "unknown";
    const found = byRoute.get(event.routeKey ?? "");
    if (found === undefined) return problemResponse({ code: "not_found", message: "there is no such path" }, requestId);
    const headers = lowerCased(event.headers ?? {});
    try {
      return await answer({ ...found, event, headers, requestId });
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble !== undefined) {
        logger.warn("request turned away", { error: error as Error, operation: found.operationId });
        return problemResponse(trouble.facts, requestId, { "retry-after": String(trouble.retryAfterSeconds) });
      }
      logger.error("request failed", { error: error as Error, operation: found.operationId });
      return problemResponse({ code: "internal_error" }, requestId);
    }
  };
}

/** Of operations that need no token; their handlers have no use for it. */
const NOBODY: Caller = {
  organizationId: "",
  subject: "",
  role: "viewer",
  sourceIp: "",
  addressAllowed: false,
  settings: undefined,
};

function isAllowed(spec: OperationSpec, { role }: Caller): boolean {
  const { access, scoped } = spec;
  if (isScoped(role)) return scoped?.includes(role) ?? access === "signed_in";
  return access === "signed_in" ? scoped === undefined : access !== "public" && may(role, access);
}

function lowerCased(headers: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

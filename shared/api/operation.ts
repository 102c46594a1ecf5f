import * as z from "zod";
import type { Permission } from "../access/roles.ts";
import type { CommandOrigin } from "../commands/origin.ts";
import type { Decision, RecordChange } from "../domain/decision.ts";
import type { Role, ScopedRole, Settings } from "../domain/model.ts";
import { type ProblemCode, type ProblemFacts, problemSchema } from "./problem.ts";

/** One operation of the API as data: routes, parsing, access, documentation and tests are all made from it. */
export interface OperationSpec {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** As API Gateway writes it: `/v2/escrow-holds/{id}/release`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /**
   * `public`: no token. `signed_in`: any role, or only the scoped roles where those are named. A permission: staff who
   * have it.
   */
  readonly access: "public" | "signed_in" | Permission;
  /** Scoped roles that may call it as well and see what is theirs. */
  readonly scoped?: readonly ScopedRole[];
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: {
    readonly status: 200 | 201 | 202 | 204 | 207;
    readonly schema: z.ZodType;
    /** Other media types in which it can be had, beside JSON. */
    readonly csv?: true;
    /** One line of JSON per element. */
    readonly jsonLines?: true;
  };
  /** Codes of its own; those that follow from the rest are added by `refusalsOf`. */
  readonly refusals?: readonly ProblemCode[];
  /** Money can move: an Idempotency-Key is required and the answer is kept. */
  readonly movesMoney?: true;
  /** If-Match with the version that is changed is required. */
  readonly conditional?: true;
  /** Only from addresses on the organization's allow-list. */
  readonly guarded?: true;
  /** About the platform, not about an organization: only for staff of the one that operates the deployment. */
  readonly operatorsOnly?: true;
  /** A read that is written down: who took what out. */
  readonly recorded?: "data_exported" | "sensitive_data_read";
  /** An example of the body. */
  readonly example?: unknown;
}

/** Keeps the literal types, so that handlers are typed by their operation. */
export function operation<const Spec extends OperationSpec>(spec: Spec): Spec {
  return spec;
}

export type Operations = Readonly<Record<string, OperationSpec>>;

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** Who calls, as far as this system knows: the organization from the token, the role from the table. */
export interface Caller {
  readonly organizationId: string;
  readonly subject: string;
  readonly role: Role;
  /** Of a scoped role: the payee or the company that the caller is. */
  readonly scopeId?: string;
  readonly sourceIp: string;
  readonly addressAllowed: boolean;
  /** A moment old at the most; decisions read their own. */
  readonly settings: Settings | undefined;
}

export interface ApiRequest<Spec extends OperationSpec = OperationSpec> {
  readonly operationId: string;
  readonly spec: Spec;
  readonly params: Parsed<Spec["params"]>;
  readonly query: Parsed<Spec["query"]>;
  readonly body: Parsed<Spec["body"]>;
  readonly caller: Caller;
  readonly requestId: string;
  /** The version in If-Match; always there where the operation is conditional. */
  readonly ifMatch: number | undefined;
  readonly wantsCsv: boolean;
  /**
   * Runs a command as the caller. What it comes to is worked out once, by `bodyOf`, for the caller and, in the same
   * commit, for repetitions of the request.
   */
  act<Value>(
    run: (origin: CommandOrigin) => Promise<Decision<Value>>,
    bodyOf: (changes: readonly RecordChange[], value: Value) => object,
  ): Promise<ApiResult>;
  /**
   * The same for each of several ids, each on its own: one that is refused doesn't stop the others. `found` is what else
   * is answered where the request didn't name the ids.
   */
  actOnEach<Value>(
    ids: readonly string[],
    run: (id: string, origin: CommandOrigin) => Promise<Decision<Value> | Refused>,
    bodyOf: (changes: readonly RecordChange[], value: Value) => object,
    found?: object,
  ): Promise<ApiResult>;
}

/** With a code of the domain, or of the API's own. */
export interface Refused {
  readonly ok: false;
  readonly refusal: ProblemFacts;
}

export type ApiResult =
  | {
      readonly ok: true;
      /** JSON, or text where `contentType` says so. */
      readonly body: object | string;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | Refused;

export type Handler<Spec extends OperationSpec> = (request: ApiRequest<Spec>) => Promise<ApiResult>;
export type Handlers<Specs extends Operations> = { readonly [Id in keyof Specs]: Handler<Specs[Id]> };

export function answered(body: object, headers?: Readonly<Record<string, string>>): ApiResult {
  return { ok: true, body, ...(headers === undefined ? {} : { headers }) };
}

export function refused(code: ProblemFacts["code"], message?: string, field?: string): Refused {
  return {
    ok: false,
    refusal: { code, ...(message === undefined ? {} : { message }), ...(field === undefined ? {} : { field }) },
  };
}

/** `{data}` of one resource. */
export function single<Schema extends z.ZodType>(schema: Schema) {
  return z.object({ data: schema });
}

export const paginationSchema = z
  .object({
    limit: z.int().min(1).max(1000).meta({ description: "at most 100 in a list, 1,000 in an export" }),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: "null at the end; the page before it may have been the last with anything on it" }),
    total: z.int().min(0).nullable().meta({ description: "from counters, a moment behind; null where none exists" }),
  })
  .meta({ id: "Pagination" });

/** `{data, pagination}` of a list. */
export function page<Schema extends z.ZodType>(schema: Schema) {
  return z.object({ data: z.array(schema), pagination: paginationSchema });
}

/** One result per id of a bulk action; partial success is the normal case. */
export function bulk<Schema extends z.ZodType>(schema: Schema) {
  return z.object({
    results: z.array(
      z.union([
        z.object({ id: z.string(), ok: z.literal(true), result: schema }),
        z.object({ id: z.string(), ok: z.literal(false), problem: problemSchema }),
      ]),
    ),
    summary: z.object({ succeeded: z.int().min(0), failed: z.int().min(0) }),
  });
}

/** Every code with which an operation may refuse. */
export function refusalsOf(spec: OperationSpec): readonly ProblemCode[] {
  const signedIn = spec.access !== "public";
  return [
    ...new Set<ProblemCode>([
      // A parameter that an operation doesn't know is refused as well.
      ...(signedIn ? (["invalid_request"] as const) : []),
      ...(spec.body ? (["too_large", "unsupported_media_type"] as const) : []),
      ...(signedIn ? (["unauthenticated", "permission_required", "access_unavailable"] as const) : []),
      ...(spec.guarded ? (["address_not_allowed"] as const) : []),
      ...(spec.operatorsOnly ? (["not_operator_organization"] as const) : []),
      ...(spec.movesMoney
        ? (["idempotency_key_missing", "idempotency_key_reused", "idempotency_key_in_use"] as const)
        : []),
      ...(spec.conditional ? (["version_missing", "version_mismatch"] as const) : []),
      ...(spec.refusals ?? []),
      ...(signedIn ? (["busy", "internal_error"] as const) : []),
    ]),
  ];
}

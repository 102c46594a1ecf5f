import * as z from "zod";
import type { OperationSpec } from "./operation.ts";
import type { ProblemFacts } from "./problem.ts";

export const MAX_BODY_BYTES = 256 * 1024;
const MAX_BODY_DEPTH = 8;

/** What of an API Gateway event (payload 2.0) a request is made of. */
export interface RawRequest {
  readonly rawQueryString?: string | undefined;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

export interface ParsedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export type ParseResult =
  | { readonly ok: true; readonly value: ParsedRequest }
  | { readonly ok: false; readonly refusal: ProblemFacts };

/** Parses what an operation takes; names the first field at fault, never the value that was sent. */
export function parseRequest(spec: OperationSpec, raw: RawRequest): ParseResult {
  const body = readBody(spec, raw);
  if (!body.ok) return body;
  const query = readQuery(raw.rawQueryString ?? "");
  if (!query.ok) return query;
  const given = { params: { ...raw.pathParameters }, query: query.value, body: body.value };
  const parsed: Record<string, unknown> = {};
  for (const part of ["params", "query", "body"] as const) {
    const schema = spec[part] ?? (part === "query" ? NOTHING : undefined);
    if (schema === undefined) continue;
    const result = schema.safeParse(given[part], { reportInput: true });
    if (!result.success) return { ok: false, refusal: refusalOf(result.error, part) };
    parsed[part] = spec[part] === undefined ? undefined : result.data;
  }
  return { ok: true, value: { params: parsed.params, query: parsed.query, body: parsed.body } };
}

/** An operation without a query takes none: a filter that is silently ignored shows too much. */
const NOTHING = z.strictObject({});

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly refusal: ProblemFacts };

/** Repeated parameters are one list, as the gateway joins them. */
function readQuery(text: string): Read {
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    values[name] = values[name] === undefined ? value : `${values[name]},${value}`;
  }
  return { ok: true, value: { ...values } };
}

function readBody(spec: OperationSpec, raw: RawRequest): Read {
  if (spec.body === undefined) return { ok: true, value: undefined };
  const bytes = Buffer.from(raw.body ?? "", raw.isBase64Encoded === true ? "base64" : "utf8");
  if (bytes.length > MAX_BODY_BYTES) return { ok: false, refusal: { code: "too_large" } };
  const type = raw.headers["content-type"];
  // An empty body is what a client sends that has nothing to say: the schema decides whether that will do.
  if (bytes.length === 0) return { ok: true, value: {} };
  if (type === undefined || !/^application\/json\s*(;|$)/i.test(type)) {
    return { ok: false, refusal: { code: "unsupported_media_type" } };
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return malformed("the body is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return malformed("the body must be a JSON object");
  }
  if (isDeeperThan(value, MAX_BODY_DEPTH))
    return malformed(`the body must not nest deeper than ${MAX_BODY_DEPTH} levels`);
  return { ok: true, value };
}

function malformed(message: string): Read {
  return { ok: false, refusal: { code: "invalid_request", message } };
}

/** Walks level by level, so that no depth can exhaust the stack. */
function isDeeperThan(root: object, limit: number): boolean {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((node) =>
      Object.values(node).filter((inner): inner is object => typeof inner === "object" && inner !== null),
    );
  }
  return false;
}

const MAX_FIELD_LENGTH = 80;

function refusalOf(error: z.ZodError, part: string): ProblemFacts {
  let issue = error.issues[0];
  let path = issue?.path ?? [];
  // Of a union the branch that got furthest says what is wrong.
  while (issue?.code === "invalid_union") {
    const branch = issue.errors.toSorted((a, b) => a.length - b.length)[0]?.[0];
    if (branch === undefined) break;
    issue = branch;
    path = [...path, ...branch.path];
  }
  const where = part === "params" ? "path" : part;
  // A parameter is one text, whatever it is read as.
  if (part === "query") path = path.slice(0, 1);
  if (issue === undefined) return { code: "invalid_request", message: `the ${where} is malformed` };
  if (issue.code === "unrecognized_keys") {
    const field = fieldOf([...path, issue.keys[0] ?? ""]);
    return { code: "invalid_request", message: `${field} is not known in the ${where}`, field };
  }
  const field = fieldOf(path);
  const subject = field === "" ? `the ${where}` : field;
  const missing = issue.input === undefined && field !== "" ? `${subject} is missing; it` : subject;
  const said = issue.message.startsWith("Invalid") ? `: ${issue.message.toLowerCase()}` : ` must be ${issue.message}`;
  return { code: "invalid_request", message: `${missing}${said}`, ...(field === "" ? {} : { field }) };
}

function fieldOf(path: readonly PropertyKey[]): string {
  const joined = path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
  return joined.slice(0, MAX_FIELD_LENGTH);
}

/** The version in `If-Match: "3"`, or in `"3.completed"` of a hold; undefined where there is none that could be one. */
export function readIfMatch(header: string | undefined): number | undefined {
  const version = /^(?:W\/)?"?(\d{1,15})(?:\.[a-z_]{1,40})?"?$/.exec(header?.trim() ?? "")?.[1];
  return version === undefined ? undefined : Number(version);
}

/** The key, where the header holds one of 1 to 255 printable characters. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  const key = header?.trim();
  return key !== undefined && /^[\x20-\x7e]{1,255}$/.test(key) ? key : undefined;
}

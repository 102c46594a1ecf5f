import * as z from "zod";
import { type OperationSpec, type Operations, refusalsOf } from "./operation.ts";
import { type ProblemCode, problemKinds, problemSchema } from "./problem.ts";

type Json = Record<string, unknown>;

export interface OpenApiOptions {
  /** Answers with nothing but what is described; for tests. Published answers are open: fields may be added. */
  readonly closedAnswers?: boolean;
}

const VERSION = "2.0.0";

/**
 * The OpenAPI 3.1 document of the operations, made from the very schemas that parse the requests. Schemas with an id
 * become components.
 */
export function openApiDocument(operations: Operations, options: OpenApiOptions = {}): Json {
  const components: Record<string, Json> = {};
  const schemaOf = (schema: z.ZodType, io: "input" | "output"): Json => {
    const { $schema: _dialect, $defs, ...rest } = z.toJSONSchema(schema, { io, override: tidied }) as Json;
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
      components[name] = localRefs(io === "output" && !options.closedAnswers ? opened(definition) : definition) as Json;
    }
    return localRefs(io === "output" && !options.closedAnswers ? opened(rest) : rest) as Json;
  };
  const responses = new Map<string, { name: string; response: Json }>();
  /** Most operations share most refusals: one component for each set of codes. */
  const problemRef: ProblemRef = (status, codes) => {
    const key = codes.join(" ");
    const known = responses.get(key);
    if (known !== undefined) return { $ref: `#/components/responses/${known.name}` };
    const alike = [...responses.values()].filter(({ name }) => name.startsWith(`Problem${status}`)).length;
    const name = alike === 0 ? `Problem${status}` : `Problem${status}v${alike + 1}`;
    responses.set(key, { name, response: problemResponse(status, codes, schemaOf) });
    return { $ref: `#/components/responses/${name}` };
  };
  const paths: Record<string, Json> = {};
  for (const [operationId, spec] of Object.entries(operations)) {
    paths[spec.path] = {
      ...paths[spec.path],
      [spec.method.toLowerCase()]: operationOf(operationId, spec, schemaOf, problemRef),
    };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Payout automation API",
      version: VERSION,
      description:
        "Amounts are integers of minor units beside their ISO 4217 currency; instants are UTC in ISO 8601. Errors are RFC 9457 problems: act on `code`, show `detail` and `advice`. A request that can move money carries an `Idempotency-Key`; repeating it with the same key is safe. Consumers ignore fields that they don't know.",
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    tags: [...new Set(Object.values(operations).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components,
      responses: Object.fromEntries([...responses.values()].map(({ name, response }) => [name, response])),
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "A token of the configured issuer with the claims sub and organizationId.",
        },
      },
    },
  };
}

type ProblemRef = (status: number, codes: readonly ProblemCode[]) => Json;
type SchemaOf = (schema: z.ZodType, io: "input" | "output") => Json;

function operationOf(operationId: string, spec: OperationSpec, schemaOf: SchemaOf, problemRef: ProblemRef): Json {
  const { access, answer } = spec;
  const content: Json = {
    "application/json": { schema: schemaOf(answer.schema, "output") },
    ...(answer.csv === true ? { "text/csv": { schema: { type: "string" } } } : {}),
    ...(answer.jsonLines === true ? { "application/x-ndjson": { schema: { type: "string" } } } : {}),
  };
  return {
    operationId,
    tags: [spec.tag],
    summary: spec.summary,
    description: descriptionOf(spec),
    ...(access === "public" ? { security: [] } : {}),
    "x-access": { permission: access, scoped_roles: spec.scoped ?? [] },
    parameters: parametersOf(spec, schemaOf),
    ...(spec.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: schemaOf(spec.body, "input"),
                ...(spec.example === undefined ? {} : { example: spec.example }),
              },
            },
          },
        }),
    responses: {
      [answer.status]: { description: "Done", headers: successHeaders(spec), content },
      ...(spec.method === "GET" ? { "304": { description: "Unchanged since the ETag in If-None-Match" } } : {}),
      ...problemResponses(spec, problemRef),
    },
  };
}

function descriptionOf(spec: OperationSpec): string {
  const rules = [
    spec.description,
    spec.access === "public" ? "Needs no token." : undefined,
    spec.access === "signed_in" && spec.scoped === undefined ? "Anybody with a role." : undefined,
    spec.access !== "public" && spec.access !== "signed_in" ? `Permission: \`${spec.access}\`.` : undefined,
    spec.scoped === undefined
      ? undefined
      : `${spec.access === "signed_in" ? "Only" : "Also"} for the roles ${spec.scoped.join(" and ")}, who see what is theirs.`,
    spec.guarded ? "Only from addresses on the organization's allow-list." : undefined,
    spec.recorded ? "Who reads this is written down." : undefined,
  ];
  return rules.filter((rule) => rule !== undefined).join(" ");
}

function parametersOf(spec: OperationSpec, schemaOf: SchemaOf): Json[] {
  const header = (name: string, description: string, pattern?: string, required = true) => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string", ...(pattern === undefined ? {} : { pattern }) },
  });
  return [
    ...fieldsOf(spec.params, "path", schemaOf),
    ...fieldsOf(spec.query, "query", schemaOf),
    ...(spec.movesMoney
      ? [
          header(
            "Idempotency-Key",
            "New for each intent; a repetition with the same key gets the same answer and acts once.",
            "^[!-~]([ -~]{0,253}[!-~])?$",
          ),
        ]
      : []),
    ...(spec.conditional
      ? [header("If-Match", "The ETag of what is changed.", '^(W/)?"?[0-9]{1,15}(\\.[a-z_]{1,40})?"?$')]
      : []),
    ...(spec.method === "GET"
      ? [header("If-None-Match", "An ETag; 304 where nothing has changed.", undefined, false)]
      : []),
  ];
}

function fieldsOf(schema: z.ZodObject | undefined, place: "path" | "query", schemaOf: SchemaOf): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...field }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    ...(field.type === "array" ? { style: "form", explode: false } : {}),
    schema: field,
  }));
}

function successHeaders(spec: OperationSpec): Json {
  const header = (description: string) => ({ description, schema: { type: "string" } });
  return {
    "x-request-id": header("Names this request in the audit log."),
    ...(spec.method === "GET" || spec.conditional
      ? { etag: header("The version of what is answered, and how its transfer stands.") }
      : {}),
    ...(spec.answer.csv ? { "x-next-cursor": header("Carries on; absent at the end.") } : {}),
    ...(spec.movesMoney
      ? { "idempotent-replayed": header("true where this is the kept answer of an earlier request.") }
      : {}),
  };
}

/** One response per status, which lists the codes that it can have. */
function problemResponses(spec: OperationSpec, problemRef: ProblemRef): Json {
  const byStatus = Map.groupBy(refusalsOf(spec), (code) => problemKinds[code].status);
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemRef(status, codes)]));
}

function problemResponse(status: number, codes: readonly ProblemCode[], schemaOf: SchemaOf): Json {
  const { problem } = schemaOf(z.object({ problem: problemSchema }), "output").properties as { problem: Json };
  return {
    description: codes.map((code) => `\`${code}\`: ${problemKinds[code].title}`).join("; "),
    content: {
      "application/problem+json": {
        schema: { allOf: [problem, { type: "object", properties: { code: { type: "string", enum: codes } } }] },
      },
      // The gateway itself turns away who brings no valid token.
      ...(status === 401 ? { "application/json": { schema: GATEWAY_ANSWER } } : {}),
    },
  };
}

const GATEWAY_ANSWER = { type: "object", properties: { message: { type: "string" } }, required: ["message"] };

/** A parameter is described as what it means, not as the text that it comes in; formats say what patterns repeat. */
function tidied({ jsonSchema }: { jsonSchema: Json }): void {
  if (typeof jsonSchema.format === "string" && jsonSchema.format.startsWith("date")) delete jsonSchema.pattern;
  const { param, description, default: byDefault } = jsonSchema;
  if (param === undefined) return;
  for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
  Object.assign(
    jsonSchema,
    param,
    description === undefined ? {} : { description },
    byDefault === undefined ? {} : { default: byDefault },
  );
}

function localRefs(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(localRefs);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [
      name,
      name === "$ref" && typeof value === "string"
        ? value.replace("#/$defs/", "#/components/schemas/")
        : localRefs(value),
    ]),
  );
}

function opened(node: Json): Json;
function opened(node: unknown): unknown;
function opened(node: unknown): unknown {
  if (Array.isArray(node)) return node.map((each: unknown) => opened(each));
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).filter(([name, value]) => !(name === "additionalProperties" && value === false));
  return Object.fromEntries(entries.map(([name, value]) => [name, opened(value)]));
}

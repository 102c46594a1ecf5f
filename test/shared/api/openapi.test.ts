import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { operations } from "../../../shared/api/contract/operations.ts";
import { errorCodes } from "../../../shared/api/error-codes.ts";
import { openApiDocument } from "../../../shared/api/openapi.ts";
import { type OperationSpec, refusalsOf } from "../../../shared/api/operation.ts";
import { problemCodes, problemKinds } from "../../../shared/api/problem.ts";
import { parseFamilyId } from "../../../shared/store/keys.ts";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
const specs = Object.entries<OperationSpec>(operations);
const published = read("client/openapi.json");

interface Documented {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly requestBody?: object;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: object }>>;
}
interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
}
const document = JSON.parse(published) as Document;
const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);

/** Every place in the document that refers to another one. */
function referencesIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(referencesIn);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) =>
    name === "$ref" && typeof value === "string" ? [value] : referencesIn(value),
  );
}

function resolve(reference: string): unknown {
  const [root, ...names] = reference.split("/");
  if (root !== "#") return undefined;
  return names.reduce<unknown>(
    (node, name) => (typeof node === "object" && node !== null ? (node as Record<string, unknown>)[name] : undefined),
    document,
  );
}

describe("what is checked in is what the operations say", () => {
  it("in client/openapi.json", () => {
    expect(published).toBe(`${JSON.stringify(openApiDocument(operations), null, 2)}\n`);
  });

  it("in docs/error-codes.md", () => {
    expect(read("docs/error-codes.md")).toBe(errorCodes(operations));
  });

  it("in client/api-types.ts, which names the document that it was made from", () => {
    const [first] = read("client/api-types.ts").split("\n");
    expect(first).toContain(`sha256 ${createHash("sha256").update(published).digest("hex")}`);
  });
});

describe("the document", () => {
  it("has each operation once, at its method and path", () => {
    const ids = documented.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(documented.map(({ operationId, method, path }) => [operationId, method, path]).sort()).toEqual(
      specs.map(([operationId, { method, path }]) => [operationId, method, path]).sort(),
    );
  });

  it("refers to nothing that it doesn't have", () => {
    const references = [...new Set(referencesIn(document))];
    expect(references.length).toBeGreaterThan(20);
    expect(references.filter((reference) => resolve(reference) === undefined)).toEqual([]);
  });

  it("has no component that nothing refers to", () => {
    const { components } = JSON.parse(published) as { components: Record<string, Record<string, unknown>> };
    const references = new Set(referencesIn(document));
    const unused = ["schemas", "responses"].flatMap((kind) =>
      Object.keys(components[kind] ?? {}).filter((name) => !references.has(`#/components/${kind}/${name}`)),
    );
    expect(unused).toEqual([]);
  });

  it("describes every placeholder of a path as a parameter, and no other", () => {
    for (const { path, parameters, operationId } of documented) {
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
      expect(described, operationId).toEqual(placeholders);
    }
  });

  it("lists the tags of its operations", () => {
    const used = new Set(documented.flatMap(({ tags }) => tags));
    expect(document.tags.map(({ name }) => name).sort()).toEqual([...used].sort());
  });

  it("says of every refusal of every operation with which status it comes", () => {
    for (const [operationId, spec] of specs) {
      const responses = documented.find((one) => one.operationId === operationId)?.responses ?? {};
      for (const code of refusalsOf(spec)) {
        const response = responses[String(problemKinds[code].status)];
        const text = JSON.stringify(response?.$ref === undefined ? response : resolve(response.$ref));
        expect(text, `${operationId} ${code}`).toContain(`"${code}"`);
      }
    }
  });
});

describe.each(specs)("%s", (_operationId, spec) => {
  it("has a summary of one line and a tag", () => {
    expect(spec.summary).toMatch(/^[A-Z][^\n]{8,100}[^.\n]$/);
    expect(spec.tag).toMatch(/^[A-Z]/);
  });

  it("refuses with codes that have a row, each named once", () => {
    const codes = refusalsOf(spec);
    expect(codes.filter((code) => !problemCodes.includes(code))).toEqual([]);
    const own = spec.refusals ?? [];
    expect(new Set(own).size).toBe(own.length);
  });

  it("has an example where it has a body, and the body's own schema takes it", () => {
    expect(spec.example === undefined).toBe(spec.body === undefined);
    expect(spec.body?.safeParse(spec.example).error?.issues ?? []).toEqual([]);
  });

  it("has ids in its example that could be ids", () => {
    const ids = JSON.stringify(spec.example ?? {}).match(/"(po|ps|eh)_[^"]*"/g) ?? [];
    expect(ids.filter((id) => parseFamilyId(id.slice(1, -1)) === undefined)).toEqual([]);
  });

  it("needs a key where money moves, and a version where something is replaced", () => {
    if (spec.movesMoney) expect(spec.method).toBe("POST");
    if (spec.method === "PATCH" || spec.method === "PUT") expect(spec.conditional).toBe(true);
    if (spec.method === "GET") expect(spec.body ?? spec.movesMoney ?? spec.conditional).toBeUndefined();
  });
});

/** Values made from the JSON Schemas of the OpenAPI document: ones that fit, and ones that were spoilt. */
import fc from "fast-check";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** Values that other systems know, offered wherever a text could be one of them. */
export type Known = (field: string) => readonly string[];

/** What a schema allows, as far as it says so; rules that JSON Schema can't tell may still refuse it. */
export function fitting(schema: Schema, known: Known, field = ""): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return fc.oneof(...branches.map((branch) => fitting(branch, known, field)));
  switch (schema.type) {
    case "object":
      return fittingObject(schema, known);
    case "array":
      return fc.array(fitting(schema.items ?? {}, known, field), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, 4),
      });
    case "integer":
      return fittingInteger(schema);
    case "number":
      return fc.oneof(fittingInteger(schema), fc.constantFrom(0, 0.5, 12.25));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return fittingText(schema, known, field);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function fittingObject(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, fitting(inner, known, name)]),
  );
  if (Object.keys(fields).length === 0 && typeof additionalProperties === "object") {
    const name = propertyNames === undefined ? fc.string() : fitting(propertyNames, known, "currency");
    return fc.dictionary(name as fc.Arbitrary<string>, fitting(additionalProperties, known), { maxKeys: 2 });
  }
  return fc.record(fields, { requiredKeys: [...required] });
}

function fittingInteger({ minimum, exclusiveMinimum, maximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? (exclusiveMinimum === undefined ? -5 : exclusiveMinimum + 1);
  const max = Math.min(maximum ?? 1_000_000, Number.MAX_SAFE_INTEGER);
  return fc.oneof(fc.integer({ min, max: Math.min(max, min + 20_000) }), fc.constantFrom(min, max));
}

const DATES = ["2026-01-01T00:00:00Z", "2030-05-31T12:00:00+02:00", "2027-03-01T09:00:00.000Z"];

function fittingText(schema: Schema, known: Known, field: string): fc.Arbitrary<string> {
  if (schema.format === "date-time") return fc.constantFrom(...DATES);
  if (schema.format === "email") return fc.constant("amara@example.com");
  const offered = known(field).filter(
    (text) => schema.pattern === undefined || new RegExp(schema.pattern, "u").test(text),
  );
  const made = patternText(schema);
  return offered.length === 0 ? made : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...offered) }, made);
}

function patternText({ pattern, minLength = 1, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  const printable = fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
  // Unicode classes are beyond the generator; plain text fits the ones that are used.
  if (pattern === undefined || /\\[pP]\{/.test(pattern)) return printable.filter((text) => text.trim() !== "");
  return fc.stringMatching(new RegExp(pattern));
}

/** The same value with one thing wrong with it. */
export function spoilt(value: unknown): fc.Arbitrary<unknown> {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(null, "", -1, 0.5, 1e21, true, [], {}, "x".repeat(5_000), "\u0000", "=HYPERLINK(1)"),
    fc.jsonValue({ maxDepth: 3 }),
  );
  if (typeof value !== "object" || value === null || Array.isArray(value)) return junk;
  const names = Object.keys(value);
  const extra = fc
    .tuple(fc.constantFrom("admin", "organization_id", "__proto__", "version", "status"), junk)
    .map(([name, inner]) => Object.fromEntries([...Object.entries(value), [name, inner]]));
  if (names.length === 0) return fc.oneof(extra, junk);
  const replaced = fc
    .tuple(fc.constantFrom(...names), junk)
    .map(([name, inner]) => Object.fromEntries([...Object.entries(value), [name, inner]]));
  const removed = fc
    .constantFrom(...names)
    .map((name) => Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)));
  return fc.oneof({ weight: 3, arbitrary: replaced }, removed, extra, junk);
}

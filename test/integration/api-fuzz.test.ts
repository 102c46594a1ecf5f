import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import { openApiDocument } from "../../shared/api/openapi.ts";
import type { Role } from "../../shared/domain/model.ts";
import { type Asked, createTestApi, type Person, type TestApi } from "../support/api.ts";
import { startTestCloud, type TestCloud } from "../support/cloud.ts";
import { type Organization, PAYEE, PLACEMENT } from "../support/organization.ts";
import { fitting, type Schema, spoilt } from "../support/schema-arbitrary.ts";

/** `FUZZ_REQUESTS=20000 npm run test:api -- fuzz` for a long look. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 3_000);
const AT_ONCE = 8;

const people: readonly [Role, number][] = [
  ["viewer", 1],
  ["operator", 2],
  ["processor", 2],
  ["manager", 4],
  ["admin", 3],
  ["super_admin", 3],
  ["payee", 1],
  ["company", 1],
];

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: Schema;
}
interface DocumentedOperation {
  readonly operationId: OperationId;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: Schema } } };
}

const document = openApiDocument(operations) as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
};
const documented = Object.values(document.paths).flatMap((methods) => Object.values(methods));

let cloud: TestCloud;
let api: TestApi;
let organization: Organization;
const ids = new Map<string, string[]>();

beforeAll(async () => {
  cloud = await startTestCloud();
  api = createTestApi(cloud);
  organization = cloud.organization();
  await organization.start({ policy: { approval: "manual" } });
  await organization.start({
    placement_id: "placement-2",
    policy: { trigger_event: "contract_signed", holdback_bp: 5_000 },
  });
  for (const entity of ["payout", "payout_schedule", "escrow_hold"] as const) {
    ids.set(
      entity,
      (await organization.all(entity)).map(({ id }) => id),
    );
  }
}, 60_000);
afterAll(() => cloud.stop());

/** Ids that exist, of the right kind most of the time. */
function knownValues(field: string): readonly string[] {
  const all = [...ids.values()].flat();
  switch (field) {
    case "id":
    case "ids":
    case "payout_id":
    case "from_schedule_id":
    case "entity_id":
    case "q":
      return [...all, PAYEE];
    case "payee_id":
      return [PAYEE, "payee-new", "nobody"];
    case "company_id":
      return ["company-1", "company-9"];
    case "placement_id":
      return [PLACEMENT, "placement-2"];
    case "currency":
    case "default_currency":
      return ["USD", "EUR", "JPY"];
    case "subject":
      return ["viewer-1", "operator-1", "someone-new"];
    case "entity_type":
      return ["payout", "escrow_hold", "settings"];
    case "version":
      return ["1", "2"];
    case "cidr":
      return ["127.0.0.0/8"];
    default:
      return [];
  }
}

interface Shot {
  readonly operationId: OperationId;
  readonly role: Role;
  readonly asked: Asked;
}

function shotOf({ operationId, parameters, requestBody }: DocumentedOperation): fc.Arbitrary<Shot> {
  const part = (place: "path" | "query") => {
    const fields = parameters.filter((parameter) => parameter.in === place);
    return fitting(
      {
        type: "object",
        properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
        required: fields.filter(({ required }) => required).map(({ name }) => name),
      },
      knownValues,
    ) as fc.Arbitrary<Record<string, string>>;
  };
  const body =
    requestBody === undefined
      ? fc.constant(undefined)
      : fitting(requestBody.content["application/json"].schema, knownValues);
  const maybeSpoilt = <T>(value: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: value.chain(spoilt) as fc.Arbitrary<T> });
  return fc.record({
    operationId: fc.constant(operationId),
    role: fc.oneof(...people.map(([role, weight]) => ({ weight, arbitrary: fc.constant(role) }))),
    asked: fc.record({
      params: part("path"),
      // Few filters at a time: otherwise nothing is ever found.
      query: maybeSpoilt(
        fc.oneof(
          fc.constant({}),
          part("query").chain((query) =>
            fc
              .subarray(Object.entries(query), { maxLength: Math.min(3, Object.keys(query).length) })
              .map((some) => Object.fromEntries(some)),
          ),
        ),
      ).map((query) => textsOf(query)),
      body: requestBody === undefined ? fc.constant(undefined) : maybeSpoilt(body),
      key: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(...Array.from({ length: 40 }, () => randomUUID())) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      version: fc.constantFrom(0, 1, 2, 3),
    }) as fc.Arbitrary<Asked>,
  });
}

/** A query is text, whatever was put into it. */
function textsOf(query: unknown): Record<string, string> {
  if (typeof query !== "object" || query === null || Array.isArray(query)) return { junk: String(query) };
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

async function personOf(role: Role): Promise<Person> {
  const scopeId = role === "payee" ? PAYEE : role === "company" ? "company-1" : undefined;
  return api.person(organization.id, role, scopeId === undefined ? {} : { scopeId });
}

describe("requests made from the document, valid and spoilt", () => {
  it("are never answered with a 5xx or with what isn't described, and a refused one has no effect", {
    timeout: 600_000,
  }, async () => {
    const shots = fc.sample(fc.oneof(...documented.map(shotOf)), {
      numRuns: REQUESTS,
      seed: Number(process.env.FUZZ_SEED ?? 42),
    });
    const statuses = new Map<number, number>();
    const refusedRequests = new Set<string>();
    const queue = shots.values();
    const worker = async () => {
      for (const { operationId, role, asked } of queue) {
        // A path has no empty part, and what a URL can't carry never arrives.
        if (Object.values(asked.params ?? {}).some((value) => value === "" || value === "." || value === ".."))
          continue;
        const person = await personOf(role);
        const answer = await person.call(operationId, asked);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expect(answer.status, `${operationId} ${JSON.stringify(asked)}: ${answer.text}`).toBeLessThan(500);
        const requestId = answer.headers.get("x-request-id");
        if (answer.status >= 400 && requestId !== null) refusedRequests.add(requestId);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await cloud.settle();

    // All kinds of answers were seen, so that the run has shown something.
    for (const status of [200, 201, 207, 400, 403, 404, 409, 412, 422])
      expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(0);
    const effects = (await organization.audit()).filter(
      ({ entity_type, metadata }) =>
        entity_type !== "security_event" && refusedRequests.has(String(metadata.correlation_id)),
    );
    expect(effects).toEqual([]);
    await organization.expectInvariants();
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { amount, bulkIds, moneyFilters, paging, several, text } from "../../../shared/api/fields.ts";
import { operation } from "../../../shared/api/operation.ts";
import { MAX_BODY_BYTES, parseRequest, readIdempotencyKey, readIfMatch } from "../../../shared/api/parse.ts";

const post = operation({
  method: "POST",
  path: "/v2/things/{id}",
  tag: "Things",
  summary: "Make a thing",
  access: "payouts.create",
  params: z.strictObject({ id: text(10) }),
  body: z.strictObject({ amount, name: text(20).optional(), part: z.strictObject({ size: z.int() }).optional() }),
  answer: { status: 200, schema: z.object({}) },
});
const list = operation({
  method: "GET",
  path: "/v2/things",
  tag: "Things",
  summary: "List things",
  access: "payouts.view",
  query: z.strictObject({ ...paging, status: several(["open", "closed"]).optional() }),
  answer: { status: 200, schema: z.object({}) },
});
const JSON_HEADERS = { "content-type": "application/json" };

const posted = (body: string, headers: Record<string, string> = JSON_HEADERS) =>
  parseRequest(post, { pathParameters: { id: "t-1" }, headers, body });
const listed = (rawQueryString: string) => parseRequest(list, { rawQueryString, headers: {} });

describe("a body", () => {
  it.each([
    ["an amount of minor units", '{"amount":5}', { amount: 5 }],
    ["optional fields left out", '{"amount":1000000000000}', { amount: 1_000_000_000_000 }],
  ])("is taken: %s", (_name, body, expected) => {
    expect(posted(body)).toEqual({ ok: true, value: { params: { id: "t-1" }, query: undefined, body: expected } });
  });

  it.each([
    ["a fraction", '{"amount":0.5}', "amount"],
    ["a negative amount", '{"amount":-1}', "amount"],
    ["nothing", '{"amount":0}', "amount"],
    ["a huge amount", '{"amount":1e15}', "amount"],
    ["an amount beyond doubles", '{"amount":99999999999999999999999}', "amount"],
    ["a text for an amount", '{"amount":"5"}', "amount"],
    ["null", '{"amount":null}', "amount"],
    ["a missing field", "{}", "amount"],
    ["a field that isn't known", '{"amount":5,"admin":true}', "admin"],
    ["a field inside that isn't known", '{"amount":5,"part":{"size":1,"x":2}}', "part.x"],
    ["a control character", '{"amount":5,"name":"a\\u0000b"}', "name"],
    ["a text that is too long", `{"amount":5,"name":"${"x".repeat(21)}"}`, "name"],
  ])("is refused with the field's name: %s", (_name, body, field) => {
    expect(posted(body)).toMatchObject({ ok: false, refusal: { code: "invalid_request", field } });
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a number", "5"],
    ["null", "null"],
    ["nested deeper than eight levels", `${'{"a":'.repeat(9)}1${"}".repeat(9)}`],
  ])("is refused: %s", (_name, body) => {
    expect(posted(body)).toMatchObject({ ok: false, refusal: { code: "invalid_request" } });
  });

  it("is refused above its size, by bytes and not by characters", () => {
    const tooLarge = JSON.stringify({ amount: 5, name: "ü".repeat(MAX_BODY_BYTES / 2) });
    expect(tooLarge.length).toBeLessThan(MAX_BODY_BYTES);
    expect(posted(tooLarge)).toMatchObject({ ok: false, refusal: { code: "too_large" } });
  });

  it("is refused in another media type, whatever it holds", () => {
    for (const type of ["text/plain", "application/jsonp", "application/x-www-form-urlencoded"]) {
      expect(posted('{"amount":5}', { "content-type": type })).toMatchObject({
        refusal: { code: "unsupported_media_type" },
      });
    }
    expect(posted('{"amount":5}', { "content-type": "application/json; charset=utf-8" })).toMatchObject({ ok: true });
  });

  it("never makes the parser throw, and a refusal never repeats what was sent", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (body) => {
        const result = posted(body);
        if (!result.ok) expect(result.refusal.message ?? "").not.toContain("__secret__");
      }),
    );
    const result = posted('{"amount":"__secret__"}');
    expect(JSON.stringify(result)).not.toContain("__secret__");
  });

  it("can't reach a prototype", () => {
    expect(posted('{"amount":5,"__proto__":{"x":1}}')).toMatchObject({ ok: false });
  });
});

describe("a query", () => {
  it("gives defaults, numbers and lists, however a list is written", () => {
    const once = listed("status=open,closed&limit=10");
    expect(once).toMatchObject({ value: { query: { limit: 10, status: ["open", "closed"] } } });
    expect(listed("status=open&status=closed&limit=10")).toEqual(once);
    expect(listed("")).toMatchObject({ value: { query: { limit: 25 } } });
  });

  it.each([
    ["a page of 10⁹", "limit=1000000000", "limit"],
    ["a page of nothing", "limit=0", "limit"],
    ["a page that is no number", "limit=ten", "limit"],
    ["a cursor of garbage", "cursor=%3Cscript%3E", "cursor"],
    ["a value that isn't one", "status=lost", "status"],
    ["a filter that isn't known", "statsu=open", "statsu"],
  ])("is refused with the parameter's name: %s", (_name, query, field) => {
    expect(listed(query)).toMatchObject({ ok: false, refusal: { code: "invalid_request", field } });
  });

  it("is refused where an operation takes none", () => {
    const result = parseRequest(post, {
      rawQueryString: "dry_run=true",
      pathParameters: { id: "t-1" },
      headers: JSON_HEADERS,
      body: '{"amount":5}',
    });
    expect(result).toMatchObject({ ok: false, refusal: { field: "dry_run" } });
  });

  it("takes every filter of money lists alone", () => {
    const filters = z.strictObject(moneyFilters);
    for (const given of [{ payee_id: "p" }, { min_amount: "5" }, { from: "2026-11-21T00:00:00+01:00" }, { q: "x" }]) {
      expect(filters.safeParse(given).success, JSON.stringify(given)).toBe(true);
    }
  });
});

describe("a bulk's ids", () => {
  it("are 1 to 100 different ones", () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `ps_${index}`);
    expect(bulkIds.safeParse(ids(100)).success).toBe(true);
    for (const wrong of [[], ids(101), ids(10_000), ["a", "a"], ["x".repeat(30)], [5]]) {
      expect(bulkIds.safeParse(wrong).success).toBe(false);
    }
  });
});

describe("headers", () => {
  it.each([
    ['"3"', 3],
    ['W/"3"', 3],
    ["3", 3],
    [' "0" ', 0],
    ["*", undefined],
    ['"abc"', undefined],
    ["", undefined],
    [undefined, undefined],
  ])("If-Match %s is version %s", (header, version) => {
    expect(readIfMatch(header)).toBe(version);
  });

  it.each([
    ["a-key", "a-key"],
    [" a key ", "a key"],
    ["", undefined],
    ["x".repeat(256), undefined],
    ["schlüssel", undefined],
    [undefined, undefined],
  ])("Idempotency-Key %s is %s", (header, key) => {
    expect(readIdempotencyKey(header)).toBe(key);
  });
});

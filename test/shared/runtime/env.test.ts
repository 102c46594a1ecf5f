import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { policySchema } from "../../../shared/events/default-policy.ts";
import { ConfigurationError, readEnv } from "../../../shared/runtime/env.ts";

const text = z.string().min(1);
const SECRET = "value-that-must-not-show";

beforeEach(() => vi.unstubAllEnvs());
afterEach(() => vi.unstubAllEnvs());

function errorOf(read: () => unknown): Error {
  try {
    read();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

describe("the environment", () => {
  it("gives what was asked for, parsed, and nothing else", () => {
    vi.stubEnv("TABLE_NAME", "payouts");
    vi.stubEnv("PER_SECOND", "25");
    expect(readEnv({ TABLE_NAME: text, PER_SECOND: z.coerce.number().int() })).toEqual({
      TABLE_NAME: "payouts",
      PER_SECOND: 25,
    });
  });

  it("names every variable that is missing", () => {
    const error = errorOf(() => readEnv({ TABLE_NAME: text, BUS_NAME: text }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.name).toBe("ConfigurationError");
    expect(error.message).toMatch(/TABLE_NAME .*BUS_NAME /);
  });

  it.each<[string, z.ZodType]>([
    ["a URL", z.url()],
    ["a number", z.coerce.number()],
    ["one of some words", z.enum(["a", "b"])],
    ["text of a form", z.string().regex(/^arn:/)],
    ["a policy", policySchema],
  ])("names variables and never their values: %s", (_what, schema) => {
    vi.stubEnv("SETTING", SECRET);
    const { message } = errorOf(() => readEnv({ SETTING: schema }));
    expect(message).toContain("SETTING");
    expect(message).not.toContain(SECRET);
  });
});

describe("the default policy", () => {
  const policy = {
    holdbackBp: 2_000,
    guaranteeDays: 90,
    triggerEvent: "manual",
    approval: "auto",
    timeZone: "Europe/Berlin",
  };
  const parse = (value: unknown) => policySchema.safeParse(typeof value === "string" ? value : JSON.stringify(value));

  it("is read from JSON", () => {
    expect(parse(policy).data).toEqual(policy);
  });

  it.each([
    ["no JSON", "{", ""],
    ["more than everything held back", { ...policy, holdbackBp: 10_001 }, "holdbackBp"],
    ["a zone that is none", { ...policy, timeZone: "Mars/Base" }, "timeZone"],
    ["a field that is missing", { ...policy, approval: undefined }, "approval"],
    ["a field that is unknown", { ...policy, extra: 1 }, ""],
  ])("with %s is refused", (_what, value, field) => {
    expect(parse(value).error?.issues[0]?.path.join(".")).toBe(field);
  });
});

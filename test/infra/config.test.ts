import { expect, it } from "vitest";
import { readOverrides, resolveConfig } from "../../infra/config.ts";
import { synthesize } from "./synthesized.ts";

const identity = { jwtIssuer: "https://issuer.example.com", jwtAudience: "payouts,console" };

it("names every key that a stage still needs", () => {
  expect(() => resolveConfig("prod", {})).toThrow(/jwtIssuer[\s\S]*jwtAudience|jwtAudience[\s\S]*jwtIssuer/);
});

it("refuses an unknown stage", () => {
  expect(() => resolveConfig("production", identity)).toThrow(
    'stage: "production" is none of local, dev, staging, prod',
  );
});

it.each([
  ["an account id", { publisherAccounts: "12345" }],
  ["a time that CloudWatch Logs doesn't keep", { logRetentionDays: "8" }],
  ["a holdback above the whole", { defaultPolicy: { holdbackBp: 10_001 } }],
  ["an issuer without TLS", { jwtIssuer: "http://issuer.example.com" }],
  ["the deployment's own source for others", { sources: "placements,payouts" }],
  ["an operator that can be no organization", { operatorOrganization: "platform" }],
])("refuses %s", (_what, overrides) => {
  expect(() => resolveConfig("prod", { ...identity, ...overrides })).toThrow(/stage prod/);
});

it("reads the command line's text as lists and numbers", () => {
  const context: Record<string, string> = {
    ...identity,
    publisherAccounts: "111111111111, 222222222222",
    archiveRetentionDays: "30",
  };
  expect(
    resolveConfig(
      "prod",
      readOverrides((key) => context[key]),
    ),
  ).toMatchObject({
    jwtAudience: ["payouts", "console"],
    publisherAccounts: ["111111111111", "222222222222"],
    archiveRetentionDays: 30,
  });
});

it("doesn't let the command line switch protection off", () => {
  expect(
    resolveConfig(
      "prod",
      readOverrides((key) => (key === "deletionProtection" ? false : identity[key as never])),
    ),
  ).toMatchObject({ deletionProtection: true });
});

it("lets nobody see to the platform unless it is said who does", () => {
  expect(resolveConfig("prod", identity).operatorOrganization).toBeUndefined();
  expect(synthesize({ overrides: { operatorOrganization: undefined } }).text).not.toContain("OPERATOR_ORGANIZATION");
  expect(resolveConfig("local", {}).operatorOrganization).toBe("acme");
});

it("never points the local stage at the real provider", () => {
  expect(resolveConfig("local", {}).stripeApiUrl).toMatch(/^http:\/\/127\.0\.0\.1/);
});

it("puts no value of a secret into any template", () => {
  for (const stage of ["local", "prod"] as const) {
    expect(synthesize({ stage }).text).not.toMatch(/sk_(test|live)_|whsec_[a-z0-9]/);
  }
});

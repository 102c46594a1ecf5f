import { expect, it } from "vitest";
import { synthesize } from "./synthesized.ts";

// Every acknowledged rule has its reason beside the resource; what isn't acknowledged fails the synthesis itself.
it.each([
  { stage: "dev", overrides: {} },
  { stage: "prod", overrides: { account: "333333333333", region: "eu-west-1" } },
  {
    stage: "prod",
    overrides: {
      consoleClientId: "console",
      consoleDomain: "console.example.com",
      consoleCertificateArn: "arn:aws:acm:us-east-1:333333333333:certificate/1a2b",
    },
  },
] as const)("cdk-nag and the template validator find nothing in $stage", { timeout: 120_000 }, (options) => {
  expect(synthesize({ ...options, checked: true }).violations).toEqual([]);
});

import * as z from "zod";
import { EVENT_SOURCE, SCHEDULER_SOURCE } from "../shared/events/event-types.ts";
import { organizationId } from "../shared/events/inbound.ts";

const stages = ["local", "dev", "staging", "prod"] as const;
export type Stage = (typeof stages)[number];

/** What CloudWatch Logs accepts. */
const retentionDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 3653];

const accountId = z.string().regex(/^\d{12}$/, "an account id has 12 digits");

/** Context given with `-c key=value` arrives as text; a list is separated by commas. */
const list = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").map((part) => part.trim()) : value),
    z.array(item),
  );

const reservedConcurrency = z.coerce.number().int().min(1).max(1000);

/** Sources that the deployment itself publishes under; nobody else may be configured with them. */
const ownSources: readonly string[] = [EVENT_SOURCE, SCHEDULER_SOURCE];

const configSchema = z
  .strictObject({
    stage: z.enum(stages),
    /** Both absent: the template deploys to whatever account and region the deployer's credentials name. */
    account: accountId.optional(),
    region: z.string().optional(),
    /** Sources of inbound events: the intake's rule and the publishers' bus policy both follow this list. */
    sources: list(
      z
        .string()
        .min(1)
        .refine((source) => !ownSources.includes(source), "is the deployment's own source"),
    ).pipe(z.array(z.string()).min(1).max(20)),
    /** Other accounts that may put inbound events; this account's publishers need only their own IAM grant. */
    publisherAccounts: list(accountId),
    alarmEmail: z.email().optional(),
    jwtIssuer: z.url({ protocol: /^https$/ }),
    jwtAudience: list(z.string().min(1)).pipe(z.array(z.string()).min(1)),
    /** The claim of a token that names the organization; identity providers differ (docs/identity.md). */
    organizationClaim: z.string().regex(/^[^\s]{1,200}$/),
    /** The organization whose staff see to the platform itself, in its monitoring; absent: nobody does. */
    operatorOrganization: organizationId.optional(),
    /** Origins of the admin console; no other page's script may call the API. */
    consoleOrigins: list(z.url({ protocol: /^https?$/ })),
    /** The admin console as the identity provider knows it, a client without a secret; without it no console is hosted. */
    consoleClientId: z.string().min(1).optional(),
    consoleScope: z.string().min(1),
    /** What the console asks a token for, where the provider wants to be told. */
    consoleAudience: z.string().min(1).optional(),
    /** The token that carries the organization's claim. */
    consoleToken: z.enum(["access_token", "id_token"]),
    /** Where the identity provider answers beside its issuer: Cognito issues on one host and signs in on another. */
    identityOrigins: list(z.url({ protocol: /^https$/ }).transform((url) => new URL(url).origin)),
    /** The console's own domain, instead of CloudFront's; its certificate has to be in us-east-1. */
    consoleDomain: z.hostname().optional(),
    consoleCertificateArn: z
      .string()
      .regex(/^arn:aws[\w-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/, "a certificate of ACM in us-east-1")
      .optional(),
    defaultPolicy: z.strictObject({
      holdbackBp: z.coerce.number().int().min(0).max(10_000),
      guaranteeDays: z.coerce.number().int().min(0).max(3650),
      triggerEvent: z.enum(["guarantee_period_end", "milestone_reached", "contract_signed", "manual"]),
      approval: z.enum(["auto", "manual"]),
      timeZone: z.string().min(1),
    }),
    stripeApiUrl: z.url(),
    /** Of one endpoint, shared by all senders: Stripe takes 25 in a sandbox and 100 live. */
    stripeRequestsPerSecond: z.coerce.number().int().min(1).max(100),
    /** Stops a flood at the public URL from taking the account's concurrency. */
    webhookReservedConcurrency: reservedConcurrency,
    /**
     * Senders at once. Each takes one place in the provider's rate limit, so with fewer of them than places in reach
     * nobody is turned away: what is too much waits in Lambda's own queue instead.
     */
    attemptReservedConcurrency: reservedConcurrency,
    logRetentionDays: z.coerce
      .number()
      .refine((days) => retentionDays.includes(days), `CloudWatch Logs keeps ${retentionDays.join(", ")} days`),
    archiveRetentionDays: z.coerce.number().int().min(1).max(3653),
    /** Deletion protection of both tables. Without it they are still retained, but can be deleted by hand. */
    deletionProtection: z.boolean(),
  })
  .refine((config) => (config.consoleDomain === undefined) === (config.consoleCertificateArn === undefined), {
    error: "consoleDomain and consoleCertificateArn come together",
    path: ["consoleDomain"],
  });

export type StageConfig = z.infer<typeof configSchema>;
export type StageOverrides = Partial<Record<keyof StageConfig, unknown>>;

/** Payouts can be questioned for years, chatter of a developer's stage can't. */
const stageDefaults: Record<Stage, StageOverrides> = {
  local: {
    jwtIssuer: "https://issuer.payouts.local",
    operatorOrganization: "acme",
    jwtAudience: ["payouts"],
    consoleOrigins: ["http://localhost:5173", "http://127.0.0.1:5173"],
    // Nothing listens here unless the local cloud does: a test must never reach the real one.
    stripeApiUrl: "http://127.0.0.1:12111",
    logRetentionDays: 1,
    archiveRetentionDays: 1,
    deletionProtection: false,
  },
  dev: {
    // A placeholder so that the template can be looked at; API Gateway refuses an issuer that it can't reach.
    jwtIssuer: "https://issuer.example.com",
    jwtAudience: ["payouts"],
    consoleClientId: "console",
    logRetentionDays: 7,
    archiveRetentionDays: 7,
    deletionProtection: false,
  },
  staging: { logRetentionDays: 30, archiveRetentionDays: 30, deletionProtection: true },
  prod: { logRetentionDays: 365, archiveRetentionDays: 365, deletionProtection: true },
};

const commonDefaults: StageOverrides = {
  sources: ["placements", "partners", "contests"],
  publisherAccounts: [],
  organizationClaim: "organizationId",
  consoleOrigins: [],
  consoleScope: "openid profile email",
  consoleToken: "access_token",
  identityOrigins: [],
  defaultPolicy: {
    holdbackBp: 2000,
    guaranteeDays: 90,
    triggerEvent: "guarantee_period_end",
    approval: "auto",
    timeZone: "UTC",
  },
  stripeApiUrl: "https://api.stripe.com",
  stripeRequestsPerSecond: 25,
  webhookReservedConcurrency: 20,
  attemptReservedConcurrency: 100,
};

/** Keys that a deployer sets; protection follows from the stage and is no switch of the command line. */
const overridable = Object.keys(configSchema.shape).filter((key) => key !== "stage" && key !== "deletionProtection");

class InvalidConfig extends Error {
  override readonly name = "InvalidConfig";
}

/** The stage's configuration; names every key that is missing or wrong. */
export function resolveConfig(stage: unknown, overrides: StageOverrides): StageConfig {
  const known = stages.find((candidate) => candidate === stage);
  if (known === undefined) throw new InvalidConfig(`stage: "${String(stage)}" is none of ${stages.join(", ")}`);
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const parsed = configSchema.safeParse({ ...commonDefaults, ...stageDefaults[known], ...given, stage: known });
  if (!parsed.success) throw new InvalidConfig(`stage ${known}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Reads the overrides from CDK context (`-c alarmEmail=…`, or the `context` of cdk.json). */
export function readOverrides(context: (key: string) => unknown): StageOverrides {
  return Object.fromEntries(
    overridable.map((key) => {
      const value = context(key);
      return [key, key === "defaultPolicy" && typeof value === "string" ? JSON.parse(value) : value];
    }),
  );
}

/** Every named resource of a deployment: `payouts-prod-release-due`. */
export function resourceName(config: StageConfig, ...parts: string[]): string {
  return ["payouts", config.stage, ...parts].join("-");
}

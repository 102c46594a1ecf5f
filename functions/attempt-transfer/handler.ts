import * as z from "zod";
import { createStripeAttempts } from "../../shared/commands/stripe-attempts.ts";
import { attemptEventSchema, createAttemptHandler } from "../../shared/events/attempt-handler.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({
  TABLE_NAME: z.string().min(1),
  STRIPE_SECRET_ARN: z.string().min(1),
  STRIPE_API_URL: z.url(),
  STRIPE_REQUESTS_PER_SECOND: z.coerce.number().int().min(1).max(100),
});
const attempt = createAttemptHandler(
  createStripeAttempts({
    world: createWorld(env.TABLE_NAME),
    secretArn: env.STRIPE_SECRET_ARN,
    apiUrl: env.STRIPE_API_URL,
    requestsPerSecond: env.STRIPE_REQUESTS_PER_SECOND,
  }),
);

export const handler = house((event: unknown) => attempt(attemptEventSchema.parse(event)));

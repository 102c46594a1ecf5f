import type { LambdaFunctionURLEvent } from "aws-lambda";
import * as z from "zod";
import { receiveProviderEvent } from "../../shared/commands/provider-events.ts";
import { createWebhookHandler } from "../../shared/http/stripe-webhook.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createSecrets, secretField } from "../../shared/runtime/secrets.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({ TABLE_NAME: z.string().min(1), STRIPE_WEBHOOK_SECRET_ARN: z.string().min(1) });
const world = createWorld(env.TABLE_NAME);
const secrets = createSecrets(world.now);

const receive = createWebhookHandler({
  now: world.now,
  store: (event) => receiveProviderEvent(world, event),
  signingSecrets: async () => {
    const stages = ["AWSCURRENT", "AWSPREVIOUS"] as const;
    const values = await Promise.all(stages.map((stage) => secrets(env.STRIPE_WEBHOOK_SECRET_ARN, stage)));
    return values.map((value) => secretField(value, "signingSecret")).filter((secret) => secret !== undefined);
  },
});

export const handler = house((event: LambdaFunctionURLEvent) => receive(event));

import * as z from "zod";
import { createReversals } from "../../shared/commands/reversals.ts";
import { createStripeGateways } from "../../shared/commands/stripe-attempts.ts";
import { subjectSchema } from "../../shared/events/bus-event.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { logger } from "../../shared/runtime/logger.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({
  TABLE_NAME: z.string().min(1),
  STRIPE_SECRET_ARN: z.string().min(1),
  STRIPE_API_URL: z.url(),
});
const eventSchema = z.object({ id: z.string().min(1), detail: subjectSchema });
const world = createWorld(env.TABLE_NAME);
const gateways = createStripeGateways({ world, secretArn: env.STRIPE_SECRET_ARN, apiUrl: env.STRIPE_API_URL });

export const handler = house(async (event: unknown) => {
  const { id, detail } = eventSchema.parse(event);
  const reversals = createReversals({
    ...world,
    gateway: await gateways(),
    alert: (alert, reversalId) => logger.error("a reversal needs a person", { alert, reversalId }),
  });
  return reversals.reverse({
    organizationId: detail.organization_id,
    transferId: detail.entity_id,
    actor: { type: "system", id: "reverse-transfer" },
    correlationId: id,
  });
});

import * as z from "zod";
import { createProviderEvents } from "../../shared/commands/provider-events.ts";
import { createStripeGateways } from "../../shared/commands/stripe-attempts.ts";
import { announcementOf } from "../../shared/events/announcements.ts";
import { subjectSchema } from "../../shared/events/bus-event.ts";
import { createBusClient } from "../../shared/runtime/bus-client.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({
  TABLE_NAME: z.string().min(1),
  BUS_NAME: z.string().min(1),
  STRIPE_SECRET_ARN: z.string().min(1),
  STRIPE_API_URL: z.url(),
});
const world = createWorld(env.TABLE_NAME);
const publish = createBusClient(env.BUS_NAME, world);
const gateways = createStripeGateways({ world, secretArn: env.STRIPE_SECRET_ARN, apiUrl: env.STRIPE_API_URL });

export const handler = house(async (event: unknown) => {
  const { detail } = z.object({ detail: subjectSchema }).parse(event);
  const events = createProviderEvents({
    ...world,
    gateway: await gateways(),
    announce: (target) => publish(announcementOf(target)),
  });
  return events.apply("stripe", detail.entity_id);
});

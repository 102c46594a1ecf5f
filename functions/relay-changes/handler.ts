import { setTimeout as sleepFor } from "node:timers/promises";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { createCounter } from "../../shared/counters/counter.ts";
import { createPublisher } from "../../shared/events/publisher.ts";
import { createRelayChanges } from "../../shared/events/relay.ts";
import { createDocumentClient } from "../../shared/runtime/clients.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";

const { TABLE_NAME, BUS_NAME } = readEnv({ TABLE_NAME: z.string().min(1), BUS_NAME: z.string().min(1) });
const retry = { sleep: (ms: number) => sleepFor(ms), random: Math.random };

/** Tells the bus what changed in the table, and counts it. */
export const handler = house(
  createRelayChanges({
    publish: createPublisher({ client: new EventBridgeClient({ maxAttempts: 3 }), busName: BUS_NAME, ...retry }),
    count: createCounter({ client: createDocumentClient(), tableName: TABLE_NAME, ...retry }),
  }),
);

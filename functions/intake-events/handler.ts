import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { createIntake } from "../../shared/commands/intake.ts";
import { createReleases } from "../../shared/commands/releases.ts";
import { busEventSchema } from "../../shared/events/bus-event.ts";
import { policySchema } from "../../shared/events/default-policy.ts";
import { createIntakeHandler } from "../../shared/events/intake-handler.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({
  TABLE_NAME: z.string().min(1),
  REJECTED_QUEUE_URL: z.url(),
  DEFAULT_POLICY: policySchema,
});
const world = createWorld(env.TABLE_NAME);
const releases = createReleases(world);
const queue = new SQSClient({ maxAttempts: 3 });

const take = createIntakeHandler({
  intake: createIntake({ ...world, releases, defaultPolicy: env.DEFAULT_POLICY }),
  reject: async (rejected) => {
    await queue.send(
      new SendMessageCommand({ QueueUrl: env.REJECTED_QUEUE_URL, MessageBody: JSON.stringify(rejected) }),
    );
  },
});

export const handler = house((event: unknown) => take(busEventSchema.parse(event)));

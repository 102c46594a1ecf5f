import * as z from "zod";
import { createReleases } from "../../shared/commands/releases.ts";
import { subjectSchema } from "../../shared/events/bus-event.ts";
import { createDueHandler } from "../../shared/events/due-handler.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({ TABLE_NAME: z.string().min(1) });
const release = createDueHandler(createReleases(createWorld(env.TABLE_NAME)));
const eventSchema = z.object({
  id: z.string(),
  "detail-type": z.enum(["escrow_hold.release_due", "payout_schedule.due"]),
  detail: subjectSchema,
});

export const handler = house((event: unknown) => release(eventSchema.parse(event)));

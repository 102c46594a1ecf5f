import * as z from "zod";
import { createReleases } from "../../shared/commands/releases.ts";
import { createResume } from "../../shared/commands/resume.ts";
import { createResumeHandler, resumeEventSchema } from "../../shared/events/resume-handler.ts";
import { attemptRequests, createBusClient } from "../../shared/runtime/bus-client.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({ TABLE_NAME: z.string().min(1), BUS_NAME: z.string().min(1) });
const world = createWorld(env.TABLE_NAME);
const publish = createBusClient(env.BUS_NAME, world);
const resume = createResumeHandler({
  store: world.store,
  resume: createResume({
    ...world,
    releases: createReleases(world),
    requestAttempts: (transfers) => publish(attemptRequests(transfers, true)),
  }),
});

export const handler = house((event: unknown) => resume(resumeEventSchema.parse(event)));

import * as z from "zod";
import { createPlatformAdministration } from "../../shared/commands/platform.ts";
import { createPlatformHandler } from "../../shared/commands/platform-handler.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({ TABLE_NAME: z.string().min(1) });
const answer = createPlatformHandler(createPlatformAdministration(createWorld(env.TABLE_NAME)));

export const handler = house((event: unknown, context) => answer(event, context.awsRequestId));

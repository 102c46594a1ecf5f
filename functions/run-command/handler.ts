import * as z from "zod";
import { createOperator } from "../../shared/commands/operator.ts";
import { createOperatorHandler } from "../../shared/commands/operator-handler.ts";
import { createReleases } from "../../shared/commands/releases.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({ TABLE_NAME: z.string().min(1) });
const world = createWorld(env.TABLE_NAME);
const answer = createOperatorHandler(createOperator({ ...world, releases: createReleases(world) }));

export const handler = house((event: unknown, context) => answer(event, context.awsRequestId));

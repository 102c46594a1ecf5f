import * as z from "zod";
import { createReleases } from "../../shared/commands/releases.ts";
import { createSweep } from "../../shared/commands/sweep.ts";
import { attemptRequests, createBusClient } from "../../shared/runtime/bus-client.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { logger } from "../../shared/runtime/logger.ts";
import { recordMetric } from "../../shared/runtime/metrics.ts";
import { createWorld } from "../../shared/runtime/world.ts";

/** Left for the commit under way when time runs out. */
const RESERVE_MS = 5_000;

const env = readEnv({ TABLE_NAME: z.string().min(1), BUS_NAME: z.string().min(1) });
const world = createWorld(env.TABLE_NAME);
const publish = createBusClient(env.BUS_NAME, world);
const sweep = createSweep({
  ...world,
  releases: createReleases(world),
  requestAttempts: (transfers) => publish(attemptRequests(transfers, false)),
  onFailure: (id, error) => logger.error("a record could not be swept", { id, error: String(error) }),
});

export const handler = house(async (_event: unknown, context) => {
  const report = await sweep.run(() => context.getRemainingTimeInMillis() - RESERVE_MS);
  if (report.healed > 0) recordMetric("SweepHealed", report.healed);
  logger.info("swept", { ...report });
  return report;
});

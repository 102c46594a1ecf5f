import * as z from "zod";
import { createOperator, operatorCommandSchema } from "../../shared/commands/operator.ts";
import { createReleases } from "../../shared/commands/releases.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { logger } from "../../shared/runtime/logger.ts";
import { createWorld } from "../../shared/runtime/world.ts";

const env = readEnv({ TABLE_NAME: z.string().min(1) });
const world = createWorld(env.TABLE_NAME);
const operator = createOperator({ ...world, releases: createReleases(world) });

/** Answers `{ok: true, result}` or `{ok: false, error: {code, message, field?}}`; never throws for what the caller sent. */
export const handler = house(async (event: unknown, context) => {
  const parsed = operatorCommandSchema.safeParse(event);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join(".") ?? "";
    return { ok: false, error: { code: "invalid_command", message: issue?.message ?? "malformed", field } };
  }
  const decision = await operator.run(parsed.data, context.awsRequestId);
  logger.info("command", { command: parsed.data.command, by: parsed.data.by, ok: decision.ok });
  if (!decision.ok) return { ok: false, error: decision.refusal };
  return {
    ok: true,
    result: decision.value ?? {},
    changed: decision.changes.map(({ entity, after }) => `${entity} ${after.id}`),
  };
});

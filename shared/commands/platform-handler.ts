import { logger } from "../runtime/logger.ts";
import { CommandContended, StoreBusy } from "../store/errors.ts";
import { type PlatformAdministration, platformCommandSchema } from "./platform.ts";

export type PlatformAnswer =
  | {
      readonly ok: true;
      /** What was written, as `<entity> <id>`. */
      readonly changed: readonly string[];
    }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly field?: string;
        readonly retry_after_ms?: number;
      };
    };

/** Where a caller may simply come again; others were quicker or the table was busy. */
const COME_AGAIN_MS = 1_000;

/**
 * Parses, runs and answers a command to the platform. Nothing is thrown at the caller, so that no stack trace leaves: what
 * went wrong inside is logged under the request's id, which the answer names.
 */
export function createPlatformHandler(platform: PlatformAdministration) {
  return async (event: unknown, requestId: string): Promise<PlatformAnswer> => {
    const parsed = platformCommandSchema.safeParse(event);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const field = issue?.path.join(".") ?? "";
      return { ok: false, error: { code: "invalid_command", message: issue?.message ?? "malformed", field } };
    }
    try {
      const decision = await platform.run(parsed.data, requestId);
      logger.info("command", { command: parsed.data.command, by: parsed.data.by, ok: decision.ok });
      if (!decision.ok) return { ok: false, error: decision.refusal };
      return { ok: true, changed: decision.changes.map(({ entity, after }) => `${entity} ${after.id}`) };
    } catch (error) {
      logger.error("command failed", { error: error as Error, command: parsed.data.command });
      if (error instanceof StoreBusy || error instanceof CommandContended) {
        const retryAfterMs = error instanceof StoreBusy ? error.retryAfterMs : COME_AGAIN_MS;
        return {
          ok: false,
          error: { code: "busy", message: "others were quicker; nothing was written", retry_after_ms: retryAfterMs },
        };
      }
      return {
        ok: false,
        error: { code: "internal_error", message: `the command failed; see the log of request ${requestId}` },
      };
    }
  };
}

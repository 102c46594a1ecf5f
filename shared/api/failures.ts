import { AccessUnavailable } from "../access/access.ts";
import { PlatformUnavailable } from "../monitoring/platform-services.ts";
import { CommandContended, StoreBusy } from "../store/errors.ts";
import type { ProblemFacts } from "./problem.ts";

/** Others were quicker, or what is needed can't be reached: nothing was written, and coming again is safe. */
export interface Trouble {
  readonly facts: ProblemFacts;
  readonly retryAfterSeconds: number;
}

/** What an error means that isn't a bug; undefined for everything else. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof StoreBusy) {
    return { facts: { code: "busy" }, retryAfterSeconds: Math.max(1, Math.ceil(error.retryAfterMs / 1000)) };
  }
  if (error instanceof CommandContended) return { facts: { code: "busy" }, retryAfterSeconds: 1 };
  if (error instanceof PlatformUnavailable) return { facts: { code: "platform_unavailable" }, retryAfterSeconds: 5 };
  if (error instanceof AccessUnavailable) return { facts: { code: "access_unavailable" }, retryAfterSeconds: 5 };
  return undefined;
}

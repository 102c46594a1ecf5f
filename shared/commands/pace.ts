import type { Surroundings } from "./run.ts";

/** Seconds ahead that a caller is ready to wait for; longer, and it comes again later. */
const MAX_WAIT_SECONDS = 8;

export interface PaceOptions extends Surroundings {
  readonly provider: string;
  /** What the provider lets one endpoint take; all functions share it. */
  readonly requestsPerSecond: number;
}

/**
 * A rate limit shared by all functions: each call takes a place in a second that still has one, and waits for that
 * second. Every second is an item of its own, so no key becomes hot.
 */
export function createPace({ store, now, sleep, provider, requestsPerSecond }: PaceOptions) {
  return async (endpoint: string): Promise<boolean> => {
    const startSecond = Math.floor(now() / 1000);
    for (let ahead = 0; ahead <= MAX_WAIT_SECONDS; ahead += 1) {
      const second = startSecond + ahead;
      if (!(await store.takeRateSlot(provider, endpoint, second, requestsPerSecond))) continue;
      const waitMs = second * 1000 - now();
      if (waitMs > 0) await sleep(waitMs);
      return true;
    }
    return false;
  };
}

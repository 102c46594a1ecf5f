import { ApiRefusal } from "./api-refusal.ts";

const WINDOW_MS = 1_000;

export interface RateLimit {
  /** Refuses the request that is one too many within a second at its endpoint; a refused one does not count. */
  check(endpoint: string): void;
}

export function createRateLimit(nowMs: () => number, limits: () => { enabled: boolean; perSecond: number }): RateLimit {
  const accepted = new Map<string, number[]>();
  return {
    check(endpoint) {
      const { enabled, perSecond } = limits();
      if (!enabled) return;
      const now = nowMs();
      const recent = (accepted.get(endpoint) ?? []).filter((at) => at > now - WINDOW_MS);
      accepted.set(endpoint, recent);
      if (recent.length >= perSecond) throw rateLimited("endpoint-rate");
      recent.push(now);
    },
  };
}

export function rateLimited(reason: "endpoint-rate" | "global-rate"): ApiRefusal {
  return new ApiRefusal(
    429,
    {
      type: "invalid_request_error",
      code: "rate_limit",
      message: "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode.",
    },
    { headers: { "stripe-rate-limited-reason": reason } },
  );
}

/** Stripe's answer when another request holds the object's lock; it invites the client to try again. */
export function lockTimeout(): ApiRefusal {
  return new ApiRefusal(
    429,
    {
      type: "invalid_request_error",
      code: "lock_timeout",
      message:
        "This object cannot be accessed right now because another API request or Stripe process is currently accessing it.",
    },
    { headers: { "stripe-should-retry": "true" } },
  );
}

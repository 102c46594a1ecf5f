/** CloudWatch, SQS or the bus can't be reached or turns calls away: nothing was changed, and coming again is safe. */
export class PlatformUnavailable extends Error {
  override readonly name = "PlatformUnavailable";
}

const TURNED_AWAY = /throttl|TooManyRequests|LimitExceeded/i;

/** A call that the service itself has refused as wrong or not allowed is a mistake of ours, not an outage. */
function isMistake(error: unknown): boolean {
  return error instanceof Error && "$fault" in error && error.$fault === "client" && !TURNED_AWAY.test(error.name);
}

/** Calls a service of the platform. Throws `PlatformUnavailable` where it is out of reach; mistakes as they are. */
export async function reach<T>(service: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isMistake(error)) throw error;
    throw new PlatformUnavailable(`${service} can't be reached`, { cause: error });
  }
}

import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { createPublisher } from "../events/publisher.ts";
import type { RetrySettings } from "../store/retry.ts";
import type { KeptEvent } from "./kept-message.ts";
import { PlatformUnavailable } from "./platform-services.ts";

export interface RedriveOptions extends RetrySettings {
  readonly client: EventBridgeClient;
  readonly busName: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Puts a kept event back on the bus. It keeps the time of its first publication: what orders by time, such as the newest
 * of a payee's facts, must not take an old event for a new one. Resolves when the bus has it; throws
 * `PlatformUnavailable` where it doesn't take it.
 */
export function createRedrive({ client, busName, now, sleep, random }: RedriveOptions) {
  const publish = createPublisher({ client, busName, sleep, random });
  return async ({ source, detailType, detail, time }: KeptEvent): Promise<void> => {
    const at = new Date(time === undefined ? now() : Date.parse(time));
    const message = { source, detailType, detail: JSON.stringify(detail), at, orderKey: "" };
    if ((await publish([message])) === 0) throw new PlatformUnavailable(`the bus doesn't take ${source} ${detailType}`);
  };
}

export type Redrive = ReturnType<typeof createRedrive>;

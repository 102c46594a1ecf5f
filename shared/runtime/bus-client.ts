import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { Surroundings } from "../commands/run.ts";
import { createPublisher } from "../events/publisher.ts";

export interface BusMessage {
  readonly source: "payouts" | "payouts.scheduler";
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Some messages were refused again and again; the function fails, and its retry publishes them all once more. */
export class PublishFailed extends Error {
  override readonly name = "PublishFailed";
}

/** Publishes what is not a record's change: requests to look again. At least once; who reads them decides by the record. */
export function createBusClient(busName: string, world: Pick<Surroundings, "now" | "sleep" | "random">) {
  const { now, sleep, random } = world;
  const publish = createPublisher({ client: new EventBridgeClient({ maxAttempts: 3 }), busName, sleep, random });
  return async (messages: readonly BusMessage[]): Promise<void> => {
    const at = new Date(now());
    const published = await publish(
      messages.map(({ source, detailType, detail }, index) => ({
        source,
        detailType,
        detail: JSON.stringify(detail),
        at,
        orderKey: String(index),
      })),
    );
    if (published < messages.length)
      throw new PublishFailed(`${messages.length - published} messages are not on the bus`);
  };
}

/** Asks for attempts at transfers; the attempt decides whether one is due. */
export function attemptRequests(
  transfers: readonly { organizationId: string; transferId: string }[],
  resumed: boolean,
): BusMessage[] {
  return transfers.map(({ organizationId, transferId }) => ({
    source: "payouts.scheduler",
    detailType: "transfer.attempt_due",
    detail: { organization_id: organizationId, entity_id: transferId, ...(resumed ? { resumed: true } : {}) },
  }));
}

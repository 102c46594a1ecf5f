import type { z } from "zod";
import type { createIntake } from "../commands/intake.ts";
import { logger } from "../runtime/logger.ts";
import { recordMetric } from "../runtime/metrics.ts";
import type { busEventSchema } from "./bus-event.ts";
import { parseInbound } from "./inbound.ts";

/** An event that can't be used, with what is wrong with it; the redrive command puts `event` back on the bus. */
export interface RejectedEvent {
  readonly reason: string;
  readonly code: string;
  readonly field?: string;
  readonly event: unknown;
}

export interface IntakeHandlerOptions {
  readonly intake: ReturnType<typeof createIntake>;
  readonly reject: (rejected: RejectedEvent) => Promise<void>;
}

/** Parses, takes in, and keeps what can't be used. Throws only where trying again can help. */
export function createIntakeHandler({ intake, reject }: IntakeHandlerOptions) {
  return async (event: z.infer<typeof busEventSchema>): Promise<{ outcome: "done" | "rejected" }> => {
    const parsed = parseInbound(event["detail-type"], event.detail);
    const refusal = parsed.ok ? undefined : { code: "invalid_event", message: parsed.reason, field: parsed.field };
    const result = parsed.ok
      ? await intake.take(parsed.event, { eventId: event.id, source: event.source, time: event.time })
      : undefined;
    const refused = refusal ?? (result?.kind === "refused" ? result.refusal : undefined);
    if (refused === undefined) return { outcome: "done" };
    const { code, message, field } = refused;
    logger.warn("event rejected", { code, reason: message, field, eventId: event.id, type: event["detail-type"] });
    await reject({ reason: message, code, ...(field === undefined ? {} : { field }), event });
    recordMetric("RejectedEvent");
    return { outcome: "rejected" };
  };
}

import * as z from "zod";
import type { AttemptCommand, AttemptResult } from "../commands/attempts.ts";

const requested = z.object({
  organization_id: z.string().min(1),
  entity_id: z.string().min(1),
  resumed: z.boolean().optional(),
});

/** An attempt is asked for by an event of the bus or by the retry workflow, which says which execution it is. */
export const attemptEventSchema = z.union([
  z.object({ id: z.string(), "detail-type": z.string(), detail: requested }),
  requested.extend({ execution: z.string().min(1) }),
]);

/** One attempt for whoever asks; what it came to is the answer, which the workflow decides by. */
export function createAttemptHandler(attempt: (command: AttemptCommand) => Promise<AttemptResult>) {
  return (event: z.infer<typeof attemptEventSchema>): Promise<AttemptResult> => {
    const [subject, correlationId] = "detail" in event ? [event.detail, event.id] : [event, event.execution];
    const resumed = subject.resumed === true || ("detail" in event && event["detail-type"] === "transfer.resumed");
    return attempt({
      organizationId: subject.organization_id,
      transferId: subject.entity_id,
      actor: { type: "system", id: "attempt-transfer" },
      correlationId,
      ...(resumed ? { resumed } : {}),
    });
  };
}

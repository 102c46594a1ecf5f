import type { Releases } from "../commands/releases.ts";
import { logger } from "../runtime/logger.ts";
import { recordMetric } from "../runtime/metrics.ts";

export interface DueEvent {
  readonly id: string;
  readonly "detail-type": "escrow_hold.release_due" | "payout_schedule.due";
  readonly detail: { readonly organization_id: string; readonly entity_id: string };
}

/** Runs what the scheduler says is due. The second firing finds it done and changes nothing. */
export function createDueHandler(releases: Releases) {
  return async (event: DueEvent): Promise<{ outcome: string }> => {
    const { organization_id: organizationId, entity_id: id } = event.detail;
    const origin = {
      organizationId,
      actor: { type: "system", id: "release-due" } as const,
      correlationId: event.id,
      path: "scheduler" as const,
    };
    const decision =
      event["detail-type"] === "escrow_hold.release_due"
        ? await releases.releaseHold({ ...origin, holdId: id })
        : await releases.fireSchedule({ ...origin, scheduleId: id });
    if (!decision.ok) {
      logger.info("nothing to release", { id, code: decision.refusal.code, reason: decision.refusal.message });
      return { outcome: decision.refusal.code };
    }
    for (const { after } of decision.changes) {
      if ("firing" in after && after.firing !== undefined)
        recordMetric("LatenessSeconds", after.firing.latenessSeconds);
    }
    return { outcome: decision.value.kind };
  };
}

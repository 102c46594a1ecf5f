import * as z from "zod";
import type { createResume, ResumeReport } from "../commands/resume.ts";
import { controlName } from "../domain/sending-control.ts";
import type { WaitTarget } from "../store/keys.ts";
import { payeeKey } from "../store/keys.ts";
import type { Store } from "../store/store.ts";

const recordDetail = z.object({ organization_id: z.string(), entity_id: z.string() });

/** What ends a payout's own waiting: approved, or no longer marked as failed. */
const payoutGoesOn = ["payout.approved", "payout.retried", "payout.paid_outside"] as const;

/** The events that end somebody's waiting. */
export const resumeEventSchema = z.discriminatedUnion("detail-type", [
  z.object({ "detail-type": z.enum(["payee.created", "payee.updated"]), detail: recordDetail }),
  z.object({ "detail-type": z.enum(payoutGoesOn), detail: recordDetail }),
  z.object({ "detail-type": z.literal("sending_control.resumed"), detail: recordDetail }),
  z.object({ "detail-type": z.literal("provider_funds.available"), detail: z.object({ provider: z.string() }) }),
  z.object({
    "detail-type": z.literal("payee_account.updated"),
    detail: z.object({ provider: z.string(), account: z.string() }),
  }),
]);

export interface ResumeHandlerOptions {
  readonly store: Store;
  readonly resume: ReturnType<typeof createResume>;
}

/** What may go on after an event. A new destination also frees what waited for the old account. */
export function createResumeHandler({ store, resume }: ResumeHandlerOptions) {
  async function targetsOf(
    event: Exclude<z.infer<typeof resumeEventSchema>, { "detail-type": (typeof payoutGoesOn)[number] }>,
  ): Promise<WaitTarget[]> {
    switch (event["detail-type"]) {
      case "payee.created":
      case "payee.updated": {
        const { organization_id: organizationId, entity_id: payeeId } = event.detail;
        const payee = await store.get("payee", payeeKey(organizationId, payeeId));
        const accounts = (payee?.formerAccounts ?? []).map(
          (account): WaitTarget => ({ kind: "account", provider: "stripe", account }),
        );
        return [{ kind: "payee", organizationId, payeeId }, ...accounts];
      }
      case "sending_control.resumed": {
        const { organization_id: organizationId, entity_id: id } = event.detail;
        return [{ kind: "sending", control: controlName({ organizationId, id }) }];
      }
      case "provider_funds.available":
        return [{ kind: "funds", provider: event.detail.provider }];
      case "payee_account.updated":
        return [{ kind: "account", provider: event.detail.provider, account: event.detail.account }];
    }
  }

  return async (event: z.infer<typeof resumeEventSchema>): Promise<ResumeReport> => {
    switch (event["detail-type"]) {
      case "payout.approved":
      case "payout.retried":
      case "payout.paid_outside":
        return resume.resumePayout(event.detail.organization_id, event.detail.entity_id);
    }
    const total = { released: 0, attempts: 0 };
    for (const target of await targetsOf(event)) {
      const report = await resume.resumeWaiting(target);
      total.released += report.released;
      total.attempts += report.attempts;
    }
    return total;
  };
}

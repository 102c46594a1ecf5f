import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { useApi, useConsole } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import { useApprovalRules } from "../payouts/approval-rules.ts";
import { sendingBarred } from "../payouts/payout-duties.ts";

export interface SendingCheck {
  /** True until the payout has been read. */
  readonly checking: boolean;
  /** Why this person can't send money of the payout, in words. */
  readonly barred: string | undefined;
  /** What keeps anything of the payout from going out. */
  readonly obstacle: Wire["PayoutBlocker"] | undefined;
  /** Sending is paused or the provider fails: what is released waits as a transfer until that is over. */
  readonly pause: Wire["PayoutBlocker"] | undefined;
}

/**
 * Whether the person who is signed in can send of a payout, and whether anything is in the way: read when a dialog opens,
 * as neither is part of a schedule or a hold. Where it can't be read, the API's answer to the deed has to do.
 */
export function useSendingCheck(payoutId: string): SendingCheck {
  const api = useApi();
  const { me } = useConsole();
  const rules = useApprovalRules();
  const params = { path: { id: payoutId } };
  const payout = useLive({
    queryKey: ["sending-check", "payout", payoutId],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payouts/{id}", { params, signal })),
  });
  const blockers = useLive({
    queryKey: ["sending-check", "blockers", payoutId],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payouts/{id}/blockers", { params, signal })),
  });
  const read = payout.data?.data.id === payoutId ? payout.data.data : undefined;
  return {
    checking: [payout, blockers].some(({ data, error }) => data === undefined && error === null),
    barred: read === undefined ? undefined : sendingBarred(read, me, rules),
    obstacle: blockers.data?.data.find(({ entity_type: entity }) => entity === "payout"),
    pause: blockers.data?.data.find(({ entity_type: entity }) => entity === "sending_control"),
  };
}

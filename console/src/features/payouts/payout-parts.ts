import type { UseQueryResult } from "@tanstack/react-query";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { useApi } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";

/** A payout can be in at most as many parts as one page holds. */
const ALL = 100;

export interface PayoutParts {
  readonly schedules: readonly Wire["PayoutSchedule"][];
  readonly holds: readonly Wire["EscrowHold"][];
  readonly transfers: readonly Wire["Transfer"][];
}

/** All schedules, holds and transfers of one payout, kept up to date. */
export function usePayoutParts(payoutId: string): UseQueryResult<PayoutParts> {
  const api = useApi();
  return useLive({
    queryKey: ["payouts", "parts", payoutId],
    queryFn: async ({ signal }) => {
      const query = { payout_id: payoutId, limit: ALL };
      const [schedules, holds, transfers] = await Promise.all([
        answerOf(api.GET("/v2/payout-schedules", { params: { query }, signal })),
        answerOf(api.GET("/v2/escrow-holds", { params: { query }, signal })),
        answerOf(api.GET("/v2/transfers", { params: { query }, signal })),
      ]);
      return { schedules: schedules.data, holds: holds.data, transfers: transfers.data };
    },
  });
}

/** Who is paid, and where to as it is now. */
export function usePayee(payeeId: string): UseQueryResult<Wire["Payee"]> {
  const api = useApi();
  return useLive({
    queryKey: ["payees", "one", payeeId],
    queryFn: async ({ signal }) =>
      (await answerOf(api.GET("/v2/payees/{id}", { params: { path: { id: payeeId } }, signal }))).data,
  });
}

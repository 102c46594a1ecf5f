import type { UseQueryResult } from "@tanstack/react-query";
import { answerOf } from "../../api/api-problem.ts";
import type { ApiClient } from "../../api/console-api.ts";
import { useLive } from "../../api/live.ts";
import { serverNow } from "../../api/server-clock.ts";
import { useApi } from "../../session/console-context.tsx";
import { awaitsApproval, type Payout } from "../payouts/payout-duties.ts";

const PAGE = 100;
const MAXIMUM_PAGES = 5;
/** Payouts under way whose approval became void, read one by one. */
const MAXIMUM_VOIDED = 50;

export interface ApprovalQueue {
  readonly payouts: readonly Payout[];
  /** There are more than are read at once: the longest waiting ones are here. */
  readonly capped: boolean;
}

/** Everything that waits for approval, whoever may give it; the longest waiting first. */
export function useApprovalQueue(): UseQueryResult<ApprovalQueue> {
  const api = useApi();
  return useLive({ queryKey: ["payouts", "approval-queue"], queryFn: ({ signal }) => readQueue(api, signal) });
}

async function readQueue(api: ApiClient, signal: AbortSignal): Promise<ApprovalQueue> {
  const [{ payouts, capped }, stopped] = await Promise.all([readWaiting(api, signal), findStopped(api, signal)]);
  const known = new Set(payouts.map(({ id }) => id));
  const others = await Promise.all(
    stopped
      .filter((id) => !known.has(id))
      .slice(0, MAXIMUM_VOIDED)
      .map(async (id) => (await answerOf(api.GET("/v2/payouts/{id}", { params: { path: { id } }, signal }))).data),
  );
  return {
    payouts: [...payouts, ...others].filter(awaitsApproval).toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1)),
    capped,
  };
}

async function readWaiting(api: ApiClient, signal: AbortSignal): Promise<ApprovalQueue> {
  const payouts: Payout[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MAXIMUM_PAGES; pages += 1) {
    const query = {
      status: ["pending_approval" as const],
      sort: "date" as const,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const { data, pagination } = await answerOf(api.GET("/v2/payouts", { params: { query }, signal }));
    payouts.push(...data);
    if (pagination.next_cursor === null) return { payouts, capped: false };
    cursor = pagination.next_cursor;
  }
  return { payouts, capped: true };
}

const forApprover: ReadonlySet<string> = new Set(["approval_pending", "approval_void", "destination_changed"]);

/**
 * Ids of payouts that an approval would set going. One of which part was paid before its approval became void keeps its
 * status, so it is found by what is due of it.
 */
async function findStopped(api: ApiClient, signal: AbortSignal): Promise<readonly string[]> {
  // To the minute: the same question can be answered with "nothing new".
  const to = new Date(Math.floor(serverNow() / 60_000) * 60_000).toISOString();
  const [schedules, holds] = await Promise.all([
    answerOf(api.GET("/v2/payout-schedules", { params: { query: { to, limit: PAGE, status: ["pending"] } }, signal })),
    answerOf(api.GET("/v2/escrow-holds", { params: { query: { to, limit: PAGE, status: ["active"] } }, signal })),
  ]);
  const ids = [...schedules.data, ...holds.data].flatMap(({ blocker, payout_id }) =>
    blocker !== null && forApprover.has(blocker.code) ? [payout_id] : [],
  );
  return [...new Set(ids)];
}

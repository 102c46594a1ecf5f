import type { UseQueryResult } from "@tanstack/react-query";
import { answerOf } from "../../api/api-problem.ts";
import type { ApiClient } from "../../api/console-api.ts";
import { useLive } from "../../api/live.ts";
import { useApi } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import { type JournalEntry, journalEntryOf } from "./journal-entries.ts";
import { type TimelineLine, timelineLines } from "./timeline-lines.ts";

const MAXIMUM_JOURNAL_PAGES = 10;

export interface PayoutHistory {
  /** Newest first. */
  readonly lines: readonly TimelineLine[];
  /** Oldest first. */
  readonly journal: readonly JournalEntry[];
  /** The timeline has more lines than the API gives at once. */
  readonly truncated: boolean;
}

/** Everything that happened to a payout, its parts and its ledger. */
export function usePayoutHistory(payoutId: string): UseQueryResult<PayoutHistory> {
  const api = useApi();
  return useLive({
    queryKey: ["payouts", "history", payoutId],
    queryFn: async ({ signal }) => {
      const [timeline, journal] = await Promise.all([
        answerOf(api.GET("/v2/payouts/{id}/timeline", { params: { path: { id: payoutId } }, signal })),
        readJournal(api, payoutId, signal),
      ]);
      return { lines: timelineLines(timeline.data, journal), journal, truncated: timeline.truncated };
    },
  });
}

/** All postings of one payout, oldest first. The API tells of them in the audit log alone. */
async function readJournal(api: ApiClient, payoutId: string, signal: AbortSignal): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MAXIMUM_JOURNAL_PAGES; pages += 1) {
    const query = {
      payout_id: payoutId,
      entity_type: "journal_entry" as const,
      sort: "date" as const,
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const { data, pagination } = await answerOf(api.GET("/v2/payout-audit-log", { params: { query }, signal }));
    entries.push(...data.map(journalEntryOf));
    if (pagination.next_cursor === null) break;
    cursor = pagination.next_cursor;
  }
  return entries;
}

/** What keeps a payout, or part of it, from being paid; empty where all is paid or over. */
export function useBlockers(payoutId: string): UseQueryResult<readonly Wire["PayoutBlocker"][]> {
  const api = useApi();
  return useLive({
    queryKey: ["payouts", "blockers", payoutId],
    queryFn: async ({ signal }) =>
      (await answerOf(api.GET("/v2/payouts/{id}/blockers", { params: { path: { id: payoutId } }, signal }))).data,
  });
}

import { useMemo } from "react";
import { answerOf } from "../../api/api-problem.ts";
import type { ApiClient } from "../../api/console-api.ts";
import { useLive } from "../../api/live.ts";
import { serverNow } from "../../api/server-clock.ts";
import { useConsole } from "../../session/console-context.tsx";
import type { Me } from "../../session/me.ts";
import type { ApprovalRules } from "./payout-duties.ts";

/** The API counts an approver's amounts in quarters of an hour, and each until all of it is older than a day. */
const COUNTED_MS = 24 * 3_600_000 + 15 * 60_000;
const MAXIMUM_PAGES = 5;

/** Thresholds and limits that hold for the person who is signed in; undefined until they are known. */
export function useApprovalRules(): ApprovalRules | undefined {
  const { api, me } = useConsole();
  const { data: settings } = useLive({
    queryKey: ["payouts", "approval-settings"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/settings", { signal })),
    still: true,
  });
  const limits = settings?.data.approver_limit_amounts;
  const isLimited = limits !== undefined && Object.keys(limits).length > 0;
  const { data: used } = useLive({
    queryKey: ["payouts", "approved-by", me.subject],
    queryFn: ({ signal }) => readApproved(api, me, signal),
    enabled: isLimited && me.permissions.includes("payouts.approve") && me.permissions.includes("audit.view"),
  });
  return useMemo(
    () =>
      settings === undefined
        ? undefined
        : {
            highValueFrom: settings.data.high_value_amounts,
            limits: settings.data.approver_limit_amounts,
            used: used ?? {},
          },
    [settings, used],
  );
}

/** What somebody has approved lately, minor units by currency, from the audit log: void approvals count as well. */
async function readApproved(api: ApiClient, me: Me, signal: AbortSignal): Promise<Record<string, number>> {
  const used: Record<string, number> = {};
  let cursor: string | undefined;
  for (let pages = 0; pages < MAXIMUM_PAGES; pages += 1) {
    const query = {
      changed_by: me.subject,
      action: ["payout.approved" as const, "payout.vote_recorded" as const],
      from: new Date(serverNow() - COUNTED_MS).toISOString(),
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const { data, pagination } = await answerOf(api.GET("/v2/payout-audit-log", { params: { query }, signal }));
    for (const { after_state: state } of data) {
      const { currency, amountMinor } = state ?? {};
      if (typeof currency === "string" && typeof amountMinor === "number")
        used[currency] = (used[currency] ?? 0) + amountMinor;
    }
    if (pagination.next_cursor === null) break;
    cursor = pagination.next_cursor;
  }
  return used;
}

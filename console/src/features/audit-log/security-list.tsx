import { answerOf } from "../../api/api-problem.ts";
import { titled } from "../../display/status-badge.tsx";
import type { ListDefinition } from "../../list/list-definition.ts";
import type { Wire } from "../../session/me.ts";

export type SecurityEvent = Wire["SecurityEvent"];

const kinds = [
  "action_refused",
  "data_exported",
  "sensitive_data_read",
  "dead_letter_redriven",
  "unusual_frequency",
  "unusual_hours",
  "new_address",
  "many_failures",
  "destination_changed_before_payout",
] as const;
const riskLevels = ["info", "low", "medium", "high", "critical"] as const;

const options = (values: readonly string[]) => values.map((value) => ({ value, label: titled(value) }));

/** The tab's own key, which the API doesn't know. */
export const TAB = "security";

/** What people did, or tried, that others may want to look at. */
export const securityList: ListDefinition<SecurityEvent> = {
  name: "activity",
  one: "event",
  many: "security events",
  searchLabel: "Narrow down",
  columns: [
    {
      id: "text",
      header: "Text",
      cell: () => null,
      text: (event) =>
        [titled(event.kind), event.detail, event.subject, event.role, event.operation, event.code, event.source_ip]
          .filter((part) => part !== null)
          .join(" "),
    },
  ],
  filters: [
    { kind: "choice", key: "kind", label: "Kind", options: options(kinds) },
    { kind: "choice", key: "risk_level", label: "Risk", options: options(riskLevels) },
    { kind: "text", key: "subject", label: "Who" },
    { kind: "dates", key: "dates", label: "When" },
  ],
  presets: [
    { name: "Medium risk and above", search: () => ({ risk_level: "medium,high,critical" }) },
    { name: "Refused actions", search: () => ({ kind: "action_refused" }) },
    { name: "Exports and accounts read", search: () => ({ kind: "data_exported,sensitive_data_read" }) },
    {
      name: "Unusual",
      search: () => ({
        kind: "unusual_frequency,unusual_hours,new_address,many_failures,destination_changed_before_payout",
      }),
    },
  ],
  fetchPage: (api, { tab: _tab, ...query }, signal) => answerOf(api.GET("/v2/activity", { params: { query }, signal })),
  empty: "Refused actions, exports and what looks unusual come here.",
};

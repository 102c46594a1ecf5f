import * as z from "zod";
import { wireSchemas } from "../../events/wire-schemas.ts";
import { idParams, instant, paging, several, subject } from "../fields.ts";
import { operation, page, single } from "../operation.ts";

const tag = "Activity";
const securityEvent = wireSchemas.security_event.meta({ id: "SecurityEvent" });

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

export const activityFilters = z.strictObject({
  ...paging,
  kind: several(kinds).optional(),
  risk_level: several(riskLevels).optional(),
  subject: subject.optional(),
  from: instant.optional(),
  to: instant.optional(),
  sort: z.enum(["date", "-date"], { error: "date or -date" }).optional(),
});

export const activityOperations = {
  listSecurityEvents: operation({
    method: "GET",
    path: "/v2/activity",
    tag,
    summary: "List refused actions, reads that matter and what looked suspicious, by date",
    access: "audit.view",
    query: activityFilters,
    answer: { status: 200, schema: page(securityEvent) },
    refusals: ["invalid_cursor"],
  }),
  getSecurityEvent: operation({
    method: "GET",
    path: "/v2/activity/{id}",
    tag,
    summary: "Get one security event",
    access: "audit.view",
    params: idParams,
    answer: { status: 200, schema: single(securityEvent) },
    refusals: ["not_found"],
  }),
} as const;

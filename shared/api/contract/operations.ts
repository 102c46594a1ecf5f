import { activityOperations } from "./activity.ts";
import { auditLogOperations } from "./audit-log.ts";
import { holdOperations } from "./holds.ts";
import { meOperations } from "./me.ts";
import { monitoringOperations } from "./monitoring.ts";
import { payeeOperations } from "./payees.ts";
import { payoutOperations } from "./payouts.ts";
import { roleOperations } from "./roles.ts";
import { scheduleOperations } from "./schedules.ts";
import { sendingOperations } from "./sending.ts";
import { settingsOperations } from "./settings.ts";
import { systemOperations } from "./system.ts";
import { transferOperations } from "./transfers.ts";

/** Every operation of the API, by its id. */
export const operations = {
  ...payoutOperations,
  ...scheduleOperations,
  ...holdOperations,
  ...transferOperations,
  ...payeeOperations,
  ...auditLogOperations,
  ...meOperations,
  ...roleOperations,
  ...settingsOperations,
  ...sendingOperations,
  ...activityOperations,
  ...monitoringOperations,
  ...systemOperations,
} as const;

export type OperationId = keyof typeof operations;

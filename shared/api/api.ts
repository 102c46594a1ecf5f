import { createAuditReader } from "../audit/reader.ts";
import { createPayees } from "../commands/payees.ts";
import { createPayouts } from "../commands/payouts.ts";
import { createReleases } from "../commands/releases.ts";
import { createRoles } from "../commands/roles.ts";
import { createSending } from "../commands/sending.ts";
import { createSettingsCommands } from "../commands/settings.ts";
import { createTransfers } from "../commands/transfers.ts";
import { readActions, readCounters, readLineCounts } from "../counters/counter.ts";
import { createAuditLog } from "../queries/audit-log.ts";
import { createDueQueries } from "../queries/due-schedules.ts";
import { createLists } from "../queries/lists.ts";
import { createListReader } from "../store/list-reader.ts";
import type { monitoringOperations } from "./contract/monitoring.ts";
import { operations } from "./contract/operations.ts";
import { type ApiEvent, createDispatch } from "./dispatch.ts";
import { type EntranceOptions, entranceOf } from "./entrance.ts";
import { createActivityHandlers } from "./handlers/activity.ts";
import { createAuditLogHandlers } from "./handlers/audit-log.ts";
import { createHoldHandlers } from "./handlers/holds.ts";
import { createListHandlers } from "./handlers/lists.ts";
import { createMeHandlers } from "./handlers/me.ts";
import { createPayeeHandlers } from "./handlers/payees.ts";
import { createPayoutHandlers } from "./handlers/payouts.ts";
import { createRoleHandlers } from "./handlers/roles.ts";
import { createScheduleHandlers } from "./handlers/schedules.ts";
import { createSendingHandlers } from "./handlers/sending.ts";
import { createSettingsHandlers } from "./handlers/settings.ts";
import { createStatsHandlers } from "./handlers/stats.ts";
import { createSystemHandlers } from "./handlers/system.ts";
import { createTimelineHandlers } from "./handlers/timeline.ts";
import { createTransferHandlers } from "./handlers/transfers.ts";
import type { Handlers, OperationSpec, Operations } from "./operation.ts";
import type { Response } from "./responses.ts";

export interface ApiOptions extends EntranceOptions {
  readonly auditTableName: string;
}

/** What concerns organizations; the platform itself is seen to by a function of its own (operator-api.ts). */
type OrganizationOperations = Omit<typeof operations, keyof typeof monitoringOperations>;

/** Every operation's handler. That all are here is what the type says. */
function createHandlers(options: ApiOptions): Handlers<OrganizationOperations> {
  const { world, client, tableName, auditTableName, defaultPolicy, operatorOrganization } = options;
  const { store, now, sleep, random } = world;
  const retry = { sleep, random };
  const releases = createReleases(world);
  const reader = createListReader({ client, tableName, ...retry });
  const audit = createAuditReader({ client, tableName: auditTableName, ...retry });
  const counts = (organizationId: string) => readCounters(client, tableName, organizationId);
  const lists = createLists({ reader, getMany: store.getMany, counts });
  const due = createDueQueries({ reader, getMany: store.getMany });
  return {
    ...createPayoutHandlers({ store, payouts: createPayouts({ ...world, defaultPolicy }) }),
    ...createScheduleHandlers({ ...world, releases, dueSchedules: due.dueSchedules }),
    ...createHoldHandlers({ ...world, releases }),
    ...createTransferHandlers({ store, transfers: createTransfers(world) }),
    ...createPayeeHandlers({ store, payees: createPayees(world) }),
    ...createRoleHandlers({ store, roles: createRoles(world) }),
    ...createSettingsHandlers({ store, settings: createSettingsCommands(world), defaultPolicy }),
    ...createSendingHandlers({ sending: createSending(world) }),
    ...createActivityHandlers({ store }),
    ...createListHandlers({ lists, getMany: store.getMany }),
    ...createStatsHandlers({
      counts,
      lineCounts: (organizationId) => readLineCounts(client, tableName, organizationId),
      actions: (organizationId, day) => readActions(client, tableName, { organizationId, day }),
      countDue: due.countDue,
      now,
    }),
    ...createAuditLogHandlers({ log: createAuditLog({ store, audit }), audit, now }),
    ...createTimelineHandlers({ store, audit, now }),
    ...createMeHandlers({ store, lists, getMany: store.getMany, now, operatorOrganization }),
    ...createSystemHandlers(),
  };
}

/** Reads and deeds are functions of their own, each with the grants that it needs. */
export type ApiPart = "reads" | "deeds";

export function createApi(options: ApiOptions, part: ApiPart): (event: ApiEvent) => Promise<Response> {
  const own: Operations = Object.fromEntries(
    Object.entries<OperationSpec>(operations).filter(
      ([, { method, operatorsOnly }]) => !operatorsOnly && (method === "GET") === (part === "reads"),
    ),
  );
  return createDispatch({ ...entranceOf(options), operations: own, handlers: createHandlers(options) });
}

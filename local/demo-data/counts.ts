/** How many there are of each kind in an organization, as its people see it. */
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { LOCAL_ROOT } from "../controls/local-roles.ts";
import { LOCAL_TABLE, localAws } from "../report.ts";
import { granted, type OutsideWorld } from "./outside-world.ts";

/** By status; without those of which there is none. */
export type ByStatus = Readonly<Record<string, number>>;

export interface DemoCounts {
  readonly payouts: ByStatus;
  readonly payoutSchedules: ByStatus;
  readonly escrowHolds: ByStatus;
  readonly transfers: ByStatus;
  readonly payees: ByStatus;
  readonly staff: ByStatus;
  /** By kind. */
  readonly securityEvents: ByStatus;
  /** Refused events by queue; of all organizations. */
  readonly rejectedEvents: ByStatus;
}

const PAGE = 100;
/** Lists without a counter are counted up to so many pages. */
const MOST_PAGES = 20;

interface Stats {
  readonly data: { readonly by_status: Readonly<Record<string, { readonly count: number }>> };
}
interface Page<Row> {
  readonly data: readonly Row[];
  readonly pagination: { readonly next_cursor: string | null };
}

function byStatus(stats: Stats | undefined): ByStatus {
  const all = Object.entries(stats?.data.by_status ?? {}).map(([status, { count }]) => [status, count] as const);
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

async function tally<Row>(
  read: (query: { limit: number; cursor?: string }) => Promise<Page<Row> | undefined>,
  nameOf: (row: Row) => string,
): Promise<ByStatus> {
  const tallies: Record<string, number> = {};
  let cursor: string | null | undefined;
  for (let pages = 0; pages < MOST_PAGES && cursor !== null; pages += 1) {
    const page: Page<Row> | undefined = await read({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of page?.data ?? []) tallies[nameOf(row)] = (tallies[nameOf(row)] ?? 0) + 1;
    cursor = page?.pagination.next_cursor ?? null;
  }
  return tallies;
}

async function rejectedEvents({ endpoints }: OutsideWorld): Promise<ByStatus> {
  const queues = new SQSClient(localAws(endpoints));
  const QueueName = `${LOCAL_TABLE}-rejected-events`;
  const { QueueUrl } = await queues.send(new GetQueueUrlCommand({ QueueName }));
  const AttributeNames = ["ApproximateNumberOfMessages" as const];
  const { Attributes } = await queues.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  queues.destroy();
  return { [QueueName]: Number(Attributes?.ApproximateNumberOfMessages ?? 0) };
}

/** As the organization's first super_admin sees it; nothing is written. */
export async function countAll(world: OutsideWorld): Promise<DemoCounts> {
  const root = await world.as(LOCAL_ROOT, "super_admin");
  const [payouts, schedules, holds, transfers] = await Promise.all([
    granted("payout stats", root.GET("/v2/payouts/stats")),
    granted("schedule stats", root.GET("/v2/payout-schedules/stats")),
    granted("hold stats", root.GET("/v2/escrow-holds/stats")),
    granted("transfer stats", root.GET("/v2/transfers/stats")),
  ]);
  const [payees, staff, securityEvents, rejected] = await Promise.all([
    tally(
      (query) => granted("payees", root.GET("/v2/payees", { params: { query } })),
      ({ verified }) => (verified ? "verified" : "unverified"),
    ),
    tally(
      (query) => granted("roles", root.GET("/v2/roles", { params: { query } })),
      ({ status }) => status,
    ),
    tally(
      (query) => granted("activity", root.GET("/v2/activity", { params: { query } })),
      ({ kind }) => kind,
    ),
    rejectedEvents(world),
  ]);
  return {
    payouts: byStatus(payouts),
    payoutSchedules: byStatus(schedules),
    escrowHolds: byStatus(holds),
    transfers: byStatus(transfers),
    payees,
    staff,
    securityEvents,
    rejectedEvents: rejected,
  };
}

function lessOf(after: ByStatus, before: ByStatus): ByStatus {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  const less = names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)] as const);
  return Object.fromEntries(less.filter(([, count]) => count !== 0));
}

/** What has come about between two counts. Below zero where records that were there before changed their status. */
export function difference(after: DemoCounts, before: DemoCounts): DemoCounts {
  return {
    payouts: lessOf(after.payouts, before.payouts),
    payoutSchedules: lessOf(after.payoutSchedules, before.payoutSchedules),
    escrowHolds: lessOf(after.escrowHolds, before.escrowHolds),
    transfers: lessOf(after.transfers, before.transfers),
    payees: lessOf(after.payees, before.payees),
    staff: lessOf(after.staff, before.staff),
    securityEvents: lessOf(after.securityEvents, before.securityEvents),
    rejectedEvents: lessOf(after.rejectedEvents, before.rejectedEvents),
  };
}

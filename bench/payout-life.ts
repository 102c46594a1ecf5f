/** One payout's whole life on the local cloud, with everything counted that AWS would bill. */
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { LocalCloud } from "../local/cloud.ts";
import { LOCAL_BUS, localAws } from "../local/report.ts";
import { createStreamClient } from "../local/streams/stream-client.ts";

/** By name; what is zero is absent. */
export type Figures = Readonly<Record<string, number>>;

/** The sweep is in none of them: its runs are a fixed cost. */
export interface Counts {
  /** By function and operation, `attempt-transfer dynamodb:BatchGetItem`. */
  readonly calls: Figures;
  /** By function and table or index, `write-audit audit/byDay`. */
  readonly writeUnits: Figures;
  readonly readUnits: Figures;
  /** By function. */
  readonly invocations: Figures;
  /** Put on the bus by anybody, by source and detail type. */
  readonly events: Figures;
  /** Single figures: stream records, workflow transitions, schedules fired. */
  readonly others: {
    readonly streamRecords: number;
    readonly workflowTransitions: number;
    readonly schedulesFired: number;
  };
}

export interface Life {
  readonly counts: Counts;
  /** What the sweep and its empty looks used meanwhile: the same whatever the number of payouts. */
  readonly sweeps: { readonly runs: number; readonly readUnits: number; readonly writeUnits: number };
  /** Secrets read again after their five minutes in a sandbox's memory: per sandbox, not per payout. */
  readonly secretReads: number;
}

const DAY_MS = 86_400_000;
const GUARANTEE_DAYS = 2;
/** Longer than both stream consumers need for a batch: each commit is then a batch of its own, the dearest case. */
const PROVIDER_LATENCY_MS = 250;
const WEBHOOK_DELAY_MS = 60_000;
const SWEEP = "sweep-due";
const STREAM_PAGE = 500;

/** `payouts-local-release-due` → `release-due`. */
const shortName = (name: string) => name.replace(/^payouts-local-/, "");

/** Counts every event that anybody puts on the bus, from now on. */
function watchBus(cloud: LocalCloud): Map<string, number> {
  const seen = new Map<string, number>();
  const put = cloud.bus.put.bind(cloud.bus);
  cloud.bus.put = (entries) => {
    for (const { source, detailType } of entries) {
      const name = `${source} ${detailType}`;
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    return put(entries);
  };
  return seen;
}

/** Every record of the main table's stream so far, those of counters and limits too. */
async function countStreamRecords(cloud: LocalCloud): Promise<number> {
  const table = cloud.model.tables.find(({ streamArn }) => streamArn !== undefined);
  if (table === undefined) throw new Error("no table has a stream");
  const client = createStreamClient(cloud.forward);
  const stream = await client.describe(table.name);
  let count = 0;
  for (let after = 0; ; ) {
    const page = await client.readAfter(stream, after, STREAM_PAGE);
    const last = page.at(-1);
    if (last === undefined) return count;
    count += page.length;
    after = Number(last.dynamodb.SequenceNumber);
  }
}

function transitions(cloud: LocalCloud): number {
  return cloud.model.stateMachines
    .flatMap(({ arn }) => cloud.workflows.list(arn))
    .reduce((sum, { executionArn }) => sum + (cloud.workflows.describe(executionArn)?.transitions ?? 0), 0);
}

function invocations(cloud: LocalCloud): Map<string, number> {
  return new Map(
    Object.entries(cloud.functions.figures()).map(([name, figures]) => [shortName(name), figures.invocations]),
  );
}

function sorted(counts: Iterable<readonly [string, number]>): Figures {
  return Object.fromEntries([...counts].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Publishes as the systems around do. */
export function createWorldOutside(cloud: LocalCloud, organizationId: string) {
  const client = new EventBridgeClient(localAws(cloud.endpoints as Parameters<typeof localAws>[0]));
  const put = async (source: string, detailType: string, detail: object): Promise<void> => {
    const Detail = JSON.stringify({ organization_id: organizationId, ...detail });
    const answer = await client.send(
      new PutEventsCommand({ Entries: [{ EventBusName: LOCAL_BUS, Source: source, DetailType: detailType, Detail }] }),
    );
    if (answer.FailedEntryCount !== 0) throw new Error(`the bus refused ${detailType}`);
    await cloud.settle();
  };
  return {
    payee: (payeeId: string) =>
      put("partners", "payee.upserted", {
        payee_id: payeeId,
        name: "Amara Osei",
        default_currency: "USD",
        verified: true,
        destinations: [{ provider: "stripe", account: `acct_${payeeId.replaceAll("-", "")}` }],
      }),
    /** All of it held until the guarantee ends, so that the payout has one release and one transfer. */
    placement: (placementId: string, payeeId: string) =>
      put("placements", "placement.activated", {
        placement_id: placementId,
        company_id: "initech",
        currency: "USD",
        fee_amount: 1_250_000,
        start_date: new Date(cloud.clock.now()).toISOString().slice(0, 10),
        guarantee_days: GUARANTEE_DAYS,
        payees: [{ payee_id: payeeId, share_bp: 10_000 }],
        policy: { holdback_bp: 10_000, trigger_event: "guarantee_period_end", approval: "auto" },
        occurred_at: new Date(cloud.clock.now()).toISOString(),
      }),
    close: () => client.destroy(),
  };
}

/** From the placement's event to the applied webhook, every step settled before the next. */
async function live(cloud: LocalCloud, run: () => Promise<void>): Promise<void> {
  await run();
  await cloud.advanceTo(cloud.clock.now() + (GUARANTEE_DAYS + 1) * DAY_MS);
  await cloud.advanceTo(cloud.clock.now() + 2 * WEBHOOK_DELAY_MS);
  await cloud.settle();
}

/** Lives one payout to warm all functions up, then a second one, counted. */
export async function countOnePayout(cloud: LocalCloud): Promise<Life> {
  const organizationId = "bench";
  const outside = createWorldOutside(cloud, organizationId);
  cloud.stripe.control.updateSettings({
    latencyRealMs: PROVIDER_LATENCY_MS,
    webhooks: { delayMs: WEBHOOK_DELAY_MS },
    // What a connected account does with its money afterwards is not this system's.
    payouts: { enabled: false },
  });
  try {
    await outside.payee("amara-osei");
    await live(cloud, () => outside.placement("pl-0001", "amara-osei"));
    const events = watchBus(cloud);
    const before = {
      invocations: invocations(cloud),
      streamRecords: await countStreamRecords(cloud),
      transitions: transitions(cloud),
    };
    events.clear();
    cloud.meter.reset();
    await live(cloud, () => outside.placement("pl-0002", "amara-osei"));

    for (const end of ["payouts transfer.completed", "payouts payout.paid", "payouts provider_event.applied"]) {
      if (events.get(end) !== 1) throw new Error(`the payout's life has no ${end}: ${JSON.stringify([...events])}`);
    }

    const rows = cloud.meter.read().map((row) => ({ ...row, functionName: shortName(row.functionName) }));
    const sweeps = rows.filter(({ functionName }) => functionName === SWEEP);
    const ofPayout = rows.filter(
      ({ functionName, service }) => functionName !== SWEEP && functionName !== "" && service !== "secretsmanager",
    );
    const made = [...invocations(cloud)].map(
      ([name, count]) => [name, count - (before.invocations.get(name) ?? 0)] as const,
    );
    return {
      counts: {
        calls: added(ofPayout.map((row) => [`${row.functionName} ${row.service}:${row.operation}`, row.calls])),
        writeUnits: added(ofPayout.map((row) => [`${row.functionName} ${placeOf(row)}`, row.writeUnits])),
        readUnits: added(ofPayout.map((row) => [`${row.functionName} ${placeOf(row)}`, row.readUnits])),
        invocations: sorted(made.filter(([name]) => name !== SWEEP)),
        events: sorted(events),
        others: {
          streamRecords: (await countStreamRecords(cloud)) - before.streamRecords,
          workflowTransitions: transitions(cloud) - before.transitions,
          schedulesFired: events.get("payouts.scheduler escrow_hold.release_due") ?? 0,
        },
      },
      sweeps: {
        runs: made.find(([name]) => name === SWEEP)?.[1] ?? 0,
        readUnits: sum(sweeps, ({ readUnits }) => readUnits),
        writeUnits: sum(sweeps, ({ writeUnits }) => writeUnits),
      },
      secretReads: sum(
        rows.filter(({ service }) => service === "secretsmanager"),
        ({ calls }) => calls,
      ),
    };
  } finally {
    outside.close();
  }
}

function placeOf({ resource, index }: { readonly resource: string; readonly index: string }): string {
  const table = resource.endsWith("-audit") ? "audit" : "table";
  return index === "" ? table : `${table}/${index}`;
}

function added(entries: Iterable<readonly [string, number]>): Figures {
  const sums = new Map<string, number>();
  for (const [name, amount] of entries) sums.set(name, (sums.get(name) ?? 0) + amount);
  return sorted(sums);
}

export function sum<T>(items: Iterable<T>, amount: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += amount(item);
  return total;
}

export function total(figures: Figures): number {
  return sum(Object.values(figures), (figure) => figure);
}

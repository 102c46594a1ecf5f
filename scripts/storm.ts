/**
 * The storm: many placements, each published several times in parallel, through the AWS SDK; then the clock moves over
 * the guarantee and everything is counted. `npm run storm`, with `-- --kills N` it also ends the local cloud with
 * SIGKILL N times at moments of chance. Without `--own` it uses a running local cloud, which anybody may kill and start
 * again meanwhile: the storm waits and goes on.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  ControlRefused,
  clockNow,
  type Endpoints,
  isAlive,
  moveClock,
  type OwnCloud,
  ownCloud,
  readEndpoints,
  settled,
} from "../local/client.ts";
import { LOCAL_BUS, LOCAL_TABLE, localAws, readBooks, reportOf } from "../local/report.ts";
import { readCounters } from "../shared/counters/counter.ts";
import { recount } from "../shared/counters/tally.ts";

const { values } = parseArgs({
  options: {
    placements: { type: "string", default: "1000" },
    copies: { type: "string", default: "3" },
    kills: { type: "string", default: "0" },
    own: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const PLACEMENTS = Number(values.placements);
const COPIES = Number(values.copies);
const KILLS = Number(values.kills);
const PAYEES = 50;
const CALLS_AT_ONCE = 16;
const GUARANTEE_DAYS = 90;
const DAY_MS = 86_400_000;
/** About how long a placement takes, for moments of chance that fall all over the run. */
const MS_PER_PLACEMENT = 300;
const PATIENCE_MS = 10 * 60_000;

const say = (line: string) => {
  if (!values.json) console.log(line);
};

interface Cloud {
  endpoints(): Endpoints | undefined;
  own?: OwnCloud;
}

async function findCloud(): Promise<Cloud> {
  const running = readEndpoints(".local");
  if (!values.own && KILLS === 0 && running !== undefined && (await isAlive(running))) {
    say("Using the local cloud that is running.");
    return { endpoints: () => readEndpoints(".local") };
  }
  say("Starting a local cloud for the storm.");
  const own = await ownCloud();
  return { endpoints: own.endpoints, own };
}

const cloud = await findCloud();

/** Does it again for as long as the cloud is away. What it does must be harmless twice; everything here is. */
async function persist<T>(work: (endpoints: Endpoints) => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const endpoints = cloud.endpoints();
      if (endpoints === undefined) throw new Error("the local cloud has not written its endpoints");
      return await work(endpoints);
    } catch (error) {
      if (error instanceof ControlRefused && error.status !== 504) throw error;
      if (Date.now() > until) throw error;
      await sleep(250);
    }
  }
}

/** A client per endpoint: after a restart the ports may be others. */
const buses = new Map<string, EventBridgeClient>();
function busOf(endpoints: Endpoints): EventBridgeClient {
  const known = buses.get(endpoints.aws) ?? new EventBridgeClient({ ...localAws(endpoints), maxAttempts: 1 });
  buses.set(endpoints.aws, known);
  return known;
}

async function publishAll(entries: readonly PutEventsRequestEntry[]): Promise<void> {
  const calls: PutEventsRequestEntry[][] = [];
  for (let start = 0; start < entries.length; start += 10) calls.push(entries.slice(start, start + 10));
  const lane = async () => {
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
      const Entries = call;
      await persist(async (endpoints) => {
        const answer = await busOf(endpoints).send(new PutEventsCommand({ Entries }));
        if (answer.FailedEntryCount !== 0) throw new Error("the bus refused entries");
      });
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
}

const entry = (source: string, type: string, detail: object): PutEventsRequestEntry => ({
  EventBusName: LOCAL_BUS,
  Source: source,
  DetailType: type,
  Detail: JSON.stringify(detail),
});

/** A fixed order of chance, so that copies of one placement meet each other in flight. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let state = 0x9e3779b9;
  for (let index = result.length - 1; index > 0; index -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (index + 1);
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}

let finished = false;

/** Kills and restarts, a number of times, at moments spread over the run. */
async function havoc(own: OwnCloud): Promise<void> {
  for (let kill = 1; kill <= KILLS && !finished; kill += 1) {
    await sleep(2_000 + (Math.random() * PLACEMENTS * MS_PER_PLACEMENT) / KILLS);
    if (finished) return;
    await own.kill();
    say(`  SIGKILL ${kill} of ${KILLS}; starting again`);
    await own.start();
  }
}

async function storm(): Promise<boolean> {
  const startedAt = await persist(clockNow);
  const organizationId = `storm-${startedAt.toString(36)}`;
  const clock = performance.now();
  const seconds = () => ((performance.now() - clock) / 1000).toFixed(1);
  const destroyer = cloud.own !== undefined && KILLS > 0 ? havoc(cloud.own) : Promise.resolve();

  const payees = Array.from({ length: PAYEES }, (_, index) =>
    entry("partners", "payee.upserted", {
      organization_id: organizationId,
      payee_id: `payee-${index}`,
      name: `Payee ${index}`,
      default_currency: "USD",
      verified: true,
      destinations: [{ provider: "stripe", account: `acct_storm${index}x${startedAt.toString(36)}` }],
    }),
  );
  await publishAll(payees);
  await persist(settled);

  const startDate = new Date(startedAt).toISOString().slice(0, 10);
  const placements = Array.from({ length: PLACEMENTS }, (_, index) =>
    entry("placements", "placement.activated", {
      organization_id: organizationId,
      placement_id: `placement-${index}`,
      company_id: `company-${index % 7}`,
      currency: "USD",
      fee_amount: 100_000 + index,
      start_date: startDate,
      guarantee_days: GUARANTEE_DAYS,
      payees: [{ payee_id: `payee-${index % PAYEES}`, share_bp: 10_000 }],
      occurred_at: new Date(startedAt).toISOString(),
    }),
  );
  await publishAll(shuffled(Array.from({ length: COPIES }, () => placements).flat()));
  say(`${PLACEMENTS} placements × ${COPIES} published after ${seconds()} s`);
  await persist(settled);
  say(`Taken in after ${seconds()} s; moving the clock by ${GUARANTEE_DAYS + 1} days`);
  await persist((endpoints) => moveClock(endpoints, startedAt + (GUARANTEE_DAYS + 1) * DAY_MS));
  await persist(settled);
  // What a kill interrupted comes back by leases and sweeps: give them their time on the clock.
  for (let round = 0; round < 12; round += 1) {
    const { transfersCompleted } = await persist((endpoints) => reportOf(endpoints, organizationId));
    if (transfersCompleted === PLACEMENTS * 2) break;
    await persist(async (endpoints) => moveClock(endpoints, (await clockNow(endpoints)) + 10 * 60_000));
    await persist(settled);
  }
  finished = true;
  await destroyer;
  await persist(settled);

  const { items, ...report } = await persist((endpoints) => reportOf(endpoints, organizationId));
  const mine = new Set(items.filter(({ entity }) => entity === "transfer").map(({ id }) => id));
  const booked = (await persist(readBooks)).filter(({ transferGroup }) => mine.has(transferGroup)).length;
  const counters = await persist(async (endpoints) => {
    const base = new DynamoDBClient(localAws(endpoints));
    const found = await readCounters(DynamoDBDocumentClient.from(base), LOCAL_TABLE, organizationId);
    base.destroy();
    return found;
  });
  const countersExact = isDeepStrictEqual(counters, recount(items));
  const figures = {
    placements: PLACEMENTS,
    copies: COPIES,
    kills: KILLS,
    ...report,
    transfersAtProvider: booked,
    countersExact,
    seconds: Number(seconds()),
  };
  if (values.json) console.log(JSON.stringify(figures));
  else console.table(figures);
  const expected = PLACEMENTS * 2;
  return (
    report.payouts === PLACEMENTS &&
    report.schedules === PLACEMENTS &&
    report.holds === PLACEMENTS &&
    report.holdsReleased === PLACEMENTS &&
    report.transfersCompleted === expected &&
    booked === expected &&
    report.duplicateTransfers === 0 &&
    report.auditVerified &&
    report.journalBalanced &&
    countersExact
  );
}

try {
  const held = await storm();
  say(held ? "The storm did no harm." : "THE STORM DID HARM: see the figures.");
  process.exitCode = held ? 0 : 1;
} finally {
  for (const bus of buses.values()) bus.destroy();
  await cloud.own?.stop();
}

/** Fills an organization with demo data, through the doors that other systems, staff and the provider have. */
import { clockNow, moveClock, settled } from "../client.ts";
import type { Endpoints } from "../cloud.ts";
import type { HostContext } from "../contracts.ts";
import { doAftermath, sendMalformedEvents } from "./aftermath.ts";
import { announcePayees, announcePlacements, announceProgress, hireStaff, refuseAccounts } from "./arrivals.ts";
import { countAll, type DemoCounts, difference } from "./counts.ts";
import { createJournal } from "./journal.ts";
import { enterManualPayouts } from "./manual-payouts.ts";
import { createOutsideWorld, DemoDataRefused, type OutsideWorld } from "./outside-world.ts";
import { doStaffDeeds } from "./staff-deeds.ts";

/** What is overdue when it is planned fires some seconds later, and a first retry is due by then as well. */
const PLANNING_MS = 7_000;

interface Stage {
  readonly name: string;
  readonly run: (world: OutsideWorld) => Promise<unknown>;
}

/** Each needs what the one before it has settled; a stage that is run again does nothing twice. */
const STAGES: readonly Stage[] = [
  { name: "staff and payees", run: (world) => Promise.all([hireStaff(world), announcePayees(world)]) },
  { name: "placements", run: (world) => Promise.all([announcePlacements(world), enterManualPayouts(world)]) },
  {
    name: "signatures, decisions of staff",
    run: (world) => Promise.all([announceProgress(world), doStaffDeeds(world)]),
  },
  { name: "releases that are due", run: letReleasesFire },
  { name: "reversals, ends, a changed account", run: doAftermath },
  { name: "malformed events", run: sendMalformedEvents },
];

async function letReleasesFire({ endpoints }: OutsideWorld): Promise<void> {
  await moveClock(endpoints, (await clockNow(endpoints)) + PLANNING_MS);
}

export interface DemoDataResult {
  readonly organizationId: string;
  /** True where all of it had been made before, so that nothing was done. */
  readonly alreadyThere: boolean;
  /** By this request: nothing where it was there already. */
  readonly made: DemoCounts;
  /** All that the organization has now. */
  readonly counts: DemoCounts;
  readonly seconds: number;
}

export interface FillOptions {
  readonly endpoints: Endpoints;
  readonly context: Pick<HostContext, "db" | "clock" | "log">;
}

/**
 * Makes the data that is not there yet, and waits until all of it has settled. Accounts that refuse meanwhile work again
 * at the end, however it ends. Throws `DemoDataRefused` where a step is refused; asked for again, it goes on from there.
 */
export async function fillWithDemoData(organizationId: string, options: FillOptions): Promise<DemoDataResult> {
  const { context } = options;
  const { api } = options.endpoints;
  if (api === undefined) throw new DemoDataRefused("the application has no API");
  const endpoints = { ...options.endpoints, api };
  const startedAt = performance.now();
  const journal = createJournal(context.db);
  const world = createOutsideWorld({
    endpoints,
    organizationId,
    todayMs: journal.begin(organizationId, Math.floor(context.clock.now())),
  });
  const left = STAGES.filter(({ name }) => !journal.isDone(organizationId, name));
  try {
    const before = await countAll(world);
    if (left.length > 0) await runStages();
    const counts = await countAll(world);
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    return { organizationId, alreadyThere: left.length === 0, made: difference(counts, before), counts, seconds };
  } finally {
    world.close();
  }

  async function runStages(): Promise<void> {
    try {
      await refuseAccounts(world, true);
      for (const { name, run } of left) {
        const from = performance.now();
        await run(world);
        await settled(endpoints);
        journal.done(organizationId, name);
        context.log(`demo data: ${name}`, { organizationId, ms: Math.round(performance.now() - from) });
      }
    } finally {
      await refuseAccounts(world, false);
    }
    await settled(endpoints);
  }
}

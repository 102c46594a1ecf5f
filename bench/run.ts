/** `npm run bench`: all benchmarks, or some: `-- --only p2,p5`. docs/benchmarks.md says what each one measures. */
import { parseArgs } from "node:util";
import { apiOverhead } from "./api-overhead.ts";
import { coldImports } from "./cold-import.ts";
import { againstFewest, costOfAPayout, differences, readGolden, unitRatios, writeGolden } from "./cost-of-a-payout.ts";
import { dueLookup } from "./due-lookup.ts";
import { fewestUnits } from "./fewest-units.ts";
import { intakeAgainstRaw } from "./intake-against-raw.ts";
import { listCases, listPages, mayRead } from "./list-pages.ts";
import { seedLists } from "./list-records.ts";
import { sum, total } from "./payout-life.ts";
import { prepareStore } from "./prepared-store.ts";
import type { Ratio } from "./ratio.ts";
import { statsCost } from "./stats-cost.ts";
import { versions } from "./versions.ts";

const HELP = `Counts first, times only as ratios.

  npm run bench -- [options]

  --only p1,p2,p3,p4,p5,p10   some of the benchmarks
  --rounds N           rounds of a ratio, at least 5 (default 7)
  --large              p2 with a million holds too
  --update-golden      p5 writes its golden file anew
  --help               this text
`;

const UNITS_GOAL = 1.25;
const TIME_GOAL = 1.25;
const OVERHEAD_GOAL_US = 50;

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "p1,p2,p3,p4,p5,p10" },
    rounds: { type: "string", default: "7" },
    large: { type: "boolean", default: false },
    "update-golden": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const rounds = Math.max(5, Number(options.rounds));

const title = (text: string) => console.log(`\n${text}`);
const verdict = (isMet: boolean) => (isMet ? "met" : "MISSED");
const shown = ({ median, min, max }: Ratio) => `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;

function table(rows: readonly (readonly (string | number)[])[]): void {
  const text = rows.map((row) => row.map(String));
  const widths = (text[0] ?? []).map((_, column) => Math.max(...text.map((row) => row[column]?.length ?? 0)));
  for (const row of text) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(`  ${cells.join("  ").trimEnd()}`);
  }
}

async function p1(): Promise<void> {
  title(
    `P1  a placement taken in, against one raw TransactWriteItems of the same items (goal: ≤ ${TIME_GOAL}, one write call)`,
  );
  await using store = await prepareStore();
  const { perPlacement, ratios } = await intakeAgainstRaw(store, { rounds, placementsPerTurn: 100 });
  table([
    ["call", "calls", "units"],
    ...Object.entries(perPlacement).map(([operation, { calls, units }]) => [operation, calls, units]),
  ]);
  for (const { concurrency, ratio } of ratios) {
    console.log(`  time, ${concurrency} at once: ${shown(ratio)}  ${verdict(ratio.median <= TIME_GOAL)}`);
  }
}

async function p2(): Promise<void> {
  title("P2  what the sweep reads to find 200 due holds (goal: the same, whatever the number of holds)");
  await using store = await prepareStore();
  const lookups = await dueLookup(store, [1_000, 10_000, 100_000, ...(options.large ? [1_000_000] : [])]);
  table([
    ["holds in the table", "found", "calls", "read units"],
    ...lookups.map(({ holds, found, calls, readUnits }) => [holds, found, calls, readUnits]),
  ]);
  const same = new Set(lookups.map(({ found, calls, readUnits }) => `${found}/${calls}/${readUnits}`)).size === 1;
  console.log(`  ${verdict(same)}`);
}

async function p3(): Promise<void> {
  title(
    `P3  what the API puts around a handler, without I/O, against a bare one (goal: ≤ ${OVERHEAD_GOAL_US} µs more)`,
  );
  const { requests, validationUs, tokenUs } = await apiOverhead(rounds);
  table([
    ["request", "API µs", "bare µs", "more", ""],
    ...requests.map(({ what, apiUs, bareUs }) => [
      what,
      apiUs.toFixed(1),
      bareUs.toFixed(1),
      (apiUs - bareUs).toFixed(1),
      verdict(apiUs - bareUs <= OVERHEAD_GOAL_US),
    ]),
  ]);
  console.log(
    `  apart: parsing and checking the body ${validationUs.toFixed(1)} µs (in both); the token's signature ${tokenUs.toFixed(0)} µs (the gateway's work, in neither)`,
  );
}

async function p4(): Promise<void> {
  title(
    "P4  loading a bundle in a fresh process, against the unbundled DynamoDB client (goal: ≤ 1.0, with Stripe ≤ 1.3)",
  );
  const imports = await coldImports(rounds);
  table([
    ["bundle", "KB", "time", "goal", ""],
    ...imports.map(({ name, bytes, goal, ratio }) => [
      name,
      Math.round(bytes / 1024),
      shown(ratio),
      goal.toFixed(1),
      verdict(ratio.median <= goal),
    ]),
  ]);
}

async function p5(): Promise<void> {
  title(`P5  one payout's whole life (goal: ≤ ${UNITS_GOAL} × the fewest units, no workflow transition)`);
  const { counts, prices, sweeps, secretReads } = await costOfAPayout();
  const rows = againstFewest(counts);
  const ratios = unitRatios(rows);
  table([
    ["function", "runs", "write units", "fewest", "read units", "fewest"],
    ...rows.map((row) => [
      row.functionName,
      counts.invocations[row.functionName] ?? 0,
      row.writeUnits,
      row.fewestWriteUnits,
      row.readUnits,
      row.fewestReadUnits,
    ]),
    [
      "all",
      total(counts.invocations),
      sum(rows, ({ writeUnits }) => writeUnits),
      sum(fewestUnits, ({ writeUnits }) => writeUnits),
      sum(rows, ({ readUnits }) => readUnits),
      sum(fewestUnits, ({ readUnits }) => readUnits),
    ],
  ]);
  console.log(
    `  units ${ratios.units.toFixed(2)} × the fewest (writes ${ratios.writes.toFixed(2)}, reads ${ratios.reads.toFixed(2)})  ${verdict(ratios.units <= UNITS_GOAL)}`,
  );
  console.log(
    `  ${total(counts.events)} events, ${counts.others.streamRecords} stream records, ${counts.others.schedulesFired} schedule, ${counts.others.workflowTransitions} workflow transitions  ${verdict(counts.others.workflowTransitions === 0)}`,
  );
  console.log(
    `  not per payout: ${secretReads} reads of secrets; ${sweeps.runs} sweeps over the days passed with ${sweeps.readUnits} read and ${sweeps.writeUnits} write units`,
  );
  table([
    ["a million payouts at list prices", "each", "USD"],
    ...prices.map(({ what, amount, perMillionPayouts }) => [
      what,
      Number(amount.toFixed(3)),
      perMillionPayouts.toFixed(2),
    ]),
    ["all", "", sum(prices, ({ perMillionPayouts }) => perMillionPayouts).toFixed(2)],
  ]);
  if (options["update-golden"]) {
    writeGolden(counts);
    console.log("  golden file written");
    return;
  }
  const found = differences(readGolden(), counts);
  for (const difference of found) console.log(`  not as in the golden file: ${difference}`);
  if (found.length > 0) process.exitCode = 1;
}

async function p10(): Promise<void> {
  title("P10  list pages, the first and the hundredth, by filter, up and down (goal: entries read ≤ limit + 10 %)");
  await using store = await prepareStore();
  const sizes = { payout_schedule: 50_000, escrow_hold: 50_000, payout: 20_000, transfer: 20_000 };
  await seedLists(store, sizes);
  console.log(
    `  ${total(sizes)} records: ${Object.entries(sizes)
      .map((size) => size.join(" "))
      .join(", ")}`,
  );
  const pages = [1, 100];
  const some = listCases.filter(({ name }) => /^(none|dates|amounts|payout|status: two|status: all)$/.test(name));
  const narrow = listCases.filter(({ filters }) => filters.payoutId !== undefined);
  const read = [
    ...(await listPages(store, listCases, { limit: 100, pages, sizes })),
    ...(await listPages(store, some, { limit: 25, pages, sizes })),
    ...(await listPages(store, narrow, { limit: 10, pages, sizes })),
  ];
  table([
    ["list, filter", "order", "limit", "page", "records", "entries", "read units", ""],
    ...read.map(({ list, filter, direction, limit, page, records, reads }) => [
      `${list}, ${filter}`,
      direction,
      limit,
      page,
      records,
      reads.entries,
      reads.units,
      verdict(reads.entries <= mayRead(limit)),
    ]),
  ]);
  if (read.some(({ reads, limit }) => reads.entries > mayRead(limit))) process.exitCode = 1;
  const stats = await statsCost(store, sizes);
  const same = stats.every(({ entity, calls, readUnits }) =>
    stats.every((other) => other.entity !== entity || (other.calls === calls && other.readUnits === readUnits)),
  );
  table([
    ["stats of", "records", "calls", "read units"],
    ...stats.map(({ entity, records, calls, readUnits }) => [entity, records, calls, readUnits]),
  ]);
  console.log(`  the same for ten as for all: ${verdict(same)}`);
  if (!same) process.exitCode = 1;
}

const benchmarks: Readonly<Record<string, () => Promise<void>>> = { p1, p2, p3, p4, p5, p10 };

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  const wanted = options.only.split(",");
  const unknown = wanted.filter((name) => benchmarks[name] === undefined);
  if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(", ")}\n\n${HELP}`);
  table(Object.entries(versions()));
  for (const name of wanted) await benchmarks[name]?.();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

/** P5: the units, calls and events of one payout's whole life, against the fewest that the design allows and a golden file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLocalCloud } from "../local/cloud.ts";
import { fewestUnits } from "./fewest-units.ts";
import { type PriceLine, priced } from "./list-prices.ts";
import { type Counts, countOnePayout, type Figures, type Life, sum } from "./payout-life.ts";

export interface Cost extends Life {
  readonly prices: readonly PriceLine[];
}

export async function costOfAPayout(): Promise<Cost> {
  const dataDir = mkdtempSync(join(tmpdir(), "payouts-bench-"));
  try {
    const cloud = await startLocalCloud({ dataDir, ports: { aws: 0 } });
    try {
      const life = await countOnePayout(cloud);
      const memory = new Map(
        cloud.model.functions.map(({ name, memoryMb }) => [name.replace("payouts-local-", ""), memoryMb]),
      );
      return { ...life, prices: priced(life.counts, memory) };
    } finally {
      await cloud.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export interface UnitComparison {
  readonly functionName: string;
  readonly writeUnits: number;
  readonly fewestWriteUnits: number;
  readonly readUnits: number;
  readonly fewestReadUnits: number;
}

/** By function, in the order of a payout's life; what no step allows for is a row of its own with 0 allowed. */
export function againstFewest({ writeUnits, readUnits }: Counts): UnitComparison[] {
  const functionOf = (what: string) => what.split(" ")[0] ?? "";
  const names = new Set([
    ...fewestUnits.map(({ functionName }) => functionName),
    ...[...Object.keys(writeUnits), ...Object.keys(readUnits)].map(functionOf),
  ]);
  const unitsOf = (figures: Figures, name: string) =>
    sum(Object.entries(figures), ([what, units]) => (functionOf(what) === name ? units : 0));
  return [...names].map((functionName) => {
    const steps = fewestUnits.filter((step) => step.functionName === functionName);
    return {
      functionName,
      writeUnits: unitsOf(writeUnits, functionName),
      fewestWriteUnits: sum(steps, (step) => step.writeUnits),
      readUnits: unitsOf(readUnits, functionName),
      fewestReadUnits: sum(steps, (step) => step.readUnits),
    };
  });
}

export interface UnitRatios {
  readonly writes: number;
  readonly reads: number;
  readonly units: number;
}

export function unitRatios(rows: readonly UnitComparison[]): UnitRatios {
  const writes = sum(rows, ({ writeUnits }) => writeUnits);
  const reads = sum(rows, ({ readUnits }) => readUnits);
  const fewestWrites = sum(rows, ({ fewestWriteUnits }) => fewestWriteUnits);
  const fewestReads = sum(rows, ({ fewestReadUnits }) => fewestReadUnits);
  return {
    writes: writes / fewestWrites,
    reads: reads / fewestReads,
    units: (writes + reads) / (fewestWrites + fewestReads),
  };
}

const goldenFile = fileURLToPath(new URL("./golden/cost-of-a-payout.json", import.meta.url));

export function readGolden(): Counts {
  return JSON.parse(readFileSync(goldenFile, "utf8")) as Counts;
}

export function writeGolden(counts: Counts): void {
  writeFileSync(goldenFile, `${JSON.stringify(counts, null, 2)}\n`);
}

/**
 * The two readers of the stream: the golden file has the dearest case, a batch for each commit. On a busy machine two
 * commits may share a batch, which costs less.
 */
const readsBatches = (what: string) => /^(relay-changes|write-audit)/.test(what);

/** What is not as in the golden file, one line each. */
export function differences(golden: Counts, measured: Counts): string[] {
  const kinds = ["calls", "writeUnits", "readUnits", "invocations", "events", "others"] as const;
  return kinds.flatMap((kind) => {
    const was: Figures = { ...golden[kind] };
    const is: Figures = { ...measured[kind] };
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return names.flatMap((name) => {
      const [before, now] = [was[name] ?? 0, is[name] ?? 0];
      const isAsBefore = readsBatches(name) ? now <= before : now === before;
      return isAsBefore ? [] : [`${kind}: ${name} is ${now}, not ${before}`];
    });
  });
}

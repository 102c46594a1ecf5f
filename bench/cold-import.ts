/** P4: importing each function's bundle in a fresh process, against importing the DynamoDB client alone, unbundled. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleFunctions, type FunctionName, functionNames } from "../infra/bundle.ts";
import { synthLocal } from "../infra/local.ts";
import { loadTemplate } from "../local/template/load-template.ts";
import { type Ratio, summary } from "./ratio.ts";

export interface BundleImport {
  readonly name: FunctionName;
  readonly bytes: number;
  readonly hasStripe: boolean;
  readonly goal: number;
  readonly ratio: Ratio;
}

const BASELINE = "@aws-sdk/client-dynamodb";
const GOAL = 1.0;
const GOAL_WITH_STRIPE = 1.3;
const run = promisify(execFile);
const probe = fileURLToPath(new URL("./import-probe.ts", import.meta.url));

async function importMs(target: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const { NODE_COMPILE_CACHE: _cache, NODE_OPTIONS: _options, ...inherited } = process.env;
  const { stdout } = await run(process.execPath, [probe, target], {
    env: { ...inherited, ...environment, AWS_REGION: "us-east-1", NODE_DISABLE_COMPILE_CACHE: "1" },
  });
  return Number(stdout);
}

/** Each function's environment as its template has it: without it a bundle refuses to start. */
async function environments(directory: string): Promise<Map<string, Readonly<Record<string, string>>>> {
  const model = loadTemplate((await synthLocal(directory)).directory);
  return new Map(model.functions.map(({ name, environment }) => [name.replace("payouts-local-", ""), environment]));
}

export async function coldImports(rounds: number): Promise<BundleImport[]> {
  const directory = mkdtempSync(join(tmpdir(), "payouts-bench-"));
  try {
    const { bundles, metafile } = await bundleFunctions({ outdir: join(directory, "bundles") });
    const environment = await environments(join(directory, "assembly"));
    const results: BundleImport[] = [];
    for (const name of functionNames) {
      const file = join(bundles[name], "index.cjs");
      const variables = environment.get(name) ?? {};
      const ratios: number[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const firstA = await importMs(file, variables);
        const firstB = await importMs(BASELINE, variables);
        const secondB = await importMs(BASELINE, variables);
        const secondA = await importMs(file, variables);
        // The first round reads the files into the system's cache.
        if (round > 0) ratios.push((firstA + secondA) / (firstB + secondB));
      }
      const output = Object.entries(metafile.outputs).find(([path]) => path.endsWith(`${name}/index.cjs`));
      const inputs = Object.entries(output?.[1].inputs ?? {});
      const hasStripe = inputs.some(
        ([path, { bytesInOutput }]) => bytesInOutput > 0 && path.includes("node_modules/stripe/"),
      );
      const goal = hasStripe ? GOAL_WITH_STRIPE : GOAL;
      results.push({ name, bytes: statSync(file).size, hasStripe, goal, ratio: summary(ratios) });
    }
    return results;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The application, synthesized once for all test files of a run: each local cloud takes a copy. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Synthesize } from "../../local/cloud.ts";

/** Stands in the templates where each cloud's own simulated Stripe will be. */
const STRIPE_URL = "http://stripe.payouts.invalid";
const WAIT_MS = 120_000;
const POLL_MS = 50;

/** Workers of one run have the same parent. */
const directoryOf = (runId: number) => join(tmpdir(), `payouts-assembly-${runId}`);

/** Whoever comes first synthesizes, the others wait for it. */
async function assemblyOfRun(): Promise<{ directory: string; secretValues: Readonly<Record<string, string>> }> {
  const shared = directoryOf(process.ppid);
  const result = join(shared, "result.json");
  if (isFirst(shared)) {
    const { synthLocal } = await import("../../infra/local.ts");
    const assembly = await synthLocal(join(shared, "assembly"), { stripeApiUrl: STRIPE_URL });
    writeFileSync(`${result}.new`, JSON.stringify(assembly));
    renameSync(`${result}.new`, result);
  }
  for (let waitedMs = 0; !existsSync(result); waitedMs += POLL_MS) {
    if (waitedMs > WAIT_MS) throw new Error(`nobody synthesized ${shared}`);
    await sleep(POLL_MS);
  }
  return JSON.parse(readFileSync(result, "utf8"));
}

function isFirst(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

export const sharedAssembly: Synthesize = async (outdir, { stripeApiUrl }) => {
  const { directory, secretValues } = await assemblyOfRun();
  cpSync(directory, outdir, { recursive: true });
  for (const name of readdirSync(outdir).filter((file) => file.endsWith(".template.json"))) {
    const file = join(outdir, name);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(STRIPE_URL, stripeApiUrl));
  }
  return { directory: outdir, secretValues };
};

/** Vitest's global setup: nothing before the run, and no trace after it. */
export default function setup(): () => void {
  rmSync(directoryOf(process.pid), { recursive: true, force: true });
  return () => rmSync(directoryOf(process.pid), { recursive: true, force: true });
}

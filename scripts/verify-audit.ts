import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { describeBadLine, type Verdict } from "../shared/audit/chain-rules.ts";
import { createVerifier } from "../shared/audit/verify.ts";

/** Verifies an exported audit log offline. Exit code 0: intact; 1: a bad line was found; 2: it could not be read. */
const USAGE = "usage: verify-audit [--json] FILE   (FILE: one audit line of JSON per line; - reads standard input)";

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new Error(USAGE);
  const input = file === "-" ? process.stdin : createReadStream(file);
  const verifier = createVerifier();
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) verifier.add(line);
  const verdict = verifier.verdict();
  console.log(values.json ? JSON.stringify(verdict) : describe(verdict));
  return verdict.ok ? 0 : 1;
}

function describe({ lines, entities, flagged, firstBad }: Verdict): string {
  const amount = `${lines} lines of ${entities} records, ${flagged} flagged as out of band`;
  return firstBad === undefined ? `intact: ${amount}` : `NOT intact: ${amount}\n${describeBadLine(firstBad)}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

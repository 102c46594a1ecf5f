/**
 * Fills an organization of the running local cloud with demo data: `npm run demo-data [-- --organization acme]`, with
 * `-- --json` as one JSON object. Asked for again, it adds nothing.
 */

import { parseArgs } from "node:util";
import { ControlRefused, control, isAlive, readEndpoints } from "../local/client.ts";
import type { DemoDataResult } from "../local/demo-data/fill.ts";

const { values: options } = parseArgs({
  options: {
    organization: { type: "string", default: "acme" },
    data: { type: "string", default: ".local" },
    json: { type: "boolean", default: false },
  },
});

function show({ organizationId, alreadyThere, counts, seconds }: DemoDataResult): void {
  if (alreadyThere) console.log(`${organizationId} has the demo data already; nothing was added.\n`);
  else console.log(`${organizationId} has its demo data, after ${seconds} s.\n`);
  for (const [name, tallies] of Object.entries(counts)) {
    const told = Object.entries(tallies).map(([status, count]) => `${count} ${status}`);
    console.log(`  ${name.padEnd(16)} ${told.join(", ")}`);
  }
}

const endpoints = readEndpoints(options.data);
if (endpoints === undefined || !(await isAlive(endpoints))) {
  console.error("No local cloud is running: start one with npm start.");
  process.exit(2);
}
try {
  const body = { organizationId: options.organization };
  if (!options.json) console.log("Making demo data: half a minute …");
  const result = await control<DemoDataResult>(endpoints.local, "/demo-data", body);
  if (options.json) console.log(JSON.stringify(result));
  else show(result);
} catch (error) {
  if (!(error instanceof ControlRefused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** `npm start`: the whole system on this machine, until Ctrl-C. */
import { parseArgs } from "node:util";
import { type LocalCloud, startLocalCloud } from "./cloud.ts";

/** Vite's own, and an origin that the template's API allows. */
const DEFAULT_CONSOLE_PORT = "5173";

const HELP = `Runs the payout system on this machine: no AWS account, no Stripe account.

  npm start -- [options]

  --fresh       drop the data of earlier runs first
  --data DIR    where data, logs and endpoints.json are kept (default .local)
  --port N      the AWS endpoint; the others follow it (default 4566; 0 takes any free ports)
  --console-port N  the admin console (default 5173, or any free one with --port 0; 0 takes any free one)
  --no-console  leave the admin console out
  --help        this text
`;

async function main(): Promise<void> {
  const { fresh, data, port, consolePort, help } = readArguments();
  if (help) return void process.stdout.write(HELP);
  const from = performance.now();
  const cloud = await startLocalCloud({
    dataDir: data,
    fresh,
    ports: { aws: port },
    ...(consolePort !== undefined && { console: { port: consolePort } }),
    progress: (line) => console.log(`  ${line}`),
  });
  console.log(`\nReady in ${((performance.now() - from) / 1000).toFixed(1)} s.\n\n${describe(cloud)}`);
  endOnSignal(cloud);
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      fresh: { type: "boolean", default: false },
      data: { type: "string", default: ".local" },
      port: { type: "string", default: "4566" },
      "console-port": { type: "string" },
      "no-console": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const port = readPort("--port", values.port);
  const consolePort = readPort("--console-port", values["console-port"] ?? (port === 0 ? "0" : DEFAULT_CONSOLE_PORT));
  return { ...values, port, consolePort: values["no-console"] ? undefined : consolePort };
}

function readPort(option: string, text: string): number {
  const port = Number(text);
  if (text === "" || !Number.isInteger(port) || port < 0 || port > 65_500) {
    throw new Error(`${option} ${text} is not a port`);
  }
  return port;
}

function describe({ endpoints }: LocalCloud): string {
  const { console: site, aws, api, urls, stripe, local } = endpoints;
  const rows = [
    ...(site === undefined ? [] : [["console", site]]),
    ...(api === undefined ? [] : [["HTTP API", api]]),
    ...Object.entries(urls).map(([name, url]) => [name, url]),
    ["AWS APIs", aws],
    ["Stripe", stripe],
    ["controls", local],
  ];
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  return `${rows.map(([name = "", url]) => `  ${name.padEnd(width)}  ${url}`).join("\n")}

Try:
  curl -s ${local}/state
  curl -s -X POST ${local}/token -d '{"sub":"alice","role":"admin","organizationId":"acme"}'
  npm run demo-data
  curl -s -X POST ${local}/clock -d '{"advance":"P90D"}'
  AWS_ACCESS_KEY_ID=me AWS_SECRET_ACCESS_KEY=me aws --endpoint-url ${aws} --region us-east-1 dynamodb list-tables

Ctrl-C ends it; the data stays for the next start.`;
}

function endOnSignal(cloud: LocalCloud): void {
  let asked = 0;
  const end = () => {
    asked++;
    // Asked again, it goes at once: everything that matters is on disk already.
    if (asked > 1) process.exit(130);
    console.log("\nStopping …");
    cloud.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

/**
 * Puts events that ended in a queue back on the bus: `npm run redrive -- --queue NAME [--limit N] [--dry-run]`. Reads every
 * failure queue, as `POST /v2/monitoring/dead-letters/redrive` does. Works on the local cloud (`--data` names its folder)
 * and, with `--account`, `--bus` and ordinary AWS credentials, on an account.
 */

import { setTimeout as sleepFor } from "node:timers/promises";
import { parseArgs } from "node:util";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { clockNow, readEndpoints } from "../local/client.ts";
import { LOCAL_BUS, localAws } from "../local/report.ts";
import { createDeadLetterQueue } from "../shared/monitoring/dead-letters.ts";
import { createRedrive } from "../shared/monitoring/redrive.ts";

/** For which nobody else gets the messages that are being put back. */
const HIDDEN_SECONDS = 600;

const { values } = parseArgs({
  options: {
    queue: { type: "string" },
    bus: { type: "string", default: LOCAL_BUS },
    data: { type: "string", default: ".local" },
    limit: { type: "string", default: "100" },
    account: { type: "boolean", default: false },
    "dry-run": { type: "boolean", default: false },
  },
});
const limit = Number(values.limit);
if (values.queue === undefined || !Number.isInteger(limit) || limit < 1) {
  console.error("usage: npm run redrive -- --queue NAME [--limit N] [--dry-run] [--data DIR] [--account --bus NAME]");
  process.exit(2);
}

const endpoints = values.account ? undefined : readEndpoints(values.data);
if (!values.account && endpoints === undefined) {
  console.error("no local cloud has run here; start one with npm start, or say --account for the AWS account");
  process.exit(2);
}
const config = endpoints === undefined ? {} : localAws(endpoints);
const client = new SQSClient(config);
const { QueueUrl: url } = await client.send(new GetQueueUrlCommand({ QueueName: values.queue }));
if (url === undefined) throw new Error(`${values.queue} has no address`);
const queue = createDeadLetterQueue({ client, url });
const nowMs = endpoints === undefined ? Date.now() : await clockNow(endpoints);
const redrive = createRedrive({
  client: new EventBridgeClient(config),
  busName: values.bus,
  now: () => nowMs,
  sleep: (ms) => sleepFor(ms),
  random: Math.random,
});

const letters = await queue.receive({ maximum: limit, hiddenSeconds: HIDDEN_SECONDS });
const left = new Map(letters);
let redriven = 0;
let unreadable = 0;
try {
  for (const letter of [...letters.values()].slice(0, limit)) {
    const { event, obstacle } = letter.kept;
    if (event === undefined) {
      unreadable += 1;
      console.error(`left in the queue: ${letter.id}: ${obstacle}`);
      continue;
    }
    console.log(`${values["dry-run"] ? "would redrive" : "redriving"} ${event.source} ${event.detailType}`);
    redriven += 1;
    if (values["dry-run"]) continue;
    await redrive(event);
    await queue.remove(letter);
    left.delete(letter.id);
  }
} finally {
  await queue.giveBack([...left.values()]);
}
console.log(`${redriven} ${values["dry-run"] ? "found" : "redriven"}, ${unreadable} unreadable`);

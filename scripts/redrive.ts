/**
 * Puts events that ended in a queue back on the bus: `npm run redrive -- --queue NAME [--limit N] [--dry-run]`. Reads the
 * queue of refused events as well as the dead-letter queues of functions and rules. Works on the local cloud (`--data`
 * names its folder) and, with `--account`, `--bus` and ordinary AWS credentials, on an account.
 */

import { parseArgs } from "node:util";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { readEndpoints } from "../local/client.ts";
import { LOCAL_BUS, localAws } from "../local/report.ts";

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
if (values.queue === undefined) {
  console.error("usage: npm run redrive -- --queue NAME [--limit N] [--dry-run] [--data DIR] [--account --bus NAME]");
  process.exit(2);
}

const busEvent = z.object({ source: z.string(), "detail-type": z.string(), detail: z.unknown() });
/** A refused event, a Lambda destination record, or what a rule could not deliver. */
const kept = z.union([
  z.object({ event: busEvent }).transform(({ event }) => event),
  z.object({ requestPayload: busEvent }).transform(({ requestPayload }) => requestPayload),
  busEvent,
]);

const endpoints = values.account ? undefined : readEndpoints(values.data);
if (!values.account && endpoints === undefined) {
  console.error("no local cloud has run here; start one with npm start, or say --account for the AWS account");
  process.exit(2);
}
const config = endpoints === undefined ? {} : localAws(endpoints);
const queues = new SQSClient(config);
const bus = new EventBridgeClient(config);

const { QueueUrl } = await queues.send(new GetQueueUrlCommand({ QueueName: values.queue }));
let redriven = 0;
let unreadable = 0;
while (redriven + unreadable < Number(values.limit)) {
  const { Messages: messages = [] } = await queues.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
  );
  if (messages.length === 0) break;
  for (const message of messages) {
    const parsed = kept.safeParse(JSON.parse(message.Body ?? "null"));
    if (!parsed.success) {
      unreadable += 1;
      console.error(`not an event of the bus, left in the queue: ${message.MessageId}`);
      continue;
    }
    const { source, detail } = parsed.data;
    console.log(`${values["dry-run"] ? "would redrive" : "redriving"} ${source} ${parsed.data["detail-type"]}`);
    redriven += 1;
    if (values["dry-run"]) continue;
    const Entries = [
      {
        EventBusName: values.bus,
        Source: source,
        DetailType: parsed.data["detail-type"],
        Detail: JSON.stringify(detail),
      },
    ];
    const answer = await bus.send(new PutEventsCommand({ Entries }));
    if (answer.FailedEntryCount !== 0) throw new Error(`the bus refused it: ${answer.Entries?.[0]?.ErrorMessage}`);
    await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  }
}
console.log(`${redriven} ${values["dry-run"] ? "found" : "redriven"}, ${unreadable} unreadable`);

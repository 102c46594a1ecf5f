import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
  SQSServiceException,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { createDeadLetterQueue } from "../../../shared/monitoring/dead-letters.ts";
import { PlatformUnavailable } from "../../../shared/monitoring/platform-services.ts";

const sqs = mockClient(SQSClient);
const URL = "https://sqs.us-east-1.amazonaws.com/123456789012/q";
const queue = createDeadLetterQueue({ client: new SQSClient({ region: "us-east-1" }), url: URL });
beforeEach(() => sqs.reset());

const message = (number: number): Message => ({
  MessageId: `m-${number}`,
  ReceiptHandle: `h-${number}`,
  Body: "{}",
  Attributes: { SentTimestamp: "1000", ApproximateReceiveCount: "3" },
});

/** Gives the numbers in calls of ten at the most, then nothing. */
function holds(count: number, perCall = 10): void {
  const all = Array.from({ length: count }, (_, number) => message(number));
  sqs.on(ReceiveMessageCommand).callsFake(() => ({ Messages: all.splice(0, perCall) }));
}
const received = () => sqs.commandCalls(ReceiveMessageCommand).length;
const refusal = (name: string, fault: "client" | "server") =>
  new SQSServiceException({ name, $fault: fault, $metadata: {}, message: "no" });

describe("receiving", () => {
  it("goes on until the queue gives no more", async () => {
    holds(23);
    const found = await queue.receive({ maximum: 100, hiddenSeconds: 60 });
    expect([found.size, received()]).toEqual([23, 4]);
    expect(sqs.commandCalls(ReceiveMessageCommand)[0]?.args[0].input).toMatchObject({
      QueueUrl: URL,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 60,
    });
    expect(found.get("m-0")).toMatchObject({ receiptHandle: "h-0", sentMs: 1_000, receiveCount: 3 });
  });

  it("stops at the maximum, and at the number that is expected", async () => {
    holds(500);
    expect((await queue.receive({ maximum: 100, hiddenSeconds: 60 })).size).toBe(100);
    expect(received()).toBe(10);
    sqs.resetHistory();
    await queue.receive({ maximum: 100, hiddenSeconds: 60, expected: 3 });
    expect(received()).toBe(1);
  });

  it("asks an empty queue once", async () => {
    holds(0);
    expect((await queue.receive({ maximum: 100, hiddenSeconds: 60, expected: 0 })).size).toBe(0);
    expect(received()).toBe(1);
  });

  it("stops when all that are wanted are there", async () => {
    holds(500);
    const found = await queue.receive({ maximum: 500, hiddenSeconds: 60, wanted: new Set(["m-4", "m-17"]) });
    expect([found.has("m-4"), found.has("m-17"), received()]).toEqual([true, true, 2]);
  });

  it("ends with a queue that gives the same messages for ever", async () => {
    sqs.on(ReceiveMessageCommand).resolves({ Messages: [message(1)] });
    const found = await queue.receive({ maximum: 100, hiddenSeconds: 60 });
    expect([found.size, received()]).toEqual([1, 20]);
  });

  it("takes the reason from the message's attributes", async () => {
    const MessageAttributes = { ERROR_CODE: { DataType: "String", StringValue: "NO_PERMISSIONS" } };
    const Body = JSON.stringify({ source: "placements", "detail-type": "t", detail: {} });
    sqs
      .on(ReceiveMessageCommand)
      .resolvesOnce({ Messages: [{ ...message(1), Body, MessageAttributes }] })
      .resolves({});
    const found = await queue.receive({ maximum: 10, hiddenSeconds: 20 });
    expect(found.get("m-1")?.kept).toMatchObject({ kind: "undelivered_event", reason: "NO_PERMISSIONS" });
  });
});

it("gives messages back ten a call, visible at once, and asks nothing where there are none", async () => {
  holds(23);
  const found = await queue.receive({ maximum: 100, hiddenSeconds: 60 });
  sqs.on(ChangeMessageVisibilityBatchCommand).resolves({});
  await queue.giveBack([...found.values()]);
  const entries = sqs.commandCalls(ChangeMessageVisibilityBatchCommand).map((call) => call.args[0].input.Entries ?? []);
  expect(entries.map(({ length }) => length)).toEqual([10, 10, 3]);
  expect(new Set(entries.flat().map(({ ReceiptHandle }) => ReceiptHandle)).size).toBe(23);
  expect(entries.flat().every(({ VisibilityTimeout }) => VisibilityTimeout === 0)).toBe(true);
  for (const call of entries) expect(new Set(call.map(({ Id }) => Id)).size).toBe(call.length);
  await queue.giveBack([]);
  expect(sqs.commandCalls(ChangeMessageVisibilityBatchCommand)).toHaveLength(3);
});

it("counts the messages that nobody has in hand", async () => {
  sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: "7" } });
  expect(await queue.messages()).toBe(7);
});

it("removes by the receipt", async () => {
  holds(1);
  const [letter] = (await queue.receive({ maximum: 1, hiddenSeconds: 60 })).values();
  sqs.on(DeleteMessageCommand).resolves({});
  if (letter !== undefined) await queue.remove(letter);
  expect(sqs.commandCalls(DeleteMessageCommand)[0]?.args[0].input).toEqual({ QueueUrl: URL, ReceiptHandle: "h-0" });
});

describe("an SQS", () => {
  it.each([
    ["throttles", refusal("RequestThrottled", "client")],
    ["fails", refusal("InternalFailure", "server")],
    ["is out of reach", new Error("ECONNREFUSED")],
  ])("that %s makes the platform unavailable", async (_what, error) => {
    sqs.onAnyCommand().rejects(error);
    await expect(queue.messages()).rejects.toThrow(PlatformUnavailable);
    await expect(queue.receive({ maximum: 1, hiddenSeconds: 1 })).rejects.toMatchObject({ cause: error });
  });

  it.each(["AccessDenied", "QueueDoesNotExist"])(
    "that says %s is a mistake of ours, and told as it is",
    async (name) => {
      sqs.onAnyCommand().rejects(refusal(name, "client"));
      await expect(queue.messages()).rejects.toMatchObject({ name });
    },
  );
});

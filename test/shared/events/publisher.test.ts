import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, expect, test } from "vitest";
import { createPublisher, type Message } from "../../../shared/events/publisher.ts";

const client = new EventBridgeClient({ region: "eu-central-1" });
const bus = mockClient(client);
const pauses: number[] = [];
const publish = createPublisher({
  client,
  busName: "bus",
  random: () => 0.5,
  sleep: async (ms) => {
    pauses.push(ms);
  },
});

function message(number: number, patch: Partial<Message> = {}): Message {
  return { source: "payouts", detailType: "t", detail: `${number}`, at: new Date(0), orderKey: `k${number}`, ...patch };
}
const many = (length: number) => Array.from({ length }, (_, number) => message(number));

/** Refuses the details for which `refuses` says so; keeps what each call asked for. */
function answer(refuses: (detail: string, call: number) => boolean): string[][] {
  const calls: string[][] = [];
  bus.on(PutEventsCommand).callsFake(({ Entries }: { Entries: PutEventsRequestEntry[] }) => {
    const details = Entries.map(({ Detail }) => Detail ?? "");
    calls.push(details);
    const answers = details.map((detail) =>
      refuses(detail, calls.length) ? { ErrorCode: "Throttled" } : { EventId: "e" },
    );
    return { FailedEntryCount: answers.filter((entry) => "ErrorCode" in entry).length, Entries: answers };
  });
  return calls;
}

beforeEach(() => {
  bus.reset();
  pauses.length = 0;
});

test("at most ten entries go in a call, in order", async () => {
  const calls = answer(() => false);
  expect(await publish(many(23))).toBe(23);
  expect(calls.map((call) => call.length)).toEqual([10, 10, 3]);
  expect(calls.flat()).toEqual(many(23).map(({ detail }) => detail));
});

test("a call stays below 256 KB", async () => {
  const calls = answer(() => false);
  const large = "x".repeat(100 * 1024);
  expect(await publish([0, 1, 2].map((number) => message(number, { detail: large })))).toBe(3);
  expect(calls.map((call) => call.length)).toEqual([2, 1]);
});

test("two changes of one record never go in the same call", async () => {
  const calls = answer(() => false);
  await publish([message(0, { orderKey: "k" }), message(1), message(2, { orderKey: "k" }), message(3)]);
  expect(calls).toEqual([
    ["0", "1"],
    ["2", "3"],
  ]);
});

test("only refused entries go again, after a pause with jitter", async () => {
  const calls = answer((detail, call) => call === 1 && ["1", "3"].includes(detail));
  expect(await publish(many(5))).toBe(5);
  expect(calls).toEqual([
    ["0", "1", "2", "3", "4"],
    ["1", "3"],
  ]);
  expect(pauses).toEqual([50]);
});

test("an entry that stays refused ends the publishing there", async () => {
  const calls = answer((detail) => detail === "3");
  expect(await publish(many(23))).toBe(3);
  expect(calls.length).toBe(5);
});

test("a call that fails as a whole goes again as a whole", async () => {
  bus.on(PutEventsCommand).rejects(new Error("socket hang up"));
  expect(await publish(many(2))).toBe(0);
  expect(bus.commandCalls(PutEventsCommand).length).toBe(5);
});

test("an entry larger than a call ends the publishing there and is never sent", async () => {
  const calls = answer(() => false);
  expect(await publish([message(0), message(1, { detail: "x".repeat(300_000) }), message(2)])).toBe(1);
  expect(calls).toEqual([["0"]]);
});

import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DynamoDBDocumentClient, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Context } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, expect, test, vi } from "vitest";
import { changed, minimal } from "../shared/events/records.ts";

const store = mockClient(DynamoDBDocumentClient);
const bus = mockClient(EventBridgeClient);
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function load() {
  vi.stubEnv("AWS_REGION", "eu-central-1");
  return (await import("../../functions/relay-changes/handler.ts")).handler;
}

test("the function does not start without its table and bus", async () => {
  vi.stubEnv("TABLE_NAME", undefined);
  vi.stubEnv("BUS_NAME", undefined);
  await expect(load()).rejects.toThrow(/TABLE_NAME.*BUS_NAME/);
});

test("a change goes to the bus, then into the counters", async () => {
  vi.stubEnv("TABLE_NAME", "table");
  vi.stubEnv("BUS_NAME", "bus");
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "e" }] });
  store.on(TransactWriteCommand).resolves({});
  const handler = await load();
  const answer = await handler({ Records: [changed("payout", undefined, minimal.payout)] }, {} as Context);
  expect(answer).toEqual({ batchItemFailures: [] });
  const [entry] = bus.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries ?? [];
  expect(entry).toMatchObject({ EventBusName: "bus", Source: "payouts", DetailType: "payout.created" });
  expect(store.commandCalls(TransactWriteCommand).length).toBe(1);
});

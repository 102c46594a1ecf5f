import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { PlatformUnavailable } from "../../../shared/monitoring/platform-services.ts";
import { createRedrive } from "../../../shared/monitoring/redrive.ts";
import { logger } from "../../../shared/runtime/logger.ts";

const bus = mockClient(EventBridgeClient);
const NOW = Date.parse("2026-11-21T09:00:00.000Z");
const redrive = createRedrive({
  client: new EventBridgeClient({ region: "us-east-1" }),
  busName: "payouts-prod",
  now: () => NOW,
  random: () => 0,
  sleep: async () => undefined,
});
beforeAll(() => logger.setLogLevel("SILENT"));
beforeEach(() => bus.reset());

const event = { source: "partners", detailType: "payee.upserted", detail: { organization_id: "acme" } };
const sent = () => bus.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries?.[0]);

it("puts an event back as it was, under the time of its first publication", async () => {
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
  await redrive({ ...event, time: "2026-11-01T08:00:00Z" });
  await redrive(event);
  const entry = { EventBusName: "payouts-prod", Source: "partners", DetailType: "payee.upserted" };
  const Detail = '{"organization_id":"acme"}';
  expect(sent()).toEqual([
    { ...entry, Detail, Time: new Date("2026-11-01T08:00:00Z") },
    { ...entry, Detail, Time: new Date(NOW) },
  ]);
});

it("says so where the bus doesn't take it, after a bounded number of tries", async () => {
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: "ThrottlingException" }] });
  await expect(redrive(event)).rejects.toThrow(PlatformUnavailable);
  expect(sent()).toHaveLength(5);
});

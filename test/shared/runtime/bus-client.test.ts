import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { attemptRequests, createBusClient, PublishFailed } from "../../../shared/runtime/bus-client.ts";
import { logger } from "../../../shared/runtime/logger.ts";

const mock = mockClient(EventBridgeClient);
const publish = createBusClient("payouts", { now: () => 0, random: () => 0.5, sleep: async () => undefined });
beforeAll(() => logger.setLogLevel("SILENT"));
beforeEach(() => mock.reset());

const messages = (count: number) =>
  attemptRequests(
    Array.from({ length: count }, (_, index) => ({ organizationId: "acme", transferId: `tr_${index}` })),
    false,
  );
const sent = () =>
  mock
    .commandCalls(PutEventsCommand)
    .map((call) =>
      (call.args[0].input.Entries ?? []).map(({ Detail: detail }) => JSON.parse(detail ?? "{}").entity_id),
    );
const refused = { ErrorCode: "InternalFailure" };

describe("the bus", () => {
  it("takes at most ten messages at a time, in order", async () => {
    mock.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
    await publish(messages(12));
    expect(sent()).toEqual([Array.from({ length: 10 }, (_, index) => `tr_${index}`), ["tr_10", "tr_11"]]);
  });

  it("is asked again only for what it refused", async () => {
    mock
      .on(PutEventsCommand)
      .resolvesOnce({ FailedEntryCount: 1, Entries: [{ EventId: "1" }, refused, { EventId: "3" }] })
      .resolves({ FailedEntryCount: 0 });
    await publish(messages(3));
    expect(sent()).toEqual([["tr_0", "tr_1", "tr_2"], ["tr_1"]]);
  });

  it("that refuses again and again is an error after five tries, so that the function's retry sends everything again", async () => {
    mock.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [refused] });
    const published = publish(messages(1));
    await expect(published).rejects.toThrow(PublishFailed);
    await expect(published).rejects.toThrow("1 messages are not on the bus");
    expect(sent()).toHaveLength(5);
  });

  it("is not called for nothing", async () => {
    await publish([]);
    expect(sent()).toEqual([]);
  });

  it("gets requests that name the transfer, and whether what it waited for has come", () => {
    expect(attemptRequests([{ organizationId: "acme", transferId: "tr_1" }], true)).toEqual([
      {
        source: "payouts.scheduler",
        detailType: "transfer.attempt_due",
        detail: { organization_id: "acme", entity_id: "tr_1", resumed: true },
      },
    ]);
  });
});

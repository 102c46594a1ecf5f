import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { atExpression, createPlanner } from "../../../shared/commands/planner.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import {
  activated,
  createTestWorld,
  ORG,
  payeeUpserted,
  signalled,
  type TestWorld,
  withoutDestination,
} from "../../support/world.ts";

const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
const scheduler = new SchedulerClient({ region: "eu-central-1" });
const mock = mockClient(scheduler);
let dynamo: TestDynamo;
let world: TestWorld;
let planner: ReturnType<typeof createPlanner>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  mock.reset();
  world = await createTestWorld(dynamo);
  planner = createPlanner({
    store: world.store,
    scheduler,
    now: world.clock.now,
    groupName: "payouts",
    busArn: "arn:bus",
    roleArn: "arn:role",
    deadLetterArn: "arn:dlq",
  });
});

const conflict = new ConflictException({ message: "exists", $metadata: {}, Message: "exists" });
const notFound = new ResourceNotFoundException({ message: "gone", $metadata: {}, Message: "gone" });

async function activate(destination = true, more: Record<string, unknown> = {}) {
  await world.take("payee.upserted", destination ? payeeUpserted() : withoutDestination());
  await world.take("placement.activated", activated(more));
  return { hold: await world.only("escrow_hold"), schedule: await world.only("payout_schedule") };
}

describe("at()", () => {
  const now = Date.parse("2026-03-02T09:30:00.000Z");
  it.each([
    ["whole seconds as they are", GUARANTEE_END, "at(2026-05-31T00:00:00)"],
    [
      "parts of a second rounded up, so that nothing fires early",
      "2026-05-31T00:00:00.001Z",
      "at(2026-05-31T00:00:01)",
    ],
    ["what is overdue in some seconds", "2026-01-01T00:00:00.000Z", "at(2026-03-02T09:30:05)"],
    ["what is nearly due in some seconds", "2026-03-02T09:30:01.000Z", "at(2026-03-02T09:30:05)"],
  ])("takes %s", (_what, instant, expected) => {
    expect(atExpression(instant, now)).toBe(expected);
  });
});

describe("planning", () => {
  it("creates a one-off schedule under the record's id that deletes itself and keeps what it can't deliver", async () => {
    const { hold } = await activate();
    mock.on(CreateScheduleCommand).resolves({});
    expect(await planner.plan(ORG, hold.id)).toBe("planned");
    expect(mock.commandCalls(CreateScheduleCommand)[0]?.args[0].input).toMatchObject({
      Name: hold.id,
      GroupName: "payouts",
      ScheduleExpression: "at(2026-05-31T00:00:00)",
      ScheduleExpressionTimezone: "UTC",
      FlexibleTimeWindow: { Mode: "OFF" },
      ActionAfterCompletion: "DELETE",
      Target: {
        Arn: "arn:bus",
        RoleArn: "arn:role",
        EventBridgeParameters: { Source: "payouts.scheduler", DetailType: "escrow_hold.release_due" },
        Input: JSON.stringify({ organization_id: ORG, entity_id: hold.id, planned_at: GUARANTEE_END }),
        DeadLetterConfig: { Arn: "arn:dlq" },
      },
    });
  });

  it("of a payout schedule names its own event", async () => {
    const { schedule } = await activate();
    await planner.plan(ORG, schedule.id);
    expect(mock.commandCalls(CreateScheduleCommand)[0]?.args[0].input.Target?.EventBridgeParameters?.DetailType).toBe(
      "payout_schedule.due",
    );
  });

  it("moves a schedule that exists", async () => {
    const { hold } = await activate();
    mock.on(CreateScheduleCommand).rejects(conflict);
    mock.on(UpdateScheduleCommand).resolves({});
    expect(await planner.plan(ORG, hold.id)).toBe("planned");
    const [created] = mock.commandCalls(CreateScheduleCommand);
    expect(mock.commandCalls(UpdateScheduleCommand)[0]?.args[0].input).toEqual(created?.args[0].input);
  });

  it("creates it again where it fired and went away between the two calls", async () => {
    const { hold } = await activate();
    mock.on(CreateScheduleCommand).rejectsOnce(conflict).resolves({});
    mock.on(UpdateScheduleCommand).rejects(notFound);
    expect(await planner.plan(ORG, hold.id)).toBe("planned");
    expect(mock.commandCalls(CreateScheduleCommand)).toHaveLength(2);
  });

  it("of what is no longer waiting deletes the schedule", async () => {
    const { hold, schedule } = await activate();
    await world.take("placement.cancelled", signalled());
    mock.on(DeleteScheduleCommand).resolves({});
    expect(await planner.plan(ORG, hold.id)).toBe("removed");
    expect(await planner.plan(ORG, schedule.id)).toBe("removed");
    expect(mock.commandCalls(DeleteScheduleCommand)[0]?.args[0].input).toEqual({ Name: hold.id, GroupName: "payouts" });
  });

  it("of what has no schedule left to delete is nothing", async () => {
    const { hold } = await activate();
    await world.take("placement.cancelled", signalled());
    mock.on(DeleteScheduleCommand).rejects(notFound);
    expect(await planner.plan(ORG, hold.id)).toBe("nothing");
  });

  it("of a record that isn't there, or waits for its trigger, has nothing to plan", async () => {
    mock.on(DeleteScheduleCommand).rejects(notFound);
    expect(await planner.plan(ORG, "eh_000000000000000000000000ZZ")).toBe("nothing");
    const { schedule } = await activate(true, { policy: { trigger_event: "manual" } });
    expect(await planner.plan(ORG, schedule.id)).toBe("nothing");
  });

  it("leaves what is due and blocked to the event that unblocks it and to the sweep", async () => {
    const { hold } = await activate(false);
    world.clock.set(GUARANTEE_END);
    await world.release(hold.id, "scheduler");
    mock.on(DeleteScheduleCommand).resolves({});
    expect(await planner.plan(ORG, hold.id)).toBe("removed");
  });

  it("keeps the date of what a person wanted early and could not have", async () => {
    const { hold } = await activate(false);
    expect(await world.release(hold.id, "manual")).toMatchObject({ ok: false, refusal: { code: "blocked" } });
    expect(await planner.plan(ORG, hold.id)).toBe("planned");
  });

  it.each([
    ["creating", CreateScheduleCommand],
    ["deleting", DeleteScheduleCommand],
  ] as const)(
    "that fails for another reason while %s is an error, so that it is tried again",
    async (_what, command) => {
      const { hold } = await activate();
      if (command === DeleteScheduleCommand) await world.take("placement.cancelled", signalled());
      mock.onAnyCommand().rejects(new Error("throttled"));
      await expect(planner.plan(ORG, hold.id)).rejects.toThrow("throttled");
    },
  );
});

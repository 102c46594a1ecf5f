import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AttemptCommand } from "../../../shared/commands/attempts.ts";
import { announcementOf } from "../../../shared/events/announcements.ts";
import { attemptEventSchema, createAttemptHandler } from "../../../shared/events/attempt-handler.ts";
import { createDueHandler } from "../../../shared/events/due-handler.ts";
import { createIntakeHandler, type RejectedEvent } from "../../../shared/events/intake-handler.ts";
import { logger } from "../../../shared/runtime/logger.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { activated, createTestWorld, ORG, payeeUpserted, signalled, type TestWorld } from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let rejected: RejectedEvent[];

beforeAll(async () => {
  logger.setLogLevel("SILENT");
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  rejected = [];
});

const busEvent = (detailType: string, detail: unknown) => ({
  id: "bus-1",
  source: "placements",
  time: "2026-03-02T09:30:00Z",
  "detail-type": detailType,
  detail,
});

describe("the intake function", () => {
  const take = (detailType: string, detail: unknown) =>
    createIntakeHandler({
      intake: world.intake,
      reject: async (event) => {
        rejected.push(event);
      },
    })(busEvent(detailType, detail));

  it("takes in what is right", async () => {
    expect(await take("placement.activated", activated())).toEqual({ outcome: "done" });
    expect(await world.all("payout")).toHaveLength(1);
    expect(rejected).toEqual([]);
  });

  it.each<[string, string, unknown, string | undefined]>([
    ["of an unknown type", "placement.renamed", activated(), undefined],
    ["that is no object", "placement.activated", "text", undefined],
    ["with an unknown field", "placement.activated", activated({ bonus: 1 }), "bonus"],
    ["of an unknown version", "placement.activated", activated({ schema_version: 2 }), "schema_version"],
    ["with half a cent", "placement.activated", activated({ fee_amount: 0.5 }), "fee_amount"],
    ["with a currency that is none", "placement.activated", activated({ currency: "XXX" }), "currency"],
    [
      "with a field missing",
      "placement.cancelled",
      { organization_id: ORG, occurred_at: "2026-03-02T09:30:00Z" },
      "placement_id",
    ],
    ["too large", "placement.activated", activated({ company_id: "x".repeat(70_000) }), undefined],
    ["for the platform itself", "placement.activated", activated({ organization_id: "platform" }), "organization_id"],
  ])("rejects an event %s with the reason and the field, and writes nothing", async (_what, type, detail, field) => {
    expect(await take(type, detail)).toEqual({ outcome: "rejected" });
    expect(await world.items()).toEqual([]);
    expect(rejected).toEqual([
      {
        code: "invalid_event",
        reason: expect.any(String),
        event: busEvent(type, detail),
        ...(field === undefined ? {} : { field }),
      },
    ]);
  });

  it("rejects what contradicts the records with the refusal's name", async () => {
    await take("placement.activated", activated());
    expect(await take("placement.activated", activated({ fee_amount: 1_000 }))).toEqual({ outcome: "rejected" });
    expect(rejected).toMatchObject([{ code: "placement_already_active", field: "placement_id" }]);
  });

  it("fails where the rejected event can't be kept, so that it comes again", async () => {
    const handler = createIntakeHandler({
      intake: world.intake,
      reject: () => Promise.reject(new Error("queue down")),
    });
    await expect(handler(busEvent("nonsense", {}))).rejects.toThrow("queue down");
  });

  it("fails where the table fails, so that it comes again", async () => {
    world.faults.arm(1, "before");
    await expect(take("placement.activated", activated())).rejects.toThrow("killed");
    expect(rejected).toEqual([]);
  });
});

describe("the release function", () => {
  it("releases what the scheduler says is due; the second firing changes nothing", async () => {
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated());
    world.clock.set("2026-05-31T00:00:00.000Z");
    const handle = createDueHandler(world.releases);
    const [hold, schedule] = [await world.only("escrow_hold"), await world.only("payout_schedule")];
    const holdDue = {
      id: "e1",
      "detail-type": "escrow_hold.release_due",
      detail: { organization_id: ORG, entity_id: hold.id },
    } as const;
    const scheduleDue = {
      id: "e2",
      "detail-type": "payout_schedule.due",
      detail: { organization_id: ORG, entity_id: schedule.id },
    } as const;
    expect(await handle(holdDue)).toEqual({ outcome: "sent" });
    expect(await handle(scheduleDue)).toEqual({ outcome: "sent" });
    expect(await handle(holdDue)).toEqual({ outcome: "hold_already_released" });
    expect(await handle(scheduleDue)).toEqual({ outcome: "schedule_already_processing" });
    expect((await world.only("escrow_hold")).change).toMatchObject({
      actor: { type: "system", id: "release-due" },
      correlationId: "e1",
    });
    await world.expectSound();
  });

  it("leaves what was cancelled meanwhile as it is", async () => {
    await world.take("placement.activated", activated());
    await world.take("placement.cancelled", signalled());
    const { id } = await world.only("escrow_hold");
    const due = {
      id: "e1",
      "detail-type": "escrow_hold.release_due",
      detail: { organization_id: ORG, entity_id: id },
    } as const;
    expect(await createDueHandler(world.releases)(due)).toEqual({ outcome: "hold_already_cancelled" });
  });
});

describe("the attempt function", () => {
  const detail = { organization_id: ORG, entity_id: "tr_1" };
  const commandOf = async (event: unknown): Promise<AttemptCommand | undefined> => {
    let seen: AttemptCommand | undefined;
    const handle = createAttemptHandler(async (command) => {
      seen = command;
      return { outcome: "done", status: "completed" };
    });
    await handle(attemptEventSchema.parse(event));
    return seen;
  };

  it("takes the bus's events", async () => {
    expect(await commandOf({ id: "e1", "detail-type": "transfer.created", detail })).toMatchObject({
      transferId: "tr_1",
      correlationId: "e1",
    });
  });

  it.each([
    ["transfer.resumed", detail],
    ["transfer.attempt_due", { ...detail, resumed: true }],
  ])("knows by %s that what the transfer waited for has come", async (type, given) => {
    expect(await commandOf({ id: "e1", "detail-type": type, detail: given })).toMatchObject({ resumed: true });
  });

  it("takes the workflow's call with the name of its execution", async () => {
    const command = await commandOf({ ...detail, execution: "arn:execution", data: {} });
    expect(command).toMatchObject({ correlationId: "arn:execution" });
    expect(command?.resumed).toBeUndefined();
  });

  it.each([{}, { detail }, { ...detail }, { ...detail, entity_id: "", execution: "x" }])("refuses %j", (event) => {
    expect(attemptEventSchema.safeParse(event).success).toBe(false);
  });
});

describe("an announcement", () => {
  it("of a record's own waiting is a bug and says so", () => {
    expect(() => announcementOf({ kind: "payee", organizationId: ORG, payeeId: "p" })).toThrow(RangeError);
  });
});

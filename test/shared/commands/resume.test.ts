import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createResume } from "../../../shared/commands/resume.ts";
import { createResumeHandler, resumeEventSchema } from "../../../shared/events/resume-handler.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import {
  activated,
  createPendingTransfer,
  createTestWorld,
  MINUTE,
  ORG,
  PAYEE,
  payeeUpserted,
  type TestWorld,
  withoutDestination,
} from "../../support/world.ts";

const GUARANTEE_END = "2026-05-31T00:00:00.000Z";
const FOR_PAYEE = { kind: "payee", organizationId: ORG, payeeId: PAYEE } as const;
let dynamo: TestDynamo;
let world: TestWorld;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
});

/** Holds and schedules of several placements, due and without a destination. */
async function waitForDestination(count: number) {
  await world.take("payee.upserted", withoutDestination());
  for (let index = 0; index < count; index += 1) {
    await world.take("placement.activated", activated({ placement_id: `placement-${index}` }));
  }
  world.clock.set("2026-05-31T00:06:00.000Z");
  await world.sweep.run(() => MINUTE);
}

const handle = (type: string, detail: Record<string, unknown>) =>
  createResumeHandler({ store: world.store, resume: world.resume })(
    resumeEventSchema.parse({ "detail-type": type, detail }),
  );

describe("resuming", () => {
  it("takes up everything that waits for the target", async () => {
    await waitForDestination(4);
    await world.take("payee.upserted", payeeUpserted());
    expect(await world.resume.resumeWaiting(FOR_PAYEE)).toEqual({ released: 8, attempts: 0 });
    expect(await world.resume.resumeWaiting(FOR_PAYEE)).toEqual({ released: 0, attempts: 0 });
    await world.expectSound("resumed", { now: world.clock.iso() });
  });

  it("without a reason leaves everything waiting, still due", async () => {
    await waitForDestination(1);
    expect(await world.resume.resumeWaiting(FOR_PAYEE)).toEqual({ released: 0, attempts: 0 });
    expect(await world.only("escrow_hold")).toMatchObject({ status: "active", blocker: { since: world.clock.iso() } });
  });

  it("is not stopped by one record that can't be resumed, and fails in the end, so that it comes again", async () => {
    await waitForDestination(3);
    await world.take("payee.upserted", payeeUpserted());
    const poison = (await world.all("escrow_hold"))[0]?.id;
    const resume = createResume({
      ...world.surroundings,
      releases: {
        ...world.releases,
        releaseHold: (command) =>
          command.holdId === poison ? Promise.reject(new Error("poison")) : world.releases.releaseHold(command),
      },
      requestAttempts: async () => undefined,
    });
    await expect(resume.resumeWaiting(FOR_PAYEE)).rejects.toThrow(`1 of 6 could not be resumed: ${poison}`);
    expect((await world.all("transfer")).length).toBe(5);
  });

  it("of a payout that isn't there is nothing", async () => {
    expect(await world.resume.resumePayout(ORG, "po_guess")).toEqual({ released: 0, attempts: 0 });
  });
});

describe("the events that end waiting", () => {
  it.each(["payee.created", "payee.updated"])("%s frees what waited for the payee", async (type) => {
    await waitForDestination(1);
    await world.take("payee.upserted", payeeUpserted());
    expect(await handle(type, { organization_id: ORG, entity_id: PAYEE })).toEqual({ released: 2, attempts: 0 });
  });

  it("payee.updated also frees what waited for a former account", async () => {
    const transfer = await createPendingTransfer(world);
    world.provider.next(behaviours.refusesThePayee);
    await world.attempt(transfer);
    world.clock.advance(MINUTE);
    await world.take("payee.upserted", payeeUpserted(PAYEE, "acct_2"));
    expect(await handle("payee.updated", { organization_id: ORG, entity_id: PAYEE })).toEqual({
      released: 0,
      attempts: 1,
    });
  });

  it("payout.approved frees what waited for the approval", async () => {
    await world.take("payee.upserted", payeeUpserted());
    await world.take("placement.activated", activated({ policy: { approval: "manual" } }));
    world.clock.set(GUARANTEE_END);
    await world.release((await world.only("escrow_hold")).id, "scheduler");
    const { id } = await world.only("payout");
    await world.run({ command: "approve_payout", organization_id: ORG, payout_id: id, by: "bob" });
    expect(await handle("payout.approved", { organization_id: ORG, entity_id: id })).toEqual({
      released: 1,
      attempts: 0,
    });
  });

  it.each<[string, Record<string, unknown>, "refusesForFunds" | "refusesThePayee"]>([
    ["provider_funds.available", { provider: "stripe" }, "refusesForFunds"],
    ["payee_account.updated", { provider: "stripe", account: "acct_1" }, "refusesThePayee"],
  ])("%s asks for attempts that don't wait for their date", async (type, detail, behaviour) => {
    const transfer = await createPendingTransfer(world);
    world.provider.next(behaviours[behaviour]);
    await world.attempt(transfer);
    expect(await handle(type, detail)).toEqual({ released: 0, attempts: 1 });
    expect(world.takeRequests()).toEqual([{ id: transfer.id, organizationId: ORG, resumed: true }]);
  });

  it("sending_control.resumed asks for attempts at what was paused", async () => {
    const transfer = await createPendingTransfer(world);
    await world.run({ command: "pause_sending", control: "all", by: "ada", reason: "audit" });
    await world.attempt(transfer);
    expect(await handle("sending_control.resumed", { organization_id: "platform", entity_id: "all" })).toEqual({
      released: 0,
      attempts: 1,
    });
  });

  it("anything else is refused", () => {
    expect(resumeEventSchema.safeParse({ "detail-type": "payout.created", detail: {} }).success).toBe(false);
  });
});

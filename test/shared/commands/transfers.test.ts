import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTransfers } from "../../../shared/commands/transfers.ts";
import type { Transfer } from "../../../shared/domain/model.ts";
import type { Finding } from "../../../shared/domain/transfer-settlement.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import { createPendingTransfer, createTestWorld, MINUTE, ORG, type TestWorld } from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let transfer: Transfer;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  transfer = await createPendingTransfer(world);
});

const ADMIN = { type: "user", id: "ann", role: "admin" } as const;
const MOVED: Finding = { outcome: "completed", providerTransferId: "tr_1", evidence: "seen in the dashboard" };
const NOTHING: Finding = { outcome: "not_created", evidence: "no such transfer group" };

function settle(finding: Finding, more: Record<string, unknown> = {}) {
  const { settleTransfer } = createTransfers(world.surroundings);
  const command = { organizationId: ORG, transferId: transfer.id, actor: ADMIN, correlationId: "request-1", finding };
  return settleTransfer({ ...command, ...more });
}

describe("settling an unknown outcome", () => {
  it("as completed pays the schedule; the late webhook changes nothing", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(transfer);
    expect(await settle(MOVED)).toMatchObject({ ok: true });
    const settled = await world.only("transfer");
    expect(settled).toMatchObject({
      status: "completed",
      settled: { by: "ann", evidence: "seen in the dashboard" },
      change: { action: "transfer.completed", reason: "seen in the dashboard" },
    });
    expect((await world.only("payout_schedule")).status).toBe("completed");
    await world.receive("evt_1", "transfer.created", "tr_1");
    await world.providerEvents.apply("stripe", "evt_1");
    expect(await world.only("transfer")).toEqual(settled);
    await world.expectSound();
  });

  it("as not created is refused while it may still show up, then goes again under a new key when retried", async () => {
    world.provider.next(behaviours.timesOutBeforeActing);
    await world.attempt(transfer);
    expect(await settle(NOTHING)).toMatchObject({ ok: false, refusal: { code: "evidence_contradicts" } });
    world.clock.advance(15 * MINUTE);
    expect(await settle(NOTHING)).toMatchObject({ ok: true });
    expect(await world.only("transfer")).toMatchObject({ status: "failed_terminal", epoch: 2 });
    expect((await world.only("payout_schedule")).status).toBe("failed");
    await world.expectSound();

    expect(await world.fire(transfer.cause.id, "manual")).toMatchObject({ ok: true });
    await world.attempt(transfer);
    expect(world.provider.movements).toMatchObject([{ epoch: 2 }]);
    expect((await world.only("transfer")).status).toBe("completed");
    await world.expectSound();
  });

  it("by two people at once counts once", async () => {
    world.provider.next(behaviours.timesOutAfterActing);
    await world.attempt(transfer);
    const decisions = await Promise.all([settle(MOVED), settle(MOVED), settle(MOVED)]);
    const told = decisions.map((decision) => (decision.ok ? "accepted" : decision.refusal.code)).sort();
    expect(told).toEqual(["accepted", "transfer_not_settleable", "transfer_not_settleable"]);
    expect((await world.all("journal_entry")).filter(({ kind }) => kind === "transfer")).toHaveLength(1);
    await world.expectSound();
  });

  it("of one that isn't there, or is another organization's, is refused", async () => {
    for (const more of [{ transferId: transfer.payoutId }, { transferId: "tr_guess" }, { organizationId: "other" }]) {
      expect(await settle(MOVED, more)).toMatchObject({ ok: false, refusal: { code: "not_found" } });
    }
  });
});

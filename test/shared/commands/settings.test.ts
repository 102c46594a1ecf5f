import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSettingsCommands } from "../../../shared/commands/settings.ts";
import type { SettingsPatch } from "../../../shared/domain/settings.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { createTestWorld, ORG, PERSON, type TestWorld } from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
});

const update = (expectedVersion: number, patch: SettingsPatch, organizationId = ORG) =>
  createSettingsCommands(world.surroundings).updateSettings({
    ...{ organizationId, actor: PERSON, correlationId: "test", expectedVersion, patch },
  });

describe("an organization's settings", () => {
  it("are changed field by field, and say who did", async () => {
    await update(0, { policy: { holdbackBp: 1_000, approval: "manual" }, workingHours: { from: 7, to: 19 } });
    await update(1, { policy: { holdbackBp: 1_500, approval: null }, approverLimitMinor: { USD: 5 } });
    expect(await world.only("settings")).toMatchObject({
      version: 2,
      policy: { holdbackBp: 1_500 },
      approverLimitMinor: { USD: 5 },
      workingHours: { from: 7, to: 19 },
      change: { action: "settings.updated", actor: PERSON },
    });
    expect((await world.only("settings")).policy).toEqual({ holdbackBp: 1_500 });
  });

  it("changed by two who have read the same are changed by one", async () => {
    for (const version of [0, 1]) {
      const decisions = await Promise.all([
        update(version, { coolingOffHours: version }),
        update(version, { policy: { guaranteeDays: 30 + version } }),
      ]);
      expect(decisions.map((decision) => (decision.ok ? "won" : decision.refusal.code)).sort()).toEqual([
        "version_mismatch",
        "won",
      ]);
    }
    expect((await world.only("settings")).version).toBe(2);
  });

  it("that stay what they are leave no trace", async () => {
    await update(0, { coolingOffHours: null });
    expect(await world.items()).toEqual([]);
  });

  it("of one organization are its own", async () => {
    await update(0, { coolingOffHours: 1 });
    await update(0, { coolingOffHours: 2 }, "other");
    const all = await world.all("settings");
    expect(all.map(({ organizationId, coolingOffHours }) => [organizationId, coolingOffHours]).sort()).toEqual([
      [ORG, 1],
      ["other", 2],
    ]);
  });
});

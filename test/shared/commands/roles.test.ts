import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPlatformAdministration } from "../../../shared/commands/platform.ts";
import { createPlatformHandler } from "../../../shared/commands/platform-handler.ts";
import { createRoles, type Roles } from "../../../shared/commands/roles.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Role } from "../../../shared/domain/model.ts";
import { roleAssignmentKey, roleRosterKey } from "../../../shared/store/keys.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { createTestWorld, ORG, type TestWorld } from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
let roles: Roles;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  roles = createRoles(world.surroundings);
  await bootstrap("root");
});

const bootstrap = (subject: string, organizationId = ORG) =>
  createPlatformHandler(createPlatformAdministration(world.surroundings))(
    { command: "bootstrap_super_admin", organization_id: organizationId, subject, by: "dana" },
    "request-1",
  );

/** As whom the access check has let in, on what it knew then. */
function as(id: string, organizationId = ORG) {
  return { organizationId, actor: { type: "user", id, role: "super_admin" }, correlationId: "test" } as const;
}

const grant = (by: string, subject: string, role: Role) => roles.grantRole({ ...as(by), subject, role });
const revoke = (by: string, subject: string) => roles.revokeRole({ ...as(by), subject });
const roleOf = (subject: string) => world.store.get("role_assignment", roleAssignmentKey(ORG, subject));
const superAdmins = async () => (await world.store.get("role_roster", roleRosterKey(ORG)))?.superAdmins;
const codes = (decisions: readonly Decision<unknown>[]) =>
  decisions.map((decision) => (decision.ok ? "won" : decision.refusal.code)).sort();

describe("the first super_admin", () => {
  it("is named by the deployment's owner, once", async () => {
    expect(await roleOf("root")).toMatchObject({
      role: "super_admin",
      status: "active",
      grantedBy: "dana",
      version: 1,
    });
    expect(await bootstrap("eve")).toMatchObject({ ok: false, error: { code: "roster_not_empty" } });
    expect(await roleOf("eve")).toBeUndefined();
  });

  it("of two that are named at the same time is one", async () => {
    const answers = await Promise.all(["eve", "mallory"].map((subject) => bootstrap(subject, "other")));
    expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect((await world.store.get("role_roster", roleRosterKey("other")))?.superAdmins).toHaveLength(1);
  });

  it("says what was written", async () => {
    expect(await bootstrap("ada", "other")).toEqual({
      ok: true,
      changed: ["role_assignment ada", "role_roster roster"],
    });
  });
});

describe("roles", () => {
  it("are given, changed, taken away and given again, each time as a version of one record", async () => {
    await grant("root", "ada", "viewer");
    await roles.changeRole({ ...as("root"), subject: "ada", expectedVersion: 1, patch: { role: "admin" } });
    await revoke("root", "ada");
    expect(await roleOf("ada")).toMatchObject({ role: "admin", status: "revoked", version: 3 });
    await grant("root", "ada", "operator");
    expect(await roleOf("ada")).toMatchObject({ role: "operator", status: "active", version: 4 });
    expect(await superAdmins()).toEqual(["root"]);
  });

  it("of one organization are nobody's in another", async () => {
    const other = { ...as("root", "other"), subject: "ada" };
    expect(codes([await roles.grantRole({ ...other, role: "viewer" })])).toEqual(["permission_required"]);
    await grant("root", "ada", "viewer");
    expect(codes([await roles.revokeRole(other)])).toEqual(["not_found"]);
  });

  it("are decided about by what the decider is now, not by what they were when they came in", async () => {
    await grant("root", "rita", "super_admin");
    await roles.changeRole({ ...as("root"), subject: "rita", expectedVersion: 1, patch: { role: "admin" } });
    expect(codes([await grant("rita", "eve", "super_admin")])).toEqual(["role_above_own"]);
    expect(codes([await grant("rita", "eve", "viewer")])).toEqual(["permission_required"]);
  });

  it("given to one person twice at the same time are given once", async () => {
    const decisions = await Promise.all([grant("root", "ada", "viewer"), grant("root", "ada", "admin")]);
    expect(codes(decisions)).toEqual(["role_exists", "won"]);
    expect((await roleOf("ada"))?.version).toBe(1);
  });
});

describe("two super_admins who remove each other at the same time", () => {
  it("leave exactly one, every time", async () => {
    await grant("root", "rita", "super_admin");
    for (let round = 0; round < 20; round += 1) {
      const [first = "", second = ""] = (await superAdmins()) ?? [];
      const decisions = await Promise.all([revoke(first, second), revoke(second, first)]);
      expect(codes(decisions)).toEqual(["role_last_super_admin", "won"]);
      const [left = "", ...others] = (await superAdmins()) ?? [];
      expect(others).toEqual([]);
      expect(await roleOf(left)).toMatchObject({ role: "super_admin", status: "active" });
      await grant(left, left === first ? second : first, "super_admin");
    }
  });

  it("leave one where one is revoked and the other lowered", async () => {
    await grant("root", "rita", "super_admin");
    const decisions = await Promise.all([
      revoke("rita", "root"),
      roles.changeRole({ ...as("root"), subject: "rita", expectedVersion: 1, patch: { role: "viewer" } }),
    ]);
    expect(codes(decisions)).toEqual(["role_last_super_admin", "won"]);
    expect(await superAdmins()).toHaveLength(1);
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { permissions, permissionsOf } from "../../shared/access/roles.ts";
import { roleOperations } from "../../shared/api/contract/roles.ts";
import { scopedRoles, staffRoles } from "../../shared/domain/model.ts";
import { createTestApi, type Json, type TestApi } from "../support/api.ts";
import { openWorkplace, type Workplace } from "../support/api-effects.ts";
import { SECOND_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import { PAYEE } from "../support/organization.ts";
import { allowOnlyOtherAddress } from "../support/other-address.ts";
import { drive, type Scenarios } from "../support/scenarios.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let api: TestApi;

beforeAll(async () => {
  cloud = await startTestCloud();
  api = createTestApi(cloud);
});
afterAll(() => cloud.stop());

/** Roles are relied on for so long. */
const TRUSTED_MS = 30 * SECOND_MS;
/** Made by the deployment's owner in each organization; grants the roles of all the others here. */
const ROOT = "root";
const of = (subject: string) => ({ params: { subject } });
const NOBODY = of("nobody");

/** Nina, who has been given a role by Sue. */
async function grantNina(world: Workplace, body: object = { role: "operator" }) {
  return world.done(await world.as("super_admin"), "grantRole", { body: { subject: "nina", ...body } });
}

/**
 * Sue, whom the API has let in as super_admin a moment ago and still would, while Bea has made her an admin. With
 * `lastIsBea` nobody else is super_admin any more.
 */
async function demotedMeanwhile(world: Workplace, { lastIsBea }: { lastIsBea: boolean }) {
  const sue = await world.as("super_admin");
  const bea = await world.as("super_admin", { subject: "bea" });
  const { data } = await bea.ok("getRole", of(sue.subject));
  if (lastIsBea) await sue.ok("revokeRole", of(ROOT));
  await grantNina(world);
  await bea.ok("changeRole", { ...of(sue.subject), version: data.version, body: { role: "admin" } });
  return sue;
}

async function versionOf(world: Workplace, subject: string): Promise<number> {
  const assignments = await world.org.all("role_assignment");
  return assignments.find(({ id }) => id === subject)?.version ?? 0;
}

const scenarios: Scenarios<typeof roleOperations, Workplace> = {
  listRoles: {
    async ok(world) {
      const sue = await world.as("super_admin");
      await grantNina(world);
      await world.done(sue, "revokeRole", of("nina"));
      const { data } = await sue.ok("listRoles");
      expect(data).toMatchObject([
        { id: "nina", role: "operator", status: "revoked", granted_by: "sue" },
        { id: "sue", role: "super_admin", status: "active", granted_by: ROOT },
        { id: ROOT, role: "super_admin", status: "active" },
      ]);
      const first = await sue.ok("listRoles", { query: { limit: 2 } });
      const query = { limit: 2, cursor: first.pagination.next_cursor };
      expect((await sue.ok("listRoles", { query })).data).toMatchObject([{ id: ROOT }]);
    },
    refusals: {
      async invalid_cursor(world) {
        const { pagination } = await (await world.as("super_admin")).ok("listRoles", { query: { limit: 1 } });
        const elsewhere = await openWorkplace(cloud, api).as("super_admin");
        const query = { limit: 1, cursor: pagination.next_cursor };
        await world.turnedAway(elsewhere, "listRoles", "invalid_cursor", { query });
      },
    },
  },

  getRoleDefinitions: {
    async ok(world) {
      const { data } = await (await world.as("payee", { scopeId: PAYEE })).ok("getRoleDefinitions");
      const byRole = Object.fromEntries(data.roles.map((entry: Json) => [entry.role, entry]));
      expect(Object.keys(byRole)).toEqual([...staffRoles, ...scopedRoles]);
      for (const role of staffRoles) expect(byRole[role].permissions).toEqual(permissionsOf(role));
      expect(byRole).toMatchObject({
        super_admin: { aliases: ["platform_admin"], permissions },
        operator: { aliases: ["billing_admin"] },
        payee: { kind: "scoped", rank: null, permissions: [] },
      });
    },
    refusals: {},
  },

  getRole: {
    async ok(world) {
      await grantNina(world, { role: "payee", scope_id: PAYEE, label: "nina@example.com" });
      const { data } = await (await world.as("super_admin")).ok("getRole", of("nina"));
      const expected = { id: "nina", role: "payee", scope_id: PAYEE, status: "active", version: 1 };
      expect(data).toMatchObject({ ...expected, granted_by: "sue", label: "nina@example.com" });
    },
    refusals: {
      async not_found(world) {
        await grantNina(world);
        await world.turnedAway(await world.as("super_admin"), "getRole", "not_found", NOBODY);
        const elsewhere = await openWorkplace(cloud, api).as("super_admin");
        await world.turnedAway(elsewhere, "getRole", "not_found", of("nina"));
      },
    },
  },

  grantRole: {
    async ok(world) {
      const stranger = await api.stranger(world.org.id, "nina");
      await stranger.refused("listPayouts", "permission_required");
      const granted = await grantNina(world, { role: "billing_admin" });
      expect(granted.data).toMatchObject({ id: "nina", role: "operator", scope_id: null, granted_by: "sue" });
      expect(granted.lines).toMatchObject([
        { action: "role_assignment.granted", entity_id: "nina", changed_by: "sue", changed_by_role: "super_admin" },
      ]);
      expect(world.told(granted.requestId)).toMatchObject([{ detailType: "role_assignment.granted" }]);
      // A role counts from the moment in which it is given.
      await stranger.ok("listPayouts");
    },
    refusals: {
      async role_exists(world) {
        await grantNina(world);
        const asked = { body: { subject: "nina", role: "viewer" } };
        await world.turnedAway(await world.as("super_admin"), "grantRole", "role_exists", asked);
      },
      async role_above_own(world) {
        const sue = await demotedMeanwhile(world, { lastIsBea: false });
        const asked = { body: { subject: "someone", role: "super_admin" } };
        const { request_id } = await world.turnedAway(sue, "grantRole", "role_above_own", asked);
        const { data } = await (await world.as("viewer")).ok("listSecurityEvents", { query: { subject: "sue" } });
        expect(data).toMatchObject([{ code: "role_above_own", risk_level: "medium", request_id }]);
      },
      async role_own(world) {
        const sue = await world.as("super_admin");
        await world.turnedAway(sue, "grantRole", "role_own", { body: { subject: "sue", role: "viewer" } });
      },
      async role_scope_missing(world) {
        const sue = await world.as("super_admin");
        for (const body of [
          { subject: "nina", role: "payee" },
          { subject: "nina", role: "admin", scope_id: PAYEE },
        ]) {
          const problem = await world.turnedAway(sue, "grantRole", "role_scope_missing", { body });
          expect(problem.field).toBe("scope_id");
        }
      },
    },
  },

  changeRole: {
    async ok(world) {
      await grantNina(world, { role: "payee", scope_id: PAYEE });
      const changed = await world.done(await world.as("super_admin"), "changeRole", {
        ...of("nina"),
        ...{ version: 1, body: { role: "manager", label: "Nina" } },
      });
      expect(changed.data).toMatchObject({ role: "manager", scope_id: null, label: "Nina", version: 2 });
      expect(changed.lines).toMatchObject([
        {
          action: "role_assignment.changed",
          before_state: { role: "payee", scopeId: PAYEE },
          after_state: { role: "manager" },
        },
      ]);
      expect(world.told(changed.requestId)).toMatchObject([{ detailType: "role_assignment.changed" }]);
    },
    refusals: {
      async not_found(world) {
        const sue = await world.as("super_admin");
        const asked = { version: 1, body: { role: "admin" } };
        await world.turnedAway(sue, "changeRole", "not_found", { ...NOBODY, ...asked });
        await grantNina(world);
        await world.done(sue, "revokeRole", of("nina"));
        await world.turnedAway(sue, "changeRole", "not_found", { ...of("nina"), ...asked, version: 2 });
      },
      async role_above_own(world) {
        const sue = await demotedMeanwhile(world, { lastIsBea: false });
        const asked = { ...of("nina"), version: 1, body: { role: "super_admin" } };
        await world.turnedAway(sue, "changeRole", "role_above_own", asked);
      },
      async role_own(world) {
        const sue = await world.as("super_admin");
        const asked = { ...of("sue"), version: 1, body: { role: "viewer" } };
        await world.turnedAway(sue, "changeRole", "role_own", asked);
      },
      async role_last_super_admin(world) {
        const sue = await demotedMeanwhile(world, { lastIsBea: true });
        const asked = { ...of("bea"), version: await versionOf(world, "bea"), body: { role: "viewer" } };
        await world.turnedAway(sue, "changeRole", "role_last_super_admin", asked);
      },
      async role_scope_missing(world) {
        await grantNina(world);
        const asked = { ...of("nina"), version: 1, body: { role: "company" } };
        await world.turnedAway(await world.as("super_admin"), "changeRole", "role_scope_missing", asked);
      },
    },
  },

  revokeRole: {
    async ok(world) {
      const nina = await world.as("operator", { subject: "nina" });
      await nina.ok("listPayouts");
      const revoked = await world.done(await world.as("super_admin"), "revokeRole", of("nina"));
      expect(revoked.data).toMatchObject({ id: "nina", status: "revoked", role: "operator", version: 2 });
      expect(revoked.lines).toMatchObject([
        { action: "role_assignment.revoked", old_status: "active", new_status: "revoked", changed_by: "sue" },
      ]);
      expect(world.told(revoked.requestId)).toMatchObject([{ detailType: "role_assignment.revoked" }]);
      await cloud.advance(TRUSTED_MS);
      await nina.refused("listPayouts", "permission_required");
    },
    refusals: {
      async not_found(world) {
        const sue = await world.as("super_admin");
        await world.turnedAway(sue, "revokeRole", "not_found", NOBODY);
        await grantNina(world);
        await world.done(sue, "revokeRole", of("nina"));
        await world.turnedAway(sue, "revokeRole", "not_found", of("nina"));
      },
      async role_above_own(world) {
        const sue = await demotedMeanwhile(world, { lastIsBea: false });
        await world.turnedAway(sue, "revokeRole", "role_above_own", of("bea"));
      },
      async role_own(world) {
        await world.turnedAway(await world.as("super_admin"), "revokeRole", "role_own", of("sue"));
      },
      async role_last_super_admin(world) {
        const sue = await demotedMeanwhile(world, { lastIsBea: true });
        await world.turnedAway(sue, "revokeRole", "role_last_super_admin", of("bea"));
      },
    },
  },
};

drive(roleOperations, scenarios, async () => openWorkplace(cloud, api));

describe("a role that was taken away", () => {
  it("lets nothing through 30 s later: no read, no deed; and counts again as soon as it is given again", async () => {
    const world = openWorkplace(cloud, api);
    const sue = await world.as("super_admin");
    const nina = await world.as("processor", { subject: "nina" });
    const pause = { body: { reason: "the amounts look wrong" } };
    await world.done(nina, "pauseSending", pause);
    await nina.ok("getMe");
    await world.done(sue, "revokeRole", of("nina"));
    await cloud.advance(TRUSTED_MS);
    const { request_id } = await world.turnedAway(nina, "pauseSending", "permission_required", pause);
    await world.turnedAway(nina, "getMe", "permission_required");
    const query = { subject: "nina", kind: "action_refused" };
    const { data } = await sue.ok("listSecurityEvents", { query });
    expect(data).toContainEqual(expect.objectContaining({ operation: "pauseSending", request_id, role: null }));

    const again = await grantNina(world, { role: "viewer" });
    expect(again.data).toMatchObject({ status: "active", role: "viewer", version: 3 });
    expect((await nina.ok("getMe")).data.role).toBe("viewer");
    await world.turnedAway(nina, "pauseSending", "permission_required", pause);
  });
});

describe("two super_admins who revoke each other at once", () => {
  it("leaves one of them", async () => {
    const world = openWorkplace(cloud, api);
    const sue = await world.as("super_admin");
    const bea = await world.as("super_admin", { subject: "bea" });
    await sue.ok("revokeRole", of(ROOT));
    const answers = await Promise.all([sue.call("revokeRole", of("bea")), bea.call("revokeRole", of("sue"))]);
    await cloud.settle();

    expect(answers.map(({ status }) => status === 200).sort()).toEqual([false, true]);
    const refused = answers.find(({ status }) => status !== 200);
    expect(["role_last_super_admin", "permission_required"]).toContain(refused?.json.code);
    const active = (await world.org.all("role_assignment")).filter(({ status }) => status === "active");
    expect((await world.org.only("role_roster")).superAdmins).toEqual(active.map(({ id }) => id));
    expect(active).toHaveLength(1);
  });
});

describe("roles that can't be read", () => {
  it("let nobody in on what was known before, and say when to come again", async () => {
    const world = openWorkplace(cloud, api);
    const nina = await world.as("processor", { subject: "nina" });
    await nina.ok("getMe");
    await cloud.advance(TRUSTED_MS);
    const refusing = { service: "dynamodb", operation: "GetItem", match: "nina", error: "internal", count: 1_000 };
    const fault = cloud.local.faults.aws.add(refusing);
    const pause = { body: { reason: "the amounts look wrong" } };
    const answers = await Promise.all([nina.call("getMe"), nina.call("pauseSending", pause)]);
    cloud.local.faults.aws.remove(fault);
    for (const { status, headers, json } of answers) {
      expect([status, json.code, headers.get("retry-after")]).toEqual([503, "access_unavailable", "5"]);
    }
    expect(await world.org.all("sending_control")).toEqual([]);
    await nina.ok("getMe");
  });
});

describe("roles and the allow-list", () => {
  it("are changed only from an address that is allowed", async () => {
    const world = openWorkplace(cloud, api);
    await grantNina(world);
    const sue = await world.as("super_admin");
    await allowOnlyOtherAddress(cloud, world.org.id);
    const body = { role: "viewer" };
    const asked = { body: { subject: "someone", ...body } };
    await world.turnedAway(sue, "grantRole", "address_not_allowed", asked);
    await world.turnedAway(sue, "changeRole", "address_not_allowed", { ...of("nina"), version: 1, body });
    await world.turnedAway(sue, "revokeRole", "address_not_allowed", of("nina"));
  });
});

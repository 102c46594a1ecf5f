import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { permissions } from "../../../../shared/access/roles.ts";
import { staffRoles } from "../../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { createAccessApi } from "./access-fixture.ts";

let dynamo: TestDynamo;
let api: Awaited<ReturnType<typeof createAccessApi>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  api = await createAccessApi(dynamo);
});

const grant = (body: object, by = "root") => api.call(by, "grantRole", { body });
const change = (subject: string, version: number, body: object) =>
  api.call("root", "changeRole", { subject, version, body });

describe("a role", () => {
  it("is granted, read, changed and revoked, in the wire's form", async () => {
    const granted = await grant({ subject: "auth0|ada", role: "manager", label: "Ada" });
    expect(granted).toMatchObject({ status: 201, etag: '"1"' });
    expect(granted.json).toEqual(granted.closed);
    expect(granted.json.data).toMatchObject({
      ...{ id: "auth0|ada", role: "manager", scope_id: null, status: "active", granted_by: "root", label: "Ada" },
    });
    expect((await api.call("root", "getRole", { subject: "auth0|ada" })).json).toEqual(granted.json);
    const changed = await change("auth0|ada", 1, { role: "payee", scope_id: "payee-1", label: null });
    expect(changed.json.data).toMatchObject({ role: "payee", scope_id: "payee-1", label: null, version: 2 });
    const revoked = await api.call("root", "revokeRole", { subject: "auth0|ada" });
    expect(revoked.json.data).toMatchObject({ status: "revoked", version: 3 });
  });

  it.each([
    ["platform_admin", "super_admin"],
    ["billing_admin", "operator"],
  ])("known elsewhere as %s is stored as %s", async (role, stored) => {
    expect((await grant({ subject: "ada", role })).json.data.role).toBe(stored);
  });

  it("counts from the moment in which it is given, and ends 30 s after it is taken away", async () => {
    expect((await api.call("ada", "getSettings")).status).toBe(403);
    await grant({ subject: "ada", role: "viewer" });
    expect((await api.call("ada", "getSettings")).status).toBe(200);
    await api.call("root", "revokeRole", { subject: "ada" });
    api.world.clock.advance(30_000);
    expect((await api.call("ada", "getSettings")).status).toBe(403);
  });

  it.each([
    ["no subject", { role: "viewer" }, "subject"],
    ["a subject with a space", { subject: "a b", role: "viewer" }, "subject"],
    ['a subject with a "#"', { subject: "a#b", role: "viewer" }, "subject"],
    ["an unknown role", { subject: "ada", role: "owner" }, "role"],
    ["an unknown field", { subject: "ada", role: "viewer", organization_id: "other" }, "organization_id"],
    ["a scope that is no id", { subject: "ada", role: "payee", scope_id: "a b" }, "scope_id"],
  ])("with %s is refused and names the field", async (_what, body, field) => {
    expect(await grant(body)).toMatchObject({ status: 400, json: { code: "invalid_request", field } });
  });

  it.each([
    [{ subject: "root", role: "viewer" }, 403, "role_own"],
    [{ subject: "ada", role: "payee" }, 422, "role_scope_missing"],
    [{ subject: "ada", role: "viewer", scope_id: "payee-1" }, 422, "role_scope_missing"],
  ])("granted as %j is refused: %i %s", async (body, status, code) => {
    expect(await grant(body)).toMatchObject({ status, json: { code } });
  });

  it("is changed at the version that was read only", async () => {
    await grant({ subject: "ada", role: "viewer" });
    expect((await change("ada", 2, { role: "admin" })).json.code).toBe("version_mismatch");
    expect((await api.call("root", "changeRole", { subject: "ada", body: { role: "admin" } })).status).toBe(428);
    expect(await change("ada", 1, {})).toMatchObject({ status: 400 });
  });

  it.each(["nobody", "a#b", "a b"])("of %j is not found", async (subject) => {
    for (const id of ["getRole", "revokeRole"] as const) {
      expect(await api.call("root", id, { subject })).toMatchObject({ status: 404, json: { code: "not_found" } });
    }
  });

  it.each(["viewer", "manager", "admin"])("is nobody's to see or to give who is %s", async (role) => {
    await grant({ subject: "ada", role });
    expect((await api.call("ada", "getRole", { subject: "root" })).status).toBe(403);
    expect((await grant({ subject: "eve", role: "viewer" }, "ada")).status).toBe(403);
  });

  it("is not given or taken away from an address outside of the allow-list", async () => {
    await api.call("root", "updateSettings", { version: 0, body: { allowed_cidrs: ["203.0.113.0/24"] } });
    api.world.clock.advance(30_000);
    const body = { subject: "ada", role: "viewer" };
    const from = "198.51.100.1";
    expect((await api.call("root", "grantRole", { body, from })).json.code).toBe("address_not_allowed");
    expect((await api.call("root", "grantRole", { body })).status).toBe(201);
    expect((await api.call("root", "revokeRole", { subject: "ada", from })).json.code).toBe("address_not_allowed");
  });
});

describe("the role definitions", () => {
  it("are for everybody who has a role, and tell the whole matrix", async () => {
    await grant({ subject: "ada", role: "payee", scope_id: "payee-1" });
    const { json, closed } = await api.call("ada", "getRoleDefinitions");
    expect(json).toEqual(closed);
    const { data } = json;
    expect(data.permissions.map(({ permission }: { permission: string }) => permission)).toEqual(permissions);
    expect(data.permissions).toContainEqual({ permission: "payouts.view", roles: [...staffRoles] });
    expect(data.permissions).toContainEqual({ permission: "roles.manage", roles: ["super_admin"] });
    expect(data.permissions).toContainEqual({
      permission: "payouts.approve",
      roles: ["manager", "admin", "super_admin"],
    });
    expect(data.roles).toHaveLength(8);
    expect(data.roles).toContainEqual({
      ...{ role: "super_admin", kind: "staff", rank: 5, aliases: ["platform_admin"], permissions },
    });
    expect(data.roles).toContainEqual({ role: "payee", kind: "scoped", rank: null, aliases: [], permissions: [] });
  });
});

import { describe, expect, it } from "vitest";
import { AccessUnavailable, createAccess } from "../../../shared/access/access.ts";
import { create } from "../../../shared/domain/decision.ts";
import type { RoleAssignment, Settings } from "../../../shared/domain/model.ts";
import { StoreBusy } from "../../../shared/store/errors.ts";
import { roleAssignmentKey, settingsKey } from "../../../shared/store/keys.ts";
import type { Store } from "../../../shared/store/store.ts";
import { CONTEXT, ORG } from "../../support/records.ts";

function assignmentOf(subject: string, more: Partial<RoleAssignment> = {}): RoleAssignment {
  const body = { id: subject, organizationId: ORG, role: "viewer", status: "active", grantedBy: "root" } as const;
  return { ...create("role_assignment", body, "role_assignment.granted", CONTEXT), ...more };
}

const SETTINGS: Settings = create(
  "settings",
  { id: "settings", organizationId: ORG, policy: {} },
  "settings.updated",
  CONTEXT,
);

/** A table in memory that counts its reads and can be out of reach. */
function createTable(...records: (RoleAssignment | Settings)[]) {
  const items = new Map<string, unknown>();
  const table = {
    reads: 0,
    failure: undefined as Error | undefined,
    nowMs: 1_000_000,
    write(...written: (RoleAssignment | Settings)[]) {
      for (const record of written) {
        const { pk } = record.id === "settings" ? settingsKey(ORG) : roleAssignmentKey(ORG, record.id);
        items.set(pk, record);
      }
    },
  };
  table.write(...records);
  const get = async (_entity: string, key: { pk: string } | undefined) => {
    table.reads += 1;
    if (table.failure !== undefined) throw table.failure;
    return items.get(key?.pk ?? "");
  };
  const store = { get } as unknown as Pick<Store, "get">;
  return { table, access: createAccess({ store, now: () => table.nowMs }) };
}

describe("access", () => {
  it("is the person's active role and the organization's settings", async () => {
    const { access } = createTable(assignmentOf("ada"), SETTINGS);
    expect(await access.load(ORG, "ada")).toEqual({ assignment: assignmentOf("ada"), settings: SETTINGS });
  });

  it("of a person without a role, or whose role was revoked, is none", async () => {
    const { access } = createTable(assignmentOf("bob", { status: "revoked" }));
    expect(await access.load(ORG, "ada")).toEqual({});
    expect(await access.load(ORG, "bob")).toEqual({});
  });

  it("in one organization is none in another", async () => {
    const { access } = createTable(assignmentOf("ada"), SETTINGS);
    expect(await access.load("other", "ada")).toEqual({});
  });

  it.each(["", "a#b", "a b", "a\tb", "a".repeat(129)])(
    "by the subject %j is none, and nothing is read",
    async (subject) => {
      const { access, table } = createTable();
      expect(await access.load(ORG, subject)).toEqual({});
      expect(table.reads).toBe(0);
    },
  );

  it.each(["platform", "a#b", ""])("in the organization %j is none, and nothing is read", async (organizationId) => {
    const { access, table } = createTable();
    expect(await access.load(organizationId, "ada")).toEqual({});
    expect(table.reads).toBe(0);
  });
});

describe("what was read", () => {
  it("holds for less than 30 s and not a moment longer", async () => {
    const { access, table } = createTable(assignmentOf("ada"), SETTINGS);
    await access.load(ORG, "ada");
    table.write(assignmentOf("ada", { status: "revoked" }));
    table.nowMs += 29_999;
    expect((await access.load(ORG, "ada")).assignment?.role).toBe("viewer");
    expect(table.reads).toBe(2);
    table.nowMs += 1;
    expect((await access.load(ORG, "ada")).assignment).toBeUndefined();
  });

  it("is not trusted where the clock went back", async () => {
    const { access, table } = createTable(assignmentOf("ada"));
    await access.load(ORG, "ada");
    table.write(assignmentOf("ada", { status: "revoked" }));
    table.nowMs -= 1;
    expect((await access.load(ORG, "ada")).assignment).toBeUndefined();
  });

  it("about settings serves all people of an organization", async () => {
    const { access, table } = createTable(assignmentOf("ada"), assignmentOf("bob"), SETTINGS);
    await access.load(ORG, "ada");
    await access.load(ORG, "bob");
    expect(table.reads).toBe(3);
  });

  it("is forgotten, the oldest first, beyond 1,000 people", async () => {
    const people = Array.from({ length: 1_001 }, (_, index) => `person-${index}`);
    const { access, table } = createTable(...people.map((person) => assignmentOf(person)), SETTINGS);
    for (const person of people) await access.load(ORG, person);
    const before = table.reads;
    await access.load(ORG, "person-1");
    expect(table.reads).toBe(before);
    await access.load(ORG, "person-0");
    expect(table.reads).toBe(before + 1);
  });

  it("never is that somebody has no role: a grant counts at once", async () => {
    const { access, table } = createTable();
    await access.load(ORG, "ada");
    table.write(assignmentOf("ada"));
    expect((await access.load(ORG, "ada")).assignment?.role).toBe("viewer");
  });
});

describe("a table that can't be read", () => {
  it("lets nobody in, not even on what was known 30 s ago", async () => {
    const { access, table } = createTable(assignmentOf("ada"), SETTINGS);
    await access.load(ORG, "ada");
    table.failure = new StoreBusy("busy", 100);
    table.nowMs += 30_000;
    await expect(access.load(ORG, "ada")).rejects.toThrow(AccessUnavailable);
    await expect(access.load(ORG, "ada")).rejects.toMatchObject({ cause: table.failure });
  });

  it("is asked again as soon as somebody comes", async () => {
    const { access, table } = createTable(assignmentOf("ada"));
    table.failure = new Error("no connection");
    await expect(access.load(ORG, "ada")).rejects.toThrow(AccessUnavailable);
    table.failure = undefined;
    expect((await access.load(ORG, "ada")).assignment?.role).toBe("viewer");
  });
});

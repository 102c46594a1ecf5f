import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankOf } from "../../../shared/access/roles.ts";
import { create, type Decision, type RecordChange } from "../../../shared/domain/decision.ts";
import { type Role, type RoleAssignment, type RoleRoster, staffRoles } from "../../../shared/domain/model.ts";
import {
  bootstrapSuperAdmin,
  changeRole,
  grantRole,
  type RolePatch,
  type RoleState,
  revokeRole,
} from "../../../shared/domain/role-assignment.ts";
import { CONTEXT, ORG } from "../../support/records.ts";

const context = { ...CONTEXT, actor: { type: "user", id: "root", role: "super_admin" } } as const;

function assignmentOf(id: string, role: Role, more: Partial<RoleAssignment> = {}): RoleAssignment {
  const body = { id, organizationId: ORG, role, status: "active", grantedBy: "root" } as const;
  return { ...create("role_assignment", body, "role_assignment.granted", CONTEXT), ...more };
}

function rosterOf(...superAdmins: string[]): RoleRoster {
  return create("role_roster", { id: "roster", organizationId: ORG, superAdmins }, "role_roster.updated", CONTEXT);
}

/** Decided by a super_admin beside whom there is another, unless told. */
function stateOf(assignment?: RoleAssignment, more: Partial<RoleState> = {}): RoleState {
  return { assignment, grantor: assignmentOf("root", "super_admin"), roster: rosterOf("root", "rita"), ...more };
}

const grant = (role: Role, state: RoleState = stateOf(), more: { scopeId?: string; label?: string } = {}) =>
  grantRole({ organizationId: ORG, subject: "ada", role, ...more }, state, context);
const change = (patch: RolePatch, state: RoleState, subject = "ada") =>
  changeRole({ subject, version: state.assignment?.version ?? 0, patch }, state, context);

function changed<E extends RecordChange["entity"]>(decision: Decision<unknown>, entity: E) {
  return decision.ok ? decision.changes.filter((each) => each.entity === entity).map(({ after }) => after) : [];
}

function codeOf(decision: Decision<unknown>): string {
  return decision.ok ? "ok" : decision.refusal.code;
}

describe("a role that is granted", () => {
  it("says who gave it to whom", () => {
    const decision = grant("manager", stateOf(), { label: "ada@example.com" });
    expect(changed(decision, "role_assignment")).toMatchObject([
      {
        ...{ id: "ada", role: "manager", status: "active", grantedBy: "root", label: "ada@example.com", version: 1 },
        change: { action: "role_assignment.granted" },
      },
    ]);
    expect(changed(decision, "role_roster")).toEqual([]);
  });

  it("is refused to whoever has one", () => {
    expect(codeOf(grant("viewer", stateOf(assignmentOf("ada", "operator"))))).toBe("role_exists");
  });

  it("after a revocation is the same record again, with what is new about it", () => {
    const revoked = assignmentOf("ada", "payee", { status: "revoked", scopeId: "payee-1", label: "Ada", version: 4 });
    const decision = grant("manager", stateOf(revoked));
    expect(changed(decision, "role_assignment")).toMatchObject([
      { role: "manager", status: "active", label: "Ada", version: 5, change: { action: "role_assignment.granted" } },
    ]);
    expect(decision.ok && decision.value.scopeId).toBeUndefined();
  });

  it("enters the roster exactly where it is super_admin", () => {
    const decision = grant("super_admin");
    expect(changed(decision, "role_roster")).toMatchObject([{ superAdmins: ["ada", "rita", "root"], version: 2 }]);
  });

  it.each([
    ["payee", undefined, "role_scope_missing"],
    ["company", undefined, "role_scope_missing"],
    ["viewer", "payee-1", "role_scope_missing"],
    ["payee", "payee-1", "ok"],
    ["company", "company-1", "ok"],
  ] as const)("%s for %s: %s", (role, scopeId, code) => {
    expect(codeOf(grant(role, stateOf(), scopeId === undefined ? {} : { scopeId }))).toBe(code);
  });
});

describe("whoever decides", () => {
  const own = stateOf(assignmentOf("root", "super_admin"));

  it("decides nothing about their own role", () => {
    expect(codeOf(grantRole({ organizationId: ORG, subject: "root", role: "viewer" }, stateOf(), context))).toBe(
      "role_own",
    );
    expect(codeOf(change({ role: "viewer" }, own, "root"))).toBe("role_own");
    expect(codeOf(change({ label: "me" }, own, "root"))).toBe("role_own");
    expect(codeOf(revokeRole("root", own, context))).toBe("role_own");
  });

  it.each([
    ["nobody", undefined],
    ["revoked in the meantime", assignmentOf("root", "super_admin", { status: "revoked" })],
    ["admin by now", assignmentOf("root", "admin")],
  ])("and is %s decides nothing", (_who, grantor) => {
    const state = stateOf(assignmentOf("ada", "viewer"), { grantor });
    expect(codeOf(grant("viewer", stateOf(undefined, { grantor })))).toBe("permission_required");
    expect(codeOf(change({ role: "operator" }, state))).toBe("permission_required");
    expect(codeOf(revokeRole("ada", state, context))).toBe("permission_required");
  });

  it("never gives or takes away what is above them, whatever their own level", () => {
    const staff = fc.constantFrom(...staffRoles);
    fc.assert(
      fc.property(staff, staff, staff, (own, before, after) => {
        const grantor = assignmentOf("root", own);
        const state = stateOf(assignmentOf("ada", before), { grantor, roster: rosterOf("ada", "rita", "root") });
        const above = Math.max(rankOf(before), rankOf(after)) > rankOf(own);
        expect(codeOf(change({ role: after }, state)) === "role_above_own").toBe(above);
        expect(codeOf(revokeRole("ada", state, context)) === "role_above_own").toBe(rankOf(before) > rankOf(own));
        expect(codeOf(grant(after, stateOf(undefined, { grantor }))) === "role_above_own").toBe(
          rankOf(after) > rankOf(own),
        );
      }),
    );
  });
});

describe("a change of a role", () => {
  it("keeps what is not named", () => {
    const before = assignmentOf("ada", "viewer", { label: "Ada" });
    expect(changed(change({ role: "admin" }, stateOf(before)), "role_assignment")).toMatchObject([
      { role: "admin", label: "Ada", status: "active", version: 2, change: { action: "role_assignment.changed" } },
    ]);
  });

  it("to a staff role drops the scope, to a scoped role needs one", () => {
    const payee = stateOf(assignmentOf("ada", "payee", { scopeId: "payee-1" }));
    const toStaff = change({ role: "viewer" }, payee);
    expect(toStaff.ok && toStaff.value).toMatchObject({ role: "viewer" });
    expect(toStaff.ok && "scopeId" in toStaff.value).toBe(false);
    expect(codeOf(change({ role: "company" }, payee))).toBe("role_scope_missing");
    expect(change({ role: "company", scopeId: "company-1" }, payee)).toMatchObject({ value: { scopeId: "company-1" } });
    expect(change({ scopeId: "payee-2" }, payee)).toMatchObject({ value: { role: "payee", scopeId: "payee-2" } });
    expect(codeOf(change({ scopeId: "payee-1" }, stateOf(assignmentOf("ada", "viewer"))))).toBe("role_scope_missing");
  });

  it("of the label alone gives nothing new, and null removes it", () => {
    const before = assignmentOf("ada", "viewer", { label: "Ada", grantedBy: "rita" });
    const decision = change({ label: null }, stateOf(before));
    expect(decision.ok && decision.value).toMatchObject({ grantedBy: "rita", version: 2 });
    expect(decision.ok && "label" in decision.value).toBe(false);
  });

  it("to what it is already writes nothing", () => {
    const before = assignmentOf("ada", "viewer", { label: "Ada" });
    expect(change({ role: "viewer", label: "Ada" }, stateOf(before))).toEqual({ ok: true, changes: [], value: before });
  });

  it("that was read at another version is refused", () => {
    const state = stateOf(assignmentOf("ada", "viewer", { version: 3 }));
    expect(codeOf(changeRole({ subject: "ada", version: 2, patch: { role: "admin" } }, state, context))).toBe(
      "version_mismatch",
    );
  });

  it.each([
    ["nobody", undefined],
    ["revoked", assignmentOf("ada", "viewer", { status: "revoked" })],
  ])("of who is %s is not found, nor is its revocation", (_what, assignment) => {
    expect(codeOf(change({ role: "admin" }, stateOf(assignment)))).toBe("not_found");
    expect(codeOf(revokeRole("ada", stateOf(assignment), context))).toBe("not_found");
  });
});

describe("the last super_admin", () => {
  const last = stateOf(assignmentOf("ada", "super_admin"), { roster: rosterOf("ada") });
  const oneOfTwo = stateOf(assignmentOf("ada", "super_admin"), { roster: rosterOf("ada", "root") });

  it("stays, whoever wants it otherwise", () => {
    expect(codeOf(revokeRole("ada", last, context))).toBe("role_last_super_admin");
    expect(codeOf(change({ role: "admin" }, last))).toBe("role_last_super_admin");
  });

  it("can be given a label", () => {
    expect(codeOf(change({ label: "Ada" }, last))).toBe("ok");
  });

  it("is not the one beside whom there is another, and the roster follows in the same decision", () => {
    for (const decision of [revokeRole("ada", oneOfTwo, context), change({ role: "admin" }, oneOfTwo)]) {
      expect(changed(decision, "role_roster")).toMatchObject([
        { superAdmins: ["root"], version: 2, change: { action: "role_roster.updated" } },
      ]);
    }
  });
});

describe("the first super_admin", () => {
  const first = { organizationId: ORG, subject: "ada" };

  it("is named without a super_admin, and starts the roster", () => {
    const decision = bootstrapSuperAdmin(first, { assignment: undefined, roster: undefined }, context);
    expect(changed(decision, "role_assignment")).toMatchObject([{ id: "ada", role: "super_admin", status: "active" }]);
    expect(changed(decision, "role_roster")).toMatchObject([{ superAdmins: ["ada"], version: 1 }]);
  });

  it("may have had another role before", () => {
    const assignment = assignmentOf("ada", "payee", { scopeId: "payee-1" });
    const decision = bootstrapSuperAdmin(first, { assignment, roster: rosterOf() }, context);
    expect(decision.ok && decision.value).toMatchObject({ role: "super_admin", version: 2 });
    expect(decision.ok && "scopeId" in decision.value).toBe(false);
  });

  it("is refused where there is one", () => {
    expect(codeOf(bootstrapSuperAdmin(first, { assignment: undefined, roster: rosterOf("root") }, context))).toBe(
      "roster_not_empty",
    );
  });
});

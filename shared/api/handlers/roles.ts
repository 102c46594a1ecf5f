import { isScoped, permissions, permissionsOf, rankOf, roleNames, roleOf } from "../../access/roles.ts";
import type { Roles } from "../../commands/roles.ts";
import type { RecordChange } from "../../domain/decision.ts";
import { type RoleAssignment, scopedRoles, staffRoles } from "../../domain/model.ts";
import { presentRecord } from "../../events/wire.ts";
import { roleAssignmentKey } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { roleOperations } from "../contract/roles.ts";
import { answered, type Handlers, refused } from "../operation.ts";

export interface RoleHandlerDeps {
  readonly store: Pick<Store, "get">;
  readonly roles: Roles;
}

const definitions = {
  roles: [...staffRoles, ...scopedRoles].map((role) => ({
    role,
    kind: isScoped(role) ? "scoped" : "staff",
    rank: isScoped(role) ? null : rankOf(role),
    aliases: roleNames.filter((name) => name !== role && roleOf(name) === role),
    permissions: permissionsOf(role),
  })),
  permissions: permissions.map((permission) => ({
    permission,
    roles: staffRoles.filter((role) => permissionsOf(role).includes(permission)),
  })),
};

function present(assignment: RoleAssignment) {
  return { data: presentRecord("role_assignment", assignment) };
}

const bodyOf = (_changes: readonly RecordChange[], assignment: RoleAssignment) => present(assignment);

/** Who may do what: the roles there are, and who has which. */
export function createRoleHandlers({
  store,
  roles,
}: RoleHandlerDeps): Omit<Handlers<typeof roleOperations>, "listRoles"> {
  return {
    getRoleDefinitions: async () => answered({ data: definitions }),

    async getRole({ caller: { organizationId }, params: { subject } }) {
      const assignment = await store.get("role_assignment", roleAssignmentKey(organizationId, subject));
      return assignment === undefined ? refused("not_found", `${subject} has no role`) : answered(present(assignment));
    },

    grantRole: ({ body: { subject, role, scope_id: scopeId, label }, act }) =>
      act((origin) => roles.grantRole({ ...origin, subject, role, scopeId, label }), bodyOf),

    async changeRole({ params: { subject }, body, ifMatch, act }) {
      if (ifMatch === undefined) return refused("version_missing");
      const patch = { role: body.role, scopeId: body.scope_id, label: body.label };
      return act((origin) => roles.changeRole({ ...origin, subject, expectedVersion: ifMatch, patch }), bodyOf);
    },

    revokeRole: ({ params: { subject }, act }) => act((origin) => roles.revokeRole({ ...origin, subject }), bodyOf),
  };
}

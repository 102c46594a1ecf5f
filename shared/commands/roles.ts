import type { Decision } from "../domain/decision.ts";
import type { Role, RoleAssignment } from "../domain/model.ts";
import { changeRole, grantRole, type RolePatch, type RoleState, revokeRole } from "../domain/role-assignment.ts";
import { roleAssignmentKey, roleRosterKey } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { recordsIn } from "./records.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

export interface GrantRole extends CommandOrigin {
  readonly subject: string;
  readonly role: Role;
  readonly scopeId?: string | undefined;
  readonly label?: string | undefined;
}

export interface ChangeRole extends CommandOrigin {
  readonly subject: string;
  readonly expectedVersion: number;
  readonly patch: RolePatch;
}

export interface RevokeRole extends CommandOrigin {
  readonly subject: string;
}

export type Roles = ReturnType<typeof createRoles>;

/** The person's role, who is super_admin, and the role of who decides, read together. */
export async function readRoleState(
  store: Store,
  organizationId: string,
  people: { readonly subject: string; readonly grantor: string },
): Promise<RoleState> {
  const subjects = [...new Set([people.subject, people.grantor])];
  const keys = [
    ...subjects.map((subject) => roleAssignmentKey(organizationId, subject)),
    roleRosterKey(organizationId),
  ];
  const items = await store.getMany(keys);
  const assignments = recordsIn("role_assignment", items);
  const of = (subject: string) => assignments.find(({ id }) => id === subject);
  return { assignment: of(people.subject), grantor: of(people.grantor), roster: recordsIn("role_roster", items)[0] };
}

/** Gives, changes and takes away people's roles. The rules are checked against the roles as they are now. */
export function createRoles(surroundings: Surroundings) {
  function decide(
    origin: CommandOrigin & { readonly subject: string },
    decision: (state: RoleState, context: ReturnType<typeof contextOf>) => Decision<RoleAssignment>,
  ): Promise<Decision<RoleAssignment>> {
    const { organizationId, subject, actor, receipt } = origin;
    return decideAndCommit(
      surroundings,
      async () => {
        const state = await readRoleState(surroundings.store, organizationId, { subject, grantor: actor.id });
        return { decision: decision(state, contextOf(origin, surroundings.now())) };
      },
      receipt,
    );
  }

  return {
    grantRole: (command: GrantRole) => decide(command, (state, context) => grantRole(command, state, context)),

    changeRole: ({ expectedVersion, patch, ...command }: ChangeRole) =>
      decide(command, (state, context) =>
        changeRole({ subject: command.subject, version: expectedVersion, patch }, state, context),
      ),

    revokeRole: (command: RevokeRole) =>
      decide(command, (state, context) => revokeRole(command.subject, state, context)),
  };
}

import { isScoped, may, rankOf } from "../access/roles.ts";
import {
  accept,
  amend,
  type CommandContext,
  changeOf,
  create,
  type Decision,
  type RecordChange,
  type Refusal,
  refuse,
} from "./decision.ts";
import type { Role, RoleAssignment, RoleRoster } from "./model.ts";

/** What a decision about a person's role is made on. */
export interface RoleState {
  /** The person's, also one that was revoked. */
  readonly assignment: RoleAssignment | undefined;
  /** Of whoever decides, as it is now and not as it was when they were let in. */
  readonly grantor: RoleAssignment | undefined;
  readonly roster: RoleRoster | undefined;
}

export interface RoleGrant {
  readonly organizationId: string;
  readonly subject: string;
  readonly role: Role;
  readonly scopeId?: string | undefined;
  readonly label?: string | undefined;
}

/** A scoped role says whose records it shows; a staff role shows them all. */
function scopeRefusal(role: Role, scopeId: string | undefined): Refusal | undefined {
  if (isScoped(role) === (scopeId !== undefined)) return undefined;
  const message = isScoped(role)
    ? `${role} needs the id of the ${role} that the person is`
    : `${role} sees the whole organization and has no scope_id`;
  return { code: "role_scope_missing", message, field: "scope_id" };
}

function ownRefusal(subject: string, { actor }: CommandContext): Refusal | undefined {
  if (actor.id !== subject) return undefined;
  return { code: "role_own", message: `${subject} can't decide about their own role` };
}

/** Nobody touches what is above them, neither to give it nor to take it away. */
function levelRefusal(
  roles: readonly Role[],
  grantor: RoleAssignment | undefined,
  { actor }: CommandContext,
): Refusal | undefined {
  if (grantor?.status !== "active") {
    return { code: "permission_required", message: `${actor.id} has no role any more` };
  }
  const above = roles.find((role) => rankOf(role) > rankOf(grantor.role));
  if (above !== undefined) {
    return { code: "role_above_own", message: `${above} is above ${grantor.role}`, field: "role" };
  }
  if (may(grantor.role, "roles.manage")) return undefined;
  return { code: "permission_required", message: `roles.manage is needed, which ${grantor.role} doesn't have` };
}

/** The last one can't go, since nobody could make another. */
function lastOneRefusal({ assignment, roster }: RoleState, next: Role | undefined): Refusal | undefined {
  if (assignment?.role !== "super_admin" || assignment.status !== "active" || next === "super_admin") return undefined;
  const others = (roster?.superAdmins ?? []).filter((subject) => subject !== assignment.id);
  if (others.length > 0) return undefined;
  return { code: "role_last_super_admin", message: `${assignment.id} is the only super_admin` };
}

/** Follows each change of who is super_admin in the same commit, so that of two at once one has to decide again. */
function rosterChanges(
  roster: RoleRoster | undefined,
  { id, organizationId, role, status }: RoleAssignment,
  context: CommandContext,
): RecordChange[] {
  const before = roster?.superAdmins ?? [];
  const without = before.filter((subject) => subject !== id);
  const listed = without.length < before.length;
  const isSuperAdmin = role === "super_admin" && status === "active";
  if (listed === isSuperAdmin) return [];
  const superAdmins = isSuperAdmin ? [...without, id].sort() : without;
  const action = "role_roster.updated";
  if (roster !== undefined) {
    return [changeOf("role_roster", amend("role_roster", roster, { superAdmins }, action, context), roster)];
  }
  return [
    changeOf("role_roster", create("role_roster", { id: "roster", organizationId, superAdmins }, action, context)),
  ];
}

function granted(
  grant: RoleGrant,
  state: Omit<RoleState, "grantor">,
  context: CommandContext,
): Decision<RoleAssignment> {
  const { organizationId, subject, role, scopeId, label } = grant;
  const { assignment: before, roster } = state;
  const action = "role_assignment.granted";
  const body = { role, status: "active" as const, grantedBy: context.actor.id };
  const after =
    before === undefined
      ? create(
          "role_assignment",
          {
            ...{ id: subject, organizationId, ...body },
            ...(scopeId === undefined ? {} : { scopeId }),
            ...(label === undefined ? {} : { label }),
          },
          action,
          context,
        )
      : amend("role_assignment", before, { ...body, scopeId, label: label ?? before.label }, action, context);
  return accept([changeOf("role_assignment", after, before), ...rosterChanges(roster, after, context)], after);
}

/** Gives a person a role that has none, or none any more. */
export function grantRole(grant: RoleGrant, state: RoleState, context: CommandContext): Decision<RoleAssignment> {
  const { subject, role, scopeId } = grant;
  const refusal =
    ownRefusal(subject, context) ?? levelRefusal([role], state.grantor, context) ?? scopeRefusal(role, scopeId);
  if (refusal !== undefined) return { ok: false, refusal };
  if (state.assignment?.status === "active") return refuse("role_exists", `${subject} is ${state.assignment.role}`);
  return granted(grant, state, context);
}

/** The first super_admin of an organization, whom no other could have named. */
export function bootstrapSuperAdmin(
  grant: Pick<RoleGrant, "organizationId" | "subject">,
  state: Omit<RoleState, "grantor">,
  context: CommandContext,
): Decision<RoleAssignment> {
  const { superAdmins = [] } = state.roster ?? {};
  if (superAdmins.length > 0) {
    return refuse("roster_not_empty", `${grant.organizationId} has ${superAdmins.length} super_admin already`);
  }
  return granted({ ...grant, role: "super_admin" }, state, context);
}

export interface RolePatch {
  readonly role?: Role | undefined;
  readonly scopeId?: string | undefined;
  /** null removes it. */
  readonly label?: string | null | undefined;
}

function activeOf({ assignment }: RoleState): RoleAssignment | undefined {
  return assignment?.status === "active" ? assignment : undefined;
}

/** Changes a person's role, whose records it shows, or the person's label. `version` is the one that the caller has read. */
export function changeRole(
  change: { readonly subject: string; readonly version: number; readonly patch: RolePatch },
  state: RoleState,
  context: CommandContext,
): Decision<RoleAssignment> {
  const { subject, version, patch } = change;
  const before = activeOf(state);
  if (before === undefined) return refuse("not_found", `${subject} has no role`);
  if (before.version !== version) {
    return refuse("version_mismatch", `${subject}'s role is at version ${before.version}, not ${version}`);
  }
  const role = patch.role ?? before.role;
  const scopeId = patch.scopeId ?? (isScoped(role) && role === before.role ? before.scopeId : undefined);
  const refusal =
    ownRefusal(subject, context) ??
    lastOneRefusal(state, role) ??
    levelRefusal([before.role, role], state.grantor, context) ??
    scopeRefusal(role, scopeId);
  if (refusal !== undefined) return { ok: false, refusal };
  const label = patch.label === undefined ? before.label : (patch.label ?? undefined);
  if (role === before.role && scopeId === before.scopeId && label === before.label) return accept([], before);
  const grantedBy = role === before.role && scopeId === before.scopeId ? before.grantedBy : context.actor.id;
  const after = amend(
    "role_assignment",
    before,
    { role, scopeId, label, grantedBy },
    "role_assignment.changed",
    context,
  );
  return accept([changeOf("role_assignment", after, before), ...rosterChanges(state.roster, after, context)], after);
}

/** Takes a person's role away. The record stays, so that it can be seen who once had it. */
export function revokeRole(subject: string, state: RoleState, context: CommandContext): Decision<RoleAssignment> {
  const before = activeOf(state);
  if (before === undefined) return refuse("not_found", `${subject} has no role`);
  const refusal =
    ownRefusal(subject, context) ??
    lastOneRefusal(state, undefined) ??
    levelRefusal([before.role], state.grantor, context);
  if (refusal !== undefined) return { ok: false, refusal };
  const after = amend("role_assignment", before, { status: "revoked" }, "role_assignment.revoked", context);
  return accept([changeOf("role_assignment", after, before), ...rosterChanges(state.roster, after, context)], after);
}

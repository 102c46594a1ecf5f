import { type Role, type ScopedRole, type StaffRole, scopedRoles, staffRoles } from "../domain/model.ts";

/** What a person may do, and the lowest staff role that may; each higher one may too. */
const lowestRole = {
  "payouts.view": "viewer",
  "audit.view": "viewer",
  "payouts.create": "operator",
  "payouts.verify": "operator",
  "payouts.export": "operator",
  "payouts.process": "processor",
  "payouts.cancel": "processor",
  "payouts.view_sensitive": "processor",
  "payouts.approve": "manager",
  "holds.manage": "manager",
  "payouts.high_value": "manager",
  "payouts.reverse": "admin",
  "config.manage": "admin",
  "roles.manage": "super_admin",
} as const satisfies Readonly<Record<string, StaffRole>>;

export type Permission = keyof typeof lowestRole;
export const permissions = Object.keys(lowestRole) as readonly Permission[];

/** Names by which people from other systems know a role. */
const aliases: Readonly<Record<string, StaffRole>> = { platform_admin: "super_admin", billing_admin: "operator" };

export const roleNames: readonly string[] = [...staffRoles, ...scopedRoles, ...Object.keys(aliases)];

/** The role of a name or an alias; undefined for anything else. */
export function roleOf(name: string): Role | undefined {
  return [...staffRoles, ...scopedRoles].find((role) => role === name) ?? aliases[name];
}

export function isScoped(role: Role): role is ScopedRole {
  return scopedRoles.some((scoped) => scoped === role);
}

/** A staff role's place on the ladder, from 0; −1 for anything outside of it. */
export function rankOf(role: string | undefined): number {
  return (staffRoles as readonly (string | undefined)[]).indexOf(role);
}

/** Nobody is allowed anything without a staff role; scoped roles have no permissions, they see what is theirs. */
export function may(role: string | undefined, permission: Permission): boolean {
  return rankOf(role) >= rankOf(lowestRole[permission]);
}

export function permissionsOf(role: string | undefined): readonly Permission[] {
  return permissions.filter((permission) => may(role, permission));
}

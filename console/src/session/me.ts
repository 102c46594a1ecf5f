import type { components, operations } from "../../../client/api-types.ts";

export type Me = operations["getMe"]["responses"][200]["content"]["application/json"]["data"];
export type Permission = Me["permissions"][number];

/** The lowest staff role that has a permission, for telling people whom to ask. */
const lowestRoles: Readonly<Record<Permission, string>> = {
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
};

/** Why somebody may not, in words; undefined where they may. */
export function whyNot(
  { role, permissions }: Pick<Me, "role" | "permissions">,
  needed: Permission,
): string | undefined {
  if (permissions.includes(needed)) return undefined;
  return `Your role, ${role.replace("_", " ")}, doesn’t allow this: it takes ${lowestRoles[needed].replace("_", " ")} or above.`;
}

export type Wire = components["schemas"];

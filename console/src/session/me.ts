import type { components, operations } from "../../../client/api-types.ts";
import { may } from "../../../shared/access/roles.ts";
import { staffRoles } from "../../../shared/domain/model.ts";

export type Me = operations["getMe"]["responses"][200]["content"]["application/json"]["data"];
export type Permission = Me["permissions"][number];

/** Why somebody may not, in words; undefined where they may. */
export function whyNot(
  { role, permissions }: Pick<Me, "role" | "permissions">,
  needed: Permission,
): string | undefined {
  if (permissions.includes(needed)) return undefined;
  const lowest = staffRoles.find((candidate) => may(candidate, needed));
  return `Your role, ${spelled(role)}, doesn’t allow this: it takes ${spelled(lowest ?? "nobody")} or above.`;
}

export type Wire = components["schemas"];

const spelled = (name: string) => name.replaceAll("_", " ");

import * as z from "zod";
import { permissions, roleNames, roleOf } from "../../access/roles.ts";
import { scopedRoles, staffRoles } from "../../domain/model.ts";
import { wireSchemas } from "../../events/wire-schemas.ts";
import { externalId, id, paging, subject, text } from "../fields.ts";
import { operation, page, single } from "../operation.ts";

const tag = "Roles";
const assignment = wireSchemas.role_assignment.meta({ id: "RoleAssignment" });
const subjectParams = z.strictObject({ subject: id });
const label = text(200).meta({ description: "for people: a name or an e-mail address" });
const scopeId = externalId.meta({ description: "of a scoped role: the payee or the company that the person is" });

const roleText = `one of ${roleNames.join(", ")}`;
const role = z.enum(roleNames, { error: roleText }).transform((name, context) => {
  const named = roleOf(name);
  if (named !== undefined) return named;
  context.addIssue({ code: "custom", message: roleText });
  return z.NEVER;
});

const permission = z.enum(permissions);
const roleDefinitions = z
  .object({
    roles: z.array(
      z.object({
        role: z.enum([...staffRoles, ...scopedRoles]),
        kind: z.enum(["staff", "scoped"]),
        rank: z.int().min(0).nullable().meta({ description: "place on the ladder of staff roles, from 0" }),
        aliases: z.array(z.string()),
        permissions: z.array(permission),
      }),
    ),
    permissions: z.array(z.object({ permission, roles: z.array(z.enum(staffRoles)) })),
  })
  .meta({ id: "RoleDefinitions" });

export const roleOperations = {
  listRoles: operation({
    method: "GET",
    path: "/v2/roles",
    tag,
    summary: "List who has or had a role, the newest first",
    access: "roles.manage",
    query: z.strictObject(paging),
    answer: { status: 200, schema: page(assignment) },
    refusals: ["invalid_cursor"],
  }),
  getRoleDefinitions: operation({
    method: "GET",
    path: "/v2/roles/definitions",
    tag,
    summary: "Get the roles, the permissions, and which role has which",
    access: "signed_in",
    answer: { status: 200, schema: single(roleDefinitions) },
  }),
  getRole: operation({
    method: "GET",
    path: "/v2/roles/{subject}",
    tag,
    summary: "Get one person's role",
    access: "roles.manage",
    params: subjectParams,
    answer: { status: 200, schema: single(assignment) },
    refusals: ["not_found"],
  }),
  grantRole: operation({
    method: "POST",
    path: "/v2/roles",
    tag,
    summary: "Give a person a role",
    description:
      "At most the caller's own level, and never to the caller. A role that was revoked can be given again. " +
      "platform_admin is super_admin, billing_admin is operator.",
    access: "roles.manage",
    body: z.strictObject({ subject, role, scope_id: scopeId.optional(), label: label.optional() }),
    answer: { status: 201, schema: single(assignment) },
    refusals: ["role_exists", "role_above_own", "role_own", "role_scope_missing"],
    guarded: true,
    example: { subject: "auth0|6650f1", role: "manager", label: "maria@example.com" },
  }),
  changeRole: operation({
    method: "PATCH",
    path: "/v2/roles/{subject}",
    tag,
    summary: "Change a person's role",
    description:
      "A change to a staff role drops scope_id; a change to a scoped role needs it. It holds within 30 seconds.",
    access: "roles.manage",
    params: subjectParams,
    body: z
      .strictObject({ role: role.optional(), scope_id: scopeId.optional(), label: label.nullable().optional() })
      .refine((body) => Object.keys(body).length > 0, { error: "an object with at least one field" }),
    answer: { status: 200, schema: single(assignment) },
    refusals: ["not_found", "role_above_own", "role_own", "role_last_super_admin", "role_scope_missing"],
    conditional: true,
    guarded: true,
    example: { role: "admin" },
  }),
  revokeRole: operation({
    method: "DELETE",
    path: "/v2/roles/{subject}",
    tag,
    summary: "Take a person's role away",
    description: "Nothing is removed: the assignment stays with status revoked. It holds within 30 seconds.",
    access: "roles.manage",
    params: subjectParams,
    answer: { status: 200, schema: single(assignment) },
    refusals: ["not_found", "role_above_own", "role_own", "role_last_super_admin"],
    guarded: true,
  }),
} as const;

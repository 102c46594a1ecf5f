import { IconUserEdit, IconUserOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy } from "react";
import { ApiProblem, answerOf } from "../../api/api-problem.ts";
import type { ApiClient } from "../../api/console-api.ts";
import { Instant } from "../../display/instants.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import type { ListDefinition, ListPage } from "../../list/list-definition.ts";
import type { Me, Wire } from "../../session/me.ts";

export type Assignment = Wire["RoleAssignment"];

const roles = ["super_admin", "admin", "manager", "processor", "operator", "viewer", "payee", "company"] as const;
const statuses = ["active", "revoked"] as const;

function barred({ id }: Assignment, me: Me): string | undefined {
  return id === me.subject ? "Nobody changes their own role: another super admin has to" : undefined;
}

const isActive = ({ status }: Assignment) => status === "active";

/** The API lists them all, newest first; what narrows them is done here, page by page. */
async function fetchPage(
  api: ApiClient,
  { q, role, status, limit, cursor }: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ListPage<Assignment>> {
  const chosen = ({ role: has, status: is }: Assignment) =>
    (role === undefined || role.split(",").includes(has)) && (status === undefined || status.split(",").includes(is));
  if (q !== undefined) {
    const data = (await fetchOne(api, q, signal)).filter(chosen);
    return { data, pagination: { next_cursor: null, total: data.length } };
  }
  const page = await answerOf(api.GET("/v2/roles", { params: { query: { limit: Number(limit), cursor } }, signal }));
  return { data: page.data.filter(chosen), pagination: page.pagination };
}

async function fetchOne(api: ApiClient, subject: string, signal: AbortSignal): Promise<readonly Assignment[]> {
  try {
    const { data } = await answerOf(api.GET("/v2/roles/{subject}", { params: { path: { subject } }, signal }));
    return [data];
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.status === 404) return [];
    throw error;
  }
}

export const roleList: ListDefinition<Assignment> = {
  name: "roles",
  one: "person",
  many: "people",
  searchLabel: "Narrow down, or Enter for a subject",
  columns: [
    { id: "subject", header: "Subject", primary: true, cell: ({ id }) => id, text: ({ id }) => id },
    {
      id: "role",
      header: "Role",
      cell: ({ role }) => titled(role),
      text: ({ role }) => titled(role),
    },
    { id: "label", header: "Label", cell: ({ label }) => label ?? "–", text: ({ label }) => label ?? "" },
    {
      id: "scope",
      header: "Sees",
      cell: (assignment) => <Scope assignment={assignment} />,
      text: ({ scope_id }) => scope_id ?? "",
    },
    {
      id: "status",
      header: "Status",
      cell: ({ status }) => <StatusBadge status={status} />,
      text: ({ status }) => status,
    },
    {
      id: "granted_by",
      header: "Granted by",
      cell: ({ granted_by }) => granted_by,
      text: ({ granted_by }) => granted_by,
    },
    { id: "changed", header: "Changed", cell: ({ updated_at }) => <Instant at={updated_at} /> },
    { id: "created", header: "First granted", optional: true, cell: ({ created_at }) => <Instant at={created_at} /> },
    {
      id: "history",
      header: "History",
      cell: ({ id }) => (
        <Link to="/audit-log" search={{ entity_id: id }} aria-label={`Audit log of ${id}`}>
          Audit log
        </Link>
      ),
    },
  ],
  filters: [
    { kind: "choice", key: "role", label: "Role", options: roles.map((value) => ({ value, label: titled(value) })) },
    {
      kind: "choice",
      key: "status",
      label: "Status",
      options: statuses.map((value) => ({ value, label: titled(value) })),
    },
  ],
  presets: [
    { name: "Who has a role now", search: () => ({ status: "active" }) },
    { name: "Admins and super admins", search: () => ({ role: "admin,super_admin", status: "active" }) },
    { name: "Revoked", search: () => ({ status: "revoked" }) },
  ],
  fetchPage,
  actions: [
    {
      id: "change",
      label: "Change",
      icon: IconUserEdit,
      needs: "roles.manage",
      concerns: isActive,
      barred,
      Dialog: lazy(async () => ({ default: (await import("./role-dialogs.tsx")).ChangeDialog })),
    },
    {
      id: "revoke",
      label: "Revoke",
      icon: IconUserOff,
      danger: true,
      needs: "roles.manage",
      concerns: isActive,
      barred,
      Dialog: lazy(async () => ({ default: (await import("./role-dialogs.tsx")).RevokeDialog })),
    },
    {
      id: "grant-again",
      label: "Grant again",
      icon: IconUserEdit,
      needs: "roles.manage",
      concerns: (assignment) => !isActive(assignment),
      barred,
      Dialog: lazy(async () => ({ default: (await import("./role-dialogs.tsx")).GrantAgainDialog })),
    },
  ],
  empty: "A super admin grants roles; without one nobody is let in.",
};

/** A staff role sees the whole organization, a scoped one the records of one payee or company. */
function Scope({ assignment: { role, scope_id } }: { assignment: Assignment }) {
  if (scope_id === null) return <span>everything</span>;
  if (role !== "payee") return <span>company {scope_id}</span>;
  return (
    <span>
      payee{" "}
      <Link to="/payees/$id" params={{ id: scope_id }} search={{}}>
        {scope_id}
      </Link>
    </span>
  );
}

import { Card, List, Stack, Text, Title } from "@mantine/core";
import { IconCheck, IconMinus } from "@tabler/icons-react";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { spelled, titled } from "../../display/status-badge.tsx";
import { useApi, useConsole } from "../../session/console-context.tsx";
import type { Me, Permission, Wire } from "../../session/me.ts";
import classes from "./permission-matrix.module.css";
import { permissionWords } from "./permission-words.ts";

type RoleDefinition = Wire["RoleDefinitions"]["roles"][number];

/** Which role may do what: a table where there is room, a card for each role on a phone. */
export function PermissionMatrix() {
  const api = useApi();
  const { me } = useConsole();
  const { data, error, refetch } = useLive({
    queryKey: ["roles", "definitions"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/roles/definitions", { signal })),
    still: true,
  });
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <LoadingLines />;
  const { roles, permissions } = data.data;
  const staff = roles.filter(({ kind }) => kind === "staff");
  return (
    <Stack gap="md">
      <div className={classes.wide}>
        <MatrixTable roles={staff} permissions={permissions.map(({ permission }) => permission)} me={me} />
      </div>
      <div className={classes.narrow}>
        <Stack gap="sm">
          {staff.map((role, index) => (
            <RoleCard key={role.role} role={role} below={staff[index - 1]} me={me} />
          ))}
        </Stack>
      </div>
      <ScopedRoles roles={roles.filter(({ kind }) => kind === "scoped")} />
      <DutyRules />
    </Stack>
  );
}

interface MatrixTableProps {
  readonly roles: readonly RoleDefinition[];
  readonly permissions: readonly Permission[];
  readonly me: Me;
}

function MatrixTable({ roles, permissions, me }: MatrixTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be so by keyboard
    <section className={classes.frame} aria-label="Permissions of each role" tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Permission</th>
            {roles.map(({ role, aliases }) => (
              <th key={role} scope="col" data-own={role === me.role || undefined}>
                {titled(role)}
                {role === me.role && <span className={classes.note}>you</span>}
                {aliases.map((alias) => (
                  <span key={alias} className={classes.note}>
                    {alias}
                  </span>
                ))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {permissions.map((permission) => (
            <tr key={permission}>
              <th scope="row">
                {permissionWords[permission]}
                <span className={classes.name}>{permission}</span>
              </th>
              {roles.map(({ role, permissions: held }) => (
                <td key={role} data-own={role === me.role || undefined}>
                  {held.includes(permission) ? (
                    <IconCheck size={18} stroke={2.2} className={classes.yes} aria-label="yes" role="img" />
                  ) : (
                    <IconMinus size={16} stroke={1.6} className={classes.no} aria-label="no" role="img" />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What a role has over the one below it; each has all of those before. */
function RoleCard({
  role: { role, aliases, permissions },
  below,
  me,
}: {
  role: RoleDefinition;
  below: RoleDefinition | undefined;
  me: Me;
}) {
  const added = permissions.filter((permission) => !below?.permissions.includes(permission));
  return (
    <Card withBorder padding="sm">
      <Title order={2} size="sm">
        {titled(role)}
        {role === me.role && " (you)"}
      </Title>
      <Text size="sm" c="dimmed">
        {below === undefined ? "May:" : `All that the ${spelled(below.role)} may, and:`}
      </Text>
      <List size="sm" mt={4}>
        {added.map((permission) => (
          <List.Item key={permission}>{permissionWords[permission]}</List.Item>
        ))}
      </List>
      {aliases.length > 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          Also called {aliases.join(", ")}
        </Text>
      )}
    </Card>
  );
}

function ScopedRoles({ roles }: { roles: readonly RoleDefinition[] }) {
  if (roles.length === 0) return null;
  return (
    <section>
      <Title order={2} size="sm">
        Outside of the ladder
      </Title>
      <Text size="sm">
        People with the role {roles.map(({ role }) => spelled(role)).join(" or ")} see their own payouts and holds
        through the API, nothing else and not this console.
      </Text>
    </section>
  );
}

function DutyRules() {
  return (
    <section>
      <Title order={2} size="sm">
        Whatever the role
      </Title>
      <List size="sm" mt={4}>
        <List.Item>Who created a payout can’t approve it; who created or approved it can’t send it.</List.Item>
        <List.Item>High value takes two approvers. Super admins are no exception.</List.Item>
        <List.Item>Nobody grants more than their own level, and nobody changes their own role.</List.Item>
        <List.Item>The last super admin stays: only another super admin could take the role away.</List.Item>
      </List>
    </section>
  );
}

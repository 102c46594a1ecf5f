import { Alert, Button, Stack, Tabs, Text } from "@mantine/core";
import { IconInfoCircle, IconUserPlus } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { PageTitle } from "../../display/page-title.tsx";
import { ListView } from "../../list/list-view.tsx";
import { useListState } from "../../list/use-list.ts";
import { useMay, useWhyNot } from "../../session/console-context.tsx";
import { PermissionMatrix } from "./permission-matrix.tsx";
import { roleList } from "./role-list.tsx";

const GrantDialog = lazy(async () => ({ default: (await import("./role-dialogs.tsx")).GrantDialog }));

/** Who may do what: the people with their roles, and what each role holds. */
export function RolesPage() {
  const { search, replace } = useListState();
  const mayManage = useMay("roles.manage");
  const first = mayManage ? "people" : "permissions";
  const view = search.view ?? first;
  return (
    <Stack gap="md">
      <PageTitle title="Roles" note="Who may do what in your organization" />
      <Tabs
        value={view}
        onChange={(chosen) => replace(chosen === null || chosen === first ? {} : { view: chosen })}
        keepMounted={false}
        activateTabWithKeyboard={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="people">People</Tabs.Tab>
          <Tabs.Tab value="permissions">Permissions</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">{mayManage ? <People /> : <PeopleHidden />}</Tabs.Panel>
        <Tabs.Panel value="permissions">
          <PermissionMatrix />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function People() {
  const [granting, setGranting] = useState(false);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed" maw={720}>
        A role is granted at most at your own level, and never to yourself. A revoked one stays listed, so that it can
        be seen who once had it. Changes hold within 30 seconds.
      </Text>
      <ListView
        list={roleList}
        toolbar={
          <Button leftSection={<IconUserPlus size={16} stroke={1.6} />} onClick={() => setGranting(true)}>
            Grant a role
          </Button>
        }
      />
      <Suspense fallback={null}>{granting && <GrantDialog onClose={() => setGranting(false)} />}</Suspense>
    </Stack>
  );
}

/** The API tells only those who may change it who has which role. */
function PeopleHidden() {
  const why = useWhyNot("roles.manage");
  return (
    <Alert color="gray" icon={<IconInfoCircle size={18} />} title="Who has which role isn’t shown to you">
      {why} Every grant and revocation is in the audit log.
    </Alert>
  );
}

import { ActionIcon, Avatar, Menu, Text, VisuallyHidden } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { spelled } from "../display/status-badge.tsx";
import { useConsole } from "../session/console-context.tsx";

/** Who is signed in, in which organization and role, and the way out. */
export function UserMenu() {
  const { me, session } = useConsole();
  const leave = async () => {
    await session.signOut();
    location.assign("/sign-in");
  };
  return (
    <Menu width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" radius="xl">
          <Avatar size={28} radius="xl" color="indigo" variant="filled" name={me.subject} alt="" />
          <VisuallyHidden>Signed in as {me.subject}</VisuallyHidden>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)">
            {me.subject}
          </Text>
          <Text size="xs">
            {spelled(me.role)} in {me.organization_id}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

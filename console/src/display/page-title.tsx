import { Group, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

/** The page's name, in the tab as well, and what can be done on it as a whole. */
export function PageTitle({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Payouts`;
  }, [title]);
  return (
    <Group justify="space-between" gap="xs">
      <div>
        <Title order={1}>{title}</Title>
        {note !== undefined && (
          <Text size="sm" c="dimmed" component="div">
            {note}
          </Text>
        )}
      </div>
      {children}
    </Group>
  );
}

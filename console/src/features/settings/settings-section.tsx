import { Card, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface SettingsSectionProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}

/** Settings that belong together, under a heading of the page. */
export function SettingsSection({ title, note, children }: SettingsSectionProps) {
  return (
    <Card withBorder component="section" padding="md">
      <Title order={2}>{title}</Title>
      {note !== undefined && (
        <Text size="sm" c="dimmed" component="div" mb="xs">
          {note}
        </Text>
      )}
      {children}
    </Card>
  );
}

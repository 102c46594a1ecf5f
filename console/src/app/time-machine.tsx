import { ActionIcon, Button, Menu, Text, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconClockHour4, IconDatabasePlus, IconPlayerSkipForward, IconPlayerTrackNext } from "@tabler/icons-react";
import { useState } from "react";
import { useRefresh } from "../api/live.ts";
import { observeServerTime, useServerMinute } from "../api/server-clock.ts";
import { formatMoment } from "../display/instants.tsx";
import type { LocalConfig } from "../session/config.ts";
import { useConsole } from "../session/console-context.tsx";

const steps = [
  { label: "+ 1 hour", advance: "PT1H", icon: IconPlayerSkipForward },
  { label: "+ 1 day", advance: "P1D", icon: IconPlayerSkipForward },
  { label: "+ 90 days", advance: "P90D", icon: IconPlayerTrackNext },
] as const;

interface ControlAnswer {
  readonly now?: string;
  /** The demo data had been made before. */
  readonly alreadyThere?: boolean;
}

/** The local cloud's own controls: its clock can be moved on, and it can be filled with something to look at. */
export function TimeMachine({ auth }: { auth: LocalConfig }) {
  const nowMs = useServerMinute();
  const refresh = useRefresh();
  const { me } = useConsole();
  const [busy, setBusy] = useState<string>();

  async function control(path: string, body: object, done: (answer: ControlAnswer) => string) {
    setBusy(path);
    try {
      const response = await fetch(`${auth.controls}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as ControlAnswer & { error?: string };
      if (!response.ok) throw new Error(answer.error ?? `the local cloud answered ${response.status}`);
      observeServerTime(response);
      notifications.show({ message: done(answer), color: "teal" });
    } catch (error) {
      notifications.show({
        title: "The local cloud didn’t do it",
        message: error instanceof Error ? error.message : String(error),
        color: "red",
      });
    } finally {
      setBusy(undefined);
      await refresh();
    }
  }

  const move = (advance: string) =>
    control("/clock", { advance }, ({ now }) => `It is ${now === undefined ? "later" : formatMoment(now)} now`);
  const fill = () =>
    control("/demo-data", { organizationId: me.organization_id }, ({ alreadyThere }) =>
      alreadyThere ? "The demo data was there already: nothing was added" : "Demo data is there",
    );
  const label = `Time machine: ${formatMoment(new Date(nowMs).toISOString())}`;

  return (
    <Menu width={250}>
      <Menu.Target>
        <Tooltip label={label}>
          <div>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconClockHour4 size={16} stroke={1.6} />}
              loading={busy !== undefined}
              visibleFrom="sm"
              aria-label={label}
            >
              {formatMoment(new Date(nowMs).toISOString())}
            </Button>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              hiddenFrom="sm"
              loading={busy !== undefined}
              aria-label={label}
            >
              <IconClockHour4 size={18} stroke={1.6} />
            </ActionIcon>
          </div>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>The local cloud’s clock</Menu.Label>
        {steps.map(({ label: text, advance, icon: Icon }) => (
          <Menu.Item key={advance} leftSection={<Icon size={16} />} onClick={() => void move(advance)}>
            {text}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconDatabasePlus size={16} />} onClick={() => void fill()}>
          <Text size="sm">Fill with demo data</Text>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

import { Button, Group, Input, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { isOwn, type Settings, type SettingsDraft } from "./settings-draft.ts";
import { settingWords } from "./settings-words.ts";

interface OwnValueProps {
  readonly base: Settings;
  readonly field: keyof SettingsDraft;
  /** As `own` names it. */
  readonly path: string;
  /** The draft gives the value back to the defaults. */
  readonly givenBack: boolean;
  /** The draft has another value. */
  readonly changed: boolean;
  readonly onGiveBack: () => void;
  readonly onKeep: () => void;
  readonly children: ReactNode;
}

/** A field whose value is the organization's own or the default; an own one can be given back. */
export function OwnValue({ base, field, path, givenBack, changed, onGiveBack, onKeep, children }: OwnValueProps) {
  const { label } = settingWords[field];
  if (givenBack) {
    return (
      <div>
        <Input.Label component="div">{label}</Input.Label>
        <Group gap="xs">
          <Text size="sm">Back to the deployment’s default</Text>
          <Button size="compact-sm" variant="default" onClick={onKeep} aria-label={`Keep ${label}`}>
            Keep own
          </Button>
        </Group>
      </div>
    );
  }
  return (
    <div>
      {children}
      {isOwn(base, path) ? (
        <Button
          size="compact-xs"
          variant="subtle"
          mt={4}
          onClick={onGiveBack}
          aria-label={`${label}: back to the default`}
        >
          Back to the default
        </Button>
      ) : (
        <Text size="xs" c="dimmed" mt={4}>
          {changed ? "In place of the default" : "The default"}
        </Text>
      )}
    </div>
  );
}

import { Button, Group, Text, Tooltip } from "@mantine/core";
import { useConsole } from "../session/console-context.tsx";
import { whyNot } from "../session/me.ts";
import type { BulkAction, Identified } from "./list-definition.ts";
import classes from "./toolbar.module.css";

interface BulkBarProps<T extends Identified> {
  readonly records: readonly T[];
  /** Of the selected ones, those that typing into the search has taken off the screen. */
  readonly hidden?: number;
  readonly actions: readonly BulkAction<T>[];
  readonly onAction: (action: BulkAction<T>, records: readonly T[]) => void;
  readonly onClear: () => void;
}

/** What can be done with the selected rows; each action says for how many of them it is. Floats, so that no row moves. */
export function BulkBar<T extends Identified>({ records, hidden = 0, actions, onAction, onClear }: BulkBarProps<T>) {
  const { me } = useConsole();
  return (
    <section className={classes.bulk} aria-label="Selected rows">
      <Group gap="xs">
        <Text size="sm" fw={600} aria-live="polite">
          {records.length} selected{hidden > 0 ? `, ${hidden} of them not shown` : ""}
        </Text>
        {actions.map((action) => {
          const { id, label, icon: Icon, danger } = action;
          const taken = records.filter((record) => action.takes(record, me));
          const reason =
            whyNot(me, action.needs) ?? (taken.length === 0 ? "It is for none of the selected rows" : undefined);
          return (
            <Tooltip key={id} label={reason} disabled={reason === undefined}>
              <Button
                size="xs"
                variant={danger ? "default" : "filled"}
                leftSection={<Icon size={16} stroke={1.6} />}
                data-disabled={reason !== undefined || undefined}
                aria-disabled={reason !== undefined}
                onClick={() => reason === undefined && onAction(action, taken)}
              >
                {label} {taken.length}
              </Button>
            </Tooltip>
          );
        })}
        <Button size="xs" variant="subtle" color="gray" c="dimmed" onClick={onClear} ml="auto">
          Clear selection
        </Button>
      </Group>
    </section>
  );
}

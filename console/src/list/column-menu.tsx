import { Button, Checkbox, Popover, Stack } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import { memo } from "react";
import type { Column } from "./list-definition.ts";
import type { ListState } from "./use-list.ts";

/** Ids of the columns that the address names, or those that are shown at first; the primary one always. */
export function shownColumns<T>(columns: readonly Column<T>[], named: string | undefined): readonly string[] {
  const chosen = named?.split(",");
  return columns.flatMap(({ id, optional, primary }) =>
    primary || (chosen === undefined ? !optional : chosen.includes(id)) ? [id] : [],
  );
}

interface ColumnMenuProps<T> {
  readonly columns: readonly Column<T>[];
  readonly state: ListState;
}

function ColumnChoice<T>({ columns, state }: ColumnMenuProps<T>) {
  const { columns: named } = state.search;
  const shown = shownColumns(columns, named);
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} stroke={1.6} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group
          label="Columns"
          value={[...shown]}
          onChange={(values) => state.change({ columns: values.join(",") })}
        >
          <Stack gap={6} mt="xs">
            {columns.map(({ id, header, primary }) => (
              <Checkbox key={id} value={id} label={header} size="sm" disabled={primary ?? false} />
            ))}
          </Stack>
        </Checkbox.Group>
        {named !== undefined && (
          <Button size="xs" variant="default" mt="sm" fullWidth onClick={() => state.change({ columns: undefined })}>
            As at first
          </Button>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

export const ColumnMenu = memo(ColumnChoice) as typeof ColumnChoice;

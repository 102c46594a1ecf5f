import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Column, Identified } from "../../list/list-definition.ts";
import { RecordTable } from "../../list/record-table.tsx";

interface FactTableProps<T extends Identified> {
  readonly label: string;
  readonly records: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly onOpen?: ((record: T) => void) | undefined;
}

const nothing: readonly never[] = [];
const noSelection = {};
const ignore = () => {};

/** A short table of facts that come all at once: nothing to page, order or choose. */
export function FactTable<T extends Identified>({ label, records, columns, onOpen }: FactTableProps<T>) {
  return (
    <RecordTable
      label={label}
      records={records}
      columns={columns}
      shown={columns.map(({ id }) => id)}
      find=""
      sort={undefined}
      onSort={ignore}
      selection={noSelection}
      onSelection={undefined}
      actions={nothing}
      onAction={ignore}
      onOpen={onOpen}
      faded={false}
    />
  );
}

interface TelltaleTableProps<T extends Identified> extends FactTableProps<T> {
  /** Which are worth a look; the others are shown on request. */
  readonly tells: (record: T) => boolean;
  /** `No queue holds anything`: where none is. */
  readonly calm: string;
  /** `queues`. */
  readonly many: string;
}

/** Shows what is worth a look, and everything on request. */
export function TelltaleTable<T extends Identified>({ tells, calm, many, ...table }: TelltaleTableProps<T>) {
  const [all, setAll] = useState(false);
  const telling = table.records.filter(tells);
  const shown = all ? table.records : telling;
  return (
    <Stack gap="xs">
      {telling.length === 0 && <Text size="sm">{calm}.</Text>}
      {shown.length > 0 && <FactTable {...table} records={shown} />}
      {telling.length < table.records.length && (
        <div>
          <Button size="xs" variant="default" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? "Show less" : `Show all ${table.records.length} ${many}`}
          </Button>
        </div>
      )}
    </Stack>
  );
}

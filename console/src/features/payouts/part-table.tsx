import { Suspense, useCallback, useMemo, useState } from "react";
import { Id } from "../../display/ids.tsx";
import type { Column, Identified, ListDefinition, RecordAction } from "../../list/list-definition.ts";
import { RecordTable } from "../../list/record-table.tsx";

const noActions: readonly never[] = [];
const noSelection = {};
const nothing = () => undefined;

interface PartTableProps<T extends Identified> {
  readonly list: ListDefinition<T>;
  readonly records: readonly T[];
  /** Ids of the list's columns that make sense within one payout. */
  readonly columns: readonly string[];
  readonly onOpen: (id: string) => void;
}

/** A payout's schedules, holds or transfers, with the columns and the actions that their own list has. */
export function PartTable<T extends Identified>({ list, records, columns: wanted, onOpen }: PartTableProps<T>) {
  const [asked, setAsked] = useState<{ action: RecordAction<T>; record: T }>();
  const onAction = useCallback((action: RecordAction<T>, record: T) => setAsked({ action, record }), []);
  const open = useCallback(({ id }: T) => onOpen(id), [onOpen]);
  const columns = useMemo(() => columnsOf(list, wanted), [list, wanted]);
  const shown = useMemo(() => columns.map(({ id }) => id), [columns]);
  return (
    <>
      <RecordTable
        label={`${list.many} of this payout`}
        records={records}
        columns={columns}
        shown={shown}
        sort={undefined}
        onSort={nothing}
        selection={noSelection}
        onSelection={undefined}
        actions={list.actions ?? noActions}
        onAction={onAction}
        onOpen={open}
        faded={false}
      />
      {asked !== undefined && (
        <Suspense fallback={null}>
          <asked.action.Dialog record={asked.record} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </>
  );
}

/** The payee is the payout's own: a part is named by its id. The order is the payout's: nothing to sort by. */
function columnsOf<T extends Identified>(list: ListDefinition<T>, wanted: readonly string[]): readonly Column<T>[] {
  const name: Column<T> = {
    id: "part",
    header: list.one.charAt(0).toUpperCase() + list.one.slice(1),
    primary: true,
    cell: ({ id }) => <Id id={id} />,
  };
  const chosen = list.columns
    .filter(({ id }) => wanted.includes(id))
    .map(({ sort: _sort, primary: _primary, ...column }) => column);
  return [name, ...chosen];
}

import { Checkbox } from "@mantine/core";
import {
  columnVisibilityFeature,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type Dispatch, memo, type SetStateAction, useMemo, useRef } from "react";
import type { Column, Identified, RecordAction } from "./list-definition.ts";
import { createNarrowing } from "./narrowing.ts";
import { RecordMenu } from "./record-menu.tsx";
import classes from "./record-table.module.css";
import { currenciesOf, SortHeader } from "./sort-header.tsx";
import { useFits } from "./use-fits.ts";

const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });

interface RecordTableProps<T extends Identified> {
  readonly label: string;
  readonly records: readonly T[];
  readonly columns: readonly Column<T>[];
  /** Ids of the columns that are shown, in the definition's order. */
  readonly shown: readonly string[];
  /** The records that typing has left; all where it is undefined. The others' rows stay, hidden: that takes no time. */
  readonly found?: ReadonlySet<T> | undefined;
  /** What is typed, where nobody has looked for it yet. */
  readonly find?: string;
  readonly sort: string | undefined;
  /** The one currency that is filtered for: amounts can be ordered then. */
  readonly currency?: string | undefined;
  readonly onSort: (change: { sort: string; currency?: string }) => void;
  readonly selection: RowSelectionState;
  /** Undefined where nothing can be done with several. */
  readonly onSelection: Dispatch<SetStateAction<RowSelectionState>> | undefined;
  readonly actions: readonly RecordAction<T>[];
  readonly onAction: (action: RecordAction<T>, record: T) => void;
  readonly onOpen: ((record: T) => void) | undefined;
  readonly faded: boolean;
}

/** Records as a table, and as cards where the screen is narrow. Rows that haven't changed aren't rendered again. */
export function RecordTable<T extends Identified>(props: RecordTableProps<T>) {
  const { columns, records, shown, selection, onSelection, onOpen, find = "" } = props;
  const narrow = useMemo(() => createNarrowing(columns), [columns]);
  const found = useMemo(
    () => props.found ?? (find.trim() === "" ? undefined : new Set(narrow(records, find))),
    [props.found, narrow, records, find],
  );
  const columnDefs = useMemo(() => columns.map(({ id, header }) => ({ id, header })), [columns]);
  const columnVisibility = useMemo(
    () => Object.fromEntries(columns.map(({ id }) => [id, shown.includes(id)])),
    [columns, shown],
  );
  const table = useTable({
    features,
    data: records,
    columns: columnDefs,
    getRowId: (record) => record.id,
    state: { columnVisibility, rowSelection: selection },
    onRowSelectionChange: (update) => onSelection?.(update),
  });
  const visible = useMemo(() => columns.filter(({ id }) => shown.includes(id)), [columns, shown]);
  const here = found === undefined ? records : records.filter((record) => found.has(record));
  const chosen = here.filter(({ id }) => selection[id]).length;
  // Those that are hidden stay as they are.
  const toggleAll = (checked: boolean) =>
    onSelection?.((before) => {
      const next = { ...before };
      for (const { id } of here) {
        if (checked) next[id] = true;
        else delete next[id];
      }
      return next;
    });
  const frame = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableElement>(null);
  const fits = useFits(frame, body);

  return (
    <div ref={frame} className={classes.frame} data-faded={props.faded || undefined} data-fits={fits || undefined}>
      <table ref={body} className={classes.table}>
        <caption className={classes.caption}>{props.label}</caption>
        <thead>
          <tr>
            {onSelection !== undefined && (
              <th className={classes.narrow}>
                <Checkbox
                  size="xs"
                  aria-label="Select all rows"
                  checked={chosen > 0 && chosen === here.length}
                  indeterminate={chosen > 0 && chosen < here.length}
                  onChange={(event) => toggleAll(event.currentTarget.checked)}
                />
              </th>
            )}
            {visible.map((column) => (
              <SortHeader
                key={column.id}
                column={column}
                sort={props.sort}
                currency={props.currency}
                currencies={() => currenciesOf(records)}
                onSort={props.onSort}
              />
            ))}
            {props.actions.length > 0 && (
              <th className={classes.narrow}>
                <span className={classes.caption}>Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <Row
              key={row.id}
              record={row.original}
              columns={visible}
              selected={row.getIsSelected()}
              hidden={found !== undefined && !found.has(row.original)}
              onSelection={onSelection}
              actions={props.actions}
              onAction={props.onAction}
              onOpen={onOpen}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellsProps<T extends Identified> {
  readonly record: T;
  readonly columns: readonly Column<T>[];
  readonly actions: readonly RecordAction<T>[];
  readonly onAction: (action: RecordAction<T>, record: T) => void;
  readonly onOpen: ((record: T) => void) | undefined;
}

interface RowProps<T extends Identified> extends CellsProps<T> {
  readonly selected: boolean;
  readonly hidden: boolean;
  readonly onSelection: Dispatch<SetStateAction<RowSelectionState>> | undefined;
}

function RecordRow<T extends Identified>({ selected, hidden, onSelection, ...cells }: RowProps<T>) {
  const { id } = cells.record;
  const toggle = (checked: boolean) =>
    onSelection?.((before) => {
      const { [id]: _toggled, ...others } = before;
      return checked ? { ...others, [id]: true } : others;
    });
  return (
    <tr data-selected={selected || undefined} data-id={id} hidden={hidden}>
      {onSelection !== undefined && (
        <td className={classes.narrow}>
          <input
            type="checkbox"
            className={classes.checkbox}
            aria-label={`Select ${id}`}
            checked={selected}
            onChange={(event) => toggle(event.currentTarget.checked)}
          />
        </td>
      )}
      <Cells {...cells} />
    </tr>
  );
}

function RecordCells<T extends Identified>({ record, columns, actions, onAction, onOpen }: CellsProps<T>) {
  return (
    <>
      {columns.map(({ id, header, cell, align, primary }) => (
        <td key={id} data-label={header} data-align={align} data-primary={primary}>
          {primary && onOpen !== undefined ? (
            <button type="button" className={classes.open} data-open onClick={() => onOpen(record)}>
              {cell(record)}
            </button>
          ) : (
            <div className={classes.value}>{cell(record)}</div>
          )}
        </td>
      ))}
      {actions.length > 0 && (
        <td className={classes.actions}>
          <RecordMenu record={record} actions={actions} onAction={onAction} />
        </td>
      )}
    </>
  );
}

/**
 * Each row is given the same functions and lists until the list itself changes: only its own record tells it apart. What
 * is in it is made anew only with the record, not when it is selected or hidden.
 */
const Row = memo(RecordRow) as typeof RecordRow;
const Cells = memo(RecordCells) as typeof RecordCells;

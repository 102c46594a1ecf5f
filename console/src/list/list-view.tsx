import { Button, LoadingOverlay, Stack } from "@mantine/core";
import { type ReactNode, Suspense, useCallback, useMemo, useRef, useState } from "react";
import { ApiProblem } from "../api/api-problem.ts";
import { EmptyState, LoadingLines, ProblemNotice } from "../display/states.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { ColumnMenu, shownColumns } from "./column-menu.tsx";
import { ExportButton } from "./export-button.tsx";
import { FilterBar } from "./filter-bar.tsx";
import type { BulkAction, Identified, ListDefinition, RecordAction } from "./list-definition.ts";
import { filtersOf, stringifySearch } from "./list-search.ts";
import { createNarrowing } from "./narrowing.ts";
import { Pager } from "./pager.tsx";
import { PresetMenu } from "./preset-menu.tsx";
import { RecordTable } from "./record-table.tsx";
import { SearchBox } from "./search-box.tsx";
import classes from "./toolbar.module.css";
import { type ListState, useListPage, useListState } from "./use-list.ts";
import { giveFocusBack, useRowKeys } from "./use-row-keys.ts";
import { useSelection } from "./use-selection.ts";

const noActions: readonly never[] = [];

interface ListViewProps<T extends Identified> {
  readonly list: ListDefinition<T>;
  /** What stands beside the search: creating one, for instance. */
  readonly toolbar?: ReactNode;
}

type OpenDialog<T extends Identified> =
  | { readonly kind: "one"; readonly action: RecordAction<T>; readonly record: T }
  | { readonly kind: "several"; readonly action: BulkAction<T>; readonly records: readonly T[] };

/** A list with everything that every list has. Its state is the address; its deeds open dialogs. */
export function ListView<T extends Identified>({ list, toolbar }: ListViewProps<T>) {
  const state = useListState();
  const { search, change } = state;
  const { data: page, error, isFetching, isPlaceholderData, refetch } = useListPage(list, state);
  const [typed, setTyped] = useTyped(search.q ?? "");
  const [selection, select] = useSelection(placeOf(state));
  const [dialog, setDialog] = useState<OpenDialog<T>>();
  const narrow = useMemo(() => createNarrowing(list.columns), [list.columns]);
  const narrowing = typed === search.q ? "" : typed.trim();
  const records = page?.data;
  const found = useMemo(
    () => (narrowing === "" || records === undefined ? undefined : new Set(narrow(records, narrowing))),
    [narrow, records, narrowing],
  );
  const shown = useMemo(() => shownColumns(list.columns, search.columns), [list.columns, search.columns]);
  const selected = useMemo(() => records?.filter(({ id }) => selection[id]) ?? [], [records, selection]);
  const { actions = noActions as readonly RecordAction<T>[], bulkActions = noActions as readonly BulkAction<T>[] } =
    list;
  const { Detail } = list;

  const onAction = useCallback((action: RecordAction<T>, record: T) => setDialog({ kind: "one", action, record }), []);
  const onOpen = useCallback((record: T) => change({ open: record.id }), [change]);
  const rows = useRef<HTMLDivElement>(null);
  const close = () => {
    if (dialog?.kind === "one") giveFocusBack(rows, dialog.record.id);
    setDialog(undefined);
  };
  const leave = () => {
    if (search.open !== undefined) giveFocusBack(rows, search.open);
    change({ open: undefined });
  };
  useRowKeys(rows);

  return (
    <Stack gap="sm">
      <div className={classes.toolbar}>
        <SearchBox
          label={`Search ${list.many}`}
          hint={list.searchLabel}
          state={state}
          typed={typed}
          onType={setTyped}
        />
        <div className={classes.buttons}>
          {toolbar}
          <PresetMenu list={list} state={state} />
          <ColumnMenu columns={list.columns} state={state} />
          {list.fetchExport !== undefined && (
            <ExportButton list={list} state={state} total={page?.pagination.total ?? null} />
          )}
        </div>
      </div>
      <FilterBar filters={list.filters} state={state} />
      {error !== null && <ListFailed error={error} state={state} onRetry={() => void refetch()} />}
      {records === undefined && error === null && <LoadingLines />}
      {records?.length === 0 && <NoRecords list={list} state={state} hasMore={page?.pagination.next_cursor !== null} />}
      <div ref={rows}>
        {records !== undefined && records.length > 0 && (
          <RecordTable
            label={list.many}
            records={records}
            found={found}
            columns={list.columns}
            shown={shown}
            sort={search.sort ?? list.defaultSort}
            currency={search.currency}
            onSort={change}
            selection={selection}
            onSelection={bulkActions.length > 0 ? select : undefined}
            actions={actions}
            onAction={onAction}
            onOpen={Detail === undefined ? undefined : onOpen}
            faded={isPlaceholderData && isFetching}
          />
        )}
        {found?.size === 0 && (
          <EmptyState title={`No row here has “${narrowing}”`}>
            Enter looks for it as an id among all {list.many}.
          </EmptyState>
        )}
      </div>
      {selected.length > 0 && (
        <BulkBar
          records={selected}
          hidden={found === undefined ? 0 : selected.filter((record) => !found.has(record)).length}
          actions={bulkActions}
          onAction={(action, chosen) => setDialog({ kind: "several", action, records: chosen })}
          onClear={() => select({})}
        />
      )}
      {page !== undefined && (
        <Pager
          count={page.data.length}
          shown={found?.size ?? page.data.length}
          pagination={page.pagination}
          pending={isPlaceholderData}
          state={state}
          one={list.one}
          many={list.many}
        />
      )}
      <Suspense fallback={<LoadingOverlay visible pos="fixed" overlayProps={{ backgroundOpacity: 0.2 }} />}>
        {Detail !== undefined && search.open !== undefined && <Detail id={search.open} onClose={leave} />}
        {dialog?.kind === "one" && <dialog.action.Dialog record={dialog.record} onClose={close} />}
        {dialog?.kind === "several" && <dialog.action.Dialog records={dialog.records} onClose={close} />}
      </Suspense>
    </Stack>
  );
}

/** What is in the search box: the address's own text again whenever that becomes another. */
function useTyped(asked: string): readonly [string, (text: string) => void] {
  const [typed, setTyped] = useState({ text: asked, asked });
  if (typed.asked === asked) return [typed.text, (text) => setTyped({ text, asked })];
  const renewed = { text: asked, asked };
  setTyped(renewed);
  return [renewed.text, (text) => setTyped({ text, asked })];
}

/** Names the page of the list that is shown, whatever is open on it and however it is laid out. */
function placeOf({ search: { open: _open, columns: _columns, ...place } }: ListState): string {
  return stringifySearch(place);
}

/** A refusal of what the address asks for can be left by asking for everything. */
function ListFailed({ error, state, onRetry }: { error: Error; state: ListState; onRetry: () => void }) {
  const isRefused = error instanceof ApiProblem && error.problem.status === 400;
  return (
    <Stack gap="xs" align="stretch">
      <ProblemNotice error={error} onRetry={onRetry} />
      {isRefused && (
        <div>
          <Button variant="default" size="xs" onClick={() => state.replace({})}>
            Show all
          </Button>
        </div>
      )}
    </Stack>
  );
}

interface NoRecordsProps<T extends Identified> {
  readonly list: ListDefinition<T>;
  readonly state: ListState;
  readonly hasMore: boolean;
}

function NoRecords<T extends Identified>({ list, state, hasMore }: NoRecordsProps<T>) {
  const { sort: _order, ...filters } = filtersOf(state.search);
  if (Object.keys(filters).length === 0 && state.search.cursor === undefined) {
    return <EmptyState title={`No ${list.many} yet`}>{list.empty}</EmptyState>;
  }
  return (
    <EmptyState title={`No ${list.many} match${hasMore ? " so far" : ""}`}>
      {hasMore ? "Nothing fits these filters yet; the next page looks further." : "Nothing fits these filters."}
      <div>
        <Button variant="default" size="xs" mt="sm" onClick={() => state.replace({})}>
          Show all
        </Button>
      </div>
    </EmptyState>
  );
}

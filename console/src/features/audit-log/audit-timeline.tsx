import { Button, Stack } from "@mantine/core";
import { useDeferredValue, useMemo, useState } from "react";
import { EmptyState, LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { ExportButton } from "../../list/export-button.tsx";
import { FilterBar } from "../../list/filter-bar.tsx";
import type { ListDefinition } from "../../list/list-definition.ts";
import { filtersOf } from "../../list/list-search.ts";
import { createNarrowing } from "../../list/narrowing.ts";
import { PresetMenu } from "../../list/preset-menu.tsx";
import { SearchBox } from "../../list/search-box.tsx";
import toolbar from "../../list/toolbar.module.css";
import { type ListState, useListPage, useListState } from "../../list/use-list.ts";
import { useConsole } from "../../session/console-context.tsx";
import { type AuditEntry, auditListOf } from "./audit-list.tsx";
import { DayTimeline } from "./day-timeline.tsx";
import { EntryBody, PageEntries } from "./entry-body.tsx";
import { EntryHead } from "./entry-head.tsx";
import { type NamedRecord, namedRecordOf } from "./named-record.ts";
import { RecordBanner } from "./record-banner.tsx";
import { TimelinePager } from "./timeline-pager.tsx";
import { WhichRecord } from "./which-record.tsx";

/** Who changed what and when, newest first; narrowed to one record it can be verified as a whole. */
export function AuditTimeline() {
  const { me } = useConsole();
  const state = useListState();
  const list = useMemo(() => auditListOf(me), [me]);
  const { entity_id: id, entity_type: type } = state.search;
  const [typed, setTyped] = useState("");
  const record = namedRecordOf(type, id);
  const isUnclear = id !== undefined && record === undefined;
  const lookUp = (text: string | undefined) => {
    if (text === undefined || text === "") return;
    setTyped("");
    state.change({ entity_id: text, entity_type: undefined });
  };

  return (
    <Stack gap="sm">
      <div className={toolbar.toolbar}>
        <SearchBox
          label="Search the audit log"
          hint={list.searchLabel}
          state={{ ...state, change: ({ q }) => lookUp(q) }}
          typed={typed}
          onType={setTyped}
        />
        <div className={toolbar.buttons}>
          <PresetMenu list={list} state={state} />
          {!isUnclear && <ExportButton list={list} state={state} />}
        </div>
      </div>
      <FilterBar filters={list.filters} state={state} />
      {isUnclear ? (
        <WhichRecord id={id} state={state} />
      ) : (
        <Entries list={list} state={state} typed={typed} record={record} />
      )}
    </Stack>
  );
}

interface EntriesProps {
  readonly list: ListDefinition<AuditEntry>;
  readonly state: ListState;
  readonly typed: string;
  readonly record: NamedRecord | undefined;
}

function Entries({ list, state, typed, record }: EntriesProps) {
  const { data: page, error, isFetching, isPlaceholderData, refetch } = useListPage(list, state);
  const narrow = useMemo(() => createNarrowing<AuditEntry>(list.columns), [list.columns]);
  const narrowing = useDeferredValue(typed);
  const entries = page?.data;
  const shown = useMemo(() => narrow(entries ?? [], narrowing), [narrow, entries, narrowing]);
  return (
    <PageEntries value={entries ?? []}>
      {record !== undefined && <RecordBanner record={record} />}
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {entries === undefined && error === null && <LoadingLines />}
      {entries?.length === 0 && <NoEntries list={list} state={state} more={page?.pagination.next_cursor != null} />}
      <DayTimeline
        label="Entries"
        entries={shown}
        Head={EntryHead}
        Body={EntryBody}
        toneOf={toneOf}
        faded={isPlaceholderData && isFetching}
      />
      {page !== undefined && (
        <TimelinePager
          said={describePage(shown.length, page.data.length)}
          next={page.pagination.next_cursor}
          state={state}
        />
      )}
    </PageEntries>
  );
}

function toneOf({ metadata, changed_by_type: by }: AuditEntry) {
  if (metadata.problem !== undefined) return "bad";
  return by === "user" ? "strong" : "quiet";
}

function describePage(shown: number, count: number): string {
  const entries = `${count} ${count === 1 ? "entry" : "entries"}`;
  return shown === count ? entries : `${shown} of ${entries}`;
}

/** A page may be empty and the log still go on: it looks at so many days at once. */
function NoEntries({ list, state, more }: { list: ListDefinition<AuditEntry>; state: ListState; more: boolean }) {
  if (more)
    return <EmptyState title="Nothing here so far">Nothing fits in these days. Older ones may have more.</EmptyState>;
  if (Object.keys(filtersOf(state.search)).length === 0)
    return <EmptyState title="No entries yet">{list.empty}</EmptyState>;
  return (
    <EmptyState title="No entries match">
      Nothing fits these filters.
      <div>
        <Button variant="default" size="xs" mt="sm" onClick={() => state.replace({})}>
          Show all
        </Button>
      </div>
    </EmptyState>
  );
}

import { Button, Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { CopyableId } from "../../display/ids.tsx";
import { EmptyState, LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import { FilterBar } from "../../list/filter-bar.tsx";
import { PresetMenu } from "../../list/preset-menu.tsx";
import toolbar from "../../list/toolbar.module.css";
import { type ListState, useListPage, useListState } from "../../list/use-list.ts";
import { Actor } from "./actor.tsx";
import { DayTimeline } from "./day-timeline.tsx";
import classes from "./entry.module.css";
import { ExactInstant } from "./field-view.tsx";
import { type SecurityEvent, securityList, TAB } from "./security-list.tsx";
import { TimelinePager } from "./timeline-pager.tsx";

/** Refused actions, reads that matter and what looked unusual, newest first. */
export function SecurityTimeline() {
  const given = useListState();
  // Another view of this list is still on this tab.
  const state = useMemo<ListState>(
    () => ({ ...given, replace: (search) => given.replace({ ...search, tab: TAB }) }),
    [given],
  );
  const { data: page, error, isFetching, isPlaceholderData, refetch } = useListPage(securityList, state);
  return (
    <Stack gap="sm">
      <div className={toolbar.toolbar}>
        <FilterBar filters={securityList.filters} state={state} />
        <div className={toolbar.buttons}>
          <PresetMenu list={securityList} state={state} />
        </div>
      </div>
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {page === undefined && error === null && <LoadingLines />}
      {page?.data.length === 0 && <NoEvents state={state} />}
      <DayTimeline
        label="Security events"
        entries={page?.data ?? []}
        Head={EventHead}
        Body={EventBody}
        toneOf={toneOf}
        faded={isPlaceholderData && isFetching}
      />
      {page !== undefined && (
        <TimelinePager
          said={`${page.data.length} ${page.data.length === 1 ? "event" : "events"}`}
          next={page.pagination.next_cursor}
          state={state}
        />
      )}
    </Stack>
  );
}

function toneOf({ risk_level: risk }: SecurityEvent) {
  if (risk === "high" || risk === "critical") return "bad";
  return risk === "medium" ? "strong" : "quiet";
}

function EventHead({ entry: { kind, risk_level, detail, operation, subject, role } }: { entry: SecurityEvent }) {
  return (
    <span className={classes.head}>
      <span className={classes.what}>
        <span className={classes.title}>{titled(kind)}</span>
        <StatusBadge status={risk_level} label={risk_level === "info" ? "info" : `${risk_level} risk`} />
        <span className={classes.quiet}>{detail}</span>
      </span>
      <span className={classes.record}>{operation}</span>
      <Actor entry={{ changed_by: subject, changed_by_type: "user", changed_by_role: role }} />
    </span>
  );
}

function EventBody({ entry }: { entry: SecurityEvent }) {
  const { id, created_at: at, source_ip, operation, code, entity_id, request_id, subject, detail } = entry;
  const facts = [
    { name: "What", value: detail },
    { name: "When", value: <ExactInstant at={at} /> },
    { name: "Operation", value: operation },
    { name: "Refused with", value: code },
    { name: "From address", value: source_ip },
    {
      name: "About",
      value:
        entity_id === null ? null : (
          <Link to="/audit-log" search={{ entity_id }}>
            {entity_id}
          </Link>
        ),
    },
    { name: "Request", value: <CopyableId id={request_id} /> },
  ];
  return (
    <Stack gap="sm">
      <dl className={classes.facts}>
        {facts.flatMap(({ name, value }) =>
          value === null ? [] : [<dt key={`${name} name`}>{name}</dt>, <dd key={name}>{value}</dd>],
        )}
      </dl>
      <div className={classes.links}>
        <Link to="/audit-log" search={{ entity_type: "security_event", entity_id: id }}>
          Its audit entry
        </Link>
        <Link to="/audit-log" search={{ changed_by: subject }}>
          All by {subject}
        </Link>
        <Link to="/audit-log" search={{ tab: TAB, subject }}>
          Security events of {subject}
        </Link>
      </div>
    </Stack>
  );
}

function NoEvents({ state }: { state: ListState }) {
  const { tab: _tab, size: _size, ...filters } = state.search;
  if (Object.keys(filters).length === 0) {
    return <EmptyState title="No security events yet">{securityList.empty}</EmptyState>;
  }
  return (
    <EmptyState title="No security events match">
      Nothing fits these filters.
      <div>
        <Button variant="default" size="xs" mt="sm" onClick={() => state.replace({})}>
          Show all
        </Button>
      </div>
    </EmptyState>
  );
}

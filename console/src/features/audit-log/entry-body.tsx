import { Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { createContext, useContext, useMemo } from "react";
import { CopyableId, shortId } from "../../display/ids.tsx";
import { describeActor } from "./actor.tsx";
import type { AuditEntry } from "./audit-list.tsx";
import { DifferenceTable } from "./difference-table.tsx";
import classes from "./entry.module.css";
import { describeAction, entityWord } from "./entry-words.ts";
import { ExactInstant } from "./field-view.tsx";
import { differenceOf } from "./record-difference.ts";
import { RecordLink } from "./record-link.tsx";
import { VerifyButton } from "./verify-button.tsx";

/** The entries that are on the page, for finding those of the same request. */
export const PageEntries = createContext<readonly AuditEntry[]>([]);

/** All that a line of the audit log says, and where to go on from it. */
export function EntryBody({ entry }: { entry: AuditEntry }) {
  const difference = useMemo(() => differenceOf(entry), [entry]);
  return (
    <Stack gap="sm">
      {difference !== undefined && <DifferenceTable difference={difference} />}
      <Facts entry={entry} />
      <SameRequest entry={entry} />
      <Links entry={entry} />
    </Stack>
  );
}

function Facts({ entry }: { entry: AuditEntry }) {
  const { metadata, created_at: at, reason, hash, prev_hash: previous } = entry;
  return (
    <dl className={classes.facts}>
      <dt>By</dt>
      <dd>{describeActor(entry)}</dd>
      <dt>When</dt>
      <dd>
        <ExactInstant at={at} /> ({at})
      </dd>
      {reason !== null && (
        <>
          <dt>Reason</dt>
          <dd>{reason}</dd>
        </>
      )}
      {metadata.problem !== undefined && (
        <>
          <dt>Flagged</dt>
          <dd>No command made this change: {metadata.problem.replaceAll("_", " ")}</dd>
        </>
      )}
      <dt>Version</dt>
      <dd>
        {metadata.version} of {entityWord(entry.entity_type).toLowerCase()} {entry.entity_id}
      </dd>
      {metadata.correlation_id !== null && (
        <>
          <dt>Request</dt>
          <dd>
            <CopyableId id={metadata.correlation_id} />
          </dd>
        </>
      )}
      <dt>Hash</dt>
      <dd>
        <CopyableId id={hash} />
      </dd>
      <dt>Follows</dt>
      <dd>{/^0+$/.test(previous) ? "nothing: the record’s first line" : <CopyableId id={previous} />}</dd>
    </dl>
  );
}

/** What else the same request did, as far as it is on the page: the API can't be asked for it. */
function SameRequest({ entry }: { entry: AuditEntry }) {
  const entries = useContext(PageEntries);
  const { correlation_id: request } = entry.metadata;
  const others = entries.filter(({ id, metadata }) => id !== entry.id && metadata.correlation_id === request);
  if (request === null || others.length === 0) return null;
  return (
    <dl className={classes.facts}>
      <dt>Same request</dt>
      <dd>
        {others.map(({ id, action, entity_type, entity_id }) => (
          <span key={id} className={classes.sibling}>
            {describeAction(action)}, {entityWord(entity_type).toLowerCase()}{" "}
            <Link to="/audit-log" search={{ entity_type, entity_id }}>
              {shortId(entity_id)}
            </Link>
          </span>
        ))}
      </dd>
    </dl>
  );
}

function Links({ entry: { entity_type, entity_id, payout_id, changed_by } }: { entry: AuditEntry }) {
  return (
    <div className={classes.links}>
      <RecordLink entityType={entity_type} entityId={entity_id} payoutId={payout_id} />
      <Link to="/audit-log" search={{ entity_type, entity_id }}>
        History of this record
      </Link>
      {payout_id !== null && (
        <Link to="/audit-log" search={{ payout_id }}>
          All of this payout
        </Link>
      )}
      <Link to="/audit-log" search={{ changed_by }}>
        All by {changed_by}
      </Link>
      <VerifyButton record={{ entityType: entity_type, entityId: entity_id }} />
    </div>
  );
}

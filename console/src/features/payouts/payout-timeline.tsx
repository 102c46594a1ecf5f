import { Chip, Group, Stack, Text, Title } from "@mantine/core";
import { IconArrowsRightLeft, IconBook2, IconCalendarDollar, IconLock, IconReceipt } from "@tabler/icons-react";
import type { ComponentType } from "react";
import { formatDate } from "../../display/instants.tsx";
import { formatMoney, Money } from "../../display/money.tsx";
import { EmptyState } from "../../display/states.tsx";
import { StatusBadge, spelled, titled } from "../../display/status-badge.tsx";
import { valuesOf } from "../../list/list-search.ts";
import { useListState } from "../../list/use-list.ts";
import classes from "./payout.module.css";
import { byDay, type TimelineKind, type TimelineLine, timelineKinds } from "./timeline-lines.ts";

const icons: Readonly<Record<TimelineKind, ComponentType<{ size?: number; stroke?: number }>>> = {
  payout: IconReceipt,
  schedule: IconCalendarDollar,
  hold: IconLock,
  transfer: IconArrowsRightLeft,
  journal: IconBook2,
};

const plurals: Readonly<Record<TimelineKind, string>> = {
  payout: "Payout and approvals",
  schedule: "Schedules",
  hold: "Holds",
  transfer: "Transfers",
  journal: "Journal",
};

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

interface PayoutTimelineProps {
  readonly lines: readonly TimelineLine[];
  readonly currency: string;
  /** There are more than the API gives at once. */
  readonly truncated: boolean;
  readonly onOpen: (id: string) => void;
}

/** A payout's life, newest first, day by day; the kinds that are shown are in the address. */
export function PayoutTimeline({ lines, currency, truncated, onOpen }: PayoutTimelineProps) {
  const { search, change } = useListState();
  const wanted = valuesOf(search, "kind");
  const shown = wanted.length === 0 ? lines : lines.filter(({ kind }) => wanted.includes(kind));
  return (
    <Stack gap="sm">
      <Chip.Group multiple value={wanted} onChange={(values) => change({ kind: values.join(",") })}>
        <Group gap={6} role="group" aria-label="What the timeline shows">
          {timelineKinds.map((kind) => (
            <Chip key={kind} value={kind} size="xs" variant="outline">
              {plurals[kind]} {lines.filter((line) => line.kind === kind).length}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      {truncated && <Text size="sm">The first 1,000 lines; the audit log has all.</Text>}
      {shown.length === 0 && <EmptyState title="Nothing of this kind" />}
      {byDay(shown, formatDate).map(({ day, lines: ofDay }) => (
        <section key={day} aria-label={day}>
          <Title order={3} size="sm" mb={4}>
            {day}
          </Title>
          <ol className={classes.timeline}>
            {ofDay.map((line) => (
              <Line key={line.id} line={line} currency={currency} onOpen={onOpen} />
            ))}
          </ol>
        </section>
      ))}
    </Stack>
  );
}

function Line({ line, currency, onOpen }: { line: TimelineLine; currency: string; onOpen: (id: string) => void }) {
  const { at, kind, title, entityId, amountMinor, oldStatus, newStatus, reason, detail, postings } = line;
  const Icon = icons[kind];
  return (
    <li>
      <time dateTime={at} title={at} className={classes.clock}>
        {clock.format(new Date(at))}
      </time>
      <span className={classes.kind} title={titled(kind)}>
        <Icon size={16} stroke={1.6} />
      </span>
      <div className={classes.told}>
        <div>
          {kind === "payout" || kind === "journal" ? (
            <b>{title}</b>
          ) : (
            <button type="button" className={classes.link} onClick={() => onOpen(entityId)} title={entityId}>
              {title}
            </button>
          )}{" "}
          {amountMinor !== undefined && <Money amountMinor={amountMinor} currency={currency} />}{" "}
          {newStatus !== undefined && (
            <span className={classes.quiet}>
              {oldStatus !== undefined && `${spelled(oldStatus)} → `}
              <StatusBadge status={newStatus} />
            </span>
          )}
        </div>
        <div className={classes.quiet}>
          by <Actor line={line} />
          {detail !== undefined && <> · {detail}</>}
          {postings !== undefined && (
            <>
              {" "}
              ·{" "}
              {postings
                .map(({ account, amountMinor: amount }) => describePosting(account, amount, currency))
                .join(", ")}
            </>
          )}
        </div>
        {reason !== undefined && <div className={classes.reason}>{reason}</div>}
      </div>
    </li>
  );
}

function describePosting(account: string, amountMinor: number, currency: string): string {
  return `${amountMinor > 0 ? "debit" : "credit"} ${spelled(account)} ${formatMoney(Math.abs(amountMinor), currency)}`;
}

function Actor({ line: { actor, actorType, actorRole } }: { line: TimelineLine }) {
  if (actorType === "user") {
    return (
      <>
        <b>{actor}</b>
        {actorRole !== undefined && ` (${spelled(actorRole)})`}
      </>
    );
  }
  return (
    <>
      {actor} ({actorType === "system" ? "the system" : "the provider"})
    </>
  );
}

import { VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { useServerMinute } from "../../api/server-clock.ts";
import { Distance } from "../../display/instants.tsx";
import { StatCard, StatCards } from "../../display/stat-cards.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import { formatSeconds, measured } from "./durations.ts";
import classes from "./monitoring.module.css";
import type { Monitoring } from "./monitoring-page.tsx";

/** The sweep runs every five minutes: longer than two runs without one is a silence. */
const SWEEP_SILENT_AFTER_MS = 12 * 60_000;

const plain = (count: number) => ({ count, by_currency: {} });

/** The platform in figures: first whether releases are in time, then what should not happen. */
export function FigureCards({ facts: { lateness, sweeps, queues, functions, counts } }: { facts: Monitoring }) {
  const messages = queues.reduce((sum, queue) => sum + queue.messages, 0);
  const failing = functions.filter(({ errors, throttles }) => errors + throttles > 0).length;
  return (
    <>
      <VisuallyHidden component="h2">Figures</VisuallyHidden>
      <StatCards label="Releases and what heals them">
        <Figure title="Releases" count={lateness.releases} note="at their instant, by the scheduler" />
        <Figure
          title="Lateness, median"
          figure={measured(lateness.p50_seconds, formatSeconds)}
          note="half are quicker"
        />
        <Figure
          title="Lateness, p99"
          figure={measured(lateness.p99_seconds, formatSeconds)}
          note="99 of 100 are quicker"
        />
        <Figure
          title="Latest release"
          figure={measured(lateness.max_seconds, formatSeconds)}
          note="after its instant"
        />
        <Figure title="Sweeps" count={sweeps.runs} note={<SweepNote sweeps={sweeps} />} />
      </StatCards>
      <StatCards label="What should not happen">
        <Figure title="Dead letters" count={messages} bad={messages > 0} note="in all failure queues, now" />
        <Figure title="Functions failing" count={failing} bad={failing > 0} note="with errors or throttles" />
        <Figure
          title="Unknown outcomes"
          count={counts.outcome_unknown}
          bad={counts.outcome_unknown > 0}
          note="transfers somebody has to settle"
        />
        <Figure
          title="Failed for good"
          count={counts.failed_terminal}
          bad={counts.failed_terminal > 0}
          note="transfers that won’t be tried again"
        />
        <Figure
          title="Rejected events"
          count={counts.rejected_events}
          bad={counts.rejected_events > 0}
          note="from outside, unusable"
        />
        <Figure
          title="Retries failed"
          count={counts.workflows_failed}
          bad={counts.workflows_failed > 0}
          note="workflows; the sweep takes over"
        />
        <Figure
          title="Circuit opened"
          count={counts.circuit_opened}
          bad={counts.circuit_opened > 0}
          note="a provider refused the credentials"
        />
        <Figure
          title="Changes out of band"
          count={counts.out_of_band_changes}
          bad={counts.out_of_band_changes > 0}
          note="records changed past the platform"
        />
      </StatCards>
    </>
  );
}

interface FigureProps {
  readonly title: string;
  readonly count?: number;
  readonly figure?: string;
  readonly bad?: boolean;
  readonly note: ReactNode;
}

function Figure({ title, count = 0, figure, bad = false, note }: FigureProps) {
  return (
    <StatCard
      title={title}
      sums={plain(count)}
      figure={
        <>
          {figure ?? count.toLocaleString("en-US")} {bad && <StatusBadge status="failed" label="look" />}
        </>
      }
      note={<div className={classes.note}>{note}</div>}
    />
  );
}

function SweepNote({ sweeps: { last_run_at, healed } }: { sweeps: Monitoring["sweeps"] }) {
  const nowMs = useServerMinute();
  const silent = last_run_at === null || nowMs - Date.parse(last_run_at) > SWEEP_SILENT_AFTER_MS;
  return (
    <>
      {last_run_at === null ? (
        "none in this window"
      ) : (
        <>
          last <Distance at={last_run_at} />
        </>
      )}
      {healed > 0 && `, ${healed} healed`}
      {silent && (
        <div>
          <StatusBadge status="overdue" />
        </div>
      )}
    </>
  );
}

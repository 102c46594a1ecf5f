import "@mantine/charts/styles.css";
import { LineChart } from "@mantine/charts";
import { Button, Card, Group, Text } from "@mantine/core";
import { IconChartLine, IconTable } from "@tabler/icons-react";
import { useState } from "react";
import { formatDate, formatMoment } from "../../display/instants.tsx";
import type { Column } from "../../list/list-definition.ts";
import { formatSeconds, measured } from "./durations.ts";
import { FactTable } from "./fact-table.tsx";
import classes from "./monitoring.module.css";
import type { Monitoring } from "./monitoring-page.tsx";

type Series = Monitoring["series"];
type Point = Series["points"][number] & { readonly id: string };

const HEIGHT = 220;
/** A period between two without releases is a point alone, which a line doesn't show. */
const DOT_RADIUS = 2;
const HOUR_SECONDS = 3_600;
const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Periods of an hour are of a week: its days are what tells them apart. */
function tickOf(at: string, periodSeconds: number): string {
  return periodSeconds < HOUR_SECONDS ? timeFormat.format(new Date(at)) : formatDate(at).slice(0, 6);
}

const columns: readonly Column<Point>[] = [
  { id: "at", header: "From", primary: true, cell: ({ at }) => formatMoment(at) },
  { id: "releases", header: "Releases", align: "right", cell: ({ releases }) => releases.toLocaleString("en-US") },
  {
    id: "p50",
    header: "Lateness, median",
    align: "right",
    cell: ({ lateness_p50_seconds: p50 }) => measured(p50, formatSeconds),
  },
  {
    id: "p99",
    header: "Lateness, p99",
    align: "right",
    cell: ({ lateness_p99_seconds: p99 }) => measured(p99, formatSeconds),
  },
  { id: "errors", header: "Errors", align: "right", cell: ({ errors }) => errors.toLocaleString("en-US") },
];

/** Lateness, releases and errors by period: drawn, or as a table with the same figures. */
export function SeriesCharts({ series: { points, period_seconds } }: { series: Series }) {
  const [asTable, setAsTable] = useState(false);
  return (
    <>
      {asTable ? <SeriesTable points={points} /> : <Charts points={points} periodSeconds={period_seconds} />}
      <Group justify="flex-end" mt="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={asTable ? <IconChartLine size={16} /> : <IconTable size={16} />}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? "Show as charts" : "Show as a table"}
        </Button>
      </Group>
    </>
  );
}

function Charts({ points, periodSeconds }: { points: Series["points"]; periodSeconds: number }) {
  const data = points.map((point) => ({ ...point }));
  const shared = {
    h: HEIGHT,
    data,
    dataKey: "at",
    withLegend: true,
    curveType: "linear",
    withDots: true,
    dotProps: { r: DOT_RADIUS, strokeWidth: 0 },
    // One image with a sentence: its parts are nothing to move among.
    lineChartProps: { accessibilityLayer: false },
    xAxisProps: { tickFormatter: (at: string) => tickOf(at, periodSeconds), minTickGap: 40 },
    tooltipProps: {
      // Asked for one as well while nothing is pointed at.
      labelFormatter: (at: unknown) => (typeof at === "string" ? formatMoment(at) : ""),
    },
  } as const;
  return (
    <div className={classes.charts}>
      <Chart title="Lateness" summary={latenessSummary(points)}>
        <LineChart
          {...shared}
          series={[
            { name: "lateness_p99_seconds", label: "p99", color: "indigo.6" },
            { name: "lateness_p50_seconds", label: "Median", color: "teal.6", strokeDasharray: "5 4" },
          ]}
          valueFormatter={formatSeconds}
          connectNulls={false}
          yAxisProps={{ width: 96 }}
        />
      </Chart>
      <Chart title="Releases and errors" summary={countSummary(points)}>
        <LineChart
          {...shared}
          series={[
            { name: "releases", label: "Releases", color: "indigo.6" },
            { name: "errors", label: "Errors", color: "red.6", strokeDasharray: "5 4" },
          ]}
        />
      </Chart>
    </div>
  );
}

/** A drawing is one image to a screen reader, which says in a sentence what it shows; the table has the figures. */
function Chart({ title, summary, children }: { title: string; summary: string; children: React.ReactNode }) {
  return (
    <Card withBorder padding="sm">
      <Text size="sm" fw={600} mb="xs">
        {title}
      </Text>
      <div role="img" aria-label={`${title}. ${summary}`}>
        {children}
      </div>
    </Card>
  );
}

function latenessSummary(points: Series["points"]): string {
  const latest = points.flatMap(({ lateness_p99_seconds: p99 }) => (p99 === null ? [] : [p99]));
  if (latest.length === 0) return "No releases in this window.";
  return `Highest p99 of a period ${formatSeconds(Math.max(...latest))}, lowest ${formatSeconds(Math.min(...latest))}.`;
}

function countSummary(points: Series["points"]): string {
  const sum = (of: (point: Series["points"][number]) => number) =>
    points.reduce((total, point) => total + of(point), 0);
  return `${sum(({ releases }) => releases)} releases, ${sum(({ errors }) => errors)} errors of functions.`;
}

/** Newest first; periods in which nothing happened say nothing. */
function SeriesTable({ points }: { points: Series["points"] }) {
  const told = points.filter(({ releases, errors }) => releases + errors > 0);
  if (told.length === 0) return <Text size="sm">No releases and no errors in this window.</Text>;
  return (
    <FactTable
      label="Releases, lateness and errors by period"
      records={told.toReversed().map((point) => ({ ...point, id: point.at }))}
      columns={columns}
    />
  );
}

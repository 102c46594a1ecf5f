import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { PlatformUnavailable, reach } from "./platform-services.ts";

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export type Statistic = "Sum" | "SampleCount" | "Maximum" | "p50" | "p99";

export interface Measurement {
  readonly metric: Metric;
  readonly statistic: Statistic;
  /** Seconds of each value; a multiple of 60. */
  readonly periodSeconds: number;
}

/** A value of a period that begins at `atMs`. Periods in which nothing was measured have none. */
export interface MetricPoint {
  readonly atMs: number;
  readonly value: number;
}

/** Oldest first. */
export type MetricSeries = readonly MetricPoint[];

/** Of CloudWatch: measurements of one call. */
const MAX_QUERIES = 500;
/** All points fit on one page of 100,800; CloudWatch may still answer in parts. */
const MAX_PAGES = 5;

export interface Span {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/**
 * Reads measurements, by the name that each is given, in one call of CloudWatch. A name that nothing was measured under
 * has an empty series. Throws `PlatformUnavailable` where CloudWatch can't answer all of it.
 */
export async function readMetrics<Name extends string>(
  client: CloudWatchClient,
  measurements: ReadonlyMap<Name, Measurement>,
  { fromMs, toMs }: Span,
): Promise<Map<Name, MetricSeries>> {
  if (measurements.size > MAX_QUERIES)
    throw new RangeError(`${measurements.size} measurements are more than one call takes`);
  const names = [...measurements.keys()];
  const points = new Map<Name, MetricPoint[]>(names.map((name) => [name, []]));
  let NextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const command = new GetMetricDataCommand({
      MetricDataQueries: [...measurements.values()].map(queryOf),
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      ScanBy: "TimestampAscending",
      NextToken,
    });
    const answer = await reach("CloudWatch", () => client.send(command));
    for (const { Id = "", Timestamps = [], Values = [], StatusCode } of answer.MetricDataResults ?? []) {
      if (StatusCode === "InternalError" || StatusCode === "Forbidden") {
        throw new PlatformUnavailable(`CloudWatch answered ${StatusCode}`);
      }
      const name = names[Number(Id.slice(1))];
      const series = name === undefined ? undefined : points.get(name);
      for (const [index, at] of Timestamps.entries()) series?.push({ atMs: at.getTime(), value: Values[index] ?? 0 });
    }
    NextToken = answer.NextToken;
    if (NextToken === undefined) return points;
  }
  throw new PlatformUnavailable(`CloudWatch has more than ${MAX_PAGES} pages of it`);
}

/** An id of CloudWatch begins with a small letter; the number is the measurement's place. */
function queryOf({ metric, statistic, periodSeconds }: Measurement, index: number): MetricDataQuery {
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: metric.namespace,
        MetricName: metric.name,
        Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodSeconds,
      Stat: statistic,
    },
  };
}

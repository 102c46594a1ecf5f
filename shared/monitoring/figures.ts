import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { MetricName } from "../runtime/metrics.ts";
import type { FailureQueueName } from "./failure-queues.ts";
import { type Measurement, type MetricSeries, readMetrics, type Span, type Statistic } from "./metric-reader.ts";

/** What is measured of a deployment, by names in CloudWatch. */
export interface Measured {
  /** Functions, by name without the deployment's prefix. */
  readonly functions: ReadonlyMap<string, { readonly resourceName: string }>;
  readonly queues: ReadonlyMap<FailureQueueName, { readonly resourceName: string }>;
  /** Of the retry workflow. */
  readonly stateMachineArn: string;
}

export interface LatenessFigures {
  readonly releases: number;
  readonly p50Seconds: number | undefined;
  readonly p99Seconds: number | undefined;
}

export interface FunctionFigures {
  readonly invocations: number;
  readonly errors: number;
  readonly throttles: number;
  readonly durationP99Ms: number | undefined;
}

export interface FigurePoint extends LatenessFigures {
  readonly atMs: number;
  /** Of all functions. */
  readonly errors: number;
}

export interface Figures {
  readonly span: Span;
  readonly lateness: LatenessFigures & { readonly maxSeconds: number | undefined };
  readonly sweeps: { readonly runs: number; readonly healed: number; readonly lastRunMs: number | undefined };
  /** By the function's name without prefix. */
  readonly functions: ReadonlyMap<string, FunctionFigures>;
  readonly counts: {
    readonly circuitOpened: number;
    readonly outcomeUnknown: number;
    readonly failedTerminal: number;
    readonly rejectedEvents: number;
    readonly outOfBandChanges: number;
    /** Executions of the retry workflow that failed or took too long. */
    readonly workflowsFailed: number;
  };
  /** Seconds that the oldest message waits; none where CloudWatch has no word of it yet. */
  readonly oldestAges: ReadonlyMap<FailureQueueName, number | undefined>;
  readonly periodSeconds: number;
  /** Oldest first, without gaps. */
  readonly points: readonly FigurePoint[];
}

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
/** In which the last run and the queues' ages are looked for minute by minute. */
const RECENT_SECONDS = HOUR_SECONDS;
const SWEEP = "sweep-due";

/** Long enough that a chart has at most 168 points, short enough that it has at least 12. */
export function periodFor(hours: number): number {
  if (hours <= 6) return 5 * MINUTE_SECONDS;
  return hours <= 24 ? 15 * MINUTE_SECONDS : HOUR_SECONDS;
}

/** Whole periods, the last of which is still running: CloudWatch's periods begin where the span does. */
export function spanOf(nowMs: number, seconds: number, periodSeconds: number): Span {
  const periodMs = periodSeconds * 1000;
  const toMs = (Math.floor(nowMs / periodMs) + 1) * periodMs;
  return { fromMs: toMs - seconds * 1000, toMs };
}

/** What one call asks for, and what reads its answer. */
class Inquiry {
  readonly measurements = new Map<string, Measurement>();
  readonly #periodSeconds: number;
  #values: ReadonlyMap<string, MetricSeries> = new Map();

  constructor(periodSeconds: number) {
    this.#periodSeconds = periodSeconds;
  }

  /** Gives what reads the series once it is there. */
  add(metric: Measurement["metric"], statistic: Statistic, periodSeconds = this.#periodSeconds): () => MetricSeries {
    const dimensions = Object.values(metric.dimensions).join(",");
    const name = [metric.namespace, metric.name, dimensions, statistic, periodSeconds].join(" ");
    this.measurements.set(name, { metric, statistic, periodSeconds });
    return () => this.#values.get(name) ?? [];
  }

  async read(client: CloudWatchClient, span: Span): Promise<void> {
    this.#values = await readMetrics(client, this.measurements, span);
  }
}

/** The metric of the functions' own counting, all as one service (shared/runtime/metrics.ts). */
function reported(name: MetricName): Measurement["metric"] {
  return { namespace: "Payouts", name, dimensions: { service: "payouts" } };
}

function ofFunction(name: string, { resourceName }: { readonly resourceName: string }): Measurement["metric"] {
  return { namespace: "AWS/Lambda", name, dimensions: { FunctionName: resourceName } };
}

/**
 * Figures of the last hours, in two calls of CloudWatch side by side. Percentiles of the whole span are CloudWatch's own
 * over all values: they can't be worked out from those of its parts. Throws `PlatformUnavailable`.
 */
export async function readFigures(
  client: CloudWatchClient,
  measured: Measured,
  { hours, nowMs }: { readonly hours: number; readonly nowMs: number },
): Promise<Figures> {
  const seconds = hours * HOUR_SECONDS;
  const periodSeconds = periodFor(hours);
  const span = spanOf(nowMs, seconds, periodSeconds);
  const whole = new Inquiry(seconds);
  const recent = new Inquiry(MINUTE_SECONDS);

  const lateness = reported("LatenessSeconds");
  const total = {
    releases: whole.add(lateness, "SampleCount"),
    p50: whole.add(lateness, "p50"),
    p99: whole.add(lateness, "p99"),
    maximum: whole.add(lateness, "Maximum"),
  };
  const byPeriod = {
    releases: whole.add(lateness, "SampleCount", periodSeconds),
    p50: whole.add(lateness, "p50", periodSeconds),
    p99: whole.add(lateness, "p99", periodSeconds),
  };
  const healed = whole.add(reported("SweepHealed"), "Sum");
  const counts = {
    circuitOpened: whole.add(reported("CircuitOpened"), "Sum"),
    outcomeUnknown: whole.add(reported("OutcomeUnknown"), "Sum"),
    failedTerminal: whole.add(reported("FailedTerminal"), "Sum"),
    rejectedEvents: whole.add(reported("RejectedEvent"), "Sum"),
    outOfBandChanges: whole.add(reported("OutOfBandChange"), "Sum"),
  };
  const workflows = ["ExecutionsFailed", "ExecutionsTimedOut"].map((name) =>
    whole.add({ namespace: "AWS/States", name, dimensions: { StateMachineArn: measured.stateMachineArn } }, "Sum"),
  );
  const functions = [...measured.functions].map(([name, target]) => ({
    name,
    invocations: whole.add(ofFunction("Invocations", target), "Sum"),
    errors: whole.add(ofFunction("Errors", target), "Sum", periodSeconds),
    throttles: whole.add(ofFunction("Throttles", target), "Sum"),
    durations: whole.add(ofFunction("Duration", target), "p99"),
  }));
  const sweep = measured.functions.get(SWEEP);
  if (sweep === undefined) throw new Error(`${SWEEP} is not among the functions`);
  const sweepsBy = whole.add(ofFunction("Invocations", sweep), "Sum", periodSeconds);
  const sweepsLately = recent.add(ofFunction("Invocations", sweep), "Sum");
  const ages = [...measured.queues].map(([name, { resourceName }]) => {
    const dimensions = { QueueName: resourceName };
    return [
      name,
      recent.add({ namespace: "AWS/SQS", name: "ApproximateAgeOfOldestMessage", dimensions }, "Maximum"),
    ] as const;
  });

  await Promise.all([whole.read(client, span), recent.read(client, spanOf(nowMs, RECENT_SECONDS, MINUTE_SECONDS))]);

  return {
    span,
    lateness: {
      releases: sumOf(total.releases()),
      p50Seconds: largestOf(total.p50()),
      p99Seconds: largestOf(total.p99()),
      maxSeconds: largestOf(total.maximum()),
    },
    sweeps: {
      runs: sumOf(sweepsBy()),
      healed: sumOf(healed()),
      lastRunMs: lastWithAny(sweepsLately()) ?? lastWithAny(sweepsBy()),
    },
    functions: new Map(
      functions.map(({ name, invocations, errors, throttles, durations }) => [
        name,
        {
          invocations: sumOf(invocations()),
          errors: sumOf(errors()),
          throttles: sumOf(throttles()),
          durationP99Ms: largestOf(durations()),
        },
      ]),
    ),
    counts: {
      circuitOpened: sumOf(counts.circuitOpened()),
      outcomeUnknown: sumOf(counts.outcomeUnknown()),
      failedTerminal: sumOf(counts.failedTerminal()),
      rejectedEvents: sumOf(counts.rejectedEvents()),
      outOfBandChanges: sumOf(counts.outOfBandChanges()),
      workflowsFailed: sumOf(workflows.flatMap((series) => series())),
    },
    oldestAges: new Map(ages.map(([name, series]) => [name, series().at(-1)?.value])),
    periodSeconds,
    points: pointsOf(span, periodSeconds, {
      releases: byPeriod.releases(),
      p50: byPeriod.p50(),
      p99: byPeriod.p99(),
      errors: functions.flatMap(({ errors }) => errors()),
    }),
  };
}

export function sumOf(series: MetricSeries): number {
  return series.reduce((sum, { value }) => sum + value, 0);
}

/** Of a span asked for as one period there is one value; should there be several, the worst of them is told. */
export function largestOf(series: MetricSeries): number | undefined {
  return series.length === 0 ? undefined : Math.max(...series.map(({ value }) => value));
}

function lastWithAny(series: MetricSeries): number | undefined {
  return series.findLast(({ value }) => value > 0)?.atMs;
}

interface PointSeries {
  readonly releases: MetricSeries;
  readonly p50: MetricSeries;
  readonly p99: MetricSeries;
  readonly errors: MetricSeries;
}

/** One point per period of the span, also where nothing was measured. */
export function pointsOf({ fromMs, toMs }: Span, periodSeconds: number, series: PointSeries): readonly FigurePoint[] {
  const periodMs = periodSeconds * 1000;
  const placeOf = (atMs: number) => Math.floor((atMs - fromMs) / periodMs);
  const within = (values: MetricSeries, place: number) => values.filter(({ atMs }) => placeOf(atMs) === place);
  return Array.from({ length: Math.ceil((toMs - fromMs) / periodMs) }, (_, place) => ({
    atMs: fromMs + place * periodMs,
    releases: sumOf(within(series.releases, place)),
    p50Seconds: largestOf(within(series.p50, place)),
    p99Seconds: largestOf(within(series.p99, place)),
    errors: sumOf(within(series.errors, place)),
  }));
}

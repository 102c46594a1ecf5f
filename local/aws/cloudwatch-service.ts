import * as z from "zod";
import type { Authorizer } from "../iam/authorizer.ts";
import {
  type AwsCall,
  AwsError,
  type AwsReply,
  type AwsService,
  json,
  notSupported,
  parseInput,
  requireAccess,
} from "./call.ts";
import { datapointsOf, statisticOf } from "./cloudwatch-statistics.ts";
import type { MetricId, MetricStore, Minutes } from "./cloudwatch-store.ts";
import type { LocalQueues } from "./queues.ts";

const MINUTE_MS = 60_000;
const MAX_QUERIES = 500;
const MAX_DATAPOINTS = 100_800;

const metricSchema = z.strictObject({
  Namespace: z.string().min(1),
  MetricName: z.string().min(1),
  Dimensions: z
    .array(z.strictObject({ Name: z.string().min(1), Value: z.string().min(1) }))
    .max(30)
    .default([]),
});
const querySchema = z.strictObject({
  Id: z.string().regex(/^[a-z]\w{0,254}$/),
  Label: z.string().optional(),
  ReturnData: z.boolean().default(true),
  MetricStat: z.strictObject({
    Metric: metricSchema,
    Period: z.int().positive().multipleOf(60),
    Stat: z.string(),
    Unit: z.string().optional(),
  }),
});
const getSchema = z.strictObject({
  MetricDataQueries: z.array(querySchema).min(1).max(MAX_QUERIES),
  /** Seconds since the epoch. */
  StartTime: z.number(),
  EndTime: z.number(),
  ScanBy: z.enum(["TimestampAscending", "TimestampDescending"]).default("TimestampDescending"),
});
type Query = z.infer<typeof querySchema>;

export interface CloudWatchOptions {
  readonly authorizer: Authorizer;
  readonly metrics: MetricStore;
  readonly queues: LocalQueues;
  readonly context: { readonly clock: { now(): number } };
}

/**
 * CloudWatch: GetMetricData for single metrics, with periods of whole minutes. Metric math, Insights queries, pages and
 * units are not emulated and refused by name.
 */
export function createCloudWatchService({ authorizer, metrics, queues, context }: CloudWatchOptions): AwsService {
  function getMetricData(call: AwsCall): AwsReply {
    const { MetricDataQueries: queries, StartTime, EndTime, ScanBy } = parseInput(call, getSchema);
    requireAccess(authorizer, call, { action: "cloudwatch:GetMetricData", resource: "*" });
    if (StartTime >= EndTime) throw invalid("The parameter StartTime must be less than the parameter EndTime.");
    if (new Set(queries.map(({ Id }) => Id)).size < queries.length) {
      throw invalid("The values for parameter id in the MetricDataQueries list are not unique.");
    }
    const fromMs = Math.floor((StartTime * 1000) / MINUTE_MS) * MINUTE_MS;
    const results = queries
      .filter(({ ReturnData }) => ReturnData)
      .map((query) => resultOf(query, { fromMs, toMs: EndTime * 1000, ascending: ScanBy === "TimestampAscending" }));
    const points = results.reduce((sum, { Values }) => sum + Values.length, 0);
    if (points > MAX_DATAPOINTS)
      throw invalid(`the local cloud answers on one page: ${points} data points are too many`);
    return json({ MetricDataResults: results, Messages: [] });
  }

  function resultOf(
    { Id, Label, MetricStat: { Metric, Period, Stat, Unit } }: Query,
    span: { fromMs: number; toMs: number; ascending: boolean },
  ) {
    const statistic = statisticOf(Stat);
    if (statistic === undefined) throw invalid(`The value ${Stat} for parameter Stat is not supported.`);
    if (Unit !== undefined) throw invalid("the local cloud keeps no units: leave Unit out");
    const dimensions = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
    const metric = { namespace: Metric.Namespace, name: Metric.MetricName, dimensions };
    const minutes = gaugeOf(metric, span) ?? metrics.read(metric, span.fromMs, span.toMs);
    const points = [...datapointsOf(minutes, { fromMs: span.fromMs, periodMs: Period * 1000, statistic })];
    if (!span.ascending) points.reverse();
    return {
      Id,
      Label: Label ?? Metric.MetricName,
      Timestamps: points.map(({ atMs }) => atMs / 1000),
      Values: points.map(({ value }) => value),
      StatusCode: "Complete",
    };
  }

  /** What SQS reports of a queue each minute is looked up as it is now: there is no history of it. */
  function gaugeOf(
    { namespace, name, dimensions }: MetricId,
    span: { fromMs: number; toMs: number },
  ): Minutes | undefined {
    if (namespace !== "AWS/SQS") return undefined;
    const queue = queues.all().find((one) => one.name === dimensions.QueueName);
    const now = context.clock.now();
    if (queue === undefined || now < span.fromMs || now >= span.toMs) return new Map();
    const value = gauges[name]?.(queues, queue.arn, now);
    if (value === undefined) throw invalid(`the local cloud doesn't measure ${name} of queues`);
    return new Map([[Math.floor(now / MINUTE_MS) * MINUTE_MS, [{ value, count: 1 }]]]);
  }

  return (call) => {
    if (call.operation !== "GetMetricData") throw notSupported(call);
    return getMetricData(call);
  };
}

const gauges: Readonly<Record<string, (queues: LocalQueues, arn: string, nowMs: number) => number>> = {
  ApproximateAgeOfOldestMessage: (queues, arn, nowMs) => {
    const oldestMs = queues.oldestSentMs(arn);
    return oldestMs === undefined ? 0 : Math.floor((nowMs - oldestMs) / 1000);
  },
  ApproximateNumberOfMessagesVisible: (queues, arn) => queues.depth(arn).visible,
  ApproximateNumberOfMessagesNotVisible: (queues, arn) => queues.depth(arn).inFlight,
  ApproximateNumberOfMessagesDelayed: (queues, arn) => queues.depth(arn).delayed,
};

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

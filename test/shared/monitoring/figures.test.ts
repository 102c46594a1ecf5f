import {
  CloudWatchClient,
  CloudWatchServiceException,
  GetMetricDataCommand,
  type GetMetricDataInput,
} from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { periodFor, pointsOf, readFigures, spanOf, sumOf } from "../../../shared/monitoring/figures.ts";
import { readMetrics } from "../../../shared/monitoring/metric-reader.ts";
import { PlatformUnavailable } from "../../../shared/monitoring/platform-services.ts";

const cloudWatch = mockClient(CloudWatchClient);
const client = new CloudWatchClient({ region: "us-east-1" });
beforeEach(() => cloudWatch.reset());

const NOW = Date.parse("2026-11-21T09:07:30.000Z");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const names = ["sweep-due", "release-due"];
const named = (name: string) => ({ resourceName: `payouts-prod-${name}` });
const measured = {
  functions: new Map(names.map((name) => [name, named(name)])),
  queues: new Map([["rejected-events" as const, named("rejected-events")]]),
  stateMachineArn: "arn:machine",
};

interface Asked {
  readonly metric: string;
  readonly of: string;
  readonly stat: string;
  readonly period: number;
}

/** Answers each measurement with what is known of it: instants and values. */
function answers(known: (asked: Asked) => readonly (readonly [at: string, value: number])[] | undefined): Asked[] {
  const asked: Asked[] = [];
  cloudWatch.on(GetMetricDataCommand).callsFake(({ MetricDataQueries = [] }: GetMetricDataInput) => ({
    MetricDataResults: MetricDataQueries.map(({ Id, MetricStat }) => {
      const of = MetricStat?.Metric?.Dimensions?.[0]?.Value ?? "";
      const { Period: period = 0, Stat: stat = "" } = MetricStat ?? {};
      const one = { metric: MetricStat?.Metric?.MetricName ?? "", of, stat, period };
      asked.push(one);
      const points = known(one) ?? [];
      return { Id, Timestamps: points.map(([at]) => new Date(at)), Values: points.map(([, value]) => value) };
    }),
  }));
  return asked;
}
const callInputs = () => cloudWatch.commandCalls(GetMetricDataCommand).map(({ args }) => args[0].input);

describe("the span of the figures", () => {
  it("is made of whole periods, the last of which holds now", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 168 }), fc.integer({ min: 1e12, max: 4e12 }), (hours, nowMs) => {
        const period = periodFor(hours);
        const { fromMs, toMs } = spanOf(nowMs, hours * 3_600, period);
        expect([fromMs % (period * 1000), toMs % (period * 1000), toMs - fromMs]).toEqual([0, 0, hours * HOUR_MS]);
        expect(nowMs < toMs && nowMs >= toMs - period * 1000).toBe(true);
        const points = (hours * 3_600) / period;
        expect(Number.isInteger(points) && points >= 12 && points <= 168).toBe(true);
      }),
    );
  });

  it("is asked of CloudWatch in two calls, for the whole and for the last hour by the minute", async () => {
    answers(() => []);
    await readFigures(client, measured, { hours: 24, nowMs: NOW });
    expect(callInputs()).toMatchObject([
      { StartTime: new Date("2026-11-20T09:15:00Z"), EndTime: new Date("2026-11-21T09:15:00Z") },
      { StartTime: new Date("2026-11-21T08:08:00Z"), EndTime: new Date("2026-11-21T09:08:00Z") },
    ]);
  });
});

describe("figures", () => {
  it("of a deployment in which nothing has happened are none, with a point for each period", async () => {
    answers(() => []);
    const figures = await readFigures(client, measured, { hours: 1, nowMs: NOW });
    expect(figures.lateness).toEqual({
      releases: 0,
      p50Seconds: undefined,
      p99Seconds: undefined,
      maxSeconds: undefined,
    });
    expect(figures.sweeps).toEqual({ runs: 0, healed: 0, lastRunMs: undefined });
    expect([...figures.functions.keys()]).toEqual(names);
    expect(figures.points).toHaveLength(12);
    expect(
      figures.points.every(({ releases, p99Seconds, errors }) => releases + errors === 0 && p99Seconds === undefined),
    ).toBe(true);
  });

  it("take percentiles of the whole span from CloudWatch, and sum what can be summed", async () => {
    const at = "2026-11-21T08:10:00Z";
    answers(({ metric, of, stat, period }) => {
      if (metric === "LatenessSeconds") {
        const whole = { SampleCount: 40, p50: 1, p99: 58, Maximum: 61 }[stat] ?? 0;
        const part = { SampleCount: 10, p50: 2, p99: 9 }[stat] ?? 0;
        return period === 3_600
          ? [[at, whole]]
          : [
              ["2026-11-21T08:20:00Z", part],
              ["2026-11-21T09:05:00Z", 3],
            ];
      }
      if (metric === "Errors" && of.endsWith("release-due"))
        return [
          ["2026-11-21T08:20:00Z", 2],
          ["2026-11-21T08:25:00Z", 1],
        ];
      if (metric === "Errors") return [["2026-11-21T08:20:00Z", 5]];
      if (metric === "Invocations" && stat === "Sum") return [[at, 12]];
      if (metric === "Duration") return [[at, 431.5]];
      if (metric === "SweepHealed") return [[at, 4]];
      if (metric === "ExecutionsFailed") return [[at, 1]];
      if (metric === "ExecutionsTimedOut") return [[at, 2]];
      if (metric === "CircuitOpened") return [[at, 3]];
      return [];
    });
    const figures = await readFigures(client, measured, { hours: 1, nowMs: NOW });
    expect(figures.lateness).toEqual({ releases: 40, p50Seconds: 1, p99Seconds: 58, maxSeconds: 61 });
    expect(figures.functions.get("release-due")).toEqual({
      invocations: 12,
      errors: 3,
      throttles: 0,
      durationP99Ms: 431.5,
    });
    expect(figures.counts).toMatchObject({ circuitOpened: 3, workflowsFailed: 3, rejectedEvents: 0 });
    expect(figures.sweeps.healed).toBe(4);
    const point = (iso: string) => figures.points.find(({ atMs }) => atMs === Date.parse(iso));
    expect(point("2026-11-21T08:20:00Z")).toMatchObject({ releases: 10, p50Seconds: 2, p99Seconds: 9, errors: 7 });
    expect(point("2026-11-21T08:25:00Z")).toMatchObject({ releases: 0, p50Seconds: undefined, errors: 1 });
    expect(point("2026-11-21T09:05:00Z")).toMatchObject({ releases: 3 });
  });

  it("tell the sweep's last run to the minute, or to the period where it is longer ago", async () => {
    const recent = [
      ["2026-11-21T09:01:00Z", 1],
      ["2026-11-21T09:06:00Z", 1],
      ["2026-11-21T09:07:00Z", 0],
    ] as const;
    const earlier = [["2026-11-21T05:00:00Z", 3]] as const;
    const sweeps = async (lately: boolean) => {
      answers(({ metric, period }) =>
        metric !== "Invocations" ? [] : period === 60 ? (lately ? recent : []) : earlier,
      );
      const {
        sweeps: { lastRunMs },
      } = await readFigures(client, measured, { hours: 24, nowMs: NOW });
      return new Date(lastRunMs ?? 0).toISOString();
    };
    expect(await sweeps(true)).toBe("2026-11-21T09:06:00.000Z");
    expect(await sweeps(false)).toBe("2026-11-21T05:00:00.000Z");
  });

  it("tell the newest age of a queue's oldest message", async () => {
    answers(({ metric, of }) =>
      metric === "ApproximateAgeOfOldestMessage" && of === "payouts-prod-rejected-events"
        ? [
            ["2026-11-21T09:00:00Z", 900],
            ["2026-11-21T09:05:00Z", 30],
          ]
        : [],
    );
    const { oldestAges } = await readFigures(client, measured, { hours: 1, nowMs: NOW });
    expect(oldestAges.get("rejected-events")).toBe(30);
  });

  it("lose nothing between the points", () => {
    const span = { fromMs: 0, toMs: HOUR_MS };
    const instants = fc.array(fc.record({ atMs: fc.nat(HOUR_MS - 1), value: fc.nat(1_000) }));
    fc.assert(
      fc.property(instants, instants, (releases, errors) => {
        const points = pointsOf(span, 300, { releases, p50: [], p99: [], errors });
        const total = (of: "releases" | "errors") => points.reduce((sum, point) => sum + point[of], 0);
        expect([total("releases"), total("errors")]).toEqual([sumOf(releases), sumOf(errors)]);
      }),
    );
  });
});

describe("reading metrics", () => {
  const metric = { namespace: "Payouts", name: "SweepHealed", dimensions: { service: "payouts" } };
  const measurements = new Map([["healed", { metric, statistic: "Sum" as const, periodSeconds: 60 }]]);
  const span = { fromMs: 0, toMs: HOUR_MS };
  const read = () => readMetrics(client, measurements, span);
  const part = (second: number, value: number) => ({
    Id: "m0",
    Timestamps: [new Date(second * 1000)],
    Values: [value],
  });

  it("puts an answer in parts together", async () => {
    cloudWatch
      .on(GetMetricDataCommand)
      .resolvesOnce({ MetricDataResults: [{ ...part(60, 1), StatusCode: "PartialData" }], NextToken: "more" })
      .resolves({ MetricDataResults: [part(120, 2)] });
    expect((await read()).get("healed")).toEqual([
      { atMs: 60_000, value: 1 },
      { atMs: 120_000, value: 2 },
    ]);
    expect(callInputs().map(({ NextToken }) => NextToken)).toEqual([undefined, "more"]);
  });

  it.each([
    ["has no end", { MetricDataResults: [], NextToken: "more" }],
    ["is an internal error", { MetricDataResults: [{ ...part(60, 1), StatusCode: "InternalError" as const }] }],
  ])("fails where the answer %s", async (_what, answer) => {
    cloudWatch.on(GetMetricDataCommand).resolves(answer);
    await expect(read()).rejects.toThrow(PlatformUnavailable);
    expect(callInputs().length).toBeLessThanOrEqual(5);
  });

  it("tells an outage from a mistake", async () => {
    const error = (name: string, $fault: "client" | "server") =>
      new CloudWatchServiceException({ name, $fault, $metadata: {}, message: "no" });
    for (const outage of [error("Throttling", "client"), error("InternalServiceFault", "server"), new Error("reset")]) {
      cloudWatch.on(GetMetricDataCommand).rejects(outage);
      await expect(read()).rejects.toThrow(PlatformUnavailable);
    }
    cloudWatch.on(GetMetricDataCommand).rejects(error("AccessDenied", "client"));
    await expect(read()).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("refuses more measurements than one call takes, before it asks", async () => {
    const many = new Map(
      Array.from({ length: 501 }, (_, n) => [`m${n}`, { metric, statistic: "Sum" as const, periodSeconds: 60 }]),
    );
    await expect(readMetrics(client, many, span)).rejects.toThrow(RangeError);
    expect(callInputs()).toEqual([]);
  });
});

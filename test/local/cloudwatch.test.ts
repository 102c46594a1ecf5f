import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudWatchClient,
  GetMetricDataCommand,
  type GetMetricDataInput,
  type MetricDataQuery,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Stack } from "aws-cdk-lib/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datapointsOf, statisticOf } from "../../local/aws/cloudwatch-statistics.ts";
import { createMetricStore, type Sample } from "../../local/aws/cloudwatch-store.ts";
import { openHostDatabase } from "../../local/database.ts";
import { createLineReader, embeddedMetrics } from "../../local/lambda/embedded-metrics.ts";
import { type RunningAws, startAws } from "./aws-fixture.ts";
import { synthesize } from "./template-fixture.ts";

const assembly = synthesize((app) => {
  const stack = new Stack(app, "Watched");
  const fn = (id: string) =>
    new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: lambda.Code.fromInline("exports.handler = async () => 1"),
    });
  fn("Watcher").addToRolePolicy(new iam.PolicyStatement({ actions: ["cloudwatch:GetMetricData"], resources: ["*"] }));
  fn("Stranger");
  new sqs.Queue(stack, "Queue", { queueName: "failures" });
});

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
let aws: RunningAws;
let client: CloudWatchClient;
let queues: SQSClient;
let series = 0;

beforeAll(async () => {
  aws = await startAws(assembly, { store: false });
  client = new CloudWatchClient(aws.clientFor("Watcher"));
  queues = new SQSClient(aws.clientFor());
});
afterAll(() => aws.stop());

/** A metric that no other test has, measured at instants relative to a full hour. */
function measured(values: readonly (readonly [atMs: number, value: number])[]) {
  series += 1;
  const metric = { namespace: "Test", name: `m${series}`, dimensions: { service: "s" } };
  const hourMs = Math.floor(aws.clock.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
  for (const [atMs, value] of values) aws.metrics.put({ ...metric, value, atMs: hourMs + atMs });
  const Metric = { Namespace: "Test", MetricName: metric.name, Dimensions: [{ Name: "service", Value: "s" }] };
  const query = (Stat: string, Period: number, Id = "a"): MetricDataQuery => ({
    Id,
    MetricStat: { Metric, Period, Stat },
  });
  return { hourMs, query };
}

async function get(hourMs: number, queries: MetricDataQuery[], more: Partial<GetMetricDataInput> = {}) {
  const command = new GetMetricDataCommand({
    MetricDataQueries: queries,
    StartTime: new Date(hourMs),
    EndTime: new Date(hourMs + HOUR_MS),
    ScanBy: "TimestampAscending",
    ...more,
  });
  const { MetricDataResults = [] } = await client.send(command);
  return MetricDataResults.map(({ Id, StatusCode, Timestamps = [], Values = [] }) => ({
    Id,
    StatusCode,
    points: Timestamps.map((at, index) => [at.getTime() - hourMs, Values[index]]),
  }));
}

describe("GetMetricData", () => {
  it("gives each statistic of each period in which anything was measured, by the start of the period", async () => {
    const { hourMs, query } = measured([
      [0, 4],
      [MINUTE_MS, 1],
      [4 * MINUTE_MS + 59_999, 1],
      [10 * MINUTE_MS, 7],
    ]);
    const statistics = ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50", "p99"];
    const results = await get(
      hourMs,
      statistics.map((Stat, index) => query(Stat, 300, `q${index}`)),
    );
    expect(results.map(({ points }) => points)).toEqual(
      [3, 6, 2, 1, 4, 1, 4].map((first, index) => [
        [0, first],
        [10 * MINUTE_MS, statistics[index] === "SampleCount" ? 1 : 7],
      ]),
    );
    expect(results.every(({ StatusCode }) => StatusCode === "Complete")).toBe(true);
  });

  it("counts periods from the start that is asked for, rounded down to the minute; the end is exclusive", async () => {
    const { hourMs, query } = measured([0, 7, 8, 12].map((minute) => [minute * MINUTE_MS, 1] as const));
    const [result] = await get(hourMs, [query("Sum", 300)], {
      StartTime: new Date(hourMs + 7 * MINUTE_MS + 31_000),
      EndTime: new Date(hourMs + 12 * MINUTE_MS),
    });
    expect(result?.points).toEqual([[7 * MINUTE_MS, 2]]);
  });

  it("gives the newest first unless told otherwise, and the whole span as one period", async () => {
    const { hourMs, query } = measured([
      [0, 1],
      [20 * MINUTE_MS, 2],
    ]);
    const [minutes, whole] = await get(hourMs, [query("Sum", 60), query("p50", 3_600, "b")], {
      ScanBy: "TimestampDescending",
    });
    expect([minutes?.points, whole?.points]).toEqual([
      [
        [20 * MINUTE_MS, 2],
        [0, 1],
      ],
      [[0, 1]],
    ]);
  });

  it("has no points for a metric that nobody measured, or with other dimensions", async () => {
    const { hourMs, query } = measured([[0, 1]]);
    const stat = query("Sum", 60).MetricStat;
    const other = { ...stat, Metric: { ...stat?.Metric, Dimensions: [] }, Period: 60, Stat: "Sum" };
    const results = await get(hourMs, [{ Id: "a", MetricStat: other }, query("Sum", 60, "b")]);
    expect(results.map(({ points }) => points.length)).toEqual([0, 1]);
  });

  it("answers whoever has the grant, and nobody else", async () => {
    const { hourMs, query } = measured([[0, 1]]);
    const stranger = new CloudWatchClient(aws.clientFor("Stranger"));
    const command = new GetMetricDataCommand({
      MetricDataQueries: [query("Sum", 60)],
      StartTime: new Date(hourMs),
      EndTime: new Date(hourMs + HOUR_MS),
    });
    await expect(stranger.send(command)).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("cloudwatch:GetMetricData"),
    });
    await expect(new CloudWatchClient(aws.clientFor()).send(command)).resolves.toBeDefined();
  });

  it("refuses by name what it doesn't know", async () => {
    const { hourMs, query } = measured([]);
    const stat = query("Sum", 60).MetricStat;
    for (const [queries, message] of [
      [[query("tm90", 60)], /tm90/],
      [[query("Sum", 90)], /Period/],
      [[{ Id: "A", MetricStat: stat }], /Id/],
      [[query("Sum", 60), query("Sum", 60)], /not unique/],
      [[{ Id: "a", Expression: "m1 + m2" }], /MetricStat|Expression/],
    ] as const) {
      await expect(get(hourMs, [...queries])).rejects.toThrow(message);
    }
    await expect(get(hourMs, [query("Sum", 60)], { EndTime: new Date(hourMs) })).rejects.toThrow(/StartTime/);
    await expect(get(hourMs, [query("Sum", 60)], { NextToken: "more" })).rejects.toThrow(/NextToken/);
    const put = new PutMetricDataCommand({ Namespace: "Test", MetricData: [{ MetricName: "m", Value: 1 }] });
    await expect(new CloudWatchClient(aws.clientFor()).send(put)).rejects.toThrow(/cloudwatch:PutMetricData/);
  });

  it("fails as it is told to", async () => {
    const { hourMs, query } = measured([]);
    for (const [error, name] of [
      ["throttle", "ThrottlingException"],
      ["internal", "InternalServiceFault"],
    ] as const) {
      aws.faults.add({ service: "cloudwatch", operation: "GetMetricData", error });
      await expect(get(hourMs, [query("Sum", 60)])).rejects.toMatchObject({ name });
    }
  });
});

describe("a queue's figures", () => {
  const ageOf = async (name: string, QueueName = "failures") => {
    const Metric = { Namespace: "AWS/SQS", MetricName: name, Dimensions: [{ Name: "QueueName", Value: QueueName }] };
    const now = aws.clock.now();
    const command = new GetMetricDataCommand({
      MetricDataQueries: [{ Id: "a", MetricStat: { Metric, Period: 60, Stat: "Maximum" } }],
      StartTime: new Date(now - HOUR_MS),
      EndTime: new Date(now + MINUTE_MS),
    });
    return (await client.send(command)).MetricDataResults?.[0]?.Values;
  };

  it("are those of now", async () => {
    expect(await ageOf("ApproximateAgeOfOldestMessage")).toEqual([0]);
    const { QueueUrl } = await queues.send(new GetQueueUrlCommand({ QueueName: "failures" }));
    await queues.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    await aws.clock.advanceTo(aws.clock.now() + 90_000, async () => undefined);
    await queues.send(new SendMessageCommand({ QueueUrl, MessageBody: "two" }));
    expect((await ageOf("ApproximateAgeOfOldestMessage"))?.[0]).toBeGreaterThanOrEqual(90);
    expect(await ageOf("ApproximateNumberOfMessagesVisible")).toEqual([2]);
    expect(await ageOf("ApproximateAgeOfOldestMessage", "another")).toEqual([]);
    await expect(ageOf("NumberOfMessagesSent")).rejects.toThrow(/NumberOfMessagesSent/);
  });
});

describe("ChangeMessageVisibilityBatch", () => {
  it("shows messages again, and says of each whose receipt is not good", async () => {
    const { QueueUrl } = await queues.send(new GetQueueUrlCommand({ QueueName: "failures" }));
    const received: Message[] = [];
    for (;;) {
      const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) break;
      received.push(...Messages);
    }
    expect(received.length).toBeGreaterThan(0);
    const entry = (Id: string, ReceiptHandle: string | undefined) => ({ Id, ReceiptHandle, VisibilityTimeout: 0 });
    const Entries = [
      ...received.map(({ ReceiptHandle }, index) => entry(`${index}`, ReceiptHandle)),
      entry("x", "none"),
    ];
    const answer = await queues.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    expect(answer.Successful).toHaveLength(received.length);
    expect(answer.Failed).toMatchObject([{ Id: "x", Code: "ReceiptHandleIsInvalid", SenderFault: true }]);
    expect(aws.queues.depth(aws.queues.find("failures")?.arn ?? "").visible).toBe(received.length);
  });

  it.each([
    ["nothing", 0, "EmptyBatchRequest"],
    ["eleven", 11, "TooManyEntriesInBatchRequest"],
  ])("refuses %s", async (_what, count, name) => {
    const { QueueUrl } = await queues.send(new GetQueueUrlCommand({ QueueName: "failures" }));
    const Entries = Array.from({ length: count }, (_, n) => ({ Id: `${n}`, ReceiptHandle: "h", VisibilityTimeout: 0 }));
    await expect(queues.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }))).rejects.toMatchObject({
      name,
    });
  });
});

describe("percentiles", () => {
  const values = fc.array(fc.record({ value: fc.integer(), count: fc.integer({ min: 1, max: 50 }) }), { minLength: 1 });

  it("are values that were measured, in order, from the smallest to the largest", () => {
    fc.assert(
      fc.property(values, (measurements) => {
        const of = (name: string) => statisticOf(name)?.(measurements) ?? Number.NaN;
        const found = ["p0", "p10", "p50", "p99", "p99.9", "p100"].map(of);
        expect(found.every((one) => measurements.some(({ value }) => value === one))).toBe(true);
        expect(found).toEqual(found.toSorted((a, b) => a - b));
        expect([found[0], found.at(-1)]).toEqual([of("Minimum"), of("Maximum")]);
      }),
    );
  });

  it("are no more than those of so many percent of the values", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => ({ value: index + 1, count: 1 }));
    expect(["p50", "p99", "p99.9"].map((name) => statisticOf(name)?.(hundred))).toEqual([50, 99, 100]);
  });

  it("of other kinds are not known", () => {
    for (const name of ["p101", "p", "tm90", "TM(10%:90%)", "IQM", "sum"]) expect(statisticOf(name)).toBeUndefined();
  });

  it("lose no minute between the periods", () => {
    const minutes = fc.uniqueArray(fc.nat(10_000), { minLength: 1 });
    fc.assert(
      fc.property(minutes, fc.integer({ min: 1, max: 500 }), (starts, periodMinutes) => {
        const sorted = starts.toSorted((a, b) => a - b);
        const sample = new Map(sorted.map((minute) => [minute * MINUTE_MS, [{ value: 1, count: 1 }]] as const));
        const statistic = statisticOf("Sum") ?? (() => Number.NaN);
        const points = datapointsOf(sample, { fromMs: 0, periodMs: periodMinutes * MINUTE_MS, statistic });
        expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(starts.length);
        expect(points.every(({ atMs }) => atMs % (periodMinutes * MINUTE_MS) === 0)).toBe(true);
      }),
    );
  });
});

describe("kept metrics", () => {
  const metric = { namespace: "N", name: "m", dimensions: { b: "2", a: "1" } };

  function open(dataDir: string, now: () => number) {
    const db = openHostDatabase(dataDir);
    const clock = { now } as RunningAws["clock"];
    return { db, store: createMetricStore({ db, clock, log: () => undefined }) };
  }

  it("are there after a restart, whatever the order of their dimensions", () => {
    const dataDir = mkdtempSync(join(tmpdir(), "payouts-metrics-"));
    try {
      const first = open(dataDir, () => HOUR_MS);
      for (const value of [2, 2, 0.123456]) first.store.put({ ...metric, value, atMs: HOUR_MS + 5 });
      first.store.stop();
      first.store.put({ ...metric, value: 9, atMs: HOUR_MS });
      first.db.close();
      const second = open(dataDir, () => HOUR_MS);
      const found = second.store.read({ ...metric, dimensions: { a: "1", b: "2" } }, HOUR_MS, HOUR_MS + MINUTE_MS);
      second.db.close();
      expect([...found]).toEqual([
        [
          HOUR_MS,
          [
            { value: 0.123, count: 1 },
            { value: 2, count: 2 },
          ],
        ],
      ]);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it("are forgotten after fifteen days of the clock", () => {
    const dataDir = mkdtempSync(join(tmpdir(), "payouts-metrics-"));
    let now = 0;
    const { db, store } = open(dataDir, () => now);
    try {
      store.put({ ...metric, value: 1, atMs: 0 });
      expect(store.read(metric, 0, MINUTE_MS).size).toBe(1);
      now = 15 * 24 * HOUR_MS + MINUTE_MS;
      expect(store.read(metric, 0, MINUTE_MS).size).toBe(0);
    } finally {
      db.close();
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe("metrics in a function's log", () => {
  const line = (patch: object = {}) =>
    JSON.stringify({
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          { Namespace: "Payouts", Dimensions: [["service"], []], Metrics: [{ Name: "Late", Unit: "Seconds" }] },
        ],
      },
      service: "payouts",
      Late: [3, 4],
      ...patch,
    });

  it("count once for each value and each set of dimensions", () => {
    const sample = (value: number, dimensions: Sample["dimensions"]) => ({
      ...{ namespace: "Payouts", name: "Late", dimensions, value, atMs: 1_000 },
    });
    expect(embeddedMetrics(line())).toEqual([
      sample(3, { service: "payouts" }),
      sample(4, { service: "payouts" }),
      sample(3, {}),
      sample(4, {}),
    ]);
    expect(embeddedMetrics(line({ Late: 1 }))).toHaveLength(2);
  });

  it.each([
    ["a plain line", "swept"],
    ["another log line", '{"level":"INFO","message":"\\"_aws\\""}'],
    ["a line that is cut off", line().slice(0, -2)],
    ["a metric without its value", line({ Late: undefined })],
    ["a value that is no number", line({ Late: "3" })],
  ])("are none in %s", (_what, text) => {
    expect(embeddedMetrics(text)).toEqual([]);
  });

  it("are found wherever the chunks of the output end", () => {
    const text = Buffer.from(`über\n${line()}\nrest`, "utf8");
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const lines: string[] = [];
        const read = createLineReader((one) => lines.push(one));
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (const [index, from] of places.slice(0, -1).entries()) read(text.subarray(from, places[index + 1]));
        expect(lines).toEqual(["über", line()]);
      }),
    );
  });
});

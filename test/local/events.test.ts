import { afterEach, beforeEach, expect, test } from "vitest";
import { createEventBus, type LocalEventBus } from "../../local/events/bus.ts";
import { compilePattern } from "../../local/events/pattern.ts";
import { compileTargetInput } from "../../local/events/target-input.ts";
import type { RuleModel, RuleTargetModel } from "../../local/template/model.ts";
import { createFixtureHost, eventually, type FixtureHost } from "./cloud-fixture.ts";

const target: RuleTargetModel = {
  id: "t",
  arn: "arn:aws:lambda:us-east-1:000000000000:function:consumer",
  retry: { maximumRetryAttempts: 2, maximumEventAgeSeconds: 3600 },
};

test.each([
  [{ a: ["x"] }, { a: "x" }, true],
  [{ a: ["x", "y"] }, { a: ["z", "y"] }, true],
  [{ a: ["x"] }, {}, false],
  [{ a: [null] }, { a: null }, true],
  [{ a: [1] }, { a: "1" }, false],
  [{ a: { b: [true] } }, { a: { b: true } }, true],
  [{ a: { b: ["x"] } }, { a: [{ b: "y" }, { b: "x" }] }, true],
  [{ a: [{ prefix: "hold." }] }, { a: "hold.released" }, true],
  [{ a: [{ prefix: { "equals-ignore-case": "HOLD." } }] }, { a: "hold.released" }, true],
  [{ a: [{ suffix: ".due" }] }, { a: "hold.released" }, false],
  [{ a: [{ "equals-ignore-case": "ABC" }] }, { a: "abc" }, true],
  [{ a: [{ wildcard: "escrow.*.due" }] }, { a: "escrow.hold.due" }, true],
  [{ a: [{ wildcard: "a\\*b" }] }, { a: "axb" }, false],
  [{ a: [{ "anything-but": ["x", "y"] }] }, { a: "z" }, true],
  [{ a: [{ "anything-but": "x" }] }, { a: "x" }, false],
  [{ a: [{ "anything-but": "x" }] }, {}, false],
  [{ a: [{ "anything-but": { prefix: ["x", "y"] } }] }, { a: "yes" }, false],
  [{ a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 5 }, true],
  [{ a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 6 }, false],
  [{ a: [{ exists: false }] }, { b: 1 }, true],
  [{ a: { b: [{ exists: false }] } }, {}, true],
  [{ a: [{ exists: true }] }, { a: null }, true],
  [{ $or: [{ a: ["x"] }, { b: ["y"] }], c: ["z"] }, { b: "y", c: "z" }, true],
  [{ $or: [{ a: ["x"] }, { b: ["y"] }], c: ["z"] }, { c: "z" }, false],
])("pattern %j on %j gives %s", (pattern, event, expected) => {
  expect(compilePattern(pattern)(event)).toBe(expected);
});

test.each([
  [{ a: [{ cidr: "10.0.0.0/8" }] }, "cidr is not known"],
  [{ a: "x" }, "list of values"],
  [{ a: [] }, "empty list"],
  [{ a: [{ numeric: ["~", 1] }] }, "~"],
])("pattern %j is refused at load", (pattern, message) => {
  expect(() => compilePattern(pattern)).toThrow(message);
});

test("a target's input is the event, a part, a constant, or made from a template", () => {
  const event = { id: "1", detail: { holdId: "eh_1", amount: 5, note: 'a "b"' } };
  const build = (spec: Partial<RuleTargetModel>) => JSON.parse(compileTargetInput({ ...target, ...spec })(event));
  const transformer = (template: string) =>
    build({
      inputTransformer: {
        paths: { hold: "$.detail.holdId", amount: "$.detail.amount", note: "$.detail.note" },
        template,
      },
    });

  expect(build({})).toEqual(event);
  expect(build({ inputPath: "$.detail" })).toEqual(event.detail);
  expect(build({ input: '{"sweep":true}' })).toEqual({ sweep: true });
  expect(transformer('{"hold":<hold>,"amount":<amount>,"text":"of <hold>: <note>"}')).toEqual({
    hold: "eh_1",
    amount: 5,
    text: 'of eh_1: a "b"',
  });
  expect(() => transformer('{"x":<other>}')).toThrow("<other>");
});

let host: FixtureHost;
let invoked: { payload: string }[];
let dead: { body: string; attributes: Readonly<Record<string, string>> | undefined }[];
let broken: boolean;
let bus: LocalEventBus;

beforeEach(() => {
  host = createFixtureHost();
  invoked = [];
  dead = [];
  broken = false;
  bus = create({ pattern: { source: ["test"] } });
});

afterEach(async () => {
  await bus.stop();
  host.remove();
});

function create(rule: Partial<RuleModel>): LocalEventBus {
  const created = createEventBus({
    context: host,
    account: "000000000000",
    region: "us-east-1",
    rules: [
      {
        stack: "S",
        logicalId: "R",
        name: "rule",
        arn: "arn:aws:events:us-east-1:000000000000:rule/bus/rule",
        busName: "bus",
        enabled: true,
        targets: [{ ...target, deadLetterArn: "arn:aws:sqs:us-east-1:000000000000:dead" }],
        ...rule,
      },
    ],
    functions: {
      invoke: async (_name, payload) => {
        if (broken) throw new Error("down");
        invoked.push({ payload });
        return { statusCode: 202, payload: "" };
      },
    },
    workflows: { start: () => ({ executionArn: "", startedAtMs: 0 }), describe: () => undefined },
    queues: {
      send: (_arn, body, attributes) => {
        dead.push({ body, attributes });
        return { messageId: "m" };
      },
    },
  });
  return created;
}

const entry = (n: number) => ({
  busName: "bus",
  source: "test",
  detailType: "thing.happened",
  detail: JSON.stringify({ n }),
});

test("an event reaches the targets of matching rules in EventBridge's envelope", async () => {
  bus.start();
  const [put] = bus.put([entry(1), { ...entry(2), source: "other" }, { ...entry(3), busName: "else" }]);
  await eventually(() => bus.pending() === 0);

  expect(invoked).toHaveLength(1);
  expect(JSON.parse(invoked[0]?.payload ?? "")).toEqual({
    version: "0",
    id: put?.eventId,
    "detail-type": "thing.happened",
    source: "test",
    account: "000000000000",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: "us-east-1",
    resources: [],
    detail: { n: 1 },
  });
});

test("what was put before the host died is delivered after", async () => {
  bus.put([entry(1)]);
  expect(invoked).toHaveLength(0);

  bus = create({ pattern: { source: ["test"] } });
  bus.start();
  await eventually(() => invoked.length === 1);
});

test("a failing target is retried on the clock, then dead-lettered with the reason", async () => {
  broken = true;
  bus.start();
  bus.put([entry(1)]);
  for (let retry = 0; retry < 2; retry++) {
    await eventually(() => bus.pending() === 0 && bus.waiting() === 1);
    await host.move(10_000);
  }
  await eventually(() => dead.length === 1);

  expect(dead[0]?.attributes).toMatchObject({ ERROR_MESSAGE: "down", TARGET_ARN: target.arn, RETRY_ATTEMPTS: "2" });
});

test("faults duplicate, shuffle and delay", async () => {
  bus.start();
  bus.addFault({ duplicates: 2, count: 1 });
  bus.addFault({ detailType: "thing.happened", shuffle: true });
  bus.put([entry(1), entry(2)]);
  await eventually(() => bus.pending() === 0);
  expect(invoked.map(({ payload }) => JSON.parse(payload).detail.n).sort()).toEqual([1, 1, 1, 2]);

  bus.clearFaults();
  bus.addFault({ delaySeconds: 90 });
  bus.put([entry(3)]);
  expect(bus.waiting()).toBe(1);
  await host.move(90_000);
  await eventually(() => invoked.length === 5);
});

test("a rate rule ticks with the clock; cron is refused at load", async () => {
  await bus.stop();
  bus = create({ scheduleExpression: "rate(5 minutes)" });
  bus.start();
  await host.move(300_000);
  await eventually(() => invoked.length === 1);

  expect(JSON.parse(invoked[0]?.payload ?? "")).toMatchObject({
    source: "aws.events",
    "detail-type": "Scheduled Event",
    detail: {},
  });
  expect(() => create({ scheduleExpression: "cron(0 2 * * ? *)" })).toThrow("not emulated");
});

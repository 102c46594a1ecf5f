import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { monitoringOperations } from "../../../../shared/api/contract/monitoring.ts";
import { createMonitoringHandlers } from "../../../../shared/api/handlers/monitoring.ts";
import type { DeadLetter, DeadLetterQueue, ReceiveOptions } from "../../../../shared/monitoring/dead-letters.ts";
import type { Figures } from "../../../../shared/monitoring/figures.ts";
import { readKept } from "../../../../shared/monitoring/kept-message.ts";
import { PlatformUnavailable } from "../../../../shared/monitoring/platform-services.ts";
import { logger } from "../../../../shared/runtime/logger.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import { createRequests, type Request } from "../../../support/requests.ts";
import { createTestWorld, ORG, type TestWorld } from "../../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;
/** What was done to the outside, in order. */
let deeds: string[];
let letters: DeadLetter[];
let bus: "takes" | "refuses";
let removal: "works" | "fails";
let read: number[];
let received: ReceiveOptions[];

beforeAll(async () => {
  logger.setLogLevel("SILENT");
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  [deeds, letters, read, received] = [[], [], [], []];
  [bus, removal] = ["takes", "works"];
});

const nothing = { releases: 0, p50Seconds: undefined, p99Seconds: undefined };
const figures: Figures = {
  span: { fromMs: 0, toMs: 3_600_000 },
  lateness: { ...nothing, maxSeconds: undefined },
  sweeps: { runs: 0, healed: 0, lastRunMs: undefined },
  functions: new Map(),
  counts: {
    ...{ circuitOpened: 0, outcomeUnknown: 0, failedTerminal: 0 },
    ...{ rejectedEvents: 0, outOfBandChanges: 0, workflowsFailed: 0 },
  },
  oldestAges: new Map([["rejected-events", 90]]),
  periodSeconds: 300,
  points: [{ atMs: 0, errors: 0, ...nothing }],
};

function letter(id: string, body: unknown = eventOf(id), more: Partial<DeadLetter> = {}): DeadLetter {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const common = { id, receiptHandle: `h-${id}`, sentMs: 0, receiveCount: 1 };
  return { ...common, body: text, kept: readKept(text), ...more };
}
const eventOf = (id: string) => ({ source: "placements", "detail-type": id, detail: { organization_id: "globex" } });

const queue: DeadLetterQueue = {
  messages: async () => letters.length,
  async receive(options) {
    received.push(options);
    return new Map(letters.map((one) => [one.id, one]));
  },
  async giveBack(some) {
    if (some.length > 0) deeds.push(`give back ${some.map(({ id }) => id).join(" ")}`);
  },
  async remove({ id }) {
    deeds.push(`remove ${id}`);
    if (removal === "fails") throw new PlatformUnavailable("SQS can't be reached");
  },
};

function ask(operationId: keyof typeof monitoringOperations, request: Request = {}) {
  const { store, clock } = world;
  const handlers = createMonitoringHandlers({
    world: { store, now: clock.now, random: () => 0, sleep: async () => undefined },
    readFigures: async (hours) => {
      read.push(hours);
      return figures;
    },
    queueOf: () => queue,
    redrive: async ({ detailType }) => {
      deeds.push(`publish ${detailType}`);
      if (bus === "refuses") throw new PlatformUnavailable("the bus doesn't take it");
    },
    vigilance: {
      redriven: async ({ entityId }, detail) => {
        deeds.push(`record ${entityId} ${detail}`);
      },
    },
    resourceName: (name) => `payouts-prod-${name}`,
  });
  return createRequests({
    ...{ operations: monitoringOperations, handlers, store, now: clock.now },
    ...{ organizationId: ORG, operatorOrganization: ORG },
  })(operationId, { role: "admin", ...request });
}
const REJECTED = "rejected-events";
const redrive = (body: object, key?: string) =>
  ask("redriveDeadLetters", { body: { queue: REJECTED, ...body }, ...(key === undefined ? {} : { key }) });

describe("a redrive", () => {
  it("is on record before the bus gets the event, and the message goes after that", async () => {
    letters = [letter("a"), letter("b")];
    const { results, summary } = await redrive({});
    expect(summary).toEqual({ succeeded: 2, failed: 0 });
    expect(results[0]).toEqual({
      ...{ id: "a", ok: true },
      result: { source: "placements", detail_type: "a", organization_id: "globex" },
    });
    expect(deeds).toEqual(
      ["a", "b"].flatMap((id) => [
        `record ${id} ${REJECTED}: placements ${id} of globex`,
        `publish ${id}`,
        `remove ${id}`,
      ]),
    );
  });

  it("of chosen messages gives the others back, and says which were not found", async () => {
    letters = [letter("a"), letter("b"), letter("c")];
    const { results } = await redrive({ ids: ["b", "x"] });
    expect(results).toMatchObject([
      { id: "b", ok: true },
      { id: "x", ok: false, problem: { code: "not_found" } },
    ]);
    expect(deeds.slice(1)).toEqual(["publish b", "remove b", "give back a c"]);
    expect(received[0]?.wanted).toEqual(new Set(["b", "x"]));
  });

  it("leaves what holds no event", async () => {
    letters = [letter("a", "not JSON"), letter("b")];
    const { results } = await redrive({});
    expect(results[0]).toMatchObject({ ok: false, problem: { code: "dead_letter_not_redrivable" } });
    expect(deeds.at(-1)).toBe("give back a");
  });

  it("that the bus refuses removes nothing, and doesn't try the bus for each of the others", async () => {
    letters = [letter("a"), letter("b"), letter("c")];
    bus = "refuses";
    const { results } = await redrive({});
    expect(results.map(({ problem }: { problem: { code: string } }) => problem.code)).toEqual(
      Array(3).fill("platform_unavailable"),
    );
    expect(deeds.slice(1)).toEqual(["publish a", "give back a b c"]);
  });

  it("is done though the message can't be removed, and a repetition does nothing", async () => {
    letters = [letter("a")];
    removal = "fails";
    const first = await redrive({ ids: ["a"] }, "key");
    expect(first.summary).toEqual({ succeeded: 1, failed: 0 });
    deeds.length = 0;
    expect(await redrive({ ids: ["a"] }, "key")).toEqual(first);
    expect(deeds).toEqual(["give back a"]);
  });

  it("takes a hundred messages at the most, and gives the rest back", async () => {
    letters = Array.from({ length: 105 }, (_, n) => letter(`m${n}`));
    const { summary } = await redrive({});
    expect(summary).toEqual({ succeeded: 100, failed: 0 });
    expect(deeds.at(-1)).toBe("give back m100 m101 m102 m103 m104");
  });

  it("of a queue that holds none touches nothing", async () => {
    expect(await redrive({ queue: "sweep-due-failures" })).toMatchObject({ code: "dead_letter_not_redrivable" });
    expect([deeds, received]).toEqual([[], []]);
  });
});

describe("a look at dead letters", () => {
  const look = (name = REJECTED) => ask("listDeadLetters", { query: `queue=${name}` });

  it("shows the oldest first, gives all back, and removes none", async () => {
    letters = [letter("b", undefined, { sentMs: 2_000 }), letter("a", undefined, { sentMs: 1_000 })];
    const { data } = await look();
    expect(data).toMatchObject({ queue: REJECTED, messages: 2, dead_letters: [{ id: "a" }, { id: "b" }] });
    expect(deeds).toEqual(["give back b a"]);
  });

  it("cuts long messages, and says so", async () => {
    letters = [letter("a", "x".repeat(8_001)), letter("b", "x".repeat(8_000))];
    const { data } = await look();
    const cut = data.dead_letters.map(({ body, body_truncated }: { body: string; body_truncated: boolean }) => [
      ...[body.length, body_truncated],
    ]);
    expect(cut).toEqual([
      [8_000, true],
      [8_000, false],
    ]);
  });

  it("says of each why it can't go back: for what it is, or for the queue it is in", async () => {
    letters = [letter("a", "not JSON"), letter("b")];
    const [unreadable, event] = (await look()).data.dead_letters;
    expect(unreadable).toMatchObject({
      kind: "unreadable",
      redrivable: false,
      not_redrivable_reason: "it is not JSON",
    });
    expect(event).toMatchObject({ redrivable: true, not_redrivable_reason: null, detail_type: "b" });
    const [, inOther] = (await look("sweep-due-failures")).data.dead_letters;
    expect(inOther).toMatchObject({ redrivable: false, not_redrivable_reason: expect.stringContaining("next run") });
  });

  it("is answered even where the messages can't be given back", async () => {
    letters = [letter("a")];
    const { giveBack } = queue;
    queue.giveBack = () => Promise.reject(new PlatformUnavailable("SQS can't be reached"));
    expect((await look()).data.dead_letters).toHaveLength(1);
    queue.giveBack = giveBack;
  });
});

describe("the figures", () => {
  it("show an age only of queues that hold something", async () => {
    const ages = async () =>
      (await ask("getMonitoring")).data.queues.map((one: { oldest_age_seconds: unknown }) => one.oldest_age_seconds);
    expect(new Set(await ages())).toEqual(new Set([null]));
    letters = [letter("a")];
    expect((await ages()).filter((age: unknown) => age !== null)).toEqual([90]);
  });

  it("are those of a day unless told, and of a week at the most", async () => {
    await ask("getMonitoring");
    await ask("getMonitoring", { query: "hours=168" });
    expect(read).toEqual([24, 168]);
    for (const query of ["hours=0", "hours=169", "hours=1.5", "hours=all"]) {
      expect(await ask("getMonitoring", { query })).toMatchObject({ code: "invalid_request", field: "hours" });
    }
  });
});

it("what CloudWatch said is remembered for 30 seconds, by span", async () => {
  const { store, clock } = world;
  const handlers = createMonitoringHandlers({
    world: { store, now: clock.now, random: () => 0, sleep: async () => undefined },
    readFigures: async (hours) => {
      read.push(hours);
      return figures;
    },
    queueOf: () => queue,
    redrive: async () => undefined,
    vigilance: { redriven: async () => undefined },
    resourceName: (name) => name,
  });
  const asking = createRequests({
    ...{ operations: monitoringOperations, handlers, store, now: clock.now },
    ...{ organizationId: ORG, operatorOrganization: ORG },
  });
  const first = await asking("getMonitoring");
  clock.advance(29_999);
  expect(await asking("getMonitoring")).toEqual(first);
  await asking("getMonitoring", { query: "hours=6" });
  expect(read).toEqual([24, 6]);
  clock.advance(1);
  await asking("getMonitoring");
  expect(read).toEqual([24, 6, 24]);
});

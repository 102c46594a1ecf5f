import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLambdaRuntime, type LambdaRuntime } from "../../local/lambda/runtime.ts";
import type { EventInvokeConfigModel, FunctionModel } from "../../local/template/model.ts";
import { createFixtureHost, eventually, type FixtureHost } from "./cloud-fixture.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:failed";
const CODE = `
console.log("loaded");
let count = 0;
exports.handler = async (event, context) => {
  count++;
  if (event.fail) throw Object.assign(new Error("no"), { name: event.fail });
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs));
  if (event.exit) process.exit(3);
  return { count, now: Date.now(), year: new Date().getFullYear(), same: new Date() instanceof Date,
    env: process.env, name: context.functionName, left: context.getRemainingTimeInMillis() };
};`;

let host: FixtureHost;
let runtime: LambdaRuntime;
let keys: number;
let sent: { arn: string; body: string; attributes?: Readonly<Record<string, string>> | undefined }[];

beforeEach(() => {
  host = createFixtureHost();
  runtime = start();
});

afterEach(async () => {
  await runtime.stop(0);
  host.remove();
});

function start(config: Partial<EventInvokeConfigModel> = {}, spec: Partial<FunctionModel> = {}): LambdaRuntime {
  sent = [];
  keys = 0;
  const directory = join(host.dataDir, "asset");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "index.js"), CODE);
  // As in a project of modules: a bundle below it is CommonJS all the same.
  writeFileSync(join(host.dataDir, "package.json"), '{"type":"module"}');
  const origin = { stack: "S", logicalId: "F" };
  const created = createLambdaRuntime({
    context: host,
    dataDir: host.dataDir,
    functions: [
      {
        ...origin,
        name: "echo",
        arn: "arn:aws:lambda:us-east-1:000000000000:function:echo",
        code: { directory },
        handler: "index.handler",
        memoryMb: 256,
        timeoutSeconds: 1,
        environment: { TABLE: "t" },
        roleArn: "",
        ...spec,
      },
    ],
    eventInvokeConfigs: [
      {
        ...origin,
        functionName: "echo",
        maximumRetryAttempts: 2,
        maximumEventAgeSeconds: 3600,
        onFailureArn: QUEUE,
        ...config,
      },
    ],
    endpointUrl: () => "http://127.0.0.1:1",
    newAccessKey: (name) => ({ accessKeyId: `AK${name}${++keys}`, secretAccessKey: "s" }),
    sendToDestination: (arn, body, attributes) => void sent.push({ arn, body, attributes }),
  });
  created.start();
  return created;
}

async function call(event: object) {
  const result = await runtime.invoke("echo", JSON.stringify(event), "RequestResponse");
  return { ...result, body: JSON.parse(result.payload) };
}

test("a function runs with the template's environment only, in one warm sandbox", async () => {
  await call({});
  const { body, functionError } = await call({});

  expect(functionError).toBeUndefined();
  expect(body).toMatchObject({ count: 2, name: "echo", same: true });
  expect(body.left).toBeLessThanOrEqual(1000);
  expect(body.env).toMatchObject({ TABLE: "t", AWS_ACCESS_KEY_ID: "AKecho1", AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
  expect(body.env).not.toHaveProperty("HOME");
  await eventually(() => readFileSync(join(host.dataDir, "logs", "echo.log"), "utf8").includes("loaded"));
});

test("dates in a sandbox follow the clock, also while it is warm", async () => {
  await call({});
  await host.move(400 * 86_400_000);

  const { body } = await call({});

  expect(Math.abs(body.now - host.clock.now())).toBeLessThan(2000);
  expect(body.year).toBe(new Date(host.clock.now()).getFullYear());
});

test("an error keeps its name, a time-out and a dead sandbox are told apart, and the next call works", async () => {
  expect(await call({ fail: "HoldAlreadyReleased" })).toMatchObject({
    functionError: "Unhandled",
    body: { errorType: "HoldAlreadyReleased", errorMessage: "no" },
  });
  const late = await call({ sleepMs: 3000 });
  expect(late.body.errorType).toBe("Sandbox.Timedout");
  expect(late.body.errorMessage).toContain("Task timed out after 1.00 seconds");
  expect((await call({ exit: true })).body.errorType).toBe("Runtime.ExitError");
  expect((await call({})).body.count).toBe(1);
});

test("a killed worker fails the invocation in flight", async () => {
  const inFlight = call({ sleepMs: 900 });
  await eventually(() => runtime.figures().echo?.invocations === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));

  expect(runtime.killWorker("AKecho1")).toBe(1);

  expect((await inFlight).body.errorType).toBe("Runtime.ExitError");
});

test("calls beyond the reserved concurrency wait for their turn", async () => {
  await runtime.stop(0);
  runtime = start({}, { reservedConcurrency: 1 });

  const results = await Promise.all([call({}), call({}), call({})]);

  expect(results.map(({ body }) => body.count).sort()).toEqual([1, 2, 3]);
  expect(runtime.figures().echo?.coldStarts).toBe(1);
});

test("an event is tried three times, then recorded at its failure destination", async () => {
  await runtime.invoke("echo", '{"fail":"Broken"}', "Event");
  await eventually(() => runtime.pending() === 0);
  expect(runtime.waiting()).toBe(1);
  await host.move(60_000);
  await eventually(() => runtime.pending() === 0);
  await host.move(120_000);
  await eventually(() => sent.length === 1);

  expect(runtime.figures().echo?.invocations).toBe(3);
  expect(sent[0]?.arn).toBe(QUEUE);
  expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({
    version: "1.0",
    requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 3 },
    requestPayload: { fail: "Broken" },
    responseContext: { functionError: "Unhandled" },
    responsePayload: { errorType: "Broken" },
  });
});

test("an accepted event survives the end of the host", async () => {
  await runtime.stop(0);
  const before = start();
  await before.stop(0);
  await before.invoke("echo", "{}", "Event");

  runtime = start();

  await eventually(() => runtime.figures().echo?.invocations === 1 && runtime.pending() === 0);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Endpoints, type LocalCloud, startLocalCloud } from "../../local/cloud.ts";
import { synthesizeSmallApp } from "./cloud-app.ts";

// Several hosts start one after the other here, beside the other tests on the same processors.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let granted: string;
let ungranted: string;
let dataDir: string;
let cloud: LocalCloud | undefined;

beforeAll(() => {
  granted = synthesizeSmallApp({ granted: true });
  ungranted = synthesizeSmallApp({ granted: false });
});

afterAll(() => {
  for (const directory of [granted, ungranted]) rmSync(directory, { recursive: true, force: true });
});

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "local-cloud-"));
});

afterEach(async () => {
  await cloud?.stop();
  cloud = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

const start = ({ directory = granted, fresh = false } = {}) =>
  startLocalCloud({
    dataDir,
    fresh,
    ports: { aws: 0 },
    assembly: async () => ({ directory, secretValues: {} }),
  });

async function publish(endpoints: Endpoints, ...ids: string[]): Promise<void> {
  const bus = new EventBridgeClient({
    endpoint: endpoints.aws,
    region: "us-east-1",
    credentials: { accessKeyId: "me", secretAccessKey: "me" },
  });
  const Entries = ids.map((id) => ({
    EventBusName: "small",
    Source: "test",
    DetailType: "thing.made",
    Detail: JSON.stringify({ id }),
  }));
  await bus.send(new PutEventsCommand({ Entries }));
  bus.destroy();
}

async function things(endpoints: Endpoints): Promise<Record<string, number>> {
  const state = (await (await fetch(`${endpoints.local}/state`)).json()) as {
    entities: { thing?: Record<string, number> };
  };
  return state.entities.thing ?? {};
}

test("an event goes by bus, function, table and stream, and settling waits for all of it", async () => {
  cloud = await start();
  await publish(cloud.endpoints, "a", "b", "a");
  await cloud.settle();

  expect(await things(cloud.endpoints)).toEqual({ seen: 2 });
  expect(cloud.functions.figures()["record-thing"]).toMatchObject({ invocations: 3, errors: 0 });

  const [url] = Object.values(cloud.endpoints.urls);
  const answer = await fetch(`${url}/hook`, { method: "POST", body: "x", headers: { "content-type": "text/plain" } });
  expect(await answer.text()).toBe("/hook x");
});

test("functions killed in the middle, duplicates and redelivered batches change nothing in the end", async () => {
  cloud = await start();
  cloud.faults.aws.add({ service: "dynamodb", operation: "PutItem", effect: "kill", at: "after", count: 1 });
  cloud.faults.bus.add({ duplicates: 1, shuffle: true });
  cloud.faults.streams.add({ redeliver: true });
  await publish(cloud.endpoints, "a", "b", "c");
  await cloud.settle();
  expect(cloud.functions.waiting()).toBe(1);

  await cloud.advanceTo(cloud.clock.now() + 120_000);

  expect(cloud.functions.waiting()).toBe(0);
  expect(cloud.functions.figures()["record-thing"]?.errors).toBe(1);
  expect(Object.values(await things(cloud.endpoints)).reduce((sum, count) => sum + count, 0)).toBe(3);
});

test("what was accepted before the host was killed is done by the next one", async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "cloud-process.ts"), dataDir, granted], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  const endpoints = JSON.parse(String(line)) as Endpoints;
  await expect(start()).rejects.toThrow("already runs");
  await publish(endpoints, "a", "b", "c", "d");
  child.kill("SIGKILL");
  await once(child, "exit");

  cloud = await start();
  await cloud.settle();

  expect(await things(cloud.endpoints)).toEqual({ seen: 4 });
});

test("a missing grant stops the start, naming it, and leaves nothing behind", async () => {
  await expect(start({ directory: ungranted })).rejects.toThrow(/not authorized to perform: dynamodb:GetRecords/);
  expect(existsSync(join(dataDir, "host.pid"))).toBe(false);

  cloud = await start();
  await publish(cloud.endpoints, "a");
  await cloud.settle();
  await cloud.stop();
  cloud = await start({ fresh: true });
  expect(await things(cloud.endpoints)).toEqual({});
});

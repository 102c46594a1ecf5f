import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createVirtualClock } from "../../local/clock.ts";
import type { VirtualClock } from "../../local/contracts.ts";
import { busFaultInput } from "../../local/controls/control-inputs.ts";
import { startControls } from "../../local/controls/control-server.ts";
import { lockDataDirectory } from "../../local/controls/host-lock.ts";
import { createSettle } from "../../local/controls/settle.ts";
import type { LocalServer } from "../../local/http/local-server.ts";
import { createTokenIssuer } from "../../local/http/token-issuer.ts";
import { createFixtureHost, type FixtureHost } from "./cloud-fixture.ts";

let host: FixtureHost;
let clock: VirtualClock;
let server: LocalServer;
let faults: unknown[];
let pending: number;

beforeEach(async () => {
  host = createFixtureHost();
  faults = [];
  pending = 0;
  clock = createVirtualClock({ db: host.db, onError: () => {} });
  const pages: Record<string, object[]> = {
    main: [
      { entity: { S: "hold" }, status: { S: "active" } },
      { entity: { S: "hold" }, status: { S: "active" } },
      { pk: { S: "counter" } },
    ],
    audit: [
      { pk: { S: "b" }, sk: { S: "1" } },
      { pk: { S: "a" }, sk: { S: "2" }, amount: { N: "5" }, tags: { L: [{ S: "x" }, { NULL: true }] } },
      { pk: { S: "a" }, sk: { S: "1" } },
    ],
  };
  server = await startControls({
    port: 0,
    clock,
    issuer: await createTokenIssuer({
      dataDir: host.dataDir,
      clock,
      issuer: "https://i.example.test",
      audience: ["a"],
    }),
    forward: async (_target, body) => ({
      status: 200,
      body: JSON.stringify({ Items: pages[JSON.parse(body).TableName] }),
    }),
    mainTable: "main",
    auditTable: "audit",
    settle: createSettle({ busy: { work: { pending: () => pending } }, look: () => {} }),
    faults: {
      bus: {
        add: (rule) => faults.push(busFaultInput.parse(rule)),
        clear: () => {
          faults = [];
        },
      },
    },
    figures: () => ({ queues: {} }),
    meter: { read: () => [], reset: () => {} },
  });
});

afterEach(async () => {
  await server.stop();
  clock.close();
  host.remove();
});

async function call(method: string, path: string, body?: unknown) {
  const init =
    body === undefined ? { method } : { method, body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await fetch(server.url + path, init);
  const text = await response.text();
  return { status: response.status, text, json: () => JSON.parse(text) };
}

test("the clock moves by a duration or to an instant, firing what falls due", async () => {
  const before = clock.now();
  let firedAt = 0;
  clock.setTimer("t", before + 86_400_000, () => {
    firedAt = clock.now();
  });

  const moved = await call("POST", "/clock", { advance: "P90D" });

  expect(moved.json()).toMatchObject({ fired: 1 });
  expect(firedAt - before).toBeLessThan(86_401_000);
  expect(Date.parse((await call("GET", "/clock")).json().now) - before).toBeGreaterThanOrEqual(90 * 86_400_000 - 1);
});

test.each([
  ["/clock", "{", "", "JSON"],
  ["/clock", { advance: "soon" }, "advance", "P90D"],
  ["/clock", { advance: "-P1D" }, "advance", "go back"],
  ["/clock", { to: "2020-01-01T00:00:00Z" }, "to", "go back"],
  ["/clock", { to: "9999-01-01T00:00:00Z" }, "to", "ten years"],
  ["/clock", {}, "", ""],
  ["/token", { role: "admin" }, "sub", ""],
  ["/token", { sub: "u", other: 1 }, "other", ""],
  ["/faults", { moon: {} }, "moon", "bus"],
  ["/faults", { bus: { duplicates: 0 } }, "bus.duplicates", ""],
])("POST %s with %j is refused, naming the field", async (path, body, field, message) => {
  const answer = await call("POST", path, body);

  expect(answer.status).toBe(400);
  if (field !== "") expect(answer.json().field).toBe(field);
  expect(answer.json().error).toContain(message);
});

test("faults are switched by part, and cleared", async () => {
  await call("POST", "/faults", { bus: [{ duplicates: 2 }, { shuffle: true, count: 3 }] });
  expect(faults).toEqual([{ duplicates: 2 }, { shuffle: true, count: 3 }]);
  await call("POST", "/faults/clear");
  expect(faults).toEqual([]);
});

test("tokens are issued, and their key is published", async () => {
  const { access_token } = (await call("POST", "/token", { sub: "u1", role: "admin", organizationId: "org_1" })).json();
  const claims = JSON.parse(Buffer.from(access_token.split(".")[1], "base64url").toString());
  expect(claims).toMatchObject({
    sub: "u1",
    role: "admin",
    organizationId: "org_1",
    iss: "https://i.example.test",
    aud: "a",
  });
  const { keys } = (await call("GET", "/.well-known/jwks.json")).json();
  expect(Object.keys(keys[0]).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
});

test("state is counted by entity and status; the audit table is exported in order as plain documents", async () => {
  expect((await call("GET", "/state")).json()).toMatchObject({
    entities: { hold: { active: 2 }, "-": { "-": 1 } },
    queues: {},
  });
  expect(
    (await call("GET", "/audit/export")).text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { pk: "a", sk: "1" },
    { pk: "a", sk: "2", amount: 5, tags: ["x", null] },
    { pk: "b", sk: "1" },
  ]);
});

test("settled waits until nothing is pending", async () => {
  pending = 1;
  let isSettled = false;
  const settled = call("GET", "/settled").then((answer) => {
    isSettled = true;
    return answer;
  });
  await call("GET", "/clock");
  expect(isSettled).toBe(false);
  pending = 0;
  expect((await settled).json()).toMatchObject({ settled: true });
});

test("a data directory has one living host; a dead one's lock is taken over", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "lock-"));
  const release = lockDataDirectory(dataDir);
  expect(() => lockDataDirectory(dataDir)).toThrow("already runs");
  release();

  writeFileSync(join(dataDir, "host.pid"), JSON.stringify({ pid: process.pid, startedAt: "1" }));
  const again = lockDataDirectory(dataDir);
  expect(JSON.parse(readFileSync(join(dataDir, "host.pid"), "utf8")).startedAt).not.toBe("1");
  again();
  rmSync(dataDir, { recursive: true });
});

test("pages of this machine can read what time it is from any answer", async () => {
  await clock.advanceTo(clock.now() + 90 * 24 * 60 * 60 * 1000, async () => {});
  const { headers } = await fetch(`${server.url}/clock`, { headers: { origin: "http://127.0.0.1:5173" } });
  expect(headers.get("access-control-expose-headers")).toBe("date");
  expect(Math.abs(Date.parse(headers.get("date") ?? "") - clock.now())).toBeLessThan(5_000);
});

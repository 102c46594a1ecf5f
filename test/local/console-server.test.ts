import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contentSecurityPolicy, isolationHeaders, securityHeaders } from "../../infra/console-headers.ts";
import { readEndpoints } from "../../local/client.ts";
import { localConfiguration } from "../../local/console/configuration.ts";
import { type ConsoleServer, startConsoleServer } from "../../local/console/console-server.ts";
import { listen } from "../../local/http/local-server.ts";
import { startTestCloud } from "../support/cloud.ts";

const PAGE = "<!doctype html><title>Payouts</title>";
const SCRIPT = `console.log(${JSON.stringify("payout ".repeat(300))});`;
const configuration = localConfiguration({ api: "http://127.0.0.1:4569", local: "http://127.0.0.1:4567" });

let folder: string;
let app: string;
let server: ConsoleServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "console-"));
  app = join(folder, "built");
  mkdirSync(join(app, "assets"), { recursive: true });
  const script = join(app, "assets", "app-1a2b.js");
  writeFileSync(join(app, "index.html"), PAGE);
  writeFileSync(join(app, "icon.svg"), "<svg/>");
  writeFileSync(join(app, ".inputs.json"), "{}");
  writeFileSync(script, SCRIPT);
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT));
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT));
  writeFileSync(join(folder, "secret.txt"), "secret");
  server = await start({ port: 0 });
  server.configure(configuration);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const start = (options: { port: number; app?: string; progress?: (line: string) => void }) =>
  startConsoleServer({ dataDir: join(folder, "data"), app, progress: () => {}, ...options });

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As given, byte for byte: `fetch` would mend the path and unpack the body. */
function ask(path: string, { method = "GET", headers = {} } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = httpRequest(server.url, { path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asking.once("error", reject).end();
  });
}

describe("a path within the console", () => {
  it.each(["/", "/payouts", "/payees/j.doe?tab=holds", "/signed-in?code=1", "/index.html"])(
    "%s is answered with the page, which is asked for each time",
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect([status, body.toString()]).toEqual([200, PAGE]);
      expect(headers).toMatchObject({ "cache-control": "no-cache", "content-type": "text/html;charset=utf-8" });
    },
  );

  it.each(["/assets/gone-9z9z.js", "/assets/gone", "/gone.js", "/.inputs.json"])(
    "%s is a file that isn't there, and not the page",
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect(status).toBe(404);
      expect(body.toString()).not.toContain("<");
      expect(headers["cache-control"]).toBe("no-cache");
    },
  );

  it.each(["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/assets/%2e%2e%2f%2e%2e%2fsecret.txt"])(
    "%s leads out of it and is refused",
    async (path) => {
      const { status, body } = await ask(path);
      expect(status).toBe(404);
      expect(body.toString()).not.toContain("secret");
    },
  );
});

describe("a hashed file", () => {
  it.each([
    ["br", brotliDecompressSync, "gzip, deflate, br"],
    ["gzip", gunzipSync, "gzip"],
  ])("comes as %s where the browser takes it", async (encoding, unpack, accepted) => {
    const { headers, body } = await ask("/assets/app-1a2b.js", { headers: { "accept-encoding": accepted } });
    expect(headers).toMatchObject({
      "content-encoding": encoding,
      "content-type": "text/javascript",
      vary: "Accept-Encoding",
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect(unpack(body).toString()).toBe(SCRIPT);
  });

  it("comes as it is otherwise", async () => {
    const { headers, body } = await ask("/assets/app-1a2b.js");
    expect(headers["content-encoding"]).toBeUndefined();
    expect(body.toString()).toBe(SCRIPT);
  });

  it("isn't sent again to who has it", async () => {
    const { headers } = await ask("/icon.svg");
    const again = await ask("/icon.svg", { headers: { "if-none-match": String(headers.etag) } });
    expect([again.status, again.headers["cache-control"], again.body.length]).toEqual([304, "no-cache", 0]);
  });
});

it("tells the console where everything is", async () => {
  const { headers, body } = await ask("/config.json");
  expect(headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-cache" });
  expect(JSON.parse(body.toString())).toEqual({
    api: "http://127.0.0.1:4569",
    auth: { kind: "local", controls: "http://127.0.0.1:4567" },
  });
});

it.each(["/", "/config.json", "/assets/app-1a2b.js", "/gone.js"])(
  "%s has the headers of the distribution",
  async (path) => {
    const policy = contentSecurityPolicy(["http://127.0.0.1:4569", "http://127.0.0.1:4567"]);
    const { headers } = await ask(path);
    expect(headers).toMatchObject({ ...securityHeaders, ...isolationHeaders, "content-security-policy": policy });
  },
);

it("takes reading only", async () => {
  expect(await ask("/", { method: "POST" })).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  expect(await ask("/", { method: "HEAD" })).toMatchObject({ status: 200, body: Buffer.alloc(0) });
});

it("is served by the local cloud on request, and its API takes its calls", async () => {
  const cloud = await startTestCloud({ console: { port: 0, app } });
  try {
    const { console: site = "", api = "", local } = cloud.local.endpoints;
    expect(readEndpoints(cloud.dataDir)?.console).toBe(site);
    expect(await (await fetch(`${site}/payouts`)).text()).toBe(PAGE);
    expect(await (await fetch(`${site}/config.json`)).json()).toEqual(localConfiguration({ api, local }));
    const allowedOrigin = async (origin: string) =>
      (await fetch(`${api}/v2/health`, { headers: { origin } })).headers.get("access-control-allow-origin");
    expect(await allowedOrigin(site)).toBe(site);
    expect(await allowedOrigin("http://127.0.0.1:1")).toBeNull();
  } finally {
    await cloud.stop();
  }
});

it("isn't served by a local cloud that wasn't asked to", async () => {
  const cloud = await startTestCloud();
  try {
    expect(cloud.local.endpoints).not.toHaveProperty("console");
  } finally {
    await cloud.stop();
  }
});

it("goes on with the files that it started with when another build takes their place", async () => {
  rmSync(join(app, "assets"), { recursive: true });
  expect((await ask("/assets/app-1a2b.js")).body.toString()).toBe(SCRIPT);
});

it("has requests wait until the addresses are known", async () => {
  const late = await startConsoleServer({ dataDir: join(folder, "late"), port: 0, app, progress: () => {} });
  try {
    let hasAnswered = false;
    const answer = fetch(late.url).then((response) => {
      hasAnswered = true;
      return response.text();
    });
    await fetch(server.url);
    expect(hasAnswered).toBe(false);
    late.configure(configuration);
    expect(await answer).toBe(PAGE);
  } finally {
    await late.stop();
  }
});

it("says why it has nothing to serve, to the terminal and to the browser", async () => {
  const lines: string[] = [];
  const broken = await startConsoleServer({
    dataDir: join(folder, "broken"),
    port: 0,
    app: join(folder, "nowhere"),
    progress: (line) => lines.push(line),
  });
  try {
    broken.configure(configuration);
    const answer = await fetch(broken.url);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("nowhere");
    expect(lines).toEqual([expect.stringContaining("nowhere")]);
  } finally {
    await broken.stop();
  }
});

it("names the ways out when its port is taken", async () => {
  const other = createServer();
  const port = await listen(other, 0);
  await expect(start({ port })).rejects.toThrow(
    `port ${port} is taken by another program: --console-port N serves the console elsewhere, --no-console not at all`,
  );
  await new Promise((resolve) => other.close(resolve));
});

/** Serves the admin console on this machine. It listens at once and answers when the app is built. */
import { cp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { ConsoleConfig } from "../../console/src/session/config.ts";
import { consoleBuild, ensureConsoleBuilt, isConsoleBuilt } from "../../infra/console-build.ts";
import { listen } from "../http/local-server.ts";
import { originsOf } from "./configuration.ts";
import { createSite, type Site } from "./static-site.ts";

export interface ConsoleServerOptions {
  /** Where the files that are served are kept; a build that comes later doesn't touch them. */
  readonly dataDir: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Folder of a built app; without it the app of this repository, built where its sources have changed. */
  readonly app?: string;
  readonly progress: (line: string) => void;
}

export interface ConsoleServer {
  readonly url: string;
  /** What pages of the console may call themselves. */
  readonly origins: readonly string[];
  /** Until it is called requests wait: the addresses are known last. */
  configure(configuration: ConsoleConfig): void;
  /** Ends open requests and a build that is under way. */
  stop(): Promise<void>;
}

/** Throws where the port is taken, with the ways out. A build that fails is told, and to whoever asks for the console. */
export async function startConsoleServer(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const stopping = new AbortController();
  const configured = Promise.withResolvers<ConsoleConfig>();
  const site = Promise.withResolvers<Site>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      (await site.promise)(request, response);
    } catch (error) {
      response.writeHead(503, { "content-type": "text/plain; charset=utf-8" });
      response.end(`${messageOf(error)}\n`);
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  const port = await listen(server, options.port).catch((error: unknown) => {
    throw new Error(`${messageOf(error)}: --console-port N serves the console elsewhere, --no-console not at all`);
  });
  prepare(options, stopping.signal, configured.promise).then(site.resolve, site.reject);
  site.promise.catch((error: unknown) => {
    if (!stopping.signal.aborted) options.progress(messageOf(error));
  });
  const origins = originsOf(port);
  return {
    url: `http://127.0.0.1:${port}`,
    origins,
    configure: configured.resolve,
    async stop() {
      stopping.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function prepare(
  { dataDir, app, progress }: ConsoleServerOptions,
  signal: AbortSignal,
  configured: Promise<ConsoleConfig>,
): Promise<Site> {
  const folder = join(dataDir, "console");
  const built = app ?? (await buildApp(progress, signal));
  await rm(folder, { recursive: true, force: true });
  await cp(built, folder, { recursive: true, preserveTimestamps: true });
  return createSite({ folder, configuration: await configured });
}

async function buildApp(progress: (line: string) => void, signal: AbortSignal): Promise<string> {
  if (isConsoleBuilt(consoleBuild)) return consoleBuild.outdir;
  progress("the console is being built; its address answers when it is done");
  const from = performance.now();
  const folder = await ensureConsoleBuilt(consoleBuild, { signal });
  progress(`console built (${Math.round(performance.now() - from)} ms)`);
  return folder;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Answers for the console as its distribution does: the same paths, the same headers. */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { runInNewContext } from "node:vm";
import sirv from "sirv";
import type { ConsoleConfig } from "../../console/src/session/config.ts";
import {
  assetFolder,
  cacheControl,
  contentSecurityPolicy,
  isolationHeaders,
  securityHeaders,
} from "../../infra/console-headers.ts";

export type Site = (request: IncomingMessage, response: ServerResponse) => void;

export interface SiteOptions {
  /** Folder of the built app; its files are listed once, so they must not change. */
  readonly folder: string;
  readonly configuration: ConsoleConfig;
}

type ViewerRequest = (event: { readonly request: { uri: string } }) => { readonly uri: string };

/** The very function that the distribution runs before its cache, but not for hashed files. */
const viewerRequest: ViewerRequest = runInNewContext(
  `${readFileSync(new URL("../../infra/constructs/console-viewer-request.js", import.meta.url), "utf8")}; handler`,
);

export function createSite({ folder, configuration }: SiteOptions): Site {
  const headers = Object.entries({
    ...securityHeaders,
    ...isolationHeaders,
    "content-security-policy": contentSecurityPolicy(connectOrigins(configuration)),
  });
  const serveFile = sirv(folder, { brotli: true, gzip: true, etag: true, extensions: [], onNoMatch: answerNotFound });

  return (request, response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    const [path = "/"] = (request.url ?? "/").split("?");
    const isAsset = path.startsWith(`/${assetFolder}/`);
    response.setHeader("cache-control", isAsset ? cacheControl.asset : cacheControl.page);
    if (path === "/config.json") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(configuration));
      return;
    }
    request.url = isAsset ? path : viewerRequest({ request: { uri: path } }).uri;
    serveFile(request, response);
  };
}

function connectOrigins({ api, auth }: ConsoleConfig): string[] {
  return [api, auth.kind === "local" ? auth.controls : auth.authority].map((url) => new URL(url).origin);
}

/** A file that isn't there now may be there after the next build. */
function answerNotFound(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("cache-control", cacheControl.page);
  response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Not found\n");
}

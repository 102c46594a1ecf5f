import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly form: Readonly<Record<string, string>>;
}
export type Reply = (response: ServerResponse, request: SeenRequest) => void;

/** One answer for all requests, changed by each test; not a simulation of Stripe. */
export class FakeStripe {
  readonly seen: SeenRequest[] = [];
  connections = 0;
  reply: Reply = json(500, {});
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        const form = Object.fromEntries(new URLSearchParams(body));
        const seen = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, form };
        this.seen.push(seen);
        this.reply(response, seen);
      });
    });
    this.#server.on("connection", () => {
      this.connections += 1;
    });
  }

  /** Resolves with the origin. */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  reset(): void {
    this.seen.length = 0;
    this.connections = 0;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}

export function error(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return json(status, { error: { type: "invalid_request_error", message: "refused", ...body } }, headers);
}

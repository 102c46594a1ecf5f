import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import type { Busy } from "../contracts.ts";
import {
  BodyTooLarge,
  jsonAnswer,
  type ProxyRequest,
  type ProxyResponse,
  readRequest,
  respond,
} from "./proxy-event.ts";

export interface LocalServer extends Busy {
  readonly url: string;
  readonly port: number;
  /** Refuses new connections, lets open requests end, then closes. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly handle: (request: ProxyRequest) => Promise<ProxyResponse>;
  readonly tooLarge: ProxyResponse;
  /** What answers are dated with, in epoch ms; without it this machine's time. */
  readonly now?: () => number;
}

const STOP_WAIT_MS = 5000;

/** A loopback server: nothing of the local cloud listens to the network. */
export async function serve({ port, handle, tooLarge, now = Date.now }: ServeOptions): Promise<LocalServer> {
  let open = 0;
  const server = createServer(async (message, response) => {
    open++;
    try {
      const answer = await handle(await readRequest(message));
      response.setHeader("date", new Date(now()).toUTCString());
      respond(response, answer);
    } catch (error) {
      if (response.headersSent) return;
      if (error instanceof BodyTooLarge) {
        response.once("finish", () => message.destroy());
        respond(response, { ...tooLarge, headers: { ...tooLarge.headers, connection: "close" } });
      } else if (!response.destroyed) {
        respond(response, jsonAnswer(500, { message: "Internal Server Error" }));
      }
    } finally {
      open--;
    }
  });
  const listening = await listen(server, port);
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    pending: () => open,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), STOP_WAIT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Names the port when it is taken. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new Error(`port ${port} is taken by another program`) : error);
    });
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

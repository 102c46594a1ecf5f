import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** DynamoDB takes 16 MB, which is the largest of all. */
const bodyLimitBytes = 17 * 1024 * 1024;

export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface AwsServer {
  readonly url: string;
  readonly server: Server;
  /** Until this is called, requests are answered with 503: the address is needed before the services are made. */
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

/** Listens on loopback only, since signatures aren't verified. Port 0 takes a free one. */
export function openAwsServer({ port }: { port: number }): Promise<AwsServer> {
  let listener: RequestListener = (_, response) => {
    response.writeHead(503).end();
  };
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) =>
    listener(request, response),
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const actual = typeof address === "object" && address !== null ? address.port : port;
      resolve({
        url: `http://127.0.0.1:${actual}`,
        server,
        serve: (next) => {
          listener = next;
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

/** Collects a request's body as text. Throws `BodyTooLarge`. */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > bodyLimitBytes) reject(new BodyTooLarge());
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", reject);
  });
}

import { Agent, request } from "node:http";

export interface StoreAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends one call to the store as it is. Rejects only when the store can't be reached. */
export type Forward = (target: string, body: string) => Promise<StoreAnswer>;

/** Connections to the store are kept open: a new one per call would cost more than the call. */
export function createForwarder(endpoint: string): { forward: Forward; close: () => void } {
  const { hostname, port } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: "lifo" });
  const headers = {
    "Content-Type": "application/x-amz-json-1.0",
    // The store wants a signed form but doesn't verify it.
    Authorization:
      "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local",
    "X-Amz-Date": "20260101T000000Z",
  };
  const forward: Forward = (target, body) =>
    new Promise((resolve, reject) => {
      const options = {
        agent,
        hostname,
        port,
        path: "/",
        method: "POST",
        headers: { ...headers, "X-Amz-Target": target, "Content-Length": Buffer.byteLength(body) },
      };
      const outgoing = request(options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({ status: incoming.statusCode ?? 500, body: Buffer.concat(chunks).toString("utf8") }),
        );
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return { forward, close: () => agent.destroy() };
}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Busy, HostContext } from "../contracts.ts";
import { createAccounts } from "./accounts.ts";
import { type ApiKeyStatus, createApiKeys, DEFAULT_API_KEYS } from "./api-keys.ts";
import { createPipeline, type Reply } from "./api-pipeline.ts";
import { createBalances } from "./balances.ts";
import { createBooks } from "./books.ts";
import { createConnectedPayouts } from "./connected-payouts.ts";
import { createControl, type StripeControl } from "./control.ts";
import { createControlRoutes } from "./control-http.ts";
import { createFaults } from "./faults.ts";
import { createIdempotency } from "./idempotency.ts";
import { createRateLimit } from "./rate-limit.ts";
import { createReadEndpoints } from "./read-endpoints.ts";
import { createRequestLog } from "./request-log.ts";
import { createSettings } from "./settings.ts";
import { createTables } from "./stripe-database.ts";
import { createTransferEndpoints } from "./transfers.ts";
import { createDeliveries, type WebhookTarget } from "./webhook-deliveries.ts";
import { createEventLog } from "./webhook-events.ts";
import { createWebhookSecrets } from "./webhook-secrets.ts";

const MAX_BODY_BYTES = 1_048_576;

export interface SimulatedStripeOptions {
  readonly context: HostContext;
  /** 0 takes any free one. */
  readonly port: number;
  /** Asked again for each event and delivery. */
  readonly webhookTargets: () => readonly WebhookTarget[];
  /** Known from the first start on, besides `DEFAULT_API_KEYS`. */
  readonly apiKeys?: Readonly<Record<string, ApiKeyStatus>>;
}

export interface SimulatedStripe {
  readonly url: string;
  readonly busy: Busy;
  readonly control: StripeControl;
  stop(): Promise<void>;
}

/**
 * Stripe's transfers on 127.0.0.1, for the real SDK. Everything answered is in the host database before the answer, so a
 * process killed at any moment goes on where it was, with its idempotency keys, deliveries and payouts.
 */
export async function startSimulatedStripe(options: SimulatedStripeOptions): Promise<SimulatedStripe> {
  const { context, port, webhookTargets } = options;
  const { db, clock } = context;
  createTables(db);
  const nowMs = () => clock.now();
  const settings = createSettings(db);
  const accounts = createAccounts(db, nowMs, () => settings.current().createAccountsOnUse);
  const apiKeys = createApiKeys(db, { ...DEFAULT_API_KEYS, ...options.apiKeys });
  const balances = createBalances(db, () => settings.current().defaultBalance);
  const faults = createFaults(db);
  const requestLog = createRequestLog(db);
  const secrets = createWebhookSecrets(db, nowMs);
  const deliveries = createDeliveries({ context, settings: settings.current, targets: webhookTargets, secrets });
  const events = createEventLog(db, nowMs, deliveries.enqueue);
  const payouts = createConnectedPayouts({
    context,
    settings: settings.current,
    accounts,
    balances,
    events,
    afterCommit: deliveries.kick,
  });
  const endpointDeps = { context, settings: settings.current, accounts, balances, payouts, events };
  const handle = createPipeline({
    db,
    endpoints: [...createTransferEndpoints(endpointDeps), ...createReadEndpoints(endpointDeps)],
    settings: settings.current,
    apiKeys,
    accounts,
    rateLimit: createRateLimit(nowMs, () => settings.current().rateLimit),
    faults,
    idempotency: createIdempotency(db, nowMs),
    requestLog,
    async committed(requestId) {
      payouts.arm();
      const eventIds = events.takeCausedBy(requestId);
      if (settings.current().webhooks.beforeAnswer) await deliveries.deliverNow(eventIds);
    },
  });
  const control = createControl({
    context,
    accounts,
    apiKeys,
    balances,
    books: createBooks(db, requestLog),
    deliveries,
    events,
    faults,
    secrets,
    settings,
    targets: webhookTargets,
  });
  const controlRoutes = createControlRoutes(control);
  let requests = 0;
  let stopped = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? "/", "http://127.0.0.1");
    const method = request.method ?? "GET";
    const body = await readBody(request);
    if (stopped) return;
    if (body === undefined) return void response.writeHead(413).end();
    if (pathname.startsWith("/_control/")) {
      const answer = controlRoutes(method, pathname, body);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
      return;
    }
    const header = (name: string) => headerOf(request, name);
    send(await handle({ method, path: pathname, query: search.slice(1), body, header }), response);
  }

  function send(reply: Reply, response: ServerResponse): void {
    switch (reply.kind) {
      case "json":
        response.writeHead(reply.status, reply.headers).end(reply.body);
        return;
      case "html_502":
        response
          .writeHead(502, { "content-type": "text/html" })
          .end("<html><body><h1>502 Bad Gateway</h1></body></html>");
        return;
      case "reset":
        response.socket?.resetAndDestroy();
        return;
      case "hang":
        setTimeout(() => response.destroy(), settings.current().hangRealMs).unref();
    }
  }

  const server = createServer((request, response) => {
    requests += 1;
    serve(request, response)
      .catch((error: unknown) => {
        context.log("simulated stripe failed", { url: request.url, error: String(error) });
        if (!response.headersSent) response.writeHead(500).end();
      })
      .finally(() => {
        requests -= 1;
        // Ordinarily the webhook follows the answer; `beforeAnswer` has sent it already.
        if (!stopped) setImmediate(deliveries.kick);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  payouts.arm();
  deliveries.kick();

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    busy: { pending: () => (stopped ? 0 : requests + deliveries.pending() + payouts.pending()) },
    control,
    async stop() {
      stopped = true;
      payouts.stop();
      deliveries.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The `local` endpoint: what no cloud offers. Moves the clock, switches faults, issues tokens, shows the state. */
import * as z from "zod";
import type { VirtualClock } from "../contracts.ts";
import type { Forward } from "../dynamodb/forward.ts";
import { answerPreflight, corsHeaders } from "../http/cors.ts";
import { type LocalServer, serve } from "../http/local-server.ts";
import { jsonAnswer, type ProxyRequest, type ProxyResponse } from "../http/proxy-event.ts";
import type { TokenIssuer } from "../http/token-issuer.ts";
import type { CorsModel } from "../template/model.ts";
import {
  BadInput,
  badInputOf,
  clockInput,
  clockTarget,
  demoDataInput,
  parseInput,
  tokenInput,
} from "./control-inputs.ts";
import { RoleNotGranted, type RoleWish } from "./local-roles.ts";
import { NotSettled, type Settle } from "./settle.ts";
import { countByStatus, exportTable } from "./table-report.ts";

/** One part's faults. `add` throws a ZodError or an error with a message for a rule that it doesn't take. */
export interface FaultSwitch {
  add(rule: unknown): unknown;
  clear(): void;
}

export interface ControlOptions {
  readonly port: number;
  readonly clock: VirtualClock;
  readonly issuer: TokenIssuer;
  readonly forward: Forward;
  readonly mainTable: string | undefined;
  readonly auditTable: string | undefined;
  readonly settle: Settle;
  readonly faults: Readonly<Record<string, FaultSwitch>>;
  /** The host's own figures, shown with the state. */
  readonly figures: () => object;
  readonly meter: { read(): readonly object[]; reset(): void };
  /** Makes the role that a token is asked for the person's role; absent where the application has none. */
  readonly grantRole?: ((wish: RoleWish) => Promise<void>) | undefined;
  /** Fills an organization with demo data, and says what was made. */
  readonly fillWithDemoData?: ((organizationId: string) => Promise<object>) | undefined;
}

type Route = (body: string) => Promise<ProxyResponse> | ProxyResponse;

/** Pages of this machine only, such as the console's development server. */
const CORS: CorsModel = {
  allowOrigins: ["http://localhost:*", "http://127.0.0.1:*"],
  allowMethods: ["GET", "POST"],
  allowHeaders: ["content-type"],
  exposeHeaders: ["date"],
  allowCredentials: false,
};

export async function startControls(options: ControlOptions): Promise<LocalServer> {
  const { clock, settle, issuer } = options;
  const now = () => new Date(clock.now()).toISOString();
  const ok = (value: object) => jsonAnswer(200, value);

  const addFaults: Route = (body) => {
    const given = parseInput(z.record(z.string(), z.unknown()), body);
    const added: Record<string, unknown[]> = {};
    // All names are looked at before anything is switched on.
    for (const part of Object.keys(given)) {
      if (!Object.hasOwn(options.faults, part)) {
        throw new BadInput(`no such part: ${Object.keys(options.faults).join(", ")}`, part);
      }
    }
    for (const [part, rules] of Object.entries(given)) {
      added[part] = [rules].flat().map((rule) => addFault(part, options.faults[part], rule));
    }
    return ok({ added });
  };

  let filling = false;
  const fill: Route = async (body) => {
    const { organizationId } = parseInput(demoDataInput, body);
    if (options.fillWithDemoData === undefined) return jsonAnswer(404, { error: "there is no demo data here" });
    if (filling) return jsonAnswer(409, { error: "demo data is being made: wait until it is there" });
    filling = true;
    try {
      return ok(await options.fillWithDemoData(organizationId));
    } finally {
      filling = false;
    }
  };

  const settled: Route = async () => {
    await settle();
    return ok({ settled: true, now: now() });
  };

  const routes: Readonly<Record<string, Route>> = {
    "GET /clock": () => ok({ now: now() }),
    "POST /clock": async (body) => {
      const targetMs = clockTarget(parseInput(clockInput, body), clock.now());
      const { stops, fired } = await clock.advanceTo(targetMs, settle);
      return ok({ now: now(), stops, fired });
    },
    "POST /faults": addFaults,
    "POST /faults/clear": () => {
      for (const part of Object.values(options.faults)) part.clear();
      return ok({ cleared: Object.keys(options.faults) });
    },
    "POST /token": async (body) => {
      const { scopeId, ...wish } = parseInput(tokenInput, body);
      const { sub, organizationId, role } = wish;
      if (options.grantRole !== undefined && organizationId !== undefined && role !== undefined) {
        await options.grantRole({ sub, organizationId, role, scopeId });
      }
      return ok(await issuer.issue(wish));
    },
    "GET /state": async () =>
      ok({
        now: now(),
        entities: options.mainTable === undefined ? {} : await countByStatus(options.forward, options.mainTable),
        pending: settle.pending(),
        ...options.figures(),
      }),
    "GET /audit/export": async () => ({
      statusCode: 200,
      headers: { "content-type": "application/jsonl" },
      cookies: [],
      body: options.auditTable === undefined ? "" : await exportTable(options.forward, options.auditTable),
    }),
    "POST /demo-data": fill,
    "GET /settled": settled,
    "POST /settle": settled,
    "GET /meter": () => ok({ rows: options.meter.read() }),
    "POST /meter/reset": () => {
      options.meter.reset();
      return ok({ rows: [] });
    },
    "GET /.well-known/jwks.json": () => ok(issuer.keys()),
    "GET /.well-known/openid-configuration": () =>
      ok({
        issuer: issuer.issuer,
        jwks_uri: `${server.url}/.well-known/jwks.json`,
        token_endpoint: `${server.url}/token`,
        id_token_signing_alg_values_supported: ["RS256"],
      }),
  };

  async function handle(request: ProxyRequest): Promise<ProxyResponse> {
    const answer = answerPreflight(CORS, request) ?? (await run(request));
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(CORS, request) } };
  }

  async function run(request: ProxyRequest): Promise<ProxyResponse> {
    const route = routes[`${request.method} ${request.path}`];
    if (route === undefined) return jsonAnswer(404, { error: "no such control", controls: Object.keys(routes) });
    try {
      return await route(request.body.toString("utf8"));
    } catch (error) {
      if (error instanceof BadInput) return jsonAnswer(400, { error: error.message, field: error.field });
      if (error instanceof RoleNotGranted) return jsonAnswer(409, { error: error.message });
      if (error instanceof NotSettled) return jsonAnswer(504, { error: error.message, pending: error.pending });
      return jsonAnswer(500, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  const tooLarge = jsonAnswer(413, { error: "the body is too large" });
  const server = await serve({ port: options.port, handle, tooLarge, now: () => clock.now() });
  return server;
}

function addFault(part: string, target: FaultSwitch | undefined, rule: unknown): unknown {
  try {
    return target?.add(rule) ?? {};
  } catch (error) {
    if (error instanceof z.ZodError) throw badInputOf(error, [part]);
    throw new BadInput(error instanceof Error ? error.message : String(error), part);
  }
}

/** One HTTP API of the template: routes, the JWT authorizer, CORS and the Lambda integration. */
import type { FunctionRuntime, HostContext } from "../contracts.ts";
import type { HttpApiModel, RouteModel } from "../template/model.ts";
import { answerPreflight, corsHeaders } from "./cors.ts";
import { type LocalServer, serve } from "./local-server.ts";
import { buildEvent, jsonAnswer, type ProxyRequest, type ProxyResponse, readAnswer } from "./proxy-event.ts";
import { compileRoutes } from "./routes.ts";
import type { TokenIssuer } from "./token-issuer.ts";

export interface HttpApiOptions {
  readonly context: HostContext;
  readonly account: string;
  readonly api: HttpApiModel;
  readonly port: number;
  readonly functions: FunctionRuntime;
  readonly issuer: TokenIssuer;
  /** Of pages on this machine, served at ports that the template doesn't know; they may call what the template's may. */
  readonly origins?: readonly string[];
}

export async function startHttpApi(options: HttpApiOptions): Promise<LocalServer> {
  const { api, context, functions, origins = [] } = options;
  const cors = api.cors && { ...api.cors, allowOrigins: [...new Set([...api.cors.allowOrigins, ...origins])] };
  const findRoute = compileRoutes(api.routes);
  const stage = api.stages[0]?.name ?? "$default";
  const prefix = stage === "$default" ? "" : `/${stage}`;

  async function handle(request: ProxyRequest): Promise<ProxyResponse> {
    const answer = answerPreflight(cors, request) ?? (await route(request));
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(cors, request) } };
  }

  async function route(request: ProxyRequest): Promise<ProxyResponse> {
    const found = request.path.startsWith(prefix)
      ? findRoute(request.method, request.path.slice(prefix.length) || "/")
      : undefined;
    if (found === undefined) return jsonAnswer(404, { message: "Not Found" });
    const authorizer = await authorizeCaller(request, found.route, options.issuer);
    if (authorizer === "unauthorized") {
      return jsonAnswer(401, { message: "Unauthorized" }, { "www-authenticate": "Bearer" });
    }
    if (authorizer === "forbidden") return jsonAnswer(403, { message: "Forbidden" });
    const event = buildEvent(request, {
      apiId: api.id,
      account: options.account,
      stage,
      routeKey: found.route.routeKey,
      domainName: request.headers.host ?? "localhost",
      nowMs: context.clock.now(),
      pathParameters: found.pathParameters,
      authorizer,
    });
    return integrate(found.route, JSON.stringify(event));
  }

  async function integrate({ functionName, timeoutMs }: RouteModel, payload: string): Promise<ProxyResponse> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), timeoutMs);
    const result = await Promise.race([functions.invoke(functionName, payload, "RequestResponse"), late.promise]);
    clearTimeout(timer);
    if (result === undefined || result.statusCode === 429) return jsonAnswer(503, { message: "Service Unavailable" });
    if (result.statusCode !== 200 || result.functionError) return jsonAnswer(500, { message: "Internal Server Error" });
    return readAnswer(result.payload);
  }

  const tooLarge = jsonAnswer(413, { message: "Request Entity Too Large" });
  // Whoever reads the date in order to know what is due has to be told the time that the functions go by.
  return serve({ port: options.port, handle, tooLarge, now: () => context.clock.now() });
}

async function authorizeCaller(
  request: ProxyRequest,
  { authorizer, authorizationScopes }: RouteModel,
  issuer: TokenIssuer,
): Promise<object | "unauthorized" | "forbidden" | undefined> {
  if (authorizer === undefined) return undefined;
  const token = readIdentity(request, authorizer.identitySource);
  const claims = token && (await issuer.verify(token, authorizer));
  if (!claims) return "unauthorized";
  const granted = new Set(String(claims.scope ?? claims.scp ?? "").split(" "));
  const allowed = authorizationScopes.length === 0 || authorizationScopes.some((scope) => granted.has(scope));
  if (!allowed) return "forbidden";
  const texts = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)]));
  return { jwt: { claims: texts, scopes: authorizationScopes.length === 0 ? null : authorizationScopes } };
}

function readIdentity(request: ProxyRequest, sources: readonly string[]): string | undefined {
  for (const source of sources) {
    const [, kind, name = ""] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
    const value =
      kind === "header"
        ? request.headers[name.toLowerCase()]
        : (new URLSearchParams(request.query).get(name) ?? undefined);
    if (value !== undefined) return value.replace(/^bearer /i, "");
  }
  return undefined;
}

/** The gateway hands every claim over as a text, and a list as `[a b]`. */
function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(" ")}]`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

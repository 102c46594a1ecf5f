import type { CorsModel } from "../template/model.ts";
import type { ProxyRequest, ProxyResponse } from "./proxy-event.ts";

/** The answer to a preflight, which the function never sees; undefined when the request isn't one. */
export function answerPreflight(cors: CorsModel | undefined, request: ProxyRequest): ProxyResponse | undefined {
  if (cors === undefined || request.method !== "OPTIONS") return undefined;
  if (request.headers["access-control-request-method"] === undefined) return undefined;
  const headers: Record<string, string> = {
    ...corsHeaders(cors, request),
    "access-control-allow-methods": cors.allowMethods.join(","),
    "access-control-allow-headers": cors.allowHeaders.join(","),
  };
  if (cors.maxAgeSeconds !== undefined) headers["access-control-max-age"] = String(cors.maxAgeSeconds);
  return { statusCode: 204, headers, cookies: [], body: "" };
}

/** Headers for the answer to a cross-origin request; none when the origin isn't allowed. */
export function corsHeaders(cors: CorsModel | undefined, request: ProxyRequest): Readonly<Record<string, string>> {
  const { origin } = request.headers;
  if (cors === undefined || origin === undefined || !allows(cors.allowOrigins, origin)) return {};
  return {
    "access-control-allow-origin": cors.allowOrigins.includes("*") ? "*" : origin,
    ...(!cors.allowOrigins.includes("*") && { vary: "origin" }),
    ...(cors.allowCredentials && { "access-control-allow-credentials": "true" }),
    ...(cors.exposeHeaders.length > 0 && { "access-control-expose-headers": cors.exposeHeaders.join(",") }),
  };
}

function allows(patterns: readonly string[], origin: string): boolean {
  return patterns.some((pattern) => {
    if (!pattern.includes("*")) return pattern === origin;
    const expression = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${expression.join(".*")}$`).test(origin);
  });
}

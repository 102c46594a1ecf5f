/** HTTP API routing: the most specific route wins. */
import type { RouteModel } from "../template/model.ts";

export interface RouteMatch {
  readonly route: RouteModel;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
}

interface CompiledRoute {
  readonly route: RouteModel;
  readonly method: string;
  readonly expression: RegExp;
  readonly names: readonly string[];
  /** Greater is more specific: exact segments before variables before a greedy variable; a method before ANY. */
  readonly rank: readonly number[];
}

export function compileRoutes(routes: readonly RouteModel[]): (method: string, path: string) => RouteMatch | undefined {
  const compiled = routes
    .filter(({ routeKey }) => routeKey !== "$default")
    .map(compile)
    .sort((a, b) => compareRanks(b.rank, a.rank));
  const fallback = routes.find(({ routeKey }) => routeKey === "$default");

  return (method, path) => {
    for (const candidate of compiled) {
      if (candidate.method !== "ANY" && candidate.method !== method) continue;
      const found = candidate.expression.exec(path);
      if (!found) continue;
      const parameters = candidate.names.map((name, index) => [name, safeDecode(found[index + 1] ?? "")] as const);
      return {
        route: candidate.route,
        pathParameters: parameters.length === 0 ? undefined : Object.fromEntries(parameters),
      };
    }
    return fallback && { route: fallback, pathParameters: undefined };
  };
}

function compile(route: RouteModel): CompiledRoute {
  const [method = "ANY", path = "/"] = route.routeKey.split(" ");
  const names: string[] = [];
  const rank: number[] = [];
  const parts = path
    .split("/")
    .slice(1)
    .map((part) => {
      const variable = /^\{([^+}]+)(\+?)\}$/.exec(part);
      if (!variable) {
        rank.push(3);
        return part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
      }
      names.push(variable[1] ?? "");
      rank.push(variable[2] === "+" ? 1 : 2);
      return variable[2] === "+" ? "(.+)" : "([^/]+)";
    });
  rank.push(method === "ANY" ? 0 : 0.5);
  return { route, method, names, rank, expression: new RegExp(`^/${parts.join("/")}$`) };
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

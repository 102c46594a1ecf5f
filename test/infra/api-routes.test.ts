import { describe, expect, it } from "vitest";
import { operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import { synthesize } from "./synthesized.ts";

const prod = synthesize();
const specs = Object.values<OperationSpec>(operations);

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
const templates = JSON.parse(prod.text) as { readonly Resources: Readonly<Record<string, Resource>> }[];
const resources = new Map(templates.flatMap(({ Resources }) => Object.entries(Resources)));

/** The name of the function to which an integration hands its requests. */
function functionOf(integrationId: string): unknown {
  const uri = resources.get(integrationId)?.Properties.IntegrationUri as { readonly "Fn::GetAtt": readonly string[] };
  return resources.get(uri["Fn::GetAtt"][0] ?? "")?.Properties.FunctionName;
}

interface Route {
  readonly key: string;
  readonly authorization: unknown;
  readonly functionName: unknown;
}

const routes = prod.all("ApiGatewayV2::Route").map(({ Properties }): Route => {
  const integration = /^integrations\/Integration:(\w+)$/.exec(String(Properties.Target))?.[1] ?? "";
  const key = String(Properties.RouteKey);
  return { key, authorization: Properties.AuthorizationType, functionName: functionOf(integration) };
});
const byKey = new Map(routes.map((route) => [route.key, route]));

describe("the routes of the HTTP API", () => {
  it("are the operations and one for everything else, each once", () => {
    const expected = [...specs.map(({ method, path }) => `${method} ${path}`), "$default"];
    expect(routes.map(({ key }) => key).sort()).toEqual(expected.sort());
  });

  it("hand reads to answer-queries, deeds to accept-commands and the platform's own to operate-platform", () => {
    for (const { method, path, operatorsOnly } of specs) {
      const name = operatorsOnly ? "operate-platform" : method === "GET" ? "answer-queries" : "accept-commands";
      expect(byKey.get(`${method} ${path}`)?.functionName, path).toBe(`payouts-prod-${name}`);
    }
    expect(byKey.get("$default")?.functionName).toBe("payouts-prod-answer-queries");
  });

  it("ask for a token, but for the operations that are public", () => {
    const open = routes.filter(({ authorization }) => authorization !== "JWT");
    const isPublic = specs.filter(({ access }) => access === "public");
    expect(open.map(({ key }) => key).sort()).toEqual(isPublic.map(({ method, path }) => `${method} ${path}`).sort());
    expect(open.map(({ authorization }) => authorization)).toEqual(open.map(() => "NONE"));
  });
});

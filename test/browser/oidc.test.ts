import { describe, expect, inject, it } from "vitest";
import { control } from "../../local/client.ts";
import { browserVisits, loaded, tokenOf } from "./support/visits.ts";

const desk = { width: 1440, scheme: "light" } as const;
const CLIENT = "console";

const { visit } = browserVisits();

describe("signing in at an identity provider", () => {
  it("goes there with PKCE, comes back to where the person wanted to go, and calls the API with the token", async () => {
    const { console: url, local, api } = inject("endpoints");
    // An address that the page's policy lets it call: the provider's part is played here.
    const authority = local;
    const { page, complaints } = await visit(undefined, desk);
    await page.route(`${url}/config.json`, (route) =>
      route.fulfill({
        json: {
          api,
          auth: { kind: "oidc", authority, client_id: CLIENT, scope: "openid", token: "access_token" },
        },
      }),
    );
    await page.route(`${authority}/.well-known/openid-configuration`, (route) =>
      route.fulfill({
        headers: { "access-control-allow-origin": "*" },
        json: {
          issuer: authority,
          authorization_endpoint: `${authority}/authorize`,
          token_endpoint: `${authority}/oauth/token`,
          jwks_uri: `${authority}/.well-known/jwks.json`,
        },
      }),
    );
    const asked: URLSearchParams[] = [];
    await page.route(`${authority}/authorize?*`, (route) => {
      const query = new URL(route.request().url()).searchParams;
      asked.push(query);
      const back = new URL(query.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({ code: "a-code", state: query.get("state") ?? "" }).toString();
      return route.fulfill({ status: 302, headers: { location: back.href } });
    });
    const exchanged: URLSearchParams[] = [];
    await page.route(`${authority}/oauth/token`, async (route) => {
      exchanged.push(new URLSearchParams(route.request().postData() ?? ""));
      const identity = await control<{ access_token: string }>(local, "/token", {
        sub: "maya",
        claims: { iss: authority, aud: CLIENT },
      });
      return route.fulfill({
        headers: { "access-control-allow-origin": "*" },
        json: {
          token_type: "Bearer",
          expires_in: 3600,
          access_token: await tokenOf("maya"),
          id_token: identity.access_token,
        },
      });
    });

    await page.goto(`${url}/escrow-holds?status=active`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Escrow holds" }).waitFor();
    await loaded(page);

    expect(new URL(page.url()).search).toBe("?status=active");
    expect(asked.map((query) => [query.get("client_id"), query.get("code_challenge_method")])).toEqual([
      [CLIENT, "S256"],
    ]);
    expect(exchanged.map((form) => [form.get("code"), (form.get("code_verifier") ?? "").length > 40])).toEqual([
      ["a-code", true],
    ]);
    expect(complaints).toEqual([]);
    await page.getByRole("button", { name: /Signed in as maya/ }).waitFor();
  });

  it("shows what the provider says where it refuses", async () => {
    const { console: url, local, api } = inject("endpoints");
    const { page } = await visit(undefined, desk);
    await page.route(`${url}/config.json`, (route) =>
      route.fulfill({
        json: {
          api,
          auth: { kind: "oidc", authority: local, client_id: CLIENT, scope: "openid", token: "access_token" },
        },
      }),
    );
    await page.goto(`${url}/signed-in?error=access_denied&error_description=Not+this+time&state=none`);
    await page.getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
  });
});

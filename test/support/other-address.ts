/** Requests from another address than those of all other people of a test cloud, who come from 127.0.0.1. */
import { request } from "node:http";
import { expect } from "vitest";
import { SECOND_MS, type TestCloud } from "./cloud.ts";

const OTHER_ADDRESS = "127.0.0.2";

interface Call {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function callFrom(localAddress: string, url: string, { method, headers, body }: Call): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const sent = request(url, { method, headers, localAddress }, (response) => {
    response.resume();
    response.once("end", () => resolve(response.statusCode));
  });
  sent.once("error", reject);
  sent.end(body);
  return promise;
}

/** Somebody at another address makes it the only one from which an organization's guarded actions are allowed. */
export async function allowOnlyOtherAddress(cloud: TestCloud, organizationId: string, version = 0): Promise<void> {
  const { api, local } = cloud.local.endpoints;
  const wish = { sub: "otto", role: "admin", organizationId };
  const answer = await fetch(`${local}/token`, { method: "POST", body: JSON.stringify(wish) });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const status = await callFrom(OTHER_ADDRESS, `${api}/v2/settings`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "if-match": `"${version}"`,
    },
    body: JSON.stringify({ allowed_cidrs: [`${OTHER_ADDRESS}/32`] }),
  });
  expect(status).toBe(200);
  // Settings that were read before are relied on for so long.
  await cloud.advance(30 * SECOND_MS);
}

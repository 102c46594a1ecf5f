import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { paths } from "./api-types.ts";

export interface ApiClientOptions {
  /** `https://….execute-api.<region>.amazonaws.com`, without `/v2`. */
  readonly baseUrl: string;
  /** Asked for each request, so that a refreshed token is used at once. */
  readonly token: () => string | Promise<string>;
}

export type ApiClient = Client<paths, "application/json">;

/**
 * A client of the API, typed by its OpenAPI document. Answers are `{data, error, response}`: a refusal is a value, only a
 * network that fails throws. Operations that can move money take an `Idempotency-Key` in `params.header`.
 */
export function createApiClient({ baseUrl, token }: ApiClientOptions): ApiClient {
  const signedIn: Middleware = {
    async onRequest({ request }) {
      request.headers.set("authorization", `Bearer ${await token()}`);
      return request;
    },
  };
  const client = createClient<paths, "application/json">({
    baseUrl,
    querySerializer: { array: { style: "form", explode: false } },
  });
  client.use(signedIn);
  return client;
}

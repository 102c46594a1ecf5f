import { type ApiClient, createApiClient } from "../../../client/api-client.ts";
import type { Session } from "../session/session.ts";
import { createKnownAnswers } from "./known-answers.ts";
import { observeServerTime } from "./server-clock.ts";

export type { ApiClient };

/** The typed client for one person's session. `onSignedOut` is called when the API no longer takes the token. */
export function createConsoleApi(options: { baseUrl: string; session: Session; onSignedOut: () => void }): ApiClient {
  const api = createApiClient({ baseUrl: options.baseUrl, token: () => options.session.token() });
  // The last one sees the answer first: a 304 tells the time as well.
  api.use(createKnownAnswers(), {
    onResponse({ response }) {
      observeServerTime(response);
      if (response.status === 401) options.onSignedOut();
      return undefined;
    },
  });
  return api;
}

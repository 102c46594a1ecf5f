import { ApiProblem, answerOf } from "../api/api-problem.ts";
import { createConsoleApi } from "../api/console-api.ts";
import type { ConsoleConfig } from "./config.ts";
import type { Console } from "./console-context.tsx";
import { resumeSession } from "./session.ts";

/**
 * The console of the person whose session is still good; undefined where somebody has to sign in first. A sign-in always
 * loads the page anew, so nothing of one person's is ever seen by the next.
 */
export async function openConsole(config: ConsoleConfig): Promise<Console | undefined> {
  const session = await resumeSession(config);
  if (session === undefined) return undefined;
  const onSignedOut = () => {
    if (location.pathname === "/sign-in") return;
    const to = `${location.pathname}${location.search}`;
    location.assign(`/sign-in?${new URLSearchParams({ to, ended: "yes" })}`);
  };
  const api = createConsoleApi({ baseUrl: config.api, session, onSignedOut });
  try {
    const { data: me } = await answerOf(api.GET("/v2/me"));
    return { config, session, api, me };
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.status === 401) {
      await session.signOut();
      return undefined;
    }
    throw error;
  }
}

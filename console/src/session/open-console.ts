import { answerOf, NotSignedIn } from "../api/api-problem.ts";
import { createConsoleApi } from "../api/console-api.ts";
import type { ConsoleConfig } from "./config.ts";
import type { Console } from "./console-context.tsx";
import { resumeSession } from "./session.ts";

export interface Opened {
  /** Undefined where somebody has to sign in first. */
  readonly console: Console | undefined;
  /** There was a session, but the API doesn't take it any more. */
  readonly ended: boolean;
}

/**
 * The console of the person whose session is still good. A sign-in always loads the page anew, so nothing of one person's
 * is ever seen by the next.
 */
export async function openConsole(config: ConsoleConfig): Promise<Opened> {
  const session = await resumeSession(config);
  if (session === undefined) return { console: undefined, ended: false };
  let isOpen = false;
  const onSignedOut = () => {
    if (!isOpen) return;
    const to = `${location.pathname}${location.search}`;
    location.assign(`/sign-in?${new URLSearchParams({ to, ended: "yes" })}`);
  };
  const api = createConsoleApi({ baseUrl: config.api, session, onSignedOut });
  try {
    const { data: me } = await answerOf(api.GET("/v2/me"));
    isOpen = true;
    return { console: { config, session, api, me }, ended: false };
  } catch (error) {
    if (error instanceof NotSignedIn) {
      await session.forget();
      return { console: undefined, ended: true };
    }
    throw error;
  }
}

import type { ConsoleConfig, LocalConfig } from "./config.ts";
import type { LocalPerson } from "./local-people.ts";

/** Who is signed in, as far as the browser knows; the API decides what they may do. */
export interface Session {
  /** Asked for each request; renewed where the issuer allows it. Rejects when the person has to sign in again. */
  token(): Promise<string>;
  signOut(): Promise<void>;
  /** Drops what the API doesn't take any more. Nobody is signed out by it at the identity provider. */
  forget(): Promise<void>;
}

const LOCAL_TOKEN = "payouts.local-token";

/** The session that is still good, or undefined: then the sign-in page is due. */
export async function resumeSession({ auth }: ConsoleConfig): Promise<Session | undefined> {
  if (auth.kind === "local") return resumeLocal();
  const { resumeOidc } = await import("./oidc.ts");
  return resumeOidc(auth);
}

function resumeLocal(): Session | undefined {
  const token = localStorage.getItem(LOCAL_TOKEN);
  if (token === null) return undefined;
  const forget = async () => localStorage.removeItem(LOCAL_TOKEN);
  return { token: async () => token, signOut: forget, forget };
}

/** Asks the local cloud for a person's token; their role comes with it. Throws with the control endpoint's own words. */
export async function signInLocally(
  { controls }: LocalConfig,
  { person, organization }: { person: LocalPerson; organization: string },
): Promise<void> {
  const response = await fetch(`${controls}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    // The virtual clock may jump by months: the token outlives that.
    body: JSON.stringify({
      sub: person.subject,
      role: person.role,
      organizationId: organization,
      expiresInSeconds: 31_536_000,
    }),
  });
  const body = (await response.json()) as { access_token?: string; error?: string };
  if (!response.ok || body.access_token === undefined) {
    throw new Error(body.error ?? `the local cloud answered ${response.status}`);
  }
  localStorage.setItem(LOCAL_TOKEN, body.access_token);
}

import { type User, UserManager } from "oidc-client-ts";
import type { OidcConfig } from "./config.ts";
import type { Session } from "./session.ts";

/** Where the issuer sends people back to. */
export const SIGNED_IN_PATH = "/signed-in";

/** Authorization code with PKCE; a public client, so no secret. Tokens end with the tab. */
function createUserManager({ authority, client_id, scope, audience }: OidcConfig): UserManager {
  return new UserManager({
    authority,
    client_id,
    scope,
    redirect_uri: `${location.origin}${SIGNED_IN_PATH}`,
    post_logout_redirect_uri: location.origin,
    automaticSilentRenew: true,
    ...(audience === undefined ? {} : { extraQueryParams: { audience } }),
  });
}

export async function resumeOidc(config: OidcConfig): Promise<Session | undefined> {
  const users = createUserManager(config);
  const user = await users.getUser();
  if (user === null || (user.expired && user.refresh_token === undefined)) return undefined;
  return {
    async token() {
      const current = await freshUser(users);
      const token = current?.[config.token];
      if (token === undefined) throw new Error("the session has ended: sign in again");
      return token;
    },
    async signOut() {
      await users.removeUser();
      await users.signoutRedirect();
    },
    forget: () => users.removeUser(),
  };
}

async function freshUser(users: UserManager): Promise<User | null> {
  const user = await users.getUser();
  return user?.expired ? users.signinSilent() : user;
}

/** Leaves for the issuer's page; `returnTo` is where the person wanted to go. */
export async function beginSignIn(config: OidcConfig, returnTo: string): Promise<void> {
  await createUserManager(config).signinRedirect({ state: { returnTo } });
}

/** Finishes the sign-in on the issuer's return and tells where the person wanted to go. */
export async function finishSignIn(config: OidcConfig): Promise<string> {
  const { state } = await createUserManager(config).signinRedirectCallback();
  const { returnTo } = (state ?? {}) as { returnTo?: string };
  // Only a path of our own: a crafted state must not send anybody elsewhere.
  return returnTo?.startsWith("/") && !returnTo.startsWith("//") ? returnTo : "/";
}

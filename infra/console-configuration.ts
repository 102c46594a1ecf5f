import type { ConsoleConfig } from "../console/src/session/config.ts";
import type { StageConfig } from "./config.ts";

/** The `/config.json` of a deployed console: people sign in at the very issuer that the API believes. */
export function deployedConfiguration(
  config: StageConfig,
  { clientId, apiUrl }: { clientId: string; apiUrl: string },
): ConsoleConfig {
  const { jwtIssuer, consoleScope, consoleAudience, consoleToken } = config;
  return {
    api: apiUrl,
    auth: {
      kind: "oidc",
      authority: jwtIssuer,
      client_id: clientId,
      scope: consoleScope,
      ...(consoleAudience === undefined ? {} : { audience: consoleAudience }),
      token: consoleToken,
    },
  };
}

/** Origins that the console calls in order to sign people in. */
export function identityOrigins(config: StageConfig): string[] {
  return [new URL(config.jwtIssuer).origin, ...config.identityOrigins];
}

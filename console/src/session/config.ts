/** How the console reaches what it needs: written beside the app where it is deployed. */
export interface ConsoleConfig {
  /** The API's base URL, without `/v2`. */
  readonly api: string;
  readonly auth: OidcConfig | LocalConfig;
}

export interface OidcConfig {
  readonly kind: "oidc";
  readonly authority: string;
  readonly client_id: string;
  readonly scope: string;
  readonly audience?: string;
  /** Which of the issuer's tokens the API takes. */
  readonly token: "access_token" | "id_token";
}

/** The local cloud: anybody is whoever they say. */
export interface LocalConfig {
  readonly kind: "local";
  /** The control endpoint: tokens, the clock, demo data. */
  readonly controls: string;
}

/** Reads `/config.json`. Throws where there is none, with what to do. */
export async function readConfig(): Promise<ConsoleConfig> {
  const response = await fetch("/config.json");
  if (!response.ok) throw new Error(`/config.json can't be read (${response.status}): the console isn't set up here`);
  return response.json() as Promise<ConsoleConfig>;
}

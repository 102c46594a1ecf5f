/** The issuer that the template's authorizers trust, on this machine: it signs what it is asked to sign. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { VirtualClock } from "../contracts.ts";

export interface TokenRequest {
  readonly sub: string;
  readonly organizationId?: string | undefined;
  readonly role?: string | undefined;
  /** More claims, such as an e-mail address. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  readonly expiresInSeconds?: number | undefined;
}

export interface IssuerOptions {
  readonly dataDir: string;
  readonly clock: VirtualClock;
  /** As in the template's authorizer; tokens carry them, wherever the key is served. */
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Names of the claims, as the functions expect them. */
  readonly claimNames?: { readonly organizationId: string; readonly role: string };
}

export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: readonly string[];
  issue(request: TokenRequest): Promise<{ access_token: string; token_type: "Bearer"; expires_in: number }>;
  /** Gives the claims, or undefined when the token isn't good now for this issuer and audience. */
  verify(token: string, expected: { issuer: string; audience: readonly string[] }): Promise<JWTPayload | undefined>;
  keys(): { keys: JWK[] };
}

const ALGORITHM = "RS256";
const DEFAULT_LIFETIME_SECONDS = 12 * 3600;

export async function createTokenIssuer(options: IssuerOptions): Promise<TokenIssuer> {
  const { clock, issuer, audience, claimNames = { organizationId: "organizationId", role: "role" } } = options;
  const jwk = await loadKey(join(options.dataDir, "token-key.json"));
  const privateKey = await importJWK(jwk, ALGORITHM);
  const { kty, n, e, kid } = jwk;
  const publicJwk: JWK = { kty, n, e, kid, alg: ALGORITHM, use: "sig" } as JWK;
  const publicKey = await importJWK(publicJwk, ALGORITHM);

  return {
    issuer,
    audience,
    keys: () => ({ keys: [publicJwk] }),
    async issue({ sub, organizationId, role, claims = {}, expiresInSeconds = DEFAULT_LIFETIME_SECONDS }) {
      const nowSeconds = Math.floor(clock.now() / 1000);
      const payload = {
        ...claims,
        ...(organizationId !== undefined && { [claimNames.organizationId]: organizationId }),
        ...(role !== undefined && { [claimNames.role]: role }),
      };
      const token = new SignJWT(payload)
        .setProtectedHeader({ alg: ALGORITHM, kid: jwk.kid ?? "local", typ: "JWT" })
        .setSubject(sub)
        .setIssuer(issuer)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + expiresInSeconds);
      if (audience.length > 0) token.setAudience(audience.length === 1 ? String(audience[0]) : [...audience]);
      return { access_token: await token.sign(privateKey), token_type: "Bearer", expires_in: expiresInSeconds };
    },
    async verify(token, expected) {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [ALGORITHM],
          issuer: expected.issuer,
          audience: [...expected.audience],
          currentDate: new Date(clock.now()),
        });
        return payload;
      } catch {
        return undefined;
      }
    },
  };
}

async function loadKey(file: string): Promise<JWK> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as JWK;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: `local-${Date.now().toString(36)}` };
  writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  return jwk;
}

import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

const CACHE_MS = 5 * 60_000;

type Stage = "AWSCURRENT" | "AWSPREVIOUS";

/**
 * Reads secrets by reference and keeps them for five minutes, so that a rotated one is taken up without a deployment.
 * The previous stage is absent until the first rotation.
 */
export function createSecrets(now: () => number, client = new SecretsManagerClient({ maxAttempts: 3 })) {
  const cache = new Map<string, { value: string | undefined; until: number }>();

  return async (secretId: string, stage: Stage = "AWSCURRENT"): Promise<string | undefined> => {
    const key = `${stage} ${secretId}`;
    const cached = cache.get(key);
    if (cached !== undefined && cached.until > now()) return cached.value;
    const value = await read(secretId, stage);
    cache.set(key, { value, until: now() + CACHE_MS });
    return value;
  };

  async function read(secretId: string, stage: Stage): Promise<string | undefined> {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }))).SecretString;
    } catch (error) {
      if (stage === "AWSPREVIOUS" && error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }
}

/** A field of a secret's JSON; undefined where the secret does not exist in that stage. Never logs a value. */
export function secretField(json: string | undefined, field: string): string | undefined {
  if (json === undefined) return undefined;
  const parsed: unknown = JSON.parse(json);
  const value = typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>)[field] : undefined;
  if (typeof value !== "string" || value === "") throw new TypeError(`the secret has no field ${field}`);
  return value;
}

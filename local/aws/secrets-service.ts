import * as z from "zod";
import type { Authorizer } from "../iam/authorizer.ts";
import type { SecretModel } from "../template/model.ts";
import {
  type AwsCall,
  AwsError,
  type AwsReply,
  type AwsService,
  json,
  notSupported,
  parseInput,
  requireAccess,
} from "./call.ts";
import { type SecretStore, SecretVersionExists } from "./secret-store.ts";

const getSchema = z.strictObject({
  SecretId: z.string(),
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});
const putSchema = z.strictObject({
  SecretId: z.string(),
  SecretString: z.string(),
  ClientRequestToken: z.string().optional(),
  VersionStages: z.array(z.string()).optional(),
});
const describeSchema = z.strictObject({ SecretId: z.string() });

/** Secrets Manager: reading a version by stage, and putting a new one (rotation). */
export function createSecretsService({
  authorizer,
  secrets,
}: {
  readonly authorizer: Authorizer;
  readonly secrets: SecretStore;
}): AwsService {
  function secretFor(call: AwsCall, id: string, context: Record<string, string | undefined> = {}): SecretModel {
    const secret = secrets.find(id);
    requireAccess(authorizer, call, {
      action: `secretsmanager:${call.operation}`,
      resource: secret?.arn ?? id,
      context,
    });
    if (secret !== undefined) return secret;
    throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }

  function get(call: AwsCall): AwsReply {
    const { SecretId, VersionId, VersionStage } = parseInput(call, getSchema);
    const stage = VersionStage ?? (VersionId === undefined ? "AWSCURRENT" : undefined);
    const secret = secretFor(call, SecretId, { "secretsmanager:VersionStage": stage });
    const version = secrets.version(secret.arn, { versionId: VersionId, stage: VersionStage });
    if (version === undefined) {
      const message = `Secrets Manager can't find the specified secret value for staging label: ${stage ?? VersionId}`;
      throw new AwsError("ResourceNotFoundException", message);
    }
    return json({
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.versionId,
      SecretString: version.text,
      VersionStages: version.stages,
      CreatedDate: version.createdMs / 1000,
    });
  }

  function put(call: AwsCall): AwsReply {
    const { SecretId, SecretString, ClientRequestToken, VersionStages } = parseInput(call, putSchema);
    const secret = secretFor(call, SecretId);
    try {
      const versionId = secrets.put(secret.arn, SecretString, { token: ClientRequestToken, stages: VersionStages });
      const version = secrets.version(secret.arn, { versionId });
      return json({ ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: version?.stages ?? [] });
    } catch (error) {
      if (!(error instanceof SecretVersionExists)) throw error;
      throw new AwsError("ResourceExistsException", `A version ${error.message} with another value exists already.`);
    }
  }

  function describe(call: AwsCall): AwsReply {
    const secret = secretFor(call, parseInput(call, describeSchema).SecretId);
    const versions = secrets.versions(secret.arn).filter(({ stages }) => stages.length > 0);
    return json({
      ARN: secret.arn,
      Name: secret.name,
      VersionIdsToStages: Object.fromEntries(versions.map(({ versionId, stages }) => [versionId, stages])),
    });
  }

  return (call) => {
    if (call.operation === "GetSecretValue") return get(call);
    if (call.operation === "PutSecretValue") return put(call);
    if (call.operation === "DescribeSecret") return describe(call);
    throw notSupported(call);
  };
}

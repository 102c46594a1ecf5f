import * as z from "zod";
import type { ApiOptions } from "../api/api.ts";
import type { EntranceOptions } from "../api/entrance.ts";
import { policySchema } from "../events/default-policy.ts";
import { organizationId } from "../events/inbound.ts";
import { createDocumentClient } from "./clients.ts";
import { readEnv } from "./env.ts";
import { createWorld } from "./world.ts";

/** What every function of the API is made of, from its environment. */
export function entranceOptionsFrom(): EntranceOptions {
  const env = readEnv({
    TABLE_NAME: z.string().min(1),
    DEFAULT_POLICY: policySchema,
    ORGANIZATION_CLAIM: z.string().min(1),
    OPERATOR_ORGANIZATION: organizationId.optional(),
  });
  const client = createDocumentClient();
  return {
    world: createWorld(env.TABLE_NAME, client),
    client,
    tableName: env.TABLE_NAME,
    defaultPolicy: env.DEFAULT_POLICY,
    organizationClaim: env.ORGANIZATION_CLAIM,
    operatorOrganization: env.OPERATOR_ORGANIZATION,
  };
}

/** The same with what the functions that concern organizations need. */
export function apiOptionsFrom(): ApiOptions {
  const env = readEnv({ AUDIT_TABLE_NAME: z.string().min(1) });
  return { ...entranceOptionsFrom(), auditTableName: env.AUDIT_TABLE_NAME };
}

import * as z from "zod";
import type { ApiOptions } from "../api/api.ts";
import { policySchema } from "../events/default-policy.ts";
import { createDocumentClient } from "./clients.ts";
import { readEnv } from "./env.ts";
import { createWorld } from "./world.ts";

/** What both functions of the API are made of, from their environment. */
export function apiOptionsFrom(): ApiOptions {
  const env = readEnv({
    TABLE_NAME: z.string().min(1),
    AUDIT_TABLE_NAME: z.string().min(1),
    DEFAULT_POLICY: policySchema,
    ORGANIZATION_CLAIM: z.string().min(1),
  });
  const client = createDocumentClient();
  return {
    world: createWorld(env.TABLE_NAME, client),
    client,
    tableName: env.TABLE_NAME,
    auditTableName: env.AUDIT_TABLE_NAME,
    defaultPolicy: env.DEFAULT_POLICY,
    organizationClaim: env.ORGANIZATION_CLAIM,
  };
}

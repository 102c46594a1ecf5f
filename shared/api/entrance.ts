import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createAccess } from "../access/access.ts";
import { createVigilance, type OperatorVigilance } from "../access/vigilance.ts";
import type { Surroundings } from "../commands/run.ts";
import type { PayoutPolicy } from "../domain/model.ts";
import { settingsKey } from "../store/keys.ts";
import { createProfiles } from "../store/profiles.ts";
import type { DispatchOptions } from "./dispatch.ts";

export interface EntranceOptions {
  readonly world: Surroundings;
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  /** The deployment's; an organization's settings go over it. */
  readonly defaultPolicy: PayoutPolicy;
  /** The claim of a token that names the organization. */
  readonly organizationClaim: string;
  /** Whose staff may see to the platform itself; absent: nobody's. */
  readonly operatorOrganization?: string | undefined;
}

/** What stands before every operation, whichever function has it: who it is, whether they may, and what is written down. */
export function entranceOf(
  options: EntranceOptions,
): Omit<DispatchOptions, "operations" | "handlers" | "vigilance"> & { readonly vigilance: OperatorVigilance } {
  const { world, client, tableName, defaultPolicy, organizationClaim, operatorOrganization } = options;
  const { store, now } = world;
  return {
    store,
    access: createAccess({ store, now }),
    vigilance: createVigilance({
      ...world,
      profiles: createProfiles({ client, tableName }),
      settingsOf: (organizationId) => store.get("settings", settingsKey(organizationId)),
      defaultTimeZone: defaultPolicy.timeZone,
    }),
    now,
    organizationClaim,
    operatorOrganization,
  };
}

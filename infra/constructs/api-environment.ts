import type { StageConfig } from "../config.ts";

/** What every function of the API is told. */
export function apiEnvironment({ organizationClaim, defaultPolicy }: StageConfig): Record<string, string> {
  return { ORGANIZATION_CLAIM: organizationClaim, DEFAULT_POLICY: JSON.stringify(defaultPolicy) };
}

/** For those who have to know whose staff operate the deployment: nobody's where it isn't said. */
export function operatorEnvironment({ operatorOrganization }: StageConfig): Record<string, string> {
  return operatorOrganization === undefined ? {} : { OPERATOR_ORGANIZATION: operatorOrganization };
}

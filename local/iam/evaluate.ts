import { type ConditionContext, conditionsHold } from "./conditions.ts";
import type { PolicyStatement } from "./policy-document.ts";
import { matchesWildcard } from "./wildcards.ts";

export interface PolicyRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

/** Whoever calls, as resource policies name callers. */
export type Caller =
  | { readonly kind: "role"; readonly roleArn: string; readonly sessionArn: string; readonly account: string }
  | { readonly kind: "user"; readonly userArn: string; readonly account: string }
  | { readonly kind: "service"; readonly service: string };

/** Whether action, resource and condition of a statement hold; the principal is a matter of resource policies. */
export function statementApplies(statement: PolicyStatement, request: PolicyRequest): boolean {
  return (
    actionMatches(statement, request.action) &&
    resourceMatches(statement, request.resource) &&
    conditionsHold(statement.Condition, request.context)
  );
}

export function actionMatches(statement: PolicyStatement, action: string): boolean {
  if (statement.NotAction !== undefined) {
    return !statement.NotAction.some((pattern) => matchesWildcard(pattern, action, true));
  }
  return (statement.Action ?? []).some((pattern) => matchesWildcard(pattern, action, true));
}

function resourceMatches(statement: PolicyStatement, resource: string): boolean {
  if (statement.NotResource !== undefined) {
    return !statement.NotResource.some((pattern) => matchesWildcard(pattern, resource));
  }
  // A resource policy may leave the resource out where it can only be its own.
  return statement.Resource?.some((pattern) => matchesWildcard(pattern, resource)) ?? true;
}

/**
 * How a statement of a resource policy names the caller: `direct` is enough for an Allow by itself; `account` only delegates to the
 * identity policies of that account (but a Deny for an account meets everyone in it).
 */
export function principalMatch(statement: PolicyStatement, caller: Caller): "direct" | "account" | undefined {
  if (statement.NotPrincipal !== undefined) {
    return isListed(statement.NotPrincipal, caller) ? undefined : "direct";
  }
  const { AWS: accounts = [], Service: services = [] } = statement.Principal ?? {};
  if (accounts.includes("*")) return "direct";
  if (caller.kind === "service") return services.includes(caller.service) ? "direct" : undefined;
  if (identifiers(caller).some((identifier) => accounts.includes(identifier))) return "direct";
  return accountIdentifiers(caller.account).some((identifier) => accounts.includes(identifier)) ? "account" : undefined;
}

/** With NotPrincipal, AWS wants the account listed beside the role, else the role is met by way of its account. */
function isListed(principal: NonNullable<PolicyStatement["NotPrincipal"]>, caller: Caller): boolean {
  const { AWS: accounts = [], Service: services = [] } = principal;
  if (accounts.includes("*")) return true;
  if (caller.kind === "service") return services.includes(caller.service);
  return (
    identifiers(caller).some((identifier) => accounts.includes(identifier)) &&
    accountIdentifiers(caller.account).some((identifier) => accounts.includes(identifier))
  );
}

function identifiers(caller: Exclude<Caller, { kind: "service" }>): string[] {
  return caller.kind === "role" ? [caller.roleArn, caller.sessionArn] : [caller.userArn];
}

function accountIdentifiers(account: string): string[] {
  return [account, `arn:aws:iam::${account}:root`];
}

import type { TemplateModel } from "../template/model.ts";
import { type ConditionContext, type ContextValue, unknownConditions } from "./conditions.ts";
import { actionMatches, type Caller, type PolicyRequest, principalMatch, statementApplies } from "./evaluate.ts";
import { awsManagedPolicies } from "./managed-policies.ts";
import type { PolicyDocument, PolicyStatement } from "./policy-document.ts";
import { collectResourcePolicies } from "./resource-policies.ts";

/** A caller of the AWS endpoint: a function with its role, or the owner of the account. */
export interface Principal {
  readonly caller: Caller;
  /** As AWS names it in messages. */
  readonly arn: string;
  readonly functionName?: string;
}

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly message: string };

/** Values of condition keys, by key; a function where a value costs work. */
export type RequestContext = Readonly<Record<string, ContextValue | (() => ContextValue)>>;

export interface AccessRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context?: RequestContext;
}

/** A role did this to that, and was allowed to. */
export interface GrantUse {
  readonly roleArn: string;
  readonly action: string;
  readonly resource: string;
}

export interface Authorizer {
  /**
   * Whom an access key stands for. Signatures aren't verified: the endpoint listens on loopback only. A key that was never
   * registered belongs to the account's administrator.
   */
  principalOf(accessKeyId: string | undefined): Principal;
  registerAccessKey(
    accessKeyId: string,
    session: { roleArn: string; sessionName: string; functionName?: string },
  ): void;
  /** A role used by a service for the account (a schedule's role, a rule target's role). */
  roleSession(roleArn: string, sessionName: string): Principal;
  /** A service acting under its own name (`events.amazonaws.com` sending to a queue). */
  service(service: string): Principal;
  authorize(request: AccessRequest): Decision;
  /** What roles were allowed since the last look, each action on each resource once: shows grants that nothing needs. */
  takeUses(): readonly GrantUse[];
  /** Whether the role's trust policy lets the service use it. */
  mayAssume(service: string, roleArn: string, sourceArn?: string): boolean;
}

/** Identity policies of the template's roles together with resource policies; an explicit deny wins over everything. */
export function createAuthorizer(model: TemplateModel): Authorizer {
  const { account, region } = model;
  const resourcePolicies = collectResourcePolicies(model);
  const roles = new Map(model.roles.map((role) => [role.arn, role]));
  const identityStatements = new Map(model.roles.map((role) => [role.arn, roleStatements(role)]));
  refuseUnknownConditions(model);

  const accessKeys = new Map<string, Principal>();
  const administrator: Principal = {
    caller: { kind: "user", userArn: `arn:aws:iam::${account}:user/administrator`, account },
    arn: `arn:aws:iam::${account}:user/administrator`,
  };
  /** Role and action → the statements that name the action: what is left to check per request is short. */
  const byAction = new Map<string, readonly PolicyStatement[]>();

  function identityPolicies(caller: Caller, action: string): readonly PolicyStatement[] {
    if (caller.kind !== "role") return [];
    const key = `${caller.roleArn} ${action}`;
    const known = byAction.get(key);
    if (known !== undefined) return known;
    const statements = (identityStatements.get(caller.roleArn) ?? []).filter((statement) =>
      actionMatches(statement, action),
    );
    byAction.set(key, statements);
    return statements;
  }

  const uses = new Map<string, GrantUse>();

  function authorize(asked: AccessRequest): Decision {
    const decision = decide(asked);
    const { principal, action, resource } = asked;
    if (decision.allowed && principal.caller.kind === "role") {
      const { roleArn } = principal.caller;
      uses.set(`${roleArn} ${action} ${resource}`, { roleArn, action, resource });
    }
    return decision;
  }

  function decide({ principal, action, resource, context = {} }: AccessRequest): Decision {
    const request: PolicyRequest = { action, resource, context: contextOf(principal.caller, context) };
    const byIdentity = identityPolicies(principal.caller, action).filter((s) => statementApplies(s, request));
    const byResource = resourcePolicies(resource).flatMap((statement) => {
      const match = principalMatch(statement, principal.caller);
      return match !== undefined && statementApplies(statement, request) ? [{ statement, match }] : [];
    });

    if (byResource.some(({ statement }) => statement.Effect === "Deny")) {
      return refuse("with an explicit deny in a resource-based policy");
    }
    if (byIdentity.some((statement) => statement.Effect === "Deny")) {
      return refuse("with an explicit deny in an identity-based policy");
    }
    if (principal.caller.kind === "user" || byIdentity.length > 0) return { allowed: true };
    if (byResource.some(({ match }) => match === "direct")) return { allowed: true };
    return principal.caller.kind === "service"
      ? refuse(`because no resource-based policy allows the ${action} action`)
      : refuse(`because no identity-based policy allows the ${action} action`);

    function refuse(reason: string): Decision {
      return {
        allowed: false,
        message: `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
      };
    }
  }

  function contextOf(caller: Caller, given: RequestContext): ConditionContext {
    let lowered: Map<string, RequestContext[string]> | undefined;
    return (key) => {
      lowered ??= new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
      const value = lowered.get(key);
      if (value !== undefined) return typeof value === "function" ? value() : value;
      switch (key) {
        case "aws:principalarn":
          return caller.kind === "role" ? caller.roleArn : caller.kind === "user" ? caller.userArn : undefined;
        case "aws:principalaccount":
          return caller.kind === "service" ? undefined : caller.account;
        case "aws:principalisawsservice":
          return String(caller.kind === "service");
        case "aws:principalservicename":
          return caller.kind === "service" ? caller.service : undefined;
        case "aws:principaltype":
          return caller.kind === "role" ? "AssumedRole" : caller.kind === "user" ? "User" : undefined;
        case "aws:requestedregion":
          return region;
        case "aws:securetransport":
          // Loopback stands for TLS: in AWS, the SDK never calls without it.
          return "true";
        default:
          return undefined;
      }
    };
  }

  function roleSession(roleArn: string, sessionName: string): Principal {
    const roleName = roleArn.slice(roleArn.lastIndexOf("/") + 1);
    const sessionArn = `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;
    return { caller: { kind: "role", roleArn, sessionArn, account }, arn: sessionArn };
  }

  return {
    authorize,
    takeUses() {
      const taken = [...uses.values()];
      uses.clear();
      return taken;
    },
    roleSession,
    principalOf: (accessKeyId) => accessKeys.get(accessKeyId ?? "") ?? administrator,
    registerAccessKey(accessKeyId, { roleArn, sessionName, functionName = sessionName }) {
      if (!roles.has(roleArn)) throw new Error(`there is no role ${roleArn} in the template`);
      accessKeys.set(accessKeyId, { ...roleSession(roleArn, sessionName), functionName });
    },
    service: (service) => ({ caller: { kind: "service", service }, arn: service }),
    mayAssume(service, roleArn, sourceArn) {
      const trust = roles.get(roleArn)?.trust;
      if (trust === undefined) return false;
      const caller: Caller = { kind: "service", service };
      const context = contextOf(caller, { "aws:SourceAccount": account, "aws:SourceArn": sourceArn });
      const applicable = trust.Statement.filter(
        (s) =>
          principalMatch(s, caller) !== undefined &&
          statementApplies(s, { action: "sts:AssumeRole", resource: roleArn, context }),
      );
      return applicable.length > 0 && applicable.every((s) => s.Effect === "Allow");
    },
  };
}

function roleStatements(role: TemplateModel["roles"][number]): PolicyStatement[] {
  const managed = role.managedPolicyArns.map((arn) => {
    const document = awsManagedPolicies[arn];
    if (document === undefined)
      throw new Error(`role ${role.stack}/${role.logicalId}: managed policy ${arn} isn't known`);
    return document;
  });
  return [...role.policies.map((policy) => policy.document), ...managed].flatMap((document) => document.Statement);
}

function refuseUnknownConditions(model: TemplateModel): void {
  const documents: [string, PolicyDocument][] = [
    ...model.roles.flatMap((role): [string, PolicyDocument][] => [
      [`${role.stack}/${role.logicalId}`, role.trust],
      ...role.policies.map(({ name, document }): [string, PolicyDocument] => [
        `${role.stack}/${role.logicalId}, policy ${name}`,
        document,
      ]),
    ]),
    ...[...model.queues, ...model.eventBuses, ...model.secrets].flatMap((resource) =>
      resource.policies.map((document): [string, PolicyDocument] => [
        `${resource.stack}/${resource.logicalId}`,
        document,
      ]),
    ),
    ...model.tables.flatMap((table): [string, PolicyDocument][] =>
      table.resourcePolicy === undefined ? [] : [[`${table.stack}/${table.logicalId}`, table.resourcePolicy]],
    ),
  ];
  const problems = documents.flatMap(([place, document]) =>
    document.Statement.flatMap((statement) =>
      [...unknownConditions(statement.Condition ?? {}), ...policyVariables(statement)].map(
        (problem) => `${place}: ${problem}`,
      ),
    ),
  );
  if (problems.length > 0) throw new Error(`policies that can't be enforced here:\n  - ${problems.join("\n  - ")}`);
}

function policyVariables(statement: PolicyStatement): string[] {
  const values = [
    ...(statement.Resource ?? []),
    ...(statement.NotResource ?? []),
    ...Object.values(statement.Condition ?? {}).flatMap((keys) => Object.values(keys).flat()),
  ];
  return values
    .filter((value) => value.includes("${"))
    .map((value) => `the policy variable in ${value} isn't understood`);
}

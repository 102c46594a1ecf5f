import type { z } from "zod";
import type { Assembly, StackSource } from "./assembly.ts";
import { type Endpoints, identify } from "./identity.ts";
import { inertTypes } from "./inert-types.ts";
import {
  conditionHolds,
  noValue,
  type ResourceIdentity,
  resolve,
  resolveJson,
  resolveText,
  type StackScope,
} from "./intrinsics.ts";
import type { Json, Origin } from "./model.ts";
import * as compute from "./schemas-compute.ts";
import * as data from "./schemas-data.ts";
import * as events from "./schemas-events.ts";

/** Each emulated type with all the properties that are known. A property which isn't listed is an error at start. */
export const emulatedTypes = {
  "AWS::ApiGatewayV2::Api": compute.httpApiSchema,
  "AWS::ApiGatewayV2::Authorizer": compute.authorizerSchema,
  "AWS::ApiGatewayV2::Integration": compute.integrationSchema,
  "AWS::ApiGatewayV2::Route": compute.routeSchema,
  "AWS::ApiGatewayV2::Stage": compute.stageSchema,
  "AWS::DynamoDB::GlobalTable": data.globalTableSchema,
  "AWS::DynamoDB::Table": data.tableSchema,
  "AWS::Events::Archive": events.archiveSchema,
  "AWS::Events::EventBus": events.eventBusSchema,
  "AWS::Events::EventBusPolicy": events.eventBusPolicySchema,
  "AWS::Events::Rule": events.ruleSchema,
  "AWS::IAM::ManagedPolicy": data.managedPolicySchema,
  "AWS::IAM::Policy": data.policySchema,
  "AWS::IAM::Role": data.roleSchema,
  "AWS::Lambda::EventInvokeConfig": compute.eventInvokeConfigSchema,
  "AWS::Lambda::EventSourceMapping": compute.eventSourceMappingSchema,
  "AWS::Lambda::Function": compute.functionSchema,
  "AWS::Lambda::Permission": compute.permissionSchema,
  "AWS::Lambda::Url": compute.functionUrlSchema,
  "AWS::SQS::Queue": data.queueSchema,
  "AWS::SQS::QueuePolicy": data.queuePolicySchema,
  "AWS::Scheduler::Schedule": events.scheduleSchema,
  "AWS::Scheduler::ScheduleGroup": events.scheduleGroupSchema,
  "AWS::SecretsManager::ResourcePolicy": data.secretPolicySchema,
  "AWS::SecretsManager::Secret": data.secretSchema,
  "AWS::StepFunctions::StateMachine": compute.stateMachineSchema,
} as const;

export type EmulatedType = keyof typeof emulatedTypes;

export interface EmulatedResource<T extends EmulatedType> extends Origin {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly properties: z.infer<(typeof emulatedTypes)[T]>;
}

export interface ResolvedResources {
  readonly account: string;
  readonly region: string;
  of<T extends EmulatedType>(type: T): readonly EmulatedResource<T>[];
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The template holds something that wouldn't have its effect here. Lists all of it: stack, logical id, property, reason. */
export class TemplateNotUnderstood extends Error {
  override readonly name = "TemplateNotUnderstood";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `the local cloud can't run this template as it would be deployed:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

export interface ResolveOptions {
  readonly endpoints: Endpoints;
  /** Stack name → parameter → value, where the template's default isn't wanted. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Resolves every property of every emulated resource and checks it against what the host understands. */
export function resolveResources(assembly: Assembly, options: ResolveOptions): ResolvedResources {
  const problems: string[] = [];
  const account = oneOf(assembly.stacks, "account", problems) ?? "000000000000";
  const region = oneOf(assembly.stacks, "region", problems) ?? "us-east-1";
  const scopes = createScopes(assembly, { ...options, account, region });
  const found = new Map<string, EmulatedResource<EmulatedType>[]>();

  for (const scope of scopes.values()) {
    for (const [logicalId, resource] of Object.entries(scope.template.Resources ?? {})) {
      const place = `${scope.stack}/${logicalId} (${resource.Type})`;
      attempt(place, problems, () => {
        if (resource.Condition !== undefined && !conditionHolds(resource.Condition, scope)) return;
        if (inertTypes[resource.Type] !== undefined) return;
        if (!isEmulated(resource.Type)) {
          problems.push(`${place}: the resource type isn't understood`);
          return;
        }
        const resolved = resolveJson(resource.Properties ?? {}, scope);
        const parsed = emulatedTypes[resource.Type].safeParse(resolved);
        if (!parsed.success) {
          problems.push(...describe(parsed.error).map((issue) => `${place}: ${issue}`));
          return;
        }
        const entry = { stack: scope.stack, logicalId, ...scope.identity(logicalId), properties: parsed.data };
        found.set(resource.Type, [...(found.get(resource.Type) ?? []), entry]);
      });
    }
  }
  const outputs = resolveOutputs(scopes, problems);
  if (problems.length > 0) throw new TemplateNotUnderstood(problems);
  return {
    account,
    region,
    outputs,
    of: <T extends EmulatedType>(type: T) => (found.get(type) ?? []) as unknown as readonly EmulatedResource<T>[],
  };
}

function createScopes(
  assembly: Assembly,
  options: ResolveOptions & { account: string; region: string },
): ReadonlyMap<string, StackScope> {
  const scopes = new Map<string, StackScope>();
  const exports = new Map<string, () => Json>();
  const importValue = (name: string): Json => {
    const value = exports.get(name);
    if (value === undefined) throw new Error(`no stack exports ${name}`);
    return value();
  };
  for (const source of assembly.stacks) {
    const scope: StackScope = {
      stack: source.name,
      template: source.template,
      parameters: options.parameters?.[source.name] ?? {},
      pseudo: {
        "AWS::AccountId": options.account,
        "AWS::Region": options.region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": source.name,
        "AWS::StackId": `arn:aws:cloudformation:${options.region}:${options.account}:stack/${source.name}/local`,
      },
      identity: createIdentity(source, options, () => scope),
      importValue,
    };
    scopes.set(source.name, scope);
  }
  for (const scope of scopes.values()) {
    for (const output of Object.values(scope.template.Outputs ?? {})) {
      if (output.Export === undefined) continue;
      exports.set(resolveText(output.Export.Name, scope), () => resolveJson(output.Value, scope));
    }
  }
  return scopes;
}

function createIdentity(
  source: StackSource,
  options: ResolveOptions & { account: string; region: string },
  scopeOf: () => StackScope,
): (logicalId: string) => ResourceIdentity {
  const known = new Map<string, ResourceIdentity>();
  const underway = new Set<string>();
  return (logicalId) => {
    const cached = known.get(logicalId);
    if (cached !== undefined) return cached;
    const resource = source.template.Resources?.[logicalId];
    if (resource === undefined) throw new Error(`there is no resource ${logicalId} in stack ${source.name}`);
    if (underway.has(logicalId)) throw new Error(`the name of ${logicalId} depends on itself`);
    underway.add(logicalId);
    const identity = identify(resource.Type, {
      account: options.account,
      region: options.region,
      stack: source.name,
      logicalId,
      endpoints: options.endpoints,
      property: (name) => {
        const value = resource.Properties?.[name];
        if (value === undefined) return undefined;
        const resolved = resolve(value, scopeOf());
        return resolved === noValue ? undefined : String(resolved);
      },
    });
    underway.delete(logicalId);
    known.set(logicalId, identity);
    return identity;
  };
}

function resolveOutputs(scopes: ReadonlyMap<string, StackScope>, problems: string[]) {
  const outputs: Record<string, Record<string, string>> = {};
  for (const scope of scopes.values()) {
    const values: Record<string, string> = {};
    for (const [name, output] of Object.entries(scope.template.Outputs ?? {})) {
      attempt(`${scope.stack}, output ${name}`, problems, () => {
        if (output.Condition !== undefined && !conditionHolds(output.Condition, scope)) return;
        const value = resolveJson(output.Value, scope);
        values[name] = typeof value === "string" ? value : JSON.stringify(value);
      });
    }
    outputs[scope.stack] = values;
  }
  return outputs;
}

function isEmulated(type: string): type is EmulatedType {
  return Object.hasOwn(emulatedTypes, type);
}

function oneOf(stacks: readonly StackSource[], member: "account" | "region", problems: string[]): string | undefined {
  const values = new Set(stacks.flatMap((stack) => stack[member] ?? []));
  if (values.size > 1) problems.push(`stacks of more than one ${member}: ${[...values].join(", ")}`);
  return [...values][0];
}

function attempt(place: string, problems: string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    problems.push(`${place}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function describe(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join(".");
    if (issue.code !== "unrecognized_keys") return [`property ${path}: ${issue.message}`];
    return issue.keys.map((key) => `property ${path === "" ? key : `${path}.${key}`} isn't understood`);
  });
}

import type { StackTemplate } from "./assembly.ts";
import type { Json, JsonObject } from "./model.ts";

/** What `AWS::NoValue` becomes: the property isn't there. */
export const noValue = Symbol("AWS::NoValue");

export type Resolved = Json | typeof noValue;

/** How a reference to a resource resolves; answered by the resource's type. */
export interface ResourceIdentity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface StackScope {
  readonly stack: string;
  readonly template: StackTemplate;
  readonly pseudo: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly identity: (logicalId: string) => ResourceIdentity;
  readonly importValue: (exportName: string) => Json;
}

type Evaluate = (argument: Json, scope: StackScope) => Resolved;

const functions: Readonly<Record<string, Evaluate>> = {
  Ref: (argument, scope) => resolveRef(text(argument, "Ref"), scope),
  "Fn::GetAtt": (argument, scope) => {
    const [logicalId, ...rest] = typeof argument === "string" ? argument.split(".") : list(argument, "Fn::GetAtt");
    const attribute = rest.map((part) => resolveText(part, scope)).join(".");
    return attributeOf(text(logicalId, "Fn::GetAtt"), attribute, scope);
  },
  "Fn::Join": (argument, scope) => {
    const [separator, items] = list(argument, "Fn::Join");
    const resolved = list(resolveJson(items ?? null, scope), "Fn::Join");
    return resolved.map((item) => scalarText(item, "Fn::Join")).join(text(separator, "Fn::Join"));
  },
  "Fn::Split": (argument, scope) => {
    const [separator, source] = list(argument, "Fn::Split");
    return resolveText(source ?? null, scope).split(text(separator, "Fn::Split"));
  },
  "Fn::Select": (argument, scope) => {
    const [index, items] = list(argument, "Fn::Select");
    const chosen = list(resolveJson(items ?? null, scope), "Fn::Select")[Number(resolveText(index ?? null, scope))];
    if (chosen === undefined) throw new Error("Fn::Select: there is no such element");
    return chosen;
  },
  "Fn::Sub": (argument, scope) => {
    const [template, variables] = typeof argument === "string" ? [argument, {}] : list(argument, "Fn::Sub");
    return substitute(text(template, "Fn::Sub"), object(variables ?? {}, "Fn::Sub"), scope);
  },
  "Fn::ImportValue": (argument, scope) => scope.importValue(resolveText(argument, scope)),
  "Fn::FindInMap": (argument, scope) => {
    const [map, first, second] = list(argument, "Fn::FindInMap").map((part) => resolveText(part, scope));
    const value = scope.template.Mappings?.[map ?? ""]?.[first ?? ""]?.[second ?? ""];
    if (value === undefined) throw new Error(`Fn::FindInMap: no value at ${map}.${first}.${second}`);
    return value;
  },
  "Fn::If": (argument, scope) => {
    const [condition, whenTrue, whenFalse] = list(argument, "Fn::If");
    const chosen = conditionHolds(text(condition, "Fn::If"), scope) ? whenTrue : whenFalse;
    return resolve(chosen ?? null, scope);
  },
  "Fn::ToJsonString": (argument, scope) => JSON.stringify(resolveJson(argument, scope)),
  "Fn::Equals": (argument, scope) => {
    const [left, right] = list(argument, "Fn::Equals").map((part) => JSON.stringify(resolveJson(part, scope)));
    return left === right;
  },
  "Fn::And": (argument, scope) => list(argument, "Fn::And").every((part) => resolve(part, scope) === true),
  "Fn::Or": (argument, scope) => list(argument, "Fn::Or").some((part) => resolve(part, scope) === true),
  "Fn::Not": (argument, scope) => resolve(list(argument, "Fn::Not")[0] ?? null, scope) !== true,
};

/** Replaces every intrinsic function in a value. An intrinsic that isn't known is an error, never left in place. */
export function resolve(value: Json, scope: StackScope): Resolved {
  if (typeof value === "string") return refuseDynamicReference(value);
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, scope)).filter((item) => item !== noValue);
  }
  if (value === null || typeof value !== "object") return value;

  const entries = Object.entries(value);
  const [first] = entries;
  if (first !== undefined && entries.length === 1) {
    const [name, argument] = first;
    if (name === "Condition" && typeof argument === "string") return conditionHolds(argument, scope);
    const evaluate = functions[name];
    if (evaluate !== undefined) return evaluate(argument, scope);
    if (name.startsWith("Fn::")) throw new Error(`the intrinsic function ${name} isn't understood by the local cloud`);
  }
  const result: Record<string, Json> = {};
  for (const [name, item] of entries) {
    const resolved = resolve(item, scope);
    if (resolved !== noValue) result[name] = resolved;
  }
  return result;
}

/** As `resolve`, where a value must be there. */
export function resolveJson(value: Json, scope: StackScope): Json {
  const resolved = resolve(value, scope);
  if (resolved === noValue) throw new Error("AWS::NoValue isn't possible here");
  return resolved;
}

export function resolveText(value: Json, scope: StackScope): string {
  return scalarText(resolveJson(value, scope), "value");
}

/** Whether a named condition of the template is true. */
export function conditionHolds(name: string, scope: StackScope): boolean {
  const condition = scope.template.Conditions?.[name];
  if (condition === undefined) throw new Error(`there is no condition ${name}`);
  return resolve(condition, scope) === true;
}

function resolveRef(name: string, scope: StackScope): Resolved {
  if (name === "AWS::NoValue") return noValue;
  const pseudo = scope.pseudo[name];
  if (pseudo !== undefined) return pseudo;
  const parameter = scope.template.Parameters?.[name];
  if (parameter === undefined) return scope.identity(name).ref;
  const given = scope.parameters[name];
  if (given !== undefined) return given;
  if (parameter.Type.startsWith("AWS::SSM::")) throw new Error(`parameter ${name} is read from SSM, which isn't here`);
  if (parameter.Default === undefined) throw new Error(`parameter ${name} has no default and no value was given`);
  return parameter.Type === "CommaDelimitedList" ? String(parameter.Default).split(",") : String(parameter.Default);
}

function attributeOf(logicalId: string, attribute: string, scope: StackScope): string {
  const value = scope.identity(logicalId).attributes[attribute];
  if (value !== undefined) return value;
  const type = scope.template.Resources?.[logicalId]?.Type ?? "unknown";
  throw new Error(`attribute ${attribute} of ${logicalId} (${type}) isn't understood by the local cloud`);
}

function substitute(template: string, variables: JsonObject, scope: StackScope): string {
  return template.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal === "!") return `\${${name}}`;
    const variable = variables[name];
    if (variable !== undefined) return resolveText(variable, scope);
    const dot = name.indexOf(".");
    if (dot > 0) return attributeOf(name.slice(0, dot), name.slice(dot + 1), scope);
    return scalarText(resolveJson({ Ref: name }, scope), "Fn::Sub");
  });
}

function refuseDynamicReference(value: string): string {
  if (value.includes("{{resolve:"))
    throw new Error(`the dynamic reference ${value} isn't understood by the local cloud`);
  return value;
}

function text(value: Json | undefined, where: string): string {
  if (typeof value === "string") return value;
  throw new Error(`${where}: a text is needed`);
}

function scalarText(value: Json, where: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(`${where}: a text is needed, not ${JSON.stringify(value)}`);
}

function list(value: Json | undefined, where: string): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${where}: a list is needed`);
}

function object(value: Json, where: string): JsonObject {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as JsonObject;
  throw new Error(`${where}: an object is needed`);
}

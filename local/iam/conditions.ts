import { matchesArn, matchesWildcard } from "./wildcards.ts";

/** Values of one condition key in a request; undefined where the request hasn't the key. */
export type ContextValue = string | readonly string[] | undefined;

/** Answers a condition key. A function, because some values (leading keys) are costly to find and rarely asked for. */
export type ConditionContext = (key: string) => ContextValue;

type Compare = (policyValue: string, requestValue: string) => boolean;

const equals: Compare = (policy, request) => policy === request;
const equalsIgnoreCase: Compare = (policy, request) => policy.toLowerCase() === request.toLowerCase();
const like: Compare = (policy, request) => matchesWildcard(policy, request);

const operators: Readonly<Record<string, { readonly compare: Compare; readonly negated: boolean }>> = {
  StringEquals: { compare: equals, negated: false },
  StringNotEquals: { compare: equals, negated: true },
  StringEqualsIgnoreCase: { compare: equalsIgnoreCase, negated: false },
  StringNotEqualsIgnoreCase: { compare: equalsIgnoreCase, negated: true },
  StringLike: { compare: like, negated: false },
  StringNotLike: { compare: like, negated: true },
  // AWS treats the two ARN operators alike: both take wildcards.
  ArnEquals: { compare: matchesArn, negated: false },
  ArnLike: { compare: matchesArn, negated: false },
  ArnNotEquals: { compare: matchesArn, negated: true },
  ArnNotLike: { compare: matchesArn, negated: true },
  Bool: { compare: equalsIgnoreCase, negated: false },
  NumericEquals: { compare: (policy, request) => Number(policy) === Number(request), negated: false },
  NumericLessThanEquals: { compare: (policy, request) => Number(request) <= Number(policy), negated: false },
};

/** The keys for which the host gives values. Any other key in a policy is an error at start. */
const knownKeys = new Set(
  [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "dynamodb:Attributes",
    "dynamodb:EnclosingOperation",
    "dynamodb:LeadingKeys",
    "dynamodb:ReturnValues",
    "dynamodb:Select",
    "events:detail-type",
    "events:source",
    "iam:PassedToService",
    "lambda:FunctionUrlAuthType",
    "lambda:InvokedViaFunctionUrl",
    "secretsmanager:VersionStage",
  ].map((key) => key.toLowerCase()),
);

export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface Operator {
  readonly quantifier: "ForAllValues" | "ForAnyValue" | undefined;
  readonly ifExists: boolean;
  readonly isNull: boolean;
  readonly compare: Compare;
  readonly negated: boolean;
}

/** Says which operators and keys of a condition block the host can't evaluate. */
export function unknownConditions(block: ConditionBlock): string[] {
  return Object.entries(block).flatMap(([name, keys]) => [
    ...(parseOperator(name) === undefined ? [`condition operator ${name} isn't understood`] : []),
    ...Object.keys(keys)
      .filter((key) => !knownKeys.has(key.toLowerCase()))
      .map((key) => `condition key ${key} isn't understood`),
  ]);
}

/** All operators and keys must hold (and); of the values of one key, one must (or). */
export function conditionsHold(block: ConditionBlock | undefined, context: ConditionContext): boolean {
  if (block === undefined) return true;
  return Object.entries(block).every(([name, keys]) => {
    const operator = parseOperator(name);
    if (operator === undefined) throw new Error(`condition operator ${name} isn't understood`);
    return Object.entries(keys).every(([key, values]) => holds(operator, values, context(key.toLowerCase())));
  });
}

function holds(operator: Operator, policyValues: readonly string[], requestValue: ContextValue): boolean {
  if (operator.isNull) return (requestValue === undefined) === policyValues.includes("true");
  if (requestValue === undefined) {
    if (operator.quantifier === "ForAnyValue") return false;
    return operator.ifExists || operator.negated || operator.quantifier === "ForAllValues";
  }
  const requestValues = typeof requestValue === "string" ? [requestValue] : requestValue;
  const matches = (value: string) => {
    const found = policyValues.some((policyValue) => operator.compare(policyValue, value));
    return operator.negated ? !found : found;
  };
  return operator.quantifier === "ForAllValues" ? requestValues.every(matches) : requestValues.some(matches);
}

const parsed = new Map<string, Operator | undefined>();

function parseOperator(name: string): Operator | undefined {
  if (parsed.has(name)) return parsed.get(name);
  const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name);
  const base = match?.[2] ?? "";
  const known = base === "Null" ? { compare: equals, negated: false } : operators[base];
  const operator =
    known === undefined
      ? undefined
      : {
          ...known,
          quantifier: match?.[1] as Operator["quantifier"],
          ifExists: match?.[3] !== undefined,
          isNull: base === "Null",
        };
  parsed.set(name, operator);
  return operator;
}

import type { Stack } from "aws-cdk-lib/core";

/** The id under which cdk-nag reports a resource ARN with a wildcard: references stand in it as `<LogicalId>`. */
export function wildcardFinding(stack: Stack, arn: string): string {
  return `AwsSolutions-IAM5[Resource::${flatten(stack.resolve(arn))}]`;
}

function flatten(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) {
    if ("Ref" in value) return `<${String(value.Ref)}>`;
    if ("Fn::ImportValue" in value) return flatten(value["Fn::ImportValue"]);
    if ("Fn::GetAtt" in value && Array.isArray(value["Fn::GetAtt"])) return `<${value["Fn::GetAtt"].join(".")}>`;
    if ("Fn::Join" in value && Array.isArray(value["Fn::Join"])) {
      const [separator, parts] = value["Fn::Join"];
      return parts.map(flatten).join(separator);
    }
  }
  throw new Error(`can't name ${JSON.stringify(value)} in a finding`);
}

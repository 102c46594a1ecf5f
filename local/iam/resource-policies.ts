import type { PermissionModel, TemplateModel } from "../template/model.ts";
import type { PolicyStatement } from "./policy-document.ts";

/** Gives the statements of the policy of a resource; those of a table hold for its indexes and its stream too. */
export function collectResourcePolicies(model: TemplateModel): (resourceArn: string) => readonly PolicyStatement[] {
  const statements = new Map<string, PolicyStatement[]>();
  const add = (arn: string, more: readonly PolicyStatement[]) => {
    statements.set(arn, [...(statements.get(arn) ?? []), ...more]);
  };

  for (const table of model.tables) add(table.arn, table.resourcePolicy?.Statement ?? []);
  for (const resource of [...model.queues, ...model.eventBuses, ...model.secrets]) {
    for (const policy of resource.policies) add(resource.arn, policy.Statement);
  }
  const functionArns = new Map(model.functions.map((fn) => [fn.name, fn.arn]));
  for (const permission of model.permissions) {
    const arn = functionArns.get(permission.functionName);
    if (arn === undefined)
      throw new Error(`${permission.stack}/${permission.logicalId}: no function ${permission.functionName}`);
    add(arn, [permissionStatement(permission, arn)]);
  }

  return (resourceArn) => statements.get(ownerOf(resourceArn)) ?? [];
}

function ownerOf(resourceArn: string): string {
  if (!resourceArn.includes(":table/")) return resourceArn;
  const [start = "", rest = ""] = resourceArn.split(":table/");
  return `${start}:table/${rest.split("/")[0] ?? ""}`;
}

/** AddPermission's short form as the statement that Lambda makes of it. */
function permissionStatement(permission: PermissionModel, functionArn: string): PolicyStatement {
  const isService = permission.principal.endsWith(".amazonaws.com");
  const condition: Record<string, Record<string, string[]>> = {};
  if (permission.sourceArn !== undefined) condition.ArnLike = { "aws:SourceArn": [permission.sourceArn] };
  const equals: Record<string, string[]> = {};
  if (permission.sourceAccount !== undefined) equals["aws:SourceAccount"] = [permission.sourceAccount];
  if (permission.functionUrlAuthType !== undefined) {
    equals["lambda:FunctionUrlAuthType"] = [permission.functionUrlAuthType];
  }
  if (Object.keys(equals).length > 0) condition.StringEquals = equals;
  if (permission.invokedViaFunctionUrl !== undefined) {
    condition.Bool = { "lambda:InvokedViaFunctionUrl": [String(permission.invokedViaFunctionUrl)] };
  }
  return {
    Effect: "Allow",
    Action: [permission.action],
    Resource: [functionArn],
    Principal: isService ? { Service: [permission.principal] } : { AWS: [permission.principal] },
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
  };
}

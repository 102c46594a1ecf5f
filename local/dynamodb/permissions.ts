import type { RequestContext } from "../iam/authorizer.ts";
import type { TableModel } from "../template/model.ts";
import { leadingKeysOf } from "./leading-keys.ts";
import { partiqlAccess } from "./partiql.ts";

export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context?: RequestContext;
}

type Input = Readonly<Record<string, unknown>>;

export interface TableNames {
  readonly arnOf: (tableName: string) => string;
  readonly tableOf: (tableName: string) => TableModel | undefined;
}

const transactActions: Readonly<Record<string, string>> = {
  ConditionCheck: "ConditionCheckItem",
  Delete: "DeleteItem",
  Get: "GetItem",
  Put: "PutItem",
  Update: "UpdateItem",
};

/**
 * The permissions that a DynamoDB operation needs, as AWS checks them: a transaction needs those of its items, PartiQL has
 * actions of its own, a batch has its own action and not those of single items.
 */
export function dynamoAccess(operation: string, input: Input, names: TableNames): readonly Access[] {
  switch (operation) {
    case "TransactWriteItems":
    case "TransactGetItems":
      return objects(input.TransactItems).flatMap((item) =>
        Object.entries(item).map(([kind, part]) =>
          itemAccess(transactActions[kind] ?? kind, part as Input, names, operation),
        ),
      );
    case "BatchGetItem":
    case "BatchWriteItem":
      return Object.keys((input.RequestItems ?? {}) as Input).map((table) => ({
        action: `dynamodb:${operation}`,
        resource: names.arnOf(table),
        context: { "dynamodb:LeadingKeys": () => leadingKeysOf(operation, input, names.tableOf(table), table) },
      }));
    case "ExecuteStatement":
      return [statementAccess(input, names)];
    case "BatchExecuteStatement":
      return objects(input.Statements).map((statement) => statementAccess(statement, names));
    case "ExecuteTransaction":
      return objects(input.TransactStatements).map((statement) => statementAccess(statement, names));
    default:
      return [itemAccess(operation, input, names)];
  }
}

function itemAccess(action: string, input: Input, names: TableNames, enclosing?: string): Access {
  const table = typeof input.TableName === "string" ? input.TableName : undefined;
  if (table === undefined) {
    const resource = typeof input.ResourceArn === "string" ? input.ResourceArn : "*";
    return { action: `dynamodb:${action}`, resource };
  }
  const index = typeof input.IndexName === "string" ? `/index/${input.IndexName}` : "";
  return {
    action: `dynamodb:${action}`,
    resource: `${names.arnOf(table)}${index}`,
    context: {
      "dynamodb:LeadingKeys": () => leadingKeysOf(action, input, names.tableOf(table), table),
      ...(enclosing === undefined ? {} : { "dynamodb:EnclosingOperation": enclosing }),
      ...(typeof input.Select === "string" ? { "dynamodb:Select": input.Select } : {}),
      ...(typeof input.ReturnValues === "string" ? { "dynamodb:ReturnValues": input.ReturnValues } : {}),
    },
  };
}

function statementAccess(input: Input, names: TableNames): Access {
  const statement = String(input.Statement ?? "");
  const access = partiqlAccess(statement);
  if (access === undefined) return { action: "dynamodb:PartiQLSelect", resource: "*" };
  const index = access.index === undefined ? "" : `/index/${access.index}`;
  return { action: `dynamodb:${access.action}`, resource: `${names.arnOf(access.table)}${index}` };
}

function objects(value: unknown): readonly Input[] {
  return Array.isArray(value) ? (value as Input[]) : [];
}

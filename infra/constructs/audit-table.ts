import { AttributeType, BillingMode, ProjectionType, Table } from "aws-cdk-lib/aws-dynamodb";
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Aws, RemovalPolicy, Stack } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import { resourceName, type StageConfig } from "../config.ts";

/**
 * The role has a fixed name, so that the table's policy can name it while the role itself lives with its function
 * in the other stack.
 */
export const auditWriterRoleName = (config: StageConfig) => resourceName(config, "audit-writer");

export const auditIndexes = { byDay: "byDay", byActor: "byActor", byAction: "byAction" } as const;

/** Every way to change or remove a line that exists, TTL included. */
const rewritingActions = [
  "dynamodb:PutItem",
  "dynamodb:UpdateItem",
  "dynamodb:DeleteItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:PartiQLUpdate",
  "dynamodb:PartiQLDelete",
  "dynamodb:UpdateTimeToLive",
];

/**
 * The append-only log. A resource policy outranks every grant in the account: nobody may rewrite a line, and only the
 * writer may add one, by an INSERT that fails on a key that exists. The control plane stays open to the deployer.
 */
export function createAuditTable(scope: Construct, id: string, config: StageConfig): Table {
  const tableName = resourceName(config, "audit");
  const table = new Table(scope, id, {
    tableName,
    partitionKey: { name: "pk", type: AttributeType.STRING },
    sortKey: { name: "sk", type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: config.deletionProtection,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    resourcePolicy: appendOnly({
      tableArn: Stack.of(scope).formatArn({ service: "dynamodb", resource: "table", resourceName: tableName }),
      writerArn: `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${auditWriterRoleName(config)}`,
    }),
  });
  for (const [indexName, partitionKey] of [
    [auditIndexes.byDay, "dayPk"],
    [auditIndexes.byActor, "actorPk"],
    [auditIndexes.byAction, "actionPk"],
  ] as const) {
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: "daySk", type: AttributeType.STRING },
      // A line holds the record before and after: copying it into three indexes would cost four times the write.
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }
  return table;
}

function appendOnly({ tableArn, writerArn }: { tableArn: string; writerArn: string }): PolicyDocument {
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: "NobodyRewrites",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: rewritingActions,
        resources: [tableArn],
      }),
      new PolicyStatement({
        sid: "OnlyTheWriterInserts",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ["dynamodb:PartiQLInsert"],
        resources: [tableArn],
        conditions: { ArnNotEquals: { "aws:PrincipalArn": writerArn } },
      }),
    ],
  });
}

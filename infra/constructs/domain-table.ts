import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from "aws-cdk-lib/aws-dynamodb";
import { RemovalPolicy } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import { listIndexes } from "../../shared/store/list-index.ts";
import { resourceName, type StageConfig } from "../config.ts";

/** Names of the indexes of what is due and what waits. All indexes hold keys only: the base item decides. */
export const tableIndexes = { due: "due", waits: "waits" } as const;

/**
 * The single table. Encrypted with DynamoDB's own key: every read of it goes through IAM all the same, a key of one's
 * own would put KMS into the path of each payout, and it can be changed in place when somebody must hold the key.
 */
export function createDomainTable(scope: Construct, id: string, config: StageConfig): Table {
  const table = new Table(scope, id, {
    tableName: resourceName(config),
    partitionKey: { name: "pk", type: AttributeType.STRING },
    sortKey: { name: "sk", type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: "expiresAt",
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: config.deletionProtection,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  table.addGlobalSecondaryIndex({
    indexName: tableIndexes.due,
    partitionKey: { name: "duePk", type: AttributeType.STRING },
    sortKey: { name: "dueSk", type: AttributeType.STRING },
    projectionType: ProjectionType.KEYS_ONLY,
  });
  table.addGlobalSecondaryIndex({
    indexName: tableIndexes.waits,
    partitionKey: { name: "waitPk", type: AttributeType.STRING },
    sortKey: { name: "waitSk", type: AttributeType.STRING },
    projectionType: ProjectionType.KEYS_ONLY,
  });
  for (const [indexName, { partition, position }] of Object.entries(listIndexes)) {
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: { name: partition, type: AttributeType.STRING },
      sortKey: { name: position, type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }
  return table;
}

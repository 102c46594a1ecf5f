import { describe, expect, it } from "vitest";
import { listIndexes } from "../../shared/store/list-index.ts";
import { synthesize } from "./synthesized.ts";

const prod = synthesize();
const table = prod.one("DynamoDB::Table", "TableName", "payouts-prod");
const auditTable = prod.one("DynamoDB::Table", "TableName", "payouts-prod-audit");

describe("tables", () => {
  it.each([table, auditTable])(
    "$Properties.TableName can't be deleted by accident and can be restored to any second",
    (resource) => {
      expect(resource).toMatchObject({
        DeletionPolicy: "RetainExceptOnCreate",
        UpdateReplacePolicy: "Retain",
        Properties: {
          BillingMode: "PAY_PER_REQUEST",
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      });
    },
  );

  it("protects staging, and lets a developer's stage be deleted by hand", () => {
    for (const [stage, DeletionProtectionEnabled] of [
      ["staging", true],
      ["dev", false],
    ] as const) {
      const properties = synthesize({ stage })
        .all("DynamoDB::Table")
        .map(({ Properties }) => Properties);
      expect(properties).toMatchObject([{ DeletionProtectionEnabled }, { DeletionProtectionEnabled }]);
    }
  });

  it("streams whole images of the domain table and of no other", () => {
    expect(table.Properties.StreamSpecification).toEqual({ StreamViewType: "NEW_AND_OLD_IMAGES" });
    expect(auditTable.Properties.StreamSpecification).toBeUndefined();
  });

  it("never lets an audit line expire", () => {
    expect(table.Properties.TimeToLiveSpecification).toEqual({ AttributeName: "expiresAt", Enabled: true });
    expect(auditTable.Properties.TimeToLiveSpecification).toBeUndefined();
  });

  it("projects keys only into every index", () => {
    const indexes = [table, auditTable].flatMap(({ Properties }) => Properties.GlobalSecondaryIndexes as []);
    expect(indexes).toMatchObject(
      ["due", "waits", ...Object.keys(listIndexes), "byDay", "byActor", "byAction"].map((IndexName) => ({
        IndexName,
        Projection: { ProjectionType: "KEYS_ONLY" },
      })),
    );
  });
});

describe("the audit table's policy", () => {
  const { Statement } = (
    auditTable.Properties.ResourcePolicy as { PolicyDocument: { Statement: Record<string, unknown>[] } }
  ).PolicyDocument;
  const auditTableArn = "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/payouts-prod-audit";

  it("denies everybody every way to rewrite a line", () => {
    expect(Statement[0]).toEqual({
      Sid: "NobodyRewrites",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: [
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:UpdateTimeToLive",
      ],
      Resource: auditTableArn,
    });
  });

  it("denies inserts to everybody but the writer's role", () => {
    expect(Statement[1]).toMatchObject({
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: "dynamodb:PartiQLInsert",
      Resource: auditTableArn,
      Condition: {
        ArnNotEquals: {
          "aws:PrincipalArn": "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/payouts-prod-audit-writer",
        },
      },
    });
    const writer = prod.one("Lambda::Function", "FunctionName", "payouts-prod-write-audit");
    expect(writer.Properties.Role).toBe("Role:payouts-prod-audit-writer.Arn");
  });

  it("leaves the control plane to the deployer", () => {
    const denied = Statement.flatMap(({ Action }) => Action);
    expect(denied).not.toContain("dynamodb:*");
    expect(denied).not.toContain("dynamodb:UpdateTable");
    expect(denied).not.toContain("dynamodb:PutResourcePolicy");
  });
});

describe("the bus", () => {
  it("lets other accounts put the configured sources and nothing else", () => {
    expect(prod.all("Events::EventBusPolicy").map(({ Properties }) => Properties.Statement)).toMatchObject([
      {
        Effect: "Allow",
        Principal: { AWS: [/111111111111/, /222222222222/].map((account) => expect.stringMatching(account)) },
        Action: "events:PutEvents",
        Resource: "EventBus:payouts-prod.Arn",
        Condition: { StringEquals: { "events:source": ["placements", "partners", "contests"] } },
      },
    ]);
  });

  it("has no policy at all without other accounts", () => {
    expect(synthesize({ overrides: { publisherAccounts: [] } }).all("Events::EventBusPolicy")).toEqual([]);
  });

  it("archives every event for as long as the stage says", () => {
    expect(prod.all("Events::Archive").map(({ Properties }) => Properties)).toMatchObject([
      { SourceArn: "EventBus:payouts-prod.Arn", RetentionDays: 365 },
    ]);
  });
});

it("creates the secrets without a value and keeps them", () => {
  const secrets = prod.all("SecretsManager::Secret");
  expect(secrets.map(({ Properties }) => Properties.Name)).toEqual([
    "payouts/prod/stripe-api-key",
    "payouts/prod/stripe-webhook-secret",
  ]);
  for (const { DeletionPolicy, Properties } of secrets) {
    expect(DeletionPolicy).toBe("RetainExceptOnCreate");
    expect(Properties).not.toHaveProperty("SecretString");
    expect(Properties).not.toHaveProperty("GenerateSecretString");
  }
});

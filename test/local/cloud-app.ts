/** A small application for the local cloud: bus → function → table → stream → function, and a function URL. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { AttributeType, BillingMode, StreamViewType, Table } from "aws-cdk-lib/aws-dynamodb";
import { EventBus, Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import {
  Code,
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  FunctionUrlAuthType,
  Function as LambdaFn,
  Runtime,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";

const CALL = `
const call = async (operation, body) => {
  const credential = process.env.AWS_ACCESS_KEY_ID + "/20260101/us-east-1/dynamodb/aws4_request";
  const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: "POST",
    headers: {
      "x-amz-target": "DynamoDB_20120810." + operation,
      "content-type": "application/x-amz-json-1.0",
      authorization: "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify({ TableName: "things", ...body }),
  });
  if (!answer.ok) throw new Error(await answer.text());
};`;
const RECORD = `${CALL}
exports.handler = async ({ detail }) =>
  call("PutItem", { Item: { pk: { S: detail.id }, entity: { S: "thing" }, status: { S: "new" }, at: { N: String(Date.now()) } } });`;
const MARK = `${CALL}
exports.handler = async ({ Records }) => {
  for (const { dynamodb } of Records)
    await call("UpdateItem", {
      Key: dynamodb.Keys,
      UpdateExpression: "SET #s = :seen",
      ExpressionAttributeNames: { "#s": "status" },
      ExpressionAttributeValues: { ":seen": { S: "seen" } },
    });
};`;
const ECHO = "exports.handler = async ({ body, rawPath }) => ({ statusCode: 200, body: rawPath + ' ' + body });";

/** Gives the assembly's directory. Without `granted`, the stream's reader lacks its permissions. */
export function synthesizeSmallApp({ granted }: { granted: boolean }): string {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), "assembly-")), analyticsReporting: false });
  const stack = new Stack(app, "small");
  const define = (id: string, code: string) =>
    new LambdaFn(stack, id, {
      functionName: id,
      code: Code.fromInline(code),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
    });
  const table = new Table(stack, "Things", {
    tableName: "things",
    partitionKey: { name: "pk", type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  const record = define("record-thing", RECORD);
  table.grantWriteData(record);
  const eventBus = new EventBus(stack, "Bus", { eventBusName: "small" });
  new Rule(stack, "Rule", {
    eventBus,
    eventPattern: { detailType: ["thing.made"] },
    targets: [new LambdaFunction(record)],
  });
  const mark = define("mark-thing", MARK);
  table.grantWriteData(mark);
  if (granted) table.grantStreamRead(mark);
  new EventSourceMapping(stack, "Mapping", {
    target: mark,
    eventSourceArn: table.tableStreamArn ?? "",
    startingPosition: StartingPosition.TRIM_HORIZON,
    filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual("INSERT") })],
  });
  define("echo-stripe", ECHO).addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  return app.synth().directory;
}

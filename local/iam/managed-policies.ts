import type { PolicyDocument } from "./policy-document.ts";

function allow(...actions: string[]): PolicyDocument {
  return { Statement: [{ Effect: "Allow", Action: actions, Resource: ["*"] }] };
}

const logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/** The policies of AWS that CDK constructs attach. One that isn't listed is an error at start. */
export const awsManagedPolicies: Readonly<Record<string, PolicyDocument>> = {
  "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess": allow("xray:*"),
  "arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy": allow(...logs),
  "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": allow(...logs),
  "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole": allow(
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    ...logs,
  ),
  "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole": allow(
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    ...logs,
  ),
  "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs": allow(...logs),
};

/**
 * The permissions by which services call one another for the template. They never change while the host runs, so all
 * are checked at the start: a grant that is missing here would be an event lost in silence in the cloud.
 */
import type { AccessRequest, Authorizer, Principal } from "../iam/authorizer.ts";
import type { FunctionModel, TemplateModel } from "../template/model.ts";

export class GrantsMissing extends Error {
  override readonly name = "GrantsMissing";

  constructor(problems: readonly string[]) {
    super(`the template lacks permissions:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}

const STREAM_ACTIONS = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
/** What a destination's service wants the sender to be allowed. */
const SEND_ACTIONS: Readonly<Record<string, string>> = {
  sqs: "sqs:SendMessage",
  events: "events:PutEvents",
  lambda: "lambda:InvokeFunction",
  states: "states:StartExecution",
  sns: "sns:Publish",
};

/** Throws `GrantsMissing`, naming every resource at fault. */
export function requireGrants(model: TemplateModel, authorizer: Authorizer): void {
  const problems: string[] = [];
  const { account, region } = model;
  const check = (where: { stack: string; logicalId: string }, request: AccessRequest): void => {
    const decision = authorizer.authorize(request);
    if (!decision.allowed) problems.push(`${where.stack}/${where.logicalId}: ${decision.message}`);
  };
  const functions = new Map(model.functions.map((candidate) => [candidate.name, candidate]));
  const sessionOf = ({ roleArn, name }: FunctionModel): Principal => authorizer.roleSession(roleArn, name);
  const checkSend = (
    where: { stack: string; logicalId: string },
    sender: FunctionModel,
    arn: string | undefined,
  ): void => {
    const action = SEND_ACTIONS[arn?.split(":")[2] ?? ""];
    if (arn !== undefined && action !== undefined)
      check(where, { principal: sessionOf(sender), action, resource: arn });
  };

  for (const fn of model.functions) {
    if (!authorizer.mayAssume("lambda.amazonaws.com", fn.roleArn)) {
      problems.push(`${fn.stack}/${fn.logicalId}: Lambda may not assume ${fn.roleArn}`);
    }
    checkSend(fn, fn, fn.deadLetterArn);
  }
  for (const config of model.eventInvokeConfigs) {
    const sender = functions.get(config.functionName);
    if (sender === undefined) continue;
    checkSend(config, sender, config.onFailureArn);
    checkSend(config, sender, config.onSuccessArn);
  }
  for (const mapping of model.eventSourceMappings) {
    const reader = functions.get(mapping.functionName);
    if (reader === undefined) continue;
    for (const action of STREAM_ACTIONS) {
      check(mapping, { principal: sessionOf(reader), action, resource: mapping.eventSourceArn });
    }
    checkSend(mapping, reader, mapping.onFailureArn);
  }

  const events = authorizer.service("events.amazonaws.com");
  for (const rule of model.rules) {
    const context = { "aws:SourceArn": rule.arn, "aws:SourceAccount": account };
    for (const target of rule.targets) {
      const action = SEND_ACTIONS[target.arn.split(":")[2] ?? ""];
      if (action !== undefined && target.roleArn !== undefined) {
        if (!authorizer.mayAssume("events.amazonaws.com", target.roleArn, rule.arn)) {
          problems.push(`${rule.stack}/${rule.logicalId}: EventBridge may not assume ${target.roleArn}`);
        }
        check(rule, { principal: authorizer.roleSession(target.roleArn, "events"), action, resource: target.arn });
      } else if (action !== undefined) {
        check(rule, { principal: events, action, resource: target.arn, context });
      }
      if (target.deadLetterArn === undefined) continue;
      check(rule, { principal: events, action: "sqs:SendMessage", resource: target.deadLetterArn, context });
    }
  }

  const gateway = authorizer.service("apigateway.amazonaws.com");
  for (const api of model.httpApis) {
    for (const route of api.routes) {
      const fn = functions.get(route.functionName);
      if (fn === undefined) continue;
      const [method = "*", path = "/*"] =
        route.routeKey === "$default" ? ["*", "/$default"] : route.routeKey.split(" ");
      const verb = method === "ANY" ? "*" : method;
      const source = `arn:aws:execute-api:${region}:${account}:${api.id}/${api.stages[0]?.name ?? "$default"}/${verb}${path}`;
      const context = { "aws:SourceArn": source, "aws:SourceAccount": account };
      check(route, { principal: gateway, action: "lambda:InvokeFunction", resource: fn.arn, context });
    }
  }

  const anyone = authorizer.service("anonymous");
  for (const url of model.functionUrls) {
    const fn = functions.get(url.functionName);
    if (fn === undefined) continue;
    const context = { "lambda:FunctionUrlAuthType": url.authType, "lambda:InvokedViaFunctionUrl": "true" };
    for (const action of ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]) {
      check(url, { principal: anyone, action, resource: fn.arn, context });
    }
  }
  if (problems.length > 0) throw new GrantsMissing(problems);
}

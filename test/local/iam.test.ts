import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Stack } from "aws-cdk-lib/core";
import { describe, expect, it } from "vitest";
import { createAuthorizer } from "../../local/iam/authorizer.ts";
import { type ConditionBlock, conditionsHold, unknownConditions } from "../../local/iam/conditions.ts";
import { principalMatch } from "../../local/iam/evaluate.ts";
import { matchesArn, matchesWildcard } from "../../local/iam/wildcards.ts";
import { first, modelOf } from "./template-fixture.ts";

const account = "000000000000";

/** A function whose role has these statements, and a queue with those. */
function authorizerFor(identity: iam.PolicyStatementProps[], resource: iam.PolicyStatementProps[] = []) {
  const model = modelOf((app) => {
    const stack = new Stack(app, "Access");
    const fn = new lambda.Function(stack, "Fn", {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: lambda.Code.fromInline("exports.handler = async () => 1"),
    });
    for (const statement of identity) fn.addToRolePolicy(new iam.PolicyStatement(statement));
    const queue = new sqs.Queue(stack, "Queue", { queueName: "queue" });
    for (const statement of resource) queue.addToResourcePolicy(new iam.PolicyStatement(statement));
  });
  const authorizer = createAuthorizer(model);
  const { roleArn } = first(model.functions);
  authorizer.registerAccessKey("AKIDFN", { roleArn, sessionName: "fn" });
  const queueArn = first(model.queues).arn;
  const may = (action: string, target = queueArn, accessKeyId = "AKIDFN") =>
    authorizer.authorize({ principal: authorizer.principalOf(accessKeyId), action, resource: target }).allowed;
  return { authorizer, roleArn, queueArn, may };
}

const send = { actions: ["sqs:SendMessage"], resources: ["*"] };
const deny = iam.Effect.DENY;

describe("decisions", () => {
  it("refuses what nothing allows, and lets the administrator do it", () => {
    const { may } = authorizerFor([]);
    expect(may("sqs:SendMessage")).toBe(false);
    expect(may("sqs:SendMessage", undefined, "unknown-key")).toBe(true);
  });

  it("lets an explicit deny win over an allow, in either policy, also for the administrator", () => {
    expect(authorizerFor([send, { ...send, effect: deny }]).may("sqs:SendMessage")).toBe(false);
    const { may } = authorizerFor([send], [{ ...send, effect: deny, principals: [new iam.AnyPrincipal()] }]);
    expect(may("sqs:SendMessage")).toBe(false);
    expect(may("sqs:SendMessage", undefined, "unknown-key")).toBe(false);
  });

  it("takes an allow of the resource for the role itself, but not one for its account", () => {
    const { roleArn } = authorizerFor([]);
    const direct = authorizerFor([], [{ ...send, principals: [new iam.ArnPrincipal(roleArn)] }]);
    expect(direct.may("sqs:SendMessage")).toBe(true);
    const delegated = authorizerFor([], [{ ...send, principals: [new iam.AccountPrincipal(account)] }]);
    expect(delegated.may("sqs:SendMessage")).toBe(false);
  });

  it("understands NotAction and NotResource", () => {
    const { may, queueArn } = authorizerFor([{ notActions: ["sqs:Delete*"], resources: ["*"] }]);
    expect([may("sqs:SendMessage"), may("sqs:DeleteMessage")]).toEqual([true, false]);
    const other = authorizerFor([{ actions: ["sqs:*"], notResources: [queueArn] }]);
    expect([other.may("sqs:SendMessage"), other.may("sqs:SendMessage", `${queueArn}-2`)]).toEqual([false, true]);
  });

  it("lets a service in by the resource's policy only, with the source that the policy names", () => {
    const conditions = { ArnEquals: { "aws:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/a" } };
    const { authorizer, queueArn } = authorizerFor(
      [],
      [{ ...send, principals: [new iam.ServicePrincipal("events.amazonaws.com")], conditions }],
    );
    const ask = (source: string) =>
      authorizer.authorize({
        principal: authorizer.service("events.amazonaws.com"),
        action: "sqs:SendMessage",
        resource: queueArn,
        context: { "aws:SourceArn": `arn:aws:events:us-east-1:${account}:rule/${source}` },
      }).allowed;
    expect([ask("a"), ask("b")]).toEqual([true, false]);
  });

  it("lets only those services assume a role that its trust policy names", () => {
    const { authorizer, roleArn } = authorizerFor([]);
    expect(authorizer.mayAssume("lambda.amazonaws.com", roleArn)).toBe(true);
    expect(authorizer.mayAssume("scheduler.amazonaws.com", roleArn)).toBe(false);
  });

  it("refuses at start what it couldn't enforce", () => {
    const withConditions = (conditions: Record<string, unknown>) => () => authorizerFor([{ ...send, conditions }]);
    expect(withConditions({ DateLessThan: { "aws:CurrentTime": "2026-01-01" } })).toThrow(
      /DateLessThan.*[\s\S]*CurrentTime/,
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own syntax
    const variable = () => authorizerFor([{ ...send, resources: ["arn:aws:sqs:*:*:${aws:username}"] }]);
    expect(variable).toThrow(/policy variable/);
  });
});

describe("wildcards", () => {
  it("let * be any text and ? one character, actions without regard to case", () => {
    expect(matchesWildcard("arn:aws:s3:::a*/?", "arn:aws:s3:::abc/d")).toBe(true);
    expect(matchesWildcard("a?", "a")).toBe(false);
    expect(matchesWildcard("sqs:send*", "sqs:SendMessage", true)).toBe(true);
    expect(matchesWildcard("a.c", "abc")).toBe(false);
  });

  it("of an ARN condition stay within one part", () => {
    expect(matchesArn("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x")).toBe(true);
    expect(matchesArn("arn:aws:*:x", "arn:aws:iam::1:role/x")).toBe(false);
  });
});

describe("conditions", () => {
  const context = (values: Record<string, string | string[]>) => (key: string) => values[key];
  it.each<[ConditionBlock, Record<string, string | string[]>, boolean]>([
    [{ StringEquals: { "aws:SourceAccount": ["1", "2"] } }, { "aws:sourceaccount": "2" }, true],
    [{ StringEquals: { "aws:SourceAccount": ["1"] } }, {}, false],
    [{ StringEqualsIfExists: { "aws:SourceAccount": ["1"] } }, {}, true],
    [{ StringNotEquals: { "aws:SourceAccount": ["1", "2"] } }, { "aws:sourceaccount": "2" }, false],
    [{ ArnNotLike: { "aws:PrincipalArn": ["arn:aws:iam::*:role/x"] } }, {}, true],
    [{ Bool: { "aws:SecureTransport": ["false"] } }, { "aws:securetransport": "true" }, false],
    [{ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["a", "b"] } }, { "dynamodb:leadingkeys": ["a"] }, true],
    [{ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["a"] } }, { "dynamodb:leadingkeys": ["a", "c"] }, false],
    [{ "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["a*"] } }, { "dynamodb:leadingkeys": ["b", "ac"] }, true],
    [{ Null: { "aws:SourceArn": ["true"] } }, {}, true],
  ])("%j with %j", (block, values, expected) => {
    expect(unknownConditions(block)).toEqual([]);
    expect(conditionsHold(block, context(values))).toBe(expected);
  });
});

describe("NotPrincipal", () => {
  const role = {
    kind: "role",
    roleArn: "arn:aws:iam::1:role/a",
    sessionArn: "arn:aws:sts::1:assumed-role/a/s",
    account: "1",
  } as const;
  it("spares a role only when its account is listed too", () => {
    const statement = (...AWS: string[]) => ({ Effect: "Deny" as const, Action: ["*"], NotPrincipal: { AWS } });
    expect(principalMatch(statement(role.roleArn), role)).toBe("direct");
    expect(principalMatch(statement(role.roleArn, "arn:aws:iam::1:root"), role)).toBeUndefined();
  });
});

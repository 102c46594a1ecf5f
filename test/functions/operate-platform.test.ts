import type { Context } from "aws-lambda";
import { afterEach, expect, test, vi } from "vitest";
import { failureQueueNames } from "../../shared/monitoring/failure-queues.ts";

const complete: Readonly<Record<string, string>> = {
  AWS_REGION: "eu-central-1",
  TABLE_NAME: "payouts",
  ORGANIZATION_CLAIM: "organizationId",
  DEFAULT_POLICY: JSON.stringify({
    ...{ holdbackBp: 2_000, guaranteeDays: 90, triggerEvent: "manual", approval: "auto", timeZone: "UTC" },
  }),
  BUS_NAME: "payouts",
  DEPLOYMENT: "payouts-prod",
  FUNCTION_NAMES: '["sweep-due"]',
  FAILURE_QUEUE_URLS: JSON.stringify(
    Object.fromEntries(failureQueueNames.map((name) => [name, `https://sqs/${name}`])),
  ),
  RETRY_STATE_MACHINE_ARN: "arn:machine",
};

async function load(patch: Readonly<Record<string, string | undefined>> = {}) {
  for (const [name, value] of Object.entries({ ...complete, ...patch })) vi.stubEnv(name, value);
  return (await import("../../functions/operate-platform/handler.ts")).handler;
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

test.each(Object.keys(complete).filter((name) => name !== "AWS_REGION"))("does not start without %s", async (name) => {
  await expect(load({ [name]: undefined })).rejects.toThrow(name);
});

const { "rejected-events": _left, ...someUrls } = JSON.parse(complete.FAILURE_QUEUE_URLS ?? "{}");
test.each([
  ["a failure queue without an address", "FAILURE_QUEUE_URLS", JSON.stringify(someUrls)],
  ["addresses that are no JSON", "FAILURE_QUEUE_URLS", "{"],
  ["an operator that can be no organization", "OPERATOR_ORGANIZATION", "platform"],
])("does not start with %s", async (_what, name, value) => {
  await expect(load({ [name]: value })).rejects.toThrow(name);
});

test("has the operations on the platform and no others", async () => {
  const handler = await load();
  const ask = async (routeKey: string) => {
    const requestContext = { requestId: "r" } as never;
    return JSON.parse((await handler({ routeKey, requestContext }, {} as Context)).body ?? "").code;
  };
  expect(await ask("GET /v2/monitoring")).toBe("unauthenticated");
  expect(await ask("GET /v2/payouts")).toBe("not_found");
});

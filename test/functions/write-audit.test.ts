import { DynamoDBDocumentClient, ExecuteStatementCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Context } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, expect, test, vi } from "vitest";
import { changed, itemOf, minimal, streamRecord } from "../shared/events/records.ts";

const store = mockClient(DynamoDBDocumentClient);
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function load() {
  vi.stubEnv("AWS_REGION", "eu-central-1");
  return (await import("../../functions/write-audit/handler.ts")).handler;
}

test("the function does not start without the table's name", async () => {
  vi.stubEnv("AUDIT_TABLE_NAME", undefined);
  await expect(load()).rejects.toThrow("AUDIT_TABLE_NAME");
});

test("a batch becomes lines of the audit table, and a flagged one raises the metric", async () => {
  vi.stubEnv("AUDIT_TABLE_NAME", "audit");
  store.on(QueryCommand).resolves({ Items: [] });
  store.on(ExecuteStatementCommand).resolves({});
  const recordMetric = vi.fn();
  vi.doMock("../../shared/runtime/metrics.ts", () => ({ recordMetric }));
  const handler = await load();
  const removed = streamRecord({ before: itemOf("payee", minimal.payee) });
  const answer = await handler({ Records: [changed("payout", undefined, minimal.payout), removed] }, {} as Context);
  expect(answer).toEqual({ batchItemFailures: [] });
  const statements = store.commandCalls(ExecuteStatementCommand).map(({ args }) => args[0].input.Statement);
  expect(statements.length).toBe(2);
  expect(statements.every((statement) => statement?.startsWith('INSERT INTO "audit" VALUE {'))).toBe(true);
  expect(recordMetric.mock.calls).toEqual([["OutOfBandChange"]]);
});

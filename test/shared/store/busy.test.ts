import { DynamoDBClient, InternalServerError, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { changeOf } from "../../../shared/domain/decision.ts";
import { StoreBusy } from "../../../shared/store/errors.ts";
import { payeeKey, sweepCursorKey } from "../../../shared/store/keys.ts";
import { createStore } from "../../../shared/store/store.ts";
import { ORG, payeeRecord } from "../../support/records.ts";

const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: "eu-central-1" }));
const mock = mockClient(client);
const slept: number[] = [];
const store = createStore({
  client,
  tableName: "payouts",
  random: () => 0.5,
  sleep: async (ms) => {
    slept.push(ms);
  },
});

beforeEach(() => {
  mock.reset();
  slept.length = 0;
});

function cancelled(...codes: readonly string[]): TransactionCanceledException {
  const reasons = codes.map((Code) => ({ Code }));
  return new TransactionCanceledException({ message: "cancelled", $metadata: {}, CancellationReasons: reasons });
}

const named = (name: string) => Object.assign(new Error(name), { name });
const commit = () => store.commit([changeOf("payee", payeeRecord("a")), changeOf("payee", payeeRecord("b"))]);
const written = () => mock.commandCalls(TransactWriteCommand);

describe("a busy table", () => {
  it.each([
    ["TransactionConflict", cancelled("None", "TransactionConflict")],
    ["ThrottlingError", cancelled("ThrottlingError", "None")],
    ["ProvisionedThroughputExceeded", cancelled("ProvisionedThroughputExceeded", "None")],
    ["a throttled request", named("ThrottlingException")],
    ["a transaction in progress", named("TransactionInProgressException")],
  ])("is asked again after %s, with a pause", async (_what, error) => {
    mock.on(TransactWriteCommand).rejectsOnce(error).resolves({});
    await commit();
    expect(written()).toHaveLength(2);
    expect(slept).toHaveLength(1);
  });

  it("is asked a bounded number of times with growing pauses, then it is StoreBusy with a hint when to come again", async () => {
    mock.on(TransactWriteCommand).rejects(cancelled("TransactionConflict", "None"));
    const error = await commit().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreBusy);
    expect((error as StoreBusy).retryAfterMs).toBeGreaterThan(0);
    expect(written()).toHaveLength(8);
    expect(slept).toEqual([20, 40, 80, 160, 320, 640, 750]);
  });

  it("keeps the transaction's token over the tries of one commit, and takes a new one for the next", async () => {
    const broken = new InternalServerError({ message: "later", $metadata: {} });
    mock.on(TransactWriteCommand).rejectsOnce(broken).resolves({});
    await commit();
    await commit();
    const [first, again, next] = written().map((call) => call.args[0].input.ClientRequestToken);
    expect(first).toEqual(expect.any(String));
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });

  it("is not what a failed condition is: that is a conflict at once, also beside a busy item", async () => {
    mock.on(TransactWriteCommand).rejects(cancelled("TransactionConflict", "ConditionalCheckFailed"));
    await expect(commit()).rejects.toMatchObject({ name: "VersionConflict", entity: "payee", id: "b" });
    expect(written()).toHaveLength(1);
  });

  it("is not what another refusal is: that comes out as it is", async () => {
    mock.on(TransactWriteCommand).rejects(cancelled("ItemCollectionSizeLimitExceeded", "None"));
    await expect(commit()).rejects.toThrow(TransactionCanceledException);
    expect(written()).toHaveLength(1);
  });

  it("is asked again when the sweep's cursor can't be moved", async () => {
    mock.on(UpdateCommand).rejectsOnce(named("ThrottlingException")).resolves({});
    await store.moveSweepCursor(sweepCursorKey(0), "2026-03-02T09");
    expect(mock.commandCalls(UpdateCommand)).toHaveLength(2);
  });

  it("is asked again for a read", async () => {
    mock.on(GetCommand).rejectsOnce(named("ProvisionedThroughputExceededException")).resolves({});
    expect(await store.get("payee", payeeKey(ORG, "a"))).toBeUndefined();
    expect(mock.commandCalls(GetCommand)).toHaveLength(2);
  });
});

describe("a batch of reads", () => {
  const [a, b] = [payeeKey(ORG, "a"), payeeKey(ORG, "b")];
  const left = { UnprocessedKeys: { payouts: { Keys: [b] } } };
  const found = (id: string) => ({ Responses: { payouts: [{ ...payeeKey(ORG, id), entity: "payee" }] } });

  it("asks again for the keys that were left, and only for them", async () => {
    mock
      .on(BatchGetCommand)
      .resolvesOnce({ ...found("a"), ...left })
      .resolves(found("b"));
    expect(await store.getMany([a, b])).toHaveLength(2);
    const asked = mock.commandCalls(BatchGetCommand).map((call) => call.args[0].input.RequestItems?.payouts?.Keys);
    expect(asked).toEqual([[a, b], [b]]);
  });

  it("is whole when the ninth answer leaves nothing", async () => {
    const answers = mock.on(BatchGetCommand);
    for (let round = 0; round < 8; round += 1) answers.resolvesOnce(left);
    answers.resolves(found("b"));
    expect(await store.getMany([b])).toHaveLength(1);
  });

  it("is StoreBusy when keys are left again and again", async () => {
    mock.on(BatchGetCommand).resolves(left);
    await expect(store.getMany([a, b])).rejects.toThrow(StoreBusy);
    expect(mock.commandCalls(BatchGetCommand)).toHaveLength(9);
  });

  it("of nothing asks nothing", async () => {
    expect(await store.getMany([])).toEqual([]);
    expect(mock.calls()).toHaveLength(0);
  });
});

import { InternalServerError } from "@aws-sdk/client-dynamodb";
import { GetCommand, type TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { amend, changeOf } from "../../../shared/domain/decision.ts";
import { accrual, clawback, holdRelease, setOff } from "../../../shared/domain/journal.ts";
import { CommitTooLarge, VersionConflict } from "../../../shared/store/errors.ts";
import { balanceKey, payeeKey } from "../../../shared/store/keys.ts";
import { createStore, type Store } from "../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { CONTEXT, entryRecord, ORG, payeeRecord } from "../../support/records.ts";

let dynamo: TestDynamo;
let store: Store;
let table: string;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  ({ table } = await dynamo.createTables());
  store = createStore({ client: dynamo.client, tableName: table, sleep: async () => undefined });
});

const rename = (name: string, payee = payeeRecord()) => amend("payee", payee, { name }, "payee.updated", CONTEXT);

async function balance(payeeId = "payee-1", currency = "USD"): Promise<Record<string, unknown>> {
  const key = balanceKey(ORG, payeeId, currency);
  return (await dynamo.client.send(new GetCommand({ TableName: table, Key: key }))).Item ?? {};
}

describe("a commit", () => {
  it("gives back the record that it wrote", async () => {
    await store.commit([changeOf("payee", payeeRecord())]);
    expect(await store.get("payee", payeeKey(ORG, "payee-1"))).toEqual(payeeRecord());
  });

  it("creates a record only where there is none, and names the entity and id in the way", async () => {
    await store.commit([changeOf("payee", payeeRecord())]);
    const again = store.commit([changeOf("payee", { ...payeeRecord(), name: "Somebody else" })]);
    await expect(again).rejects.toMatchObject({ name: "VersionConflict", entity: "payee", id: "payee-1" });
    expect((await store.get("payee", payeeKey(ORG, "payee-1")))?.name).toBe("Grace");
  });

  it("changes a record only from the version that was read", async () => {
    await store.commit([changeOf("payee", payeeRecord())]);
    await store.commit([changeOf("payee", rename("First"), payeeRecord())]);
    await expect(store.commit([changeOf("payee", rename("Second"), payeeRecord())])).rejects.toThrow(VersionConflict);
    expect(await store.get("payee", payeeKey(ORG, "payee-1"))).toMatchObject({ name: "First", version: 2 });
  });

  it("changes nothing that is not there", async () => {
    await expect(store.commit([changeOf("payee", rename("First"), payeeRecord())])).rejects.toThrow(VersionConflict);
    expect(await store.get("payee", payeeKey(ORG, "payee-1"))).toBeUndefined();
  });

  it("names the failing item by its position, and writes none of the others", async () => {
    const [a, b, c] = ["payee-a", "payee-b", "payee-c"].map((id) => payeeRecord(id));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three payees");
    await store.commit([changeOf("payee", b)]);
    const commit = store.commit([changeOf("payee", a), changeOf("payee", b), changeOf("payee", c)]);
    await expect(commit).rejects.toMatchObject({ entity: "payee", id: "payee-b" });
    expect(await store.get("payee", payeeKey(ORG, "payee-a"))).toBeUndefined();
    expect(await store.get("payee", payeeKey(ORG, "payee-c"))).toBeUndefined();
  });

  it("takes 100 items, and refuses more before anything is written", async () => {
    const changes = Array.from({ length: 101 }, (_, index) => changeOf("payee", payeeRecord(`payee-${index}`)));
    await expect(store.commit(changes)).rejects.toThrow(CommitTooLarge);
    expect(await store.get("payee", payeeKey(ORG, "payee-0"))).toBeUndefined();
    await store.commit(changes.slice(0, 100));
    expect(await store.get("payee", payeeKey(ORG, "payee-99"))).toBeDefined();
  });

  it("counts the balances among its items", async () => {
    const entry = changeOf("journal_entry", entryRecord(accrual(1, 1), 1));
    const payees = Array.from({ length: 99 }, (_, index) => changeOf("payee", payeeRecord(`payee-${index}`)));
    await expect(store.commit([...payees, entry])).rejects.toThrow("a commit of 101 items");
  });
});

describe("a commit whose answer gets lost", () => {
  it("is written once and is no conflict with itself", async () => {
    let answers = 0;
    const deaf = new Proxy(dynamo.client, {
      get: (target, name) =>
        name !== "send"
          ? Reflect.get(target, name)
          : async (command: TransactWriteCommand) => {
              const result = await target.send(command);
              answers += 1;
              if (answers === 1) throw new InternalServerError({ message: "lost", $metadata: {} });
              return result;
            },
    });
    const hard = createStore({ client: deaf, tableName: table, sleep: async () => undefined });
    await hard.commit([changeOf("journal_entry", entryRecord(accrual(800, 200), 1))]);
    expect(answers).toBe(2);
    expect(await balance()).toMatchObject({ expenseMinor: 1_000 });
  });
});

describe("balances", () => {
  it("take all postings of a payee and currency in one commit as one sum", async () => {
    await store.commit([
      changeOf("journal_entry", entryRecord(accrual(800, 200), 1)),
      changeOf("journal_entry", entryRecord(holdRelease(50), 2)),
    ]);
    expect(await balance()).toMatchObject({ expenseMinor: 1_000, payableMinor: -850, heldMinor: -150 });
  });

  it("are kept apart by payee and by currency", async () => {
    await store.commit([
      changeOf("journal_entry", entryRecord(accrual(800, 200), 1)),
      changeOf("journal_entry", entryRecord(accrual(70, 0), 2, { payeeId: "payee-2" })),
      changeOf("journal_entry", entryRecord(accrual(9, 0), 3, { currency: "EUR" })),
    ]);
    expect(await balance()).toMatchObject({ expenseMinor: 1_000 });
    expect(await balance("payee-2")).toMatchObject({ expenseMinor: 70, currency: "USD" });
    expect(await balance("payee-1", "EUR")).toMatchObject({ expenseMinor: 9, currency: "EUR" });
  });

  it("grow over commits and stay as they are when a commit fails", async () => {
    await store.commit([changeOf("journal_entry", entryRecord(accrual(800, 200), 1))]);
    await store.commit([changeOf("journal_entry", entryRecord(accrual(10, 0), 2))]);
    await expect(store.commit([changeOf("journal_entry", entryRecord(accrual(10, 0), 2))])).rejects.toThrow(
      VersionConflict,
    );
    expect(await balance()).toMatchObject({ expenseMinor: 1_010, payableMinor: -810 });
  });

  it("tell what a payee owes, 0 where nothing was posted", async () => {
    expect(await store.owedMinor(ORG, "payee-1", "USD")).toBe(0);
    await store.commit([changeOf("journal_entry", entryRecord(clawback(300), 1))]);
    expect(await store.owedMinor(ORG, "payee-1", "USD")).toBe(300);
  });
});

describe("a commit that relies on a debt", () => {
  const owed = { organizationId: ORG, payeeId: "payee-1", currency: "USD", atLeastMinor: 200 };
  const settle = (ordinal: number) => changeOf("journal_entry", entryRecord(setOff(200), ordinal));

  it("goes through while that much is owed", async () => {
    await store.commit([changeOf("journal_entry", entryRecord(clawback(300), 1))]);
    await store.commit([settle(2)], { owed });
    expect(await store.owedMinor(ORG, "payee-1", "USD")).toBe(100);
  });

  it("fails whole and names the balance where less is owed by then", async () => {
    await store.commit([changeOf("journal_entry", entryRecord(clawback(300), 1))]);
    await store.commit([settle(2)], { owed });
    const second = store.commit([changeOf("payee", payeeRecord()), settle(3)], { owed });
    await expect(second).rejects.toMatchObject({ name: "VersionConflict", entity: "balance", id: "payee-1" });
    expect(await store.owedMinor(ORG, "payee-1", "USD")).toBe(100);
    expect(await store.get("payee", payeeKey(ORG, "payee-1"))).toBeUndefined();
  });

  it("fails where nothing was ever owed", async () => {
    await expect(store.commit([settle(2)], { owed })).rejects.toThrow(VersionConflict);
  });

  it("goes through once of two at the same time", async () => {
    await store.commit([changeOf("journal_entry", entryRecord(clawback(200), 1))]);
    const results = await Promise.allSettled([
      store.commit([settle(2)], { owed }),
      store.commit([settle(3)], { owed }),
    ]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await store.owedMinor(ORG, "payee-1", "USD")).toBe(0);
  });
});

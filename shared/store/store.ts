import { randomUUID } from "node:crypto";
import { setTimeout as sleepFor } from "node:timers/promises";
import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { RecordChange } from "../domain/decision.ts";
import type { Balance, EntityName, JournalEntry, LedgerAccount, RecordTypes } from "../domain/model.ts";
import { CommitTooLarge, StoreBusy, VersionConflict } from "./errors.ts";
import { fromItem, type Item, toItem } from "./items.ts";
import { balanceKey, familyPk, type Key, LIVE_SK, rateSlotKey } from "./keys.ts";
import { type Receipt, ReceiptTaken, type ReceiptWrite, receiptPut, type StoredAnswer } from "./receipts.ts";
import { type RetrySettings, retryWhileBusy } from "./retry.ts";

/** DynamoDB's limit of items in a transaction. */
const MAX_TRANSACTION_ITEMS = 100;
/** More children than this in one read means something is wrong; reads stay bounded. */
const MAX_FAMILY_PAGES = 10;
const MAX_BATCH_ROUNDS = 9;

const IS_NEW = "attribute_not_exists(pk)";
const IS_UNCHANGED = "#version = :version";

type TransactItem = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

export interface StoreOptions extends Partial<RetrySettings> {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

/** A payee's debt that a commit relies on: it fails where less than this is owed by then. */
export interface OwedCondition {
  readonly organizationId: string;
  readonly payeeId: string;
  readonly currency: string;
  readonly atLeastMinor: number;
}

export interface CommitConditions {
  readonly owed?: OwedCondition | undefined;
  readonly receipt?: ReceiptWrite | undefined;
}

export type Store = ReturnType<typeof createStore>;

const ACCOUNT_FIELDS: Readonly<Record<LedgerAccount, keyof Balance>> = {
  expense: "expenseMinor",
  payable: "payableMinor",
  held: "heldMinor",
  cash: "cashMinor",
  receivable: "receivableMinor",
};

interface BalanceDelta {
  readonly entry: JournalEntry;
  readonly sums: Map<LedgerAccount, number>;
}

/** A commit's postings summed per payee and currency: a balance item may stand in a transaction only once. */
function balanceDeltas(changes: readonly RecordChange[]): BalanceDelta[] {
  const deltas = new Map<string, BalanceDelta>();
  for (const change of changes) {
    if (change.entity !== "journal_entry") continue;
    const entry = change.after;
    const { pk, sk } = balanceKey(entry.organizationId, entry.payeeId, entry.currency);
    const delta = deltas.get(`${pk}|${sk}`) ?? { entry, sums: new Map() };
    deltas.set(`${pk}|${sk}`, delta);
    for (const { account, amountMinor } of entry.postings) {
      delta.sums.set(account, (delta.sums.get(account) ?? 0) + amountMinor);
    }
  }
  return [...deltas.values()];
}

/** The place of the first item whose condition failed; undefined where the failure is of another kind. */
function failedConditionAt(error: unknown): number | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const index = (error.CancellationReasons ?? []).findIndex((reason) => reason.Code === "ConditionalCheckFailed");
  return index < 0 ? undefined : index;
}

/** The single table: consistent reads by key, and one transaction per commit. */
export function createStore(options: StoreOptions) {
  const { client, tableName } = options;
  const retry: RetrySettings = {
    sleep: options.sleep ?? ((ms) => sleepFor(ms)),
    random: options.random ?? Math.random,
  };
  const busy = <T>(work: () => Promise<T>) => retryWhileBusy(work, retry);

  function putOf(change: RecordChange): TransactItem {
    const item = toItem(change.entity, change.after);
    if (change.before === undefined) {
      return {
        Put: {
          TableName: tableName,
          Item: item,
          ConditionExpression: IS_NEW,
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        },
      };
    }
    return {
      Put: {
        TableName: tableName,
        Item: item,
        ConditionExpression: IS_UNCHANGED,
        ExpressionAttributeNames: { "#version": "version" },
        ExpressionAttributeValues: { ":version": change.before.version },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    };
  }

  function balanceUpdate({ entry, sums }: BalanceDelta, owed: OwedCondition | undefined): TransactItem {
    const names: Record<string, string> = {
      "#entity": "entity",
      "#org": "organizationId",
      "#payee": "payeeId",
      "#currency": "currency",
    };
    const values: Record<string, unknown> = {
      ":entity": "balance",
      ":org": entry.organizationId,
      ":payee": entry.payeeId,
      ":currency": entry.currency,
    };
    const adds: string[] = [];
    for (const [account, amount] of sums) {
      names[`#${account}`] = ACCOUNT_FIELDS[account];
      values[`:${account}`] = amount;
      adds.push(`#${account} :${account}`);
    }
    const guarded = owed !== undefined && owed.payeeId === entry.payeeId && owed.currency === entry.currency;
    if (guarded) {
      names["#owed"] = ACCOUNT_FIELDS.receivable;
      values[":owed"] = owed.atLeastMinor;
    }
    return {
      Update: {
        TableName: tableName,
        Key: balanceKey(entry.organizationId, entry.payeeId, entry.currency),
        UpdateExpression: `SET #entity = :entity, #org = :org, #payee = :payee, #currency = :currency ADD ${adds.join(", ")}`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ...(guarded ? { ConditionExpression: "#owed >= :owed" } : {}),
      },
    };
  }

  /** Condition failures by the position of what failed; anything else stays what it is. */
  function asConflict(error: unknown, subjects: readonly { entity: EntityName | "balance"; id: string }[]): unknown {
    const index = failedConditionAt(error);
    const subject = index === undefined ? undefined : subjects[index];
    return subject === undefined ? error : new VersionConflict(subject.entity, subject.id, { cause: error });
  }

  return {
    tableName,

    /** One record by its key, strongly consistent. */
    async get<E extends EntityName>(entity: E, key: Key | undefined): Promise<RecordTypes[E] | undefined> {
      if (key === undefined) return undefined;
      const { Item: item } = await busy(() =>
        client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })),
      );
      return item === undefined ? undefined : fromItem(entity, item);
    },

    /** Several items at once (at most 100), strongly consistent, in no particular order. */
    async getMany(keys: readonly Key[]): Promise<Item[]> {
      const found: Item[] = [];
      let pending: readonly Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
      for (let round = 0; pending.length > 0; round += 1) {
        const asked = pending;
        const result = await busy(() =>
          client.send(
            new BatchGetCommand({ RequestItems: { [tableName]: { Keys: [...asked], ConsistentRead: true } } }),
          ),
        );
        found.push(...((result.Responses?.[tableName] ?? []) as Item[]));
        pending = result.UnprocessedKeys?.[tableName]?.Keys ?? [];
        if (pending.length === 0) break;
        const stepMs = Math.min(1_000, 50 * 2 ** round);
        if (round === MAX_BATCH_ROUNDS - 1)
          throw new StoreBusy(`BatchGetItem left keys unprocessed ${MAX_BATCH_ROUNDS} times`, stepMs);
        await retry.sleep(Math.round(retry.random() * stepMs));
      }
      return found;
    },

    /** All live records of a payout's family, without its journal. */
    async getFamily(organizationId: string, family: string): Promise<Item[]> {
      const items: Item[] = [];
      let from: Record<string, unknown> | undefined;
      for (let page = 0; page < MAX_FAMILY_PAGES; page += 1) {
        const result = await busy(() =>
          client.send(
            new QueryCommand({
              TableName: tableName,
              ConsistentRead: true,
              KeyConditionExpression: "pk = :pk AND sk >= :live",
              ExpressionAttributeValues: { ":pk": familyPk(organizationId, family), ":live": LIVE_SK },
              ExclusiveStartKey: from,
            }),
          ),
        );
        items.push(...((result.Items ?? []) as Item[]));
        from = result.LastEvaluatedKey;
        if (from === undefined) return items;
      }
      throw new RangeError(`family ${family} is larger than ${MAX_FAMILY_PAGES} pages`);
    },

    /** What a payee owes in a currency, minor units; 0 where nothing was ever posted. */
    async owedMinor(organizationId: string, payeeId: string, currency: string): Promise<number> {
      const { Item: item } = await busy(() =>
        client.send(
          new GetCommand({
            TableName: tableName,
            Key: balanceKey(organizationId, payeeId, currency),
            ConsistentRead: true,
          }),
        ),
      );
      const owed = item?.receivableMinor;
      return typeof owed === "number" ? owed : 0;
    },

    /** One page of an index partition, oldest first. Entries are candidates: the record itself decides. */
    async queryIndex(
      index: "due" | "waits",
      partition: string,
      page: { upTo?: string; limit: number; after?: Record<string, unknown> | undefined },
    ): Promise<{ entries: { pk: string; sk: string; indexSk: string }[]; next?: Record<string, unknown> }> {
      const [pkName, skName] = index === "due" ? ["duePk", "dueSk"] : ["waitPk", "waitSk"];
      const result = await busy(() =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            IndexName: index,
            KeyConditionExpression: page.upTo === undefined ? "#pk = :pk" : "#pk = :pk AND #sk <= :upTo",
            ExpressionAttributeNames: page.upTo === undefined ? { "#pk": pkName } : { "#pk": pkName, "#sk": skName },
            ExpressionAttributeValues:
              page.upTo === undefined ? { ":pk": partition } : { ":pk": partition, ":upTo": page.upTo },
            Limit: page.limit,
            ExclusiveStartKey: page.after,
          }),
        ),
      );
      const entries = (result.Items ?? []).map((item) => ({
        pk: String(item.pk),
        sk: String(item.sk),
        indexSk: String(item[skName]),
      }));
      return result.LastEvaluatedKey === undefined ? { entries } : { entries, next: result.LastEvaluatedKey };
    },

    /** A payee's balances, by currency in the order of its code; strongly consistent. */
    async balances(organizationId: string, payeeId: string): Promise<Balance[]> {
      const { pk, sk } = balanceKey(organizationId, payeeId, "");
      // A balance is a fraction of a kilobyte and there are not two hundred currencies: they fit one page.
      const { Items: items = [] } = await busy(() =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues: { ":pk": pk, ":sk": sk },
          }),
        ),
      );
      const minor = (value: unknown) => (typeof value === "number" ? value : 0);
      return items.map((item) => ({
        organizationId,
        payeeId,
        currency: String(item.currency),
        expenseMinor: minor(item.expenseMinor),
        payableMinor: minor(item.payableMinor),
        heldMinor: minor(item.heldMinor),
        cashMinor: minor(item.cashMinor),
        receivableMinor: minor(item.receivableMinor),
      }));
    },

    /**
     * Writes a decision: every record on the condition that it is still what was read, every journal entry together with
     * its payee's balance, all or nothing. Throws `VersionConflict`, `ReceiptTaken`, `StoreBusy` or `CommitTooLarge`; then
     * nothing was written.
     */
    async commit(changes: readonly RecordChange[], { owed, receipt }: CommitConditions = {}): Promise<void> {
      const deltas = balanceDeltas(changes);
      const items = [
        ...changes.map(putOf),
        ...deltas.map((delta) => balanceUpdate(delta, owed)),
        ...(receipt === undefined ? [] : [{ Put: receiptPut(tableName, receipt) }]),
      ];
      if (items.length === 0) return;
      if (items.length > MAX_TRANSACTION_ITEMS) {
        throw new CommitTooLarge(`a commit of ${items.length} items; DynamoDB takes ${MAX_TRANSACTION_ITEMS}`);
      }
      const subjects = [
        ...changes.map(({ entity, after }) => ({ entity, id: after.id })),
        ...deltas.map(({ entry }) => ({ entity: "balance" as const, id: entry.payeeId })),
      ];
      // One token for all tries: where a try was written and only its answer got lost, the next is told so, not a conflict.
      const input: TransactWriteCommandInput = { TransactItems: items, ClientRequestToken: randomUUID() };
      try {
        await busy(() => client.send(new TransactWriteCommand(input)));
      } catch (error) {
        if (receipt !== undefined && failedConditionAt(error) === items.length - 1) {
          throw new ReceiptTaken("the idempotency key has been used in the meantime", { cause: error });
        }
        throw asConflict(error, subjects);
      }
    },

    /** What a request with an idempotency key came to, if it was seen before. */
    async readReceipt(key: Key): Promise<Receipt | undefined> {
      const { Item: item } = await busy(() =>
        client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })),
      );
      if (item === undefined) return undefined;
      const answer = item.answer as StoredAnswer | undefined;
      return { requestHash: String(item.requestHash), ...(answer === undefined ? {} : { answer }) };
    },

    /** Takes a place in one second of an endpoint's rate limit; false where the second is full. */
    async takeRateSlot(provider: string, endpoint: string, second: number, limit: number): Promise<boolean> {
      try {
        await busy(() =>
          client.send(
            new UpdateCommand({
              TableName: tableName,
              Key: rateSlotKey(provider, endpoint, second),
              UpdateExpression: "SET #entity = :entity, #expires = :expires ADD #taken :one",
              ConditionExpression: "attribute_not_exists(#taken) OR #taken < :limit",
              ExpressionAttributeNames: { "#entity": "entity", "#expires": "expiresAt", "#taken": "taken" },
              ExpressionAttributeValues: { ":entity": "rate", ":expires": second + 3_600, ":one": 1, ":limit": limit },
            }),
          ),
        );
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
        throw error;
      }
    },

    /** Where the sweep of a shard has got to: the first hour that may still hold due work. */
    async readSweepCursor(key: Key): Promise<string | undefined> {
      const { Item: item } = await busy(() =>
        client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })),
      );
      return typeof item?.hour === "string" ? item.hour : undefined;
    },

    /** Moves a shard's sweep on; never back, so that two sweeps at once do no harm. */
    async moveSweepCursor(key: Key, hour: string): Promise<void> {
      try {
        await busy(() =>
          client.send(
            new UpdateCommand({
              TableName: tableName,
              Key: key,
              UpdateExpression: "SET #entity = :entity, #hour = :hour",
              ConditionExpression: "attribute_not_exists(#hour) OR #hour < :hour",
              ExpressionAttributeNames: { "#entity": "entity", "#hour": "hour" },
              ExpressionAttributeValues: { ":entity": "sweep", ":hour": hour },
            }),
          ),
        );
      } catch (error) {
        if (!(error instanceof Error && error.name === "ConditionalCheckFailedException")) throw error;
      }
    },
  };
}

/** Organizations whose payees, payouts and decisions all come through the API, and what may be expected of any request. */
import { BatchWriteCommand, QueryCommand, type QueryCommandInput, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import type { Document } from "../../local/report.ts";
import { LOCAL_TABLE } from "../../local/report.ts";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import type { ProblemCode } from "../../shared/api/problem.ts";
import { type ChildPrefix, childId, familyOf } from "../../shared/domain/ids.ts";
import type { Role, StaffRole } from "../../shared/domain/model.ts";
import { familyKey } from "../../shared/store/keys.ts";
import { listPartition } from "../../shared/store/list-index.ts";
import { type ApiAnswer, type Asked, createTestApi, type Json, type Person, type TestApi } from "./api.ts";
import { DAY_MS, nameOf, type TestCloud } from "./cloud.ts";
import { type Organization, PAYEE } from "./organization.ts";
import { allowOnlyOtherAddress } from "./other-address.ts";

/** 100.00 USD, a fifth of it held back: no high value, so that one approver will do. */
export const WHOLE = 10_000;
export const HELD = 2_000;
export const AT_ONCE = WHOLE - HELD;
/** 1,000.00 USD takes two approvers and a right of its own. */
export const HIGH_VALUE = 100_000;

/** Ids of a payout and its parts. */
export interface Owed {
  readonly payout: string;
  readonly schedule: string;
  readonly hold: string;
}

/** Whoever does what nobody in particular has to do. */
const STAFF: Readonly<Record<StaffRole, string>> = {
  viewer: "vera",
  operator: "olga",
  processor: "pete",
  manager: "maya",
  admin: "adam",
  super_admin: "sue",
};

type Reading = "getPayout" | "getPayoutSchedule" | "getEscrowHold";

/** A person, or whoever has the role. */
type Who = Person | StaffRole;

const MONEY = new Set<unknown>([
  "payout",
  "payout_schedule",
  "escrow_hold",
  "transfer",
  "journal_entry",
  "balance",
  "payee",
  "approver_usage",
]);

/** A payout's family in which nothing is. */
const NO_FAMILY = "0".repeat(24);
export const ABSENT: Owed = partsOf(`po_${NO_FAMILY}00`);

/** About one record. */
export function on(id: string, body: Document = {}) {
  return { params: { id }, body };
}

function partsOf(payout: string): Owed {
  const family = familyOf(payout);
  return { payout, schedule: childId("ps", family, 1), hold: childId("eh", family, 2) };
}

export class ApiWorld {
  readonly org: Organization;
  readonly cloud: TestCloud;
  readonly #api: TestApi;

  constructor(cloud: TestCloud, api: TestApi) {
    this.cloud = cloud;
    this.#api = api;
    this.org = cloud.organization();
  }

  /** Another organization of the same cloud. */
  async elsewhere(): Promise<ApiWorld> {
    const world = new ApiWorld(this.cloud, this.#api);
    await world.payee();
    return world;
  }

  settle(): Promise<void> {
    return this.cloud.settle();
  }

  advance(ms: number): Promise<void> {
    return this.cloud.advance(ms);
  }

  /** The scheduler misses what is due until then, and the sweep can't make up for it. */
  async advanceUnnoticed(to: string): Promise<void> {
    const { aws } = this.cloud.local.faults;
    aws.add({ service: "scheduler", operation: "fire", error: "never", match: this.org.id, count: 10 });
    const sweep = { functionName: nameOf("sweep-due"), effect: "kill", at: "before", count: 10 } as const;
    aws.add({ service: "dynamodb", ...sweep });
    await this.cloud.advanceTo(to);
  }

  /** By role; another name is another person. */
  as(role: StaffRole, subject = STAFF[role]): Promise<Person> {
    return this.#api.person(this.org.id, role, { subject });
  }

  #person(who: Who): Promise<Person> | Person {
    return typeof who === "string" ? this.as(who) : who;
  }

  scoped(role: Exclude<Role, StaffRole>, scopeId: string): Promise<Person> {
    return this.#api.person(this.org.id, role, { subject: `${role}-${scopeId}`, scopeId });
  }

  /** An instant that lies so far ahead. */
  inMs(ms: number): string {
    return new Date(this.cloud.now() + ms).toISOString();
  }

  inDays(days: number): string {
    return this.inMs(days * DAY_MS);
  }

  async payee(payeeId = PAYEE, account = this.org.account(payeeId)): Promise<void> {
    const destinations = [{ provider: "stripe", account }];
    const body = { payee_id: payeeId, name: `Payee ${payeeId}`, default_currency: "USD", destinations };
    await (await this.as("operator")).ok("createPayee", { body });
  }

  /** A payout by hand that waits for its approval; its schedule waits to be triggered. */
  async create(body: Document = {}, by?: Person): Promise<Owed> {
    const creator = by ?? (await this.as("operator"));
    const hold = { amount: HELD, release_date: this.inDays(90), hold_reason: "guarantee_period" };
    const asked = { payee_id: PAYEE, amount: WHOLE, currency: "USD", hold, ...body };
    const { data } = await creator.ok("createPayout", { body: asked });
    return partsOf(data.id);
  }

  /** The same, approved by as many as it takes. */
  async approved(body: Document = {}, creator?: Person): Promise<Owed> {
    const owed = await this.create(body, creator);
    const { data } = await (await this.as("manager")).ok("approvePayout", on(owed.payout));
    if (data.status !== "approved") await (await this.as("manager", "miro")).ok("approvePayout", on(owed.payout));
    return owed;
  }

  /** The same with its schedule triggered, and whatever became of that. */
  async triggered(body: Document = {}): Promise<Owed> {
    const owed = await this.approved(body);
    await (await this.as("processor")).ok("triggerPayoutSchedule", on(owed.schedule));
    await this.cloud.settle();
    return owed;
  }

  /** The same at a provider that refuses for good, until `mend`. */
  async failed(body: Document = {}): Promise<Owed> {
    const payee = "payee-refused";
    await this.payee(payee, this.refusedAccount);
    const owed = await this.triggered({ payee_id: payee, ...body });
    await this.expectNow("getPayout", owed.payout, { status: "failed" });
    return owed;
  }

  /** Of the payee to whom the provider refuses to send. */
  get refusedAccount(): string {
    return `acct_livemode${this.org.id}`;
  }

  mend(): void {
    this.cloud.local.stripe.control.setAccount(this.refusedAccount, { problem: null });
  }

  /** Transfers are made and wait. */
  async pauseSending(): Promise<void> {
    await (await this.as("processor")).ok("pauseSending", { body: { provider: "all", reason: "a look at the books" } });
    await this.cloud.settle();
  }

  async moveAccount(payeeId = PAYEE): Promise<void> {
    const operator = await this.as("operator");
    const { data } = await operator.ok("getPayee", on(payeeId));
    const destinations = [{ provider: "stripe", account: `acct_moved${this.org.id}` }];
    await operator.ok("replacePayeeDestinations", {
      params: { id: payeeId },
      version: data.version,
      body: { destinations },
    });
    await this.cloud.settle();
  }

  async settings(body: Document): Promise<void> {
    const admin = await this.as("admin");
    const { data } = await admin.ok("getSettings");
    await admin.ok("updateSettings", { version: data.version, body });
  }

  /** Guarded actions are allowed from somebody else's address only. Gives a manager who has no part in anything yet. */
  async lockOut(): Promise<Person> {
    const outsider = await this.as("manager", "nina");
    await allowOnlyOtherAddress(this.cloud, this.org.id);
    return outsider;
  }

  /** Overwrites fields of a record behind the commands' back, for states that are tedious or impossible to get into. */
  async force(id: string, fields: Document): Promise<void> {
    const names = Object.keys(fields);
    await this.cloud.document.send(
      new UpdateCommand({
        TableName: LOCAL_TABLE,
        Key: familyKey(this.org.id, id),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, fields[name]])),
      }),
    );
    await this.cloud.settle();
  }

  /** A hundred more of a payout's parts, which no request could make: more than one commit can change. */
  async crowd(id: string): Promise<void> {
    const text = JSON.stringify((await this.org.items()).find((item) => item.id === id && item.entity !== "balance"));
    const prefix = id.slice(0, 2) as ChildPrefix;
    const copies = Array.from({ length: 100 }, (_, index) => {
      const Item = JSON.parse(text.replaceAll(id, childId(prefix, familyOf(id), 100 + index)));
      return { PutRequest: { Item } };
    });
    for (let start = 0; start < copies.length; start += 25) {
      const RequestItems = { [LOCAL_TABLE]: copies.slice(start, start + 25) };
      await this.cloud.document.send(new BatchWriteCommand({ RequestItems }));
    }
    await this.cloud.settle();
  }

  /** Every record that says something about money, as it is stored, and the provider's books. */
  async money(): Promise<unknown> {
    await this.cloud.settle();
    const items = (await this.#partitions()).filter(({ entity }) => MONEY.has(entity));
    return [items.sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1)), this.org.books()];
  }

  /** Everything that lies beside the organization's payouts and payees: a scan of the table would read all others' too. */
  async #partitions(): Promise<Document[]> {
    const query = async (input: Omit<QueryCommandInput, "TableName">) =>
      (await this.cloud.document.send(new QueryCommand({ TableName: LOCAL_TABLE, ...input }))).Items ?? [];
    const listed = await Promise.all(
      (["payout", "payee"] as const).map((entity) =>
        query({
          IndexName: "byAll",
          KeyConditionExpression: "ofAll = :all",
          ExpressionAttributeValues: { ":all": listPartition(this.org.id, entity) },
        }),
      ),
    );
    const partitions = new Set(listed.flat().map(({ pk }) => pk));
    const found = await Promise.all(
      [...partitions].map((pk) =>
        query({ KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": pk }, ConsistentRead: true }),
      ),
    );
    return found.flat();
  }

  /** Refused with the code, and no record of money is another one than before. */
  async refused(who: Who, operationId: OperationId, code: ProblemCode, asked: Asked = {}): Promise<Json> {
    const person = await this.#person(who);
    const before = await this.money();
    const problem = await person.refused(operationId, code, asked);
    expect(await this.money()).toEqual(before);
    return problem;
  }

  /** Done, and on record as these actions of the person, under the request's id. */
  async done(who: Who, operationId: OperationId, asked: Asked, actions: readonly string[]): Promise<Json> {
    const person = await this.#person(who);
    const answer = await person.call(operationId, asked);
    const spec: OperationSpec = operations[operationId];
    expect(answer.status, `${operationId}: ${answer.text}`).toBe(spec.answer.status);
    await this.cloud.settle();
    await this.expectOnRecord(person, answer, actions);
    return answer.json;
  }

  async expectOnRecord(person: Person, answer: ApiAnswer, actions: readonly string[]): Promise<void> {
    const query = { changed_by: person.subject, limit: 100 };
    const { data } = await (await this.as("viewer")).ok("listAuditEntries", { query });
    const lines = data.filter(({ metadata }: Json) => metadata.correlation_id === answer.headers.get("x-request-id"));
    expect(lines.map(({ action }: Json) => action)).toEqual(expect.arrayContaining([...actions]));
    for (const line of lines) expect(line).toMatchObject({ changed_by: person.subject, changed_by_type: "user" });
  }

  /** What somebody who reads it now gets. */
  async expectNow(operationId: Reading, id: string, data: Document): Promise<Json> {
    const answer = await (await this.as("viewer")).call(operationId, on(id));
    expect(answer.json).toMatchObject({ data });
    const { version, transfer_status: transfer } = answer.json.data;
    expect(answer.headers.get("etag")).toBe(transfer ? `"${version}.${transfer}"` : `"${version}"`);
    return answer.json.data;
  }
}

/** Made for whoever asks first, and then had by all: for what takes long to make and what refusals leave as it is. */
export function once<From, Value>(make: (from: From) => Promise<Value>): (from: From) => Promise<Value> {
  let made: Promise<Value> | undefined;
  return (from) => {
    made ??= make(from);
    return made;
  };
}

export function createWorlds(cloud: TestCloud): () => Promise<ApiWorld> {
  const api = createTestApi(cloud);
  return () => new ApiWorld(cloud, api).elsewhere();
}

/** Of a list nobody is told anything but what is theirs, whatever they ask for. */
export async function expectOnly(
  person: Person,
  list: "listPayouts" | "listPayoutSchedules" | "listEscrowHolds",
  own: string,
  othersPayout: string,
): Promise<void> {
  const idsOf = async (query = {}) => (await person.ok(list, { query })).data.map(({ id }: Json) => id);
  expect(await idsOf()).toEqual([own]);
  for (const query of [
    { payout_id: othersPayout },
    { q: othersPayout },
    { payee_id: "payee-2" },
    { company_id: "company-2" },
  ]) {
    expect(await idsOf(query)).toEqual([]);
  }
}

/** Rows by the names in the header; quoted as RFC 4180 has it. */
export function parseCsv(text: string): Record<string, string>[] {
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)];
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === "\r\n") rows.push([]);
  }
  const [header = [], ...body] = rows;
  return body
    .filter((row) => row.length === header.length)
    .map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ""])));
}

/** Numbers and sums by status and currency, of the statuses that there are. */
export function talliesIn(stats: Json): Json {
  const used = Object.entries<Json>(stats.by_status).filter(([, { count }]) => count > 0);
  return Object.fromEntries(used.map(([status, { by_currency: tallies }]) => [status, tallies]));
}

/** The same of rows. */
export function tallyOf(rows: readonly Json[]): Json {
  const tallies: Record<string, Record<string, { count: number; amount: number }>> = {};
  for (const { status, currency, amount, hold_amount } of rows) {
    const byCurrency = tallies[status] ?? {};
    const tally = byCurrency[currency] ?? { count: 0, amount: 0 };
    byCurrency[currency] = { count: tally.count + 1, amount: tally.amount + Number(amount ?? hold_amount) };
    tallies[status] = byCurrency;
  }
  return tallies;
}

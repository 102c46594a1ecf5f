/** Two requests at once through the whole API, whose calls to the table take turns in an order drawn from a seed. */
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import { createApi } from "../../../shared/api/api.ts";
import { type OperationId, operations } from "../../../shared/api/contract/operations.ts";
import { type OperationSpec, refusalsOf } from "../../../shared/api/operation.ts";
import { childId, familyOfCause, payoutIdOf } from "../../../shared/domain/ids.ts";
import { MAX_AMOUNT_MINOR } from "../../../shared/domain/money.ts";
import { approverUsageKey, familyPk, payeeKey, settingsKey } from "../../../shared/store/keys.ts";
import { createStore } from "../../../shared/store/store.ts";
import type { TestDynamo } from "../../support/dynamodb.ts";
import { checkInvariants, type StoredItem } from "../../support/invariants.ts";
import { createTurns, seeded } from "../../support/turns.ts";
import { activated, createTestWorld, DEFAULT_POLICY, ORG, payeeUpserted } from "../../support/world.ts";

/** The payout and its parts as an activation makes them, with the transfer of the schedule. */
export interface Ids {
  readonly payout: string;
  readonly hold: string;
  readonly schedule: string;
  readonly transfer: string;
}

export interface Deed {
  readonly operation: OperationId;
  readonly of?: (ids: Ids) => string;
  readonly body?: (ids: Ids) => object;
  readonly version?: number;
}

export interface Racer extends Deed {
  readonly by: string;
  readonly key: string;
}

export interface Answer {
  readonly status: number;
  /** Of a refusal, also of the one id of a bulk action. */
  readonly code?: string;
  readonly body: unknown;
}

/** What two requests came to, with everything that differs between any two payouts taken out. */
export interface Outcome {
  readonly answers: readonly Answer[];
  readonly items: readonly unknown[];
}

export type Setup = "waits for approval" | "waits for two approvals" | "is approved" | "has sent its schedule";

const FEE = 100_000;
const META = { eventId: "arranged" };
export type RaceTrack = Awaited<ReturnType<typeof createRaceTrack>>;

export async function createRaceTrack(dynamo: TestDynamo) {
  const world = await createTestWorld(dynamo);
  const { table, client, surroundings } = world;
  const turns = createTurns();
  const gated = new Proxy(client, {
    get(target, name) {
      if (name !== "send") return Reflect.get(target, name);
      return (command: Parameters<DynamoDBDocumentClient["send"]>[0]) => turns.io(() => target.send(command));
    },
  });
  const { now, random, sleep } = surroundings;
  const newApi = () =>
    createApi(
      {
        world: { now, random, sleep, store: createStore({ client: gated, tableName: table, sleep, random }) },
        client: gated,
        tableName: table,
        // Deeds don't read it.
        auditTableName: table,
        defaultPolicy: DEFAULT_POLICY,
        organizationClaim: "organizationId",
      },
      "deeds",
    );
  // Each in a function of its own: they share nothing but the table.
  const apis = [newApi(), newApi()];
  let tries = 0;

  async function call(api: ReturnType<typeof newApi>, racer: Racer, ids: Ids, requestId: string): Promise<Answer> {
    const { operation, of, body, version, by, key } = racer;
    const spec: OperationSpec = operations[operation];
    const answer = await api({
      routeKey: `${spec.method} ${spec.path}`,
      headers: {
        "content-type": "application/json",
        ...(spec.movesMoney ? { "idempotency-key": key } : {}),
        ...(version === undefined ? {} : { "if-match": `"${version}"` }),
      },
      ...(of === undefined ? {} : { pathParameters: { [placeholderOf(spec)]: of(ids) } }),
      ...(body === undefined ? {} : { body: JSON.stringify(body(ids)) }),
      requestContext: {
        requestId,
        http: { sourceIp: "203.0.113.7" },
        authorizer: { jwt: { claims: { sub: by, organizationId: ORG }, scopes: [] } },
      } as never,
    });
    const json = JSON.parse(answer.body ?? "null");
    const status = answer.statusCode ?? 0;
    if (status === spec.answer.status) {
      expect(spec.answer.schema.parse(json)).toEqual(json);
      const problem = json.results?.find(({ ok }: { ok: boolean }) => !ok)?.problem;
      return { status, ...(problem === undefined ? {} : { code: problem.code }), body: json };
    }
    expect(refusalsOf(spec), `${operation}: ${answer.body}`).toContain(json.code);
    expect(status, `${operation}: ${answer.body}`).toBeLessThan(500);
    return { status, code: json.code, body: json };
  }

  async function usageOf(subject: string, currency: string): Promise<StoredItem[]> {
    const Key = approverUsageKey(ORG, `${subject}#${currency}`);
    const { Item } = await client.send(new GetCommand({ TableName: table, ConsistentRead: true, Key }));
    return Item === undefined ? [] : [Item];
  }

  /** As if nobody had approved anything in the last 24 hours. */
  async function forgetUsage(subjects: readonly string[]): Promise<void> {
    const keys = subjects.flatMap((subject) =>
      ["USD", "EUR"].map((currency) => approverUsageKey(ORG, `${subject}#${currency}`)),
    );
    await Promise.all(keys.map((Key) => client.send(new DeleteCommand({ TableName: table, Key }))));
  }

  async function arrange(setup: Setup, name: string): Promise<Ids> {
    const payeeId = `payee-${name}`;
    const placementId = `placement-${name}`;
    const approval = setup.startsWith("waits") ? "manual" : "auto";
    // In a currency for which the settings say nothing it is high value.
    const currency = setup === "waits for two approvals" ? "EUR" : "USD";
    await world.take("payee.upserted", payeeUpserted(payeeId, `acct_${name}`, { default_currency: currency }), META);
    await world.take(
      "placement.activated",
      activated({
        placement_id: placementId,
        currency,
        fee_amount: FEE,
        payees: [{ payee_id: payeeId, share_bp: 10_000 }],
        policy: { approval, trigger_event: "manual" },
      }),
      META,
    );
    const family = familyOfCause("placement", ORG, placementId, payeeId);
    const parts = await familyItems(family, payeeId);
    const idOf = (entity: string) => String(parts.find((item) => item.entity === entity)?.id);
    const ids = { payout: payoutIdOf(family), hold: idOf("escrow_hold"), schedule: idOf("payout_schedule") };
    if (setup !== "has sent its schedule") return { ...ids, transfer: childId("tr", family, 1) };
    const fired = await world.fire(ids.schedule, "manual");
    if (!fired.ok) throw new Error(fired.refusal.message);
    const transfer = (await familyItems(family, payeeId)).find((item) => item.entity === "transfer");
    await world.attempt({ id: String(transfer?.id), organizationId: ORG });
    return { ...ids, transfer: String(transfer?.id) };
  }

  async function familyItems(family: string, payeeId: string): Promise<StoredItem[]> {
    const partitions = [familyPk(ORG, family), payeeKey(ORG, payeeId).pk];
    const pages = await Promise.all(
      partitions.map((pk) =>
        client.send(
          new QueryCommand({
            TableName: table,
            ConsistentRead: true,
            KeyConditionExpression: "pk = :pk",
            ExpressionAttributeValues: { ":pk": pk },
          }),
        ),
      ),
    );
    return pages.flatMap(({ Items = [] }) => Items);
  }

  function newName(): string {
    tries += 1;
    return `t${String(tries).padStart(6, "0")}`;
  }

  /** All at once, in the order of a seed. */
  function race(racers: readonly { readonly racer: Racer; readonly ids: Ids }[], seed: number): Promise<Answer[]> {
    const starts = racers.map(({ racer, ids }, index) => async () => {
      const api = apis[index];
      if (api === undefined) throw new RangeError("there are two at the most");
      return call(api, racer, ids, `request-${index}`);
    });
    return turns.race(seeded(seed), starts);
  }

  /** A fresh payout and two requests about it: one after the other, or at the same time in the order of a seed. */
  async function run(setup: Setup, [first, second]: readonly [Racer, Racer], order: "forwards" | "backwards" | number) {
    const name = newName();
    const ids = await arrange(setup, name);
    const subjects = [...new Set([first.by, second.by])];
    const isVoted = setup.startsWith("waits");
    if (isVoted) await forgetUsage(subjects);
    const [one, other] = [first, second].map((racer) => ({ ids, racer: { ...racer, key: `${racer.key}-${name}` } }));
    if (one === undefined || other === undefined) throw new RangeError("there are two");
    const ask = (index: number) =>
      call(apis[index] ?? newApi(), (index === 0 ? one : other).racer, ids, `request-${index}`);
    let answers: Answer[];
    if (typeof order === "number") answers = await race([one, other], order);
    else if (order === "forwards") answers = [await ask(0), await ask(1)];
    else answers = [await ask(1), await ask(0)].reverse();
    const family = ids.payout.slice(3, -2);
    const currency = setup === "waits for two approvals" ? "EUR" : "USD";
    const usage = isVoted ? await Promise.all(subjects.map((subject) => usageOf(subject, currency))) : [];
    const own = await familyItems(family, `payee-${name}`);
    const books = world.provider.movements.filter(({ transferId }) => transferId.includes(family));
    expect(checkInvariants(own, books), `${name} ${order}`).toEqual([]);
    const scrubbed = JSON.stringify({ answers, items: [...own, ...usage.flat()].map(withoutPlaces) })
      .replaceAll(family, "FAMILY")
      .replaceAll(name, "NAME")
      .replaceAll(/"tr_\d+"/g, '"MADE UP"');
    return JSON.parse(scrubbed) as Outcome;
  }

  /** One request, with nobody else about. */
  const ask = (racer: Racer, ids: Ids) => call(apis[0] ?? newApi(), racer, ids, "alone");

  return {
    world,
    run,
    race,
    ask,
    forgetUsage,
    arrange: (setup: Setup) => arrange(setup, newName()),
    get tries() {
      return tries;
    },
    /** Admins, and what is high value. */
    async open(...people: readonly string[]) {
      await world.run({ command: "bootstrap_super_admin", organization_id: ORG, subject: "root", by: "dana" });
      for (const subject of people) {
        await ask({ operation: "grantRole", body: () => ({ subject, role: "admin" }), by: "root", key: "-" }, NOTHING);
      }
      await this.settings({ high_value_amounts: { USD: MAX_AMOUNT_MINOR } });
    },
    async settings(patch: object) {
      const current = await world.store.get("settings", settingsKey(ORG));
      const version = current?.version ?? 0;
      const deed: Racer = { operation: "updateSettings", body: () => patch, version, by: "root", key: "-" };
      expect((await ask(deed, NOTHING)).status).toBe(200);
    },
  };
}

const placeholderOf = ({ path }: OperationSpec) => /\{(\w+)\}/.exec(path)?.[1] ?? "";

/** Of a request that is about no payout. */
export const NOTHING: Ids = { payout: "", hold: "", schedule: "", transfer: "" };

/** Index positions are made of hashes of ids: they say nothing that the record doesn't. */
function withoutPlaces(item: StoredItem): StoredItem {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !/(Pk|Sk)$|^[ps]k$/.test(name)));
}
